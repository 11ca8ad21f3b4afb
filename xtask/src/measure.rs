//! Start-up time and resident memory of `partita local`, as docs/performance.md reports them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::shell::{Shell, say};

/// Starts measured; the median is reported.
const STARTS: usize = 9;
/// Rest before the idle memory is read.
const REST: Duration = Duration::from_secs(5);

pub(crate) fn run(shell: &Shell) -> Result<()> {
    shell.cargo(&["build", "--release", "--locked", "--bins"])?;
    let folder = shell.target.join("measure-data");
    for (name, fresh) in [("empty folder", true), ("existing folder", false)] {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            if fresh && folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            let start = now();
            let mut server = start_server(shell, &folder)?;
            times.push(start.elapsed());
            stop(&mut server)?;
        }
        times.sort();
        say(format!(
            "start to first answer, {name}: median {} ms of {STARTS}",
            times[STARTS / 2].as_millis()
        ))?;
    }
    let mut server = start_server(shell, &folder)?;
    std::thread::sleep(REST);
    say(format!("idle after {} s: {}", REST.as_secs(), resident(&server)?))?;
    stop(&mut server)
}

/// Returns once `GET /` was answered.
fn start_server(shell: &Shell, folder: &std::path::Path) -> Result<Child> {
    let mut server = Command::new(shell.binary())
        .args(["local", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start partita")?;
    let mut lines = BufReader::new(server.stdout.take().context("stdout is piped")?).lines();
    let address = loop {
        let line = lines.next().context("partita ended before it printed its endpoint")??;
        if let Some(rest) = line.split("http://").nth(1) {
            break rest.split_whitespace().next().unwrap_or_default().to_owned();
        }
    };
    let mut stream = TcpStream::connect(&address).with_context(|| format!("cannot connect to {address}"))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    anyhow::ensure!(answer.starts_with("HTTP/1.1 200"), "unexpected answer: {answer}");
    Ok(server)
}

fn stop(server: &mut Child) -> Result<()> {
    server.kill().context("cannot stop partita")?;
    server.wait().context("cannot wait for partita")?;
    Ok(())
}

fn resident(server: &Child) -> Result<String> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id()))
        .context("resident memory is read from /proc")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).context("VmRSS is in the status")?;
    Ok(line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
}

#[expect(clippy::disallowed_methods, reason = "this is what measures time")]
fn now() -> Instant {
    Instant::now()
}

//! One process after the other on one folder: how they start, stop for a while, and end.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::history::Clock;
use super::wire::ACCESS_KEY;
use crate::{PATIENCE, lines_of};

/// How often an end is looked for.
const POLL: Duration = Duration::from_millis(1);

/// A process that may not listen yet; killed when dropped.
#[derive(Debug)]
pub(super) struct Life {
    child: Child,
    output: Receiver<String>,
}

impl Life {
    /// Starts a process on a data folder; what it logs is added to a file.
    pub(super) fn start(binary: &Path, data: &Path, log: &Path) -> Result<Self> {
        let log: File = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .context("cannot keep the process's log")?;
        let mut child = Command::new(binary)
            .args(["local", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("PARTITA_ACCESS_KEY_ID", ACCESS_KEY.0)
            .env("PARTITA_SECRET_ACCESS_KEY", ACCESS_KEY.1)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let output = lines_of(child.stdout.take().context("stdout is piped")?);
        Ok(Self { child, output })
    }

    /// Waits until it says where it listens.
    pub(super) fn address(&mut self) -> Result<SocketAddr> {
        loop {
            let Ok(line) = self.output.recv_timeout(PATIENCE) else {
                let ended = self.child.try_wait()?;
                bail!(
                    "the process does not start: {}",
                    ended.map_or("it hangs".to_owned(), |status| status.to_string())
                );
            };
            if let Some(rest) = line.split("http://").nth(1) {
                return rest.split_whitespace().next().unwrap_or_default().parse().context("an address");
            }
        }
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot look at the process")
    }

    /// SIGKILL; returns when it has ended.
    pub(super) fn kill(mut self) -> Result<()> {
        self.child.kill().context("cannot kill the process")?;
        self.child.wait().context("cannot wait for the process")?;
        Ok(())
    }

    /// SIGTERM, and how long it takes to its clean end.
    pub(super) fn terminate(mut self) -> Result<Duration> {
        let clock = Clock::start();
        self.signal("TERM")?;
        let polls = PATIENCE.as_millis() / POLL.as_millis();
        for _ in 0..polls {
            if let Some(status) = self.ended()? {
                ensure!(status.success(), "SIGTERM is a clean stop, but: {status}");
                return Ok(Duration::from_nanos(clock.now_ns()));
            }
            std::thread::sleep(POLL);
        }
        bail!("the process has not ended {} s after SIGTERM", PATIENCE.as_secs())
    }

    /// Sends a signal such as `STOP`.
    pub(super) fn signal(&self, name: &str) -> Result<()> {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status()?;
        ensure!(status.success(), "cannot send SIG{name}");
        Ok(())
    }
}

/// What all processes of a run have logged.
#[derive(Debug)]
pub(super) struct Said {
    file: PathBuf,
    /// How much of it has been looked at.
    bytes: u64,
}

impl Said {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, bytes: 0 }
    }

    /// Looks at what is new: a panic, or anything else that should wake somebody, is a fault even if all answers were right.
    pub(super) fn check(&mut self) -> Result<()> {
        let mut file = File::open(&self.file).context("cannot read the process's log")?;
        file.seek(SeekFrom::Start(self.bytes))?;
        let mut new = Vec::new();
        self.bytes += file.read_to_end(&mut new)? as u64;
        let new = String::from_utf8_lossy(&new);
        let alarm = new.lines().find(|line| ["ERROR", "panicked"].iter().any(|word| line.contains(word)));
        ensure!(alarm.is_none(), "the process logged: {}", alarm.unwrap_or_default());
        Ok(())
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

//! What Partita needs besides speed: the time to start, memory at rest, and both with many items.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use partita_bench::{Plan, Progress, Usage, Whose, Workload};

use crate::load::{Extent, plan};
use crate::machine::{now, say};
use crate::matrix::median;
use crate::server::Server;
use crate::system::{Lab, Partita, System as _};

/// Clients of the large table: enough that writes share syncs.
const CONNECTIONS: usize = 16;
/// SIGKILL comes at the end of this second of load, when files are being written behind it.
const KILL_SECOND: u64 = 4;
/// How long the load goes on afterwards, so that it is there when the process ends.
const AFTER_KILL: Duration = Duration::from_secs(2);

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Starts that a time is the median of.
    pub(crate) starts: usize,
    /// Rest before the memory at rest is read.
    pub(crate) rest: Duration,
    /// Items of a large table.
    pub(crate) items: u64,
    /// How long the large table is written, and then read, before its memory is read; twice.
    pub(crate) load: Duration,
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Footprint {
    pub(crate) items: u64,
    /// From the start of the process to the first answer, with nothing in the folder.
    pub(crate) start_empty: Duration,
    pub(crate) idle_bytes: u64,
    /// Once all items were there and had been written and read for a while: caches are full.
    pub(crate) filled_bytes: u64,
    /// After as much reading and writing again.
    pub(crate) used_bytes: u64,
    /// The most until then.
    pub(crate) most_bytes: u64,
    /// From the start of the process to the first strong read of an item, after it was told to end.
    pub(crate) restart_after_stop: Duration,
    /// The same after SIGKILL under load.
    pub(crate) restart_after_kill: Duration,
}

/// Measures Partita alone.
pub(crate) fn measure(lab: &Lab, data: &Path, effort: Effort) -> Result<Footprint> {
    say("starts and memory at rest");
    let start_empty = start_empty(lab, data, effort)?;
    let folder = data.join("large");
    std::fs::create_dir(&folder)?;
    let server = Partita.start(lab, &folder)?;
    std::thread::sleep(effort.rest);
    let idle_bytes = resident(&server)?.resident_bytes;

    say(format!("{} items", effort.items));
    // Reads fill the table first.
    run(&server, Workload::Get, effort, Duration::from_secs(1))?;
    use_it(&server, effort)?;
    let filled_bytes = resident(&server)?.resident_bytes;
    use_it(&server, effort)?;
    let used = resident(&server)?;

    say("restarts");
    server.stop()?;
    let (mut server, restart_after_stop) = restart(lab, &folder, effort)?;
    kill_under_load(&mut server, effort)?;
    let (server, restart_after_kill) = restart(lab, &folder, effort)?;
    server.stop()?;
    Ok(Footprint {
        items: effort.items,
        start_empty,
        idle_bytes,
        filled_bytes,
        used_bytes: used.resident_bytes,
        most_bytes: used.resident_bytes_max,
        restart_after_stop,
        restart_after_kill,
    })
}

/// The median time to the first answer, each in a folder of its own.
fn start_empty(lab: &Lab, data: &Path, effort: Effort) -> Result<Duration> {
    let mut starts = Vec::new();
    for number in 0..effort.starts {
        let folder = data.join(format!("start-{number}"));
        std::fs::create_dir(&folder)?;
        let begin = now();
        let mut server = Partita.start(lab, &folder)?;
        first_answer(&server)?;
        starts.push(begin.elapsed().as_secs_f64());
        server.kill()?;
    }
    Ok(Duration::from_secs_f64(median(starts).context("there is at least one start")?))
}

/// The load of a table with many items.
fn large(server: &Server, workload: Workload, effort: Effort, duration: Duration) -> Result<Plan> {
    let (read_keys, written_keys) = (effort.items, effort.items);
    let extent = Extent { warm_up: Duration::ZERO, duration, read_keys, written_keys };
    plan(server, workload, CONNECTIONS, extent)
}

fn run(server: &Server, workload: Workload, effort: Effort, duration: Duration) -> Result<()> {
    partita_bench::run(&large(server, workload, effort, duration)?, say).map(drop)?;
    Ok(())
}

/// Writes and reads for a while, all over the table.
fn use_it(server: &Server, effort: Effort) -> Result<()> {
    run(server, Workload::Put, effort, effort.load)?;
    run(server, Workload::Get, effort, effort.load)
}

/// SIGKILL while clients write: when the load tells of a second, every connection waits for an answer, and more seconds are to come.
fn kill_under_load(server: &mut Server, effort: Effort) -> Result<()> {
    let duration = Duration::from_secs(KILL_SECOND) + AFTER_KILL;
    // A process that is gone has no figures to read.
    let plan = Plan { pid: None, ..large(server, Workload::Put, effort, duration)? };
    let mut killed = None;
    let report = partita_bench::run(&plan, |progress| {
        if matches!(progress, Progress::Second { number: KILL_SECOND, .. }) {
            killed = Some(server.kill());
        }
        say(progress);
    })?;
    killed.context("the load told of no second")??;
    ensure!(report.requests > 0 && report.failures() > 0, "the process was not killed under load: {report}");
    Ok(())
}

/// Starts on a folder that holds items, and reads one.
fn restart(lab: &Lab, folder: &Path, effort: Effort) -> Result<(Server, Duration)> {
    let begin = now();
    let server = Partita.start(lab, folder)?;
    partita_bench::probe(&large(&server, Workload::Get, effort, Duration::from_secs(1))?)?;
    Ok((server, begin.elapsed()))
}

/// Waits for an answer that needs no table.
fn first_answer(server: &Server) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "unexpected answer: {answer}");
    Ok(())
}

fn resident(server: &Server) -> Result<Usage> {
    Ok(Usage::of(server.id(), Whose::Own)?)
}

//! The machine: which core does what, and what its disk can do.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// The core of the server that is measured.
pub(crate) const SERVER_CORE: &str = "0";
/// The core of the client.
const CLIENT_CORE: &str = "1";
/// Writes that a yardstick is the median of.
const SYNCS: usize = 500;
const SYNC_BYTES: usize = 1_024;

/// Moves this process to the client's core. Threads and children that come later follow.
pub(crate) fn take_client_core() -> Result<()> {
    let own = std::process::id().to_string();
    quietly(Command::new("taskset").args(["--pid", "--cpu-list", CLIENT_CORE, &own]))
        .context("a comparison needs two cores and `taskset` (package util-linux)")
}

/// A command that runs on the server's core.
pub(crate) fn on_server_core(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", SERVER_CORE]).arg(program);
    command
}

/// Runs a command to its end without showing what it prints, unless it fails.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    printed(command).map(drop)
}

/// What a command prints.
pub(crate) fn printed(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{name}`"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{name}` failed, {}: {}", output.status, errors.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The median time of one write of 1 KiB and its fdatasync, into a file whose space is there already.
pub(crate) fn sync_time(folder: &Path) -> Result<Duration> {
    let mut file = File::create(folder.join("yardstick")).context("cannot write to the data folder")?;
    file.write_all(&vec![0; SYNCS * SYNC_BYTES])?;
    file.sync_all()?;
    let mut times = Vec::with_capacity(SYNCS);
    for offset in (0_u64..).step_by(SYNC_BYTES).take(SYNCS) {
        let begin = now();
        file.write_all_at(&[1; SYNC_BYTES], offset)?;
        file.sync_data()?;
        times.push(begin.elapsed());
    }
    times.sort();
    Ok(times[SYNCS / 2])
}

/// The processor's name.
pub(crate) fn processor() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "an unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "this is what measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Prints a line of progress.
pub(crate) fn say(line: impl std::fmt::Display) {
    // Nobody is left to tell if standard error is closed.
    drop(writeln!(std::io::stderr(), "{line}"));
}

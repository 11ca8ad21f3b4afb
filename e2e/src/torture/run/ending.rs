//! How a process is brought to its planned end while clients are at work.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::torture::life::Life;
use crate::torture::plan::{End, Plan};
use crate::torture::summary::Complaints;

/// How often the process and the clock are looked at.
const POLL: Duration = Duration::from_millis(1);
/// How long a file may take to appear before the process is killed all the same.
const FILE_PATIENCE: Duration = Duration::from_secs(1);

/// Kills a process that has just been started.
pub(super) fn stillborn(mut process: Life, after: Duration) -> Result<()> {
    rest(&mut process, after, || false)?;
    process.kill()
}

/// Pauses, lets it work, and ends it; returns when it has ended, and how long that took if it was a clean stop.
pub(super) fn conduct(
    plan: &Plan,
    mut process: Life,
    data: &Path,
    complaints: &Complaints,
    rng: &mut StdRng,
) -> Result<Option<Duration>> {
    for (pause, before) in &plan.pauses {
        rest(&mut process, *before, || !complaints.none())?;
        process.signal("STOP")?;
        std::thread::sleep(*pause);
        process.signal("CONT")?;
    }
    rest(&mut process, plan.load, || !complaints.none())?;
    match plan.end {
        End::Kill => process.kill()?,
        End::KillAtFile { later } => {
            let folder = any_folder(data, rng);
            let before = names(&folder);
            rest(&mut process, FILE_PATIENCE, || !names(&folder).is_subset(&before) || !complaints.none())?;
            std::thread::sleep(later);
            process.kill()?;
        }
        End::Terminate => return process.terminate().map(Some),
        End::TerminateAndKill { later } => {
            process.signal("TERM")?;
            std::thread::sleep(later);
            process.kill()?;
        }
    }
    Ok(None)
}

/// Waits for some time, or until something comes.
fn rest(process: &mut Life, time: Duration, mut come: impl FnMut() -> bool) -> Result<()> {
    let polls = time.as_micros() / POLL.as_micros();
    for _ in 0..polls {
        if let Some(status) = process.ended()? {
            bail!("the process ended by itself: {status}");
        }
        if come() {
            return Ok(());
        }
        std::thread::sleep(POLL);
    }
    // What is left of less than a poll.
    std::thread::sleep(time - POLL * u32::try_from(polls).unwrap_or(u32::MAX));
    Ok(())
}

/// Some folder of the data; what files are for is the process's business.
fn any_folder(data: &Path, rng: &mut StdRng) -> PathBuf {
    let mut folders = vec![data.to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.get(seen) {
        let inner: Vec<PathBuf> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        folders.extend(inner);
        seen += 1;
    }
    // The order of a listing is the file system's.
    folders.sort();
    folders.swap_remove(rng.random_range(0..folders.len()))
}

fn names(folder: &Path) -> BTreeSet<OsString> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect()
}

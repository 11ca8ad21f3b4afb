//! Which clusters run on this machine: each holds the lease of its number.
//!
//! A lease is a lock on a file, kept by the node's first process as its standard input. It ends when that process does, however it
//! ended, so a lease that is free but names a cluster tells of remains, and a process number found in a held lease is that process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::addresses::CLUSTERS_MAX;
use crate::cluster::Tier;
use crate::{cgroup, network};

/// Of the machine and not of a user: numbers choose addresses and names that all users share.
const FOLDER: &str = "/run/partita-cluster";

/// What is known of a started cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) number: u8,
    pub(crate) name: String,
    pub(crate) tier: Tier,
    /// Everything it keeps on disk.
    pub(crate) folder: PathBuf,
    pub(crate) cgroups: Vec<PathBuf>,
    /// The node's first process, as the machine numbers it; none before it was started.
    pub(crate) first_process: Option<i32>,
}

/// Held while clusters are added to or removed from the machine.
pub(crate) struct Registry {
    _lock: File,
}

impl Registry {
    pub(crate) fn lock() -> Result<Self> {
        std::fs::create_dir_all(FOLDER).with_context(|| format!("cannot make {FOLDER}"))?;
        let lock = open(&Path::new(FOLDER).join("lock"))?;
        lock.lock().context("cannot lock the list of clusters")?;
        Ok(Self { _lock: lock })
    }

    /// The clusters that run, by number.
    pub(crate) fn running(&self) -> Result<Vec<Record>> {
        let mut running = Vec::new();
        for number in 1..=CLUSTERS_MAX {
            if let State::Running(record) = state(number)? {
                running.push(record);
            }
        }
        Ok(running)
    }

    /// Whether this very cluster runs; another may have got its number since.
    pub(crate) fn runs(&self, record: &Record) -> Result<bool> {
        Ok(match state(record.number)? {
            State::Running(now) => now.name == record.name && now.first_process == record.first_process,
            State::Free | State::Remains(_) => false,
        })
    }

    /// Removes what clusters left that ended without being stopped.
    pub(crate) fn sweep(&self) -> Result<()> {
        for number in 1..=CLUSTERS_MAX {
            if let State::Remains(record) = state(number)? {
                remove(&record)?;
                open(&path(number))?.set_len(0).context("cannot empty a lease")?;
            }
        }
        if self.running()?.is_empty() {
            network::remove_runner()?;
        }
        Ok(())
    }

    /// Leases a number for a cluster: the wanted one, else the lowest that is free. `name` and `folder` get it.
    pub(crate) fn lease(
        &self,
        wanted: Option<u8>,
        tier: Tier,
        name: impl FnOnce(u8) -> String,
        folder: impl FnOnce(&str) -> PathBuf,
    ) -> Result<(File, Record)> {
        let number = self.number(wanted)?;
        let name = name(number);
        if let Some(other) = self.running()?.iter().find(|record| record.name == name) {
            bail!(
                "a cluster called {name} runs in {}: stop it with `cargo xtask cluster stop --name {name}`, or choose another name",
                other.folder.display()
            );
        }
        let record =
            Record { number, folder: folder(&name), name, tier, cgroups: Vec::new(), first_process: None };
        let file = open(&path(number))?;
        file.lock().context("cannot lock a lease")?;
        self.write(&record)?;
        Ok((file, record))
    }

    fn number(&self, wanted: Option<u8>) -> Result<u8> {
        if let Some(number) = wanted {
            ensure!((1..=CLUSTERS_MAX).contains(&number), "a cluster's number is 1 to {CLUSTERS_MAX}");
            let free = matches!(state(number)?, State::Free);
            ensure!(free, "number {number} is taken by another cluster: choose another, or none");
            return Ok(number);
        }
        for number in 1..=CLUSTERS_MAX {
            if matches!(state(number)?, State::Free) {
                return Ok(number);
            }
        }
        bail!("{CLUSTERS_MAX} clusters run: stop some with `cargo xtask cluster stop`")
    }

    /// Writes what is known of a cluster into its lease, which the caller has.
    pub(crate) fn write(&self, record: &Record) -> Result<()> {
        let mut file = open(&path(record.number))?;
        file.set_len(0).and_then(|()| file.rewind()).context("cannot empty a lease")?;
        file.write_all(&serde_json::to_vec(record)?).context("cannot write a lease")
    }
}

/// What a lease says. Looked at only while the list of clusters is locked: looking takes the lease for a moment.
enum State {
    Free,
    Running(Record),
    /// Its cluster ended, and was not removed.
    Remains(Record),
}

fn state(number: u8) -> Result<State> {
    let path = path(number);
    if !path.exists() {
        return Ok(State::Free);
    }
    let mut file = open(&path)?;
    let mut text = String::new();
    file.read_to_string(&mut text).context("cannot read a lease")?;
    let held = match file.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock a lease"),
    };
    if text.is_empty() {
        return Ok(State::Free);
    }
    let record =
        serde_json::from_str(&text).with_context(|| format!("{} is damaged: remove it", path.display()))?;
    Ok(if held { State::Running(record) } else { State::Remains(record) })
}

/// Removes all that is left of a cluster whose first process is gone.
fn remove(record: &Record) -> Result<()> {
    network::remove_node(record.number)?;
    cgroup::remove(&record.cgroups)?;
    if record.folder.exists() {
        std::fs::remove_dir_all(&record.folder)
            .with_context(|| format!("cannot remove {}", record.folder.display()))?;
    }
    Ok(())
}

fn path(number: u8) -> PathBuf {
    Path::new(FOLDER).join(number.to_string())
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(|| format!("cannot open {}: the test cluster needs root", path.display()))
}

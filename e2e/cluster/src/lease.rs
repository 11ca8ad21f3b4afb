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
            if path(number).exists() && try_lock(&open(&path(number))?)?.is_none() {
                running.extend(read(number)?);
            }
        }
        Ok(running)
    }

    /// Removes what clusters left that ended without being stopped.
    pub(crate) fn sweep(&self) -> Result<()> {
        for number in (1..=CLUSTERS_MAX).filter(|number| path(*number).exists()) {
            let file = open(&path(number))?;
            if try_lock(&file)?.is_some()
                && let Some(record) = read(number)?
            {
                remove(&record)?;
                file.set_len(0).context("cannot empty a lease")?;
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
        let running = self.running()?;
        let free = |number: &u8| running.iter().all(|record| record.number != *number);
        let number = match wanted {
            Some(number) => {
                ensure!((1..=CLUSTERS_MAX).contains(&number), "a cluster's number is 1 to {CLUSTERS_MAX}");
                ensure!(
                    free(&number),
                    "number {number} is taken by another cluster: choose another, or none"
                );
                number
            }
            None => (1..=CLUSTERS_MAX).find(free).with_context(|| {
                format!("{CLUSTERS_MAX} clusters run: stop some with `cargo xtask cluster stop`")
            })?,
        };
        let name = name(number);
        if let Some(other) = running.iter().find(|record| record.name == name) {
            bail!(
                "a cluster called {name} runs in {}: stop it with `cargo xtask cluster stop --name {name}`, or choose another name",
                other.folder.display()
            );
        }
        let record =
            Record { number, folder: folder(&name), name, tier, cgroups: Vec::new(), first_process: None };
        let file = open(&path(number))?;
        try_lock(&file)?.context("the lease was free a moment ago, and the list of clusters is locked")?;
        self.write(&record)?;
        Ok((file, record))
    }

    /// Writes what is known of a cluster into its lease, which the caller has.
    pub(crate) fn write(&self, record: &Record) -> Result<()> {
        let mut file = open(&path(record.number))?;
        file.set_len(0).and_then(|()| file.rewind()).context("cannot empty a lease")?;
        file.write_all(&serde_json::to_vec(record)?).context("cannot write a lease")
    }
}

/// Whether the first process of the cluster with this number is gone.
pub(crate) fn ended(number: u8) -> Result<bool> {
    Ok(try_lock(&open(&path(number))?)?.is_some())
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

/// None when another holds it.
fn try_lock(file: &File) -> Result<Option<()>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(())),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock a lease"),
    }
}

/// None when the lease is of no cluster.
fn read(number: u8) -> Result<Option<Record>> {
    let mut text = String::new();
    open(&path(number))?.read_to_string(&mut text).context("cannot read a lease")?;
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&text)
        .with_context(|| format!("{} is damaged: remove it", path(number).display()))
        .map(Some)
}

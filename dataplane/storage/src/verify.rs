//! Reads every file of a shard and says which one is damaged, and where.
//!
//! The engine finds damage when it comes across it, and then knows the file at best. This looks at everything that the newest
//! manifest names: manifest and list of compactions by their seals, data files section by section (blocks of rows, filter, index,
//! statistics, footer), and the engine's own log file by file. It changes nothing.

mod table;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use partita_model::TableId;
use slatedb::admin::Admin;
use slatedb::manifest::{SsTableHandle, SsTableView};
use slatedb::{SstReader, VersionedManifest, WalReader};
use tokio::sync::Mutex;

use crate::error::{Error, Result};
use crate::seal::{self, Broken, Sealed};

/// A part of a file that is not what was written there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, by its path in the object store.
    pub file: String,
    /// The first byte of the damaged part.
    pub offset: u64,
    /// The length of the damaged part in bytes; `None`: to the end of the file.
    pub bytes: Option<u64>,
    /// Which part it is.
    pub part: Part,
    /// How that was seen.
    pub what: &'static str,
}

/// The part of a shard's files that is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// What names all other files. Nothing can be read without it.
    Manifest,
    /// What the engine is merging. It can be begun anew.
    Compactions,
    /// Rows of a data file.
    Rows {
        /// How many rows and removals of rows are in it, if the file still says so.
        count: Option<u64>,
        /// The tables between the first and the last of its rows; none: only bookkeeping is.
        tables: Option<(TableId, TableId)>,
        /// The first key in it.
        first_key: Bytes,
    },
    /// What tells without a search that a data file does not have a row.
    Filter,
    /// Something else of a data file. Its rows may be whole, and cannot all be found.
    Table,
    /// A group of the log of the engine.
    Log,
}

/// What a check has seen.
#[derive(Debug, Default)]
pub struct Report {
    /// Files that were read.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// What is damaged, in the order of reading.
    pub damages: Vec<Damage>,
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {} at byte {}", self.file, self.part, self.offset)?;
        if let Some(bytes) = self.bytes {
            write!(formatter, " ({bytes} bytes)")?;
        }
        write!(formatter, ": {}", self.what)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Manifest => "list of data files",
            Self::Compactions => "list of compactions",
            Self::Rows { .. } => "rows",
            Self::Filter => "filter of a data file",
            Self::Table => "structure of a data file",
            Self::Log => "log",
        })
    }
}

/// Reads all files of the shard at `shard`, of which nobody else may be the writer meanwhile.
///
/// # Errors
/// When the object store fails. Damage is no error: it is in the report.
pub(crate) async fn check(objects: &Arc<dyn ObjectStore>, shard: &Path) -> Result<Report> {
    let mut check = Check::new(objects, shard);
    for (folder, part) in [("compactions", Part::Compactions), ("manifest", Part::Manifest)] {
        check.sealed(folder, part).await?;
    }
    if check.report.damages.iter().any(|damage| damage.part == Part::Manifest) {
        return Ok(check.report);
    }
    let Some(manifest) = check.manifest().await? else { return Ok(check.report) };
    let mut seen = BTreeSet::new();
    for view in manifest.all_sst_views() {
        if seen.insert(view.sst.id.value()) {
            check.table(&view.sst).await?;
        }
    }
    check.log(manifest.replay_after_wal_id()).await?;
    Ok(check.report)
}

/// How many damaged files are remembered. A shard with more is beyond help, and their messages may be slow.
const DAMAGED_MAX: usize = 64;

/// The files of a shard that is open, for looking where the damage is that the engine met.
#[derive(Debug)]
pub(crate) struct Files {
    /// As they are stored.
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) shard: Path,
    /// Damaged files by their ids, and what is wrong with each. A look reads a whole file, so that there is one at a time, and
    /// one for each file however many read from it.
    damaged: Mutex<HashMap<String, String>>,
}

impl Files {
    pub(crate) fn new(objects: Arc<dyn ObjectStore>, shard: Path) -> Self {
        Self { objects, shard, damaged: Mutex::default() }
    }

    /// Adds to an error that names a damaged data file where in it the damage is.
    pub(crate) async fn locate(&self, error: Error) -> Error {
        let Error::Corrupt { what } = &error else { return error };
        let mut damaged = self.damaged.lock().await;
        if let Some((_, found)) = damaged.iter().find(|(id, _)| what.contains(id.as_str())) {
            return Error::Corrupt { what: found.clone() };
        }
        match self.find(what).await {
            Ok(Some((id, damage))) => {
                if damaged.len() < DAMAGED_MAX {
                    damaged.insert(id, damage.to_string());
                }
                Error::Corrupt { what: damage.to_string() }
            }
            // It cannot be looked at now, or is whole again; what the engine said stands.
            Ok(None) | Err(_) => error,
        }
    }

    async fn find(&self, what: &str) -> Result<Option<(String, Damage)>> {
        let mut check = Check::new(&self.objects, &self.shard);
        let Some(manifest) = check.manifest().await? else { return Ok(None) };
        let named = |view: &&SsTableView| what.contains(&view.sst.id.value().to_string());
        let Some(view) = manifest.all_sst_views().find(named) else { return Ok(None) };
        check.table(&view.sst).await?;
        let damage = check.report.damages.into_iter().next();
        Ok(damage.map(|damage| (view.sst.id.value().to_string(), damage)))
    }
}

/// A check under way.
struct Check {
    /// As the engine sees them.
    objects: Arc<dyn ObjectStore>,
    /// As they are stored.
    stored: Arc<dyn ObjectStore>,
    shard: Path,
    report: Report,
}

impl Check {
    fn new(stored: &Arc<dyn ObjectStore>, shard: &Path) -> Self {
        Self {
            objects: Arc::new(Sealed::new(Arc::clone(stored), shard.clone())),
            stored: Arc::clone(stored),
            shard: shard.clone(),
            report: Report::default(),
        }
    }

    async fn manifest(&self) -> Result<Option<VersionedManifest>> {
        let admin = Admin::builder(self.shard.clone(), Arc::clone(&self.objects)).build();
        admin.read_manifest(None).await.map_err(|error| Error::unavailable("read the manifest", error))
    }

    /// Checks the newest object of a folder of sealed ones: the only one that counts.
    async fn sealed(&mut self, folder: &str, part: Part) -> Result<()> {
        let failed = |error| Error::unavailable("read the shard", error);
        let folder = self.shard.clone().join(folder);
        let all: Vec<_> = self.stored.list(Some(&folder)).try_collect().await.map_err(failed)?;
        let Some(newest) = all.into_iter().max_by(|one, other| one.location.cmp(&other.location)) else {
            return Ok(());
        };
        let found = self.stored.get(&newest.location).await.map_err(failed)?.bytes().await.map_err(failed)?;
        self.report.files += 1;
        self.report.bytes += found.len() as u64;
        if let Err(Broken { path, offset, what }) = seal::unseal(&newest.location, found) {
            self.report.damages.push(Damage { file: path, offset, bytes: None, part, what });
        }
        Ok(())
    }

    async fn table(&mut self, handle: &SsTableHandle) -> Result<()> {
        let reader = SstReader::new(self.shard.clone(), Arc::clone(&self.objects), None, None);
        let file = self.shard.clone().join("compacted").join(format!("{}.sst", handle.id.value()));
        self.report.files += 1;
        table::check(&self.stored, &reader, handle, &file, &mut self.report).await
    }

    /// Reads what the engine would replay from its own log. An empty file there is a fence.
    async fn log(&mut self, after: u64) -> Result<()> {
        let failed = |error| Error::unavailable("read the log", error);
        let reader = WalReader::new(self.shard.clone(), Arc::clone(&self.objects));
        for file in reader.list(after.saturating_add(1)..).await.map_err(failed)? {
            let path = self.shard.clone().join("wal").join(format!("{:020}.sst", file.id));
            let size = match self.stored.head(&path).await {
                Ok(found) => found.size,
                Err(error) => return Err(Error::unavailable("read the log", error)),
            };
            self.report.files += 1;
            self.report.bytes += size;
            if size > 0 && !whole(&file).await? {
                self.report.damages.push(Damage {
                    file: path.to_string(),
                    offset: 0,
                    bytes: Some(size),
                    part: Part::Log,
                    what: "a checksum in it does not match, or it is cut",
                });
            }
        }
        Ok(())
    }
}

/// Whether a file of the engine's log can be read to its end.
async fn whole(file: &slatedb::WalFile) -> Result<bool> {
    let read = async {
        let mut rows = file.iterator().await?;
        while rows.next().await?.is_some() {}
        Ok::<_, slatedb::Error>(())
    };
    match read.await {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == slatedb::ErrorKind::Unavailable => {
            Err(Error::unavailable("read the log", error))
        }
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests;

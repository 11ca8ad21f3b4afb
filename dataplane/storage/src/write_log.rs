//! Which write-ahead log a shard has, and moving a shard from the engine's own to a file log.
//!
//! The claim says which one it is, and no engine is started before the claim agrees. A shard moves when every row is in
//! a data file: it is opened with its old log, closed, looked at, and then claimed for the new one. A crash before the
//! claim leaves it with the old log, and a crash after it with the new one.

use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use partita_wal::{FileLog, FileLogOptions, Log, LogId, ObjectLog};
use slatedb::admin::Admin;

use crate::claim;
use crate::error::{Error, Result};
use crate::probe::Guard;
use crate::seal::Sealed;
use crate::slate::{Flushing, SlateStore};
use crate::store::{ShardStore, WriteBatch};
use crate::verify::Files;

/// The folder of a file log beneath that of its only shard.
const FOLDER: &str = "log";

/// The folder of the engine's own log beneath that of the shard.
const OBJECT_LOG: &str = "wal";

/// A key in no space: nobody reads or writes its row.
const NOWHERE: &[u8] = &[0xff];

/// Which log a shard is to have.
#[derive(Clone, Default)]
pub enum LogChoice {
    /// In a folder a file log of its own, elsewhere the engine's.
    #[default]
    ByLocation,
    /// The engine's own.
    Object,
    /// A file log that is open, and that is closed by whoever opened it.
    File(Arc<FileLog>),
}

impl std::fmt::Debug for LogChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ByLocation => formatter.write_str("ByLocation"),
            Self::Object => formatter.write_str("Object"),
            Self::File(log) => write!(formatter, "File({})", log.id()),
        }
    }
}

/// The log of a store.
#[derive(Clone)]
pub(crate) struct WriteLog {
    log: Arc<dyn Log>,
    /// Nobody else uses it: it is closed with the store.
    owned: bool,
}

impl WriteLog {
    pub(crate) fn object() -> Self {
        Self { log: Arc::new(ObjectLog), owned: true }
    }

    pub(crate) fn get(&self) -> &Arc<dyn Log> {
        &self.log
    }

    pub(crate) fn flushing(&self) -> Flushing {
        if self.log.self_flushing() { Flushing::ByItself } else { Flushing::Asked }
    }

    /// To be called when the engine has stopped.
    pub(crate) async fn close(&self) {
        if self.owned {
            self.log.close().await;
        }
    }

    /// What a failure of the engine was, if its log knows better.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match (error, self.log.failed()) {
            (Error::Failed { .. }, Some(cause)) => Error::failed("write to the log", cause),
            (error, _) => error,
        }
    }
}

/// The objects of a shard, and how it is kept from a second writer.
pub(crate) struct Place<'a> {
    pub(crate) objects: &'a Arc<dyn ObjectStore>,
    pub(crate) shard: &'a Path,
    /// The shard's own folder, if it is in one.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) guard: Guard,
}

/// Claims the shard for a log, and opens it. Nobody was fenced when this fails, except where a shard is moved.
pub(crate) async fn settle(place: &Place<'_>, choice: LogChoice) -> Result<WriteLog> {
    let log = match (choice, &place.folder) {
        (LogChoice::Object, _) | (LogChoice::ByLocation, None) => WriteLog::object(),
        (LogChoice::File(log), _) => WriteLog { log, owned: false },
        (LogChoice::ByLocation, Some(folder)) => {
            WriteLog { log: open(folder.join(FOLDER)).await?, owned: true }
        }
    };
    match place.claim(log.log.id()).await {
        Ok(()) => Ok(log),
        Err(error) => {
            log.close().await;
            Err(error)
        }
    }
}

async fn open(folder: PathBuf) -> Result<Arc<FileLog>> {
    let opened = tokio::task::spawn_blocking(move || {
        FileLog::open(&folder, FileLogOptions::default()).map_err(|error| refused(&folder, error))
    });
    opened.await.map_err(|error| Error::unavailable("open the log", error))?
}

/// Why a log cannot be opened.
fn refused(folder: &FsPath, error: partita_wal::Error) -> Error {
    match error {
        partita_wal::Error::InUse { .. } => Error::FolderInUse { folder: folder.to_owned() },
        partita_wal::Error::UnknownVersion { place, found, known } => Error::ForeignClaim {
            path: place,
            found: format!("version {found} of the log's format"),
            expected: format!("version {known}"),
        },
        partita_wal::Error::Damaged { .. } | partita_wal::Error::Mismatch { .. } => {
            Error::Corrupt { what: error.to_string() }
        }
        error => Error::unavailable("open the log", error),
    }
}

impl Place<'_> {
    async fn claim(&self, log: LogId) -> Result<()> {
        let (objects, shard) = (self.objects.as_ref(), self.shard);
        match claim::read(objects, shard).await? {
            None => claim::make(objects, shard, log).await?,
            Some(found) if found.log == log => {
                if !found.current {
                    claim::replace(objects, shard, log).await?;
                }
            }
            Some(found) if found.log == LogId::Object => {
                if !found.current {
                    // From here on, a process of the first version does not understand the shard.
                    claim::replace(objects, shard, found.log).await?;
                }
                self.leave_object_log().await?;
                claim::replace(objects, shard, log).await?;
            }
            Some(found) => return Err(claim::mismatch(shard, Some(found.log), log)),
        }
        if log == LogId::Object { Ok(()) } else { self.remove_object_log().await }
    }

    /// Moves all rows of the engine's own log to data files.
    async fn leave_object_log(&self) -> Result<()> {
        let files = Files::new(Arc::clone(self.objects), self.shard.clone());
        let store = SlateStore::open(files, 0, self.guard, WriteLog::object(), None).await?;
        // Without a row in memory the engine would not note how far the log was moved.
        let mut batch = WriteBatch::new();
        batch.delete(Bytes::from_static(NOWHERE));
        store.write(batch).await?.durable().await?;
        store.close().await?;
        let objects: Arc<dyn ObjectStore> =
            Arc::new(Sealed::new(Arc::clone(self.objects), self.shard.clone()));
        let manifest = Admin::builder(self.shard.clone(), objects).build().read_manifest(None).await;
        let manifest =
            manifest.map_err(|error| Error::unavailable("move the shard to another log", error))?;
        let left = |manifest: slatedb::VersionedManifest| {
            manifest.next_wal_sst_id().saturating_sub(manifest.replay_after_wal_id() + 1)
        };
        match manifest.map(left) {
            Some(0) => Ok(()),
            left => {
                let cause = match left {
                    Some(left) => format!("{left} files of its old log are still needed"),
                    None => "it has no manifest".to_owned(),
                };
                Err(Error::unavailable("move the shard to another log", std::io::Error::other(cause)))
            }
        }
    }

    /// Removes what the engine's own log left behind: nobody collects it any more.
    async fn remove_object_log(&self) -> Result<()> {
        let failed = |error| Error::unavailable("remove the old log", error);
        let folder = self.shard.clone().join(OBJECT_LOG);
        let left: Vec<_> = self.objects.list(Some(&folder)).try_collect().await.map_err(failed)?;
        for object in left {
            self.objects.delete(&object.location).await.map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! The store's calls.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::ObjectStore;
use partita_model::TableId;
use partita_wal::Engine;
use slatedb::DbSnapshot;
use slatedb::config::{DurabilityLevel, ReadOptions};
use tokio::sync::watch;

use super::committer::{Committer, Shared};
use super::filter::DeadRows;
use super::snapshot::SlateSnapshot;
use super::{read_error, relief, settings, write_error};
use crate::error::{Error, Result};
use crate::folder::FolderLock;
use crate::log::LogSequence;
use crate::probe::Guard;
use crate::progress::Progress;
use crate::seal::Sealed;
use crate::store::{Change, ShardStore, Snapshot, Visibility, WriteBatch, Written};
use crate::verify::Files;
use crate::write_log::WriteLog;

/// A shard kept by SlateDB.
pub(crate) struct SlateStore {
    shared: Arc<Shared>,
    files: Arc<Files>,
    log: WriteLog,
    dead: Arc<DeadRows>,
    /// Tells the committer to close; dropping it tells it that the store is gone.
    closing: watch::Sender<bool>,
    /// Ends when the engine has stopped.
    stopped: watch::Receiver<()>,
}

impl SlateStore {
    /// Starts the engine and thereby fences every other owner of the shard. `lock` is held until it has stopped.
    pub(crate) async fn open(
        files: Files,
        block_cache_bytes: usize,
        guard: Guard,
        log: WriteLog,
        lock: Option<FolderLock>,
    ) -> Result<Self> {
        let dead = Arc::new(DeadRows::default());
        let (path, files) = (files.shard.clone(), Arc::new(files));
        let objects: Arc<dyn ObjectStore> = Arc::new(Sealed::new(Arc::clone(&files.objects), path.clone()));
        let flushing = log.flushing();
        let builder = settings::builder(&objects, &path, block_cache_bytes, flushing, &dead);
        let garbage = settings::garbage_collector(guard, flushing);
        let builder = log.get().install(Engine { builder, shard: path, objects, garbage });
        let db = match Box::pin(builder.build()).await {
            Ok(db) => db,
            Err(error) => {
                log.close().await;
                return Err(files.locate(read_error("open the shard", error)).await);
            }
        };
        let shared = Shared::new(db, flushing)?;
        let (closing, closing_seen) = watch::channel(false);
        let (stopping, stopped) = watch::channel(());
        let committer = Committer {
            shared: Arc::clone(&shared),
            closing: closing_seen,
            log: log.clone(),
            lock,
            stopped: stopping,
        };
        tokio::spawn(committer.run());
        tokio::spawn(relief::run(log.clone(), files.shard.clone(), Arc::clone(&shared), stopped.clone()));
        Ok(Self { shared, files, log, dead, closing, stopped })
    }

    /// How far the store's writes are durable, and whether it still answers.
    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.shared.progress
    }

    /// What it means that the log lets no batch in.
    fn refused(&self, error: partita_wal::Error) -> Error {
        match error {
            partita_wal::Error::Full { .. } => Error::Full { source: Arc::new(error) },
            partita_wal::Error::Disk { .. } => Error::unavailable("write to the log", error),
            // It has ended, and why is or will be said by the end of the store.
            error => self.shared.progress.end_cause().cloned().unwrap_or_else(|| {
                let error = Error::failed("write to the log", error);
                self.shared.end(error.clone());
                error
            }),
        }
    }

    fn applied(&self) -> Result<Arc<DbSnapshot>> {
        // Nothing is read for it: only an engine that has stopped refuses.
        self.shared.db.snapshot().map_err(|error| self.log.explain(write_error("take a snapshot", error)))
    }

    /// A moment of which nothing can be taken back: the one that is kept ready, or else the present, once it is
    /// durable. An idle store's is.
    async fn durable(&self) -> Result<Arc<DbSnapshot>> {
        if let Some(view) = self.shared.published() {
            return Ok(view);
        }
        let applied = self.applied()?;
        self.shared.progress.reached(applied.seq()).await?;
        Ok(applied)
    }

    async fn get_durable(&self, key: &[u8]) -> std::result::Result<Option<Bytes>, slatedb::Error> {
        match self.shared.published() {
            Some(view) => view.get(key).await,
            None => {
                let options = ReadOptions::new().with_durability_filter(DurabilityLevel::Remote);
                self.shared.db.get_with_options(key, &options).await
            }
        }
    }
}

#[async_trait]
impl ShardStore for SlateStore {
    async fn get(&self, key: &[u8], visibility: Visibility) -> Result<Option<Bytes>> {
        self.shared.progress.check_open()?;
        let found = match visibility {
            Visibility::Durable => self.get_durable(key).await,
            Visibility::Applied => self.shared.db.get(key).await,
        };
        match found {
            Ok(value) => Ok(value),
            Err(error) => Err(self.files.locate(read_error("read a row", error)).await),
        }
    }

    async fn snapshot(&self, visibility: Visibility) -> Result<Box<dyn Snapshot>> {
        self.shared.progress.check_open()?;
        let inner = match visibility {
            Visibility::Durable => self.durable().await?,
            Visibility::Applied => self.applied()?,
        };
        Ok(Box::new(SlateSnapshot { inner, files: Arc::clone(&self.files) }))
    }

    async fn write(&self, batch: WriteBatch) -> Result<Written> {
        self.shared.progress.check_open()?;
        batch.check()?;
        let sequence = if batch.is_empty() {
            self.applied()?.seq()
        } else {
            let mut changes = slatedb::WriteBatch::new();
            let (mut rows, mut bytes) = (0, 0);
            for Change { key, value } in batch.into_changes() {
                rows += 1;
                bytes += key.len() + value.as_ref().map_or(0, Bytes::len);
                match value {
                    Some(value) => changes.put_bytes(key, value),
                    None => changes.delete(key),
                }
            }
            // Kept until the batch is in the log, which then has room for it.
            let _admission = self
                .log
                .get()
                .admit(&self.files.shard, rows, bytes)
                .await
                .map_err(|error| self.refused(error))?;
            let applied = self.shared.db.write(changes).await.map_err(|error| {
                let error = self.log.explain(write_error("write to the log", error));
                self.shared.end(error.clone());
                error
            })?;
            applied.seqnum()
        };
        self.shared.want_durable(sequence);
        Ok(Written::new(sequence, &self.shared.progress))
    }

    async fn barrier(&self) -> Result<()> {
        self.shared.progress.check_open()?;
        let applied = self.applied()?.seq();
        self.shared.want_durable(applied);
        self.shared.progress.reached(applied).await
    }

    async fn close(&self) -> Result<()> {
        let progress = &self.shared.progress;
        progress.close();
        self.closing.send_replace(true);
        let mut stopped = self.stopped.clone();
        while stopped.changed().await.is_ok() {}
        match progress.end_cause() {
            None | Some(Error::Closed) => Ok(()),
            Some(error) => Err(error.clone()),
        }
    }

    async fn ended(&self) -> Error {
        self.shared.progress.ended().await
    }

    fn discard(&self, table: TableId) {
        self.dead.add_table(table);
    }

    fn discard_log(&self, table: TableId, upto: LogSequence) {
        self.dead.add_log(table, upto);
    }
}

//! The store's calls.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::ObjectStore;
use partita_model::TableId;
use slatedb::DbSnapshot;
use slatedb::config::{DurabilityLevel, ReadOptions};
use tokio::sync::watch;

use super::committer::{Committer, Flushing, Shared};
use super::filter::DeadTables;
use super::snapshot::SlateSnapshot;
use super::{read_error, settings, write_error};
use crate::error::{Error, Result};
use crate::folder::FolderLock;
use crate::probe::Guard;
use crate::progress::Progress;
use crate::seal::Sealed;
use crate::store::{Change, ShardStore, Snapshot, Visibility, WriteBatch, Written};
use crate::verify::Files;

/// A shard kept by SlateDB.
pub(crate) struct SlateStore {
    shared: Arc<Shared>,
    files: Arc<Files>,
    dead: Arc<DeadTables>,
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
        flushing: Flushing,
        lock: Option<FolderLock>,
    ) -> Result<Self> {
        let dead = Arc::new(DeadTables::default());
        let (path, files) = (files.shard.clone(), Arc::new(files));
        let objects: Arc<dyn ObjectStore> = Arc::new(Sealed::new(Arc::clone(&files.objects), path.clone()));
        let builder = settings::builder(&objects, &path, block_cache_bytes, guard, flushing, &dead);
        let db = match Box::pin(builder.build()).await {
            Ok(db) => db,
            Err(error) => return Err(files.locate(read_error("open the shard", error)).await),
        };
        let shared = Shared::new(db, flushing)?;
        let (closing, closing_seen) = watch::channel(false);
        let (stopping, stopped) = watch::channel(());
        let committer =
            Committer { shared: Arc::clone(&shared), closing: closing_seen, lock, stopped: stopping };
        tokio::spawn(committer.run());
        Ok(Self { shared, files, dead, closing, stopped })
    }

    /// How far the store's writes are durable, and whether it still answers.
    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.shared.progress
    }

    fn applied(&self) -> Result<Arc<DbSnapshot>> {
        self.shared.db.snapshot().map_err(|error| read_error("take a snapshot", error))
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
            for Change { key, value } in batch.into_changes() {
                match value {
                    Some(value) => changes.put_bytes(key, value),
                    None => changes.delete(key),
                }
            }
            let applied = self.shared.db.write(changes).await.map_err(|error| {
                let error = write_error("write to the log", error);
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
        self.dead.add(table);
    }
}

//! The store's calls.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::ObjectStore;
use object_store::path::Path;
use partita_model::TableId;
use slatedb::DbSnapshot;
use tokio::sync::watch;

use super::committer::{Committer, Shared};
use super::filter::DeadTables;
use super::snapshot::SlateSnapshot;
use super::{read_error, settings, write_error};
use crate::error::{Error, Result};
use crate::folder::FolderLock;
use crate::probe::Guard;
use crate::store::{ShardStore, Snapshot, Visibility, WriteBatch, Written};

/// A shard kept by SlateDB.
pub(crate) struct SlateStore {
    shared: Arc<Shared>,
    dead: Arc<DeadTables>,
    /// Tells the committer to close; dropping it tells it that the store is gone.
    closing: watch::Sender<bool>,
}

impl SlateStore {
    /// Starts the engine and thereby fences every other owner of the shard. `lock` is held until it has stopped.
    pub(crate) async fn open(
        objects: Arc<dyn ObjectStore>,
        path: Path,
        block_cache_bytes: usize,
        guard: Guard,
        lock: Option<FolderLock>,
    ) -> Result<Self> {
        let dead = Arc::new(DeadTables::default());
        let builder = settings::builder(&objects, &path, block_cache_bytes, guard, &dead);
        let db = Box::pin(builder.build()).await.map_err(|error| read_error("open the shard", error))?;
        let shared = Shared::new(db)?;
        let (closing, closing_seen) = watch::channel(false);
        let committer = Committer { shared: Arc::clone(&shared), closing: closing_seen, lock };
        tokio::spawn(committer.run());
        Ok(Self { shared, dead, closing })
    }

    fn check_open(&self) -> Result<()> {
        let progress = self.shared.progress.borrow();
        match &progress.ended {
            Some(error) => Err(error.clone()),
            None if progress.closing => Err(Error::Closed),
            None => Ok(()),
        }
    }

    fn view(&self, visibility: Visibility) -> Result<Arc<DbSnapshot>> {
        self.check_open()?;
        match visibility {
            Visibility::Durable => Ok(Arc::clone(&self.shared.progress.borrow().durable)),
            Visibility::Applied => self.applied(),
        }
    }

    fn applied(&self) -> Result<Arc<DbSnapshot>> {
        self.shared.db.snapshot().map_err(|error| read_error("take a snapshot", error))
    }
}

#[async_trait]
impl ShardStore for SlateStore {
    async fn get(&self, key: &[u8], visibility: Visibility) -> Result<Option<Bytes>> {
        self.check_open()?;
        let found = match visibility {
            Visibility::Durable => self.view(visibility)?.get(key).await,
            Visibility::Applied => self.shared.db.get(key).await,
        };
        found.map_err(|error| read_error("read a row", error))
    }

    async fn snapshot(&self, visibility: Visibility) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(SlateSnapshot { inner: self.view(visibility)? }))
    }

    async fn write(&self, batch: WriteBatch) -> Result<Written> {
        self.check_open()?;
        batch.check()?;
        if batch.is_empty() {
            return Ok(self.shared.written(self.applied()?.seq()));
        }
        let mut changes = slatedb::WriteBatch::new();
        for change in batch.changes() {
            match &change.value {
                Some(value) => changes.put_bytes(change.key.clone(), value.clone()),
                None => changes.delete(&change.key),
            }
        }
        match self.shared.db.write(changes).await {
            Ok(handle) => Ok(self.shared.written(handle.seqnum())),
            Err(error) => {
                let error = write_error("write to the log", error);
                self.shared.end(error.clone());
                Err(error)
            }
        }
    }

    async fn barrier(&self) -> Result<()> {
        self.check_open()?;
        let applied = self.applied()?.seq();
        self.shared.written(applied).durable().await
    }

    async fn close(&self) -> Result<()> {
        let mut progress = self.shared.progress.subscribe();
        self.shared.progress.send_modify(|progress| progress.closing = true);
        self.closing.send_replace(true);
        let stopped = progress.wait_for(|progress| progress.stopped).await.map_err(|_| Error::Closed)?;
        match &stopped.ended {
            None | Some(Error::Closed) => Ok(()),
            Some(error) => Err(error.clone()),
        }
    }

    async fn ended(&self) -> Error {
        let mut progress = self.shared.progress.subscribe();
        let ended = progress.wait_for(|progress| progress.ended.is_some()).await;
        ended.ok().and_then(|progress| progress.ended.clone()).unwrap_or(Error::Closed)
    }

    fn discard(&self, table: TableId) {
        self.dead.add(table);
    }
}

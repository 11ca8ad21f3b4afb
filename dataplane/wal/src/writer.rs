//! One engine's writer: fencing the one before it, and appending.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use slatedb::RowEntry;
use slatedb::wal::{
    WalError, WalEvent, WalFlushResult, WalObserver, WalStatus, WalStatusListener, WalWriter, WriterInit,
    WriterInitResult, WriterManifest,
};

use crate::error::Error;
use crate::gather::Gatherer;
use crate::queue::{Core, Part};
use crate::reader::RowsIterator;
use crate::state::{Shard, lock};

/// A shard that is this many segments behind is asked to move its rows to data files. With the usual sizes a shard that
/// is written to does that by itself after one or two segments; this bounds the log of many shards that are written
/// to a little.
const SEGMENTS_BEHIND_MAX: u64 = 8;

/// What a writer and its observers share.
pub(crate) struct WriterState {
    epoch: u64,
    inner: Mutex<Inner>,
}

struct Inner {
    status: WalStatus,
    listeners: Arc<[WalStatusListener]>,
    /// The id of the last record that was queued.
    queued: u64,
}

impl WriterState {
    fn new(epoch: u64, last_id: u64) -> Arc<Self> {
        let status = WalStatus {
            closed_reason: None,
            estimated_bytes: 0,
            last_flushed_wal_id: last_id,
            last_flushed_seq: None,
            buffered_wal_entries_count: 0,
        };
        let inner = Inner { status, listeners: Arc::default(), queued: last_id };
        Arc::new(Self { epoch, inner: Mutex::new(inner) })
    }

    fn status(&self) -> Result<WalStatus, WalStatus> {
        let status = lock(&self.inner).status.clone();
        if status.closed_reason.is_some() { Err(status) } else { Ok(status) }
    }

    /// True until it is closed, for whatever reason.
    pub(crate) fn open(&self) -> bool {
        lock(&self.inner).status.closed_reason.is_none()
    }

    /// Records of this writer are on disk.
    pub(crate) fn flushed(&self, part: &Part) {
        let (status, listeners) = {
            let mut inner = lock(&self.inner);
            let status = &mut inner.status;
            status.last_flushed_wal_id = part.last_id;
            status.last_flushed_seq = Some(part.last_seq);
            status.estimated_bytes = status.estimated_bytes.saturating_sub(part.bytes);
            status.buffered_wal_entries_count =
                status.buffered_wal_entries_count.saturating_sub(part.batches);
            (status.clone(), Arc::clone(&inner.listeners))
        };
        for listener in listeners.iter() {
            listener(WalEvent::WalFlushed(status.clone()));
        }
    }

    /// Nothing is appended any more. Returns the id of the last record that was.
    pub(crate) fn close(&self, reason: &WalError) -> u64 {
        let (status, listeners, queued) = {
            let mut inner = lock(&self.inner);
            if inner.status.closed_reason.is_some() {
                return inner.queued;
            }
            inner.status.closed_reason = Some(reason.clone());
            (inner.status.clone(), Arc::clone(&inner.listeners), inner.queued)
        };
        for listener in listeners.iter() {
            listener(WalEvent::WalClosed(status.clone()));
        }
        queued
    }
}

/// Starts writers of a shard.
pub(crate) struct Starter {
    pub(crate) core: Arc<Core>,
    pub(crate) shard: Arc<Shard>,
}

#[async_trait]
impl WriterInit for Starter {
    async fn fence_and_init(&self, manifest: &mut WriterManifest) -> Result<WriterInitResult, WalError> {
        if let Some(error) = self.core.ended() {
            return Err(error.for_engine());
        }
        let epoch = manifest.epoch();
        let known = manifest.manifest().next_wal_sst_id().saturating_sub(1);
        let previous = lock(&self.shard.state).writer.clone();
        if let Some(previous) = previous {
            if previous.epoch >= epoch {
                return Err(WalError::Fenced);
            }
            // What it queued reaches the disk before it is read below.
            let queued = previous.close(&WalError::Fenced);
            self.shard.durable(queued).await?;
        }
        manifest.refresh().await?;
        let after = manifest.replay_after_wal_id();
        let (writer, last) = self.succeed(epoch, after, known).map_err(|error| match error {
            Some(error) => error.for_engine(),
            None => WalError::Fenced,
        })?;
        // Room for the first batches, so that they do not wait for it. A full disk refuses them when they come.
        drop(self.core.admit(1).await);
        let iterator = RowsIterator::new(&self.core, &self.shard, after, Some(last));
        let writer = Writer {
            core: Arc::clone(&self.core),
            shard: Arc::clone(&self.shard),
            state: writer,
            last,
            part: (u64::MAX, None),
            gatherer: Gatherer::start(&self.core),
        };
        Ok(WriterInitResult { replay_iterator: Box::new(iterator), wal_writer: Box::new(writer) })
    }
}

impl Starter {
    /// Puts a new writer in the place of the previous one, unless the log and the manifest do not belong together. The
    /// error is `None` when a newer writer has come.
    fn succeed(&self, epoch: u64, after: u64, known: u64) -> Result<(Arc<WriterState>, u64), Option<Error>> {
        let mut state = lock(&self.shard.state);
        if state.writer.as_ref().is_some_and(|writer| writer.epoch >= epoch) {
            return Err(None);
        }
        let mismatch = |what| Some(Error::Mismatch { shard: self.shard.path.clone(), what });
        if state.dropped {
            return Err(mismatch("its records were deleted: use another path".to_owned()));
        }
        if state.trimmed > after {
            return Err(mismatch(format!(
                "it begins behind record {}, but the data files end with record {after}",
                state.trimmed
            )));
        }
        if known > after && known > state.last_id && !state.lost {
            return Err(mismatch(format!(
                "it ends with record {}, but record {known} was written",
                state.last_id
            )));
        }
        let last = state.last_id.max(known).max(after);
        state.last_id = last;
        if state.lost {
            // Kept until the manifest has passed what is missing, or the next opening would not know that it was lost.
            for span in &mut state.spans {
                span.last_id = last;
            }
        }
        let writer = WriterState::new(epoch, last);
        state.writer = Some(Arc::clone(&writer));
        drop(state);
        self.shard.progress.send_modify(|progress| progress.id = progress.id.max(last));
        Ok((writer, last))
    }
}

struct Writer {
    core: Arc<Core>,
    shard: Arc<Shard>,
    state: Arc<WriterState>,
    /// The id of the last record.
    last: u64,
    /// Where in the queue the records of this writer are counted, and in which group.
    part: (u64, Option<usize>),
    gatherer: Gatherer,
}

#[async_trait]
impl WalWriter for Writer {
    async fn append(&mut self, rows: &[RowEntry]) -> Result<(), WalError> {
        let Some(last) = rows.last() else { return Ok(()) };
        // Ids follow the sequences of the engine, so that a shard can move to another log.
        let id = last.seq.max(self.last + 1);
        // Looked at and queued under one lock: nothing comes behind a fence.
        let mut inner = lock(&self.state.inner);
        if let Some(reason) = &inner.status.closed_reason {
            return Err(reason.clone());
        }
        let bytes = {
            let mut queue = lock(&self.core.queue);
            if let Some(error) = &queue.ended {
                return Err(error.clone().for_engine());
            }
            if self.part.0 != queue.taken {
                self.part = (queue.taken, None);
            }
            let part = &mut self.part.1;
            queue.pending.append_rows(&self.shard, &self.state, (id, rows), part, self.core.salt)
        };
        self.gatherer.queued();
        inner.status.estimated_bytes += bytes;
        inner.status.buffered_wal_entries_count += 1;
        inner.queued = id;
        self.last = id;
        Ok(())
    }

    /// Waits for the sync: the engine freezes rows right after this, and notes how far they are durable.
    async fn flush(&mut self) -> Result<WalFlushResult, WalError> {
        if let Err(status) = self.state.status() {
            return Err(status.into());
        }
        self.shard.durable(self.last).await?;
        Ok(WalFlushResult { wal_id: self.last, completion: Box::pin(std::future::ready(Ok(()))) })
    }

    fn should_flush_memtable(&self, replay_after: u64) -> bool {
        let state = lock(&self.shard.state);
        let oldest = state.spans.iter().find(|span| span.last_id > replay_after);
        match (oldest, state.spans.back()) {
            (Some(oldest), Some(newest)) => newest.segment - oldest.segment > SEGMENTS_BEHIND_MAX,
            _ => false,
        }
    }

    fn observer(&self) -> Box<dyn WalObserver> {
        Box::new(Observer(Arc::clone(&self.state)))
    }

    fn status(&self) -> Result<WalStatus, WalStatus> {
        self.state.status()
    }

    async fn close(&mut self) -> Result<(), WalError> {
        if self.state.status().is_err() {
            return Ok(());
        }
        let written = self.shard.durable(self.last).await;
        self.state.close(written.as_ref().err().unwrap_or(&WalError::Closed));
        written
    }
}

struct Observer(Arc<WriterState>);

#[async_trait]
impl WalObserver for Observer {
    fn status(&self) -> Result<WalStatus, WalStatus> {
        self.0.status()
    }

    fn subscribe(&self, listener: WalStatusListener) -> Result<(), WalError> {
        let mut inner = lock(&self.0.inner);
        if inner.status.closed_reason.is_some() {
            // The engine takes a refusal for a mistake of its own and panics; it is to hear why instead.
            let status = inner.status.clone();
            drop(inner);
            listener(WalEvent::WalClosed(status));
            return Ok(());
        }
        inner.listeners = inner.listeners.iter().cloned().chain([listener]).collect();
        Ok(())
    }
}

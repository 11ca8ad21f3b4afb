//! The shard store: the one narrow trait behind which an engine stands.
//!
//! A store is an ordered map from keys to values with atomic batches, snapshots and two views of the present:
//! what has been [applied](Visibility::Applied), and what is [durable](Visibility::Durable). The conformance
//! suite in [`crate::conformance`] says in code what every implementation must do.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use partita_model::TableId;

use crate::error::{Error, Result};
use crate::log::LogSequence;
use crate::progress::Progress;

/// The longest key of a row, in bytes: the engine keeps lengths in 16 bits.
pub const KEY_BYTES_MAX: usize = u16::MAX as usize;

/// The longest value of a row, in bytes. An item has at most 400 KB; a change record holds two of them.
pub const VALUE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Which writes a read may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Everything that was applied, durable or not. Conditions may be evaluated on it, because the
    /// acknowledgement of a write that depends on it waits behind it in the same log.
    Applied,
    /// Only what no crash can take back: all that a client may be told. It includes every write whose
    /// [`Written::durable`] has returned.
    Durable,
}

/// The direction of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// From the smallest key to the largest.
    #[default]
    Ascending,
    /// From the largest key to the smallest.
    Descending,
}

/// A half-open range of keys: `start` is in it, `end` is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    start: Bytes,
    end: Option<Bytes>,
}

impl KeyRange {
    /// From `start` to just before `end`; empty when `end` is not greater than `start`.
    pub fn new(start: impl Into<Bytes>, end: impl Into<Bytes>) -> Self {
        Self { start: start.into(), end: Some(end.into()) }
    }

    /// Every key.
    #[must_use]
    pub fn all() -> Self {
        Self { start: Bytes::new(), end: None }
    }

    /// `start` and every greater key.
    pub fn starting_at(start: impl Into<Bytes>) -> Self {
        Self { start: start.into(), end: None }
    }

    /// Every key that begins with `prefix`.
    pub fn prefix(prefix: impl Into<Bytes>) -> Self {
        let start = prefix.into();
        let end = successor_of_prefix(&start);
        Self { start, end }
    }

    /// The part of this range whose keys are greater than `key`: where a forward page goes on.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Self {
        let mut next = Vec::with_capacity(key.len() + 1);
        next.extend_from_slice(key);
        next.push(0);
        if next.as_slice() > self.start.as_ref() {
            self.start = next.into();
        }
        self
    }

    /// The part of this range whose keys are less than `key`: where a backward page goes on.
    #[must_use]
    pub fn before(mut self, key: &[u8]) -> Self {
        if self.end.as_ref().is_none_or(|end| key < end.as_ref()) {
            self.end = Some(Bytes::copy_from_slice(key));
        }
        self
    }

    /// The first key that may be in the range.
    #[must_use]
    pub fn start(&self) -> &Bytes {
        &self.start
    }

    /// The first key behind the range; `None` when it has no end.
    #[must_use]
    pub fn end(&self) -> Option<&Bytes> {
        self.end.as_ref()
    }

    /// True when no key can be in the range.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }

    /// True when `key` is in the range.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        key >= self.start.as_ref() && self.end.as_ref().is_none_or(|end| key < end.as_ref())
    }
}

/// The least key greater than every key that begins with `prefix`; `None` when there is none.
fn successor_of_prefix(prefix: &[u8]) -> Option<Bytes> {
    let last = prefix.iter().rposition(|&byte| byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    Some(end.into())
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
}

/// Changes that are applied together or not at all. Of two changes of one key the later one counts.
#[derive(Debug, Clone, Default)]
pub struct WriteBatch {
    changes: Vec<Change>,
}

/// One change in a batch; `None` deletes.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) key: Bytes,
    pub(crate) value: Option<Bytes>,
}

impl WriteBatch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of `key`.
    pub fn put(&mut self, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.changes.push(Change { key: key.into(), value: Some(value.into()) });
    }

    /// Removes `key`; a key that is not there stays away.
    pub fn delete(&mut self, key: impl Into<Bytes>) {
        self.changes.push(Change { key: key.into(), value: None });
    }

    /// True when the batch changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The number of changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// The keys that the batch changes, in the order they were added.
    pub fn keys(&self) -> impl Iterator<Item = &Bytes> {
        self.changes.iter().map(|change| &change.key)
    }

    /// Adds the changes of another batch behind those of this one.
    pub fn append(&mut self, other: Self) {
        if self.changes.is_empty() {
            self.changes = other.changes;
        } else {
            self.changes.extend(other.changes);
        }
    }

    /// The size of all keys and values.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let value = |change: &Change| change.value.as_ref().map_or(0, Bytes::len);
        self.changes.iter().map(|change| change.key.len() + value(change)).sum()
    }

    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    pub(crate) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Refuses what an engine could not store, so that every engine refuses the same.
    pub(crate) fn check(&self) -> Result<()> {
        for Change { key, value } in &self.changes {
            if key.is_empty() {
                return Err(Error::InvalidBatch { reason: "a key is empty" });
            }
            if key.len() > KEY_BYTES_MAX {
                return Err(Error::InvalidBatch { reason: "a key is longer than 65,535 bytes" });
            }
            if value.as_ref().is_some_and(|value| value.len() > VALUE_BYTES_MAX) {
                return Err(Error::InvalidBatch { reason: "a value is longer than 16 MiB" });
            }
        }
        Ok(())
    }
}

/// A write that was applied and waits to become durable.
///
/// Dropping it does not take the write back: only the news of its durability is lost.
#[must_use = "a write that nobody waits for must not be acknowledged"]
#[derive(Debug, Clone)]
pub struct Written {
    sequence: u64,
    progress: Arc<Progress>,
}

impl Written {
    /// The write that was applied as `sequence`.
    pub(crate) fn new(sequence: u64, progress: &Arc<Progress>) -> Self {
        Self { sequence, progress: Arc::clone(progress) }
    }

    /// Its place among the writes of the store.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Whether no crash can take the write back. Says nothing about the future: false may be true at any moment.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.progress.durable() >= self.sequence
    }

    /// Returns once no crash can take the write back; at once when it is durable already.
    ///
    /// # Errors
    /// After an error the outcome is unknown: the write may or may not be there when the store is next opened.
    pub async fn durable(self) -> Result<()> {
        self.progress.reached(self.sequence).await
    }
}

/// An ordered, durable map of rows with one writer.
#[async_trait]
pub trait ShardStore: Send + Sync + 'static {
    /// The value of `key`.
    async fn get(&self, key: &[u8], visibility: Visibility) -> Result<Option<Bytes>>;

    /// The state of all rows at this moment, unchanged by later writes. A `Durable` snapshot holds whole
    /// batches only, and every batch whose [`Written::durable`] has returned; it may be had only when all that was
    /// applied before the call is durable.
    async fn snapshot(&self, visibility: Visibility) -> Result<Box<dyn Snapshot>>;

    /// Applies `batch` as a whole and returns when an `Applied` read can see it. Batches take effect, and
    /// become durable, in the order of the calls. An empty batch changes nothing and is durable when everything
    /// before it is.
    ///
    /// # Cancellation
    /// When the future is dropped before it returns, the batch was applied as a whole or not at all.
    async fn write(&self, batch: WriteBatch) -> Result<Written>;

    /// Returns when all that was applied before the call is durable.
    async fn barrier(&self) -> Result<()>;

    /// Makes everything durable and ends the store: later calls answer [`Error::Closed`], a second close excepted,
    /// which does nothing. Closing a store that failed releases what it holds and answers its failure. A store
    /// that is dropped without being closed ends as in a crash.
    async fn close(&self) -> Result<()>;

    /// Returns when the store answers nothing any more, and why: [`Error::Closed`] after [`close`](Self::close),
    /// otherwise the failure that ended it. An idle store may notice a failure only at its next write.
    async fn ended(&self) -> Error;

    /// Tells the store that `table` has no rows, and that none were ever written or are under way: it has just been made.
    /// Saves looking for them. Survives no restart.
    fn created(&self, _table: TableId) {}

    /// Tells the store that no row or change record of `table` will ever be read or written again, so that it
    /// may remove them whenever that is convenient. Takes no time and survives no restart.
    fn discard(&self, table: TableId);

    /// Tells the store that no change record of `table` up to `upto` will ever be read again, so that it may remove them
    /// whenever that is convenient. Takes no time and survives no restart.
    fn discard_log(&self, _table: TableId, _upto: LogSequence) {}
}

/// The rows of a store at one moment. Holding one keeps old versions of rows alive: hold it for a page, not for
/// hours.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// The value of `key` at that moment.
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>>;

    /// The rows of `range`, one by one.
    async fn scan(&self, range: KeyRange, order: Order) -> Result<Box<dyn Rows>>;
}

/// The rows of a scan. It stays valid after its snapshot is dropped.
#[async_trait]
pub trait Rows: Send {
    /// The next row, or `None` at the end and for ever after.
    async fn next(&mut self) -> Result<Option<Row>>;
}

#[cfg(test)]
mod tests;

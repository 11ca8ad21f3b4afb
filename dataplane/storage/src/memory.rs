//! An in-memory store: the model that the real engine is compared with, and a fast stand-in for tests.
//!
//! It keeps every version of a row that a snapshot may still need. Durability can be held back and made to fail,
//! so that tests can look at the time between applying a write and its becoming durable.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use partita_model::TableId;

use crate::error::{Error, Result};
use crate::log::{self, LogSequence};
use crate::progress::Progress;
use crate::store::{KeyRange, Order, Row, Rows, ShardStore, Snapshot, Visibility, WriteBatch, Written};

/// A store in memory. Clones share their rows, so that a clone kept by a test controls the original's durability.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    progress: Arc<Progress>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<Bytes, Vec<Version>>,
    /// The number of the last batch applied; the first is 1.
    applied: u64,
    held: bool,
    /// There is no room.
    full: bool,
    /// How many snapshots look at each batch number.
    snapshots: BTreeMap<u64, usize>,
}

#[derive(Debug)]
struct Version {
    batch: u64,
    value: Option<Bytes>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store whose writes are durable at once.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Arc::default(), progress: Arc::new(Progress::new(0)) }
    }

    /// From now on writes are applied but do not become durable, until [`release`](Self::release).
    pub fn hold(&self) {
        self.lock().held = true;
    }

    /// Makes everything applied so far durable, and later writes at once.
    pub fn release(&self) {
        let mut state = self.lock();
        state.held = false;
        let applied = state.applied;
        drop(state);
        self.progress.advance(applied);
    }

    /// The log fails: waiting writes and every later call get [`Error::Failed`].
    pub fn fail(&self) {
        let source = std::io::Error::other("the log was told to fail");
        self.progress.end(Error::failed("append to the log", source));
    }

    /// From now on writes get [`Error::Full`] and nothing is written, or no longer.
    pub fn fill(&self, full: bool) {
        self.lock().full = full;
    }

    /// The store as it would be found after a crash: only durable rows, open and not held.
    #[must_use]
    pub fn reopened(&self) -> Self {
        let durable = self.progress.durable();
        let state = self.lock();
        let survivors = state.rows.iter().filter_map(|(key, versions)| {
            let value = value_at(versions, durable)?;
            Some((key.clone(), vec![Version { batch: 0, value: Some(value) }]))
        });
        let state = State { rows: survivors.collect(), ..State::default() };
        Self { state: Arc::new(Mutex::new(state)), progress: Arc::new(Progress::new(0)) }
    }

    #[cfg(test)]
    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, and a test that did wants to see its own panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn visible(&self, state: &State, visibility: Visibility) -> u64 {
        match visibility {
            Visibility::Applied => state.applied,
            Visibility::Durable => self.progress.durable(),
        }
    }

    fn apply(&self, batch: &WriteBatch) -> u64 {
        let mut state = self.lock();
        if batch.is_empty() {
            return state.applied;
        }
        state.applied += 1;
        let number = state.applied;
        let needed = state.snapshots.keys().next().copied().unwrap_or(number);
        let floor = needed.min(self.progress.durable());
        for change in batch.changes() {
            let versions = state.rows.entry(change.key.clone()).or_default();
            versions.retain(|version| version.batch != number);
            versions.push(Version { batch: number, value: change.value.clone() });
            forget_before(versions, floor);
        }
        if !state.held {
            self.progress.advance(number);
        }
        number
    }
}

/// The value of the newest version that is not newer than `batch`.
fn value_at(versions: &[Version], batch: u64) -> Option<Bytes> {
    versions.iter().rev().find(|version| version.batch <= batch)?.value.clone()
}

/// Removes the versions that no view at `floor` or later can see.
fn forget_before(versions: &mut Vec<Version>, floor: u64) {
    if let Some(oldest_needed) = versions.iter().rposition(|version| version.batch <= floor) {
        versions.drain(..oldest_needed);
    }
}

#[async_trait]
impl ShardStore for MemoryStore {
    async fn get(&self, key: &[u8], visibility: Visibility) -> Result<Option<Bytes>> {
        self.progress.check_open()?;
        let state = self.lock();
        let batch = self.visible(&state, visibility);
        Ok(state.rows.get(key).and_then(|versions| value_at(versions, batch)))
    }

    async fn snapshot(&self, visibility: Visibility) -> Result<Box<dyn Snapshot>> {
        self.progress.check_open()?;
        let mut state = self.lock();
        let batch = self.visible(&state, visibility);
        *state.snapshots.entry(batch).or_default() += 1;
        let pin = Arc::new(Pin { store: self.clone(), batch });
        Ok(Box::new(MemorySnapshot { pin }))
    }

    async fn write(&self, batch: WriteBatch) -> Result<Written> {
        self.progress.check_open()?;
        batch.check()?;
        if self.lock().full {
            return Err(Error::Full {
                source: Arc::new(std::io::Error::from(std::io::ErrorKind::StorageFull)),
            });
        }
        Ok(Written::new(self.apply(&batch), &self.progress))
    }

    async fn barrier(&self) -> Result<()> {
        self.progress.check_open()?;
        let applied = self.lock().applied;
        self.progress.reached(applied).await
    }

    async fn close(&self) -> Result<()> {
        match self.progress.check_open() {
            Ok(()) => {
                self.release();
                self.progress.end(Error::Closed);
                Ok(())
            }
            Err(Error::Closed) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn ended(&self) -> Error {
        self.progress.ended().await
    }

    fn discard(&self, _table: TableId) {
        // The model keeps dead rows until they are deleted, as an engine that never compacts would.
    }

    fn discard_log(&self, table: TableId, upto: LogSequence) {
        // Here at once, so that whoever still reads there is found out.
        let first = log::record_key(table, 0);
        let last = log::record_key(table, upto.0);
        let mut state = self.lock();
        let dead: Vec<_> = state.rows.range(first..=last).map(|(key, _)| key.clone()).collect();
        for key in dead {
            state.rows.remove(&key);
        }
    }
}

/// Keeps the versions that one batch number can see.
#[derive(Debug)]
struct Pin {
    store: MemoryStore,
    batch: u64,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut state = self.store.lock();
        if let Some(count) = state.snapshots.get_mut(&self.batch) {
            *count -= 1;
            if *count == 0 {
                state.snapshots.remove(&self.batch);
            }
        }
    }
}

struct MemorySnapshot {
    pin: Arc<Pin>,
}

#[async_trait]
impl Snapshot for MemorySnapshot {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>> {
        self.pin.store.progress.check_open()?;
        let state = self.pin.store.lock();
        Ok(state.rows.get(key).and_then(|versions| value_at(versions, self.pin.batch)))
    }

    async fn scan(&self, range: KeyRange, order: Order) -> Result<Box<dyn Rows>> {
        self.pin.store.progress.check_open()?;
        Ok(Box::new(MemoryRows { pin: Arc::clone(&self.pin), rest: range, order }))
    }
}

struct MemoryRows {
    pin: Arc<Pin>,
    rest: KeyRange,
    order: Order,
}

#[async_trait]
impl Rows for MemoryRows {
    async fn next(&mut self) -> Result<Option<Row>> {
        self.pin.store.progress.check_open()?;
        if self.rest.is_empty() {
            return Ok(None);
        }
        let batch = self.pin.batch;
        let found = {
            let state = self.pin.store.lock();
            let end = self.rest.end().map_or(Bound::Unbounded, Bound::Excluded);
            let mut range = state.rows.range::<Bytes, _>((Bound::Included(self.rest.start()), end));
            let visible = |(key, versions): (&Bytes, &Vec<Version>)| {
                value_at(versions, batch).map(|value| Row { key: key.clone(), value })
            };
            match self.order {
                Order::Ascending => range.find_map(visible),
                Order::Descending => range.rev().find_map(visible),
            }
        };
        let rest = std::mem::replace(&mut self.rest, KeyRange::new(Bytes::new(), Bytes::new()));
        if let Some(row) = &found {
            self.rest = match self.order {
                Order::Ascending => rest.after(&row.key),
                Order::Descending => rest.before(&row.key),
            };
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;

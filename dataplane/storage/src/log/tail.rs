//! The newest records of the logs, kept in memory for readers that keep up, and news of new ones.
//!
//! A reader that follows a log closely would otherwise look for each record in the store, a moment after it was put there.
//! What is here is what was applied; each record knows the write that brought it, so that a reader of durable records gets
//! no other ones.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use partita_model::TableId;
use tokio::sync::watch;

use super::{LogRecord, LogSequence, READ_BYTES_MAX};
use crate::store::{Visibility, Written};

/// Bytes of payloads and attachments that all tails of a shard hold together. The rows of the engine's memory table share most of
/// them until it is written out, so that most of this is not memory of its own.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// The tails of all tables of a shard.
#[derive(Debug, Default)]
pub(crate) struct Tails {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tables: HashMap<TableId, Tail>,
    /// All records held, oldest first: the order in which they make room. Some that are gone may still stand here.
    order: VecDeque<(TableId, LogSequence)>,
    /// The number of records held.
    records: usize,
    /// What they take.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Tail {
    /// Without gaps; the last one is the table's newest.
    records: VecDeque<Recent>,
    news: Option<watch::Sender<LogSequence>>,
}

#[derive(Debug)]
struct Recent {
    record: LogRecord,
    written: Written,
}

impl Tails {
    /// Adds records that were just applied by `written`, in the order of their sequences.
    pub(crate) fn push(&self, records: Vec<(TableId, LogRecord)>, written: &Written) {
        let mut state = self.lock();
        for (table, record) in records {
            let sequence = record.sequence;
            state.bytes += record.size_bytes();
            state.records += 1;
            state.order.push_back((table, sequence));
            let tail = state.tables.entry(table).or_default();
            tail.records.push_back(Recent { record, written: written.clone() });
            if let Some(news) = &tail.news {
                news.send_replace(sequence);
            }
        }
        state.make_room();
    }

    /// Up to `limit` records behind `after`; `None` when the first of them is not here, and has to be looked for in
    /// the store if there is one.
    pub(crate) fn read(
        &self,
        table: TableId,
        after: LogSequence,
        limit: usize,
        visibility: Visibility,
    ) -> Option<Vec<LogRecord>> {
        let state = self.lock();
        let records = &state.tables.get(&table)?.records;
        let first = records.front()?.record.sequence;
        // Sequences have no gaps, so that the distance is the index.
        let skip = usize::try_from(after.0.checked_sub(first.previous().0)?).ok()?;
        let mut bytes = 0;
        let visible = records.iter().skip(skip).take(limit).take_while(|recent| {
            let fits = bytes < READ_BYTES_MAX;
            bytes += recent.record.payload.len();
            fits && (visibility == Visibility::Applied || recent.written.is_durable())
        });
        Some(visible.map(|recent| recent.record.clone()).collect())
    }

    /// Tells of new records of a table; at first of `newest`.
    pub(crate) fn watch(&self, table: TableId, newest: LogSequence) -> watch::Receiver<LogSequence> {
        let mut state = self.lock();
        let tail = state.tables.entry(table).or_default();
        let newest = tail.records.back().map_or(newest, |recent| recent.record.sequence);
        tail.news.get_or_insert_with(|| watch::Sender::new(newest)).subscribe()
    }

    /// Forgets the records of a table up to a sequence: every reader has passed them.
    pub(crate) fn forget(&self, table: TableId, upto: LogSequence) {
        let mut state = self.lock();
        while state.oldest(table).is_some_and(|oldest| oldest <= upto) {
            state.pop(table);
        }
        state.tidy();
    }

    /// Forgets a table.
    pub(crate) fn remove(&self, table: TableId) {
        self.forget(table, LogSequence(u64::MAX));
        self.lock().tables.remove(&table);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn oldest(&self, table: TableId) -> Option<LogSequence> {
        self.tables.get(&table)?.records.front().map(|recent| recent.record.sequence)
    }

    fn pop(&mut self, table: TableId) {
        if let Some(gone) = self.tables.get_mut(&table).and_then(|tail| tail.records.pop_front()) {
            self.records -= 1;
            self.bytes -= gone.record.size_bytes();
        }
    }

    fn make_room(&mut self) {
        while self.bytes > BYTES_MAX {
            let Some((table, sequence)) = self.order.pop_front() else { return };
            if self.oldest(table) == Some(sequence) {
                self.pop(table);
            }
        }
    }

    /// Keeps what stands for records that are gone from piling up.
    fn tidy(&mut self) {
        if self.order.len() > 2 * self.records + GONE_MAX {
            let mut order = std::mem::take(&mut self.order);
            order.retain(|(table, sequence)| self.oldest(*table).is_some_and(|oldest| oldest <= *sequence));
            self.order = order;
        }
    }
}

/// Entries of records that are gone which are not worth tidying up.
const GONE_MAX: usize = 1024;

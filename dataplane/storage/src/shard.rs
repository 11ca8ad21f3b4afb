//! A shard: a store together with its change log and its dropped tables.
//!
//! Every write of the table engine goes through [`Shard::commit`]: one task orders commits, gives change records their
//! sequences, refuses writes to dropped tables, and hands the store many commits as one batch.

mod load;
mod readers;
mod sequencer;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytes::Bytes;
use partita_model::TableId;
use partita_model::clock::UnixMillis;
use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::log::{self, ChangeLog, LogEntry, LogRecord, LogSequence, LogSpan, LogStart, Tails, Undo};
use crate::space::{self, DATA_SPACES, DESCRIPTORS, DROPPED_TABLES};
use crate::store::{KeyRange, Order, ShardStore, Snapshot, VALUE_BYTES_MAX, Visibility, WriteBatch, Written};

pub use readers::LogReader;
use sequencer::{Note, Noted, Sequencer};

/// The format of a dropped table's row.
const DROPPED_VERSION: u8 = 1;

/// A store with the bookkeeping that every table of the shard shares.
pub struct Shard {
    store: Arc<dyn ShardStore>,
    state: Arc<State>,
    sequencer: Sequencer,
}

/// What a shard and its sequencer share. Only the sequencer changes the bookkeeping of logs; it holds the lock while it
/// notes a group, never while it waits for the store.
#[derive(Debug, Default)]
struct State {
    order: Mutex<Bookkeeping>,
    /// The tables with an open reader, for [`Shard::has_reader`].
    read: RwLock<HashSet<TableId>>,
    tails: Tails,
}

#[derive(Debug, Default)]
struct Bookkeeping {
    log: ChangeLog,
    /// Tables dropped since the store was opened, or with rows left. Writes to them are refused.
    dropped: HashSet<TableId>,
    /// Dropped tables that may have rows left.
    unswept: BTreeSet<TableId>,
    /// The last row that a sweep removed. The next one goes on behind it, or it would have to pass all rows that were
    /// removed before, again and again.
    swept_to: Option<Bytes>,
}

/// What a call of [`Shard::sweep`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// The number of rows and change records that were removed.
    pub removed: usize,
    /// True when nothing is left to sweep.
    pub finished: bool,
}

impl Shard {
    /// Reads the bookkeeping of a store. Takes time by the number of log readers and dropped tables, not of rows.
    ///
    /// # Errors
    /// When the store fails, or a row of the bookkeeping cannot be read.
    pub async fn open(store: Arc<dyn ShardStore>) -> Result<Self> {
        let snapshot = store.snapshot(Visibility::Durable).await?;
        let log = load::log(snapshot.as_ref()).await?;
        let unswept = load::dropped(snapshot.as_ref()).await?;
        for &table in &unswept {
            store.discard(table);
        }
        for (table, log) in log.tables() {
            store.discard_log(table, LogSequence(log.passed()));
        }
        let dropped = unswept.iter().copied().collect();
        let order = Bookkeeping { log, dropped, unswept, swept_to: None };
        let state = Arc::new(State { order: Mutex::new(order), ..State::default() });
        state.publish_readers(&state.order());
        let sequencer = Sequencer::start(Arc::clone(&store), Arc::clone(&state));
        Ok(Self { store, state, sequencer })
    }

    /// The store, for reading. A write that does not go through [`Shard::commit`] must keep to the spaces of the
    /// table engine and is not ordered against change records.
    pub fn store(&self) -> &dyn ShardStore {
        self.store.as_ref()
    }

    /// Applies `batch` together with its change records, in one atomic step, and returns when it is applied. An
    /// entry whose table has no open reader is not recorded. Of two commits under way none may change a row that the other
    /// changes.
    ///
    /// # Errors
    /// [`Error::TableDropped`] and [`Error::InvalidBatch`] when nothing was written; otherwise the store failed.
    ///
    /// # Cancellation
    /// When the future is dropped before it returns, the whole batch was applied, will be, or nothing of it.
    pub async fn commit(&self, batch: WriteBatch, entries: Vec<LogEntry>) -> Result<Written> {
        self.apply(batch, entries, Note::Nothing).await.map(|noted| noted.written)
    }

    /// Applies `batch` and notes that the reader has finished everything up to `upto`, in one atomic step: what a reader
    /// makes of the log is there when, and only when, its cursor says so.
    ///
    /// # Errors
    /// As [`Shard::commit`] and [`Shard::advance`].
    pub async fn commit_advancing(
        &self,
        batch: WriteBatch,
        table: TableId,
        reader: &str,
        upto: LogSequence,
    ) -> Result<Written> {
        let note = Note::Advance { table, reader: reader.to_owned(), upto };
        self.apply(batch, Vec::new(), note).await.map(|noted| noted.written)
    }

    /// Registers a reader of a table's change log; from now on the table's changes are recorded. Returns the position
    /// behind which it begins. Registering a reader again changes nothing, unless it was closed: then it begins anew. Durable before
    /// it returns.
    ///
    /// # Errors
    /// When the table was dropped, the name is empty or too long, or the store fails.
    pub async fn register_reader(&self, table: TableId, reader: &str, from: LogStart) -> Result<LogSequence> {
        self.note(Note::Register { table, reader: reader.to_owned(), from }).await
    }

    /// Lets a reader want nothing that comes from now on, and returns the last position that it can still read. What is
    /// before stays until the reader advances. Durable before it returns.
    ///
    /// # Errors
    /// [`Error::UnknownReader`] when there is no such reader; otherwise the store failed.
    pub async fn close_reader(&self, table: TableId, reader: &str) -> Result<LogSequence> {
        self.note(Note::Close { table, reader: reader.to_owned() }).await
    }

    /// Forgets a reader. When it was the last, the table's changes are no longer recorded and its log is removed.
    /// Durable before it returns.
    ///
    /// # Errors
    /// [`Error::UnknownReader`] when there is no such reader; otherwise the store failed.
    pub async fn unregister_reader(&self, table: TableId, reader: &str) -> Result<()> {
        self.note(Note::Unregister { table, reader: reader.to_owned() }).await.map(drop)
    }

    /// True when the changes of a table are recorded. Costs a look into a set.
    pub fn has_reader(&self, table: TableId) -> bool {
        self.state.read.read().unwrap_or_else(PoisonError::into_inner).contains(&table)
    }

    /// The position that a reader has finished.
    ///
    /// # Errors
    /// [`Error::UnknownReader`] when there is no such reader.
    pub fn cursor(&self, table: TableId, reader: &str) -> Result<LogSequence> {
        self.state.order().log.reader(table, reader).map(|reader| LogSequence(reader.cursor))
    }

    /// The records of a table that can be read, durable or not; `None` when it never had a reader.
    pub fn log_span(&self, table: TableId) -> Option<LogSpan> {
        self.state.order().log.table(table).map(|log| log.span())
    }

    /// Tells the newest position of a table's log whenever there is a new record. The record may not be durable yet.
    pub fn watch_log(&self, table: TableId) -> watch::Receiver<LogSequence> {
        // Asked for first: what comes in between is told twice rather than not at all.
        let newest = self.log_span(table).map_or(LogSequence(0), |span| span.newest);
        self.state.tails.watch(table, newest)
    }

    /// The durable records behind the reader's cursor, in order and without gaps: at most `limit`, and fewer when
    /// they exceed [`log::READ_BYTES_MAX`]. Reading does not move the cursor.
    ///
    /// # Errors
    /// [`Error::UnknownReader`] when there is no such reader; otherwise the store failed.
    pub async fn read_log(&self, table: TableId, reader: &str, limit: usize) -> Result<Vec<LogRecord>> {
        let cursor = self.cursor(table, reader)?;
        self.read_log_after(table, cursor, limit, Visibility::Durable).await
    }

    /// The records behind `after`, in order and without gaps, as [`Shard::read_log`] gives them. What every reader has
    /// passed may be gone: `after` should not be before the cursor of a reader that the caller keeps.
    ///
    /// # Errors
    /// When the store fails, or a record cannot be read.
    pub async fn read_log_after(
        &self,
        table: TableId,
        after: LogSequence,
        limit: usize,
        visibility: Visibility,
    ) -> Result<Vec<LogRecord>> {
        let limit = limit.min(log::READ_RECORDS_MAX);
        if self.log_span(table).is_none_or(|span| span.newest <= after) {
            return Ok(Vec::new());
        }
        if let Some(records) = self.state.tails.read(table, after, limit, visibility) {
            return Ok(records);
        }
        let snapshot = self.store.snapshot(visibility).await?;
        let mut rows = snapshot.scan(log::records_after(table, after.0), Order::Ascending).await?;
        let (mut records, mut bytes) = (Vec::new(), 0);
        while records.len() < limit && bytes < log::READ_BYTES_MAX {
            let Some(row) = rows.next().await? else { break };
            bytes += row.value.len();
            records.push(log::decode_record(&row.key, row.value)?);
        }
        Ok(records)
    }

    /// The newest record of a table that a snapshot holds, among those that some reader still needs. A snapshot holds whole batches,
    /// so that it has the changes of all records up to this one, and of none behind it.
    ///
    /// # Errors
    /// When the store fails, or the record's key cannot be read.
    pub async fn newest_record_in(
        &self,
        snapshot: &dyn Snapshot,
        table: TableId,
    ) -> Result<Option<LogSequence>> {
        let mut rows = snapshot.scan(log::records_after(table, 0), Order::Descending).await?;
        match rows.next().await? {
            Some(row) => log::sequence_of(&row.key).map(|sequence| Some(LogSequence(sequence))),
            None => Ok(None),
        }
    }

    /// The first durable record of a span that happened at `at` or later; the position behind the newest when all are older.
    /// Takes a number of reads that grows with the logarithm of the span.
    ///
    /// # Errors
    /// When the store fails, or a record cannot be read.
    pub async fn first_record_at(
        &self,
        table: TableId,
        span: LogSpan,
        at: UnixMillis,
    ) -> Result<LogSequence> {
        let (mut first, mut end) = (span.oldest.0, span.newest.0 + 1);
        while first < end {
            let middle = first + (end - first) / 2;
            let key = log::record_key(table, middle);
            let older = match self.store.get(&key, Visibility::Durable).await? {
                Some(row) => log::decode_record(&key, row)?.at < at,
                // Not durable yet, so that it is newer than all that is.
                None => false,
            };
            if older {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(LogSequence(first))
    }

    /// Notes that the reader has finished everything up to `upto`. Records that all readers have finished are removed when
    /// that is convenient. A cursor never moves back. Durable before it returns.
    ///
    /// # Errors
    /// [`Error::UnknownReader`] and [`Error::BeyondLog`] when nothing was written; otherwise the store failed.
    pub async fn advance(&self, table: TableId, reader: &str, upto: LogSequence) -> Result<()> {
        self.note(Note::Advance { table, reader: reader.to_owned(), upto }).await.map(drop)
    }

    /// Drops a table: its descriptor, its log readers and, in the background, its rows. Constant time; durable
    /// before it returns. Later commits to the table are refused, and its id must never be used again.
    ///
    /// # Errors
    /// When the store fails. Dropping a dropped table changes nothing.
    pub async fn drop_table(&self, table: TableId) -> Result<()> {
        self.drop_tables_with(&[table], WriteBatch::new()).await
    }

    /// As [`Shard::drop_table`] for several ids, with further changes in the same batch. None of them may be to one of
    /// the ids unless it is dropped only now.
    ///
    /// # Errors
    /// As [`Shard::drop_table`].
    pub async fn drop_tables_with(&self, tables: &[TableId], batch: WriteBatch) -> Result<()> {
        let noted = self.apply(batch, Vec::new(), Note::Drop(tables.to_vec())).await?;
        // Not before the drop is durable: after a crash the table would be back, without the rows that were removed.
        noted.written.durable().await?;
        tables.iter().for_each(|table| self.store.discard(*table));
        Ok(())
    }

    /// Removes up to `limit` rows of dropped tables. To be called from time to time until it is finished; several calls at
    /// once do the same work twice.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self, limit: usize) -> Result<Swept> {
        let (first, swept_to) = {
            let order = self.state.order();
            (order.unswept.first().copied(), order.swept_to.clone())
        };
        let Some(table) = first else { return Ok(Swept { removed: 0, finished: true }) };
        let mut batch = self.removal(table, swept_to.as_deref(), limit).await?;
        let (removed, last) = (batch.len(), batch.keys().last().cloned());
        let swept = removed < limit;
        if swept {
            batch.delete(dropped_key(table));
        }
        self.store.write(batch).await?.durable().await?;
        let mut order = self.state.order();
        order.swept_to = last;
        if swept {
            order.unswept.remove(&table);
        }
        Ok(Swept { removed, finished: order.unswept.is_empty() })
    }

    /// The removal of up to `limit` rows of a dropped table, from behind `swept_to` on if that is one of them.
    async fn removal(&self, table: TableId, swept_to: Option<&[u8]>, limit: usize) -> Result<WriteBatch> {
        let swept_to = swept_to.filter(|key| space::table_of_data(key) == Some(table));
        let mut batch = WriteBatch::new();
        // Rows that came before the drop may not be durable yet, and none comes after it: this sees all of them.
        let snapshot = self.store.snapshot(Visibility::Applied).await?;
        for space in DATA_SPACES {
            let mut range = KeyRange::prefix(space::table_prefix(space, table).to_vec());
            if let Some(key) = swept_to {
                range = range.after(key);
            }
            let mut rows = snapshot.scan(range, Order::Ascending).await?;
            while batch.len() < limit {
                let Some(row) = rows.next().await? else { break };
                batch.delete(row.key);
            }
        }
        Ok(batch)
    }

    async fn apply(&self, batch: WriteBatch, entries: Vec<LogEntry>, note: Note) -> Result<Noted> {
        batch.check()?;
        if entries.iter().any(|entry| entry.payload.len() >= VALUE_BYTES_MAX) {
            return Err(Error::InvalidBatch { reason: "a change record is longer than 16 MiB" });
        }
        self.sequencer.apply(batch, entries, note).await
    }

    /// Changes the bookkeeping alone, durably.
    async fn note(&self, note: Note) -> Result<LogSequence> {
        let Noted { written, position, passed } = self.apply(WriteBatch::new(), Vec::new(), note).await?;
        written.durable().await?;
        if let Some((table, upto)) = passed {
            self.state.tails.forget(table, upto);
            self.store.discard_log(table, upto);
        }
        Ok(position)
    }
}

impl State {
    fn order(&self) -> MutexGuard<'_, Bookkeeping> {
        // Nothing panics while holding the lock.
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets [`Shard::has_reader`] know of readers that came or went.
    fn publish_readers(&self, order: &Bookkeeping) {
        let open = order.log.tables().filter(|(_, log)| log.is_open()).map(|(table, _)| table).collect();
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = open;
    }
}

impl Bookkeeping {
    fn refuse_table(&self, table: TableId) -> Result<()> {
        if self.dropped.contains(&table) { Err(Error::TableDropped { table }) } else { Ok(()) }
    }

    fn refuse_dropped(&self, batch: &WriteBatch, entries: &[LogEntry]) -> Result<()> {
        if self.dropped.is_empty() {
            return Ok(());
        }
        // Every space: the descriptor of a dropped table would bring it back at the next start.
        let written = batch.keys().filter_map(|key| space::table_of(key));
        written.chain(entries.iter().map(|entry| entry.table)).try_for_each(|table| self.refuse_table(table))
    }

    /// Notes that a table is dropped; false when it was before.
    fn drop_table(&mut self, table: TableId, batch: &mut WriteBatch, undo: &mut Undo) -> bool {
        if !self.dropped.insert(table) {
            return false;
        }
        self.unswept.insert(table);
        batch.put(dropped_key(table), Bytes::from_static(&[DROPPED_VERSION]));
        batch.delete(space::table_key(DESCRIPTORS, table, &[]));
        self.log.remove(table, batch, undo);
        true
    }

    /// Takes back what was noted for batches of which nothing was written.
    fn take_back(&mut self, undo: Undo, dropped: &[TableId]) {
        self.log.take_back(undo);
        for table in dropped {
            self.dropped.remove(table);
            self.unswept.remove(table);
        }
    }
}

fn dropped_key(table: TableId) -> Bytes {
    space::table_key(DROPPED_TABLES, table, &[])
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shard").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

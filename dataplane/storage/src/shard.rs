//! A shard: a store together with its change log and its dropped tables.
//!
//! Every write of the table engine goes through [`Shard::commit`], which orders commits, gives change records their
//! sequences and refuses writes to dropped tables.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use partita_model::TableId;
use tokio::sync::RwLock;

use crate::error::{Error, Result};
use crate::log::{self, ChangeLog, LogEntry, LogRecord, LogSequence, LogStart, TableLog};
use crate::space::{self, CHANGE_LOG, DESCRIPTORS, DROPPED_TABLES, LOG_READERS, TABLE_ROWS};
use crate::store::{KeyRange, Order, ShardStore, Snapshot, Visibility, WriteBatch, Written};

/// The format of a dropped table's row.
const DROPPED_VERSION: u8 = 1;

/// A store with the bookkeeping that every table of the shard shares.
pub struct Shard {
    store: Arc<dyn ShardStore>,
    /// Orders commits. Held from the choice of a sequence until the batch is applied, never until it is durable. Commits
    /// that leave no change record need no order among themselves, and share it.
    order: RwLock<Bookkeeping>,
    /// The tables with a reader, for [`Shard::has_reader`].
    read: std::sync::RwLock<HashSet<TableId>>,
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
        let log = load_log(snapshot.as_ref()).await?;
        let unswept = load_dropped(snapshot.as_ref()).await?;
        for &table in &unswept {
            store.discard(table);
        }
        let read = log.tables().filter(|(_, log)| !log.readers.is_empty()).map(|(table, _)| table).collect();
        let dropped = unswept.iter().copied().collect();
        let order = RwLock::new(Bookkeeping { log, dropped, unswept, swept_to: None });
        Ok(Self { store, order, read: std::sync::RwLock::new(read) })
    }

    /// The store, for reading. A write that does not go through [`Shard::commit`] must keep to the spaces of the
    /// table engine and is not ordered against change records.
    pub fn store(&self) -> &dyn ShardStore {
        self.store.as_ref()
    }

    /// Applies `batch` together with its change records, in one atomic batch, and returns when it is applied. An
    /// entry whose table has no reader is not recorded.
    ///
    /// # Errors
    /// [`Error::TableDropped`] and [`Error::InvalidBatch`] when nothing was written; otherwise the store failed.
    ///
    /// # Cancellation
    /// When the future is dropped before it returns, the whole batch was applied or nothing of it.
    pub async fn commit(&self, mut batch: WriteBatch, entries: Vec<LogEntry>) -> Result<Written> {
        batch.check()?;
        if entries.iter().any(|entry| entry.payload.len() > crate::store::VALUE_BYTES_MAX) {
            return Err(Error::InvalidBatch { reason: "a change record is longer than 16 MiB" });
        }
        if entries.is_empty() {
            let order = self.order.read().await;
            order.refuse_dropped(&batch, &entries)?;
            return self.store.write(batch).await;
        }
        let mut order = self.order.write().await;
        order.refuse_dropped(&batch, &entries)?;
        let heads = order.log.append(entries, &mut batch);
        let written = self.store.write(batch).await;
        if written.as_ref().is_err_and(|error| !error.fatal()) {
            // Nothing was written: the sequences are given out again, or readers would find a gap.
            order.log.take_back(heads);
        }
        written
    }

    /// Registers a reader of a table's change log; from now on the table's changes are recorded. Registering a
    /// reader again changes nothing. Durable before it returns.
    ///
    /// # Errors
    /// When the table was dropped, the name is empty or too long, or the store fails.
    pub async fn register_reader(&self, table: TableId, reader: &str, from: LogStart) -> Result<()> {
        let written = {
            let mut order = self.order.write().await;
            order.refuse_table(table)?;
            let mut batch = WriteBatch::new();
            let planned = order.log.register(table, reader, from, &mut batch)?;
            let written = self.store.write(batch).await?;
            if let Some(planned) = planned {
                order.log.set(table, planned);
                self.set_read(table, true);
            }
            written
        };
        written.durable().await
    }

    /// Forgets a reader. When it was the last, the table's changes are no longer recorded and its log is removed.
    /// Durable before it returns.
    ///
    /// # Errors
    /// [`Error::UnknownReader`] when there is no such reader; otherwise the store failed.
    pub async fn unregister_reader(&self, table: TableId, reader: &str) -> Result<()> {
        let (written, garbage) = {
            let mut order = self.order.write().await;
            let mut batch = WriteBatch::new();
            let planned = order.log.unregister(table, reader, &mut batch)?;
            let written = self.store.write(batch).await?;
            self.set_read(table, !planned.readers.is_empty());
            let garbage = planned.has_garbage();
            order.log.set(table, planned);
            (written, garbage)
        };
        written.durable().await?;
        if garbage { self.trim(table).await } else { Ok(()) }
    }

    /// True when the changes of a table are recorded. Costs a look into a set.
    pub fn has_reader(&self, table: TableId) -> bool {
        self.read.read().unwrap_or_else(PoisonError::into_inner).contains(&table)
    }

    /// The durable records behind the reader's cursor, in order and without gaps: at most `limit`, and fewer when
    /// they exceed [`log::READ_BYTES_MAX`]. Reading does not move the cursor.
    ///
    /// # Errors
    /// [`Error::UnknownReader`] when there is no such reader; otherwise the store failed.
    pub async fn read_log(&self, table: TableId, reader: &str, limit: usize) -> Result<Vec<LogRecord>> {
        let cursor = self.order.read().await.log.cursor(table, reader)?;
        let snapshot = self.store.snapshot(Visibility::Durable).await?;
        let mut rows = snapshot.scan(log::records_after(table, cursor), Order::Ascending).await?;
        let (mut records, mut bytes) = (Vec::new(), 0);
        while records.len() < limit.min(log::READ_RECORDS_MAX) && bytes < log::READ_BYTES_MAX {
            let Some(row) = rows.next().await? else { break };
            bytes += row.value.len();
            let sequence = LogSequence(log::sequence_of(&row.key)?);
            records.push(LogRecord { sequence, payload: row.value });
        }
        Ok(records)
    }

    /// Notes that the reader has finished everything up to `upto`, and removes the records that all readers have
    /// finished, in bounded batches. A cursor never moves back. Durable before it returns.
    ///
    /// # Errors
    /// [`Error::UnknownReader`] and [`Error::BeyondLog`] when nothing was written; otherwise the store failed.
    pub async fn advance(&self, table: TableId, reader: &str, upto: LogSequence) -> Result<()> {
        let (written, garbage) = {
            let mut order = self.order.write().await;
            let mut batch = WriteBatch::new();
            let planned = order.log.advance(table, reader, upto, &mut batch)?;
            let written = self.store.write(batch).await?;
            let garbage = planned.has_garbage();
            order.log.set(table, planned);
            (written, garbage)
        };
        written.durable().await?;
        if garbage { self.trim(table).await } else { Ok(()) }
    }

    /// Drops a table: its descriptor, its log readers and, in the background, its rows. Constant time; durable
    /// before it returns. Later commits to the table are refused, and its id must never be used again.
    ///
    /// # Errors
    /// When the store fails. Dropping a dropped table changes nothing.
    pub async fn drop_table(&self, table: TableId) -> Result<()> {
        self.drop_table_with(table, WriteBatch::new()).await
    }

    /// As [`Shard::drop_table`], with further changes in the same batch.
    ///
    /// # Errors
    /// As [`Shard::drop_table`].
    pub async fn drop_table_with(&self, table: TableId, mut batch: WriteBatch) -> Result<()> {
        batch.check()?;
        let written = {
            let mut order = self.order.write().await;
            let newly = !order.dropped.contains(&table);
            if newly {
                batch.put(dropped_key(table), Bytes::from_static(&[DROPPED_VERSION]));
                batch.delete(space::table_key(DESCRIPTORS, table, &[]));
                for reader in order.log.table(table).into_iter().flat_map(|log| log.readers.keys()) {
                    batch.delete(log::reader_key(table, reader));
                }
                batch.delete(log::reader_key(table, log::HEAD));
            }
            let written = self.store.write(batch).await?;
            if newly {
                order.log.remove(table);
                order.dropped.insert(table);
                order.unswept.insert(table);
                self.set_read(table, false);
            }
            written
        };
        // Not before the drop is durable: after a crash the table would be back, without the rows that were removed.
        written.durable().await?;
        self.store.discard(table);
        Ok(())
    }

    /// Removes up to `limit` rows of dropped tables, and change records that a crash left behind. To be called from
    /// time to time until it is finished; several calls at once do the same work twice.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self, limit: usize) -> Result<Swept> {
        let (first, swept_to, garbage) = {
            let order = self.order.read().await;
            let garbage: Vec<_> =
                order.log.tables().filter(|(_, log)| log.has_garbage()).map(|(table, _)| table).collect();
            (order.unswept.first().copied(), order.swept_to.clone(), garbage)
        };
        for table in garbage {
            self.trim(table).await?;
        }
        let Some(table) = first else { return Ok(Swept { removed: 0, finished: true }) };
        let mut batch = self.removal(table, swept_to.as_deref(), limit).await?;
        let (removed, last) = (batch.len(), batch.keys().last().cloned());
        let swept = removed < limit;
        if swept {
            batch.delete(dropped_key(table));
        }
        self.store.write(batch).await?.durable().await?;
        let mut order = self.order.write().await;
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
        for space in [TABLE_ROWS, CHANGE_LOG] {
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

    /// Removes the records of a table that nobody needs, batch by batch.
    async fn trim(&self, table: TableId) -> Result<()> {
        loop {
            let written = {
                let mut order = self.order.write().await;
                let Some(log) = order.log.table(table).filter(|log| log.has_garbage()) else { return Ok(()) };
                let mut batch = WriteBatch::new();
                let trimmed = log.trim(table, log.passed(), &mut batch);
                let written = self.store.write(batch).await?;
                order.log.table_mut(table).trimmed = trimmed;
                written
            };
            // Waiting here keeps a long trim from filling the log ahead of the writes of clients.
            written.durable().await?;
        }
    }

    fn set_read(&self, table: TableId, has_reader: bool) {
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if has_reader {
            read.insert(table);
        } else {
            read.remove(&table);
        }
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
        let written = batch.keys().filter_map(|key| space::split(key)).map(|(_, table, _)| table);
        written.chain(entries.iter().map(|entry| entry.table)).try_for_each(|table| self.refuse_table(table))
    }
}

fn dropped_key(table: TableId) -> Bytes {
    space::table_key(DROPPED_TABLES, table, &[])
}

async fn load_dropped(snapshot: &dyn Snapshot) -> Result<BTreeSet<TableId>> {
    let mut dropped = BTreeSet::new();
    let mut rows = snapshot.scan(KeyRange::prefix(vec![DROPPED_TABLES]), Order::Ascending).await?;
    while let Some(row) = rows.next().await? {
        match (space::split(&row.key), row.value.as_ref()) {
            (Some((_, table, [])), [DROPPED_VERSION]) => dropped.insert(table),
            _ => return Err(Error::Corrupt { what: "a row of a dropped table cannot be read".to_owned() }),
        };
    }
    Ok(dropped)
}

async fn load_log(snapshot: &dyn Snapshot) -> Result<ChangeLog> {
    let mut log = ChangeLog::default();
    let mut rows = snapshot.scan(KeyRange::prefix(vec![LOG_READERS]), Order::Ascending).await?;
    while let Some(row) = rows.next().await? {
        let (table, reader) = log::reader_of(&row.key)?;
        let cursor = log::decode_cursor(&row.value)?;
        let state = log.table_mut(table);
        state.head = state.head.max(cursor);
        if reader != log::HEAD {
            state.readers.insert(reader.to_owned(), cursor);
        }
    }
    let tables: Vec<_> = log.tables().map(|(table, _)| table).collect();
    for table in tables {
        find_ends(snapshot, table, log.table_mut(table)).await?;
    }
    Ok(log)
}

/// Sets the head and the trimmed end of a log by its last and its first record. Records up to the least cursor may be
/// gone, so that the cursors, which are in the head already, count as well.
async fn find_ends(snapshot: &dyn Snapshot, table: TableId, log: &mut TableLog) -> Result<()> {
    let range = KeyRange::prefix(space::table_prefix(CHANGE_LOG, table).to_vec());
    if let Some(last) = snapshot.scan(range.clone(), Order::Descending).await?.next().await? {
        log.head = log.head.max(log::sequence_of(&last.key)?);
    }
    log.trimmed = match snapshot.scan(range, Order::Ascending).await?.next().await? {
        Some(first) => log::sequence_of(&first.key)?.saturating_sub(1),
        None => log.head,
    };
    Ok(())
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shard").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

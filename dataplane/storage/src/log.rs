//! The change log: what happened to the items of a table, in commit order, for those who follow it.
//!
//! Each table has its own sequence, 1, 2, 3 …, given out under the lock that orders commits. A record is written in
//! the batch of the change it describes, and only while the table has a reader. Since batches become durable in
//! the order in which they were applied, a reader that sees durable rows only never finds a gap that is filled
//! later. A record is removed when every reader has passed it.
//!
//! This module is the bookkeeping in memory and its rows; [`crate::Shard`] moves them to and from the store.

use std::collections::{BTreeMap, HashMap};

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::TableId;

use crate::error::{Error, Result};
use crate::space::{self, CHANGE_LOG, LOG_READERS};
use crate::store::{KeyRange, WriteBatch};

/// The most records that one batch removes: a reader that was far behind must not make one huge batch.
pub const TRIM_RECORDS_MAX: u64 = 1_000;

/// The most records that one call of [`crate::Shard::read_log`] returns, whatever its limit.
pub const READ_RECORDS_MAX: usize = 10_000;

/// When the records of one call exceed this size, in bytes, the call returns what it has.
pub const READ_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The format of a cursor row.
const CURSOR_VERSION: u8 = 1;

/// The position of a record in its table's change log. The first record is 1; 0 is the position before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LogSequence(pub u64);

impl std::fmt::Display for LogSequence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A change to be recorded.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// The table whose item changes.
    pub table: TableId,
    /// What a reader is to know, in the encoding of the table engine.
    pub payload: Bytes,
}

/// A recorded change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its position.
    pub sequence: LogSequence,
    /// What was recorded.
    pub payload: Bytes,
}

/// Where a new reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStart {
    /// At the oldest record that is still there.
    Oldest,
    /// Behind the newest record.
    Now,
}

/// The change logs of all tables of a shard that have, or had, readers.
#[derive(Debug, Default)]
pub(crate) struct ChangeLog {
    tables: HashMap<TableId, TableLog>,
}

/// What is known about one table's log.
#[derive(Debug, Default, Clone)]
pub(crate) struct TableLog {
    /// The last sequence given out.
    pub(crate) head: u64,
    /// No record up to here is left.
    pub(crate) trimmed: u64,
    /// The last sequence that each reader has finished.
    pub(crate) readers: BTreeMap<String, u64>,
}

impl TableLog {
    /// The last sequence that nobody needs any more.
    pub(crate) fn passed(&self) -> u64 {
        self.readers.values().copied().min().unwrap_or(self.head)
    }

    /// Adds the removal of records that nobody needs, at most [`TRIM_RECORDS_MAX`]; returns the new `trimmed`.
    /// Sequences have no holes, so that no scan is needed.
    pub(crate) fn trim(&self, table: TableId, passed: u64, batch: &mut WriteBatch) -> u64 {
        let last = passed.min(self.trimmed.saturating_add(TRIM_RECORDS_MAX)).max(self.trimmed);
        for sequence in self.trimmed + 1..=last {
            batch.delete(record_key(table, sequence));
        }
        last
    }

    pub(crate) fn has_garbage(&self) -> bool {
        self.trimmed < self.passed()
    }
}

impl ChangeLog {
    pub(crate) fn table(&self, table: TableId) -> Option<&TableLog> {
        self.tables.get(&table)
    }

    pub(crate) fn table_mut(&mut self, table: TableId) -> &mut TableLog {
        self.tables.entry(table).or_default()
    }

    pub(crate) fn set(&mut self, table: TableId, log: TableLog) {
        self.tables.insert(table, log);
    }

    pub(crate) fn remove(&mut self, table: TableId) -> Option<TableLog> {
        self.tables.remove(&table)
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (TableId, &TableLog)> {
        self.tables.iter().map(|(&table, log)| (table, log))
    }

    /// Gives each entry whose table has a reader the next sequence of its table, and adds its row to `batch`. Returns the
    /// heads from before, the latest first, for [`ChangeLog::take_back`].
    pub(crate) fn append(&mut self, entries: Vec<LogEntry>, batch: &mut WriteBatch) -> Vec<(TableId, u64)> {
        let mut heads = Vec::with_capacity(entries.len());
        for LogEntry { table, payload } in entries {
            if let Some(log) = self.tables.get_mut(&table).filter(|log| !log.readers.is_empty()) {
                heads.push((table, log.head));
                log.head += 1;
                batch.put(record_key(table, log.head), payload);
            }
        }
        heads.reverse();
        heads
    }

    /// Undoes an [`ChangeLog::append`] of which nothing was written, before anything else is appended.
    pub(crate) fn take_back(&mut self, heads: Vec<(TableId, u64)>) {
        for (table, head) in heads {
            if let Some(log) = self.tables.get_mut(&table) {
                log.head = head;
            }
        }
    }

    /// The cursor of a reader.
    pub(crate) fn cursor(&self, table: TableId, reader: &str) -> Result<u64> {
        let cursor = self.tables.get(&table).and_then(|log| log.readers.get(reader));
        cursor.copied().ok_or_else(|| Error::UnknownReader { table, reader: reader.to_owned() })
    }

    /// Plans to move a reader's cursor: adds the cursor's row and the removal of passed records to `batch`, and
    /// returns the state to install once it is applied. A cursor never moves back.
    pub(crate) fn advance(
        &self,
        table: TableId,
        reader: &str,
        upto: LogSequence,
        batch: &mut WriteBatch,
    ) -> Result<TableLog> {
        let cursor = self.cursor(table, reader)?.max(upto.0);
        let mut log = self.tables.get(&table).cloned().unwrap_or_default();
        if cursor > log.head {
            let (reader, head) = (reader.to_owned(), log.head);
            return Err(Error::BeyondLog { table, reader, upto: upto.0, head });
        }
        batch.put(reader_key(table, reader), encode_cursor(cursor));
        log.readers.insert(reader.to_owned(), cursor);
        log.trimmed = log.trim(table, log.passed(), batch);
        Ok(log)
    }

    /// Plans to register a reader; `None` when it is registered already.
    pub(crate) fn register(
        &self,
        table: TableId,
        reader: &str,
        from: LogStart,
        batch: &mut WriteBatch,
    ) -> Result<Option<TableLog>> {
        if reader.is_empty() || reader.len() > READER_NAME_BYTES_MAX {
            return Err(Error::InvalidBatch { reason: "the name of a reader must have 1 to 255 bytes" });
        }
        let mut log = self.tables.get(&table).cloned().unwrap_or_default();
        if log.readers.contains_key(reader) {
            return Ok(None);
        }
        let cursor = match from {
            // What was left behind when the last reader went is garbage, not history: it may be half removed.
            LogStart::Oldest if !log.readers.is_empty() => log.trimmed,
            LogStart::Oldest | LogStart::Now => log.head,
        };
        batch.put(reader_key(table, reader), encode_cursor(cursor));
        log.readers.insert(reader.to_owned(), cursor);
        Ok(Some(log))
    }

    /// Plans to forget a reader. The head is kept in a row of its own, so that the sequences of a later reader go on
    /// from there.
    pub(crate) fn unregister(
        &self,
        table: TableId,
        reader: &str,
        batch: &mut WriteBatch,
    ) -> Result<TableLog> {
        self.cursor(table, reader)?;
        let mut log = self.tables.get(&table).cloned().unwrap_or_default();
        log.readers.remove(reader);
        batch.delete(reader_key(table, reader));
        batch.put(reader_key(table, HEAD), encode_cursor(log.head));
        log.trimmed = log.trim(table, log.passed(), batch);
        Ok(log)
    }
}

/// The longest name of a reader, in bytes. Ours: names are short words, and a key has room for more.
pub const READER_NAME_BYTES_MAX: usize = 255;

/// The name of the row that keeps the head of a log without readers.
pub(crate) const HEAD: &str = "";

pub(crate) fn record_key(table: TableId, sequence: u64) -> Bytes {
    space::table_key(CHANGE_LOG, table, &sequence.to_be_bytes())
}

pub(crate) fn reader_key(table: TableId, reader: &str) -> Bytes {
    space::table_key(LOG_READERS, table, reader.as_bytes())
}

/// The records of a table behind `cursor`.
pub(crate) fn records_after(table: TableId, cursor: u64) -> KeyRange {
    KeyRange::prefix(space::table_prefix(CHANGE_LOG, table).to_vec()).after(&record_key(table, cursor))
}

/// The sequence in a record's key.
pub(crate) fn sequence_of(key: &[u8]) -> Result<u64> {
    match space::split(key) {
        Some((CHANGE_LOG, _, rest)) => {
            let sequence: Option<[u8; 8]> = rest.try_into().ok();
            sequence.map(u64::from_be_bytes).ok_or_else(|| corrupt("the key of a change record"))
        }
        _ => Err(corrupt("the key of a change record")),
    }
}

/// The table and the name in the key of a reader's row.
pub(crate) fn reader_of(key: &[u8]) -> Result<(TableId, &str)> {
    match space::split(key) {
        Some((LOG_READERS, table, name)) => {
            let name = std::str::from_utf8(name).map_err(|_| corrupt("the key of a log reader"))?;
            Ok((table, name))
        }
        _ => Err(corrupt("the key of a log reader")),
    }
}

fn encode_cursor(cursor: u64) -> Bytes {
    let mut value = BytesMut::with_capacity(9);
    value.put_u8(CURSOR_VERSION);
    value.put_u64(cursor);
    value.freeze()
}

pub(crate) fn decode_cursor(value: &[u8]) -> Result<u64> {
    match value.split_first() {
        Some((&CURSOR_VERSION, cursor)) => {
            let cursor: Option<[u8; 8]> = cursor.try_into().ok();
            cursor.map(u64::from_be_bytes).ok_or_else(|| corrupt("the cursor of a log reader"))
        }
        _ => Err(corrupt("the cursor of a log reader")),
    }
}

fn corrupt(what: &str) -> Error {
    Error::Corrupt { what: format!("{what} cannot be read") }
}

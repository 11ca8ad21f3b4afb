//! The change log: what happened to the items of a table, in commit order, for those who follow it.
//!
//! Each table has its own sequence, 1, 2, 3 …, given out by the task that orders commits. A record is written in the
//! batch of the change it describes, and only while the table has an open reader. Since batches become durable in
//! the order in which they were applied, a reader that sees durable rows only never finds a gap that is filled
//! later. What every reader has passed is history: nobody looks there any more, and the store removes it when that
//! is convenient.
//!
//! A record may have an [`Attachment`], which is handed to readers that keep up and never written. So what the writer knew
//! anyway need not be stored or made again; a reader that comes later has to do without.
//!
//! ```text
//! record   02 | table | sequence, 8 BE   ->  01 | time, 8 BE, ms | payload
//! reader   03 | table | name             ->  01 | cursor, 8 BE
//!                                            02 | cursor, 8 BE | closed at, 8 BE
//! ```
//!
//! This module is the bookkeeping in memory and its rows; [`crate::Shard`] moves them to and from the store. Changes
//! that turn out not to be written are taken back by `Undo`.

mod tail;

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use partita_model::TableId;
use partita_model::clock::UnixMillis;

use crate::error::{Error, Result};
use crate::space::{self, CHANGE_LOG, LOG_READERS};
use crate::store::{KeyRange, WriteBatch};

pub(crate) use tail::Tails;

/// The most records that one read returns, whatever its limit.
pub const READ_RECORDS_MAX: usize = 10_000;

/// When the records of one read exceed this size, in bytes, it returns what it has.
pub const READ_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The format of a record's row.
const RECORD_VERSION: u8 = 1;

/// The format of an open reader's row.
const OPEN_VERSION: u8 = 1;

/// The format of a closed reader's row.
const CLOSED_VERSION: u8 = 2;

/// The position of a record in its table's change log. The first record is 1; 0 is the position before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LogSequence(pub u64);

impl LogSequence {
    /// The position behind this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The position before this one; there is none before 0.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl std::fmt::Display for LogSequence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What a record has with it while it is in memory: anything that saves its readers work.
#[derive(Clone)]
pub struct Attachment {
    what: Arc<dyn Any + Send + Sync>,
    size_bytes: usize,
}

impl Attachment {
    /// Attaches something that takes about so much memory.
    pub fn new<T: Any + Send + Sync>(what: T, size_bytes: usize) -> Self {
        Self { what: Arc::new(what), size_bytes }
    }

    /// What was attached, to whoever knows its type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.what.downcast_ref()
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

/// A change to be recorded.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// The table whose item changes.
    pub table: TableId,
    /// When it changes. A record is never older than the one before it: one that would be gets the other's time.
    pub at: UnixMillis,
    /// What a reader is to know, in the encoding of the table engine.
    pub payload: Bytes,
    /// What a reader that keeps up is given with it.
    pub attachment: Option<Attachment>,
}

/// A recorded change. Two are the same if what is stored of them is.
#[derive(Debug, Clone)]
pub struct LogRecord {
    /// Its position.
    pub sequence: LogSequence,
    /// When it happened; grows with the sequence, or stays.
    pub at: UnixMillis,
    /// What was recorded.
    pub payload: Bytes,
    /// What was attached, if that is still in memory.
    pub attachment: Option<Attachment>,
}

impl PartialEq for LogRecord {
    fn eq(&self, other: &Self) -> bool {
        (self.sequence, self.at, &self.payload) == (other.sequence, other.at, &other.payload)
    }
}

impl Eq for LogRecord {}

impl LogRecord {
    /// What it takes in memory, as counted.
    pub(crate) fn size_bytes(&self) -> usize {
        self.payload.len() + self.attachment.as_ref().map_or(0, |attachment| attachment.size_bytes)
    }
}

/// The records of a table that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSpan {
    /// The first; behind the newest when there is none.
    pub oldest: LogSequence,
    /// The last one ever given out.
    pub newest: LogSequence,
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
    /// When the last record happened.
    pub(crate) last_at: UnixMillis,
    pub(crate) readers: BTreeMap<String, Reader>,
}

/// How far a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reader {
    /// The last sequence that it has finished.
    pub(crate) cursor: u64,
    /// It needs nothing behind this sequence; `None` while it wants whatever comes.
    pub(crate) closed_at: Option<u64>,
}

/// How to take back what was noted for batches of which nothing was written. To be applied before anything else is noted.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Appended { table: TableId, head: u64, last_at: UnixMillis },
    Changed { table: TableId, log: Option<TableLog> },
}

impl TableLog {
    /// The last sequence that nobody needs any more.
    pub(crate) fn passed(&self) -> u64 {
        let needy =
            self.readers.values().filter(|reader| reader.closed_at.is_none_or(|at| reader.cursor < at));
        needy.map(|reader| reader.cursor).min().unwrap_or(self.head)
    }

    pub(crate) fn span(&self) -> LogSpan {
        LogSpan { oldest: LogSequence(self.passed()).next(), newest: LogSequence(self.head) }
    }

    /// Whether changes are recorded.
    pub(crate) fn is_open(&self) -> bool {
        self.readers.values().any(|reader| reader.closed_at.is_none())
    }
}

impl ChangeLog {
    pub(crate) fn table(&self, table: TableId) -> Option<&TableLog> {
        self.tables.get(&table)
    }

    pub(crate) fn table_mut(&mut self, table: TableId) -> &mut TableLog {
        self.tables.entry(table).or_default()
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (TableId, &TableLog)> {
        self.tables.iter().map(|(&table, log)| (table, log))
    }

    /// Gives an entry the next sequence of its table and adds its row to `batch`; nothing when nobody reads the table.
    pub(crate) fn append(
        &mut self,
        entry: LogEntry,
        batch: &mut WriteBatch,
        undo: &mut Undo,
    ) -> Option<LogRecord> {
        let LogEntry { table, at, payload, attachment } = entry;
        let log = self.tables.get_mut(&table).filter(|log| log.is_open())?;
        undo.steps.push(Step::Appended { table, head: log.head, last_at: log.last_at });
        log.head += 1;
        log.last_at = log.last_at.max(at);
        let (row, payload) = encode_record(log.last_at, &payload);
        batch.put(record_key(table, log.head), row);
        Some(LogRecord { sequence: LogSequence(log.head), at: log.last_at, payload, attachment })
    }

    /// Takes back all that was noted since the undo was begun.
    pub(crate) fn take_back(&mut self, undo: Undo) {
        for step in undo.steps.into_iter().rev() {
            match step {
                Step::Appended { table, head, last_at } => {
                    let log = self.table_mut(table);
                    (log.head, log.last_at) = (head, last_at);
                }
                Step::Changed { table, log: Some(log) } => drop(self.tables.insert(table, log)),
                Step::Changed { table, log: None } => drop(self.tables.remove(&table)),
            }
        }
    }

    /// The cursor of a reader.
    pub(crate) fn reader(&self, table: TableId, reader: &str) -> Result<Reader> {
        let found = self.tables.get(&table).and_then(|log| log.readers.get(reader));
        found.copied().ok_or_else(|| Error::UnknownReader { table, reader: reader.to_owned() })
    }

    /// Moves a reader's cursor. A cursor never moves back.
    pub(crate) fn advance(
        &mut self,
        table: TableId,
        name: &str,
        upto: LogSequence,
        batch: &mut WriteBatch,
        undo: &mut Undo,
    ) -> Result<()> {
        let reader = self.reader(table, name)?;
        let head = self.tables.get(&table).map_or(0, |log| log.head);
        if upto.0 > head {
            return Err(Error::BeyondLog { table, reader: name.to_owned(), upto: upto.0, head });
        }
        if upto.0 > reader.cursor {
            self.set_reader(table, name, Reader { cursor: upto.0, ..reader }, batch, undo);
        }
        Ok(())
    }

    /// Registers a reader, unless it is there already, and returns the position behind which it begins. One that was closed begins
    /// anew.
    pub(crate) fn register(
        &mut self,
        table: TableId,
        name: &str,
        from: LogStart,
        batch: &mut WriteBatch,
        undo: &mut Undo,
    ) -> Result<LogSequence> {
        if name.is_empty() || name.len() > READER_NAME_BYTES_MAX {
            return Err(Error::InvalidBatch { reason: "the name of a reader must have 1 to 255 bytes" });
        }
        let log = self.tables.get(&table).cloned().unwrap_or_default();
        if let Some(reader) = log.readers.get(name)
            && reader.closed_at.is_none()
        {
            return Ok(LogSequence(reader.cursor));
        }
        let cursor = match from {
            // What was left behind when the last reader went is no history: some of it may be gone.
            LogStart::Oldest => log.passed(),
            LogStart::Now => log.head,
        };
        self.set_reader(table, name, Reader { cursor, closed_at: None }, batch, undo);
        Ok(LogSequence(cursor))
    }

    /// Lets a reader want nothing that comes, and returns the last position that it may still read. Closing it again
    /// changes nothing.
    pub(crate) fn close(
        &mut self,
        table: TableId,
        name: &str,
        batch: &mut WriteBatch,
        undo: &mut Undo,
    ) -> Result<LogSequence> {
        let reader = self.reader(table, name)?;
        if let Some(at) = reader.closed_at {
            return Ok(LogSequence(at));
        }
        let head = self.tables.get(&table).map_or(0, |log| log.head);
        self.set_reader(table, name, Reader { closed_at: Some(head), ..reader }, batch, undo);
        Ok(LogSequence(head))
    }

    /// Forgets a reader. The head is kept in a row of its own, so that the sequences of a later reader go on from there.
    pub(crate) fn unregister(
        &mut self,
        table: TableId,
        name: &str,
        batch: &mut WriteBatch,
        undo: &mut Undo,
    ) -> Result<()> {
        self.reader(table, name)?;
        self.remember(table, undo);
        let log = self.table_mut(table);
        log.readers.remove(name);
        batch.delete(reader_key(table, name));
        batch.put(reader_key(table, HEAD), encode_reader(Reader { cursor: log.head, closed_at: None }));
        Ok(())
    }

    /// Forgets a table and its readers.
    pub(crate) fn remove(&mut self, table: TableId, batch: &mut WriteBatch, undo: &mut Undo) {
        self.remember(table, undo);
        let log = self.tables.remove(&table).unwrap_or_default();
        for name in log.readers.keys() {
            batch.delete(reader_key(table, name));
        }
        batch.delete(reader_key(table, HEAD));
    }

    fn set_reader(
        &mut self,
        table: TableId,
        name: &str,
        reader: Reader,
        batch: &mut WriteBatch,
        undo: &mut Undo,
    ) {
        self.remember(table, undo);
        batch.put(reader_key(table, name), encode_reader(reader));
        self.table_mut(table).readers.insert(name.to_owned(), reader);
    }

    fn remember(&self, table: TableId, undo: &mut Undo) {
        undo.steps.push(Step::Changed { table, log: self.tables.get(&table).cloned() });
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

/// A record's row, and the payload in it, which shares its bytes.
fn encode_record(at: UnixMillis, payload: &[u8]) -> (Bytes, Bytes) {
    let mut row = BytesMut::with_capacity(9 + payload.len());
    row.put_u8(RECORD_VERSION);
    row.put_u64(at.0);
    row.put_slice(payload);
    let row = row.freeze();
    let payload = row.slice(9..);
    (row, payload)
}

/// The record in a row.
pub(crate) fn decode_record(key: &[u8], mut row: Bytes) -> Result<LogRecord> {
    if row.len() < 9 || row.get_u8() != RECORD_VERSION {
        return Err(corrupt("a change record"));
    }
    let at = UnixMillis(row.get_u64());
    Ok(LogRecord { sequence: LogSequence(sequence_of(key)?), at, payload: row, attachment: None })
}

fn encode_reader(Reader { cursor, closed_at }: Reader) -> Bytes {
    let mut value = BytesMut::with_capacity(17);
    value.put_u8(if closed_at.is_some() { CLOSED_VERSION } else { OPEN_VERSION });
    value.put_u64(cursor);
    if let Some(at) = closed_at {
        value.put_u64(at);
    }
    value.freeze()
}

pub(crate) fn decode_reader(mut value: &[u8]) -> Result<Reader> {
    match (value.first(), value.len()) {
        (Some(&OPEN_VERSION), 9) => {
            value.advance(1);
            Ok(Reader { cursor: value.get_u64(), closed_at: None })
        }
        (Some(&CLOSED_VERSION), 17) => {
            value.advance(1);
            Ok(Reader { cursor: value.get_u64(), closed_at: Some(value.get_u64()) })
        }
        _ => Err(corrupt("the cursor of a log reader")),
    }
}

fn corrupt(what: &str) -> Error {
    Error::Corrupt { what: format!("{what} cannot be read") }
}

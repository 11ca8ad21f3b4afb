//! The state of a table's global indexes, and what one step does to it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use partita_model::TableId;
use partita_model::descriptor::{Generation, Statistics};
use partita_model::limits::STORED_OVERHEAD_BYTES;
use partita_model::schema::GlobalIndex;
use partita_storage::{Attachment, LogRecord, LogSequence, Order, Snapshot, Visibility, WriteBatch};

use super::build::BuildState;
use super::moves::{EntryMove, ItemMoves, Place};
use crate::Error;
use crate::change::{ChangeError, ChangeRecord};
use crate::engine::TableEngine;
use crate::index::{Entry, EntryChange};
use crate::read::Walk;
use crate::row::{self, ItemKey, ItemValue, RowKind};
use crate::statistics::Tally;
use crate::table::Table;

/// A table with global indexes that are maintained, as one descriptor says.
#[derive(Clone, Debug)]
pub struct IndexedTable {
    table: Arc<Table>,
}

/// How the global indexes of a table are, at the position in the log up to which its reader has come. To be changed by one task
/// only, which commits the batches of [`follow`](Self::follow) and [`build`](Self::build) together with the cursor, or else reads
/// the states again.
#[derive(Debug)]
pub struct IndexStates {
    table: Arc<Table>,
    indexes: Vec<IndexState>,
}

#[derive(Debug)]
struct IndexState {
    id: TableId,
    build: BuildState,
    statistics: Statistics,
    /// Whether the statistics are not in their row yet.
    counted: bool,
}

/// What was made of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// How many they were.
    pub records: usize,
    /// Bytes of their payloads.
    pub record_bytes: usize,
    /// Bytes of the entries that they change.
    pub entry_bytes: usize,
}

/// Records whose items are read at the same time, where they have to be read: enough to be quick on a store that takes its time.
const READ_TOGETHER: usize = 32;

impl TableEngine {
    /// The tables that have global indexes which are maintained.
    pub fn indexed_tables(&self) -> Vec<TableId> {
        let tables = self.tables().into_values();
        tables.filter(|table| self.indexed(*table).is_some()).collect()
    }

    /// The table, if it is served here and has global indexes that are maintained.
    pub fn indexed(&self, table: TableId) -> Option<IndexedTable> {
        let table = self.served(table).filter(|table| table.has_maintained_indexes())?;
        Some(IndexedTable { table })
    }
}

impl IndexedTable {
    /// The table.
    pub fn id(&self) -> TableId {
        self.table.id()
    }

    /// The descriptor's. States are of one generation.
    pub fn generation(&self) -> Generation {
        self.table.descriptor.generation
    }

    /// Reads the states of the indexes, as last applied.
    ///
    /// # Errors
    /// When the store fails, or a row cannot be read.
    pub async fn states(&self, engine: &TableEngine) -> Result<IndexStates, Error> {
        let snapshot = engine.shard().store().snapshot(Visibility::Applied).await?;
        let mut indexes = Vec::new();
        for index in self.table.maintained_indexes() {
            let (build, statistics) = stored(snapshot.as_ref(), index.id).await?;
            indexes.push(IndexState { id: index.id, build, statistics, counted: true });
        }
        Ok(IndexStates { table: Arc::clone(&self.table), indexes })
    }

    /// Tells writers that the indexes show all changes up to `upto`, and what those last applied took.
    pub fn reached(&self, upto: LogSequence, followed: Followed) {
        if let Some(backlog) = self.table.backlog.get() {
            backlog.measured(followed.records, followed.record_bytes + followed.entry_bytes);
            backlog.reached(upto);
        }
    }
}

impl IndexStates {
    /// The descriptor's generation that they are of.
    pub fn generation(&self) -> Generation {
        self.table.descriptor.generation
    }

    /// Adds to `batch` what the next records do to entries, until that has `bytes_max` bytes. Records are to be followed in their
    /// order, each once.
    ///
    /// # Errors
    /// When a record cannot be read, the store fails, or the statistics cannot be right.
    pub async fn follow(
        &mut self,
        engine: &TableEngine,
        records: &[LogRecord],
        bytes_max: usize,
        batch: &mut WriteBatch,
    ) -> Result<Followed, Error> {
        let mut followed = Followed::default();
        for records in records.chunks(READ_TOGETHER) {
            let moves = join_all(records.iter().map(|record| self.moves(engine, record))).await;
            for (record, moves) in records.iter().zip(moves) {
                followed.entry_bytes += self.apply(moves?.as_ref(), record.sequence, batch)?;
                followed.record_bytes += record.payload.len();
                followed.records += 1;
                if followed.entry_bytes >= bytes_max {
                    return Ok(followed);
                }
            }
        }
        Ok(followed)
    }

    /// What a record says, which may have come without what entries hold.
    async fn moves<'r>(
        &self,
        engine: &TableEngine,
        record: &'r LogRecord,
    ) -> Result<Cow<'r, ItemMoves>, Error> {
        if let Some(moves) = record.attachment.as_ref().and_then(Attachment::get::<ItemMoves>) {
            return Ok(Cow::Borrowed(moves));
        }
        let descriptor = &self.table.descriptor;
        if let Some(mut moves) = ItemMoves::decode(descriptor.id, &record.payload)? {
            self.fill(engine, &mut moves, record.sequence).await?;
            return Ok(Cow::Owned(moves));
        }
        let ChangeRecord { old, new, .. } = ChangeRecord::decode(&record.payload)?;
        let image = new.as_ref().or(old.as_ref()).ok_or(ChangeError::Malformed)?;
        let key = self.table.stored_key(&[], image)?;
        let indexes = self.table.maintained_indexes();
        Ok(Cow::Owned(ItemMoves::between(&descriptor.key, indexes, &key, [old.as_ref(), new.as_ref()])))
    }

    /// Takes what entries hold from the item as it is now.
    async fn fill(&self, engine: &TableEngine, moves: &mut ItemMoves, at: LogSequence) -> Result<(), Error> {
        let holds = |entry: &EntryMove| entry.after.is_some() && self.follows(entry.index, &moves.item, at);
        if !moves.entries.iter().any(holds) {
            return Ok(());
        }
        let key = ItemKey::of_row(&moves.item)?;
        let item = match engine.core.current(&key).await {
            Ok(Some(item)) => item,
            Ok(None) => return Ok(()),
            Err(error @ (Error::CorruptItem { .. } | Error::CorruptRow { .. })) => {
                // One damaged row must not keep the indexes from following all others.
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "global indexes leave out an item that cannot be read");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let descriptor = &self.table.descriptor;
        for entry in &mut moves.entries {
            let index = self.table.maintained_indexes().find(|index| index.id == entry.index);
            let now = index.and_then(|index| Entry::of_global(&descriptor.key, index, &key, &item));
            // An entry that is elsewhere by now has a record further on.
            let now = now.filter(|now| entry.after.as_ref().is_some_and(|after| after.row == now.row));
            entry.value = now.map(|now| now.value.bytes().clone());
        }
        Ok(())
    }

    fn follows(&self, index: TableId, item_row: &[u8], at: LogSequence) -> bool {
        self.indexes.iter().any(|state| state.id == index && state.build.follows(item_row, at))
    }

    /// Adds moves to the batch; how many bytes that were.
    fn apply(&mut self, moves: &ItemMoves, at: LogSequence, batch: &mut WriteBatch) -> Result<usize, Error> {
        let mut bytes = 0;
        for entry in &moves.entries {
            let state = self.indexes.iter_mut().find(|state| state.id == entry.index);
            if let Some(state) = state.filter(|state| state.build.follows(&moves.item, at)) {
                state.apply(entry, batch)?;
                bytes += entry.size_bytes();
            }
        }
        Ok(bytes)
    }

    /// Whether an index can be built on, with the reader at `cursor`.
    pub fn is_build_due(&self, cursor: LogSequence) -> bool {
        self.indexes.iter().any(|state| state.build.is_due(cursor))
    }

    /// Adds to `batch` the entries of the next items of the table in the first index that is not built yet, and how far that brings
    /// it. Looks at no more than `items_max` items, and ends after so many bytes of entries.
    ///
    /// # Errors
    /// When the store fails or an item cannot be read.
    pub async fn build(
        &mut self,
        engine: &TableEngine,
        cursor: LogSequence,
        (items_max, bytes_max): (usize, usize),
        batch: &mut WriteBatch,
    ) -> Result<(), Error> {
        let Some(state) = self.indexes.iter_mut().find(|state| state.build.is_due(cursor)) else {
            return Ok(());
        };
        let Some(index) = self.table.maintained_indexes().find(|index| index.id == state.id) else {
            return Ok(());
        };
        let shard = engine.shard();
        // As applied: what this step makes of it comes later in the same log, and can be durable only after it. A durable
        // snapshot could be older than the cursor.
        let snapshot = shard.store().snapshot(Visibility::Applied).await?;
        let newest = shard.newest_record_in(snapshot.as_ref(), self.table.id()).await?;
        let at = newest.map_or(cursor, |newest| newest.max(cursor));
        let chunk =
            chunk(&self.table, index, snapshot.as_ref(), &state.build, (items_max, bytes_max)).await?;
        for entry in chunk.entries {
            let entry = EntryChange { before: None, after: Some(entry) };
            if let Some(entry) = EntryMove::of(state.id, &entry) {
                state.apply(&entry, batch)?;
            }
        }
        state.build = state.build.after_chunk(at, chunk.scanned, chunk.last.as_deref());
        batch.put(row::build(state.id), state.build.encode());
        Ok(())
    }

    /// Adds the statistics that have changed to `batch`.
    pub fn count(&mut self, batch: &mut WriteBatch) {
        for state in self.indexes.iter_mut().filter(|state| !state.counted) {
            batch.put(row::index_statistics(state.id), Tally::of(state.statistics).value(0));
            state.counted = true;
        }
    }
}

impl IndexState {
    fn apply(&mut self, entry: &EntryMove, batch: &mut WriteBatch) -> Result<(), Error> {
        if let Some(row) = entry.removed_row() {
            batch.delete(row.clone());
        }
        if let Some(before) = &entry.before {
            let fewer = self
                .statistics
                .item_count
                .checked_sub(1)
                .zip(self.statistics.size_bytes.checked_sub(stored_bytes(before)));
            let (items, bytes) = fewer.ok_or_else(|| row::corrupt(&row::index_statistics(self.id)))?;
            self.statistics = Statistics { item_count: items, size_bytes: bytes };
        }
        if let Some(after) = &entry.after {
            self.statistics.item_count += 1;
            self.statistics.size_bytes += stored_bytes(after);
            if let Some(value) = &entry.value {
                batch.put(after.row.clone(), value.clone());
            }
        }
        self.counted = false;
        Ok(())
    }
}

/// An entry with the overhead that stored-size figures add.
fn stored_bytes(entry: &Place) -> u64 {
    u64::from(entry.size_bytes) + STORED_OVERHEAD_BYTES
}

/// What a chunk of a build comes by.
#[derive(Default)]
struct Chunk {
    entries: Vec<Entry>,
    scanned: u64,
    /// The last item's row; `None` at the end of the table.
    last: Option<Bytes>,
}

/// The entries of the items behind those that a build has done.
async fn chunk(
    table: &Table,
    index: &GlobalIndex,
    snapshot: &dyn Snapshot,
    build: &BuildState,
    (items_max, bytes_max): (usize, usize),
) -> Result<Chunk, Error> {
    let range = row::rows_behind(table.id(), build.done().map(AsRef::as_ref));
    let mut walk = Walk::new(snapshot, range, Order::Ascending, RowKind::Item).await?;
    let mut chunk = Chunk::default();
    let mut bytes = 0;
    while let Some((key, item)) = walk.next().await? {
        chunk.scanned += 1;
        let place = ItemKey::of_row(&key)?;
        let entry = Entry::of_global(&table.descriptor.key, index, &place, &ItemValue::of_stored(&item));
        bytes += entry.as_ref().map_or(0, |entry| entry.row.len() + entry.value.bytes().len());
        chunk.entries.extend(entry);
        if chunk.scanned >= items_max as u64 || bytes >= bytes_max {
            chunk.last = Some(key);
            break;
        }
    }
    Ok(chunk)
}

/// The build and the statistics of a global index.
pub(crate) async fn stored(
    snapshot: &dyn Snapshot,
    index: TableId,
) -> Result<(BuildState, Statistics), Error> {
    let key = row::build(index);
    let build = match snapshot.get(&key).await? {
        Some(value) => BuildState::decode(&key, &value)?,
        None => BuildState::default(),
    };
    let key = row::index_statistics(index);
    let statistics = match snapshot.get(&key).await? {
        Some(value) => Tally::read(&key, &value)?.table(),
        None => Statistics::default(),
    };
    Ok((build, statistics))
}

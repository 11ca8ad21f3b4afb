//! One table's indexes, step by step.

use std::sync::Arc;

use partita_model::TableId;
use partita_storage::{LogSequence, Visibility, WriteBatch};
use partita_table::global::{IndexStates, IndexedTable, READER};
use partita_table::{Error, TableEngine};

/// How much one step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Change records followed.
    pub records: usize,
    /// Bytes of entries after which no more records are followed.
    pub entry_bytes: usize,
    /// Items of a table looked at for a build.
    pub items: usize,
    /// Bytes of entries after which a build looks at no more items.
    pub item_bytes: usize,
}

/// Large enough that the price of a batch hardly counts, and small enough that clients' writes, which share the log, do not wait
/// noticeably behind one.
impl Default for Limits {
    fn default() -> Self {
        Self { records: 1024, entry_bytes: 1024 * 1024, items: 512, item_bytes: 512 * 1024 }
    }
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more.
    Moved,
    /// All records that were there were followed, and they were few.
    Level,
    /// There is nothing to do until the log grows or the table's descriptor changes.
    Idle,
    /// Nothing was done: an index or the table is going, or coming.
    Stale,
    /// The table has no indexes, or is not served any more.
    Gone,
}

/// Keeps the indexes of one table. Of one table there must not be two that make steps at the same time.
#[derive(Debug)]
pub struct Keeper {
    engine: Arc<TableEngine>,
    table: TableId,
    limits: Limits,
    /// `None` when they have to be read: at first, and after a step that failed or was dropped.
    states: Option<IndexStates>,
    /// Whether the last step was a chunk of a build, so that the log's turn has come.
    built_last: bool,
}

impl Keeper {
    /// The keeper of a table.
    pub fn new(engine: Arc<TableEngine>, table: TableId, limits: Limits) -> Self {
        Self { engine, table, limits, states: None, built_last: false }
    }

    /// Follows the next records of the log, or builds the next chunk of an index. What it did is applied, and becomes durable with
    /// what is written before and after it.
    ///
    /// # Errors
    /// When the store fails, or a row or record cannot be read. Nothing was done then, or all of it; the next step finds out.
    ///
    /// # Cancellation
    /// When the future is dropped, its batch is applied as a whole or not at all; the next step waits until that is settled.
    pub async fn step(&mut self) -> Result<Step, Error> {
        let Some(indexed) = self.engine.indexed(self.table) else { return Ok(Step::Gone) };
        // Taken out: whatever ends this step early leaves nothing behind that could be wrong.
        let states = match self.states.take() {
            Some(states) if states.generation() == indexed.generation() => states,
            _ => self.read(&indexed).await?,
        };
        let Ok(cursor) = self.engine.shard().cursor(self.table, READER) else { return Ok(Step::Stale) };
        let span = self.engine.shard().log_span(self.table);
        let is_behind = span.is_some_and(|span| span.newest > cursor);
        let is_due = states.is_build_due(cursor);
        match (is_behind, is_due) {
            (true, true) if !self.built_last => self.build(states, cursor).await,
            (true, _) => self.follow(&indexed, states, cursor).await,
            (false, true) => self.build(states, cursor).await,
            (false, false) => {
                self.states = Some(states);
                Ok(Step::Idle)
            }
        }
    }

    async fn read(&self, indexed: &IndexedTable) -> Result<IndexStates, Error> {
        // A step that was dropped may have left a batch on its way. Batches are applied in order: behind this one it was.
        let fence = self.engine.shard().commit(WriteBatch::new(), Vec::new()).await?;
        drop(fence);
        indexed.states(&self.engine).await
    }

    async fn follow(
        &mut self,
        indexed: &IndexedTable,
        mut states: IndexStates,
        cursor: LogSequence,
    ) -> Result<Step, Error> {
        self.built_last = false;
        let shard = self.engine.shard();
        let records =
            shard.read_log_after(self.table, cursor, self.limits.records, Visibility::Applied).await?;
        if records.is_empty() {
            // They have their places in the log and are not applied yet; the log tells when they are.
            self.states = Some(states);
            return Ok(Step::Idle);
        }
        let mut batch = WriteBatch::new();
        let followed = states.follow(&self.engine, &records, self.limits.entry_bytes, &mut batch).await?;
        let last = followed.records.checked_sub(1).and_then(|last| records.get(last));
        let upto = last.map_or(cursor, |last| last.sequence);
        let step = self.commit(states, batch, upto).await?;
        if step != Step::Moved {
            return Ok(step);
        }
        indexed.reached(upto, followed);
        let is_all = followed.records == records.len() && followed.records < self.limits.records;
        Ok(if is_all { Step::Level } else { Step::Moved })
    }

    async fn build(&mut self, mut states: IndexStates, cursor: LogSequence) -> Result<Step, Error> {
        self.built_last = true;
        let mut batch = WriteBatch::new();
        states.build(&self.engine, cursor, (self.limits.items, self.limits.item_bytes), &mut batch).await?;
        self.commit(states, batch, cursor).await
    }

    async fn commit(
        &mut self,
        mut states: IndexStates,
        mut batch: WriteBatch,
        upto: LogSequence,
    ) -> Result<Step, Error> {
        use partita_storage::Error::{TableDropped, UnknownReader};
        states.count(&mut batch);
        match self.engine.shard().commit_advancing(batch, self.table, READER, upto).await {
            Ok(written) => {
                // Nobody is told of it, so nobody waits.
                drop(written);
                self.states = Some(states);
                Ok(Step::Moved)
            }
            Err(TableDropped { .. } | UnknownReader { .. }) => Ok(Step::Stale),
            Err(error) => Err(error.into()),
        }
    }
}

//! Removes what nobody will read again when files are compacted anyway: the rows of dropped tables, and change records
//! that every reader has passed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use partita_model::TableId;
use slatedb::{
    CompactionFilter, CompactionFilterDecision, CompactionFilterError, CompactionFilterSupplier,
    CompactionJobContext, RowEntry, ValueDeletable,
};

use crate::log::LogSequence;
use crate::space::{self, CHANGE_LOG};

/// Which rows are dead.
#[derive(Debug, Default)]
pub(super) struct DeadRows {
    known: RwLock<Arc<Known>>,
}

/// What is known of dead rows at one moment.
#[derive(Debug, Default, Clone)]
struct Known {
    /// Tables of which nothing is read any more.
    tables: HashSet<TableId>,
    /// The last change record of each table that is not read any more.
    logs: HashMap<TableId, LogSequence>,
}

impl DeadRows {
    pub(super) fn add_table(&self, table: TableId) {
        self.change(|known| {
            known.tables.insert(table);
            known.logs.remove(&table);
        });
    }

    pub(super) fn add_log(&self, table: TableId, upto: LogSequence) {
        self.change(|known| {
            let passed = known.logs.entry(table).or_default();
            *passed = upto.max(*passed);
        });
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        // Copied only while a compaction looks at it.
        change(Arc::make_mut(&mut self.known.write().unwrap_or_else(PoisonError::into_inner)));
    }

    fn current(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    fn is_dead(&self, key: &[u8]) -> bool {
        let Some((space, table, rest)) = space::split(key) else { return false };
        if !space::DATA_SPACES.contains(&space) {
            return false;
        }
        let passed = || {
            let sequence: [u8; 8] = rest.try_into().ok()?;
            Some(LogSequence(u64::from_be_bytes(sequence)) <= *self.logs.get(&table)?)
        };
        self.tables.contains(&table) || (space == CHANGE_LOG && passed() == Some(true))
    }
}

#[async_trait]
impl CompactionFilterSupplier for DeadRows {
    async fn create_compaction_filter(
        &self,
        context: &CompactionJobContext,
    ) -> Result<Box<dyn CompactionFilter>, CompactionFilterError> {
        Ok(Box::new(DeadRowsFilter { dead: self.current(), oldest: context.is_dest_last_run }))
    }
}

/// The filter of one compaction.
struct DeadRowsFilter {
    dead: Arc<Known>,
    /// True when no older file can hold another version of the same row.
    oldest: bool,
}

impl DeadRowsFilter {
    fn decide(&self, key: &[u8]) -> CompactionFilterDecision {
        match (self.dead.is_dead(key), self.oldest) {
            (false, _) => CompactionFilterDecision::Keep,
            (true, true) => CompactionFilterDecision::Drop,
            // An older version would come back to life, and would be kept for ever if the table were forgotten.
            (true, false) => CompactionFilterDecision::Modify(ValueDeletable::Tombstone),
        }
    }
}

#[async_trait]
impl CompactionFilter for DeadRowsFilter {
    async fn filter(&mut self, entry: &RowEntry) -> Result<CompactionFilterDecision, CompactionFilterError> {
        Ok(self.decide(&entry.key))
    }

    async fn on_compaction_end(&mut self) -> Result<(), CompactionFilterError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{CHANGE_LOG, DESCRIPTORS, TABLE_ROWS, table_key};

    #[test]
    fn only_data_of_dead_tables_is_removed() {
        let dead = DeadRows::default();
        dead.add_table(TableId(7));
        dead.add_log(TableId(8), LogSequence(5));
        dead.add_log(TableId(8), LogSequence(4));
        let row = |space, table| table_key(space, TableId(table), b"k");
        for oldest in [false, true] {
            let filter = DeadRowsFilter { dead: dead.current(), oldest };
            let removed = if oldest {
                CompactionFilterDecision::Drop
            } else {
                CompactionFilterDecision::Modify(ValueDeletable::Tombstone)
            };
            assert_eq!(filter.decide(&row(TABLE_ROWS, 7)), removed);
            assert_eq!(filter.decide(&row(CHANGE_LOG, 7)), removed);
            assert_eq!(filter.decide(&row(TABLE_ROWS, 8)), CompactionFilterDecision::Keep);
            assert_eq!(filter.decide(&row(DESCRIPTORS, 7)), CompactionFilterDecision::Keep);
            let record = |sequence: u64| table_key(CHANGE_LOG, TableId(8), &sequence.to_be_bytes());
            assert_eq!(filter.decide(&record(5)), removed);
            assert_eq!(filter.decide(&record(6)), CompactionFilterDecision::Keep);
            assert_eq!(filter.decide(&row(CHANGE_LOG, 8)), CompactionFilterDecision::Keep);
        }
    }
}

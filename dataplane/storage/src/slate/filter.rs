//! Removes the rows of dropped tables when files are compacted anyway.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use partita_model::TableId;
use slatedb::{
    CompactionFilter, CompactionFilterDecision, CompactionFilterError, CompactionFilterSupplier,
    CompactionJobContext, RowEntry, ValueDeletable,
};

use crate::space;

/// The tables whose rows are dead.
#[derive(Debug, Default)]
pub(super) struct DeadTables {
    tables: RwLock<Arc<HashSet<TableId>>>,
}

impl DeadTables {
    pub(super) fn add(&self, table: TableId) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut tables).insert(table);
    }

    fn current(&self) -> Arc<HashSet<TableId>> {
        Arc::clone(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl CompactionFilterSupplier for DeadTables {
    async fn create_compaction_filter(
        &self,
        context: &CompactionJobContext,
    ) -> Result<Box<dyn CompactionFilter>, CompactionFilterError> {
        Ok(Box::new(DeadTablesFilter { dead: self.current(), oldest: context.is_dest_last_run }))
    }
}

/// The filter of one compaction.
struct DeadTablesFilter {
    dead: Arc<HashSet<TableId>>,
    /// True when no older file can hold another version of the same row.
    oldest: bool,
}

impl DeadTablesFilter {
    fn decide(&self, key: &[u8]) -> CompactionFilterDecision {
        let dead = !self.dead.is_empty()
            && space::table_of_data(key).is_some_and(|table| self.dead.contains(&table));
        match (dead, self.oldest) {
            (false, _) => CompactionFilterDecision::Keep,
            (true, true) => CompactionFilterDecision::Drop,
            // An older version would come back to life, and would be kept for ever if the table were forgotten.
            (true, false) => CompactionFilterDecision::Modify(ValueDeletable::Tombstone),
        }
    }
}

#[async_trait]
impl CompactionFilter for DeadTablesFilter {
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
        let dead = DeadTables::default();
        dead.add(TableId(7));
        let row = |space, table| table_key(space, TableId(table), b"k");
        for oldest in [false, true] {
            let filter = DeadTablesFilter { dead: dead.current(), oldest };
            let removed = if oldest {
                CompactionFilterDecision::Drop
            } else {
                CompactionFilterDecision::Modify(ValueDeletable::Tombstone)
            };
            assert_eq!(filter.decide(&row(TABLE_ROWS, 7)), removed);
            assert_eq!(filter.decide(&row(CHANGE_LOG, 7)), removed);
            assert_eq!(filter.decide(&row(TABLE_ROWS, 8)), CompactionFilterDecision::Keep);
            assert_eq!(filter.decide(&row(DESCRIPTORS, 7)), CompactionFilterDecision::Keep);
        }
    }
}

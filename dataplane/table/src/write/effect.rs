//! What the change of an item does to rows, statistics and capacity. Pure.

use partita_model::{CapacityUnits, TableId};
use partita_storage::WriteBatch;

use crate::capacity::Spent;
use crate::global::EntryMove;
use crate::index::{Entry, EntryChange};
use crate::row::{ItemKey, ItemValue};
use crate::statistics::TallyChange;
use crate::table::Table;

/// The effect of one write. The batch is empty when nothing changes.
#[derive(Debug)]
pub(crate) struct Effect {
    pub(crate) batch: WriteBatch,
    pub(crate) tally: TallyChange,
    pub(crate) spent: Spent,
    /// What becomes of the entries in global indexes, by the descriptor that the write found; `None` where that is nothing.
    pub(crate) entries: Vec<(TableId, Option<EntryMove>)>,
}

impl Effect {
    /// The effect of replacing `before` by `after`.
    pub(crate) fn of(
        table: &Table,
        key: &ItemKey,
        before: Option<&ItemValue>,
        after: Option<&ItemValue>,
    ) -> Self {
        let [size_before, size_after] = [before, after].map(|value| value.map(|value| value.item().size()));
        let size = size_before.max(size_after).unwrap_or(0);
        let mut effect = Self {
            batch: WriteBatch::new(),
            tally: TallyChange::default(),
            spent: Spent::on_table(CapacityUnits::write(size as u64)),
            entries: Vec::new(),
        };
        if before == after {
            return effect;
        }
        match after {
            Some(value) => effect.batch.put(key.row().clone(), value.bytes().clone()),
            None => effect.batch.delete(key.row().clone()),
        }
        effect.tally.item(size_before, size_after);
        if table.has_local_indexes() {
            effect.add_indexes(table, key, before, after);
        }
        effect.note_global_entries(table, key, before, after);
        effect
    }

    /// Entries of global indexes follow by the change log, but what they cost is told with the write.
    fn note_global_entries(
        &mut self,
        table: &Table,
        key: &ItemKey,
        before: Option<&ItemValue>,
        after: Option<&ItemValue>,
    ) {
        for index in table.maintained_indexes() {
            let change = EntryChange::of_global(&table.descriptor.key, index, key, [before, after]);
            self.spent.add_global_index(&index.name, change.units());
            self.entries.push((index.id, EntryMove::of(index.id, &change)));
        }
    }

    fn add_indexes(
        &mut self,
        table: &Table,
        key: &ItemKey,
        before: Option<&ItemValue>,
        after: Option<&ItemValue>,
    ) {
        let schema = &table.descriptor.key;
        for (ordinal, index) in table.local_indexes() {
            let entry = |item: &ItemValue| Entry::of(schema, index, ordinal, key, item);
            let change = EntryChange { before: before.and_then(entry), after: after.and_then(entry) };
            if !change.is_change() {
                continue;
            }
            self.spent.add_index(&index.name, change.units());
            if let Some(row) = change.removed_row() {
                self.batch.delete(row.clone());
            }
            if let Some(entry) = &change.after {
                self.batch.put(entry.row.clone(), entry.value.bytes().clone());
            }
            let size = |entry: &Option<Entry>| entry.as_ref().map(Entry::size);
            self.tally.index_entry(ordinal, size(&change.before), size(&change.after));
        }
    }
}

//! What the change of an item does to rows, statistics and capacity. Pure.

use partita_model::codec::StoredItem;
use partita_model::{CapacityUnits, Item};
use partita_storage::WriteBatch;

use super::Before;
use crate::capacity::Spent;
use crate::index::{Entry, EntryChange};
use crate::row::{self, ItemKey};
use crate::statistics::TallyChange;
use crate::table::Table;

/// The effect of one write. The batch is empty when nothing changes.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) batch: WriteBatch,
    pub(super) tally: TallyChange,
    pub(super) spent: Spent,
}

impl Effect {
    /// The effect of replacing `before` by `after`, whose stored form is `stored`.
    pub(super) fn of(
        table: &Table,
        key: &ItemKey,
        before: &Before,
        after: Option<&Item>,
        stored: Option<&StoredItem>,
    ) -> Self {
        let (size_before, size_after) =
            (before.stored.as_ref().map(StoredItem::size), stored.map(StoredItem::size));
        let size = size_before.max(size_after).unwrap_or(0);
        let mut effect = Self {
            batch: WriteBatch::new(),
            tally: TallyChange::default(),
            spent: Spent::on_table(CapacityUnits::write(size as u64)),
        };
        // Equal items have equal bytes.
        if before.stored.as_ref() == stored {
            return effect;
        }
        match stored {
            Some(item) => effect.batch.put(key.row().clone(), row::item_value(item)),
            None => effect.batch.delete(key.row().clone()),
        }
        effect.tally.item(size_before, size_after);
        if table.has_local_indexes() {
            effect.add_indexes(table, key, before.item(), after);
        }
        effect
    }

    fn add_indexes(&mut self, table: &Table, key: &ItemKey, before: Option<&Item>, after: Option<&Item>) {
        let schema = &table.descriptor.key;
        for (ordinal, index) in table.local_indexes() {
            let entry = |item: &Item| Entry::of(schema, index, ordinal, key, item);
            let change = EntryChange { before: before.and_then(entry), after: after.and_then(entry) };
            if !change.is_change() {
                continue;
            }
            self.spent.add_index(&index.name, change.units());
            if let Some(row) = change.removed_row() {
                self.batch.delete(row.clone());
            }
            if let Some(entry) = &change.after {
                self.batch.put(entry.row.clone(), row::item_value(&StoredItem::of(&entry.item)));
            }
            let size = |entry: Option<&Entry>| entry.map(|entry| entry.size);
            self.tally.index_entry(ordinal, size(change.before.as_ref()), size(change.after.as_ref()));
        }
    }
}

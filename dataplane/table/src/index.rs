//! Local secondary indexes: which entry an item has, and what a write does to it.
//!
//! An index is sparse: an item without the index's sort key has no entry. An entry holds the table's key, the index's sort
//! key and what the projection names. Entries stand in the partition of their item ([`crate::row`]).

use bytes::Bytes;
use partita_model::codec::StoredItem;
use partita_model::key::encode_scalar;
use partita_model::schema::LocalIndex;
use partita_model::size::attribute_size;
use partita_model::{CapacityUnits, Item, KeySchema, Projection};

use crate::row::{ItemKey, ItemValue};

/// An item's entry in one local index.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) row: Bytes,
    pub(crate) value: ItemValue,
}

/// What a write does to an item's entry in one local index.
#[derive(Debug)]
pub(crate) struct EntryChange {
    pub(crate) before: Option<Entry>,
    pub(crate) after: Option<Entry>,
}

impl Entry {
    /// The entry of `item`; `None` when the index does not hold it.
    pub(crate) fn of(
        schema: &KeySchema,
        index: &LocalIndex,
        ordinal: u8,
        key: &ItemKey,
        item: &ItemValue,
    ) -> Option<Self> {
        let range = index.key.range.as_ref()?;
        let sort = item.item().get(&range.name)?;
        if sort.attribute_type() != range.scalar.attribute_type() {
            return None;
        }
        let row = key.index_row(ordinal, &encode_scalar(&sort.decode())?);
        Some(Self { row, value: project(schema, index, item) })
    }

    pub(crate) fn size(&self) -> usize {
        self.value.item().size()
    }
}

impl EntryChange {
    /// Whether the rows differ at all.
    pub(crate) fn is_change(&self) -> bool {
        match (&self.before, &self.after) {
            (None, None) => false,
            (Some(before), Some(after)) => before != after,
            _ => true,
        }
    }

    /// Whether the entry moves to another place, so that its old row must go.
    pub(crate) fn removed_row(&self) -> Option<&Bytes> {
        let before = self.before.as_ref()?;
        let moved = self.after.as_ref().is_none_or(|after| after.row != before.row);
        moved.then_some(&before.row)
    }

    /// What the change costs: one write when the entry appears, disappears or changes in place, two when its
    /// key changes, nothing when it stays as it is.
    pub(crate) fn units(&self) -> CapacityUnits {
        let write = |size: usize| CapacityUnits::write(size as u64);
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if before == after => CapacityUnits::ZERO,
            (Some(before), Some(after)) if before.row == after.row => write(before.size().max(after.size())),
            (before, after) => before.iter().chain(after).map(|entry| write(entry.size())).sum(),
        }
    }
}

/// Whether entries of the index carry the attribute.
pub(crate) fn projects(schema: &KeySchema, index: &LocalIndex, attribute: &str) -> bool {
    match &index.projection {
        Projection::All => true,
        _ if schema.contains(attribute) || index.key.contains(attribute) => true,
        Projection::KeysOnly => false,
        Projection::Include(attributes) => attributes.iter().any(|included| included == attribute),
    }
}

/// The size of the entry that an item will have; 0 when the index does not hold it.
pub(crate) fn entry_size(schema: &KeySchema, index: &LocalIndex, item: &Item) -> usize {
    let held = index.key.range.as_ref().is_some_and(|range| {
        item.get(&range.name).is_some_and(|value| value.scalar_type() == Some(range.scalar))
    });
    if !held {
        return 0;
    }
    let carried = item.iter().filter(|(name, _)| projects(schema, index, name));
    carried.map(|(name, value)| attribute_size(name, value)).sum()
}

/// The part of an item that entries of the index carry.
fn project(schema: &KeySchema, index: &LocalIndex, item: &ItemValue) -> ItemValue {
    if index.projection == Projection::All {
        return item.clone();
    }
    let carried = item.item().attributes().filter(|(name, _)| projects(schema, index, name.as_str()));
    ItemValue::of(&carried.map(|(name, value)| (name.as_str().to_owned(), value.decode())).collect())
}

/// The key by which reading goes on after an entry: the index's key and the table's, or just the table's for an item.
pub(crate) fn continuation(schema: &KeySchema, index: Option<&LocalIndex>, item: &StoredItem) -> Item {
    let names = index.into_iter().flat_map(|index| index.key.attributes()).chain(schema.attributes());
    names.filter_map(|key| Some((key.name.clone(), item.get(&key.name)?.decode()))).collect()
}

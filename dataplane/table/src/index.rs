//! Secondary indexes: what their entries carry, what a change of an item does to them, and the entries of local indexes. Those
//! of global indexes are made in [`crate::global`].
//!
//! An index is sparse: an item without the index's key attributes has no entry. An entry holds the table's key, the index's
//! key and what the projection names. Entries of local indexes stand in the partition of their item ([`crate::row`]).

use bytes::Bytes;
use partita_model::codec::StoredItem;
use partita_model::key::encode_scalar;
use partita_model::schema::{GlobalIndex, KeyAttribute, LocalIndex};
use partita_model::size::attribute_size;
use partita_model::{CapacityUnits, Item, KeySchema, Projection};

use crate::row::{ItemKey, ItemValue};

/// An item's entry in one index.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) row: Bytes,
    pub(crate) value: ItemValue,
}

/// What a write does to an item's entry in one index.
#[derive(Clone, Debug)]
pub(crate) struct EntryChange {
    pub(crate) before: Option<Entry>,
    pub(crate) after: Option<Entry>,
}

/// What local and global indexes have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'i> {
    /// Partition attributes.
    pub(crate) hash: &'i [KeyAttribute],
    /// Sort attributes, in order.
    pub(crate) range: &'i [KeyAttribute],
    pub(crate) projection: &'i Projection,
}

impl<'i> Shape<'i> {
    /// Partition attributes first, then the sort attributes.
    pub(crate) fn attributes(self) -> impl Iterator<Item = &'i KeyAttribute> {
        self.hash.iter().chain(self.range)
    }

    /// Whether entries carry the attribute; `schema` is the table's.
    pub(crate) fn projects(self, schema: &KeySchema, attribute: &str) -> bool {
        match self.projection {
            Projection::All => true,
            _ if schema.contains(attribute) || self.attributes().any(|key| key.name == attribute) => true,
            Projection::KeysOnly => false,
            Projection::Include(attributes) => attributes.iter().any(|included| included == attribute),
        }
    }

    /// The part of an item that entries carry.
    pub(crate) fn project(self, schema: &KeySchema, item: &ItemValue) -> ItemValue {
        if *self.projection == Projection::All {
            return item.clone();
        }
        let carried = item.item().attributes().filter(|(name, _)| self.projects(schema, name.as_str()));
        ItemValue::of(&carried.map(|(name, value)| (name.as_str().to_owned(), value.decode())).collect())
    }
}

impl<'i> From<&'i LocalIndex> for Shape<'i> {
    fn from(index: &'i LocalIndex) -> Self {
        let hash = std::slice::from_ref(&index.key.hash);
        Self { hash, range: index.key.range.as_slice(), projection: &index.projection }
    }
}

impl<'i> From<&'i GlobalIndex> for Shape<'i> {
    fn from(index: &'i GlobalIndex) -> Self {
        Self { hash: &index.hash, range: &index.range, projection: &index.projection }
    }
}

impl Entry {
    /// The entry of `item` in a local index; `None` when the index does not hold it.
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
        Some(Self { row, value: Shape::from(index).project(schema, item) })
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

/// The size of the entry that an item will have in a local index; 0 when the index does not hold it.
pub(crate) fn entry_size(schema: &KeySchema, index: &LocalIndex, item: &Item) -> usize {
    let held = index.key.range.as_ref().is_some_and(|range| {
        item.get(&range.name).is_some_and(|value| value.scalar_type() == Some(range.scalar))
    });
    if !held {
        return 0;
    }
    let carried = item.iter().filter(|(name, _)| Shape::from(index).projects(schema, name));
    carried.map(|(name, value)| attribute_size(name, value)).sum()
}

/// The key by which reading goes on after an entry: the index's key and the table's, or just the table's for an item.
pub(crate) fn continuation(schema: &KeySchema, index: Option<Shape<'_>>, item: &StoredItem) -> Item {
    let names = index.into_iter().flat_map(Shape::attributes).chain(schema.attributes());
    names.filter_map(|key| Some((key.name.clone(), item.get(&key.name)?.decode()))).collect()
}

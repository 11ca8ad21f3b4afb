//! What a Query or Scan reads: a table or one of its indexes.

use bytes::Bytes;
use partita_expression::Projection;
use partita_model::capacity::Consistency;
use partita_model::codec::StoredItem;
use partita_model::key::write_scalar;
use partita_model::schema::{GlobalIndex, KeyAttribute, LocalIndex};
use partita_model::{AttributeValue, IndexName, Item, TableId};
use partita_protocol::ServiceError;
use partita_protocol::operation::Select;

use crate::index::{self, Shape};
use crate::row::{ItemKey, KeyValues, Partition, RowKind};
use crate::table::Table;

/// The table, or one of its indexes.
pub(super) struct Source<'t> {
    pub(super) table: &'t Table,
    pub(super) index: Option<Index<'t>>,
}

/// An index that can be read.
#[derive(Clone, Copy)]
pub(super) enum Index<'t> {
    /// With its ordinal.
    Local(u8, &'t LocalIndex),
    Global(&'t GlobalIndex),
}

impl<'t> Index<'t> {
    fn shape(self) -> Shape<'t> {
        match self {
            Self::Local(_, index) => index.into(),
            Self::Global(index) => index.into(),
        }
    }
}

impl<'t> Source<'t> {
    /// The table, or its index of that name.
    pub(super) fn of(
        table: &'t Table,
        index: Option<&IndexName>,
        consistency: Consistency,
    ) -> Result<Self, ServiceError> {
        let Some(name) = index else { return Ok(Self { table, index: None }) };
        if let Some((ordinal, local)) = table.local_indexes().find(|(_, local)| local.name == *name) {
            return Ok(Self { table, index: Some(Index::Local(ordinal, local)) });
        }
        let global = table.descriptor.global_index(name.as_str());
        let global = global.ok_or_else(|| ServiceError::unknown_index(name.as_str()))?;
        if consistency == Consistency::Strong {
            return Err(ServiceError::consistent_read_on_global_index());
        }
        if !global.active || !global.is_maintained() {
            return Err(ServiceError::index_backfilling(name));
        }
        Ok(Self { table, index: Some(Index::Global(global)) })
    }

    /// Refuses what a global index cannot give: only local ones fetch from the table what they do not hold.
    pub(super) fn gives(
        &self,
        select: Option<Select>,
        projection: Option<&Projection>,
    ) -> Result<(), ServiceError> {
        let Some(Index::Global(index)) = self.index else { return Ok(()) };
        if select == Some(Select::AllAttributes) && index.projection != partita_model::Projection::All {
            return Err(ServiceError::all_attributes_on_global_index(&index.name));
        }
        let Some(projection) = projection else { return Ok(()) };
        let mut named = Vec::from_iter(projection.top_level_attributes());
        named.retain(|name| !Shape::from(index).projects(&self.table.descriptor.key, name));
        if named.is_empty() { Ok(()) } else { Err(ServiceError::not_projected(&index.name, &named)) }
    }

    /// The partition attributes and the sort attributes by which this source is ordered.
    pub(super) fn key(&self) -> (&'t [KeyAttribute], &'t [KeyAttribute]) {
        match self.index.map(Index::shape) {
            Some(Shape { hash, range, .. }) => (hash, range),
            None => {
                let key = &self.table.descriptor.key;
                (std::slice::from_ref(&key.hash), key.range.as_slice())
            }
        }
    }

    /// Under which id the rows lie.
    pub(super) fn id(&self) -> TableId {
        match self.index {
            Some(Index::Global(index)) => index.id,
            Some(Index::Local(..)) | None => self.table.id(),
        }
    }

    /// The rows to look at; others are passed over.
    pub(super) fn rows(&self) -> RowKind {
        match self.index {
            None => RowKind::Item,
            Some(Index::Local(ordinal, _)) => RowKind::IndexEntry(ordinal),
            Some(Index::Global(_)) => RowKind::GlobalEntry,
        }
    }

    /// The beginning of this source's rows in the partition of these values; `None` when they cannot be a key.
    pub(super) fn rows_of(&self, hash: &[AttributeValue]) -> Option<Bytes> {
        let partition = Partition::of(self.id(), &Vec::from_iter(hash))?;
        Some(match self.index {
            None => partition.items(),
            Some(Index::Local(ordinal, _)) => partition.index_entries(ordinal),
            Some(Index::Global(_)) => partition.global_entries(),
        })
    }

    /// Whether what is asked for is not in the local index that is read, so that items have to be fetched from the table.
    pub(super) fn needs_items(&self, select: Option<Select>, projection: Option<&Projection>) -> bool {
        let Some(Index::Local(_, index)) = self.index else { return false };
        let held = |name: &str| Shape::from(index).projects(&self.table.descriptor.key, name);
        match (projection, select) {
            (Some(projection), _) => !projection.top_level_attributes().into_iter().all(held),
            (None, Some(Select::AllAttributes)) => index.projection != partita_model::Projection::All,
            (None, _) => false,
        }
    }

    /// `LastEvaluatedKey` after an item or entry.
    pub(super) fn continuation(&self, item: &StoredItem) -> Item {
        index::continuation(&self.table.descriptor.key, self.index.map(Index::shape), item)
    }

    /// The number of attributes that a start key has.
    pub(super) fn start_key_length(&self) -> usize {
        let table = &self.table.descriptor.key;
        let index = self.index.map(Index::shape).into_iter().flat_map(Shape::attributes);
        table.attributes().count() + index.filter(|key| !table.contains(&key.name)).count()
    }

    /// The row at which a start key stands, there or not; `None` when the start key has other attributes or types than the key
    /// it continues.
    pub(super) fn start_row(&self, given: &Item) -> Option<Bytes> {
        if given.len() != self.start_key_length() {
            return None;
        }
        let key = KeyValues::of_item(&self.table.descriptor.key, given)?;
        let key = ItemKey::new(self.table.id(), key)?;
        let (hash, range) = self.key();
        match self.index {
            None => Some(key.row().clone()),
            Some(Index::Local(ordinal, _)) => Some(key.index_row(ordinal, &sort_key(given, range)?)),
            Some(Index::Global(index)) => {
                let hash: Vec<_> = hash.iter().map(|key| value_of(given, key)).collect::<Option<_>>()?;
                let partition = Partition::of(index.id, &hash)?;
                Some(key.global_row(&partition, &sort_key(given, range)?))
            }
        }
    }
}

/// The encoded sort key of an index entry.
fn sort_key(given: &Item, attributes: &[KeyAttribute]) -> Option<Vec<u8>> {
    let mut sort = Vec::new();
    for attribute in attributes {
        write_scalar(value_of(given, attribute)?, &mut sort)?;
    }
    Some(sort)
}

/// The value of a key attribute, if it is there and has the key's type.
fn value_of<'i>(given: &'i Item, attribute: &KeyAttribute) -> Option<&'i AttributeValue> {
    given.get(&attribute.name).filter(|value| value.scalar_type() == Some(attribute.scalar))
}

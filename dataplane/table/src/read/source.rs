//! What a Query or Scan reads: a table or one of its local indexes.

use bytes::Bytes;
use partita_expression::Projection;
use partita_model::capacity::Consistency;
use partita_model::codec::StoredItem;
use partita_model::key::encode_scalar;
use partita_model::schema::{KeyAttribute, LocalIndex};
use partita_model::{IndexName, Item, KeySchema};
use partita_protocol::ServiceError;
use partita_protocol::operation::Select;

use crate::index::{self, projects};
use crate::row::{ItemKey, KeyValues, Partition, RowKind};
use crate::table::Table;

/// The table, or a local index with its ordinal.
pub(super) struct Source<'t> {
    pub(super) table: &'t Table,
    pub(super) index: Option<(u8, &'t LocalIndex)>,
}

impl<'t> Source<'t> {
    /// The table, or its index of that name.
    pub(super) fn of(
        table: &'t Table,
        index: Option<&IndexName>,
        consistency: Consistency,
    ) -> Result<Self, ServiceError> {
        let Some(name) = index else { return Ok(Self { table, index: None }) };
        if let Some(local) = table.local_indexes().find(|(_, local)| local.name == *name) {
            return Ok(Self { table, index: Some(local) });
        }
        match (table.descriptor.global_index(name.as_str()), consistency) {
            (None, _) => Err(ServiceError::unknown_index(name.as_str())),
            (Some(_), Consistency::Strong) => Err(ServiceError::consistent_read_on_global_index()),
            (Some(_), Consistency::Eventual) => Err(ServiceError::index_backfilling(name)),
        }
    }

    /// The key by which this source is ordered.
    pub(super) fn key(&self) -> &'t KeySchema {
        self.index.map_or(&self.table.descriptor.key, |(_, index)| &index.key)
    }

    /// The rows to look at; others are passed over.
    pub(super) fn rows(&self) -> RowKind {
        self.index.map_or(RowKind::Item, |(ordinal, _)| RowKind::IndexEntry(ordinal))
    }

    /// The beginning of this source's rows in a partition.
    pub(super) fn rows_of(&self, partition: &Partition) -> Bytes {
        self.index.map_or_else(|| partition.items(), |(ordinal, _)| partition.index_entries(ordinal))
    }

    /// Whether what is asked for is not in the index, so that items have to be fetched from the table.
    pub(super) fn needs_items(&self, select: Option<Select>, projection: Option<&Projection>) -> bool {
        let Some((_, index)) = self.index else { return false };
        let held = |name: &str| projects(&self.table.descriptor.key, index, name);
        match (projection, select) {
            (Some(projection), _) => !projection.top_level_attributes().into_iter().all(held),
            (None, Some(Select::AllAttributes)) => index.projection != partita_model::Projection::All,
            (None, _) => false,
        }
    }

    /// `LastEvaluatedKey` after an item or entry.
    pub(super) fn continuation(&self, item: &StoredItem) -> Item {
        index::continuation(&self.table.descriptor.key, self.index.map(|(_, index)| index), item)
    }

    /// The number of attributes that a start key has.
    pub(super) fn start_key_length(&self) -> usize {
        let table = &self.table.descriptor.key;
        let more = |attribute: &&KeyAttribute| !table.contains(&attribute.name);
        table.attributes().count()
            + self.index.map_or(0, |(_, index)| index.key.attributes().filter(more).count())
    }

    /// The row at which a start key stands, there or not; `None` when the start key has other attributes or types than the key
    /// it continues.
    pub(super) fn start_row(&self, given: &Item) -> Option<Bytes> {
        if given.len() != self.start_key_length() {
            return None;
        }
        let key = KeyValues::of_item(&self.table.descriptor.key, given)?;
        let key = ItemKey::new(self.table.id(), key)?;
        let Some((ordinal, index)) = self.index else { return Some(key.row().clone()) };
        let range = KeyValues::of_item(&index.key, given)?.range?;
        Some(key.index_row(ordinal, &encode_scalar(range)?))
    }
}

//! A table as the engine serves it.

use std::sync::{Arc, OnceLock};

use partita_model::codec::StoredItem;
use partita_model::schema::{GlobalIndex, LocalIndex};
use partita_model::{Item, TableDescriptor, TableId};

use crate::expiry::Expiring;
use crate::global::{Backlog, Recording};
use crate::row::{ItemKey, KeyValues};
use crate::statistics::Stripes;
use crate::{Error, index, row};

/// One generation of a table's descriptor, with the state that all generations share.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) descriptor: TableDescriptor,
    pub(crate) stripes: Arc<Stripes>,
    pub(crate) expiring: Arc<Expiring>,
    /// Of the global indexes; none before the first one.
    pub(crate) backlog: Arc<OnceLock<Backlog>>,
    pub(crate) recording: Arc<Recording>,
}

impl Table {
    pub(crate) fn new(descriptor: TableDescriptor) -> Self {
        Self {
            descriptor,
            stripes: Arc::default(),
            expiring: Arc::default(),
            backlog: Arc::default(),
            recording: Arc::default(),
        }
    }

    /// The same table under a newer descriptor.
    pub(crate) fn with_descriptor(&self, descriptor: TableDescriptor) -> Self {
        Self {
            descriptor,
            stripes: Arc::clone(&self.stripes),
            expiring: Arc::clone(&self.expiring),
            backlog: Arc::clone(&self.backlog),
            recording: Arc::clone(&self.recording),
        }
    }

    pub(crate) fn id(&self) -> TableId {
        self.descriptor.id
    }

    /// Local indexes with their ordinals.
    pub(crate) fn local_indexes(&self) -> impl Iterator<Item = (u8, &LocalIndex)> {
        // An ordinal fits: the number of local indexes is checked when a descriptor is applied.
        self.descriptor.local_indexes.iter().enumerate().map(|(ordinal, index)| (ordinal as u8, index))
    }

    /// Whether items of one partition form a collection whose size counts.
    pub(crate) fn has_local_indexes(&self) -> bool {
        !self.descriptor.local_indexes.is_empty()
    }

    /// The global indexes that have rows.
    pub(crate) fn maintained_indexes(&self) -> impl Iterator<Item = &GlobalIndex> {
        self.descriptor.global_indexes.iter().filter(|index| index.is_maintained())
    }

    /// Whether there is a global index that follows the change log.
    pub(crate) fn has_maintained_indexes(&self) -> bool {
        self.maintained_indexes().next().is_some()
    }

    /// The key attributes of one of this table's items.
    pub(crate) fn keys_of(&self, item: &StoredItem) -> Item {
        index::continuation(&self.descriptor.key, None, item)
    }

    /// The place of an item that was read from one of this table's rows.
    pub(crate) fn stored_key(&self, row_key: &[u8], item: &StoredItem) -> Result<ItemKey, Error> {
        KeyValues::of_item(&self.descriptor.key, &self.keys_of(item))
            .and_then(|key| ItemKey::new(self.id(), key))
            .ok_or_else(|| row::corrupt(row_key))
    }
}

//! What the change records of a table have to say.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use partita_model::schema::GlobalIndex;
use partita_storage::Shard;

use super::READER;
use super::moves::{EntryMove, ItemMoves};
use crate::table::Table;
use crate::write::ItemChange;

/// What all generations of a table's descriptor record. It is read by commits that hold one of the table's stripes: whoever asks for more
/// lets these end ([`Stripes::drain`](crate::statistics::Stripes::drain)) before relying on it.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// Whether a reader wants to see items, and not only what becomes of index entries.
    images: AtomicBool,
    indexes: RwLock<Arc<[GlobalIndex]>>,
}

impl Recording {
    /// Lets records tell of the entries of these indexes, and of no others.
    pub(crate) fn of(&self, indexes: impl Iterator<Item = GlobalIndex>) {
        *self.indexes.write().unwrap_or_else(PoisonError::into_inner) = indexes.collect();
    }

    /// Lets records tell of the entries of these indexes too.
    pub(crate) fn add<'i>(&self, indexes: impl Iterator<Item = &'i GlobalIndex>) {
        let known = self.indexes();
        let new = indexes.filter(|index| known.iter().all(|known| known.id != index.id)).cloned();
        self.of(known.iter().cloned().chain(new));
    }

    /// Lets records hold both images of their items.
    pub(crate) fn want_images(&self) {
        self.images.store(true, Ordering::Relaxed);
    }

    /// Lets records hold what the open readers of the table's log want.
    pub(crate) fn follow_readers(&self, shard: &Shard, table: &Table) {
        let readers = shard.log_readers(table.id());
        let images = readers.iter().any(|reader| reader.closed_at.is_none() && reader.name != READER);
        self.images.store(images, Ordering::Relaxed);
    }

    /// Whether records hold images: always where no index would make anything of a record.
    pub(crate) fn has_images(&self) -> bool {
        self.images.load(Ordering::Relaxed) || self.indexes().is_empty()
    }

    /// What a write does to entries; `None` when the table has no index.
    pub(crate) fn moves(&self, change: &ItemChange) -> Option<ItemMoves> {
        let indexes = self.indexes();
        if indexes.is_empty() {
            return None;
        }
        let entries = indexes.iter().filter_map(|index| {
            match change.entries.iter().find(|(id, _)| *id == index.id) {
                Some((_, entry)) => entry.clone(),
                // The index joined after the write had found its table.
                None => {
                    let images = [change.images.before.as_ref(), change.images.after.as_ref()];
                    EntryMove::between(&change.table.descriptor.key, index, &change.key, images)
                }
            }
        });
        Some(ItemMoves { item: change.key.row().clone(), entries: entries.collect() })
    }

    fn indexes(&self) -> Arc<[GlobalIndex]> {
        Arc::clone(&self.indexes.read().unwrap_or_else(PoisonError::into_inner))
    }
}

//! Global secondary indexes: what the table engine has to do with them.
//!
//! A write only records what it changes; entries follow it from the change log. This module makes entries of items and knows how
//! far an index is built. Who moves when, and in how large steps, is `partita-index`'s business.
//!
//! ```text
//!  change log ──▶ IndexStates::follow ───┐
//!                                        ├──▶ rows, statistics and progress of all indexes in one batch, with the cursor
//!  items ───────▶ IndexStates::build ────┘
//! ```
//!
//! Invariants, with *c* the reader's cursor in the table's log:
//! - An index that is built holds the projection of every item as it was at *c*, and its statistics count just that. After a crash, or
//!   far behind, it may hold a later state of items that were changed after *c*, or nothing (`moves.rs` says why that settles).
//! - An index that is being built holds it of the items that the build has come by (`BuildState` says which, and as of when),
//!   and of no others.
//! - A record tells of every index whose build began before it was made (`Recording`).
//! - Rows, statistics, progress and the cursor change in one batch, and one task makes these batches. So a record or an item is
//!   counted once whatever happens in between, and none of this has to be read before it is written.
//! - An entry is never durable before the item it comes from: its batch comes later in the same log.

mod backlog;
mod build;
mod moves;
mod recording;
mod states;

use partita_model::codec::StoredItem;
use partita_model::key::write_scalar;
use partita_model::limits::{HASH_KEY_BYTES_MAX, RANGE_KEY_BYTES_MAX};
use partita_model::schema::{GlobalIndex, KeyAttribute};
use partita_model::size::value_size;
use partita_model::{AttributeValue, KeySchema};

use crate::index::{Entry, EntryChange, Shape};
use crate::row::{ItemKey, ItemValue, Partition};

pub use backlog::{BACKLOG_RECORDS_MAX, IndexLag};
pub use states::{Followed, IndexStates, IndexedTable};

pub(crate) use backlog::Backlog;
pub(crate) use build::BuildState;
pub(crate) use moves::EntryMove;
pub(crate) use recording::Recording;
pub(crate) use states::stored;

/// The name under which global indexes read the change log: one reader for all indexes of a table.
pub const READER: &str = "indexes";

impl Entry {
    /// The entry of `item` in a global index; `None` when the index does not hold it: a key attribute is missing, of another type,
    /// empty, or they are too long.
    pub(crate) fn of_global(
        schema: &KeySchema,
        index: &GlobalIndex,
        key: &ItemKey,
        item: &ItemValue,
    ) -> Option<Self> {
        let hash = key_values(&index.hash, HASH_KEY_BYTES_MAX, item.item())?;
        let range = key_values(&index.range, RANGE_KEY_BYTES_MAX, item.item())?;
        let partition = Partition::of(index.id, &Vec::from_iter(&hash))?;
        let mut sort = Vec::new();
        for value in &range {
            write_scalar(value, &mut sort)?;
        }
        let row = key.global_row(&partition, &sort);
        Some(Self { row, value: Shape::from(index).project(schema, item) })
    }
}

impl EntryChange {
    /// What becomes of the entry of an item in a global index when the item changes.
    pub(crate) fn of_global(
        schema: &KeySchema,
        index: &GlobalIndex,
        key: &ItemKey,
        [before, after]: [Option<&ItemValue>; 2],
    ) -> Self {
        let entry = |item: &ItemValue| Entry::of_global(schema, index, key, item);
        Self { before: before.and_then(entry), after: after.and_then(entry) }
    }
}

/// The values of key attributes, if all of them can be part of an index key and are together not too long.
fn key_values(
    attributes: &[KeyAttribute],
    bytes_max: usize,
    item: &StoredItem,
) -> Option<Vec<AttributeValue>> {
    let mut values = Vec::with_capacity(attributes.len());
    let mut bytes = 0;
    for attribute in attributes {
        let value = item.get(&attribute.name)?;
        if value.attribute_type() != attribute.scalar.attribute_type() {
            return None;
        }
        let value = value.decode();
        let size = value_size(&value);
        // Of key types only a string or binary of no bytes has none.
        if size == 0 {
            return None;
        }
        bytes += size;
        values.push(value);
    }
    (bytes <= bytes_max).then_some(values)
}

#[cfg(test)]
mod tests;

//! Item counts and sizes that are exact at every moment and survive a crash.
//!
//! A table's statistics are kept as a sum over [`STRIPES`] rows, chosen by the first bits of the partition hash. Each write
//! puts its stripe's new figures into the same batch as the item, so they are as durable as the item and need no
//! recovery, no recount and no flush. The price is one row of some thirty bytes in each batch, and that writes whose
//! partitions share a stripe are committed to memory one after the other; they are made durable together all the same.
//! The alternatives were worse: one row for a table would serialise all its writes, and a merge at open needs a scan or
//! an operator that every store would have to know.
//!
//! A stripe is a range of hashes, so a table that is split between stripes keeps exact statistics on both sides.
//!
//! ```text
//! value   01 | (items, 8 BE | bytes, 8 BE) for the table | the same for each local index, by ordinal
//! ```

use std::sync::{Arc, OnceLock};

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::TableId;
use partita_model::descriptor::Statistics;
use partita_model::limits::{LOCAL_INDEXES_MAX, STORED_OVERHEAD_BYTES};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::Error;
use crate::row::{self, VALUE_VERSION};

/// Stripes of a table: enough that writes seldom wait for each other, few enough to add up when a table is described.
pub(crate) const STRIPES: u8 = 64;

/// Slot 0 is the table's, slot `1 + ordinal` a local index's.
const SLOTS: usize = 1 + LOCAL_INDEXES_MAX;

/// Counts of a table and its local indexes, of one stripe or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    slots: [Statistics; SLOTS],
}

/// What one write does to a tally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TallyChange {
    slots: [Delta; SLOTS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Delta {
    items: i64,
    bytes: i64,
}

impl TallyChange {
    /// The table's item changes from one size to another; `None` is no item.
    pub(crate) fn item(&mut self, before: Option<usize>, after: Option<usize>) {
        self.slots[0].change(before, after);
    }

    /// The item's entry in a local index changes from one size to another.
    pub(crate) fn index_entry(&mut self, ordinal: u8, before: Option<usize>, after: Option<usize>) {
        if let Some(slot) = self.slots.get_mut(1 + usize::from(ordinal)) {
            slot.change(before, after);
        }
    }

    /// Adds what another write of the same batch does.
    pub(crate) fn add(&mut self, other: &Self) {
        for (slot, more) in self.slots.iter_mut().zip(&other.slots) {
            slot.items += more.items;
            slot.bytes += more.bytes;
        }
    }

    /// By how much the item collection grows: the item and all its entries, as stored.
    pub(crate) fn bytes(&self) -> i64 {
        self.slots.iter().map(|slot| slot.bytes).sum()
    }
}

impl Delta {
    fn change(&mut self, before: Option<usize>, after: Option<usize>) {
        self.items += i64::from(after.is_some()) - i64::from(before.is_some());
        self.bytes += stored_bytes(after) - stored_bytes(before);
    }
}

/// An item or entry with the overhead that stored-size figures add.
fn stored_bytes(size: Option<usize>) -> i64 {
    // An item is at most 400 KB; the sum cannot overflow.
    size.map_or(0, |size| size as i64 + STORED_OVERHEAD_BYTES as i64)
}

impl Tally {
    /// The figures of a global index, which has one row and no local indexes.
    pub(crate) fn of(statistics: Statistics) -> Self {
        let mut tally = Self::default();
        tally.slots[0] = statistics;
        tally
    }

    /// The figures of the table.
    pub(crate) fn table(&self) -> Statistics {
        self.slots[0]
    }

    /// The figures of a local index.
    pub(crate) fn index(&self, ordinal: usize) -> Statistics {
        self.slots.get(1 + ordinal).copied().unwrap_or_default()
    }

    /// The figures after a write; `None` when one would fall below zero, so that they must have been wrong.
    pub(crate) fn changed(mut self, change: &TallyChange) -> Option<Self> {
        for (slot, delta) in self.slots.iter_mut().zip(&change.slots) {
            slot.item_count = slot.item_count.checked_add_signed(delta.items)?;
            slot.size_bytes = slot.size_bytes.checked_add_signed(delta.bytes)?;
        }
        Some(self)
    }

    /// Adds another stripe's figures.
    pub(crate) fn add(&mut self, other: &Self) {
        for (slot, more) in self.slots.iter_mut().zip(&other.slots) {
            slot.item_count = slot.item_count.saturating_add(more.item_count);
            slot.size_bytes = slot.size_bytes.saturating_add(more.size_bytes);
        }
    }

    /// The row's value for a table with that many local indexes.
    pub(crate) fn value(&self, local_indexes: usize) -> Bytes {
        let slots = self.slots.iter().take(1 + local_indexes);
        let mut value = BytesMut::with_capacity(1 + 16 * SLOTS);
        value.put_u8(VALUE_VERSION);
        for slot in slots {
            value.put_u64(slot.item_count);
            value.put_u64(slot.size_bytes);
        }
        value.freeze()
    }

    /// The figures in a row's value.
    pub(crate) fn read(key: &[u8], value: &[u8]) -> Result<Self, Error> {
        let (figures, rest) = row::body(key, value)?.as_chunks::<16>();
        if figures.is_empty() || figures.len() > SLOTS || !rest.is_empty() {
            return Err(row::corrupt(key));
        }
        let mut tally = Self::default();
        for (slot, figure) in tally.slots.iter_mut().zip(figures) {
            let figure = u128::from_be_bytes(*figure);
            // The high half is the count, the low half the bytes.
            slot.item_count = (figure >> 64) as u64;
            slot.size_bytes = figure as u64;
        }
        Ok(tally)
    }
}

/// The stripe of a partition.
pub(crate) fn stripe_of(partition_hash: [u8; 16]) -> u8 {
    partition_hash[0] / (u8::MAX / STRIPES + 1)
}

/// A table's stripes. Whoever holds one may commit writes of its partitions.
///
/// A stripe holds the figures last applied, or `None` when they have to be read from the store: at first, and
/// after a commit whose outcome is unknown. They are made when first written to, so that a table that nobody writes to
/// takes no memory for them.
#[derive(Debug, Default)]
pub(crate) struct Stripes {
    stripes: OnceLock<Box<[Stripe]>>,
}

/// The figures last applied, or `None` when they have to be read.
type Stripe = Arc<Mutex<Option<Tally>>>;

/// Holds a stripe until dropped.
pub(crate) type StripeGuard = OwnedMutexGuard<Option<Tally>>;

impl Stripes {
    /// Waits for a stripe.
    pub(crate) async fn acquire(&self, stripe: u8) -> StripeGuard {
        Arc::clone(&self.stripes()[usize::from(stripe % STRIPES)]).lock_owned().await
    }

    /// Lets every commit that holds a stripe end. Commits that come later see whatever was done before this call.
    pub(crate) async fn drain(&self) {
        for stripe in self.stripes() {
            drop(stripe.lock().await);
        }
    }

    /// Waits for all stripes: no write of the table is committed until they are dropped.
    pub(crate) async fn acquire_all(&self) -> Vec<StripeGuard> {
        let mut guards = Vec::with_capacity(usize::from(STRIPES));
        for stripe in 0..STRIPES {
            guards.push(self.acquire(stripe).await);
        }
        guards
    }

    fn stripes(&self) -> &[Stripe] {
        self.stripes.get_or_init(|| (0..STRIPES).map(|_| Arc::default()).collect())
    }
}

/// The keys of all rows that a table's statistics may have.
pub(crate) fn rows(table: TableId) -> impl Iterator<Item = Bytes> {
    (0..STRIPES).map(move |stripe| row::statistics(table, stripe))
}

#[cfg(test)]
mod tests;

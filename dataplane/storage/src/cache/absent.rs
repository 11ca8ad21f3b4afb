//! Knows of young tables which rows they lack.
//!
//! Whoever writes an item reads it first, and the rows of a table that is being filled are not there yet: the engine would look
//! for each of them in every file it has. So for a table that was made while the store was open, every key that is ever written
//! is noted in a Bloom filter; a key that is not in it was never written. Tables that were found when the store was opened, and
//! those that outgrew their filter, are looked up in the engine as ever.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use fastbloom::AtomicBloomFilter;
use partita_model::TableId;

use crate::space::{self, TABLE_ROWS};

/// The keys that the first filter of a table is made for. Each further one is made for twice as many: a small table has
/// small filters, and a large one not many.
const FIRST_KEYS: usize = 4096;

/// Bits for each key. With 10, one lookup of a hundred that could be answered here is not.
const BITS_PER_KEY: usize = 10;

/// What all filters may take, in bytes: three million keys, a little more than one percent of the usual caches.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The tables that were made while the store was open, and the keys that were written to them.
#[derive(Debug, Default)]
pub(super) struct Absent {
    tables: RwLock<HashMap<TableId, Arc<Written>>>,
    /// What the filters take, in bytes.
    bytes: AtomicUsize,
}

/// The keys that were written to a table.
#[derive(Debug, Default)]
struct Written {
    filters: RwLock<Vec<Filter>>,
}

#[derive(Debug)]
struct Filter {
    keys: AtomicBloomFilter,
    /// How many were noted, some of them twice.
    noted: AtomicUsize,
    /// For how many it was made.
    room: usize,
}

impl Filter {
    fn new(room: usize) -> Self {
        let keys = AtomicBloomFilter::with_num_bits(room * BITS_PER_KEY).expected_items(room);
        Self { keys, noted: AtomicUsize::new(0), room }
    }

    fn bytes(room: usize) -> usize {
        room * BITS_PER_KEY / 8
    }

    /// False when there is no room for another key.
    fn note(&self, hash: u64) -> bool {
        let room = self.noted.fetch_add(1, Ordering::Relaxed) < self.room;
        if room {
            self.keys.insert_hash(hash);
        }
        room
    }
}

impl Absent {
    /// A table was made that has no rows, and none are under way.
    pub(super) fn created(&self, table: TableId) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.entry(table).or_default();
    }

    /// The table is not read any more.
    pub(super) fn forget(&self, table: TableId) {
        let forgotten = self.tables.write().unwrap_or_else(PoisonError::into_inner).remove(&table);
        let Some(written) = forgotten else { return };
        let filters = written.filters.read().unwrap_or_else(PoisonError::into_inner);
        let bytes = filters.iter().map(|filter| Filter::bytes(filter.room)).sum();
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// True when the row with this key, which hashes to `hash`, was never written.
    pub(super) fn lacks(&self, key: &[u8], hash: u64) -> bool {
        self.written(key).is_some_and(|(_, written)| {
            let filters = written.filters.read().unwrap_or_else(PoisonError::into_inner);
            !filters.iter().any(|filter| filter.keys.contains_hash(hash))
        })
    }

    /// The row with this key, which hashes to `hash`, is going to be written.
    pub(super) fn note(&self, key: &[u8], hash: u64) {
        let Some((table, written)) = self.written(key) else { return };
        if !written.note(hash) && !self.grow(table, hash) {
            self.forget(table);
        }
    }

    /// Notes a key for which the table's filters have no room; false when there may be no more of them.
    fn grow(&self, table: TableId, hash: u64) -> bool {
        // Held to the end, so that the table is not forgotten meanwhile and the new filter with it.
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        let Some(written) = tables.get(&table) else { return true };
        let mut filters = written.filters.write().unwrap_or_else(PoisonError::into_inner);
        if filters.last().is_some_and(|newest| newest.note(hash)) {
            return true;
        }
        let room = filters.last().map_or(FIRST_KEYS, |filter| filter.room * 2);
        let bytes = self.bytes.fetch_add(Filter::bytes(room), Ordering::Relaxed) + Filter::bytes(room);
        if bytes > BYTES_MAX {
            self.bytes.fetch_sub(Filter::bytes(room), Ordering::Relaxed);
            return false;
        }
        let filter = Filter::new(room);
        filter.note(hash);
        filters.push(filter);
        true
    }

    fn written(&self, key: &[u8]) -> Option<(TableId, Arc<Written>)> {
        let (TABLE_ROWS, table, _) = space::split(key)? else { return None };
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        Some((table, Arc::clone(tables.get(&table)?)))
    }
}

impl Written {
    /// False when there is no room for another key.
    fn note(&self, hash: u64) -> bool {
        let filters = self.filters.read().unwrap_or_else(PoisonError::into_inner);
        // Written again: it takes no room.
        if filters.iter().any(|filter| filter.keys.contains_hash(hash)) {
            return true;
        }
        filters.last().is_some_and(|newest| newest.note(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: TableId = TableId(7);

    fn key(table: TableId, number: u64) -> Vec<u8> {
        space::table_key(TABLE_ROWS, table, &number.to_be_bytes()).to_vec()
    }

    fn hash(number: u64) -> u64 {
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xd6e8_feb8_6659_fd93)
    }

    #[test]
    fn a_written_key_is_never_taken_for_absent() {
        let absent = Absent::default();
        assert!(!absent.lacks(&key(TABLE, 0), hash(0)), "nothing is known of other tables");
        absent.created(TABLE);
        assert!(absent.lacks(&key(TABLE, 0), hash(0)));
        let written = 5 * FIRST_KEYS as u64;
        for number in 0..written {
            absent.note(&key(TABLE, number), hash(number));
            absent.note(&key(TABLE, number / 2), hash(number / 2));
        }
        assert!((0..written).all(|number| !absent.lacks(&key(TABLE, number), hash(number))));
        let lacking =
            (written..2 * written).filter(|&number| absent.lacks(&key(TABLE, number), hash(number)));
        assert!(lacking.count() as u64 * 100 > written * 95);
        absent.created(TABLE);
        assert!(!absent.lacks(&key(TABLE, 0), hash(0)), "it is young once only");
    }

    #[test]
    fn a_table_that_outgrew_its_filters_is_forgotten_and_gives_its_room_back() {
        let absent = Absent::default();
        absent.created(TABLE);
        let mut number = 0;
        while absent.written(&key(TABLE, 0)).is_some() {
            assert!(absent.bytes.load(Ordering::Relaxed) <= BYTES_MAX);
            absent.note(&key(TABLE, number), hash(number));
            assert!(!absent.lacks(&key(TABLE, number), hash(number)));
            number += 1;
        }
        assert!((1_000_000..5_000_000).contains(&number), "{number}");
        assert_eq!(absent.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_table_that_is_gone_gives_its_room_back() {
        let absent = Absent::default();
        absent.created(TABLE);
        absent.note(&key(TABLE, 1), hash(1));
        assert_eq!(absent.bytes.load(Ordering::Relaxed), Filter::bytes(FIRST_KEYS));
        absent.forget(TABLE);
        assert_eq!(absent.bytes.load(Ordering::Relaxed), 0);
        assert!(!absent.lacks(&key(TABLE, 2), hash(2)));
    }
}

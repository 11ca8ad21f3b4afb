//! The kept rows: a map that holds so many bytes and no more.

use ahash::RandomState;
use bytes::Bytes;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

/// What a row takes besides its key and its value, in bytes: its place in the map, some hundred bytes, and half a place that
/// growth keeps free.
const ROW_OVERHEAD_BYTES: usize = 160;

/// How many parts the map has, each with a lock of its own: enough that the threads of a large machine seldom meet.
const PARTS: usize = 16;

/// Bytes of a row in a cache of large ones. The map remembers half as many evicted keys as rows of this size fit in,
/// so that what comes back soon is recognized; a memory of an evicted key takes as much as a place in the map.
const ROW_BYTES_LARGE: usize = 4096;

/// What a row was at a sequence.
#[derive(Debug, Clone)]
pub(super) struct KeptRow {
    /// `None` when there is no such row.
    pub(super) value: Option<Bytes>,
    /// This version is durable when this sequence is.
    pub(super) sequence: u64,
}

/// Rows by key, of which those that are seldom read make room for others.
pub(super) struct Rows {
    rows: Cache<Box<[u8]>, KeptRow, Bytewise, RandomState>,
}

#[derive(Debug, Clone)]
struct Bytewise;

impl Weighter<Box<[u8]>, KeptRow> for Bytewise {
    fn weight(&self, key: &Box<[u8]>, row: &KeptRow) -> u64 {
        let value = row.value.as_ref().map_or(0, |value| allocated(value.len()));
        (allocated(key.len()) + value + ROW_OVERHEAD_BYTES) as u64
    }
}

/// What `bytes` take in memory: allocators have few sizes, ours four between one power of two and the next. An item of
/// 1 KiB takes 1.25 KiB.
fn allocated(bytes: usize) -> usize {
    let steps = bytes.next_power_of_two() / 8;
    bytes.next_multiple_of(steps.max(16))
}

impl Rows {
    /// Room for so many bytes. None of them is allocated yet.
    pub(super) fn new(bytes: usize) -> Self {
        let options = OptionsBuilder::new()
            .shards(PARTS)
            .estimated_items_capacity(bytes / ROW_BYTES_LARGE)
            .weight_capacity(bytes as u64)
            .build()
            .expect("both capacities are given");
        let rows = Cache::with_options(options, Bytewise, RandomState::new(), DefaultLifecycle::default());
        Self { rows }
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<KeptRow> {
        self.rows.get(key)
    }

    /// Copies both: a row from the engine is a part of a block, and one from a batch may be part of a request.
    pub(super) fn keep(&self, key: &[u8], value: Option<&Bytes>, sequence: u64) {
        let value = value.map(|value| Bytes::copy_from_slice(value));
        self.rows.insert(key.into(), KeptRow { value, sequence });
    }

    /// Returns whether it was there.
    pub(super) fn remove(&self, key: &[u8]) -> bool {
        self.rows.remove(key).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_what_the_allocator_gives_it() {
        let sizes = [0, 1, 16, 17, 64, 65, 128, 129, 1024, 1025, 1280, 1281, 8200];
        let taken = [0, 16, 16, 32, 64, 80, 128, 160, 1024, 1280, 1280, 1536, 10240];
        assert_eq!(sizes.map(allocated), taken);
    }
}

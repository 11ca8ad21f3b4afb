//! Item collections: those that clients write to, those that rest until they are looked at, and those that nobody writes to any more.
//!
//! A collection lives for a bounded number of operations, so that its history is decided in a blink; then another takes its place, and the
//! archive remembers what it must hold for ever.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::history::Entry;
use super::inspect::Rows;
use super::item::Item;
use super::requests::KEYS;

#[cfg(test)]
mod tests;

/// Collections that clients choose from: enough to use several item latches, few enough that clients meet.
const LIVE: usize = 24;
/// Operations after which a collection rests. The checker decides such a history in milliseconds.
const OPERATIONS_MAX: u32 = 400;
/// Bytes of what the archive holds; a scan of it takes some tenths of a second, and it is scanned after every restart.
const ARCHIVE_BYTES_MAX: u64 = 6 << 20;

/// The items of one partition key, and all that was done to them.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) name: String,
    operations: AtomicU32,
    /// The counts last seen: guesses, for conditions that often hold.
    counts: [AtomicI64; KEYS],
    history: Mutex<Vec<Entry>>,
}

impl Collection {
    fn new(number: u64) -> Self {
        Self {
            name: format!("c-{number}"),
            operations: AtomicU32::new(0),
            counts: Default::default(),
            history: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn count_seen(&self, key: usize) -> i64 {
        self.counts.get(key).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    pub(super) fn see_count(&self, key: usize, count: i64) {
        if let Some(seen) = self.counts.get(key) {
            seen.store(count, Ordering::Relaxed);
        }
    }

    pub(super) fn record(&self, entry: Entry) {
        locked(&self.history).push(entry);
    }

    /// The history, which the collection forgets.
    pub(super) fn take_history(&self) -> Vec<Entry> {
        std::mem::take(&mut locked(&self.history))
    }
}

/// The collections in use.
#[derive(Debug)]
pub(super) struct Stock {
    live: Mutex<Vec<Arc<Collection>>>,
    resting: Mutex<Vec<Arc<Collection>>>,
    made: AtomicU64,
}

impl Stock {
    pub(super) fn new() -> Self {
        let live = (0..LIVE as u64).map(|number| Arc::new(Collection::new(number))).collect();
        Self { live: Mutex::new(live), resting: Mutex::default(), made: AtomicU64::new(LIVE as u64) }
    }

    /// A collection for one more operation; some are chosen much more often than others.
    pub(super) fn pick(&self, rng: &mut StdRng) -> Arc<Collection> {
        let mut live = locked(&self.live);
        let most = rng.random_range(0..LIVE);
        let chosen = rng.random_range(0..=most);
        let slot = &mut live[chosen];
        let picked = Arc::clone(slot);
        if picked.operations.fetch_add(1, Ordering::Relaxed) >= OPERATIONS_MAX {
            *slot = Arc::new(Collection::new(self.made.fetch_add(1, Ordering::Relaxed)));
            locked(&self.resting).push(Arc::clone(&picked));
        }
        picked
    }

    pub(super) fn live(&self) -> Vec<Arc<Collection>> {
        locked(&self.live).clone()
    }

    /// The collections that have had their last write; the stock forgets them. Call it when no client runs.
    pub(super) fn take_resting(&self) -> Vec<Arc<Collection>> {
        std::mem::take(&mut locked(&self.resting))
    }

    /// Lets all of them rest.
    pub(super) fn rest_all(&self) {
        locked(&self.resting).extend(locked(&self.live).drain(..));
    }
}

/// What collections hold that nobody writes to any more, oldest first.
#[derive(Debug, Default)]
pub(super) struct Archive {
    collections: VecDeque<(String, BTreeMap<usize, Item>)>,
    bytes: u64,
}

impl Archive {
    pub(super) fn add(&mut self, name: &str, items: BTreeMap<usize, Item>) {
        self.bytes += bytes(name, &items);
        self.collections.push_back((name.to_owned(), items));
    }

    /// Takes out the oldest until it is small enough again.
    pub(super) fn overflow(&mut self) -> Vec<(String, BTreeMap<usize, Item>)> {
        let mut out = Vec::new();
        while self.bytes > ARCHIVE_BYTES_MAX
            && let Some((name, items)) = self.collections.pop_front()
        {
            self.bytes -= bytes(&name, &items);
            out.push((name, items));
        }
        out
    }

    /// What a table with these rows has lost, changed or brought back; `others` are the names that may have rows as well.
    pub(super) fn faults(&self, table: &Rows, others: &BTreeSet<&str>) -> Vec<String> {
        let mut expected = Rows::new();
        for (name, items) in &self.collections {
            expected.extend(items.iter().map(|(key, item)| ((name.clone(), *key), item.clone())));
        }
        let mut found = Vec::new();
        for ((name, key), item) in &expected {
            let now = table.get(&(name.clone(), *key));
            if now != Some(item) {
                found.push(format!("{name} {key} was at rest as {item:?} and is now {now:?}"));
            }
        }
        for ((name, key), item) in table {
            if !others.contains(name.as_str()) && !expected.contains_key(&(name.clone(), *key)) {
                found.push(format!("{name} {key} is {item:?} and should be absent"));
            }
        }
        found
    }
}

fn bytes(name: &str, items: &BTreeMap<usize, Item>) -> u64 {
    items.iter().map(|(key, item)| item.stored_bytes(name, *key)).sum()
}

/// A lock whose holder panicked guards plain lists, which are whole all the same.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

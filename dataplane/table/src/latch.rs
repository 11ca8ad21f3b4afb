//! Latches: who may read, check and write an item right now.
//!
//! A latch is held from reading an item until its change is in the shard's memory, never while waiting for durability, so that
//! writes to one item follow each other at memory speed and share a sync. Latches are a fixed set; an item's latch is chosen
//! by hash. Two items that share one only wait for each other, they never deadlock: latches are taken in the order items,
//! collections, statistics stripes, and whoever takes several of one set takes them at once, in the order of the set and each
//! one once ([`Latches::acquire_all`]).
//!
//! A latch counts the writes that were made under it. Whoever finds the same count twice knows that none of its items has
//! changed between the two looks.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Latches of one set. Enough that the few hundred writes a shard has between read and memory-apply at one time rarely meet
/// by chance, at 64 bytes each.
const LATCHES: usize = 4096;

/// A fixed set of fair latches. Waiters are served first come, first served.
#[derive(Debug)]
pub(crate) struct Latches {
    latches: Box<[Arc<Mutex<u64>>]>,
}

/// Holds a latch until dropped; the number is the count of writes.
pub(crate) type LatchGuard = OwnedMutexGuard<u64>;

impl Latches {
    pub(crate) fn new() -> Self {
        Self { latches: (0..LATCHES).map(|_| Arc::default()).collect() }
    }

    /// Waits for the latch of `subject`. Safe to cancel: nothing is held then.
    pub(crate) async fn acquire(&self, subject: &impl Hash) -> LatchGuard {
        self.lock(slot(subject)).await
    }

    /// Waits for the latches of all subjects. Subjects may share a latch, so there may be fewer. Safe to cancel.
    pub(crate) async fn acquire_all<S: Hash>(
        &self,
        subjects: impl IntoIterator<Item = S>,
    ) -> Vec<LatchGuard> {
        let mut slots: Vec<usize> = subjects.into_iter().map(|subject| slot(&subject)).collect();
        slots.sort_unstable();
        slots.dedup();
        let mut guards = Vec::with_capacity(slots.len());
        for slot in slots {
            guards.push(self.lock(slot).await);
        }
        guards
    }

    async fn lock(&self, slot: usize) -> LatchGuard {
        Arc::clone(&self.latches[slot]).lock_owned().await
    }
}

/// Where the latch of `subject` stands.
fn slot(subject: &impl Hash) -> usize {
    let mut hasher = DefaultHasher::new();
    subject.hash(&mut hasher);
    (hasher.finish() % LATCHES as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two subjects of one latch.
    fn twins() -> (u64, u64) {
        let other = (1..).find(|other| slot(other) == slot(&0_u64)).unwrap();
        (0, other)
    }

    #[tokio::test]
    async fn subjects_that_share_a_latch_take_it_once() {
        let (one, other) = twins();
        let latches = Latches::new();
        assert_eq!(latches.acquire_all([one, other, one]).await.len(), 1);
    }

    #[tokio::test]
    async fn several_latches_are_taken_in_one_order() {
        let latches = Latches::new();
        let subjects: Vec<u64> = (0..100).collect();
        let guards = latches.acquire_all(subjects.iter().rev()).await;
        let distinct: std::collections::BTreeSet<_> = subjects.iter().map(slot).collect();
        let taken: Vec<_> = guards.iter().map(|guard| Arc::as_ptr(OwnedMutexGuard::mutex(guard))).collect();
        let expected: Vec<_> = distinct.iter().map(|&slot| Arc::as_ptr(&latches.latches[slot])).collect();
        assert_eq!(taken, expected);
    }

    #[tokio::test]
    async fn a_count_is_kept_with_its_latch() {
        let latches = Latches::new();
        *latches.acquire(&1).await += 1;
        assert_eq!(*latches.acquire(&1).await, 1);
    }
}

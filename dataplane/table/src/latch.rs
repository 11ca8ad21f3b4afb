//! Latches: who may read, check and write an item right now.
//!
//! A latch is held from reading an item until its change is in the shard's memory, never while waiting for durability, so that
//! writes to one item follow each other at memory speed and share a sync. Latches are a fixed set; an item's latch is chosen
//! by hash. Two items that share one only wait for each other, they never deadlock: a write holds at most one latch of each
//! set, taken in the order item, collection, statistics stripe.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Latches of one set. Enough that the few hundred writes a shard has between read and memory-apply at one time rarely meet
/// by chance, at 64 bytes each.
const LATCHES: usize = 4096;

/// A fixed set of fair latches. Waiters are served first come, first served.
#[derive(Debug)]
pub(crate) struct Latches {
    latches: Box<[Arc<Mutex<()>>]>,
}

/// Holds a latch until dropped.
pub(crate) type LatchGuard = OwnedMutexGuard<()>;

impl Latches {
    pub(crate) fn new() -> Self {
        Self { latches: (0..LATCHES).map(|_| Arc::new(Mutex::new(()))).collect() }
    }

    /// Waits for the latch of `subject`. Safe to cancel: nothing is held then.
    pub(crate) async fn acquire(&self, subject: &impl Hash) -> LatchGuard {
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        let chosen = (hasher.finish() % LATCHES as u64) as usize;
        Arc::clone(&self.latches[chosen]).lock_owned().await
    }
}

//! Who leaves when all places are taken and one more caller comes: the connection that has waited longest without work.
//!
//! Connections stand in a line, and whoever is first in it is asked. One that has worked since it took its place goes to the end
//! instead, and the next is asked; so callers that hold connections and do nothing with them make room for those that work, however
//! many they are. A connection counts as working while an operation runs for it: not while it sends, however slowly.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// The line of one server.
#[derive(Default)]
pub(super) struct Crowd {
    // Wakes those who wait in the order in which they came.
    wanted: Notify,
}

/// What one connection has worked.
#[derive(Default)]
pub(super) struct Turns {
    /// Operations begun and operations ended: odd while one runs.
    count: AtomicU64,
    ended: Notify,
}

/// An operation that runs.
pub(super) struct Turn<'a>(&'a Turns);

impl Crowd {
    /// Asks for a place. It becomes free a little later.
    pub(super) fn make_room(&self) {
        self.wanted.notify_one();
    }

    /// Completes when the connection is to leave. To be polled after the connection itself, so that an answer is on its way first.
    pub(super) async fn asked_to_leave(&self, turns: &Turns) {
        loop {
            let before = turns.count();
            self.wanted.notified().await;
            if turns.count() == before && !turns.running() {
                return;
            }
            self.wanted.notify_one();
            turns.idle().await;
        }
    }
}

impl Turns {
    /// Counts an operation until the turn is dropped.
    pub(super) fn begin(&self) -> Turn<'_> {
        self.count.fetch_add(1, Ordering::Relaxed);
        Turn(self)
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn running(&self) -> bool {
        self.count() % 2 == 1
    }

    /// Completes when no operation runs. Operations and those who wait for them share a task, so that no end is missed.
    async fn idle(&self) {
        while self.running() {
            self.ended.notified().await;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
        self.0.ended.notify_waiters();
    }
}

//! Locks in memory: which items belong to a transaction under way.
//!
//! A lock is a row ([`super::rows::LockRow`]) and an entry here. The entry is made, under the item's latch, before the row
//! is written, and goes when the row's removal is durable; so whoever holds an item's latch and finds no entry knows that
//! there is no row. Transactions on one shard need no locks, and then looking costs one load.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use partita_model::TableId;
use partita_model::clock::UnixMillis;
use partita_storage::space;

use super::{ShardId, TransactionId};

/// The locks of a shard. Its mutex is held for look-ups and insertions, never while anything is awaited.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    /// Whether there ever was a lock.
    used: AtomicBool,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// By the item's row.
    items: HashMap<Bytes, TransactionId>,
    transactions: HashMap<TransactionId, Locked>,
}

/// What a transaction has locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    /// Where its outcome is to be asked for.
    pub(crate) ledger: ShardId,
    pub(crate) since: UnixMillis,
    /// The rows of the items.
    pub(crate) items: Vec<Bytes>,
}

impl Locks {
    /// Whether there is, or was, any lock.
    pub(crate) fn used(&self) -> bool {
        self.used.load(Ordering::Acquire)
    }

    /// Whose transaction an item belongs to. The caller holds the item's latch.
    pub(crate) fn holder(&self, item_row: &Bytes) -> Option<TransactionId> {
        if !self.used() {
            return None;
        }
        self.held().items.get(item_row).copied()
    }

    /// Locks items that no other transaction has. The caller holds their latches.
    pub(crate) fn lock(
        &self,
        transaction: TransactionId,
        ledger: ShardId,
        since: UnixMillis,
        items: impl IntoIterator<Item = Bytes>,
    ) {
        self.used.store(true, Ordering::Release);
        let held = &mut *self.held();
        let locked = held.transactions.entry(transaction);
        let locked = locked.or_insert_with(|| Locked { ledger, since, items: Vec::new() });
        for row in items {
            if held.items.insert(row.clone(), transaction).is_none() {
                locked.items.push(row);
            }
        }
    }

    /// What a transaction has locked; `None` when it has nothing.
    pub(crate) fn of(&self, transaction: TransactionId) -> Option<Locked> {
        self.held().transactions.get(&transaction).cloned()
    }

    /// Frees all items of a transaction.
    pub(crate) fn free(&self, transaction: TransactionId) {
        let held = &mut *self.held();
        for row in held.transactions.remove(&transaction).into_iter().flat_map(|locked| locked.items) {
            held.items.remove(&row);
        }
    }

    /// The rows of the items of a table that are locked.
    pub(crate) fn in_table(&self, table: TableId) -> Vec<Bytes> {
        let is_in = |row: &&Bytes| space::split(row).is_some_and(|(_, of, _)| of == table);
        self.held().items.keys().filter(is_in).cloned().collect()
    }

    /// The transactions that have been there since before `then`, with their ledger shards. A lock from the future is one of
    /// them: the clock was set back.
    pub(crate) fn stalled(&self, then: UnixMillis, now: UnixMillis) -> Vec<(TransactionId, ShardId)> {
        let is_stalled = |locked: &Locked| locked.since <= then || locked.since > now;
        let held = self.held();
        let stalled = held.transactions.iter().filter(|(_, locked)| is_stalled(locked));
        stalled.map(|(transaction, locked)| (*transaction, locked.ledger)).collect()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while holding the lock; if it did, the maps would still be whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: TransactionId = TransactionId::from_bytes([1; 16]);
    const TWO: TransactionId = TransactionId::from_bytes([2; 16]);

    fn row(name: &'static str) -> Bytes {
        Bytes::from_static(name.as_bytes())
    }

    #[test]
    fn items_are_locked_until_their_transaction_is_over() {
        let locks = Locks::default();
        assert!(!locks.used() && locks.holder(&row("a")).is_none());
        locks.lock(ONE, ShardId(9), UnixMillis(5), [row("a"), row("b")]);
        locks.lock(TWO, ShardId(9), UnixMillis(5), [row("c")]);
        // The same message twice.
        locks.lock(ONE, ShardId(9), UnixMillis(6), [row("a")]);
        let locked = Locked { ledger: ShardId(9), since: UnixMillis(5), items: vec![row("a"), row("b")] };
        assert_eq!(locks.of(ONE), Some(locked));
        locks.free(ONE);
        assert_eq!((locks.holder(&row("a")), locks.holder(&row("c"))), (None, Some(TWO)));
        assert_eq!(locks.of(ONE), None);
    }

    #[test]
    fn old_locks_and_those_of_the_future_are_stalled() {
        let locks = Locks::default();
        locks.lock(ONE, ShardId(3), UnixMillis(10), [row("a")]);
        assert_eq!(locks.stalled(UnixMillis(9), UnixMillis(14)), []);
        assert_eq!(locks.stalled(UnixMillis(10), UnixMillis(15)), [(ONE, ShardId(3))]);
        assert_eq!(locks.stalled(UnixMillis(2), UnixMillis(7)), [(ONE, ShardId(3))]);
    }
}

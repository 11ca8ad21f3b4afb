//! One change of a table at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use partita_model::TableName;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// A lock for each name that somebody is working on. It holds no more names than there are calls under way.
#[derive(Debug, Default)]
pub(crate) struct NameLocks {
    locks: Mutex<HashMap<TableName, Weak<AsyncMutex<()>>>>,
}

impl NameLocks {
    /// Waits until nobody else works on `name`. Waiters come in order; dropping the future gives up the place.
    pub(crate) async fn lock(&self, name: &TableName) -> OwnedMutexGuard<()> {
        self.lock_of(name).lock_owned().await
    }

    /// The lock of `name`, unless somebody else works on it.
    pub(crate) fn try_lock(&self, name: &TableName) -> Option<OwnedMutexGuard<()>> {
        self.lock_of(name).try_lock_owned().ok()
    }

    fn lock_of(&self, name: &TableName) -> Arc<AsyncMutex<()>> {
        // The map is whole after a panic too: each change of it is one call.
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(name).and_then(Weak::upgrade) {
            return lock;
        }
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::new(AsyncMutex::new(()));
        locks.insert(name.clone(), Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_held_by_one_and_forgotten_when_free() {
        let locks = NameLocks::default();
        let (a, b) = (TableName::new("a"), TableName::new("b"));
        let held = locks.lock(&a).await;
        assert!(locks.lock_of(&a).try_lock().is_err());
        let other = locks.lock(&b).await;
        drop(held);
        assert!(locks.lock_of(&a).try_lock().is_ok());
        drop(other);
        drop(locks.lock(&TableName::new("c")).await);
        assert_eq!(locks.locks.lock().unwrap().len(), 1, "free names are dropped when a new one comes");
    }
}

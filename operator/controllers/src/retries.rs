//! How long to wait before the next attempt, or the next look.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ObjectKey;

/// Wait after the first failure; it doubles with each further one.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// Longest wait after a failure: what was broken for long is taken up within this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// Waits in a row, by object, each twice as long as the one before. Bounded by the number of objects.
#[derive(Debug)]
pub struct Retries {
    first: Duration,
    longest: Duration,
    counts: BTreeMap<ObjectKey, u32>,
}

/// For what failed.
impl Default for Retries {
    fn default() -> Self {
        Self::between(RETRY_AFTER, RETRY_AFTER_MAX)
    }
}

impl Retries {
    /// Waits from `first` to `longest`.
    pub fn between(first: Duration, longest: Duration) -> Self {
        Self { first, longest, counts: BTreeMap::new() }
    }

    /// Counts once more, and tells how long to wait.
    pub fn again(&mut self, key: &ObjectKey) -> Duration {
        let count = self.counts.entry(key.clone()).or_insert(0);
        let wait = self.first.saturating_mul(2_u32.saturating_pow(*count)).min(self.longest);
        *count = count.saturating_add(1);
        wait
    }

    /// What was counted of the object counts no more.
    pub fn forgive(&mut self, key: &ObjectKey) {
        self.counts.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_forgiven() {
        let mut retries = Retries::default();
        let key = ObjectKey { kind: "Table".into(), namespace: "default".into(), name: "a".into() };
        let waits: Vec<u128> = (0..10).map(|_| retries.again(&key).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        retries.forgive(&key);
        assert_eq!(retries.again(&key), RETRY_AFTER);
    }
}

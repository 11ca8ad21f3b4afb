//! How long to wait after a failure.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ObjectKey;

/// Wait after the first failure; it doubles with each further one.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// Longest wait after a failure: what was broken for long is taken up within this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// Failures in a row, by object. Bounded by the number of objects.
#[derive(Debug, Default)]
pub struct Retries {
    failures: BTreeMap<ObjectKey, u32>,
}

impl Retries {
    /// Counts a failure, and tells how long to wait before the next attempt.
    pub fn after_failure(&mut self, key: &ObjectKey) -> Duration {
        let failures = self.failures.entry(key.clone()).or_insert(0);
        *failures = failures.saturating_add(1);
        RETRY_AFTER.saturating_mul(2_u32.saturating_pow(*failures - 1)).min(RETRY_AFTER_MAX)
    }

    /// The object's failures count no more.
    pub fn forgive(&mut self, key: &ObjectKey) {
        self.failures.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_wait_longer_each_time_and_a_success_forgives() {
        let mut retries = Retries::default();
        let key = ObjectKey { kind: "Table".into(), namespace: "default".into(), name: "a".into() };
        let waits: Vec<u128> = (0..10).map(|_| retries.after_failure(&key).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        retries.forgive(&key);
        assert_eq!(retries.after_failure(&key), RETRY_AFTER);
    }
}

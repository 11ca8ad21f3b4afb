//! When each object is due.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::ObjectKey;

/// Wait after the first failure; it doubles with each further one.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// Longest wait after a failure.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// Objects by the time they are due. Bounded by the number of objects.
#[derive(Debug, Default)]
pub(super) struct Queue {
    due: BTreeMap<ObjectKey, Instant>,
    failures: BTreeMap<ObjectKey, u32>,
}

impl Queue {
    /// The object is due now.
    pub(super) fn now(&mut self, key: ObjectKey, now: Instant) {
        self.due.insert(key, now);
    }

    /// The object was reconciled and is due again at `due`, unless it became due meanwhile.
    pub(super) fn settle(&mut self, key: ObjectKey, due: Instant) {
        self.forgive(&key);
        self.due.entry(key).or_insert(due);
    }

    /// The object failed and is due again, later each time, unless it became due meanwhile.
    pub(super) fn retry(&mut self, key: ObjectKey, now: Instant) {
        let failures = self.failures.entry(key.clone()).or_insert(0);
        *failures = failures.saturating_add(1);
        let delay = RETRY_AFTER.saturating_mul(2_u32.saturating_pow(*failures - 1)).min(RETRY_AFTER_MAX);
        self.due.entry(key).or_insert(now + delay);
    }

    /// The object's failures count no more.
    pub(super) fn forgive(&mut self, key: &ObjectKey) {
        self.failures.remove(key);
    }

    /// The time at which some object is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.values().min().copied()
    }

    /// Takes the object that has been due longest.
    pub(super) fn take(&mut self, now: Instant) -> Option<ObjectKey> {
        let (key, _) = self.due.iter().filter(|(_, due)| **due <= now).min_by_key(|(_, due)| **due)?;
        let key = key.clone();
        self.due.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> ObjectKey {
        ObjectKey { kind: "Table".into(), namespace: "default".into(), name: name.into() }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_wait_longer_each_time_and_a_success_forgives() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..10 {
            queue.retry(key("a"), now);
            waits.push((queue.next().unwrap() - now).as_millis());
            assert_eq!(queue.take(now + RETRY_AFTER_MAX), Some(key("a")));
        }
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        queue.settle(key("a"), now);
        queue.take(now);
        queue.retry(key("a"), now);
        assert_eq!(queue.next(), Some(now + RETRY_AFTER));
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_during_a_pass_is_not_put_off_by_the_end_of_the_pass() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.now(key("a"), now);
        assert_eq!(queue.take(now), Some(key("a")));
        queue.now(key("a"), now);
        queue.settle(key("a"), now + RETRY_AFTER_MAX);
        assert_eq!(queue.take(now), Some(key("a")));
        assert_eq!(queue.take(now), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_longest_comes_first() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.now(key("a"), now + RETRY_AFTER);
        queue.now(key("b"), now);
        assert_eq!(queue.take(now + RETRY_AFTER), Some(key("b")));
    }
}

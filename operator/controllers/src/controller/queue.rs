//! When each object is due.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::ObjectKey;
use crate::retries::Retries;

/// Objects by the time they are due. Bounded by the number of objects.
#[derive(Debug, Default)]
pub(super) struct Queue {
    due: BTreeMap<ObjectKey, Instant>,
    retries: Retries,
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
        let delay = self.retries.after_failure(&key);
        self.due.entry(key).or_insert(now + delay);
    }

    /// The object's failures count no more.
    pub(super) fn forgive(&mut self, key: &ObjectKey) {
        self.retries.forgive(key);
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
    use std::time::Duration;

    use super::*;

    const LATER: Duration = Duration::from_secs(1);

    fn key(name: &str) -> ObjectKey {
        ObjectKey { kind: "Table".into(), namespace: "default".into(), name: name.into() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_during_a_pass_is_not_put_off_by_the_end_of_the_pass() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.now(key("a"), now);
        assert_eq!(queue.take(now), Some(key("a")));
        queue.now(key("a"), now);
        queue.settle(key("a"), now + LATER);
        assert_eq!(queue.take(now), Some(key("a")));
        assert_eq!(queue.take(now), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_longest_comes_first() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.now(key("a"), now + LATER);
        queue.now(key("b"), now);
        assert_eq!(queue.take(now + LATER), Some(key("b")));
    }
}

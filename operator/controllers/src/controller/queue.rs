//! When each object is due.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::ObjectKey;
use crate::retries::Retries;

/// How soon a table that is on its way is looked at again, which is a call in the same process; it doubles with each further look.
const POLL_AFTER: Duration = Duration::from_millis(50);
/// Longest wait for such a table: an index may be built for hours.
const POLL_AFTER_MAX: Duration = Duration::from_secs(2);

/// Objects by the time they are due. Bounded by the number of objects.
#[derive(Debug)]
pub(super) struct Queue {
    due: BTreeMap<ObjectKey, Instant>,
    retries: Retries,
    /// Looks in a row at tables on their way.
    looks: Retries,
}

impl Default for Queue {
    fn default() -> Self {
        let looks = Retries::between(POLL_AFTER, POLL_AFTER_MAX);
        Self { due: BTreeMap::new(), retries: Retries::default(), looks }
    }
}

impl Queue {
    /// The object is due now.
    pub(super) fn now(&mut self, key: ObjectKey, now: Instant) {
        self.looks.forgive(&key);
        self.due.insert(key, now);
    }

    /// The object's table is on its way, and it is due again, later each time, unless it became due meanwhile.
    pub(super) fn poll(&mut self, key: ObjectKey, now: Instant) {
        self.retries.forgive(&key);
        let delay = self.looks.again(&key);
        self.due.entry(key).or_insert(now + delay);
    }

    /// The object was reconciled and is due again at `due`, unless it became due meanwhile.
    pub(super) fn settle(&mut self, key: ObjectKey, due: Instant) {
        self.forgive(&key);
        self.due.entry(key).or_insert(due);
    }

    /// The object failed and is due again, later each time, unless it became due meanwhile.
    pub(super) fn retry(&mut self, key: ObjectKey, now: Instant) {
        let delay = self.retries.again(&key);
        self.due.entry(key).or_insert(now + delay);
    }

    /// The object's failures count no more, nor do the looks at it.
    pub(super) fn forgive(&mut self, key: &ObjectKey) {
        self.retries.forgive(key);
        self.looks.forgive(key);
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
    async fn a_table_on_its_way_is_looked_at_less_often_with_time() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let mut waits = Vec::new();
        let poll = |queue: &mut Queue| {
            queue.poll(key("a"), now);
            let due = queue.next().unwrap();
            assert_eq!(queue.take(due), Some(key("a")));
            (due - now).as_millis()
        };
        (0..8).for_each(|_| waits.push(poll(&mut queue)));
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
        queue.now(key("a"), now);
        assert_eq!(queue.take(now), Some(key("a")));
        assert_eq!(poll(&mut queue), 50, "a change begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_longest_comes_first() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.now(key("a"), now + LATER);
        queue.now(key("b"), now);
        assert_eq!(queue.take(now + LATER), Some(key("b")));
    }
}

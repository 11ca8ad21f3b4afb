//! When requests are due at a constant rate.
//!
//! A thread of its own releases them, because the runtime's timers are a millisecond coarse. A request that no connection was free for
//! is still sent, late, and its latency counts from when it was due; what could not be sent until the end counts with the time that it
//! waited for. A stalled server cannot hide its stall by not being asked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::clock;

/// The releasing thread looks up this often at least, so that it ends soon after it was told to.
const NAP_MAX: Duration = Duration::from_millis(50);

/// Requests due one after the other, at equal distances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    start: Instant,
    rate: f64,
}

impl Schedule {
    pub(crate) fn new(start: Instant, rate: f64) -> Self {
        Self { start, rate }
    }

    /// When request number `number`, counted from 0, is due.
    #[expect(clippy::cast_precision_loss, reason = "2^53 requests take years")]
    pub(crate) fn due(&self, number: u64) -> Instant {
        self.start + Duration::from_secs_f64(number as f64 / self.rate)
    }

    /// How many are due before an instant.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count that is not negative"
    )]
    pub(crate) fn count_before(&self, at: Instant) -> u64 {
        let passed = at.saturating_duration_since(self.start);
        let about = (passed.as_secs_f64() * self.rate) as u64;
        // Instants are whole nanoseconds, so that the product may be one off.
        (about.saturating_sub(1)..=about + 1).find(|number| self.due(*number) >= at).unwrap_or(about + 2)
    }
}

/// A schedule that connections take requests from.
#[derive(Debug)]
pub(crate) struct Releases {
    schedule: Schedule,
    end: Instant,
    due: Semaphore,
    taken: AtomicU64,
    stopped: AtomicBool,
}

impl Releases {
    /// Requests due before `end`.
    pub(crate) fn new(schedule: Schedule, end: Instant) -> Self {
        let (taken, stopped) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { schedule, end, due: Semaphore::new(0), taken, stopped }
    }

    /// Waits for the next request and says when it is, or was, due. `None` after the last, and after the end: what has not been sent
    /// by then is told by [`Self::unsent`].
    pub(crate) async fn next(&self) -> Option<Instant> {
        self.due.acquire().await.ok()?.forget();
        Some(self.schedule.due(self.taken.fetch_add(1, Ordering::Relaxed)))
    }

    /// Releases requests until the end, and then lets every connection go. Blocks; run it on a thread of its own.
    pub(crate) fn run(&self) {
        let mut released = 0;
        while !self.stopped.load(Ordering::Relaxed) {
            let now = clock::now();
            let due = self.schedule.count_before(now.min(self.end));
            self.due.add_permits(usize::try_from(due - released).unwrap_or(0));
            released = due;
            if now >= self.end {
                break;
            }
            let next = self.schedule.due(due).min(self.end);
            std::thread::sleep(next.saturating_duration_since(clock::now()).min(NAP_MAX));
        }
        self.due.close();
    }

    /// Ends the releases early.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// The requests that were due between an instant and the end and never sent: how long each had waited at the end.
    pub(crate) fn unsent(&self, from: Instant) -> impl Iterator<Item = Duration> {
        let sent = self.taken.load(Ordering::Relaxed).max(self.schedule.count_before(from));
        let unsent = sent..self.schedule.count_before(self.end);
        unsent.map(|number| self.end.saturating_duration_since(self.schedule.due(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_equal_distances_for_ever() {
        let start = clock::now();
        let schedule = Schedule::new(start, 3.0);
        assert_eq!(schedule.due(0), start);
        // No error accumulates.
        for number in [3_u32, 3_000, 3_000_000] {
            assert_eq!(schedule.due(number.into()), start + Duration::from_secs((number / 3).into()));
        }
    }

    #[test]
    fn counts_agree_with_times() {
        let start = clock::now();
        let nanosecond = Duration::from_nanos(1);
        for rate in [0.7, 1.0, 333.3, 1_000.0, 100_000.0] {
            let schedule = Schedule::new(start, rate);
            for number in 0..1_000 {
                let due = schedule.due(number);
                assert_eq!(schedule.count_before(due), number, "{rate}");
                assert_eq!(schedule.count_before(due + nanosecond), number + 1, "{rate}");
            }
        }
        let schedule = Schedule::new(start + Duration::from_secs(1), 1.0);
        assert_eq!(schedule.count_before(start), 0);
    }

    /// The schedule lies in the past, so that everything is due at once, as after a stall.
    #[tokio::test]
    async fn late_requests_keep_the_time_they_were_due() {
        let start = clock::now();
        let schedule = Schedule::new(start, 1_000.0);
        let releases = Releases::new(schedule, start + Duration::from_secs(3_600));
        releases.due.add_permits(3);
        for number in 0..3 {
            assert_eq!(releases.next().await, Some(schedule.due(number)));
        }
        releases.stop();
        releases.run();
        assert_eq!(releases.next().await, None);
        assert_eq!(releases.unsent(start).count(), 3_600_000 - 3);
        let measured: Vec<Duration> = releases.unsent(start + Duration::from_secs(1)).collect();
        assert_eq!(measured.len(), 3_599_000, "the rest belongs to the warm-up");
        assert_eq!(measured.first(), Some(&Duration::from_secs(3_599)), "as long as it waited");
        assert_eq!(measured.last(), Some(&Duration::from_millis(1)));
    }
}

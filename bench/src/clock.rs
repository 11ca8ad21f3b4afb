//! Time. This crate measures it, so that here, and only here, it is read.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this crate measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day, carried by signatures. It is read once and then follows the monotonic clock, which is read anyway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeOfDay {
    read_at: Instant,
    since_epoch: Duration,
}

impl TimeOfDay {
    #[expect(clippy::disallowed_methods, reason = "a signature carries the time of day")]
    pub(crate) fn read() -> Self {
        // A clock before 1970 signs as 1970; the service then says that the time is wrong.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { read_at: now(), since_epoch }
    }

    /// Seconds since 1970 at an instant.
    pub(crate) fn unix_seconds(&self, at: Instant) -> u64 {
        (self.since_epoch + at.saturating_duration_since(self.read_at)).as_secs()
    }
}

//! What was measured: latencies and errors of an interval, and of intervals together.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies are kept with this many significant digits.
const DIGITS: u8 = 3;
/// The longest latency that is told apart, a minute in nanoseconds; twice the time that an answer may take.
const LATENCY_NS_MAX: u64 = 60_000_000_000;
/// Kinds of errors that are told apart; further ones count as [`OTHER`]. A service has a dozen.
const KINDS_MAX: usize = 32;
const OTHER: &str = "other";

/// Requests of one interval that had an outcome, and those that were due and never sent.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Of successes, and of requests that were never sent. Failed ones have none: a refusal is no answer, however fast.
    latencies_ns: Histogram<u64>,
    unsent: u64,
    /// Items that were read or written.
    pub(crate) items: u64,
    errors: BTreeMap<String, u64>,
}

impl Default for Record {
    fn default() -> Self {
        let latencies_ns =
            Histogram::new_with_bounds(1, LATENCY_NS_MAX, DIGITS).expect("constants that are a valid range");
        Self { latencies_ns, unsent: 0, items: 0, errors: BTreeMap::new() }
    }
}

impl Record {
    /// A request that was answered as it should be.
    pub(crate) fn success(&mut self, latency: Duration, items: u64) {
        self.latency(latency);
        self.items += items;
    }

    /// A request that was due and never sent: its latency would have been at least the time that it waited for.
    pub(crate) fn unsent(&mut self, waited: Duration) {
        self.latency(waited);
        self.unsent += 1;
    }

    fn latency(&mut self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latencies_ns.saturating_record(nanoseconds);
    }

    /// A request that was not.
    pub(crate) fn error(&mut self, kind: &str) {
        let known = self.errors.contains_key(kind) || self.errors.len() < KINDS_MAX;
        *self.errors.entry(if known { kind } else { OTHER }.to_owned()).or_default() += 1;
    }

    /// Adds another one, of other requests.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.latencies_ns.add(&other.latencies_ns).expect("both have the same range");
        self.unsent += other.unsent;
        self.items += other.items;
        for (kind, count) in &other.errors {
            let known = self.errors.contains_key(kind) || self.errors.len() < KINDS_MAX;
            *self.errors.entry(if known { kind } else { OTHER }.to_owned()).or_default() += count;
        }
    }

    /// Takes what is there and begins anew.
    pub(crate) fn take(&mut self) -> Self {
        let taken = self.clone();
        self.latencies_ns.reset();
        self.unsent = 0;
        self.items = 0;
        self.errors.clear();
        taken
    }

    pub(crate) fn successes(&self) -> u64 {
        self.latencies_ns.len() - self.unsent
    }

    /// Requests that were due and never sent.
    pub(crate) fn unsents(&self) -> u64 {
        self.unsent
    }

    pub(crate) fn failures(&self) -> u64 {
        self.errors.values().sum()
    }

    pub(crate) fn errors(&self) -> &BTreeMap<String, u64> {
        &self.errors
    }

    /// The latency that this share of all requests does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        Duration::from_nanos(self.latencies_ns.value_at_quantile(share))
    }

    pub(crate) fn max(&self) -> Duration {
        Duration::from_nanos(self.latencies_ns.max())
    }

    pub(crate) fn mean(&self) -> Duration {
        Duration::from_secs_f64(self.latencies_ns.mean() / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn records_together_are_as_one() {
        let (mut whole, mut even, mut odd) = (Record::default(), Record::default(), Record::default());
        for n in 1..=1_000_u32 {
            let part = if n % 2 == 0 { &mut even } else { &mut odd };
            part.success(MS * n, 2);
            whole.success(MS * n, 2);
            part.error(if n % 10 == 0 { "throttled" } else { "timeout" });
            whole.error(if n % 10 == 0 { "throttled" } else { "timeout" });
        }
        even.merge(&odd);
        for share in [0.0, 0.5, 0.99, 0.999, 1.0] {
            assert_eq!(even.quantile(share), whole.quantile(share));
        }
        assert_eq!(even.errors(), whole.errors());
        assert_eq!((even.successes(), even.failures(), even.items), (1_000, 1_000, 2_000));
        let p99 = even.quantile(0.99).as_secs_f64();
        assert!((p99 / 0.990 - 1.0).abs() < 0.002, "{p99}");
    }

    #[test]
    fn what_was_never_sent_is_in_the_quantiles_and_no_success() {
        let mut record = Record::default();
        (0..10).for_each(|_| record.success(MS, 1));
        (0..90).for_each(|_| record.unsent(MS * 1_000));
        assert_eq!((record.successes(), record.unsents(), record.items), (10, 90, 10));
        assert!(record.quantile(0.5) >= MS * 999, "{:?}", record.quantile(0.5));
        assert!(record.quantile(0.05) < MS * 2);
        let mut both = Record::default();
        both.merge(&record);
        assert_eq!((both.successes(), both.unsents()), (10, 90));
        assert_eq!((record.take().unsents(), record.unsents()), (90, 0));
    }

    #[test]
    fn taking_begins_anew() {
        let mut record = Record::default();
        record.success(MS, 1);
        record.error("timeout");
        assert_eq!(record.take().successes(), 1);
        assert_eq!((record.successes(), record.failures(), record.items), (0, 0, 0));
    }

    #[test]
    fn absurd_latencies_and_kinds_stay_bounded() {
        let mut record = Record::default();
        record.success(Duration::MAX, 1);
        record.success(Duration::ZERO, 1);
        assert!(record.max() >= Duration::from_secs(60) && record.max() < Duration::from_secs(61));
        for n in 0..1_000 {
            record.error(&format!("kind {n}"));
        }
        assert_eq!((record.errors().len(), record.failures()), (KINDS_MAX + 1, 1_000));
    }
}

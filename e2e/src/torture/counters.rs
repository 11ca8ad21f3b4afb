//! Counters that are added to through the whole run, by updates that cannot be told apart.
//!
//! The checker bounds its histories; these have no end. After each restart a counter is at least what was acknowledged and at most that and
//! what is unknown.

use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context as _, Result, ensure};

use super::inspect::Rows;

#[cfg(test)]
mod tests;

/// The partition key of all counters.
pub(super) const COLLECTION: &str = "counters";
/// One for each client, on average.
pub(super) const COUNTERS: usize = 8;

/// What the counters must be.
#[derive(Debug, Default)]
pub(super) struct Counters([Counter; COUNTERS]);

#[derive(Debug, Default)]
struct Counter {
    /// What it was when last looked at.
    base: AtomicI64,
    acknowledged: AtomicI64,
    unknown: AtomicI64,
}

impl Counters {
    pub(super) fn acknowledged(&self, counter: usize, by: i64) {
        self.0[counter].acknowledged.fetch_add(by, Ordering::Relaxed);
    }

    pub(super) fn unknown(&self, counter: usize, by: i64) {
        self.0[counter].unknown.fetch_add(by, Ordering::Relaxed);
    }

    /// Looks at the counters in a table that nobody writes to; from then on they are what they are.
    pub(super) fn check(&self, table: &Rows) -> Result<()> {
        for (key, counter) in self.0.iter().enumerate() {
            let item =
                table.get(&(COLLECTION.to_owned(), key)).with_context(|| format!("counter {key} is lost"))?;
            let is = item.count.with_context(|| format!("counter {key} has no count"))?;
            let take = |figure: &AtomicI64| figure.swap(0, Ordering::Relaxed);
            let (base, acknowledged, unknown) =
                (take(&counter.base), take(&counter.acknowledged), take(&counter.unknown));
            let least = base + acknowledged;
            ensure!(
                (least..=least + unknown).contains(&is),
                "counter {key} is {is}; it was {base}, {acknowledged} were acknowledged since and {unknown} are unknown"
            );
            counter.base.store(is, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The sum of all, as last looked at.
    pub(super) fn sum(&self) -> i64 {
        self.0.iter().map(|counter| counter.base.load(Ordering::Relaxed)).sum()
    }
}

//! What is told while it runs.

use std::fmt;
use std::time::Duration;

use crate::record::Record;

/// A word about what goes on; [`fmt::Display`] has it for people.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Something was begun.
    Step(String),
    /// The table is being filled.
    Filled {
        /// Items that are there.
        items: u64,
        /// Items that there will be.
        of: u64,
    },
    /// A second of load has passed.
    Second {
        /// Seconds since the load began.
        number: u64,
        /// Whether it belongs to the warm-up.
        warm_up: bool,
        /// Requests answered well.
        requests: u64,
        /// Requests that failed.
        errors: u64,
        /// Half of the requests took no longer.
        p50: Duration,
        /// 99 of 100 requests took no longer.
        p99: Duration,
    },
}

impl Progress {
    pub(crate) fn second(number: u64, warm_up: bool, record: &Record) -> Self {
        Self::Second {
            number,
            warm_up,
            requests: record.successes(),
            errors: record.failures(),
            p50: record.quantile(0.5),
            p99: record.quantile(0.99),
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(what) => f.write_str(what),
            Self::Filled { items, of } => write!(f, "filling the table: {items} of {of} items"),
            Self::Second { number, warm_up, requests, errors, p50, p99 } => {
                let (p50, p99) = (Milliseconds(*p50), Milliseconds(*p99));
                write!(f, "{number:>4} s  {requests:>8} req/s  p50 {p50}  p99 {p99}  errors {errors}")?;
                f.write_str(if *warm_up { "  (warm-up)" } else { "" })
            }
        }
    }
}

/// A duration for people, in one width.
pub(crate) struct Milliseconds(pub(crate) Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.3} ms", self.0.as_secs_f64() * 1e3)
    }
}

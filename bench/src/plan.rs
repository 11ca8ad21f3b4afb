//! What is to be measured, and the limits within which that makes sense.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::workload::Workload;

/// Items are measured as the service measures them: names and values. Below this the fixed attributes alone are larger.
pub const ITEM_BYTES_MIN: usize = 64;
/// The service's limit of an item.
pub const ITEM_BYTES_MAX: usize = 400 * 1024;
/// Fewer keys than this measure contention for single items. A batch alone names [`crate::BATCH_ITEMS`] different ones.
pub const KEYS_MIN: u64 = 100;
/// Keys are written with twelve digits.
pub const KEYS_MAX: u64 = 1_000_000_000_000;
/// Each costs a socket and two buffers.
pub const CONNECTIONS_MAX: usize = 16_384;
/// More threads than this no machine has use for.
pub const THREADS_MAX: usize = 256;

/// One measurement.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where requests go.
    pub endpoint: Endpoint,
    /// The region that requests are signed for.
    pub region: String,
    /// What requests are signed with.
    pub key: AccessKey,
    /// What is asked.
    pub workload: Workload,
    /// The table; one of the workload's own name unless given.
    pub table: Option<String>,
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// Threads that the connections are spread over.
    pub threads: usize,
    /// How long is measured.
    pub duration: Duration,
    /// How long requests are sent before that, unmeasured.
    pub warm_up: Duration,
    /// When the next request is sent.
    pub pace: Pace,
    /// Size of an item.
    pub item_bytes: usize,
    /// Number of items in the table.
    pub keys: u64,
    /// Which of them are asked for.
    pub distribution: Distribution,
    /// Who follows the changes while they are made, and how quickly.
    pub follow: Option<Follow>,
    /// Whether a table that was made stays afterwards.
    pub keep: bool,
    /// Process of the server, if it runs on this machine.
    pub pid: Option<u32>,
    /// What the choice of keys and values begins with: equal seeds, equal requests.
    pub seed: u64,
}

/// An access key.
#[derive(Clone)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// When the next request is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As soon as the connection has its answer: finds the highest throughput. A request counts if its answer comes within the time
    /// measured. A slow answer delays the next question, so that latencies under load look better than independent users see them.
    Closed,
    /// At a constant rate for all connections together. Latency counts from the instant at which a request was due, and requests that
    /// could not be sent until the end count too: what users see.
    Open {
        /// Requests a second.
        rate: f64,
    },
}

/// How keys are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Each as often as any other.
    Uniform,
    /// A few often, most seldom: the n-th most frequent with a weight of n to the power of minus this exponent.
    Zipfian {
        /// Above 0; YCSB's 0.99 is customary.
        exponent: f64,
    },
}

/// What follows a table's changes and is measured beside the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Follow {
    /// The global index of [`Workload::GsiWrite`]: how long after its answer a put is found through the index.
    Index,
    /// A reader of the table's stream: how many records it gets, and how long after its answer a put is among them.
    Stream,
}

impl Plan {
    /// The table's name. One with a stream is another than one without.
    pub fn table(&self) -> String {
        match (&self.table, self.follow) {
            (Some(table), _) => table.clone(),
            (None, Some(Follow::Stream)) => format!("{}-streamed", self.workload.default_table()),
            (None, _) => self.workload.default_table().to_owned(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        within("--connections", self.connections, 1, CONNECTIONS_MAX)?;
        within("--threads", self.threads, 1, THREADS_MAX.min(self.connections))?;
        within("--item-size", self.item_bytes, ITEM_BYTES_MIN, ITEM_BYTES_MAX)?;
        within("--keys", self.keys, KEYS_MIN, KEYS_MAX)?;
        if self.duration.is_zero() {
            return Err(Error::Plan("--duration is longer than nothing".to_owned()));
        }
        match self.pace {
            Pace::Open { rate } if !(rate.is_finite() && rate > 0.0) => {
                Err(Error::Plan(format!("--rate is above 0, not {rate}")))
            }
            _ => Ok(()),
        }?;
        match self.distribution {
            Distribution::Zipfian { exponent } if !(exponent.is_finite() && exponent > 0.0) => {
                Err(Error::Plan(format!("the exponent of zipfian keys is above 0, not {exponent}")))
            }
            _ => Ok(()),
        }?;
        match self.follow {
            Some(Follow::Index) if self.workload != Workload::GsiWrite => {
                Err(Error::Plan(format!("--follow index goes with {}", Workload::GsiWrite)))
            }
            Some(Follow::Stream) if !self.workload.writes() => Err(Error::Plan(format!(
                "--follow stream goes with workloads that write, not {}",
                self.workload
            ))),
            _ => Ok(()),
        }
    }
}

fn within<T: PartialOrd + fmt::Display>(option: &str, value: T, min: T, max: T) -> Result<(), Error> {
    if value < min || value > max {
        return Err(Error::Plan(format!("{option} is between {min} and {max}, not {value}")));
    }
    Ok(())
}

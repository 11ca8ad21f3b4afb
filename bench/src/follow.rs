//! Somebody who follows the changes while they are made: the readers of a global index, or of a stream.
//!
//! The follower puts items of its own among those of the load, *probes*, some a second, and looks for each where it follows. How long
//! after its answer a probe is found is the lag that a user sees, without a clock to compare. When the load has ended it puts one more:
//! how long that one takes says whether the follower kept up.

mod index;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::clock;
use crate::error::Error;
use crate::plan::{Follow, Plan};
use crate::record::Record;
use crate::service::Service;
use crate::workload::Layout;

/// Time between two probes. Enough of them for a p99 in ten seconds, too few to be a load.
const PROBE_EVERY: Duration = Duration::from_millis(20);
/// How long the follower may be behind when the load has ended before it is given up.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the partition keys of probes begin with.
const PROBE: &str = "partita-bench-probe-";

/// What a follower found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Followed {
    /// Lags of the probes whose put was answered within the time measured.
    pub(crate) lags: Record,
    /// Changes that the follower was given within the time measured; of a stream only.
    pub(crate) changes: u64,
    /// How long it took from the end of the load until a probe put then was found.
    pub(crate) caught_up: Duration,
}

/// The instants between which a follower measures, and the sign to come to an end.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
    ended: Arc<AtomicBool>,
}

impl Watch {
    pub(crate) fn new(from: Instant, to: Instant) -> Self {
        Self { from, to, ended: Arc::default() }
    }

    /// The load has ended.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn measures(&self, at: Instant) -> bool {
        (self.from..self.to).contains(&at)
    }
}

/// Follows until the load has ended and the last probe was found. Blocks.
pub(crate) fn run(follow: Follow, plan: &Plan, watch: &Watch) -> Result<Followed, Error> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
    runtime.block_on(async {
        let service = Service::new(plan);
        match follow {
            Follow::Index => index::follow(&service, plan, watch).await,
            Follow::Stream => stream::follow(&service, plan, watch).await,
        }
    })
}

/// Puts a probe and returns when it was answered.
async fn put_probe(service: &Service<'_>, plan: &Plan, number: u64) -> Result<Instant, Error> {
    let name = format!("{PROBE}{number}");
    let mut item = json!({"id": {"S": name}, "number": {"N": number.to_string()}});
    match plan.workload.layout() {
        Layout::Lists => item["part"] = json!({"S": "0"}),
        Layout::Indexed => item["group"] = json!({"S": name}),
        Layout::Plain | Layout::Counters => {}
    }
    let _: Value = service.call("PutItem", &json!({"TableName": plan.table(), "Item": item})).await?;
    Ok(clock::now())
}

/// The follower is given up.
fn late(since: Instant) -> Result<(), Error> {
    if since.elapsed() < PATIENCE {
        return Ok(());
    }
    Err(Error::Late { what: "the last change".to_owned(), seconds: PATIENCE.as_secs() })
}

//! Load on a DynamoDB-compatible endpoint, and an honest measurement of it: the engine of `partita bench`.
//!
//! ```text
//!  plan -> prepare: make the table, fill it, try one request
//!       -> drive:   threads of connections ask, wait and record; a pacer releases requests at a constant rate;
//!                   a follower reads the stream or asks the index
//!       -> report:  throughput, latencies, errors, and what client and server used
//! ```
//!
//! - It uses no other crate of Partita and no special door: whatever speaks the protocol is measured in the same way.
//! - The client costs little. One core of it keeps more than one core of any server busy, so that the figures are the server's; what it
//!   used itself is reported beside them.
//! - Latencies at a constant rate count from when a request was due, not from when it could be sent, and those never sent count too
//!   ([`Pace::Open`]). A closed loop counts what was answered in time, whenever it was sent ([`Pace::Closed`]).
//! - An answer that lacks what was asked for is an error, however fast it came.
//! - Deliberately absent: TLS, retries (a failed request is counted and never sent again), comparisons of several services (the crate
//!   `partita-compare` makes them with this one).
//!
//! Start reading at [`run`] and [`Plan`].

mod clock;
mod connection;
mod drive;
mod endpoint;
mod error;
mod follow;
mod keys;
mod pace;
mod plan;
mod prepare;
mod process;
mod progress;
mod record;
mod report;
mod service;
mod sign;
mod workload;

pub use endpoint::Endpoint;
pub use error::{Error, Lost, Refusal};
pub use plan::{
    AccessKey, CONNECTIONS_MAX, Distribution, Follow, ITEM_BYTES_MAX, ITEM_BYTES_MIN, KEYS_MAX, KEYS_MIN,
    Pace, Plan, THREADS_MAX,
};
pub use process::{Usage, Whose, family};
pub use progress::Progress;
pub use report::{FollowReport, Latency, ProcessReport, Report, ServerReport};
pub use workload::{BATCH_ITEMS, QUERY_ITEMS, TRANSACT_ITEMS, Workload};

use workload::Items;

/// Runs a measurement from the making of its table to its end. Blocks; `tell` is called with what goes on.
///
/// # Errors
/// Whatever makes the measurement impossible. Requests that fail while it runs are counted in the [`Report`].
pub fn run(plan: &Plan, mut tell: impl FnMut(Progress)) -> Result<Report, Error> {
    plan.check()?;
    let items = Items::new(plan.workload.layout(), plan.item_bytes, plan.seed);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
    let table = runtime.block_on(prepare::prepare(plan, &items, &mut tell))?;
    let outcome = drive::drive(plan, &items, &mut tell);
    let cleaned = runtime.block_on(table.clean_up(plan, &mut tell));
    let report = Report::new(plan, &outcome?);
    cleaned.map(|()| report)
}

/// Asks one request of the plan's workload, of a table that is there and filled. Blocks.
///
/// # Errors
/// Whatever keeps the answer from being what was asked for.
pub fn probe(plan: &Plan) -> Result<(), Error> {
    plan.check()?;
    let items = Items::new(plan.workload.layout(), plan.item_bytes, plan.seed);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
    runtime.block_on(prepare::probe(plan, &items))
}

#[cfg(test)]
mod tests;

//! Event source mappings at work: records of streams are delivered to functions and HTTP endpoints, at least once and in order.
//!
//! ```text
//!  Dispatcher             the mappings of a node: apply, remove, status           dispatcher.rs
//!     │ one task each
//!  Runner                 shards of the stream, parents before children           runner.rs, source.rs
//!     │ one task each
//!  Worker                 records in, filtered, into lanes; the cursor            worker.rs
//!     │
//!  Lanes                  each item always in the same lane, one batch at a time  lanes.rs
//!     │
//!  Batch                  retry, split, skip, give up: a pure state machine       batch.rs, deliver.rs
//!     │
//!  dyn Endpoint           Lambda's Invoke API, CloudEvents over HTTP              endpoint.rs
//! ```
//!
//! What a mapping has done is a row of its own for each shard of the stream (`state.rs`), not a reader of the change log: a
//! reader would hold back the log for as long as a target is down, and would go on recording the changes of a stream that was
//! disabled. So the stream's retention holds for triggers as for everybody, and a target that is down for longer loses records,
//! as with the real service.
//!
//! Deliberately absent: what a mapping may ask for (`partita-mapping`), Lambda's API for mappings and who keeps them
//! (`partita-controlplane`), functions themselves, queues and topics.
//!
//! Invariants:
//! - A shard's cursor never passes a record that was neither delivered, nor filtered out, nor given up as its settings say. So
//!   every other record is delivered at least once, whatever crashes.
//! - The records of one item are delivered in order: it has one lane, a lane has one batch under way, and a batch is cut but
//!   never reordered.
//! - A shard is begun when its parent is finished.
//! - Memory is bounded: by `lanes::BUFFERED_BYTES_MAX` for each shard that is read, and [`MAPPINGS_MAX`](partita_mapping::limits::MAPPINGS_MAX).
//!
//! Start reading at [`Dispatcher`], then `worker.rs`.

mod batch;
mod deliver;
mod dispatcher;
mod endpoint;
mod error;
mod event;
mod failure;
mod lanes;
mod response;
mod runner;
mod source;
mod state;
mod status;
mod worker;

pub use dispatcher::{Dispatcher, DispatcherOptions};
pub use endpoint::{Connect, Delivery, DeliveryKind, Endpoint, HttpConnect, HttpOptions, Reply};
pub use error::Error;
pub use status::MappingStatus;

#[cfg(test)]
mod tests;

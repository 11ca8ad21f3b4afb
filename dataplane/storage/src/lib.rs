//! Partita's storage: ordered, durable rows with one writer, on an object store.
//!
//! ```text
//!   table engine
//!        |
//!      Shard          change log, dropped tables          shard.rs, log.rs
//!        |
//!   dyn ShardStore    rows, batches, snapshots            store.rs, progress.rs
//!      /     \
//! item cache  \       items that are read again            cache.rs
//!     |        \
//!  engine   MemoryStore                                   slate.rs, memory.rs
//!     |  \
//!     |   write-ahead log: the engine's own, or a file log write_log.rs, claim.rs, and the crate partita-wal
//!     |
//!  object store: a bucket, a synced folder, or memory     bucket.rs, folder.rs, probe.rs
//! ```
//!
//! Invariants:
//! - A batch is applied as a whole or not at all, and batches become durable in the order of their calls.
//! - What a [`Visibility::Durable`] read returns is never taken back by a crash.
//! - When the log fails, waiting writes get an error and the store answers nothing else any more; nobody is told
//!   that a write succeeded unless it is durable.
//! - A shard has at most one writer: by the engine's fencing, and in a folder by a lock above it.
//! - Nobody above this crate names the engine, and nothing above can tell which write-ahead log is in use.
//!
//! Deliberately absent: what a row means (the table engine's business), placement of shards, replication, and
//! metrics.
//!
//! Start reading at [`ShardStore`], then [`Shard`].

pub mod bucket;
mod cache;
mod claim;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod error;
#[cfg(any(test, feature = "fault"))]
pub mod fault;
mod folder;
pub mod log;
pub mod memory;
mod open;
mod probe;
mod progress;
pub mod repair;
mod seal;
pub mod shard;
mod slate;
pub mod space;
pub mod store;
pub mod verify;
mod write_log;

pub use bucket::{Bucket, BucketCredentials, Trouble};
pub use error::{Error, Fault, Result};
pub use log::{Attachment, LogEntry, LogRecord, LogSequence, LogSpan, LogStart};
pub use memory::MemoryStore;
pub use open::{CACHE_BYTES_DEFAULT, CACHE_BYTES_MIN, Location, StoreOptions, open};
pub use shard::{LogReader, Shard, Swept};
pub use store::{KeyRange, Order, Row, Rows, ShardStore, Snapshot, Visibility, WriteBatch, Written};
pub use write_log::LogChoice;

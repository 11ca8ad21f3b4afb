//! The write-ahead log: where a batch is durable before its writer is told so.
//!
//! ```text
//!   shard store        admits a batch, starts the engine             log.rs
//!      |
//!   engine             appends, reads back, trims                    writer.rs, reader.rs, trim.rs, admin.rs
//!      |
//!   queue              one buffer of all shards; room on the disk    queue.rs, gather.rs
//!      |
//!   commit thread      one write and one sync for all of it          commit.rs
//!      |
//!   segments           files of groups of records                    format.rs, rows.rs
//!      |
//!   disk               a folder, or a simulation                     disk.rs, folder.rs, simulated.rs
//! ```
//!
//! Opening reads all segments once ([`FileLog::open`]; inspect.rs, scan.rs). [`check`] looks at a log that is not open, and
//! repairs a damaged one.
//!
//! Invariants:
//! - A batch is told durable after its group is synced, and groups are synced in order.
//! - A log that failed takes nothing any more, and a failed sync is never repeated. What was waiting has an unknown
//!   outcome.
//! - A full disk refuses a batch of which nothing was written, and the log goes on when there is room.
//! - What a crash tore is cut off silently, everything else that is not what was written is refused: no row comes back
//!   changed, and none is missing before one that is there.
//! - A segment is removed when a manifest that is stored says that its rows are in data files, oldest first, each for good.
//! - Only the commit thread changes files.
//!
//! Deliberately absent: what a row means, who owns a shard (the claim above this crate settles it before an engine is
//! started), replication, and archives.
//!
//! Start reading at [`Log`], then [`FileLog`].

mod admin;
pub mod check;
mod commit;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod disk;
pub mod error;
pub mod file;
mod folder;
mod format;
mod gather;
mod inspect;
pub mod log;
mod object;
mod queue;
mod reader;
mod rows;
mod scan;
#[cfg(any(test, feature = "fault"))]
pub mod simulated;
mod state;
mod trim;
mod writer;

pub use disk::{Disk, DiskFile, Space};
pub use error::{Error, Result};
pub use file::{FileLog, FileLogOptions, KEPT_BYTES_DEFAULT, LogStatus, SEGMENT_BYTES_DEFAULT};
pub use folder::Folder;
pub use inspect::{Damage, Records};
pub use log::{Engine, Log, LogId};
pub use object::ObjectLog;
pub use queue::Admission;

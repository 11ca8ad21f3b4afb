//! The engine: SlateDB on an object store, with either write-ahead log.
//!
//! [`store`] answers calls, [`committer`] makes writes durable and publishes what readers may be told,
//! [`snapshot`] reads, [`filter`] removes the rows of dropped tables during compaction, and [`settings`] says how
//! the engine is sized and why.

mod committer;
mod filter;
mod relief;
mod settings;
mod snapshot;
mod store;

pub(crate) use committer::Flushing;
pub(crate) use store::SlateStore;

use crate::error::Error;
use crate::seal::Broken;
use slatedb::{CloseReason, ErrorKind};

/// What a failed read means. The store goes on, unless the engine has stopped.
fn read_error(operation: &'static str, error: slatedb::Error) -> Error {
    if let Some(broken) = Broken::find(&error) {
        return Error::Corrupt { what: broken.to_string() };
    }
    match error.kind() {
        ErrorKind::Data => Error::Corrupt { what: error.to_string() },
        ErrorKind::Closed(_) => write_error(operation, error),
        _ => Error::unavailable(operation, error),
    }
}

/// What a failed write means: nothing but opening the store again tells what is there.
fn write_error(operation: &'static str, error: slatedb::Error) -> Error {
    match error.kind() {
        ErrorKind::Closed(CloseReason::Clean) => Error::Closed,
        ErrorKind::Closed(CloseReason::Fenced) => Error::Fenced,
        _ => Error::failed(operation, error),
    }
}

#[cfg(test)]
mod tests;

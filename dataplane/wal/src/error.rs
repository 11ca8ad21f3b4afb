//! What can go wrong in a log, and what a caller may do about it.

use std::io;
use std::sync::Arc;

use slatedb::wal::WalError;

/// The result of a call of a log.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed call of a log. Cloned to everybody who waited for the same group.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Another process uses the log.
    #[error("the log {log} is in use by another process; stop that process or choose another folder")]
    InUse {
        /// The folder of the log.
        log: String,
    },
    /// The disk refused something before anything was written.
    #[error("cannot {operation} {place}")]
    Disk {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The file or folder.
        place: String,
        /// The operating system's answer.
        #[source]
        source: Arc<io::Error>,
    },
    /// What is on the disk is not what was written there.
    #[error("the log is damaged in {place} at byte {offset}: {what}")]
    Damaged {
        /// The file.
        place: String,
        /// Where in the file.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// A newer version wrote the log.
    #[error(
        "{place} has version {found} of the log's format, but this process understands version {known}; start the version that wrote it"
    )]
    UnknownVersion {
        /// The file.
        place: String,
        /// Its version.
        found: u8,
        /// The version of this process.
        known: u8,
    },
    /// There is no room for the write. Nothing was written; the log goes on.
    #[error(
        "the disk of {place} is full: {free} bytes are free, and {kept} are kept for data files; nothing was written: make room and try again"
    )]
    Full {
        /// The folder of the log.
        place: String,
        /// What is free, in bytes.
        free: u64,
        /// What must stay free, in bytes.
        kept: u64,
    },
    /// A write or a sync failed. What was waiting may or may not be there; the log takes nothing any more.
    #[error("the log failed when it tried to {operation} {place}, and must be opened again")]
    Failed {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The file.
        place: String,
        /// The operating system's answer.
        #[source]
        source: Arc<io::Error>,
    },
    /// The log was closed by its owner.
    #[error("the log is closed")]
    Closed,
    /// The shard's data files and the log do not belong together.
    #[error("the log does not continue the shard {shard}: {what}")]
    Mismatch {
        /// The shard's path.
        shard: String,
        /// What does not fit.
        what: String,
    },
    /// A repair was planned for a log that has changed since.
    #[error("the log {place} is not what the repair was planned for; plan it again")]
    Replanned {
        /// The folder of the log.
        place: String,
    },
}

impl Error {
    pub(crate) fn disk(operation: &'static str, place: String, source: io::Error) -> Self {
        Self::Disk { operation, place, source: Arc::new(source) }
    }

    pub(crate) fn failed(operation: &'static str, place: String, source: io::Error) -> Self {
        Self::Failed { operation, place, source: Arc::new(source) }
    }

    /// The engine's word for it.
    pub(crate) fn for_engine(self) -> WalError {
        match self {
            Self::Closed => WalError::Closed,
            Self::Damaged { .. } | Self::UnknownVersion { .. } | Self::Mismatch { .. } => {
                WalError::DataError(Arc::new(self))
            }
            _ => WalError::Unavailable(Arc::new(self)),
        }
    }
}

//! What can go wrong in storage, and what a caller may do about it.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;

use partita_model::TableId;

use crate::bucket::Trouble;

/// The result of a storage call.
pub type Result<T> = std::result::Result<T, Error>;

/// A cause that several waiting callers share.
pub type Cause = Arc<dyn StdError + Send + Sync + 'static>;

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The calling code broke the contract of a function.
    Caller,
    /// The disk, the object store or another process.
    Environment,
}

/// A failed storage call. Cloned to every caller that waited for the same write.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The store was closed by its owner. A write that was waiting has an unknown outcome.
    #[error("the shard store is closed")]
    Closed,
    /// A newer owner has opened the shard. A write that was waiting has an unknown outcome.
    #[error("the shard is owned by a newer process")]
    Fenced,
    /// The log failed. A write that was waiting has an unknown outcome, and the store answers every later call
    /// with this error: it must be opened again.
    #[error("the shard store failed when it tried to {operation}, and must be opened again")]
    Failed {
        /// What was tried, as a verb phrase.
        operation: &'static str,
        /// What failed beneath.
        #[source]
        source: Cause,
    },
    /// The object store failed to answer a read, or when the shard was opened. Nothing was written.
    #[error("storage is unavailable: cannot {operation}")]
    Unavailable {
        /// What was tried, as a verb phrase.
        operation: &'static str,
        /// What failed beneath.
        #[source]
        source: Cause,
    },
    /// There is no room on the disk for a write. Nothing was written, and the store goes on.
    #[error("the disk is full")]
    Full {
        /// What was found, and what to do.
        #[source]
        source: Cause,
    },
    /// What was read from storage is not what was written there.
    #[error("storage is corrupt: {what}")]
    Corrupt {
        /// Which object or row, and what is wrong with it.
        what: String,
    },
    /// Another process uses the folder.
    #[error(
        "the folder {} is in use by another process; stop that process or choose another folder",
        folder.display()
    )]
    FolderInUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or folder cannot be used.
    #[error("cannot {operation} {}", path.display())]
    Folder {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// A bucket cannot be used, and it is known why. Nothing was fenced.
    #[error("the bucket {bucket} cannot be used: {trouble}")]
    Bucket {
        /// The bucket and where it is.
        bucket: String,
        /// What is wrong, and what to do.
        trouble: Trouble,
        /// What the client said, if it came to that.
        #[source]
        source: Option<Cause>,
    },
    /// The shard was written by a version, or with a write-ahead log, that this process does not use.
    #[error("the shard at {path} was created with {found}, but this process uses {expected}")]
    ForeignClaim {
        /// The shard's path in the object store.
        path: String,
        /// What the claim object says.
        found: String,
        /// What it would have to say.
        expected: String,
    },
    /// The object store lacks a guarantee without which data would be lost.
    #[error("the object store is not safe to use: {defect}; use another one")]
    UnsafeObjectStore {
        /// What the probe saw.
        defect: &'static str,
    },
    /// A batch broke a limit; nothing was written.
    #[error("a batch was refused: {reason}")]
    InvalidBatch {
        /// Which rule was broken.
        reason: &'static str,
    },
    /// The table was dropped; nothing was written.
    #[error("table {table} was dropped")]
    TableDropped {
        /// The dead table.
        table: TableId,
    },
    /// No such reader of a table's change log is registered.
    #[error("the change log of table {table} has no reader {reader:?}")]
    UnknownReader {
        /// The table.
        table: TableId,
        /// The reader's name.
        reader: String,
    },
    /// A reader named a sequence that it cannot have read.
    #[error("reader {reader:?} of table {table} cannot advance to {upto}: the log ends at {head}")]
    BeyondLog {
        /// The table.
        table: TableId,
        /// The reader's name.
        reader: String,
        /// The sequence asked for.
        upto: u64,
        /// The last sequence of the log.
        head: u64,
    },
}

impl Error {
    /// True when the same call may succeed later, on this or on a newly opened store.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Closed
            | Self::Fenced
            | Self::Failed { .. }
            | Self::Unavailable { .. }
            | Self::Full { .. }
            | Self::FolderInUse { .. }
            | Self::Folder { .. } => true,
            Self::Bucket { trouble, .. } => trouble.may_pass(),
            _ => false,
        }
    }

    /// True when the store that answered so answers nothing else any more and must be opened again.
    #[must_use]
    pub fn fatal(&self) -> bool {
        matches!(self, Self::Closed | Self::Fenced | Self::Failed { .. })
    }

    /// True when a write that ended so may nevertheless be there afterwards.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.fatal()
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::InvalidBatch { .. }
            | Self::TableDropped { .. }
            | Self::UnknownReader { .. }
            | Self::BeyondLog { .. } => Fault::Caller,
            _ => Fault::Environment,
        }
    }

    pub(crate) fn failed(operation: &'static str, source: impl StdError + Send + Sync + 'static) -> Self {
        Self::Failed { operation, source: Arc::new(source) }
    }

    pub(crate) fn unavailable(
        operation: &'static str,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::Unavailable { operation, source: Arc::new(source) }
    }

    pub(crate) fn folder(operation: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Folder { operation, path: path.into(), source: Arc::new(source) }
    }
}

//! What can go wrong besides a delivery.

use partita_mapping::MappingId;

/// A failed call, or what stopped a mapping until it is tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The shard's store failed.
    #[error("the shard store failed")]
    Storage(#[from] partita_storage::Error),
    /// The stream cannot be read.
    #[error("the stream cannot be read")]
    Stream(#[from] partita_stream::Error),
    /// A mapping's row that this version cannot read.
    #[error("the row {row} of the mapping {mapping} cannot be read: check the store for damage")]
    Corrupt {
        /// Whose row it is.
        mapping: String,
        /// Which one.
        row: String,
    },
    /// The node has as many mappings as it can carry out.
    #[error("the mapping {mapping} is one more than the {limit} of this node: delete one that is not needed")]
    TooMany {
        /// The one that was refused.
        mapping: MappingId,
        /// How many there may be.
        limit: usize,
    },
    /// A task of a mapping panicked: a defect. The mapping goes on behind its cursors, as after a crash.
    #[error("a task of a mapping ended abnormally")]
    Abnormal(#[source] tokio::task::JoinError),
    /// The machine gives no HTTP client.
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
}

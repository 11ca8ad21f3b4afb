//! What can go wrong with a stream, and what a client is told.

use partita_model::TableId;
use partita_protocol::ServiceError;
use partita_table::ChangeError;

/// A failed call. `Into<ServiceError>` says what the client sees.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request names what is not there, or not there any more. The caller's fault.
    #[error(transparent)]
    Refused(Box<ServiceError>),
    /// The shard's store failed.
    #[error("the shard store failed")]
    Storage(#[from] partita_storage::Error),
    /// A record of the change log that this version cannot read.
    #[error("the change {position} of table {table} cannot be read: check the store for damage")]
    Change {
        /// Whose log it is in.
        table: TableId,
        /// Where.
        position: u64,
        /// What is wrong with it.
        #[source]
        source: ChangeError,
    },
    /// A stream's row that this version cannot read.
    #[error("the shards of the stream {label} of table {table} cannot be read: check the store for damage")]
    CorruptLineage {
        /// The stream's table.
        table: TableId,
        /// The stream's label.
        label: String,
    },
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Refused(Box::new(error))
    }
}

/// What is not the caller's fault becomes `InternalServerError`, and ends here: it is logged.
impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(error) => *error,
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "an operation on a stream failed");
                Self::internal()
            }
        }
    }
}

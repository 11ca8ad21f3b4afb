//! What can go wrong between shards.

use partita_protocol::ServiceError;
use partita_table::transact::ShardId;

/// A failed transaction. `Into<ServiceError>` says what the client sees.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request was refused, or the transaction cancelled. Nothing was written.
    #[error(transparent)]
    Refused(Box<ServiceError>),
    /// A shard failed, or refused its part.
    #[error("shard {} could not do its part of a transaction", shard.0)]
    Shard {
        /// Which one.
        shard: ShardId,
        /// What it said.
        #[source]
        source: partita_table::Error,
    },
    /// A shard cannot be reached from here. What was asked of it was not done.
    #[error("shard {} is not known here or cannot be reached; try again when its leader is", shard.0)]
    Unreachable {
        /// Which one.
        shard: ShardId,
    },
    /// The participants took too long to prepare. Nothing was written.
    #[error("a transaction was given up because it could not be committed in time")]
    TooLate,
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Refused(Box::new(error))
    }
}

/// What a client sees. Anything that is not the caller's fault ends here: it is logged.
impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(error) => *error,
            Error::Shard { source, .. } => source.into(),
            error @ (Error::Unreachable { .. } | Error::TooLate) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a transaction failed");
                Self::internal()
            }
        }
    }
}

//! What can go wrong in a table, and what a client is told.

use bytes::Bytes;
use partita_model::codec::CodecError;
use partita_model::{CapacityUnits, Item, TableId, TableName};
use partita_protocol::ServiceError;

use crate::change::ChangeError;

/// A failed call of the table engine. `Into<ServiceError>` says what the client sees.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request does not fit the table or the item it met. The caller's fault; nothing was written.
    #[error(transparent)]
    Refused(Box<ServiceError>),
    /// The item did not fulfil the write's condition. The caller's fault; nothing was written.
    #[error("the conditional request failed")]
    ConditionFailed {
        /// The item, if there is one and the caller asked to see it.
        item: Option<Box<Item>>,
        /// What the attempt costs: the write of the item as it is.
        consumed: CapacityUnits,
    },
    /// The shard's store failed. The outcome of a write is unknown.
    #[error("the shard store failed")]
    Storage(#[from] partita_storage::Error),
    /// A row that this version cannot read: damaged, or written by a newer version. Never the caller's fault.
    #[error("the row {key:02x?} is corrupt")]
    CorruptRow {
        /// The row's key.
        key: Bytes,
    },
    /// An item row whose item cannot be decoded.
    #[error("the item in the row {key:02x?} is corrupt")]
    CorruptItem {
        /// The row's key.
        key: Bytes,
        /// What the codec found.
        #[source]
        source: CodecError,
    },
    /// A record of the change log that cannot be decoded.
    #[error("a change record is corrupt")]
    CorruptRecord(#[from] ChangeError),
    /// A descriptor names a table by a name that another table has.
    #[error("the name {name} belongs to table {holder}, so table {id} cannot have it")]
    NameTaken {
        /// The name.
        name: TableName,
        /// Whose name it is.
        holder: TableId,
        /// The table that was to be applied.
        id: TableId,
    },
    /// A descriptor changes what is fixed when a table is created: its name, its key or its local indexes.
    #[error("the new descriptor of table {id} changes its {what}, which cannot change")]
    FixedPartChanged {
        /// The table.
        id: TableId,
        /// Which part.
        what: &'static str,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Refused(error) => error.retryable(),
            Self::Storage(error) => error.retryable(),
            _ => false,
        }
    }

    /// Whether the shard has to be opened again before any call can succeed.
    pub fn fatal(&self) -> bool {
        matches!(self, Self::Storage(error) if error.fatal())
    }

    /// Whether the answer tells the caller something about an item, which must be durable by then.
    pub(crate) fn reveals_state(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::ConditionFailed { .. })
    }
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Refused(Box::new(error))
    }
}

/// What a client sees. Anything that is not the caller's fault becomes `InternalServerError`, and ends here: it is logged.
impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(error) => *error,
            Error::ConditionFailed { item, .. } => Self::conditional_check_failed(item.map(|item| *item)),
            // A table is dropped between looking it up and writing to it.
            Error::Storage(partita_storage::Error::TableDropped { .. }) => Self::resource_not_found(),
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "a table operation failed");
                Self::internal()
            }
        }
    }
}

//! What can go wrong in the control plane, and what a client is told of it.

use partita_mapping::MappingId;
use partita_model::TableName;
use partita_protocol::ServiceError;

use crate::data_plane::DataPlaneError;

/// A failure of the control plane.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The catalog database failed while doing this.
    #[error("the catalog could not {action}")]
    Database {
        /// An infinitive.
        action: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// The catalog's schema could not be brought up to date.
    #[error("the catalog's schema could not be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The catalog holds something this version cannot read.
    #[error("the catalog holds an unreadable {what}: {detail}")]
    Unreadable {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The data plane did not do what it was told. The step is repeated later.
    #[error("the data plane did not take a change of table {table}")]
    DataPlane {
        /// Whose change.
        table: TableName,
        /// What it said.
        #[source]
        source: DataPlaneError,
    },
    /// The data plane did not do what it was told about a mapping. The step is repeated later.
    #[error("the data plane did not take a change of the event source mapping {mapping}")]
    MappingPlane {
        /// Which one.
        mapping: MappingId,
        /// What it said.
        #[source]
        source: DataPlaneError,
    },
    /// The name is taken.
    #[error("table {0} exists")]
    TableExists(TableName),
    /// The account has as many tables as it may have.
    #[error("there are {0} tables, as many as there may be")]
    TooManyTables(u64),
    /// The table would have more tags than it may have.
    #[error("a table has at most {0} tags")]
    TooManyTags(usize),
    /// Somebody else changed the table since it was read.
    #[error("table {0} was changed meanwhile")]
    TableChanged(TableName),
}

/// Everything that is not the caller's fault is an `InternalServerError`, logged here, where the error ends.
impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        match error {
            Error::TableExists(table) => Self::table_exists(&table),
            Error::TooManyTables(limit) => Self::too_many_tables(limit),
            Error::TooManyTags(_) => Self::too_many_tags(),
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "control plane call failed");
                Self::internal()
            }
        }
    }
}

//! What UpdateTable refuses of changes of global indexes.

use partita_model::descriptor::Throughput;
use partita_model::{IndexName, TableName};

use super::super::{ErrorKind, ServiceError};

/// A rule that a change of a global index breaks, seen against its table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IndexUpdateRule {
    #[error("Attempting to create an index which already exists")]
    Exists,
    #[error(
        "One or more parameter values were invalid: AttributeDefinitions is not specified for index: {0}"
    )]
    NoDefinitions(String),
    #[error(
        "One or more parameter values were invalid: Both ReadCapacityUnits and WriteCapacityUnits must be specified \
         for index: {0}"
    )]
    ThroughputRequired(String),
    #[error(
        "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified \
         for index: {0} when BillingMode is PAY_PER_REQUEST"
    )]
    ThroughputOnDemand(String),
    /// Names the indexes, joined by commas.
    #[error(
        "One or more parameter values were invalid: ProvisionedThroughput must be specified for index: {0}"
    )]
    ThroughputMissing(String),
    #[error(
        "One or more parameter values were invalid: The only Updates for index: {0} when TableThroughputMode is \
         PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput"
    )]
    UpdateOnDemand(String),
    #[error(
        "One or more parameter values were invalid: {member} for OnDemandThroughput for index : {index} cannot be \
         specified when the table BillingMode is PROVISIONED"
    )]
    CeilingOfProvisioned { member: &'static str, index: String },
    #[error(
        "One or more parameter values were invalid: Requested {member} for OnDemandThroughput for index : {index} is \
         outside of valid range"
    )]
    CeilingRange { member: &'static str, index: String },
    #[error(
        "One or more parameter values were invalid: Requested {member} for WarmThroughput for index {index} is lower \
         than current WarmThroughput, decreasing WarmThroughput is not supported"
    )]
    WarmDecrease { member: &'static str, index: String },
    #[error("Cannot update an index that is not a GlobalSecondaryIndex: {0}")]
    UpdateOfLocal(String),
    #[error("Cannot delete an index that is not a GlobalSecondaryIndex: {0}")]
    DeleteOfLocal(String),
}

impl From<IndexUpdateRule> for ServiceError {
    fn from(rule: IndexUpdateRule) -> Self {
        Self::validation(rule.to_string())
    }
}

/// Which work on a global index stands in the way of another change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the three busy index statuses")]
pub enum BusyIndex {
    Creating,
    Updating,
    Deleting,
}

impl BusyIndex {
    fn words(self) -> &'static str {
        match self {
            Self::Creating => "created",
            Self::Updating => "updated",
            Self::Deleting => "deleted",
        }
    }
}

impl ServiceError {
    /// A second index was to come or go while one does, or in the same request.
    pub fn online_index_limit() -> Self {
        Self::limit_exceeded("Only 1 online index can be created or deleted simultaneously per table")
    }

    /// UpdateTable was to create one global index more than a table may have.
    pub(crate) fn too_many_global_indexes(most: usize) -> Self {
        Self::limit_exceeded(&format!("Number of global secondary indexes exceeds per-table limit of {most}"))
    }

    /// An operation on an index that the table has not.
    pub fn index_not_found(index: &IndexName, table: &TableName) -> Self {
        Self::fixed(
            ErrorKind::ResourceNotFound,
            format!("Requested resource not found: Index {index} for table {table}"),
        )
    }

    /// A change of an index that is itself coming, going or changing.
    pub fn index_in_use(table: &TableName, index: &IndexName, busy: BusyIndex) -> Self {
        let busy = busy.words();
        Self::still_in_use(&format!("Index is being {busy}. Table: {table} Index: {index}"))
    }

    /// DeleteTable while an index is coming, going or changing.
    pub fn indexes_in_use() -> Self {
        Self::still_in_use("Cannot delete table while indexes are being created, updated, or deleted.")
    }

    /// A change of a table's throughput while an index is going. `indexes` are those.
    pub fn throughput_in_use_by_deletion(table: &TableName, indexes: &[&IndexName]) -> Self {
        let indexes: Vec<&str> = indexes.iter().map(|index| index.as_str()).collect();
        let indexes = indexes.join(", ");
        Self::still_in_use(&format!(
            "Can't change table IOPS when an index is being deleted. Table: {table} Indexes: [{indexes}]"
        ))
    }

    fn still_in_use(detail: &str) -> Self {
        let sentence = format!("Attempt to change a resource which is still in use: {detail}");
        Self::fixed(ErrorKind::ResourceInUse, sentence)
    }

    /// The requested throughput is the index's own.
    pub(crate) fn index_throughput_unchanged(index: &IndexName, units: Throughput) -> Self {
        let Throughput { read_units, write_units } = units;
        Self::validation(format!(
            "The provisioned throughput for the index {index} will not change. The requested value equals the current \
             value. Current ReadCapacityUnits provisioned for index {index}: {read_units}. \
             Requested ReadCapacityUnits: {read_units}. \
             Current WriteCapacityUnits provisioned for index {index}: {write_units}. \
             Requested WriteCapacityUnits: {write_units}. \
             Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        ))
    }
}

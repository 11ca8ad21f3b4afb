//! Sentences about a table's existence and state.

use partita_model::TableName;

use super::{ErrorKind, ServiceError};

mod date;
mod index;
mod update;

pub use index::BusyIndex;
pub(crate) use index::IndexUpdateRule;
pub(crate) use update::UpdateRule;
pub use update::{DecreaseBudget, SwitchBudget, UnchangedThroughput};

/// Which work on a table stands in the way of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the three busy table statuses")]
pub enum BusyTable {
    Creating,
    Updating,
    Deleting,
}

impl BusyTable {
    fn words(self) -> &'static str {
        match self {
            Self::Creating => "created",
            Self::Updating => "updated",
            Self::Deleting => "deleted",
        }
    }
}

impl ServiceError {
    /// An item operation on a table that is absent or not ready.
    pub fn resource_not_found() -> Self {
        Self::fixed(ErrorKind::ResourceNotFound, "Requested resource not found")
    }

    /// A table operation on an absent table.
    pub fn resource_not_found_table(table: &TableName) -> Self {
        Self::fixed(
            ErrorKind::ResourceNotFound,
            format!("Requested resource not found: Table: {table} not found"),
        )
    }

    /// An operation by ARN, such as tagging, on an absent resource.
    pub fn resource_not_found_arn(arn: &str) -> Self {
        // The missing letter is the service's.
        Self::fixed(
            ErrorKind::ResourceNotFound,
            format!("Requested resource not found: ResourcArn: {arn} not found"),
        )
    }

    /// CreateTable of a name that is taken.
    pub fn table_exists(table: &TableName) -> Self {
        Self::fixed(ErrorKind::ResourceInUse, format!("Table already exists: {table}"))
    }

    /// A change of a table that is not `ACTIVE`.
    pub fn resource_in_use(table: &TableName, busy: BusyTable) -> Self {
        Self::fixed(
            ErrorKind::ResourceInUse,
            format!(
                "Attempt to change a resource which is still in use: Table is being {}: {table}",
                busy.words()
            ),
        )
    }

    /// DeleteTable of a protected table.
    pub fn deletion_protected() -> Self {
        Self::validation(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection \
             first.",
        )
    }

    /// More than the account may have of something; `detail` says of what.
    pub fn limit_exceeded(detail: &str) -> Self {
        Self::fixed(ErrorKind::LimitExceeded, format!("Subscriber limit exceeded: {detail}"))
    }

    /// CreateTable beyond the account's number of tables.
    pub fn too_many_tables(limit: u64) -> Self {
        Self::limit_exceeded(&format!("There is a limit of {limit} tables per subscriber"))
    }

    /// A member of CreateTable or UpdateTable that asks for what this installation cannot do yet. The service has no such
    /// sentence; refusing is better than to ignore what was asked.
    pub fn unsupported(member: &str) -> Self {
        Self::validation(format!(
            "One or more parameter values were invalid: {member} is not supported by this installation yet"
        ))
    }

    /// TagResource without tags.
    pub(crate) fn no_tags() -> Self {
        Self::rule("Atleast one Tag needs to be provided as Input.")
    }

    /// UntagResource without keys.
    pub(crate) fn no_tag_keys() -> Self {
        Self::rule("Atleast one Tag Key needs to be provided as Input.")
    }

    /// A tag whose key has the service's own prefix.
    pub(crate) fn reserved_tag_key(key: &str) -> Self {
        Self::rule(format!("Tag Key cannot be prefixed with aws:, Key: {key}"))
    }

    /// A tag whose key is too long, empty or absent.
    pub(crate) fn invalid_tag_key(key: &str) -> Self {
        Self::rule(format!("The Tag Key provided is invalid, Key: {key}"))
    }

    /// A tag whose value is too long.
    pub(crate) fn invalid_tag_value(value: &str) -> Self {
        Self::rule(format!("The Tag Value provided is invalid, Value: {value}"))
    }

    /// The same key twice in one call.
    pub(crate) fn duplicate_tag_key(key: &str) -> Self {
        Self::rule(format!("Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}"))
    }

    /// More tags than a table may have, counting those it has.
    pub fn too_many_tags() -> Self {
        Self::validation("Number of Tags exceed the current limit for the provided ResourceArn")
    }

    /// A page token that was never given out.
    pub(crate) fn invalid_next_token() -> Self {
        Self::rule("The provided NextToken is invalid")
    }

    /// A tagging call whose ARN names no table of this installation.
    pub fn invalid_resource_arn(arn: &str) -> Self {
        Self::validation(format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}"))
    }
}

#[cfg(test)]
mod tests;

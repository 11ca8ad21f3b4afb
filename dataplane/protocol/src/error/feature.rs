//! Sentences about single features of a table: expiry, backups, policies.

use partita_model::{IndexName, TableName};

use super::{ErrorKind, ServiceError};
use crate::output::TableStatus;

/// What is wrong with the ARN of a resource whose policy is asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PolicyArnRule {
    #[error("One or more parameter values were invalid: ARNs must start with 'arn:': {0}")]
    NoArn(String),
    #[error("One or more parameter values were invalid: Provided Arn is not a DynamoDB resource arn: {0}")]
    OfOtherService(String),
    #[error(
        "One or more parameter values were invalid: Invalid resource arn provided, only table or stream is accepted. \
         Provided resource arn: {0}"
    )]
    OfIndex(String),
    #[error("One or more parameter values were invalid: Invalid resource Arn: {0}")]
    Elsewhere(String),
    #[error("This action is only supported by accounts that match the resource owner’s account.")]
    OfOtherAccount,
}

impl From<PolicyArnRule> for ServiceError {
    fn from(rule: PolicyArnRule) -> Self {
        Self::validation(rule.to_string())
    }
}

impl ServiceError {
    /// Expiry was to be enabled by the attribute by which items expire already.
    pub fn time_to_live_enabled() -> Self {
        Self::validation("TimeToLive is already enabled")
    }

    /// Expiry was to be disabled where there is none.
    pub fn time_to_live_disabled() -> Self {
        Self::validation("TimeToLive is already disabled")
    }

    /// Expiry was to be changed of another attribute than `current`, the one by which items expire.
    pub fn time_to_live_of_other_attribute(current: &str) -> Self {
        Self::validation(format!(
            "TimeToLive is active on a different AttributeName: current AttributeName is {current}"
        ))
    }

    /// Expiry was changed a short time ago.
    pub fn time_to_live_changed_recently() -> Self {
        Self::validation("Time to live has been modified multiple times within a fixed interval")
    }

    /// DescribeTimeToLive of a table that is not served.
    pub fn time_to_live_of_busy_table(status: TableStatus) -> Self {
        let status = status.as_str();
        Self::validation(format!(
            "Cannot describe time to live while table is in {status} state: Current table state is {status}"
        ))
    }

    /// An operation on the backups of a table that does not exist.
    pub fn table_not_found(table: &TableName) -> Self {
        Self::fixed(ErrorKind::TableNotFound, format!("Table not found: {table}"))
    }

    /// DescribeContributorInsights of an index that the table has not, or that is local.
    pub fn insights_index_not_found(index: &IndexName, table: &TableName) -> Self {
        Self::fixed(
            ErrorKind::ResourceNotFound,
            format!("Requested resource not found: Index: {index} not found for table: {table}"),
        )
    }

    /// A resource without a policy.
    pub fn policy_not_found(arn: &str) -> Self {
        Self::fixed(
            ErrorKind::PolicyNotFound,
            format!("Resource-based policy not found for the provided ResourceArn: {arn}"),
        )
    }
}

//! Reads of features that a table has or has not. Tools read them of every table right after its creation.

use partita_model::name::Scope;
use partita_model::{IndexName, TableName};

use super::table_ref::{TableRef, index_name};
use super::tags::resource_arn;
use crate::ServiceError;
use crate::definition::member::{only_table, table_member};
use crate::error::{PolicyArnRule, Violations};
use crate::json::Members;

/// DescribeContinuousBackups.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeContinuousBackups {
    /// Which table.
    pub table: TableRef,
}

impl DescribeContinuousBackups {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        Ok(Self { table: only_table(&mut members)? })
    }
}

/// DescribeKinesisStreamingDestination.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeKinesisStreamingDestination {
    /// Which table.
    pub table: TableRef,
}

impl DescribeKinesisStreamingDestination {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        Ok(Self { table: only_table(&mut members)? })
    }
}

/// DescribeContributorInsights.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeContributorInsights {
    /// Which table.
    pub table: TableRef,
    /// Which of its indexes, rather than the table.
    pub index: Option<IndexName>,
}

impl DescribeContributorInsights {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let table = members.string("TableName")?;
        let index = members.string("IndexName")?;
        let mut violations = Violations::new();
        table_member(table.as_deref(), &mut violations);
        index_name(index.as_deref(), &mut violations);
        violations.finish()?;
        Ok(Self { table: TableRef::new(table.unwrap_or_default()), index: index.map(IndexName::new) })
    }
}

/// GetResourcePolicy.
#[derive(Clone, Debug, PartialEq)]
pub struct GetResourcePolicy {
    /// The table or stream, as given.
    pub arn: String,
}

impl GetResourcePolicy {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let arn = members.string("ResourceArn")?;
        let mut violations = Violations::new();
        let arn = resource_arn(arn, &mut violations);
        violations.finish()?;
        Ok(Self { arn: arn.unwrap_or_default() })
    }

    /// The table that is the resource, or that the stream is of.
    pub fn table(&self, scope: &Scope) -> Result<TableName, ServiceError> {
        let arn = || self.arn.clone();
        if !self.arn.starts_with("arn:") {
            return Err(PolicyArnRule::NoArn(arn()).into());
        }
        let [_, partition, service, region, account, resource] = parts(&self.arn);
        let (Some(rest), "dynamodb") = (resource.strip_prefix("table/"), service) else {
            return Err(PolicyArnRule::OfOtherService(arn()).into());
        };
        if partition != "aws" || region != scope.region {
            return Err(PolicyArnRule::Elsewhere(arn()).into());
        }
        if account != scope.account_id {
            return Err(PolicyArnRule::OfOtherAccount.into());
        }
        match rest.split('/').collect::<Vec<_>>().as_slice() {
            [table] | [table, "stream", _] if !table.is_empty() => Ok(TableName::new(*table)),
            [_, "index", _] => Err(PolicyArnRule::OfIndex(arn()).into()),
            _ => Err(PolicyArnRule::OfOtherService(arn()).into()),
        }
    }
}

/// The six parts of an ARN; those that are missing are empty.
fn parts(arn: &str) -> [&str; 6] {
    let mut parts = arn.splitn(6, ':');
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests;

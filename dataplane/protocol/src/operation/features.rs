//! Reads of features that a table has or has not. Tools read them of every table right after its creation.

use super::table_ref::{TableRef, index_name};
use super::tags::resource_arn;
use crate::ServiceError;
use crate::definition::member::{only_table, table_member};
use crate::error::Violations;
use crate::json::Members;
use partita_model::IndexName;

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
}

#[cfg(test)]
mod tests;

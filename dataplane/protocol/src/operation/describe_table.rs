//! DescribeTable.

use super::table_ref::{TableRef, table_name};
use crate::ServiceError;
use crate::error::Violations;
use crate::json::Members;

/// DescribeTable.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTable {
    /// Which one.
    pub table: TableRef,
}

impl DescribeTable {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let table = members.string("TableName")?;
        let mut violations = Violations::new();
        table_name(table.as_deref(), &mut violations);
        violations.finish()?;
        Ok(Self { table: TableRef::new(table.unwrap_or_default()) })
    }
}

//! DescribeTable.

use super::table_ref::TableRef;
use crate::ServiceError;
use crate::definition::member::table_member;
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
        table_member(table.as_deref(), &mut violations);
        violations.finish()?;
        Ok(Self { table: TableRef::new(table.unwrap_or_default()) })
    }
}

//! DescribeTable.

use super::table_ref::TableRef;
use crate::ServiceError;
use crate::definition::member::only_table;
use crate::json::Members;

/// DescribeTable.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTable {
    /// Which one.
    pub table: TableRef,
}

impl DescribeTable {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        Ok(Self { table: only_table(&mut members)? })
    }
}

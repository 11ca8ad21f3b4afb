//! DeleteTable.

use super::table_ref::TableRef;
use crate::ServiceError;
use crate::definition::member::only_table;
use crate::json::Members;

/// DeleteTable.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteTable {
    /// Which one.
    pub table: TableRef,
}

impl DeleteTable {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        Ok(Self { table: only_table(&mut members)? })
    }
}

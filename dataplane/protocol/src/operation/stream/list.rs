//! ListStreams.

use super::super::table_ref::{TableRef, name_form};
use super::{LISTED_MAX, limit, stream_arn};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;
use crate::stream::StreamArn;

/// ListStreams.
#[derive(Clone, Debug, PartialEq)]
pub struct ListStreams {
    /// Streams of this table only.
    pub table: Option<TableRef>,
    /// Streams after this one. No such stream need exist any more.
    pub after: Option<StreamArn>,
    /// Streams on one page, 1 to 100.
    pub limit: usize,
}

impl ListStreams {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let table = members.string("TableName")?;
        let limit = members.integer("Limit")?;
        let after = members.string("ExclusiveStartStreamArn")?;
        let mut violations = Violations::new();
        if let Some(name) = &table {
            name_form(name, &Place::member("tableName"), &mut violations);
        }
        let limit = self::limit(limit, LISTED_MAX, &mut violations);
        let after = stream_arn(after, &Place::member("exclusiveStartStreamArn"), &mut violations);
        violations.finish()?;
        Ok(Self { table: table.map(TableRef::new), after, limit })
    }
}

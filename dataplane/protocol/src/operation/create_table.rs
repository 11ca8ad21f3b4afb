//! CreateTable.

use super::table_ref::TableRef;
use crate::ServiceError;
use crate::definition::member::table_member;
use crate::definition::tags::{self, DraftTag};
use crate::definition::{Draft, TableDefinition};
use crate::error::Violations;
use crate::json::Members;

/// Members of the service that are not even parts of a [`TableDefinition`] here.
const UNKNOWN_MEMBERS: [&str; 3] =
    ["GlobalTableSettingsReplicationMode", "GlobalTableSourceArn", "VectorIndexes"];

/// CreateTable.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    /// The new table.
    pub table: TableRef,
    /// What is asked of it. It keeps the rules of [`TableDefinition::check`] and asks for nothing that is unsupported.
    pub definition: TableDefinition,
}

impl CreateTable {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let table = members.string("TableName")?;
        let draft = Draft::read(&mut members)?;
        let draft_tags = members.list("Tags", DraftTag::read)?;
        let unknown = UNKNOWN_MEMBERS.into_iter().find(|name| members.take(name).is_some());

        let mut violations = Violations::new();
        table_member(table.as_deref(), &mut violations);
        let mut definition = draft.check(&mut violations);
        violations.finish()?;

        definition.check()?;
        definition.tags = draft_tags.map(tags::complete).transpose()?;
        definition.refuse_unsupported()?;
        if let Some(member) = unknown {
            return Err(ServiceError::unsupported(member));
        }
        Ok(Self { table: TableRef::new(table.unwrap_or_default()), definition })
    }
}

#[cfg(test)]
mod tests;

//! A table as the catalog holds it.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::{Generation, TableSettings};
use partita_model::{TableDescriptor, TableId, TableName};
use partita_protocol::definition::TableDefinition;
use partita_protocol::output::TableStatus;

use super::Tags;
use crate::Error;
use crate::history::History;

/// A table to be added.
#[derive(Clone, Debug)]
pub struct NewTable {
    /// A name that is free.
    pub name: TableName,
    /// The `TableId` that answers show.
    pub uuid: String,
    /// When.
    pub created: UnixMillis,
    /// What was asked for; it keeps the rules. Its tags are stored apart.
    pub definition: TableDefinition,
    /// The history's beginning.
    pub history: History,
}

/// A table as it was asked for and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRecord {
    /// The incarnation.
    pub id: TableId,
    /// The name callers use.
    pub name: TableName,
    /// The `TableId` that answers show.
    pub uuid: String,
    /// Where the table is in its life. Everything but `ACTIVE` is unfinished work.
    pub status: TableStatus,
    /// Grows with each change of the descriptor.
    pub generation: Generation,
    /// Grows with each change of the record.
    pub revision: u64,
    /// When the table was asked for.
    pub created: UnixMillis,
    /// What was asked for, without tags.
    pub definition: TableDefinition,
    /// How its settings changed.
    pub history: History,
}

impl NewTable {
    /// The tags to begin with.
    pub(super) fn take_tags(&mut self) -> Tags {
        let tags = self.definition.tags.take().unwrap_or_default();
        tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
    }
}

impl TableRecord {
    /// What the data plane is told.
    pub fn descriptor(&self) -> Result<TableDescriptor, Error> {
        // The definition kept the rules when it was stored.
        let checked = self.definition.check().map_err(|rule| Error::Unreadable {
            what: "table definition",
            detail: format!("table {}: {rule}", self.name),
        })?;
        Ok(TableDescriptor {
            id: self.id,
            name: self.name.clone(),
            generation: self.generation,
            key: checked.key,
            attributes: checked.attributes,
            local_indexes: checked.local_indexes,
            global_indexes: checked.global_indexes,
            billing: checked.billing,
            throughput: checked.throughput,
            stream: None,
            time_to_live: None,
            settings: self.settings(),
        })
    }

    /// What the data plane only shows.
    fn settings(&self) -> TableSettings {
        TableSettings {
            uuid: self.uuid.clone(),
            created: self.created,
            deletion_protection: self.definition.deletion_protection_enabled.unwrap_or(false),
            class: self.definition.table_class,
            ..self.history.settings()
        }
    }
}

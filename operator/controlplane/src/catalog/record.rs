//! A table as the catalog holds it.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::{Generation, Progress, TableSettings};
use partita_model::schema::GlobalIndex;
use partita_model::{TableDescriptor, TableId, TableName};
use partita_protocol::definition::{GlobalIndexDefinition, TableDefinition};
use partita_protocol::output::TableStatus;

use super::Tags;
use super::parts::{IndexPart, IndexState, Parts, asked_view};
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
    /// Its parts, each with its id.
    pub parts: Parts,
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
    /// Where the table is in its life. Everything but `ACTIVE` is unfinished work; a table that is may have some too.
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
    /// How far its global indexes, its stream and the expiry of its items are.
    pub parts: Parts,
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
            global_indexes: checked.global_indexes.into_iter().map(|index| self.incarnation(index)).collect(),
            billing: checked.billing,
            throughput: checked.throughput,
            stream: self.parts.stream.as_ref().map(|part| part.settings.clone()),
            time_to_live: self.parts.expiry().cloned(),
            settings: self.settings(),
        })
    }

    /// The global indexes of the definition.
    pub fn global_indexes(&self) -> impl Iterator<Item = &GlobalIndexDefinition> {
        self.definition.global_secondary_indexes.iter().flatten()
    }

    /// The global indexes that have no id yet: those of a table that was declared before global indexes were built.
    pub fn indexes_without_id(&self) -> usize {
        self.global_indexes().filter(|index| !self.parts.indexes.contains_key(&index.index_name)).count()
    }

    /// Whether the parts do not say yet what the definition asks for. So it is with tables of before there were parts.
    pub fn lacks_parts(&self) -> bool {
        let stream = self.definition.stream_specification.as_ref().and_then(asked_view);
        self.indexes_without_id() > 0 || (stream.is_some() && self.parts.stream.is_none())
    }

    /// The table with all parts that its definition asks for, to be built from the items it has.
    pub fn with_parts(mut self, ids: Vec<TableId>, now: UnixMillis) -> Result<Self, Error> {
        let before = self.clone();
        let names: Vec<_> = self.global_indexes().map(|index| index.index_name.clone()).collect();
        let missing = names.into_iter().filter(|name| !before.parts.indexes.contains_key(name));
        for (name, id) in missing.zip(ids) {
            self.parts.indexes.insert(name, IndexPart { id, state: IndexState::Building });
        }
        let stream = self.definition.stream_specification.as_ref().and_then(asked_view);
        if let Some(view) = stream.filter(|_| self.parts.stream.is_none()) {
            self.parts.enable_stream(view, now);
        }
        if self.status == TableStatus::Active {
            self.status = TableStatus::Updating;
        }
        self.after(&before)
    }

    /// The table after the data plane has heard of this generation, and was as far as `progress` says; the same if that is no
    /// further.
    pub fn advanced(&self, progress: &Progress) -> Result<Self, Error> {
        let mut next = self.clone();
        next.parts = self.parts.advanced(progress);
        if !next.parts.has_index_under_way() && self.status != TableStatus::Deleting {
            next.status = TableStatus::Active;
        }
        next.after(self)
    }

    /// This record, changed from `before`: of the next generation if the data plane has to hear of it.
    pub fn after(mut self, before: &Self) -> Result<Self, Error> {
        self.generation = before.generation;
        if self.descriptor()? != before.descriptor()? {
            self.generation = Generation(before.generation.0 + 1);
        }
        Ok(self)
    }

    /// The incarnation of an index. One that has no id yet has no rows, and is not read.
    fn incarnation(&self, index: GlobalIndex) -> GlobalIndex {
        match self.parts.indexes.get(&index.name) {
            Some(part) => GlobalIndex { id: part.id, active: part.state.is_readable(), ..index },
            None => index,
        }
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

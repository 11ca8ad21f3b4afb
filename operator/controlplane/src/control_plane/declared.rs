//! Tables that manifests declare.
//!
//! The same tables as the API's. A manifest may declare what is not acted on yet (global indexes, streams, ceilings …): it is
//! stored with the table and shown as declared.

use partita_model::TableName;
use partita_model::descriptor::Generation;
use partita_protocol::ServiceError;
use partita_protocol::definition::TableDefinition;
use partita_protocol::output::TableDescription;

use super::ControlPlane;
use crate::catalog::{ObjectKey, Tags};

/// A table with what was asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredTable {
    /// As DescribeTable shows it.
    pub description: TableDescription,
    /// As it was asked for, parts that are not acted on included; without tags.
    pub definition: TableDefinition,
    /// Its tags.
    pub tags: Tags,
    /// Grows with each change that the data plane hears of.
    pub generation: Generation,
    /// The object that declares it, if one does.
    pub owner: Option<ObjectKey>,
}

impl ControlPlane {
    /// Creates a table for a manifest. CreateTable's rules hold; what is not supported yet is stored.
    pub async fn create_declared(
        &self,
        owner: ObjectKey,
        name: TableName,
        definition: TableDefinition,
    ) -> Result<TableDescription, ServiceError> {
        self.create(name, definition, Some(owner)).await
    }

    /// A table with what was asked of it, whoever asked. Goes on with an unfinished table first.
    pub async fn declared(&self, name: &TableName) -> Result<Option<DeclaredTable>, ServiceError> {
        let Some(table) = self.look_at(name).await? else { return Ok(None) };
        Ok(Some(DeclaredTable {
            description: self.describe(&table).await,
            tags: self.catalog.tags(table.id).await?,
            generation: table.generation,
            definition: table.definition,
            owner: table.owner,
        }))
    }

    /// Lets an object declare the table from now on, or none (adoption and retention).
    pub async fn set_owner(&self, name: &TableName, owner: Option<ObjectKey>) -> Result<(), ServiceError> {
        let _guard = self.locks.lock(name).await;
        let mut table = self.idle_table(name).await?;
        if table.owner == owner {
            return Ok(());
        }
        tracing::info!(table = %name, owner = owner.as_ref().map(tracing::field::display), "table has a new owner");
        table.owner = owner;
        self.catalog.update_table(table).await?;
        Ok(())
    }

    /// Deletes a table for its manifest. A table that is gone is no error.
    pub async fn delete_declared(&self, name: &TableName) -> Result<(), ServiceError> {
        match self.delete(name).await {
            Err(error) if error == ServiceError::resource_not_found_table(name) => Ok(()),
            other => other.map(drop),
        }
    }
}

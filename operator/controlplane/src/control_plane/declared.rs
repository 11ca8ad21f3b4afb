//! Tables that manifests declare.
//!
//! The same tables as the API's. A manifest may declare what is not acted on yet (ceilings, policies, keys …): it is stored with
//! the table.

use partita_model::TableName;
use partita_protocol::ServiceError;
use partita_protocol::definition::TableDefinition;
use partita_protocol::output::{TableDescription, TimeToLiveDescription};

use super::{ControlPlane, time_to_live};
use crate::catalog::Tags;

/// A table with its tags.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredTable {
    /// As DescribeTable shows it.
    pub description: TableDescription,
    /// Its tags.
    pub tags: Tags,
    /// How its items expire.
    pub time_to_live: TimeToLiveDescription,
}

impl ControlPlane {
    /// Creates a table for a manifest. CreateTable's rules hold; what is not supported yet is stored.
    pub async fn create_declared(
        &self,
        name: TableName,
        definition: TableDefinition,
    ) -> Result<TableDescription, ServiceError> {
        self.create(name, definition).await
    }

    /// A table with its tags, whoever made it. Goes on with an unfinished table first.
    pub async fn declared(&self, name: &TableName) -> Result<Option<DeclaredTable>, ServiceError> {
        let Some(table) = self.look_at(name).await? else { return Ok(None) };
        Ok(Some(DeclaredTable {
            description: self.describe(&table).await,
            tags: self.catalog.tags(table.id).await?,
            time_to_live: time_to_live::description(&table),
        }))
    }

    /// Deletes a table for its manifest. A table that is gone is no error.
    pub async fn delete_declared(&self, name: &TableName) -> Result<(), ServiceError> {
        match self.delete(name).await {
            Err(error) if error == ServiceError::resource_not_found_table(name) => Ok(()),
            other => other.map(drop),
        }
    }
}

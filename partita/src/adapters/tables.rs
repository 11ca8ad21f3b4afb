//! The reconciler's tables: the control plane of this process.

use std::sync::Arc;

use async_trait::async_trait;
use partita_controllers::TableControl;
use partita_controllers::plan::Observed;
use partita_controlplane::ControlPlane;
use partita_model::TableName;
use partita_protocol::ServiceError;
use partita_protocol::definition::{TableDefinition, Tag, TimeToLiveSpecification};
use partita_protocol::operation::{TagResource, UntagResource, UpdateTable};

/// Observes and changes tables for the reconciler.
pub(crate) struct ControlledTables(pub(crate) Arc<ControlPlane>);

impl ControlledTables {
    fn arn(&self, table: &TableName) -> String {
        self.0.scope().table_arn(table).as_str().to_owned()
    }
}

#[async_trait]
impl TableControl for ControlledTables {
    async fn describe(&self, table: &TableName) -> Result<Option<Observed>, ServiceError> {
        let declared = self.0.declared(table).await?;
        Ok(declared.map(|declared| Observed {
            description: declared.description,
            tags: declared.tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
            time_to_live: declared.time_to_live,
        }))
    }

    async fn create(&self, table: &TableName, definition: &TableDefinition) -> Result<(), ServiceError> {
        self.0.create_declared(table.clone(), definition.clone()).await.map(drop)
    }

    async fn update(&self, update: UpdateTable) -> Result<(), ServiceError> {
        self.0.update_table(update).await.map(drop)
    }

    async fn set_time_to_live(
        &self,
        table: &TableName,
        specification: TimeToLiveSpecification,
    ) -> Result<(), ServiceError> {
        self.0.set_declared_time_to_live(table, &specification).await
    }

    async fn delete(&self, table: &TableName) -> Result<(), ServiceError> {
        self.0.delete_declared(table).await
    }

    async fn tag(&self, table: &TableName, tags: Vec<Tag>) -> Result<(), ServiceError> {
        self.0.tag_resource(TagResource { arn: self.arn(table), tags }).await.map(drop)
    }

    async fn untag(&self, table: &TableName, keys: Vec<String>) -> Result<(), ServiceError> {
        self.0.untag_resource(UntagResource { arn: self.arn(table), keys }).await.map(drop)
    }
}

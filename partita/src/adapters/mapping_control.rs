//! The reconciler's event source mappings: the control plane of this process.

use std::sync::Arc;

use async_trait::async_trait;
use partita_controllers::MappingControl;
use partita_controllers::mapping::Observed;
use partita_controlplane::{EventSourceMappings, MappingRecord, Wanted};
use partita_mapping::{MappingId, Refusal, Settings, Target};
use partita_model::TableName;
use partita_protocol::stream::{StreamArn, StreamName};

/// Observes and changes mappings for the reconciler.
pub(crate) struct ControlledMappings(pub(crate) Arc<EventSourceMappings>);

impl ControlledMappings {
    async fn observed(&self, record: MappingRecord) -> Observed {
        let last_result = self.0.last_result(&record.mapping.id).await;
        Observed { state: self.0.state(&record), mapping: record.mapping, last_result }
    }
}

#[async_trait]
impl MappingControl for ControlledMappings {
    async fn latest_stream(&self, table: &TableName) -> Result<Option<StreamName>, Refusal> {
        self.0.latest_stream(table).await
    }

    async fn find(&self, id: &MappingId) -> Result<Option<Observed>, Refusal> {
        match self.0.record(id.as_str()).await {
            Ok(record) => Ok(Some(self.observed(record).await)),
            Err(Refusal::NotFound) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    async fn find_between(&self, source: &StreamArn, target: &str) -> Result<Option<Observed>, Refusal> {
        match self.0.record_between(source, target).await? {
            Some(record) => Ok(Some(self.observed(record).await)),
            None => Ok(None),
        }
    }

    fn new_id(&self) -> Result<MappingId, Refusal> {
        self.0.new_id()
    }

    async fn create(
        &self,
        id: &MappingId,
        source: StreamArn,
        target: Target,
        settings: Settings,
    ) -> Result<(), Refusal> {
        self.0.create_wanted(Some(id.clone()), Wanted { source, target, settings }).await.map(drop)
    }

    async fn update(&self, id: &MappingId, target: Target, settings: Settings) -> Result<(), Refusal> {
        self.0.update_wanted(id, target, settings).await.map(drop)
    }

    async fn delete(&self, id: &MappingId) -> Result<(), Refusal> {
        self.0.delete(id.as_str()).await.map(drop)
    }
}

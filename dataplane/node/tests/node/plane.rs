//! What stands between a node and a control plane.

use std::sync::Arc;

use async_trait::async_trait;
use partita_controlplane::{ControlPlane, DataPlane, DataPlaneError, TableStatistics};
use partita_gateway::{ExtraRoutes, RawRequest, RawResponse};
use partita_mapping::{PATH, SERVICE};
use partita_model::{TableDescriptor, TableId};
use partita_node::NodeClient;
use partita_protocol::operation::{
    CreateTable, DeleteTable, DescribeLimits, DescribeTable, ListTables, ListTagsOfResource, TagResource,
    UntagResource, UpdateTable,
};
use partita_protocol::{ServiceError, operation, output};
use serde_json::json;

/// The control plane's data plane: the node.
pub(crate) struct NodeDataPlane(pub(crate) NodeClient);

#[async_trait]
impl DataPlane for NodeDataPlane {
    async fn apply(&self, descriptor: TableDescriptor) -> Result<(), DataPlaneError> {
        Ok(self.0.apply(descriptor).await?)
    }

    async fn drop_table(&self, table: TableId) -> Result<(), DataPlaneError> {
        Ok(self.0.drop_table(table).await?)
    }

    async fn statistics(&self, table: TableId) -> Result<TableStatistics, DataPlaneError> {
        let counted = self.0.statistics(table).await?;
        Ok(TableStatistics { table: counted.table, indexes: counted.indexes, progress: counted.progress })
    }
}

/// In the place of Lambda's API for event source mappings: tells what it was asked.
#[derive(Debug)]
pub(crate) struct Echo;

#[async_trait]
impl ExtraRoutes for Echo {
    fn service(&self, path: &str) -> Option<&'static str> {
        path.starts_with(PATH).then_some(SERVICE)
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        let (method, body) = (request.method.as_str(), String::from_utf8_lossy(&request.body));
        let echo = json!({ "method": method, "path": request.path, "query": request.query, "body": body });
        Some(RawResponse::new(202.try_into().unwrap(), "application/json", echo.to_string()))
    }
}

/// The gateway's control plane.
#[derive(Debug)]
pub(crate) struct Plane(pub(crate) Arc<ControlPlane>);

#[async_trait]
impl partita_gateway::ControlPlane for Plane {
    async fn create_table(&self, asked: CreateTable) -> Result<output::TableDescription, ServiceError> {
        self.0.create_table(asked).await
    }

    async fn describe_table(&self, asked: DescribeTable) -> Result<output::TableDescription, ServiceError> {
        self.0.describe_table(asked).await
    }

    async fn list_tables(&self, asked: ListTables) -> Result<output::ListTables, ServiceError> {
        self.0.list_tables(asked).await
    }

    async fn update_table(&self, asked: UpdateTable) -> Result<output::TableDescription, ServiceError> {
        self.0.update_table(asked).await
    }

    async fn delete_table(&self, asked: DeleteTable) -> Result<output::TableDescription, ServiceError> {
        self.0.delete_table(asked).await
    }

    async fn tag_resource(&self, asked: TagResource) -> Result<(), ServiceError> {
        self.0.tag_resource(asked).await.map(drop)
    }

    async fn untag_resource(&self, asked: UntagResource) -> Result<(), ServiceError> {
        self.0.untag_resource(asked).await.map(drop)
    }

    async fn list_tags_of_resource(
        &self,
        asked: ListTagsOfResource,
    ) -> Result<output::ListTagsOfResource, ServiceError> {
        self.0.list_tags_of_resource(asked).await
    }

    async fn describe_limits(&self, asked: DescribeLimits) -> Result<output::DescribeLimits, ServiceError> {
        self.0.describe_limits(asked).await
    }

    async fn update_time_to_live(
        &self,
        asked: operation::UpdateTimeToLive,
    ) -> Result<output::UpdateTimeToLive, ServiceError> {
        self.0.update_time_to_live(asked).await
    }

    async fn describe_time_to_live(
        &self,
        asked: operation::DescribeTimeToLive,
    ) -> Result<output::DescribeTimeToLive, ServiceError> {
        self.0.describe_time_to_live(asked).await
    }

    async fn describe_continuous_backups(
        &self,
        asked: operation::DescribeContinuousBackups,
    ) -> Result<output::NoContinuousBackups, ServiceError> {
        self.0.describe_continuous_backups(asked).await
    }

    async fn describe_contributor_insights(
        &self,
        asked: operation::DescribeContributorInsights,
    ) -> Result<output::NoContributorInsights, ServiceError> {
        self.0.describe_contributor_insights(asked).await
    }

    async fn describe_kinesis_streaming_destination(
        &self,
        asked: operation::DescribeKinesisStreamingDestination,
    ) -> Result<output::NoKinesisDestination, ServiceError> {
        self.0.describe_kinesis_streaming_destination(asked).await
    }

    async fn get_resource_policy(&self, asked: operation::GetResourcePolicy) -> ServiceError {
        self.0.get_resource_policy(asked).await
    }
}

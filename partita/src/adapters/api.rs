//! The gateway's control plane: the one of this process. What the API changes, the reconcilers look at.

use std::sync::Arc;

use async_trait::async_trait;
use partita_controlplane::ControlPlane;
use partita_model::TableName;
use partita_protocol::operation::{
    CreateTable, DeleteTable, DescribeContinuousBackups, DescribeContributorInsights,
    DescribeKinesisStreamingDestination, DescribeLimits, DescribeTable, DescribeTimeToLive,
    GetResourcePolicy, ListTables, ListTagsOfResource, TagResource, UntagResource, UpdateTable,
    UpdateTimeToLive,
};
use partita_protocol::{ServiceError, output};

/// Hears of every table that the API changed.
pub(crate) type Touched = Box<dyn Fn(&TableName) + Send + Sync>;

/// Passes operations on, and tells which table they changed.
pub(crate) struct ApiControlPlane {
    control: Arc<ControlPlane>,
    touched: Touched,
}

impl ApiControlPlane {
    pub(crate) fn new(control: Arc<ControlPlane>, touched: Touched) -> Self {
        Self { control, touched }
    }

    fn touched(&self, description: output::TableDescription) -> output::TableDescription {
        (self.touched)(&description.table_name);
        description
    }

    /// The table in an ARN; the control plane itself has checked the ARN.
    fn touched_arn(&self, arn: &str) {
        if let Some(table) = self.control.scope().table_of_arn(arn) {
            (self.touched)(&TableName::new(table.as_str()));
        }
    }
}

impl std::fmt::Debug for ApiControlPlane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiControlPlane").field("control", &self.control).finish_non_exhaustive()
    }
}

#[async_trait]
impl partita_gateway::ControlPlane for ApiControlPlane {
    async fn create_table(&self, operation: CreateTable) -> Result<output::TableDescription, ServiceError> {
        self.control.create_table(operation).await.map(|description| self.touched(description))
    }

    async fn describe_table(
        &self,
        operation: DescribeTable,
    ) -> Result<output::TableDescription, ServiceError> {
        self.control.describe_table(operation).await
    }

    async fn list_tables(&self, operation: ListTables) -> Result<output::ListTables, ServiceError> {
        self.control.list_tables(operation).await
    }

    async fn update_table(&self, operation: UpdateTable) -> Result<output::TableDescription, ServiceError> {
        self.control.update_table(operation).await.map(|description| self.touched(description))
    }

    async fn delete_table(&self, operation: DeleteTable) -> Result<output::TableDescription, ServiceError> {
        self.control.delete_table(operation).await.map(|description| self.touched(description))
    }

    async fn tag_resource(&self, operation: TagResource) -> Result<(), ServiceError> {
        let arn = operation.arn.clone();
        self.control.tag_resource(operation).await?;
        self.touched_arn(&arn);
        Ok(())
    }

    async fn untag_resource(&self, operation: UntagResource) -> Result<(), ServiceError> {
        let arn = operation.arn.clone();
        self.control.untag_resource(operation).await?;
        self.touched_arn(&arn);
        Ok(())
    }

    async fn list_tags_of_resource(
        &self,
        operation: ListTagsOfResource,
    ) -> Result<output::ListTagsOfResource, ServiceError> {
        self.control.list_tags_of_resource(operation).await
    }

    async fn describe_limits(
        &self,
        operation: DescribeLimits,
    ) -> Result<output::DescribeLimits, ServiceError> {
        self.control.describe_limits(operation).await
    }

    async fn update_time_to_live(
        &self,
        operation: UpdateTimeToLive,
    ) -> Result<output::UpdateTimeToLive, ServiceError> {
        let table = operation.table.name(self.control.scope());
        let answer = self.control.update_time_to_live(operation).await?;
        (self.touched)(&table?);
        Ok(answer)
    }

    async fn describe_time_to_live(
        &self,
        operation: DescribeTimeToLive,
    ) -> Result<output::DescribeTimeToLive, ServiceError> {
        self.control.describe_time_to_live(operation).await
    }

    async fn describe_continuous_backups(
        &self,
        operation: DescribeContinuousBackups,
    ) -> Result<output::NoContinuousBackups, ServiceError> {
        self.control.describe_continuous_backups(operation).await
    }

    async fn describe_contributor_insights(
        &self,
        operation: DescribeContributorInsights,
    ) -> Result<output::NoContributorInsights, ServiceError> {
        self.control.describe_contributor_insights(operation).await
    }

    async fn describe_kinesis_streaming_destination(
        &self,
        operation: DescribeKinesisStreamingDestination,
    ) -> Result<output::NoKinesisDestination, ServiceError> {
        self.control.describe_kinesis_streaming_destination(operation).await
    }

    async fn get_resource_policy(&self, operation: GetResourcePolicy) -> ServiceError {
        self.control.get_resource_policy(operation).await
    }
}

//! What the gateway asks of the control plane. It is a trait because the two planes do not know each other.

use std::fmt::Debug;

use async_trait::async_trait;
use partita_protocol::ServiceError;
use partita_protocol::operation::{
    CreateTable, DeleteTable, DescribeContinuousBackups, DescribeContributorInsights,
    DescribeKinesisStreamingDestination, DescribeLimits, DescribeTable, DescribeTimeToLive,
    GetResourcePolicy, ListTables, ListTagsOfResource, TagResource, UntagResource, UpdateTable,
    UpdateTimeToLive,
};
use partita_protocol::output::{
    DescribeLimits as Limits, DescribeTimeToLive as TimeToLive, ListTables as TableNames,
    ListTagsOfResource as Tags, NoContinuousBackups, NoContributorInsights, NoKinesisDestination,
    TableDescription, UpdateTimeToLive as ChangedTimeToLive,
};

/// The operations on tables themselves. Each fails with what the client is to see.
#[async_trait]
pub trait ControlPlane: Debug + Send + Sync {
    /// Accepts a new table.
    async fn create_table(&self, operation: CreateTable) -> Result<TableDescription, ServiceError>;
    /// A table as it is.
    async fn describe_table(&self, operation: DescribeTable) -> Result<TableDescription, ServiceError>;
    /// One page of the tables' names.
    async fn list_tables(&self, operation: ListTables) -> Result<TableNames, ServiceError>;
    /// Accepts a change of a table.
    async fn update_table(&self, operation: UpdateTable) -> Result<TableDescription, ServiceError>;
    /// Accepts a table's end.
    async fn delete_table(&self, operation: DeleteTable) -> Result<TableDescription, ServiceError>;
    /// Adds tags to a table or replaces them.
    async fn tag_resource(&self, operation: TagResource) -> Result<(), ServiceError>;
    /// Takes tags from a table.
    async fn untag_resource(&self, operation: UntagResource) -> Result<(), ServiceError>;
    /// A table's tags.
    async fn list_tags_of_resource(&self, operation: ListTagsOfResource) -> Result<Tags, ServiceError>;
    /// How much capacity an account and a table may have.
    async fn describe_limits(&self, operation: DescribeLimits) -> Result<Limits, ServiceError>;
    /// Accepts a change of how a table's items expire.
    async fn update_time_to_live(
        &self,
        operation: UpdateTimeToLive,
    ) -> Result<ChangedTimeToLive, ServiceError>;
    /// How a table's items expire.
    async fn describe_time_to_live(&self, operation: DescribeTimeToLive) -> Result<TimeToLive, ServiceError>;
    /// Whether a table can be restored to a point in time.
    async fn describe_continuous_backups(
        &self,
        operation: DescribeContinuousBackups,
    ) -> Result<NoContinuousBackups, ServiceError>;
    /// Whether a table's keys are watched.
    async fn describe_contributor_insights(
        &self,
        operation: DescribeContributorInsights,
    ) -> Result<NoContributorInsights, ServiceError>;
    /// Which Kinesis streams a table's changes go to.
    async fn describe_kinesis_streaming_destination(
        &self,
        operation: DescribeKinesisStreamingDestination,
    ) -> Result<NoKinesisDestination, ServiceError>;
    /// Why there is no policy to show: there never is one.
    async fn get_resource_policy(&self, operation: GetResourcePolicy) -> ServiceError;
}

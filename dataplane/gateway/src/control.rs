//! What the gateway asks of the control plane. It is a trait because the two planes do not know each other.

use std::fmt::Debug;

use async_trait::async_trait;
use partita_protocol::ServiceError;
use partita_protocol::operation::{
    CreateTable, DeleteTable, DescribeLimits, DescribeTable, ListTables, ListTagsOfResource, TagResource,
    UntagResource, UpdateTable,
};
use partita_protocol::output::{
    DescribeLimits as Limits, ListTables as TableNames, ListTagsOfResource as Tags, TableDescription,
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
}

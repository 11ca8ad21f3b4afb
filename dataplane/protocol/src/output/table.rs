//! What the table operations answer.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::{BillingMode, Statistics, Throughput};
use partita_model::{Arn, IndexName, TableName};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use crate::definition::{
    AttributeDefinition, KeySchemaElement, OnDemandThroughput, ProjectionDefinition, StreamSpecification,
    TableClass, Tag,
};
use crate::stream::StreamArn;

/// Where a table is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TableStatus {
    /// Accepted, not served yet.
    Creating,
    /// A change is on its way; the table is served meanwhile.
    Updating,
    /// Going away; no longer served.
    Deleting,
    /// Served.
    Active,
}

impl TableStatus {
    /// As JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Active => "ACTIVE",
        }
    }
}

/// A table as CreateTable, DescribeTable, UpdateTable and DeleteTable show it. Members that are `None` or empty are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TableDescription {
    /// Empty in DeleteTable's answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attribute_definitions: Vec<AttributeDefinition>,
    /// The table's name.
    pub table_name: TableName,
    /// Empty in DeleteTable's answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_schema: Vec<KeySchemaElement>,
    /// Where the table is in its life.
    pub table_status: TableStatus,
    /// Absent in DeleteTable's answer.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub creation_date_time: Option<UnixMillis>,
    /// Zero units when on demand.
    pub provisioned_throughput: ThroughputDescription,
    /// Bytes and items, local and global indexes apart.
    #[serde(flatten, serialize_with = "table_statistics")]
    pub statistics: Statistics,
    /// The table's resource name.
    pub table_arn: Arn,
    /// New with each creation.
    pub table_id: String,
    /// Only for tables that are on demand, or were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_mode_summary: Option<BillingModeSummary>,
    /// In the order of creation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub local_secondary_indexes: Vec<LocalIndexDescription>,
    /// In the order of creation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub global_secondary_indexes: Vec<GlobalIndexDescription>,
    /// Only while a stream is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_specification: Option<StreamSpecification>,
    /// Of the latest stream, even after it was disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_stream_label: Option<String>,
    /// Of the latest stream, even after it was disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_stream_arn: Option<StreamArn>,
    /// Only if a class was ever asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_class_summary: Option<TableClassSummary>,
    /// Whether DeleteTable is refused.
    pub deletion_protection_enabled: bool,
    /// Absent in CreateTable's answer unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughputDescription>,
    /// Only if there are ceilings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,
}

/// Units per second and the history of their changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ThroughputDescription {
    /// When a number of units was last raised.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub last_increase_date_time: Option<UnixMillis>,
    /// When a number of units was last lowered.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub last_decrease_date_time: Option<UnixMillis>,
    /// Decreases since 00:00 UTC.
    pub number_of_decreases_today: u32,
    /// Read units per second.
    pub read_capacity_units: u64,
    /// Write units per second.
    pub write_capacity_units: u64,
}

impl ThroughputDescription {
    /// Units without a history; none when on demand.
    pub fn of(throughput: Option<Throughput>) -> Self {
        let (read, write) = throughput.map_or((0, 0), |units| (units.read_units, units.write_units));
        Self { read_capacity_units: read, write_capacity_units: write, ..Self::default() }
    }
}

/// How a table's capacity is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BillingModeSummary {
    /// The mode.
    pub billing_mode: BillingMode,
    /// When the table last became on demand.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub last_update_to_pay_per_request_date_time: Option<UnixMillis>,
}

/// A table's class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TableClassSummary {
    /// The class.
    pub table_class: TableClass,
    /// When it was last changed.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub last_update_date_time: Option<UnixMillis>,
}

/// What a table or index serves at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WarmThroughputDescription {
    /// Read units per second.
    pub read_units_per_second: u64,
    /// Write units per second.
    pub write_units_per_second: u64,
    /// `ACTIVE`, or `UPDATING` while it grows.
    pub status: TableStatus,
}

/// A local secondary index.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LocalIndexDescription {
    /// The index's name.
    pub index_name: IndexName,
    /// Partition key, then sort key.
    pub key_schema: Vec<KeySchemaElement>,
    /// What entries carry.
    pub projection: ProjectionDefinition,
    /// Bytes and entries.
    #[serde(flatten, serialize_with = "index_statistics")]
    pub statistics: Statistics,
    /// The index's resource name.
    pub index_arn: Arn,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GlobalIndexDescription {
    /// The index's name.
    pub index_name: IndexName,
    /// Partition attributes, then sort attributes.
    pub key_schema: Vec<KeySchemaElement>,
    /// What entries carry.
    pub projection: ProjectionDefinition,
    /// `CREATING` until the index is built.
    pub index_status: TableStatus,
    /// Only while an index that was added to a table is `CREATING`: whether its entries are being made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backfilling: Option<bool>,
    /// Zero units when on demand.
    pub provisioned_throughput: ThroughputDescription,
    /// Bytes and entries.
    #[serde(flatten, serialize_with = "index_statistics")]
    pub statistics: Statistics,
    /// The index's resource name.
    pub index_arn: Arn,
    /// Only if there are ceilings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// What the index serves at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughputDescription>,
}

/// The answer of CreateTable, UpdateTable and DeleteTable.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChangedTable {
    /// The table, as it is on its way.
    pub table_description: TableDescription,
}

/// The answer of DescribeTable.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribedTable {
    /// The table.
    pub table: TableDescription,
}

/// The answer of TagResource and UntagResource: nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedTags {}

/// The answer of ListTables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTables {
    /// In byte order.
    pub table_names: Vec<TableName>,
    /// Present when there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_evaluated_table_name: Option<TableName>,
}

/// The answer of ListTagsOfResource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsOfResource {
    /// By key.
    pub tags: Vec<Tag>,
}

/// The answer of DescribeLimits: units per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLimits {
    /// Reads of all provisioned tables.
    pub account_max_read_capacity_units: u64,
    /// Writes of all provisioned tables.
    pub account_max_write_capacity_units: u64,
    /// Reads of one table.
    pub table_max_read_capacity_units: u64,
    /// Writes of one table.
    pub table_max_write_capacity_units: u64,
}

/// The answer of DescribeEndpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeEndpoints {
    /// Where the service is.
    pub endpoints: Vec<Endpoint>,
}

/// Where the service is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Endpoint {
    /// A host, with its port if it has one.
    pub address: String,
    /// How long a client may keep it.
    pub cache_period_in_minutes: u64,
}

/// How long a client may keep an endpoint's address.
const CACHE_PERIOD_MINUTES: u64 = 1440;

impl DescribeEndpoints {
    /// The one endpoint: `address` is the host, with its port if it has one, that the request came to.
    pub fn at(address: impl Into<String>) -> Self {
        let endpoint = Endpoint { address: address.into(), cache_period_in_minutes: CACHE_PERIOD_MINUTES };
        Self { endpoints: vec![endpoint] }
    }
}

#[expect(clippy::ref_option, reason = "serde hands members over by reference")]
pub(super) fn seconds<S: Serializer>(time: &Option<UnixMillis>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(UnixMillis::as_epoch_seconds).serialize(serializer)
}

fn table_statistics<S: Serializer>(statistics: &Statistics, serializer: S) -> Result<S::Ok, S::Error> {
    json!({ "TableSizeBytes": statistics.size_bytes, "ItemCount": statistics.item_count })
        .serialize(serializer)
}

fn index_statistics<S: Serializer>(statistics: &Statistics, serializer: S) -> Result<S::Ok, S::Error> {
    json!({ "IndexSizeBytes": statistics.size_bytes, "ItemCount": statistics.item_count })
        .serialize(serializer)
}

#[cfg(test)]
mod tests;

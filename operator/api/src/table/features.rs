//! Streams, expiry, backups, encryption, class, replicas, tags.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Reference;

/// Stream of a table's changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::stream()))]
pub struct StreamSpecification {
    /// Whether the stream is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_enabled: Option<bool>,
    /// What a record holds of the changed item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_view_type: Option<StreamViewType>,
    /// Resource-based policy document of the stream, as a JSON string of at most 20 KB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20480))]
    pub resource_policy: Option<String>,
}

/// What a stream record holds of the changed item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum StreamViewType {
    /// Only its key.
    KeysOnly,
    /// The item after the change.
    NewImage,
    /// The item before the change.
    OldImage,
    /// Both.
    NewAndOldImages,
}

/// A Kinesis-compatible stream that receives the table's changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KinesisStreamingDestination {
    /// ARN of the stream.
    #[serde(rename = "streamARN")]
    #[schemars(length(min = 37, max = 1024))]
    pub stream_arn: String,
    /// Precision of the time of a change. Default: MILLISECOND.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approximate_creation_date_time_precision: Option<TimePrecision>,
}

/// Precision of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum TimePrecision {
    /// Thousandths of a second.
    Millisecond,
    /// Millionths of a second.
    Microsecond,
}

/// Deletion of items whose time has passed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::time_to_live()))]
pub struct TimeToLiveSpecification {
    /// Number attribute that holds an item's expiry, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub attribute_name: Option<String>,
    /// Whether items expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Point-in-time recovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PointInTimeRecoverySpecification {
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_in_time_recovery_enabled: Option<bool>,
    /// Days back that can be restored, 1 to 35. Default: 35.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 35))]
    pub recovery_period_in_days: Option<i64>,
}

/// Switch of contributor insights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum ContributorInsightsAction {
    /// On.
    Enable,
    /// Off.
    Disable,
}

/// Encryption at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SSESpecification {
    /// Whether a key other than the installation's own is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Kind of encryption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sse_type: Option<SSEType>,
    /// Identifier, ARN or alias of the key.
    #[serde(rename = "kmsMasterKeyID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub kms_master_key_id: Option<String>,
    /// Object that stands for the key, instead of kmsMasterKeyID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_master_key_ref: Option<Reference>,
}

/// Kind of encryption at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum SSEType {
    /// AES-256 with a key of the service.
    Aes256,
    /// A key of the key management service.
    Kms,
}

/// Table class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum TableClass {
    /// For tables that are read and written often.
    Standard,
    /// For tables that are mostly kept.
    StandardInfrequentAccess,
}

/// The table's copy in another region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableReplica {
    /// Name of the region.
    #[schemars(length(min = 1, max = 64))]
    pub region_name: String,
    /// Key of the copy.
    #[serde(rename = "kmsMasterKeyID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub kms_master_key_id: Option<String>,
    /// Class of the copy, if it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_class_override: Option<TableClass>,
    /// Capacity of the copy, if it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput_override: Option<ProvisionedThroughputOverride>,
    /// Ceilings of the copy, if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput_override: Option<OnDemandThroughputOverride>,
    /// Settings of the copy's indexes, if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 40),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["indexName"])
    )]
    pub global_secondary_indexes: Option<Vec<ReplicaGlobalSecondaryIndex>>,
}

/// Settings of a global index in one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaGlobalSecondaryIndex {
    /// Name of the index.
    #[schemars(regex(pattern = r"^[a-zA-Z0-9_.-]+$"), length(min = 3, max = 255))]
    pub index_name: String,
    /// Capacity of the index in that region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput_override: Option<ProvisionedThroughputOverride>,
    /// Ceilings of the index in that region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput_override: Option<OnDemandThroughputOverride>,
}

/// Capacity in one region; writes cost the same in every region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProvisionedThroughputOverride {
    /// Read capacity units per second, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub read_capacity_units: Option<i64>,
}

/// Ceilings in one region; -1 removes a ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnDemandThroughputOverride {
    /// Read request units per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1), extend("x-kubernetes-validations" = super::rules::ceiling()))]
    pub max_read_request_units: Option<i64>,
}

/// Consistency between replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum MultiRegionConsistency {
    /// Each region answers with what it has; the last writer wins.
    Eventual,
    /// A strongly consistent read sees the last write of every region.
    Strong,
}

/// A region that takes part in strong consistency without holding items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GlobalTableWitness {
    /// Name of the region.
    #[schemars(length(min = 1, max = 64))]
    pub region_name: String,
}

/// A label of the table in DynamoDB's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::tag()))]
pub struct Tag {
    /// Key, 1 to 128 characters, not starting with "aws:".
    #[schemars(length(min = 1, max = 128))]
    pub key: String,
    /// Value, at most 256 characters. Absent: the empty string.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub value: Option<String>,
}

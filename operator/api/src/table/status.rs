//! What is known of a table, in DynamoDB's shapes.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::capacity::{BillingMode, OnDemandThroughput, WarmThroughput};
use super::features::{ProvisionedThroughputOverride, ReplicaGlobalSecondaryIndex, SSEType, TableClass};
use super::index::Projection;
use super::key::KeySchemaElement;
use crate::Condition;

/// What is known of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Identity of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack_resource_metadata: Option<ResourceMetadata>,
    /// State of the table: CREATING, ACTIVE, UPDATING, DELETING, ARCHIVING, ARCHIVED, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_status: Option<String>,
    /// Unique identifier of this incarnation of the table.
    #[serde(rename = "tableID", skip_serializing_if = "Option::is_none")]
    pub table_id: Option<String>,
    /// When the table was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub creation_date_time: Option<Time>,
    /// Number of items, about a minute old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_count: Option<i64>,
    /// Size of the items in bytes, about a minute old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_size_bytes: Option<i64>,
    /// Billing mode in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_mode_summary: Option<BillingModeSummary>,
    /// Provisioned throughput in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput: Option<ProvisionedThroughputDescription>,
    /// Throughput the table can serve at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughput>,
    /// Table class in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_class_summary: Option<TableClassSummary>,
    /// Encryption in force, if it is not by the installation's own key.
    #[serde(rename = "sseDescription", skip_serializing_if = "Option::is_none")]
    pub sse_description: Option<SSEDescription>,
    /// Whether the table refuses to be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection_enabled: Option<bool>,
    /// Global indexes in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40), extend("x-kubernetes-list-type" = "atomic"))]
    pub global_secondary_indexes_descriptions: Option<Vec<IndexDescription>>,
    /// Local indexes in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), extend("x-kubernetes-list-type" = "atomic"))]
    pub local_secondary_indexes_descriptions: Option<Vec<IndexDescription>>,
    /// ARN of the latest stream.
    #[serde(rename = "latestStreamARN", skip_serializing_if = "Option::is_none")]
    pub latest_stream_arn: Option<String>,
    /// Label of the latest stream: when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_stream_label: Option<String>,
    /// Version of global tables in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_table_version: Option<String>,
    /// Copies in other regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "atomic"))]
    pub replicas: Option<Vec<ReplicaDescription>>,
    /// What the table was restored from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_summary: Option<RestoreSummary>,
    /// Why and when the table was archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archival_summary: Option<ArchivalSummary>,
    /// The step under way, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// Conditions: Ready, Reconciling, Stalled, Unsupported, and ACK's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub conditions: Vec<Condition>,
}

/// Identity of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceMetadata {
    /// Amazon resource name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Account that owns the resource.
    #[serde(rename = "ownerAccountID")]
    pub owner_account_id: String,
    /// Partition of the resource's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// Region of the resource.
    pub region: String,
}

/// Billing mode in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingModeSummary {
    /// The mode.
    pub billing_mode: BillingMode,
    /// When it last became PAY_PER_REQUEST.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub last_update_to_pay_per_request_date_time: Option<Time>,
}

/// Provisioned throughput in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProvisionedThroughputDescription {
    /// Read capacity units per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_capacity_units: Option<i64>,
    /// Write capacity units per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_capacity_units: Option<i64>,
    /// Decreases since midnight UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_decreases_today: Option<i64>,
    /// When it was last decreased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub last_decrease_date_time: Option<Time>,
    /// When it was last increased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub last_increase_date_time: Option<Time>,
}

/// Table class in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableClassSummary {
    /// The class.
    pub table_class: TableClass,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub last_update_date_time: Option<Time>,
}

/// Encryption in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SSEDescription {
    /// ENABLING, ENABLED, DISABLING, DISABLED or UPDATING.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Kind of encryption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sse_type: Option<SSEType>,
    /// ARN of the key.
    #[serde(rename = "kmsMasterKeyARN", skip_serializing_if = "Option::is_none")]
    pub kms_master_key_arn: Option<String>,
}

/// An index in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexDescription {
    /// Name of the index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_name: Option<String>,
    /// ARN of the index.
    #[serde(rename = "indexARN", skip_serializing_if = "Option::is_none")]
    pub index_arn: Option<String>,
    /// State of a global index: CREATING, UPDATING, DELETING or ACTIVE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_status: Option<String>,
    /// Whether a new global index is being filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backfilling: Option<bool>,
    /// Key of the index.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    pub key_schema: Option<Vec<KeySchemaElement>>,
    /// Attributes the index holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ProjectionDescription>")]
    pub projection: Option<Projection>,
    /// Provisioned throughput of a global index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput: Option<ProvisionedThroughputDescription>,
    /// Ceilings of a global index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// Number of items in the index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_count: Option<i64>,
    /// Size of the index in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_size_bytes: Option<i64>,
}

/// The schema of a [`Projection`] that is reported, not asked for: without the rules a request must keep.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct ProjectionDescription {
    /// ALL, KEYS_ONLY or INCLUDE.
    projection_type: Option<String>,
    /// Attributes of INCLUDE.
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "atomic"))]
    non_key_attributes: Option<Vec<String>>,
}

/// A copy in another region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaDescription {
    /// Name of the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_name: Option<String>,
    /// State of the copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_status: Option<String>,
    /// More about the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_status_description: Option<String>,
    /// How much of a new copy is filled, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_status_percent_progress: Option<String>,
    /// Since when the copy cannot be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub replica_inaccessible_date_time: Option<Time>,
    /// Class of the copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_table_class_summary: Option<TableClassSummary>,
    /// Key of the copy.
    #[serde(rename = "kmsMasterKeyID", skip_serializing_if = "Option::is_none")]
    pub kms_master_key_id: Option<String>,
    /// Capacity of the copy, if it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput_override: Option<ProvisionedThroughputOverride>,
    /// Settings of the copy's indexes, if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40), extend("x-kubernetes-list-type" = "atomic"))]
    pub global_secondary_indexes: Option<Vec<ReplicaGlobalSecondaryIndex>>,
}

/// What a table was restored from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreSummary {
    /// Point in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub restore_date_time: Option<Time>,
    /// Whether it is still going on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_in_progress: Option<bool>,
    /// ARN of the backup.
    #[serde(rename = "sourceBackupARN", skip_serializing_if = "Option::is_none")]
    pub source_backup_arn: Option<String>,
    /// ARN of the source table.
    #[serde(rename = "sourceTableARN", skip_serializing_if = "Option::is_none")]
    pub source_table_arn: Option<String>,
}

/// Why and when a table was archived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivalSummary {
    /// ARN of the backup that holds the items.
    #[serde(rename = "archivalBackupARN", skip_serializing_if = "Option::is_none")]
    pub archival_backup_arn: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub archival_date_time: Option<Time>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archival_reason: Option<String>,
}

/// A step of a plan under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Name of the step.
    pub name: String,
    /// Its number, from 1.
    pub number: i64,
    /// Steps of the plan.
    pub total: i64,
}

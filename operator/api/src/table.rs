//! The `Table` kind.

mod capacity;
mod features;
mod index;
mod key;
mod origin;
mod rules;
mod status;
mod unsupported;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use capacity::*;
pub use features::*;
pub use index::*;
pub use key::*;
pub use origin::*;
pub use status::*;
pub use unsupported::unsupported_fields;

/// What a table should be. A field that is absent is not managed: it stays as it is. An explicit empty list removes.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "partita.dev",
    version = "v1",
    kind = "Table",
    plural = "tables",
    shortname = "ptb",
    category = "partita",
    namespaced,
    status = "TableStatus",
    derive = "PartialEq",
    doc = "A DynamoDB table.",
    printcolumn = r#"{"name":"STATUS","type":"string","jsonPath":".status.tableStatus"}"#,
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"BILLING","type":"string","jsonPath":".status.billingModeSummary.billingMode"}"#,
    printcolumn = r#"{"name":"ITEMS","type":"integer","jsonPath":".status.itemCount"}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"CLASS","type":"string","jsonPath":".status.tableClassSummary.tableClass","priority":1}"#,
    printcolumn = r#"{"name":"SIZE","type":"integer","jsonPath":".status.tableSizeBytes","priority":1}"#,
    printcolumn = r#"{"name":"SYNCED","type":"string","jsonPath":".status.conditions[?(@.type==\"ACK.ResourceSynced\")].status","priority":1}"#,
    printcolumn = r#"{"name":"ARN","type":"string","jsonPath":".status.ackResourceMetadata.arn","priority":1}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::table()))]
pub struct TableSpec {
    /// Name of the table in DynamoDB's API: 3 to 255 of a-z, A-Z, 0-9, '_', '-' and '.', or its ARN. Immutable.
    #[schemars(
        regex(pattern = r"^(arn:[a-z0-9-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/)?[a-zA-Z0-9_.-]{3,255}$"),
        length(min = 3, max = 1024),
        extend("x-kubernetes-validations" = crate::rules::immutable())
    )]
    pub table_name: String,

    /// Names and types of the attributes that keys of the table and of its indexes use.
    #[schemars(
        length(min = 1, max = 100),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["attributeName"])
    )]
    pub attribute_definitions: Vec<AttributeDefinition>,

    /// Primary key: one HASH element, then at most one RANGE element. Immutable.
    #[schemars(
        length(min = 1, max = 2),
        extend("x-kubernetes-list-type" = "atomic", "x-kubernetes-validations" = rules::primary_key())
    )]
    pub key_schema: Vec<KeySchemaElement>,

    /// How capacity is paid for. A new table without this field is PROVISIONED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_mode: Option<BillingMode>,

    /// Capacity of a PROVISIONED table. Under autoScaling only the first values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput: Option<ProvisionedThroughput>,

    /// Ceilings of a PAY_PER_REQUEST table. No ceiling unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,

    /// Throughput the table must be able to serve at once. Can be raised, never lowered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughput>,

    /// Target tracking of provisioned capacity, for reads and writes apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_scaling: Option<AutoScaling>,

    /// Global secondary indexes. Absent: left as they are; an empty list removes all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 40),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["indexName"])
    )]
    pub global_secondary_indexes: Option<Vec<GlobalSecondaryIndex>>,

    /// Local secondary indexes. They are made with the table and cannot change. Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 5),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["indexName"])
    )]
    pub local_secondary_indexes: Option<Vec<LocalSecondaryIndex>>,

    /// Stream of changes. A new table without this field has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_specification: Option<StreamSpecification>,

    /// Kinesis-compatible stream that changes are sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kinesis_streaming_destination: Option<KinesisStreamingDestination>,

    /// Deletion of items whose time has passed. A new table without this field does not expire items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_live: Option<TimeToLiveSpecification>,

    /// Point-in-time recovery. A new table without this field has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous_backups: Option<PointInTimeRecoverySpecification>,

    /// Statistics of the most used and most throttled keys. A new table without this field has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contributor_insights: Option<ContributorInsightsAction>,

    /// Whether the table refuses to be deleted. A new table without this field does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection_enabled: Option<bool>,

    /// Resource-based policy document, as a JSON string of at most 20 KB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20480))]
    pub resource_policy: Option<String>,

    /// Encryption at rest. A new table without this field uses the installation's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sse_specification: Option<SSESpecification>,

    /// Table class. A new table without this field is STANDARD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_class: Option<TableClass>,

    /// Replicas in other regions. Absent: left as they are; an empty list removes all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 50),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["regionName"])
    )]
    pub table_replicas: Option<Vec<TableReplica>>,

    /// Consistency between replicas. A new replica set without this field is EVENTUAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_region_consistency: Option<MultiRegionConsistency>,

    /// Witness of a replica set with STRONG consistency and two replicas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_table_witness: Option<GlobalTableWitness>,

    /// Tags. Absent: left as they are; an empty list removes all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 200),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["key"])
    )]
    pub tags: Option<Vec<Tag>>,

    /// Makes the table from a backup, or from another table as it was at a point in time; the other fields override
    /// what is restored. Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<Restore>,

    /// Makes the table from objects in a bucket. Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<Import>,

    /// What happens to the table when this object is deleted. Default: BackupThenDelete with point-in-time recovery,
    /// else Delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,

    /// What happens when a table of this name is already there. Default: AdoptOrCreate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<AdoptionPolicy>,

    /// While true nothing is changed in the table; status stays fresh. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// What becomes of a table whose object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::crd::undescribed)]
pub enum DeletionPolicy {
    /// The table is deleted with its data.
    Delete,
    /// The table stays, and no object manages it.
    Retain,
    /// A system backup is kept for 35 days, then the table is deleted.
    BackupThenDelete,
}

/// What becomes of an object whose table is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::crd::undescribed)]
pub enum AdoptionPolicy {
    /// The table is taken over if it is there, else made.
    AdoptOrCreate,
    /// The table is taken over; it is never made.
    Adopt,
    /// The table is made; one that is already there is not touched.
    Create,
}

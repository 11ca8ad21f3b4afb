//! What a caller asks of a table: the members of CreateTable, whether they came as JSON or as a manifest.
//!
//! A [`TableDefinition`] holds what was asked, member by member. [`TableDefinition::check`] applies CreateTable's rules in the
//! service's order and gives a [`CheckedDefinition`], which speaks in the model's types. Rules of single members (lengths,
//! spellings) belong to whoever reads them: the JSON operation, or the schema of the manifest's kind.
//!
//! [`TableDefinition::refuse_unsupported`] is apart from the rules: it says what this installation does not do yet, so that the
//! API can refuse it while a manifest may declare it ahead of time.
//!
//! The serialized form is the stored form of the control plane's catalog: members are only ever added.

mod check;
mod index_update;
mod indexes;
mod keys;
pub(crate) mod member;
mod read;
mod support;
pub(crate) mod tags;
mod throughput;

pub(crate) use read::{
    AttributesMember, BILLING_MODES, Draft, DraftIndexUpdate, DraftSettings, Settings, ThroughputMember,
};
pub(crate) use throughput::out_of_bounds;

pub use index_update::{IndexThroughput, IndexUpdate};
pub use partita_model::descriptor::TableClass;
use partita_model::descriptor::{BillingMode, StreamView, Throughput};
use partita_model::schema::{GlobalIndex, KeyAttribute, KeySchema, KeyType, LocalIndex};
use partita_model::{IndexName, ScalarType};
use serde::{Deserialize, Serialize};

/// Warm read units per second of a new on-demand table or index.
pub const INITIAL_READ_UNITS: u64 = 12_000;
/// Warm write units per second of a new on-demand table or index.
pub const INITIAL_WRITE_UNITS: u64 = 4_000;

/// A table as it was asked for, apart from its name. Absent members stay absent, so that answers can show what was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TableDefinition {
    /// Types of the attributes that the keys use.
    pub attribute_definitions: Vec<AttributeDefinition>,
    /// The table's key, in the order given.
    pub key_schema: Vec<KeySchemaElement>,
    /// Absent means provisioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_mode: Option<BillingMode>,
    /// Required when provisioned, refused when on demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// An empty list is not the same as none: it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_secondary_indexes: Option<Vec<LocalIndexDefinition>>,
    /// An empty list is not the same as none: it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global_secondary_indexes: Option<Vec<GlobalIndexDefinition>>,
    /// Whether changes are readable as a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_specification: Option<StreamSpecification>,
    /// Encryption at rest with a key other than the service's own.
    #[serde(default, rename = "SSESpecification", skip_serializing_if = "Option::is_none")]
    pub sse_specification: Option<SseSpecification>,
    /// Absent means standard, and stays absent in answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_class: Option<TableClass>,
    /// Absent means unprotected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection_enabled: Option<bool>,
    /// Throughput the table is to be ready for at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughput>,
    /// Ceilings of an on-demand table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// A policy document, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_policy: Option<String>,
    /// Tags to start with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// The name and type of an attribute that keys use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeDefinition {
    /// 1 to 255 bytes.
    pub attribute_name: String,
    /// `S`, `N` or `B`.
    pub attribute_type: ScalarType,
}

/// An attribute of a key and its role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeySchemaElement {
    /// 1 to 255 bytes.
    pub attribute_name: String,
    /// Partition or sort.
    pub key_type: KeyType,
}

/// Provisioned units per second, each at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProvisionedThroughput {
    /// Read units per second.
    pub read_capacity_units: u64,
    /// Write units per second.
    pub write_capacity_units: u64,
}

impl From<ProvisionedThroughput> for Throughput {
    fn from(asked: ProvisionedThroughput) -> Self {
        Self { read_units: asked.read_capacity_units, write_units: asked.write_capacity_units }
    }
}

/// Units per second that a table or index is to serve at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WarmThroughput {
    /// Read units per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_units_per_second: Option<u64>,
    /// Write units per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_units_per_second: Option<u64>,
}

/// Ceilings of an on-demand table or index, in units per second; −1 takes one away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OnDemandThroughput {
    /// Read units per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_read_request_units: Option<i64>,
    /// Write units per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_write_request_units: Option<i64>,
}

/// What entries of an index carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProjectionDefinition {
    /// Absent is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projection_type: Option<ProjectionType>,
    /// For `INCLUDE` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub non_key_attributes: Option<Vec<String>>,
}

/// How much of an item an index entry carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectionType {
    /// Every attribute.
    All,
    /// Only keys.
    KeysOnly,
    /// Keys and named attributes.
    Include,
}

impl ProjectionType {
    /// As JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::KeysOnly => "KEYS_ONLY",
            Self::Include => "INCLUDE",
        }
    }
}

/// A local secondary index as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LocalIndexDefinition {
    /// Unique within the table.
    pub index_name: IndexName,
    /// The table's partition key and another sort key.
    pub key_schema: Vec<KeySchemaElement>,
    /// What entries carry.
    pub projection: ProjectionDefinition,
}

/// A global secondary index as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GlobalIndexDefinition {
    /// Unique within the table.
    pub index_name: IndexName,
    /// Up to four partition attributes, then up to four sort attributes.
    pub key_schema: Vec<KeySchemaElement>,
    /// What entries carry.
    pub projection: ProjectionDefinition,
    /// Required when the table is provisioned, refused when it is on demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// Throughput the index is to be ready for at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughput>,
    /// Ceilings of an on-demand index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,
}

/// Whether changes are readable as a stream, and what records carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamSpecification {
    /// Absent is like false.
    #[serde(default)]
    pub stream_enabled: bool,
    /// Required when enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_view_type: Option<StreamView>,
}

/// By which attribute a table's items expire, or no longer do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TimeToLiveSpecification {
    /// Whether they do.
    pub enabled: bool,
    /// 1 to 255 characters. Of an item it holds seconds since the epoch, as a number.
    pub attribute_name: String,
}

/// Encryption at rest with a managed key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SseSpecification {
    /// Absent or false means the service's own key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The kind of key.
    #[serde(default, rename = "SSEType", skip_serializing_if = "Option::is_none")]
    pub sse_type: Option<SseType>,
    /// The key's id, ARN or alias.
    #[serde(default, rename = "KMSMasterKeyId", skip_serializing_if = "Option::is_none")]
    pub kms_master_key_id: Option<String>,
}

/// The kind of key that encrypts a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SseType {
    /// Never supported by the service.
    #[serde(rename = "AES256")]
    Aes256,
    /// A key kept by a key management service.
    #[serde(rename = "KMS")]
    Kms,
}

/// A label of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// 1 to 128 characters.
    pub key: String,
    /// Up to 256 characters.
    pub value: String,
}

/// A definition that keeps CreateTable's rules, in the model's types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedDefinition {
    /// The table's key.
    pub key: KeySchema,
    /// Attribute definitions in the order given.
    pub attributes: Vec<KeyAttribute>,
    /// Local indexes in the order given.
    pub local_indexes: Vec<LocalIndex>,
    /// Global indexes in the order given.
    pub global_indexes: Vec<GlobalIndex>,
    /// Capacity mode, with its default filled in.
    pub billing: BillingMode,
    /// Present exactly when provisioned.
    pub throughput: Option<Throughput>,
}

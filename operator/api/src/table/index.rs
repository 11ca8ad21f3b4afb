//! Secondary indexes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::capacity::{AutoScaling, OnDemandThroughput, ProvisionedThroughput, WarmThroughput};
use super::key::KeySchemaElement;

/// An index with its own partition key, kept up to date asynchronously.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::index()))]
pub struct GlobalSecondaryIndex {
    /// Name, unique among the table's indexes.
    #[schemars(regex(pattern = r"^[a-zA-Z0-9_.-]+$"), length(min = 3, max = 255))]
    pub index_name: String,
    /// Up to four HASH elements, then up to four RANGE elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 8),
        extend("x-kubernetes-list-type" = "atomic", "x-kubernetes-validations" = super::rules::global_index_key())
    )]
    pub key_schema: Option<Vec<KeySchemaElement>>,
    /// Attributes the index holds besides keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection: Option<Projection>,
    /// Capacity of the index of a PROVISIONED table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// Ceilings of the index of a PAY_PER_REQUEST table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// Throughput the index must be able to serve at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughput>,
    /// Target tracking of the index's provisioned capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_scaling: Option<AutoScaling>,
}

/// An index with the table's partition key and another sort key, written together with the item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::index()))]
pub struct LocalSecondaryIndex {
    /// Name, unique among the table's indexes.
    #[schemars(regex(pattern = r"^[a-zA-Z0-9_.-]+$"), length(min = 3, max = 255))]
    pub index_name: String,
    /// The table's HASH element, then one RANGE element.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 2),
        extend("x-kubernetes-list-type" = "atomic", "x-kubernetes-validations" = super::rules::local_index_key())
    )]
    pub key_schema: Option<Vec<KeySchemaElement>>,
    /// Attributes the index holds besides keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection: Option<Projection>,
}

/// Attributes that an index holds besides the keys of the table and its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::projection()))]
pub struct Projection {
    /// ALL: every attribute. KEYS_ONLY: only keys. INCLUDE: keys and nonKeyAttributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection_type: Option<ProjectionType>,
    /// Attributes of INCLUDE, at most 20 in one index and 100 over all indexes of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 255)), extend("x-kubernetes-list-type" = "set"))]
    pub non_key_attributes: Option<Vec<String>>,
}

/// Which attributes an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum ProjectionType {
    /// Every attribute.
    All,
    /// Only keys.
    KeysOnly,
    /// Keys and named attributes.
    Include,
}

//! What is known of a mapping, in Lambda's words.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Condition, ResourceMetadata};

/// What is known of a mapping.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventSourceMappingStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Identity of the mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack_resource_metadata: Option<ResourceMetadata>,
    /// Identifier of the mapping in Lambda's API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// ARN of the stream that the mapping reads.
    #[serde(rename = "eventSourceARN", skip_serializing_if = "Option::is_none")]
    pub event_source_arn: Option<String>,
    /// Table whose changes the stream holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_name: Option<String>,
    /// Name of the function, or address, that records go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// ARN of the function, if the target is one.
    #[serde(rename = "functionARN", skip_serializing_if = "Option::is_none")]
    pub function_arn: Option<String>,
    /// State of the mapping: Creating, Enabled, Disabled, Updating, Deleting, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// How the latest delivery went, about a minute old: OK, or PROBLEM and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_processing_result: Option<String>,
    /// When the mapping was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub last_modified: Option<Time>,
    /// Conditions: Ready, Reconciling, Stalled, and ACK's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub conditions: Vec<Condition>,
}

//! Which records are delivered, and what becomes of those that cannot be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which records are delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FilterCriteria {
    /// Filters of which one must match; at most ten. An empty list delivers all records.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub filters: Option<Vec<MappingFilter>>,
}

/// One filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MappingFilter {
    /// Pattern that a record must match, as a JSON string of at most 4,096 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub pattern: Option<String>,
}

/// What a target answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::crd::undescribed)]
pub enum FunctionResponseType {
    /// Which records of a delivery failed.
    ReportBatchItemFailures,
}

/// Who is told of records that were given up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationConfig {
    /// Who is told of records that were given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
}

/// Who is told of records that were given up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnFailure {
    /// Address that begins with http:// or https:// and takes CloudEvents in binary mode; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^(https?://[a-zA-Z0-9_\[][!-~]*)?$"), length(max = 2048))]
    pub destination: Option<String>,
}

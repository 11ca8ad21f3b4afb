//! The `EventSourceMapping` kind: a table's changes, delivered to a target.
//!
//! The fields of a spec are Lambda's, in the casing of the ACK controller's kind of this name. In the place of a function's
//! name there is a [`MappingTarget`], since there is no Lambda here that would know where a function is.

mod delivery;
pub(crate) mod rules;
mod status;
mod target;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use delivery::*;
pub use status::*;
pub use target::*;

use crate::Reference;

/// What a mapping should be. A field that is absent is not managed: it stays as it is, and in a new mapping it has Lambda's
/// default. An explicit empty list removes.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "partita.dev",
    version = "v1",
    kind = "EventSourceMapping",
    plural = "eventsourcemappings",
    shortname = "esm",
    category = "partita",
    namespaced,
    status = "EventSourceMappingStatus",
    derive = "PartialEq",
    doc = "A table's changes, delivered to a target at least once and in order for each item.",
    printcolumn = r#"{"name":"TABLE","type":"string","jsonPath":".status.tableName"}"#,
    printcolumn = r#"{"name":"TARGET","type":"string","jsonPath":".status.target"}"#,
    printcolumn = r#"{"name":"STATE","type":"string","jsonPath":".status.state"}"#,
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"LAST RESULT","type":"string","jsonPath":".status.lastProcessingResult","priority":1}"#,
    printcolumn = r#"{"name":"UUID","type":"string","jsonPath":".status.uuid","priority":1}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::mapping()))]
pub struct EventSourceMappingSpec {
    /// Table object whose changes are delivered, instead of eventSourceARN. When the table's stream is replaced the mapping
    /// moves to the new one. Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = rules::table_ref()), transform = rules::names)]
    pub table_ref: Option<Reference>,

    /// ARN of the stream whose records are delivered, instead of tableRef. Immutable.
    #[serde(rename = "eventSourceARN", skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(
            pattern = r"^arn:[a-z0-9-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[a-zA-Z0-9_.-]{3,255}/stream/[0-9T:.-]+$"
        ),
        length(max = 1024)
    )]
    pub event_source_arn: Option<String>,

    /// Who gets the records: exactly one of function, url and service.
    pub target: MappingTarget,

    /// Where a new mapping begins: TRIM_HORIZON with the oldest record of the stream, LATEST with what is written after the
    /// mapping began. Immutable.
    #[schemars(extend("x-kubernetes-validations" = crate::rules::immutable()))]
    pub starting_position: StartingPosition,

    /// Whether anything is delivered. A new mapping without this field does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Records in one delivery, at most: 1 to 10,000. A new mapping without this field has 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub batch_size: Option<i64>,

    /// Seconds that records are gathered for before a delivery that is not full: 0 to 300. A new mapping without this field
    /// does not wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 300))]
    pub maximum_batching_window_in_seconds: Option<i64>,

    /// Deliveries of one shard under way at once: 1 to 10. A new mapping without this field has 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub parallelization_factor: Option<i64>,

    /// Repetitions of a delivery that the target failed: 0 to 10,000, or -1 for as long as the stream keeps the record. A new
    /// mapping without this field has -1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 10_000))]
    pub maximum_retry_attempts: Option<i64>,

    /// Seconds after which a record is given up: 60 to 604,800, or -1 for never. A new mapping without this field has -1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 604_800), extend("x-kubernetes-validations" = rules::record_age()))]
    pub maximum_record_age_in_seconds: Option<i64>,

    /// Whether a delivery that failed is split in two. A new mapping without this field does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bisect_batch_on_function_error: Option<bool>,

    /// What the target answers: ReportBatchItemFailures says that it tells which records of a delivery failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1), extend("x-kubernetes-list-type" = "set"))]
    pub function_response_types: Option<Vec<FunctionResponseType>>,

    /// Which records are delivered. A new mapping without this field delivers all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_criteria: Option<FilterCriteria>,

    /// Who is told of records that were given up. A new mapping without this field tells nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_config: Option<DestinationConfig>,

    /// What happens to the mapping when this object is deleted. Default: Delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<MappingDeletionPolicy>,

    /// While true nothing is changed in the mapping; status stays fresh. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// Where a new mapping begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum StartingPosition {
    /// With the oldest record.
    #[default]
    TrimHorizon,
    /// With the first record that comes after the mapping began.
    Latest,
}

/// What becomes of a mapping whose object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::crd::undescribed)]
pub enum MappingDeletionPolicy {
    /// The mapping is deleted, and with it how far it has come.
    Delete,
    /// The mapping stays, and no object manages it.
    Retain,
}

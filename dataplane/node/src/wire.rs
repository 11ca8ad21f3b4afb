//! How the control plane and a node speak: paths and messages of the node API, in JSON.
//!
//! ```text
//! POST /v1/apply        Apply         ─▶ Done         serve a table, or serve it by a newer descriptor
//! POST /v1/drop         TableRequest  ─▶ Done         serve a table no more and let its items go
//! POST /v1/statistics   TableRequest  ─▶ TableSizes   sizes, counts and progress
//! GET  /v1/status                     ─▶ NodeStatus   what the node is and serves
//!
//! POST /v1/mappings/apply     ApplyMapping     ─▶ Done             carry out an event source mapping, or its newer generation
//! POST /v1/mappings/drop      MappingRequest   ─▶ Done             end a mapping and forget how far it has come
//! POST /v1/mappings/results   MappingsRequest  ─▶ MappingResults   how the latest deliveries went
//!
//! GET  /healthz         open: 200 while the process is of use, 503 when it has to be restarted
//! GET  /readyz          open: 200 while requests are served, 503 otherwise
//! ```
//!
//! All but the open ones are signed with the internal key for the service [`SERVICE`]. Failures answer a [`Failure`].
//!
//! The version is in the path. Within it members are only added, with a default, and unknown ones are ignored: during an
//! upgrade either side may be the older one.

use std::collections::BTreeMap;

use partita_mapping::{Mapping, MappingId};
use partita_model::descriptor::{Generation, Progress, Statistics};
use partita_model::{IndexName, TableDescriptor, TableId, TableName};
use partita_table::TableStatistics;
use serde::{Deserialize, Serialize};

/// What requests to the node API are signed for.
pub const SERVICE: &str = "partita-node";
/// Where [`Apply`] goes.
pub const APPLY: &str = "/v1/apply";
/// Where a [`TableRequest`] to drop a table goes.
pub const DROP: &str = "/v1/drop";
/// Where a [`TableRequest`] for sizes goes.
pub const STATISTICS: &str = "/v1/statistics";
/// Where an [`ApplyMapping`] goes.
pub const APPLY_MAPPING: &str = "/v1/mappings/apply";
/// Where a [`MappingRequest`] to end a mapping goes.
pub const DROP_MAPPING: &str = "/v1/mappings/drop";
/// Where a [`MappingsRequest`] for the latest results goes.
pub const MAPPING_RESULTS: &str = "/v1/mappings/results";
/// Where the node's status is.
pub const STATUS: &str = "/v1/status";
/// Whether the process is of use.
pub const HEALTH: &str = "/healthz";
/// Whether requests are served.
pub const READY: &str = "/readyz";

/// The largest message either way. A descriptor with every index and attribute name at its longest has less than 200 KB; a
/// status names 2,500 tables in less than 1 MB.
pub const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The longest result of a mapping that is told, in characters; what is longer is cut. A node has 256 mappings at most, so that
/// all their results fit into a message.
pub const RESULT_CHARS_MAX: usize = 1_000;

/// Serve a table by this descriptor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apply {
    /// Applied only if it is newer than the one in use.
    pub descriptor: TableDescriptor,
}

/// A request about one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRequest {
    /// Which one.
    pub id: TableId,
}

/// Carry out this event source mapping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplyMapping {
    /// Carried out only if it is newer than the generation in use.
    pub mapping: Mapping,
}

/// A request about one event source mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingRequest {
    /// Which one.
    pub id: MappingId,
}

/// A question about event source mappings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingsRequest {
    /// Which ones.
    pub ids: Vec<MappingId>,
}

/// How the latest deliveries went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingResults {
    /// By mapping, at most [`RESULT_CHARS_MAX`] characters each. One that is unknown, or has delivered nothing yet, is missing.
    pub results: BTreeMap<MappingId, String>,
}

/// It is done and durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// The exact durable sizes and counts of a table, and how far the node is with what it builds for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSizes {
    /// Of the table's items.
    pub table: Statistics,
    /// Of the entries of each index.
    #[serde(default)]
    pub indexes: BTreeMap<IndexName, Statistics>,
    /// A node that does not tell has begun nothing.
    #[serde(default)]
    pub progress: Progress,
}

impl From<TableStatistics> for TableSizes {
    fn from(counted: TableStatistics) -> Self {
        let TableStatistics { table, indexes, progress } = counted;
        Self { table, indexes, progress }
    }
}

impl From<TableSizes> for TableStatistics {
    fn from(told: TableSizes) -> Self {
        let TableSizes { table, indexes, progress } = told;
        Self { table, indexes, progress }
    }
}

/// Where a node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// The shard is not open yet.
    Opening,
    /// Requests are served.
    Serving,
    /// The node was asked to stop and finishes what it has.
    Draining,
    /// The store failed, or another node took the shard over: only a new process can serve it.
    Failed,
}

/// What a node is and serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// The version of the program.
    pub version: String,
    /// Where the node is in its life.
    pub phase: Phase,
    /// Milliseconds since the process started to run the node.
    pub uptime_ms: u64,
    /// The shard's path in the object store.
    pub shard: String,
    /// The tables that are served, by name; empty unless the shard is open.
    #[serde(default)]
    pub tables: Vec<ServedTable>,
}

/// A table that a node serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServedTable {
    /// The incarnation.
    pub id: TableId,
    /// The name callers use.
    pub name: TableName,
    /// The descriptor's.
    pub generation: Generation,
    /// How far its global indexes are behind it; none if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_lag: Option<IndexLag>,
}

/// How far the global indexes of a table are behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexLag {
    /// Changes that the indexes do not show yet.
    pub records: u64,
    /// The age of the oldest of them, in milliseconds.
    pub ms: u64,
}

/// Why a node did not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For people.
    pub message: String,
    /// Whether the same request may succeed later.
    #[serde(default)]
    pub retryable: bool,
}

#[cfg(test)]
mod tests {
    use partita_model::descriptor::Build;

    use super::*;

    #[test]
    fn a_node_of_before_tells_of_no_progress() {
        let told = r#"{"table":{"item_count":1,"size_bytes":2},"indexes":{},"of_a_later_version":1}"#;
        let sizes: TableSizes = serde_json::from_str(told).unwrap();
        assert_eq!(sizes.progress, Progress::default());
    }

    #[test]
    fn progress_is_told_by_id() {
        let build = Build { scanned_items: 5, finished: true };
        let progress = Progress { builds: BTreeMap::from([(TableId(7), build)]) };
        let told = serde_json::to_value(TableSizes { progress, ..TableSizes::default() }).unwrap();
        assert_eq!(told["progress"], serde_json::json!({ "7": { "scanned_items": 5, "finished": true } }));
        let read: TableSizes = serde_json::from_value(told).unwrap();
        assert!(read.progress.is_built(TableId(7)) && !read.progress.is_built(TableId(8)));
    }
}

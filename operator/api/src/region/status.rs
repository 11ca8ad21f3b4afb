//! What is known of a region.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Condition;

/// What is known of a region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegionStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// URL of the region inside the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Namespace of everything that belongs to the region: the operator's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Secret with the first access key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_secret_name: Option<String>,
    /// Number of access keys that the nodes accept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_keys: Option<i64>,
    /// Nodes that are ready, of how many, as 1/1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes_ready: Option<String>,
    /// The nodes, in the order of their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 100),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub nodes: Vec<NodeStatus>,
    /// Image that the nodes run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Number of tables in the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<i64>,
    /// Conditions: Ready, Reconciling, Stalled, Unsupported, and ACK's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub conditions: Vec<Condition>,
}

/// What is known of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// Name of the node's pod.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Address of the pod.
    #[serde(rename = "podIP", skip_serializing_if = "Option::is_none")]
    pub pod_ip: Option<String>,
    /// Whether the node serves requests.
    pub ready: bool,
    /// How often the node's container was started again.
    pub restarts: i32,
    /// The pod's phase, or the reason its container waits for, such as CrashLoopBackOff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}

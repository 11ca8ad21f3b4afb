//! The nodes that serve a region.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Nodes where no number is given.
pub const REPLICAS_DEFAULT: i32 = 1;
/// Seconds a node has to end where none are given: enough to finish its requests and flush what it holds in memory.
pub const TERMINATION_GRACE_PERIOD_SECONDS_DEFAULT: i64 = 60;

/// The nodes that serve a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePool {
    /// Number of nodes, 1 to 100. One runs in this release, whatever the number. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100), extend("format" = "int32"))]
    pub replicas: Option<i32>,
    /// Compute resources of a node. Default: requests of cpu: 100m and memory: 256Mi, no limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "resources")]
    pub resources: Option<ResourceRequirements>,
    /// Changes to the pods the operator makes, merged in last. Containers, volumes and variables are matched by name;
    /// the node's container is called node. A null takes a field away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_template: Option<PodTemplate>,
    /// Seconds that a node has to finish its requests and flush before it is ended by force. Default: 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3600))]
    pub termination_grace_period_seconds: Option<i64>,
}

impl NodePool {
    /// How many nodes are asked for.
    pub fn replicas(&self) -> i32 {
        self.replicas.unwrap_or(REPLICAS_DEFAULT)
    }

    /// How long a node has to end, in seconds.
    pub fn termination_grace_period_seconds(&self) -> i64 {
        self.termination_grace_period_seconds.unwrap_or(TERMINATION_GRACE_PERIOD_SECONDS_DEFAULT)
    }
}

/// What to merge into a node's pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodTemplate {
    /// Labels and annotations to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PodTemplateMetadata>,
    /// Fields of a pod's spec, as under spec.template.spec of a Deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_object")]
    pub spec: Option<Value>,
}

/// Labels and annotations of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodTemplateMetadata {
    /// Labels; those the operator sets win.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations; those the operator sets win.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// An object whose fields the API server keeps without looking at them: a pod's whole schema would make the CRD larger
/// than client-side apply can store.
fn any_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

/// The part of Kubernetes' resource requirements that does not depend on a feature gate; pods' own documentation says
/// the rest.
fn resources(_: &mut SchemaGenerator) -> Schema {
    let quantity = r"^[0-9]+(\.[0-9]*)?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$";
    let amounts = |description: &str| {
        serde_json::json!({
            "description": description,
            "type": "object",
            "additionalProperties": {"x-kubernetes-int-or-string": true, "pattern": quantity},
        })
    };
    json_schema!({
        "type": "object",
        "properties": {
            "limits": amounts("Most that a node may use, such as cpu: \"2\" and memory: 2Gi."),
            "requests": amounts("What a node is sure to get, such as cpu: 500m and memory: 1Gi."),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_may_be_numbers() {
        let written = json!({"resources": {"requests": {"cpu": 2, "memory": "1Gi"}, "limits": {"cpu": 2.5}}});
        let pool: NodePool = serde_json::from_value(written).unwrap();
        let read = json!({"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "2.5"}});
        assert_eq!(serde_json::to_value(pool.resources).unwrap(), read);
        assert_eq!(serde_json::from_value::<NodePool>(json!({})).unwrap(), NodePool::default());
        assert!(
            serde_json::from_value::<NodePool>(json!({"resources": {"requests": {"cpu": [1]}}})).is_err()
        );
    }
}

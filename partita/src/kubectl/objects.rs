//! The objects that the plugin reads: only what it shows, and every field may be missing.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

/// What follows an object's kind and version.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Object<Spec, Status> {
    pub(super) metadata: ObjectMeta,
    pub(super) spec: Spec,
    pub(super) status: Status,
}

pub(super) type Region = Object<RegionSpec, RegionStatus>;
pub(super) type Table = Object<TableSpec, TableStatus>;
pub(super) type Mapping = Object<MappingSpec, MappingStatus>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RegionSpec {
    pub(super) region_name: String,
    #[serde(rename = "accountID")]
    pub(super) account_id: String,
    pub(super) object_store: ObjectStore,
    pub(super) endpoint: Endpoint,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ObjectStore {
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) s3: Bucket,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Bucket {
    pub(super) bucket: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Endpoint {
    pub(super) port: Option<u16>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RegionStatus {
    pub(super) observed_generation: Option<i64>,
    pub(super) conditions: Vec<Condition>,
    pub(super) endpoint: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) access_key_secret_name: Option<String>,
    pub(super) access_keys: Option<u64>,
    pub(super) nodes: Vec<Node>,
}

/// A node of a Region; shown as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Node {
    pub(super) name: String,
    #[serde(rename = "podIP")]
    pub(super) pod_ip: Option<String>,
    pub(super) ready: bool,
    pub(super) restarts: u32,
    pub(super) phase: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TableSpec {
    pub(super) table_name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TableStatus {
    pub(super) table_status: Option<String>,
    pub(super) conditions: Vec<Condition>,
}

/// Nothing of it is shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MappingSpec {}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MappingStatus {
    pub(super) state: Option<String>,
    pub(super) conditions: Vec<Condition>,
}

/// A condition, as every kind has them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Condition {
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) observed_generation: Option<i64>,
}

/// The condition of that type, if the object has it.
pub(super) fn condition<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

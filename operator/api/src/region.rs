//! The `Region` kind: what an installation's tables live in.
//!
//! A default is not written into a spec; it is the constant here that the field's documentation names, and accessors
//! such as [`ObjectStore::volume_size`] give the value in force.

mod endpoint;
mod node_pool;
mod object_store;
pub(crate) mod rules;
mod status;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use endpoint::*;
pub use node_pool::*;
pub use object_store::*;
pub use status::*;

/// Longest name of a Region, so that the names and label values made of it stay within 63 characters.
pub const NAME_LENGTH_MAX: usize = 37;

/// What a region should be. There is one per installation: the oldest. A field that is absent has its default.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "partita.dev",
    version = "v1",
    kind = "Region",
    plural = "regions",
    shortname = "prg",
    category = "partita",
    status = "RegionStatus",
    derive = "PartialEq",
    doc = "A region of DynamoDB: its name, its account, where its tables are kept and the nodes that serve them.",
    printcolumn = r#"{"name":"REGION","type":"string","jsonPath":".spec.regionName"}"#,
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"NODES","type":"string","jsonPath":".status.nodesReady"}"#,
    printcolumn = r#"{"name":"STORE","type":"string","jsonPath":".spec.objectStore.type"}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"ACCOUNT","type":"string","jsonPath":".spec.accountID","priority":1}"#,
    printcolumn = r#"{"name":"ENDPOINT","type":"string","jsonPath":".status.endpoint","priority":1}"#
)]
#[serde(rename_all = "camelCase")]
pub struct RegionSpec {
    /// Name that clients sign their requests for and that stands in ARNs, such as eu-west-1: 1 to 37 of a-z, 0-9 and
    /// '-'. Immutable.
    #[schemars(
        regex(pattern = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"),
        length(min = 1, max = 37),
        extend("x-kubernetes-validations" = crate::rules::immutable())
    )]
    pub region_name: String,

    /// Account that owns the tables and stands in ARNs: 12 digits. Quote it: unquoted it is a number. Immutable.
    #[serde(rename = "accountID")]
    #[schemars(
        regex(pattern = r"^[0-9]{12}$"),
        length(min = 12, max = 12),
        extend("x-kubernetes-validations" = crate::rules::immutable())
    )]
    pub account_id: String,

    /// Where the data is kept.
    pub object_store: ObjectStore,

    /// The nodes that serve the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_pool: Option<NodePool>,

    /// How clients reach the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<RegionEndpoint>,

    /// Server of Lambda's Invoke API, such as `http://functions.default.svc:9001`: nodes invoke there the functions of event source
    /// mappings that name no server themselves. Absent: such mappings are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(
            pattern = r"^https?://([a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?(/[a-zA-Z0-9._~%-]+)*/?$"
        ),
        length(min = 8, max = 512)
    )]
    pub lambda_endpoint: Option<String>,

    /// What happens to the volume and the first access key when this object is deleted. Default: Retain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<RegionDeletionPolicy>,

    /// While true the operator changes nothing of the region's; status stays fresh. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// What becomes of a region's data whose object is deleted. Objects in a bucket always stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::crd::undescribed)]
pub enum RegionDeletionPolicy {
    /// The volume claim and the first access key stay; a Region of the same name takes them up again.
    #[default]
    Retain,
    /// Both are deleted with the object.
    Delete,
}

//! Where a region's data is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Size of the volume where none is given.
pub const VOLUME_SIZE_DEFAULT: &str = "10Gi";

/// Place of the data: what `type` says, with the details in the field of that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::object_store()))]
pub struct ObjectStore {
    /// Volume: a persistent volume of the cluster. S3: a bucket of S3 or of a store with S3's API. Immutable.
    #[serde(rename = "type")]
    #[schemars(extend("x-kubernetes-validations" = crate::rules::immutable()))]
    pub type_: ObjectStoreType,
    /// Details of Volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<VolumeStore>,
    /// Details of S3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Store>,
}

impl ObjectStore {
    /// The size to ask for a volume of, as a quantity.
    pub fn volume_size(&self) -> &str {
        self.volume.as_ref().and_then(|volume| volume.size.as_deref()).unwrap_or(VOLUME_SIZE_DEFAULT)
    }
}

/// Kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::crd::undescribed)]
pub enum ObjectStoreType {
    /// A persistent volume.
    Volume,
    /// A bucket.
    S3,
}

impl ObjectStoreType {
    /// The word for it in a spec.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Volume => "Volume",
            Self::S3 => "S3",
        }
    }
}

/// A persistent volume that one node writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolumeStore {
    /// Size, such as 10Gi. It can grow if the storage class allows expansion, and never shrinks. Default: 10Gi.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(pattern = r"^[1-9][0-9]{0,17}(\.[0-9]{1,3})?([kMGTP]|[KMGTP]i)?$"),
        length(min = 1, max = 32)
    )]
    pub size: Option<String>,
    /// Storage class. Default: the cluster's default class. Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = SUBDOMAIN), length(min = 1, max = 253))]
    pub storage_class_name: Option<String>,
}

/// A bucket, and how to reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::s3()))]
pub struct S3Store {
    /// Name of the bucket, 3 to 63 of a-z, 0-9, '-' and '.'. It must exist. Immutable.
    #[schemars(
        regex(pattern = r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$"),
        length(min = 3, max = 63),
        extend("x-kubernetes-validations" = crate::rules::immutable())
    )]
    pub bucket: String,
    /// What the names of all objects start with, without '/' at either end. Default: nothing. Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(pattern = r"^[a-zA-Z0-9!_.*'()-]+(/[a-zA-Z0-9!_.*'()-]+)*$"),
        length(min = 1, max = 512)
    )]
    pub prefix: Option<String>,
    /// URL of a store that is not AWS's, such as `https://store.example:9000`. Default: AWS's endpoint of the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(pattern = r"^https?://([a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?/?$"),
        length(min = 8, max = 512)
    )]
    pub endpoint: Option<String>,
    /// Region of the bucket. Default: the Region's own regionName.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[a-zA-Z0-9-]+$"), length(min = 1, max = 64))]
    pub region: Option<String>,
    /// Whether the bucket's name is in the path of a request and not in its host name. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_style: Option<bool>,
    /// Whether an endpoint without TLS may be used. Default: false.
    #[serde(rename = "allowHTTP", skip_serializing_if = "Option::is_none")]
    pub allow_http: Option<bool>,
    /// Secret in the operator's namespace with keys accessKeyID and secretAccessKey. Absent: the pod's own identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials_secret_ref: Option<SecretReference>,
}

/// Names a Secret in the operator's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretReference {
    /// Name of the Secret.
    #[schemars(regex(pattern = SUBDOMAIN), length(min = 1, max = 253))]
    pub name: String,
}

/// Names of objects are DNS subdomains.
const SUBDOMAIN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

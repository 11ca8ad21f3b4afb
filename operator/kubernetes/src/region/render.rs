//! The objects of a Region, as they should be.
//!
//! Pure: what comes out depends on the Region and the [`Site`] alone. Pods are compared by the checksum of what they were
//! rendered from, not field by field: the API server fills in defaults, and admission may add more.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{
    PersistentVolumeClaim, PersistentVolumeClaimSpec, Pod, Secret, Service, ServicePort, ServiceSpec,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::{Resource, ResourceExt};
use partita_api::{ObjectStoreType, PodTemplate, Region, RegionDeletionPolicy, S3Store};
use serde::Serialize;

use super::checksum::checksum;
use super::{names, quantity};
use crate::{AccessKey, Installation};

mod overlay;
mod pod;

pub(crate) use overlay::Invalid;

/// Version of what this module makes of the same input. Whoever changes a pod in a way that running pods must follow
/// counts it up: each node is then replaced once.
pub(crate) const RENDER_VERSION: u32 = 1;

/// Name of the Service's port.
const PORT_NAME: &str = "dynamodb";

/// What of the installation goes into a Region's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// The namespace everything is in.
    pub(crate) namespace: String,
    /// The image of nodes.
    pub(crate) image: String,
    /// Where nodes reach the operator.
    pub(crate) control_endpoint: String,
}

impl From<&Installation> for Site {
    fn from(installation: &Installation) -> Self {
        Self {
            namespace: installation.namespace.clone(),
            image: installation.image.clone(),
            control_endpoint: installation.control_endpoint.clone(),
        }
    }
}

/// The keys that a node is started with; it reads them once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'a> {
    /// The key of the wire.
    pub(crate) internal: &'a AccessKey,
    /// The bucket's key, if the spec names one.
    pub(crate) bucket: Option<&'a AccessKey>,
}

/// Renders one Region's objects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renderer<'a> {
    region: &'a Region,
    site: &'a Site,
}

impl<'a> Renderer<'a> {
    /// For that Region at that site.
    pub(crate) fn new(region: &'a Region, site: &'a Site) -> Self {
        Self { region, site }
    }

    /// The node's pod, with the overlay of the spec.
    ///
    /// # Errors
    /// [`Invalid`] names the field of the overlay that makes no pod.
    pub(crate) fn pod(&self, keys: Keys<'_>, credentials_sum: &str) -> Result<Pod, Invalid> {
        let mut pod = Pod {
            metadata: self.metadata(names::node(&self.name()), true),
            spec: Some(pod::spec(self.region, self.site)),
            ..Pod::default()
        };
        if let Some(template) = self.template() {
            pod = overlay::apply(pod, template)?;
        }
        let annotations = pod.annotations_mut();
        annotations.insert(names::TEMPLATE_HASH.to_owned(), self.template_hash(keys));
        annotations.insert(names::CREDENTIALS_CHECKSUM.to_owned(), credentials_sum.to_owned());
        Ok(pod)
    }

    /// The checksum of all that shapes the pod.
    pub(crate) fn template_hash(&self, keys: Keys<'_>) -> String {
        let spec = &self.region.spec;
        let pool = spec.node_pool.as_ref();
        let sum = |key: &AccessKey| checksum(&[key.id().as_bytes(), key.secret().as_bytes()]);
        let inputs = Inputs {
            render: RENDER_VERSION,
            owner: self.region.metadata.uid.as_deref(),
            image: &self.site.image,
            control_endpoint: &self.site.control_endpoint,
            region_name: &spec.region_name,
            account_id: &spec.account_id,
            s3: spec.object_store.s3.as_ref(),
            resources: pool.and_then(|pool| pool.resources.as_ref()),
            pod_template: self.template(),
            termination_grace_period_seconds: pool
                .map_or(pod::GRACE_DEFAULT, |pool| pool.termination_grace_period_seconds()),
            internal_key: sum(keys.internal),
            bucket_key: keys.bucket.map(sum),
            lambda_endpoint: spec.lambda_endpoint.as_deref(),
        };
        checksum(&[&json(&inputs)])
    }

    /// The Service in front of the nodes.
    pub(crate) fn service(&self) -> Service {
        let endpoint = self.region.spec.endpoint.clone().unwrap_or_default();
        let mut metadata = self.metadata(names::service(&self.name()), true);
        metadata.annotations = Some(endpoint.annotations.clone());
        stamped(Service {
            metadata,
            spec: Some(ServiceSpec {
                type_: Some(endpoint.service_type.unwrap_or_default().name().to_owned()),
                selector: Some(names::selector(&self.name())),
                ports: Some(vec![ServicePort {
                    name: Some(PORT_NAME.to_owned()),
                    port: endpoint.port(),
                    target_port: Some(IntOrString::String(PORT_NAME.to_owned())),
                    protocol: Some("TCP".to_owned()),
                    ..ServicePort::default()
                }]),
                ..ServiceSpec::default()
            }),
            ..Service::default()
        })
    }

    /// The node's volume claim, if the data is on a volume. A claim that is there keeps its class, which cannot change, and
    /// its size where that is larger: a Region may take up a claim that an earlier one left.
    pub(crate) fn volume(&self, there: Option<&PersistentVolumeClaim>) -> Option<PersistentVolumeClaim> {
        let store = &self.region.spec.object_store;
        if store.type_ != ObjectStoreType::Volume {
            return None;
        }
        let wanted = store.volume_size();
        let size = there
            .and_then(requested)
            .filter(|there| quantity::thousandths(there) >= quantity::thousandths(wanted))
            .unwrap_or(wanted);
        let class = match there {
            Some(there) => there.spec.as_ref().and_then(|spec| spec.storage_class_name.clone()),
            None => store.volume.as_ref().and_then(|volume| volume.storage_class_name.clone()),
        };
        let requests = BTreeMap::from([("storage".to_owned(), Quantity(size.to_owned()))]);
        Some(stamped(PersistentVolumeClaim {
            metadata: self.metadata(names::node(&self.name()), self.owns_data()),
            spec: Some(PersistentVolumeClaimSpec {
                access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
                resources: Some(VolumeResourceRequirements {
                    requests: Some(requests),
                    ..VolumeResourceRequirements::default()
                }),
                storage_class_name: class,
                ..PersistentVolumeClaimSpec::default()
            }),
            ..PersistentVolumeClaim::default()
        }))
    }

    /// What is applied to the Secret of the internal key: its data is made once and never applied.
    pub(crate) fn internal(&self) -> Secret {
        self.secret(names::internal(&self.name()), true)
    }

    /// What is applied to the Secret of the first access key: its data is made once and never applied.
    pub(crate) fn access_key(&self) -> Secret {
        self.secret(names::access_key(&self.name()), self.owns_data())
    }

    /// The Secret with the credentials file.
    pub(crate) fn credentials(&self, file: &str) -> Secret {
        let mut secret = self.secret(names::credentials(&self.name()), true);
        secret.data = Some([(names::CREDENTIALS.to_owned(), ByteString(file.as_bytes().to_vec()))].into());
        secret
    }

    fn secret(&self, name: String, owned: bool) -> Secret {
        stamped(Secret {
            metadata: self.metadata(name, owned),
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        })
    }

    fn name(&self) -> String {
        self.region.name_any()
    }

    fn template(&self) -> Option<&'a PodTemplate> {
        self.region.spec.node_pool.as_ref().and_then(|pool| pool.pod_template.as_ref())
    }

    fn owns_data(&self) -> bool {
        self.region.spec.deletion_policy.unwrap_or_default() == RegionDeletionPolicy::Delete
    }

    fn metadata(&self, name: String, owned: bool) -> ObjectMeta {
        let owner = if owned { self.region.controller_owner_ref(&()) } else { None };
        // Deleting the Region in the foreground then waits for its children.
        let owner = owner.map(|owner| OwnerReference { block_owner_deletion: Some(true), ..owner });
        ObjectMeta {
            name: Some(name),
            namespace: Some(self.site.namespace.clone()),
            labels: Some(names::labels(&self.name())),
            owner_references: owner.map(|owner| vec![owner]),
            ..ObjectMeta::default()
        }
    }
}

/// All that shapes a pod; its checksum tells whether a running pod is the one that is wanted.
#[derive(Serialize)]
struct Inputs<'a> {
    render: u32,
    owner: Option<&'a str>,
    image: &'a str,
    control_endpoint: &'a str,
    region_name: &'a str,
    account_id: &'a str,
    s3: Option<&'a S3Store>,
    resources: Option<&'a k8s_openapi::api::core::v1::ResourceRequirements>,
    pod_template: Option<&'a PodTemplate>,
    termination_grace_period_seconds: i64,
    internal_key: String,
    bucket_key: Option<String>,
    /// Left out where there is none, so that nodes of before this field go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    lambda_endpoint: Option<&'a str>,
}

/// The size a claim asks for.
pub(super) fn requested(claim: &PersistentVolumeClaim) -> Option<&str> {
    let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
    requests.get("storage").map(|quantity| quantity.0.as_str())
}

/// Annotates an object with its own checksum. It tells that something was taken out, which comparing what is there with what
/// is wanted does not.
fn stamped<K: Resource + Serialize>(mut object: K) -> K {
    let sum = checksum(&[&json(&object)]);
    object.annotations_mut().insert(names::TEMPLATE_HASH.to_owned(), sum);
    object
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("maps have text keys and no serializer of these types fails")
}

#[cfg(test)]
mod tests;

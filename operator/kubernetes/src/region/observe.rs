//! What is there: everything that belongs to one Region, at one moment.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret, Service};
use kube::Resource;
use partita_api::Region;

use super::names;
use crate::AccessKey;

/// What is there of a Region's objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// The node's pod.
    pub(crate) pod: Option<Arc<Pod>>,
    /// The Service.
    pub(crate) service: Option<Arc<Service>>,
    /// The volume claim.
    pub(crate) volume: Option<Arc<PersistentVolumeClaim>>,
    /// The Secret with the key of the wire.
    pub(crate) internal: Option<Arc<Secret>>,
    /// The Secret with the first access key.
    pub(crate) access_key: Option<Arc<Secret>>,
    /// The Secret with the credentials file.
    pub(crate) credentials: Option<Arc<Secret>>,
    /// Secrets that people labelled as access keys.
    pub(crate) others: Vec<Arc<Secret>>,
    /// The bucket's key.
    pub(crate) bucket: BucketKey,
}

/// The key of the bucket that a Region keeps its data in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum BucketKey {
    /// The spec names none: there is no bucket, or the pod's own identity opens it.
    #[default]
    Unneeded,
    /// The key in the Secret that the spec names.
    Found(AccessKey),
    /// What is wrong with the Secret, as a phrase that follows its name.
    Faulty(String),
}

impl Snapshot {
    /// The credentials file that the node sees, or will see as soon as the kubelet brings it up to date.
    pub(crate) fn credentials_file(&self) -> Option<&[u8]> {
        let data = self.credentials.as_ref()?.data.as_ref()?;
        data.get(names::CREDENTIALS).map(|file| file.0.as_slice())
    }

    /// Whether the volume claim is being deleted. It goes as soon as no pod uses it, with all that is on it.
    pub(crate) fn volume_ends(&self) -> bool {
        self.volume.as_deref().is_some_and(ends)
    }
}

impl BucketKey {
    /// What the Secret of a bucket holds, if it is there.
    pub(crate) fn read(secret: Option<&Secret>) -> Self {
        match secret.map(super::credentials::access_key) {
            None => Self::Faulty("is not there".to_owned()),
            Some(Ok(key)) => Self::Found(key),
            Some(Err(why)) => Self::Faulty(why),
        }
    }
}

/// Whether an object is being deleted.
pub(crate) fn ends<K: Resource>(object: &K) -> bool {
    object.meta().deletion_timestamp.is_some()
}

/// The Secret with the bucket's key, if the spec names one.
pub(crate) fn bucket_secret(region: &Region) -> Option<&str> {
    let s3 = region.spec.object_store.s3.as_ref()?;
    s3.credentials_secret_ref.as_ref().map(|secret| secret.name.as_str())
}

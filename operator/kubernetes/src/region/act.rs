//! Carries out the steps of a plan.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::names;
use super::plan::Step;
use super::status::{Failure, FailureKind};
use crate::SecretSource;

/// Carries out steps in one namespace.
pub(crate) struct Actor<'a> {
    /// The API server.
    pub(crate) client: &'a Client,
    /// The namespace.
    pub(crate) namespace: &'a str,
    /// Where new keys come from.
    pub(crate) secrets: &'a dyn SecretSource,
}

impl Actor<'_> {
    /// Carries out all steps in order and returns those that failed. One that the API server refuses does not keep the others
    /// from being tried, since they do not build on each other; when it cannot be reached the rest is given up.
    pub(crate) async fn act(&self, steps: &[Step]) -> Vec<Failure> {
        let mut failures = Vec::new();
        for step in steps {
            let (name, object) = (step.name(), step.object());
            match self.carry_out(step).await {
                Ok(()) => tracing::info!(step = name, object, "carried out"),
                Err(error) => {
                    tracing::warn!(step = name, object, %error, "failed; it is tried again");
                    let unreachable = !matches!(error, kube::Error::Api(_));
                    failures.push(failure(step, &error));
                    if unreachable {
                        break;
                    }
                }
            }
        }
        failures
    }

    async fn carry_out(&self, step: &Step) -> kube::Result<()> {
        match step {
            Step::MakeKey(secret) => self.make_key(secret).await,
            Step::ApplySecret(secret) => self.apply(secret.as_ref()).await,
            Step::ApplyVolume(volume) => self.apply::<PersistentVolumeClaim>(volume).await,
            Step::ApplyService(service) => self.apply::<Service>(service).await,
            Step::StartNode(pod) => self.apply::<Pod>(pod).await,
            Step::ReplaceNode { uid, next } => {
                self.try_pod(next).await?;
                self.delete_pod(&next.name_any(), uid).await
            }
            Step::RemoveNode { name, uid } => self.delete_pod(name, uid).await,
            Step::AnnotateNode { name, uid, sum } => self.annotate(name, uid, sum).await,
        }
    }

    /// Creates rather than applies: applying would overwrite a key that was made a moment ago and is not seen yet. If the
    /// Secret is there but was not seen, it lost its labels, and gets them back.
    async fn make_key(&self, wanted: &Secret) -> kube::Result<()> {
        let key = self.secrets.access_key();
        let data = [(names::ACCESS_KEY_ID, key.id()), (names::SECRET_ACCESS_KEY, key.secret())];
        let secret = Secret {
            metadata: ObjectMeta {
                name: wanted.metadata.name.clone(),
                namespace: wanted.metadata.namespace.clone(),
                labels: wanted.metadata.labels.clone(),
                ..ObjectMeta::default()
            },
            type_: wanted.type_.clone(),
            data: Some(
                data.map(|(name, value)| (name.to_owned(), ByteString(value.as_bytes().to_vec()))).into(),
            ),
            ..Secret::default()
        };
        let parameters =
            PostParams { field_manager: Some(names::FIELD_MANAGER.to_owned()), ..PostParams::default() };
        match self.api::<Secret>().create(&parameters, &secret).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_already_exists() => self.apply(wanted).await,
            Err(error) => Err(error),
        }
    }

    async fn apply<K>(&self, wanted: &K) -> kube::Result<()>
    where
        K: Namespaced,
    {
        let parameters = PatchParams::apply(names::FIELD_MANAGER).force();
        self.api::<K>().patch(&wanted.name_any(), &parameters, &Patch::Apply(wanted)).await.map(|_| ())
    }

    /// Asks whether a pod would be taken, so that a mistake in an overlay never ends a node that serves. What a quota says
    /// does not count: the pod that goes makes room.
    async fn try_pod(&self, next: &Pod) -> kube::Result<()> {
        let mut probe = next.clone();
        probe.metadata.name = Some(format!("{}-check", next.name_any()));
        let parameters = PostParams { dry_run: true, field_manager: Some(names::FIELD_MANAGER.to_owned()) };
        match self.api::<Pod>().create(&parameters, &probe).await {
            Err(kube::Error::Api(status)) if status.message.contains("exceeded quota") => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    /// Deletes the pod of that uid; another one of its name, or none, is what was wanted already.
    async fn delete_pod(&self, name: &str, uid: &str) -> kube::Result<()> {
        let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.api::<Pod>().delete(name, &parameters).await {
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    async fn annotate(&self, name: &str, uid: &str, sum: &str) -> kube::Result<()> {
        let annotations = json!({names::CREDENTIALS_CHECKSUM: sum});
        let wanted = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            // Applying to a pod that is gone would try to make one of an annotation alone; with a uid it is refused.
            "metadata": {"name": name, "uid": uid, "annotations": annotations},
        });
        let parameters = PatchParams::apply(names::CHECKSUM_MANAGER).force();
        match self.api::<Pod>().patch(name, &parameters, &Patch::Apply(&wanted)).await {
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    fn api<K: Namespaced>(&self) -> Api<K> {
        Api::namespaced(self.client.clone(), self.namespace)
    }
}

/// The kinds that steps change.
trait Namespaced:
    Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
    + Clone
    + Serialize
    + DeserializeOwned
    + std::fmt::Debug
{
}

impl Namespaced for Secret {}
impl Namespaced for Pod {}
impl Namespaced for Service {}
impl Namespaced for PersistentVolumeClaim {}

fn failure(step: &Step, error: &kube::Error) -> Failure {
    let message = match error {
        kube::Error::Api(status) => status.message.clone(),
        error => error.to_string(),
    };
    let kind = match step {
        Step::ReplaceNode { .. } | Step::StartNode(_) if pod_refused(error) => FailureKind::PodRefused,
        Step::ApplyVolume(_) if message.contains("resize") => FailureKind::VolumeNotResizable,
        _ => FailureKind::Other,
    };
    Failure { step: format!("{} {}", step.name(), step.object()), message, kind }
}

/// Whether a pod breaks the API server's rules or its namespace's, which trying again does not change.
fn pod_refused(error: &kube::Error) -> bool {
    let kube::Error::Api(status) = error else { return false };
    matches!(status.code, 400 | 422) || status.message.contains("violates PodSecurity")
}

#[cfg(test)]
mod tests;

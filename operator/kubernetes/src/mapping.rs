//! The controller of EventSourceMappings. What one refers to is read when it is looked at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, ApiResource, DynamicObject};
use partita_api::{EventSourceMapping, EventSourceMappingSpec, Table, is_namespace_name, is_object_name};
use partita_controllers::mapping::{MappingPlace, References};
use partita_controllers::reconcile::Next;
use partita_controllers::{MappingReconciler, ObjectKey};
use partita_model::TableName;
use tokio::sync::watch;

use crate::controller::{self, Control, Kind, Pace, Work};
use crate::{Error, Installation};

/// The field manager of everything this controller writes.
pub const FIELD_MANAGER: &str = "partita.dev/event-source-mapping";

/// Reconciles every EventSourceMapping of the cluster until `stop` is true or its sender is gone; passes under way are finished
/// first. `control` is the control plane, once there is a Region.
///
/// # Errors
/// None at present: what fails is tried again, and told in the log and in each object's status.
pub async fn mappings(
    installation: Arc<Installation>,
    control: watch::Receiver<Option<Control>>,
    stop: watch::Receiver<bool>,
) -> Result<(), Error> {
    run(installation, Pace::default(), control, stop).await;
    Ok(())
}

async fn run(
    installation: Arc<Installation>,
    pace: Pace,
    control: watch::Receiver<Option<Control>>,
    stop: watch::Receiver<bool>,
) {
    let references = Arc::new(KubernetesReferences { client: installation.client.clone() });
    let clock = Arc::clone(&installation.clock);
    let work = |objects, log| Mappings {
        reconciler: MappingReconciler::new(objects, references, log, clock),
        place: Mutex::default(),
    };
    controller::run(&installation, pace, work, control, None, stop).await;
}

impl Kind for EventSourceMapping {
    const FIELD_MANAGER: &'static str = FIELD_MANAGER;

    fn remains(metadata: ObjectMeta) -> Self {
        Self { metadata, spec: EventSourceMappingSpec::default(), status: None }
    }
}

/// Objects as the API server has them.
struct KubernetesReferences {
    client: kube::Client,
}

#[async_trait]
impl References for KubernetesReferences {
    async fn table_name(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<String>, partita_controllers::Error> {
        // Anything else would lead elsewhere: a name becomes part of a path.
        if !is_namespace_name(namespace) || !is_object_name(name) {
            return Ok(None);
        }
        // No more is read of a Table than its name: another release may have written the rest.
        let kind = ApiResource::erase::<Table>(&());
        let tables = Api::<DynamicObject>::namespaced_with(self.client.clone(), namespace, &kind);
        let table = tables.get_opt(name).await;
        let table = table.map_err(|error| partita_controllers::Error::Objects(Box::new(error)))?;
        Ok(table.and_then(|table| table.data["spec"]["tableName"].as_str().map(str::to_owned)))
    }
}

struct Mappings {
    reconciler: MappingReconciler,
    place: Mutex<Option<MappingPlace>>,
}

impl Mappings {
    fn place(&self) -> MutexGuard<'_, Option<MappingPlace>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Work for Mappings {
    type Kind = EventSourceMapping;

    fn settle(&self, control: Option<Control>, _objects: &[Arc<EventSourceMapping>]) {
        *self.place() = control.map(|control| MappingPlace {
            control: control.mappings,
            scope: control.scope,
            in_cluster: true,
        });
    }

    fn is_settled(&self) -> bool {
        self.place().is_some()
    }

    /// Who waits for what another object has looks again by itself.
    fn note(&self, _object: &EventSourceMapping) -> Vec<ObjectKey> {
        Vec::new()
    }

    fn gone(&self, key: &ObjectKey) -> Vec<ObjectKey> {
        self.reconciler.forget(key);
        Vec::new()
    }

    fn about(&self, _table: &TableName) -> Vec<ObjectKey> {
        Vec::new()
    }

    async fn pass(&self, key: &ObjectKey) -> Result<Next, partita_controllers::Error> {
        let place = self.place().clone();
        self.reconciler.reconcile(key, place.as_ref()).await
    }
}

#[cfg(test)]
mod tests;

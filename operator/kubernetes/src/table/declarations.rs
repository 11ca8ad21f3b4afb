//! Tables behind an API server, as the reconciler sees them: what was watched, and what was written since.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::runtime::reflector::Store;
use partita_api::{GROUP, Table, TableStatus, VERSION};
use partita_controllers::declarations::{Declarations, FINALIZER, is_held};
use partita_controllers::{Error, ObjectKey};
use serde_json::{Value, json};

use super::watching::strip;
use super::{FIELD_MANAGER, reference};

/// The watched Tables, and what was written to them and not watched yet.
///
/// A watch is late: without what was written, the pass after a write would see the object of before it, and write
/// again. Bounded by the objects that are written to while a watch lags.
pub(super) struct KubernetesTables {
    client: kube::Client,
    store: Store<Table>,
    written: Mutex<HashMap<ObjectKey, Table>>,
}

impl KubernetesTables {
    pub(super) fn new(client: kube::Client, store: Store<Table>) -> Self {
        Self { client, store, written: Mutex::default() }
    }

    /// Forgets what was written to an object that is gone.
    pub(super) fn forget(&self, key: &ObjectKey) {
        self.written().remove(key);
    }

    fn api(&self, key: &ObjectKey) -> Api<Table> {
        Api::namespaced(self.client.clone(), &key.namespace)
    }

    /// Keeps what the API server made of a write.
    fn keep(&self, key: &ObjectKey, mut table: Table) {
        strip(&mut table);
        self.written().insert(key.clone(), table);
    }

    fn written(&self) -> MutexGuard<'_, HashMap<ObjectKey, Table>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes our finalizer away although others own it too: it came with a restored manifest, or from a person.
    async fn take_away(&self, key: &ObjectKey, table: &Table) -> Result<(), Error> {
        let left: Vec<&String> =
            table.metadata.finalizers.iter().flatten().filter(|name| *name != FINALIZER).collect();
        // The version keeps a finalizer from being lost that somebody adds meanwhile.
        let metadata = json!({"finalizers": left, "resourceVersion": table.metadata.resource_version});
        let patch = Patch::Merge(json!({"metadata": metadata}));
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        self.api(key).patch(&key.name, &params, &patch).await.map(drop).or_else(unless_gone)
    }
}

#[async_trait]
impl Declarations for KubernetesTables {
    async fn declared(&self, key: &ObjectKey) -> Result<Option<Table>, Error> {
        let Some(watched) = self.store.get(&reference(key)) else { return Ok(None) };
        let mut written = self.written();
        let newest = written.get(key).filter(|written| is_newer(written, &watched)).cloned();
        if newest.is_none() {
            written.remove(key);
        }
        Ok(Some(newest.unwrap_or_else(|| watched.as_ref().clone())))
    }

    async fn hold(&self, key: &ObjectKey, seen: &Table) -> Result<(), Error> {
        let mut config = config(key, seen);
        config["metadata"]["finalizers"] = json!([FINALIZER]);
        let params = PatchParams::apply(FIELD_MANAGER);
        let held = self.api(key).patch(&key.name, &params, &Patch::Apply(config)).await.map_err(failed)?;
        self.keep(key, held);
        Ok(())
    }

    async fn set_status(&self, key: &ObjectKey, seen: &Table, status: &TableStatus) -> Result<(), Error> {
        let mut config = config(key, seen);
        config["status"] = json!(status);
        // The whole status is this controller's: whatever somebody else wrote there goes.
        let params = PatchParams::apply(FIELD_MANAGER).force();
        match self.api(key).patch_status(&key.name, &params, &Patch::Apply(config)).await {
            Ok(table) => self.keep(key, table),
            Err(error) => unless_gone(error)?,
        }
        Ok(())
    }

    async fn release(&self, key: &ObjectKey, seen: &Table) -> Result<(), Error> {
        if !is_held(seen) {
            return Ok(());
        }
        // A manager that applies nothing gives up what it owned.
        let config = config(key, seen);
        let params = PatchParams::apply(FIELD_MANAGER);
        match self.api(key).patch(&key.name, &params, &Patch::Apply(config)).await {
            Ok(table) if is_held(&table) => self.take_away(key, &table).await,
            Ok(_) => Ok(()),
            Err(error) => unless_gone(error),
        }
    }
}

/// What is applied to an object: only ever to the one that was seen, never to one of the same name that came after it.
fn config(key: &ObjectKey, seen: &Table) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": key.namespace, "uid": seen.metadata.uid},
    })
}

/// Whether `written` is the same object as `watched`, at a later time. Versions of one kind are decimal numbers that
/// grow; an API server whose versions are not is believed to be up to date.
fn is_newer(written: &Table, watched: &Table) -> bool {
    let version =
        |table: &Table| table.metadata.resource_version.as_ref().and_then(|text| text.parse::<u128>().ok());
    written.metadata.uid == watched.metadata.uid && version(written) > version(watched)
}

fn failed(error: kube::Error) -> Error {
    Error::Objects(Box::new(error))
}

/// An object that is gone needs nothing any more.
fn unless_gone(error: kube::Error) -> Result<(), Error> {
    match error {
        kube::Error::Api(status) if status.is_not_found() => Ok(()),
        error => Err(failed(error)),
    }
}

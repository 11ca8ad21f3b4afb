//! Objects behind an API server, as a reconciler sees them: what was watched, and what was written since.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::runtime::reflector::Store;
use partita_api::{GROUP, VERSION};
use partita_controllers::declarations::is_held;
use partita_controllers::{Declarations, Error, ObjectKey};
use serde_json::{Value, json};

use super::watching::strip;
use super::{Kind, key_of, reference};

/// The watched objects of a kind, and what was written to them and not watched yet.
///
/// A watch is late: without what was written, the pass after a write would see the object of before it, and write
/// again. Bounded by the objects that are written to while a watch lags.
pub(super) struct Objects<K: Kind> {
    client: kube::Client,
    store: Store<K>,
    written: Mutex<HashMap<ObjectKey, K>>,
}

impl<K: Kind> Objects<K> {
    pub(super) fn new(client: kube::Client, store: Store<K>) -> Self {
        Self { client, store, written: Mutex::default() }
    }

    /// Forgets what was written to an object that is gone.
    pub(super) fn forget(&self, key: &ObjectKey) {
        self.written().remove(key);
    }

    fn api(&self, key: &ObjectKey) -> Api<K> {
        Api::namespaced(self.client.clone(), &key.namespace)
    }

    /// Keeps what the API server made of a write.
    fn keep(&self, key: &ObjectKey, mut object: K) {
        strip(&mut object);
        self.written().insert(key.clone(), object);
    }

    /// The object as it was watched, or as it was written since.
    fn newest(&self, key: &ObjectKey, watched: &K) -> K {
        let mut written = self.written();
        let newest = written.get(key).filter(|written| is_newer(*written, watched)).cloned();
        newest.unwrap_or_else(|| {
            written.remove(key);
            watched.clone()
        })
    }

    fn written(&self) -> MutexGuard<'_, HashMap<ObjectKey, K>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes our finalizer away although others own it too: it came with a restored manifest, or from a person.
    async fn take_away(&self, key: &ObjectKey, object: &K) -> Result<(), Error> {
        let left: Vec<&String> =
            object.metadata().finalizers.iter().flatten().filter(|name| *name != K::FINALIZER).collect();
        // The version keeps a finalizer from being lost that somebody adds meanwhile.
        let metadata = json!({"finalizers": left, "resourceVersion": object.metadata().resource_version});
        let patch = Patch::Merge(json!({"metadata": metadata}));
        let params =
            PatchParams { field_manager: Some(K::FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        self.api(key).patch(&key.name, &params, &patch).await.map(drop).or_else(unless_gone)
    }
}

#[async_trait]
impl<K: Kind> Declarations<K> for Objects<K> {
    async fn declared(&self, key: &ObjectKey) -> Result<Option<K>, Error> {
        Ok(self.store.get(&reference(key)).map(|watched| self.newest(key, &watched)))
    }

    async fn all(&self) -> Result<Vec<(ObjectKey, K)>, Error> {
        let objects = self.store.state().into_iter();
        let keyed = objects.map(|watched| (key_of(watched.as_ref()), watched));
        Ok(keyed.map(|(key, watched)| (key.clone(), self.newest(&key, &watched))).collect())
    }

    async fn hold(&self, key: &ObjectKey, seen: &K) -> Result<(), Error> {
        let mut config = config(key, seen);
        config["metadata"]["finalizers"] = json!([K::FINALIZER]);
        let params = PatchParams::apply(K::FIELD_MANAGER);
        let held = self.api(key).patch(&key.name, &params, &Patch::Apply(config)).await.map_err(failed)?;
        self.keep(key, held);
        Ok(())
    }

    async fn set_status(&self, key: &ObjectKey, seen: &K, status: &K::Status) -> Result<(), Error> {
        let mut config = config(key, seen);
        config["status"] = json!(status);
        // The whole status is this controller's: whatever somebody else wrote there goes.
        let params = PatchParams::apply(K::FIELD_MANAGER).force();
        match self.api(key).patch_status(&key.name, &params, &Patch::Apply(config)).await {
            Ok(object) => self.keep(key, object),
            Err(error) => unless_gone(error)?,
        }
        Ok(())
    }

    async fn release(&self, key: &ObjectKey, seen: &K) -> Result<(), Error> {
        if !is_held(seen) {
            return Ok(());
        }
        // A manager that applies nothing gives up what it owned.
        let config = config(key, seen);
        let params = PatchParams::apply(K::FIELD_MANAGER);
        match self.api(key).patch(&key.name, &params, &Patch::Apply(config)).await {
            Ok(object) if is_held(&object) => self.take_away(key, &object).await,
            Ok(_) => Ok(()),
            Err(error) => unless_gone(error),
        }
    }
}

/// What is applied to an object: only ever to the one that was seen, never to one of the same name that came after it.
fn config<K: Kind>(key: &ObjectKey, seen: &K) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": key.namespace, "uid": seen.metadata().uid},
    })
}

/// Whether `written` is the same object as `watched`, at a later time. Versions of one kind are decimal numbers that
/// grow; an API server whose versions are not is believed to be up to date.
fn is_newer<K: Kind>(written: &K, watched: &K) -> bool {
    let version =
        |object: &K| object.metadata().resource_version.as_ref().and_then(|text| text.parse::<u128>().ok());
    written.metadata().uid == watched.metadata().uid && version(written) > version(watched)
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

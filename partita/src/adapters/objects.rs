//! The reconciler's objects: rows of the catalog. The parts of an object lie apart there; here they are one JSON value.

use std::sync::Arc;

use async_trait::async_trait;
use partita_api::{GROUP, VERSION};
use partita_controllers::{Error, ObjectKey, Objects};
use partita_controlplane::ControlPlane;
use partita_controlplane::catalog::{self, StoredObject};
use serde_json::{Value, json};

use crate::kinds::Kind;

/// Declared objects in the catalog.
pub(crate) struct CatalogObjects(pub(crate) Arc<ControlPlane>);

#[async_trait]
impl Objects for CatalogObjects {
    async fn list(&self) -> Result<Vec<Value>, Error> {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            let stored = self.0.objects(kind.name()).await.map_err(unanswered)?;
            all.extend(stored.into_iter().map(whole));
        }
        Ok(all)
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Value>, Error> {
        let stored = self.0.object(&in_catalog(key)).await.map_err(unanswered)?;
        Ok(stored.map(whole))
    }

    async fn put(&self, key: &ObjectKey, mut object: Value) -> Result<(), Error> {
        let stored = StoredObject {
            key: in_catalog(key),
            metadata: object["metadata"].take(),
            spec: object["spec"].take(),
            status: object["status"].take(),
        };
        self.0.put_object(stored).await.map_err(unanswered)
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        self.0.delete_object(&in_catalog(key)).await.map_err(unanswered)
    }
}

fn whole(stored: StoredObject) -> Value {
    let mut object = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": stored.key.kind,
        "metadata": stored.metadata,
        "spec": stored.spec,
    });
    if !stored.status.is_null() {
        object["status"] = stored.status;
    }
    object
}

fn in_catalog(key: &ObjectKey) -> catalog::ObjectKey {
    catalog::ObjectKey { kind: key.kind.clone(), namespace: key.namespace.clone(), name: key.name.clone() }
}

fn unanswered(error: partita_controlplane::Error) -> Error {
    Error::Objects(Box::new(error))
}

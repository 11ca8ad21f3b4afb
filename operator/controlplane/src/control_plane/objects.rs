//! Declared objects of any kind, for the reconcilers.

use serde_json::Value;

use super::ControlPlane;
use crate::Error;
use crate::catalog::{Expected, ObjectKey, PutObject, StoredObject};

/// The parts of an object to be stored. An absent part stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectParts {
    /// Labels, annotations, finalizers and the like.
    pub metadata: Option<Value>,
    /// What is asked for.
    pub spec: Option<Value>,
    /// What was made of it.
    pub status: Option<Value>,
}

impl ControlPlane {
    /// Stores an object, new or changed, if what is expected of it holds.
    pub async fn put_object(
        &self,
        key: ObjectKey,
        expected: Expected,
        parts: ObjectParts,
    ) -> Result<StoredObject, Error> {
        let ObjectParts { metadata, spec, status } = parts;
        let (uid, created) = (self.options.uuids.uuid(), self.clock.now());
        self.catalog.put_object(PutObject { key, expected, uid, created, metadata, spec, status }).await
    }

    /// One object.
    pub async fn object(&self, key: &ObjectKey) -> Result<Option<StoredObject>, Error> {
        self.catalog.object(key).await
    }

    /// The objects of a kind, of one namespace or of all, by namespace and name.
    pub async fn objects(&self, kind: &str, namespace: Option<&str>) -> Result<Vec<StoredObject>, Error> {
        self.catalog.objects(kind, namespace).await
    }

    /// Removes an object if what is expected of it holds, and gives back what was there.
    pub async fn delete_object(
        &self,
        key: &ObjectKey,
        expected: Expected,
    ) -> Result<Option<StoredObject>, Error> {
        self.catalog.delete_object(key, expected).await
    }
}

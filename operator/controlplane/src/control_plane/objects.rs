//! Declared objects of any kind, for the reconcilers.

use super::ControlPlane;
use crate::Error;
use crate::catalog::{ObjectKey, StoredObject};

impl ControlPlane {
    /// Stores an object in the place of the one with its key.
    pub async fn put_object(&self, object: StoredObject) -> Result<(), Error> {
        self.catalog.put_object(object).await
    }

    /// One object.
    pub async fn object(&self, key: &ObjectKey) -> Result<Option<StoredObject>, Error> {
        self.catalog.object(key).await
    }

    /// The objects of a kind, by namespace and name.
    pub async fn objects(&self, kind: &str) -> Result<Vec<StoredObject>, Error> {
        self.catalog.objects(kind).await
    }

    /// Removes an object, if it is there.
    pub async fn delete_object(&self, key: &ObjectKey) -> Result<(), Error> {
        self.catalog.delete_object(key).await
    }
}

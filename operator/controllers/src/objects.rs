//! Objects, opaque to whoever keeps them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use crate::Error;

/// The namespace of objects that name none.
pub const DEFAULT_NAMESPACE: &str = "default";

/// What names an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Kind, for example `Table`.
    pub kind: String,
    /// Namespace, [`DEFAULT_NAMESPACE`] if the object names none.
    pub namespace: String,
    /// Name, unique within kind and namespace.
    pub name: String,
}

impl ObjectKey {
    /// The key of an object with a kind and a name; `None` if one of them is missing.
    pub fn of(object: &Value) -> Option<Self> {
        let metadata = &object["metadata"];
        Some(Self {
            kind: object["kind"].as_str()?.to_owned(),
            namespace: metadata["namespace"].as_str().unwrap_or(DEFAULT_NAMESPACE).to_owned(),
            name: metadata["name"].as_str()?.to_owned(),
        })
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// A durable place for objects. One controller writes; others may read.
#[async_trait]
pub trait Objects: Send + Sync + 'static {
    /// Every object, in the order of keys.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn list(&self) -> Result<Vec<Value>, Error>;

    /// One object.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn get(&self, key: &ObjectKey) -> Result<Option<Value>, Error>;

    /// Keeps `object` under `key`, durably once this returns, in the place of what was there.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn put(&self, key: &ObjectKey, object: Value) -> Result<(), Error>;

    /// Forgets the object, durably once this returns. One that is not there is forgotten already.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn delete(&self, key: &ObjectKey) -> Result<(), Error>;
}

/// Objects in memory: for tests, and for an installation that keeps nothing.
#[derive(Debug, Default)]
pub struct MemoryObjects {
    objects: Mutex<BTreeMap<ObjectKey, Value>>,
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn list(&self) -> Result<Vec<Value>, Error> {
        Ok(self.objects.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect())
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Value>, Error> {
        Ok(self.objects.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    async fn put(&self, key: &ObjectKey, object: Value) -> Result<(), Error> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), object);
        Ok(())
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        Ok(())
    }
}

//! The one writer of objects: whoever declares an object and whoever reports on it change different parts of it.

use std::sync::Arc;

use async_trait::async_trait;
use partita_api::{FieldError, Table};
use partita_model::clock::Clock;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::admit::{Admitted, admit, rfc3339};
use crate::declarations::{Declarations, Declared, finalizer};
use crate::mapping::References;
use crate::{Error, ObjectKey, Objects};

/// What became of a manifest.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// It is the object now; the object as kept, and what that changed.
    Accepted(Value, Change),
    /// It breaks rules, in the API server's words; at least one.
    Rejected(Vec<FieldError>),
}

/// What an accepted manifest changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was no such object.
    Created,
    /// The object was another.
    Configured,
    /// Nothing.
    Unchanged,
}

impl Change {
    /// As kubectl says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Reads and writes objects, one change at a time, so that none is lost to another.
pub struct Keeper {
    objects: Arc<dyn Objects>,
    clock: Arc<dyn Clock>,
    writing: Mutex<()>,
}

impl Keeper {
    /// The only keeper of `objects`.
    pub fn new(objects: Arc<dyn Objects>, clock: Arc<dyn Clock>) -> Self {
        Self { objects, clock, writing: Mutex::new(()) }
    }

    /// Every object, in the order of keys.
    ///
    /// # Errors
    /// [`Error::Objects`]
    pub async fn list(&self) -> Result<Vec<Value>, Error> {
        self.objects.list().await
    }

    /// One object.
    ///
    /// # Errors
    /// [`Error::Objects`]
    pub async fn get(&self, key: &ObjectKey) -> Result<Option<Value>, Error> {
        self.objects.get(key).await
    }

    /// Makes the object what `manifest` declares, if it keeps the rules.
    ///
    /// # Errors
    /// [`Error::Objects`]
    pub async fn apply(&self, manifest: &Value) -> Result<Applied, Error> {
        let key = ObjectKey::of(manifest);
        let _writing = self.writing.lock().await;
        let stored = match &key {
            Some(key) => self.objects.get(key).await?,
            None => None,
        };
        let (object, change) = match admit(manifest, stored.as_ref(), self.clock.now()) {
            Err(errors) => return Ok(Applied::Rejected(errors)),
            Ok(Admitted::Unchanged) => (stored.unwrap_or_default(), Change::Unchanged),
            Ok(Admitted::Created(object)) => (object, Change::Created),
            Ok(Admitted::Configured(object)) => (object, Change::Configured),
        };
        if let Some(key) = key.filter(|_| change != Change::Unchanged) {
            self.objects.put(&key, object.clone()).await?;
        }
        Ok(Applied::Accepted(object, change))
    }

    /// Asks for the object to go. It goes once what it manages was seen to; until then it shows a deletion timestamp.
    ///
    /// # Errors
    /// [`Error::Objects`], [`Error::NotFound`]
    pub async fn ask_to_delete(&self, key: &ObjectKey) -> Result<Value, Error> {
        let _writing = self.writing.lock().await;
        let mut object = self.objects.get(key).await?.ok_or_else(|| Error::NotFound(key.clone()))?;
        if object["metadata"].get("deletionTimestamp").is_none() {
            object["metadata"]["deletionTimestamp"] = json!(rfc3339(self.clock.now()));
            object["metadata"]["finalizers"] = json!(finalizer(&key.kind).as_slice());
            self.objects.put(key, object.clone()).await?;
        }
        Ok(object)
    }
}

fn read<D: Declared>(key: &ObjectKey, stored: Value) -> Result<D, Error> {
    serde_json::from_value(stored).map_err(|source| Error::Stored { key: key.clone(), source })
}

#[async_trait]
impl<D: Declared> Declarations<D> for Keeper {
    async fn declared(&self, key: &ObjectKey) -> Result<Option<D>, Error> {
        let stored = self.objects.get(key).await?;
        stored.map(|stored| read(key, stored)).transpose()
    }

    async fn all(&self) -> Result<Vec<(ObjectKey, D)>, Error> {
        let stored = self.objects.list().await?.into_iter();
        let keyed = stored.filter_map(|object| ObjectKey::of(&object).map(|key| (key, object)));
        let of_kind = keyed.filter(|(key, _)| key.kind == D::KIND);
        of_kind.map(|(key, object)| read(&key, object).map(|object| (key, object))).collect()
    }

    /// Nothing to do: an object goes only when it is released.
    async fn hold(&self, _key: &ObjectKey, _seen: &D) -> Result<(), Error> {
        Ok(())
    }

    async fn set_status(&self, key: &ObjectKey, _seen: &D, status: &D::Status) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        let Some(mut object) = self.objects.get(key).await? else { return Ok(()) };
        object["status"] =
            serde_json::to_value(status).map_err(|source| Error::Stored { key: key.clone(), source })?;
        self.objects.put(key, object).await
    }

    async fn release(&self, key: &ObjectKey, _seen: &D) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        self.objects.delete(key).await
    }
}

#[async_trait]
impl References for Keeper {
    async fn table_name(&self, namespace: &str, name: &str) -> Result<Option<String>, Error> {
        let (kind, namespace, name) = (Table::KIND.to_owned(), namespace.to_owned(), name.to_owned());
        let object = self.objects.get(&ObjectKey { kind, namespace, name }).await?;
        Ok(object.and_then(|object| object["spec"]["tableName"].as_str().map(str::to_owned)))
    }
}

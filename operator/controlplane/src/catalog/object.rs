//! Declared objects, opaque to the catalog.

use std::fmt;

use partita_model::clock::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An object's identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectKey {
    /// For example `Table`.
    pub kind: String,
    /// Empty for kinds without namespaces.
    pub namespace: String,
    /// Unique within kind and namespace.
    pub name: String,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredObject {
    /// Which one.
    pub key: ObjectKey,
    /// New with each creation.
    pub uid: String,
    /// Starts at one and grows with each change of the spec.
    pub generation: u64,
    /// Grows with each change, over all objects of the catalog.
    pub resource_version: u64,
    /// When it was created.
    pub created: UnixMillis,
    /// Labels, annotations, finalizers and the like.
    pub metadata: Value,
    /// What is asked for.
    pub spec: Value,
    /// What was made of it.
    pub status: Value,
}

/// What must hold of an object for a change to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It does not exist.
    Absent,
    /// It is at this resource version.
    Version(u64),
    /// Nothing.
    Any,
}

impl Expected {
    /// Whether it holds of an object at `found`.
    pub fn holds(self, found: Option<u64>) -> bool {
        match self {
            Self::Absent => found.is_none(),
            Self::Version(version) => found == Some(version),
            Self::Any => true,
        }
    }
}

/// A change of an object. A part that is absent stays as it is; in a new object it is `null`.
#[derive(Clone, Debug)]
pub struct PutObject {
    /// Which one.
    pub key: ObjectKey,
    /// What must hold.
    pub expected: Expected,
    /// The uid it gets if it is new.
    pub uid: String,
    /// The time of creation it gets if it is new.
    pub created: UnixMillis,
    /// Labels, annotations, finalizers and the like.
    pub metadata: Option<Value>,
    /// What is asked for.
    pub spec: Option<Value>,
    /// What was made of it.
    pub status: Option<Value>,
}

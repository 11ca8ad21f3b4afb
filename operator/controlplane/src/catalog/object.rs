//! Declared objects, opaque to the catalog: their versions and times are in their metadata, and whoever writes them keeps those.

use serde_json::Value;

/// An object's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey {
    /// For example `Table`.
    pub kind: String,
    /// Empty for kinds without namespaces.
    pub namespace: String,
    /// Unique within kind and namespace.
    pub name: String,
}

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredObject {
    /// Which one.
    pub key: ObjectKey,
    /// Labels, annotations, finalizers and the like.
    pub metadata: Value,
    /// What is asked for.
    pub spec: Value,
    /// What was made of it.
    pub status: Value,
}

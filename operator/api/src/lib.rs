//! The Kubernetes kinds of `partita.dev`: their Rust types, their CRDs, and the API server's verdict on them.
//!
//! ```text
//! table.rs, mapping.rs, region.rs ──derive──> CRD (crd.rs) ──> crds/*.yaml
//!                                               │
//!                                               └──> validate(new, old): what an API server would answer, without one
//! ```
//!
//! [`Table`] is a table. Its spec is a superset of the one the ACK controller for DynamoDB takes, so that such a
//! manifest needs no change but its `apiVersion`. [`EventSourceMapping`] delivers a table's changes to a target. [`Region`] is what tables live in: a region name, an account, a place
//! for the data and the nodes that serve it. Both served versions, `v1alpha1` and `v1`, have one identical shape.
//!
//! What this crate is not: it does not talk to Kubernetes, decides nothing about what to do with an object, does no
//! I/O, and never fills a default into a spec: a field that is absent stays absent.
//!
//! Invariants:
//! - Table's CRD rejects only what DynamoDB itself answers with a `ValidationException`, and EventSourceMapping's only what
//!   Lambda refuses, what names no target, what no Table can be called, and changes of fields that cannot change. Region's rejects what could never be carried out, and changes that would lose data.
//! - Schemas are structural, hold no `default` and no `nullable`, bound every list, and a CRD stays below 100 KB.
//! - `crds/` holds exactly what [`crds`] returns (`UPDATE_EXPECT=1 cargo test -p partita-api` rewrites it).
//!
//! Start reading at [`TableSpec`], [`EventSourceMappingSpec`] and [`RegionSpec`], then [`conditions`], then [`validate`].

pub mod annotations;
mod condition;
pub mod conditions;
mod crd;
pub mod mapping;
mod reference;
pub mod region;
mod rules;
mod table;
mod validation;

pub use condition::{Condition, ConditionStatus};
pub use crd::{crds, definition, definitions, event_source_mapping_definition, region_definition, to_yaml};
pub use mapping::{EventSourceMapping, EventSourceMappingSpec, EventSourceMappingStatus};
pub use reference::{NamespacedName, Reference};
pub use region::{
    NodePool, NodeStatus, ObjectStore, ObjectStoreType, PodTemplate, PodTemplateMetadata, Region,
    RegionDeletionPolicy, RegionEndpoint, RegionSpec, RegionStatus, S3Store, SecretReference, ServiceType,
    VolumeStore,
};
pub use table::*;
pub use validation::{FieldError, is_namespace_name, is_object_name, validate, without_nulls};

/// The API group of every kind.
pub const GROUP: &str = "partita.dev";
/// The version objects are stored in.
pub const VERSION: &str = "v1";
/// All served versions, the stored one first. They share one shape.
pub const SERVED_VERSIONS: [&str; 2] = [VERSION, "v1alpha1"];

/// What can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value could not be written as YAML. Not retryable; a defect of the value's type.
    #[error("cannot write YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
}

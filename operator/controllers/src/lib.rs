//! Reconcilers: they make tables and event source mappings what manifests say.
//!
//! ```text
//!  files ──source──> manifests ──admit──> objects ──┐
//!                                                   ├──plan (pure)──> steps ──reconcile──> control plane
//!  control plane ────────observe────────> tables ───┘                    └──> status, conditions, events
//! ```
//!
//! There is no Kubernetes in here: objects live behind [`Declarations`], tables behind [`TableControl`], mappings behind
//! [`MappingControl`]. `partita local` feeds [`Controller`] from files and commands; the operator feeds the same [`Reconciler`] and
//! [`MappingReconciler`] from an API server. What follows is about tables; [`mapping`] says what is different with mappings.
//!
//! # Who owns what
//!
//! A table made through the API and one made by a manifest are the same thing. The rule between the two:
//!
//! - **A manifest takes over** a table of its name that is already there, if keys, key types and the local indexes it
//!   names agree. `adoptionPolicy: Create` never takes over, `Adopt` never makes. If they disagree nothing is touched
//!   and the object stalls with the reason `ImmutableField`.
//! - **A field that the manifest names belongs to the manifest.** When the API changes it, it is put back. A list
//!   belongs to it as a whole: with `tags: [...]` a tag added through the API is removed again.
//! - **A field that is absent is not managed** and stays as the API left it. Absent is not empty: `tags: []` removes all
//!   tags, no `tags` at all removes none. Naming `provisionedThroughput` asks for PROVISIONED.
//! - **What does not change while it is on goes off and on again**: the view of a stream, the attribute of expiry, the key or
//!   projection of a global index. Indexes come and go one at a time, new ones first; one that nobody wants any more is not built to
//!   its end. Deletion protection keeps indexes too.
//! - **Nothing is ever written into a spec.** What is in force stands in the status.
//! - **DeleteTable is served** even for a table that an object declares: the API belongs to the application, and
//!   `deletionProtectionEnabled` is there for those who want it refused. The object still declares the table, so it is
//!   made again, empty, under a new table id, as a Deployment makes a deleted Pod again; a Warning event and the reason
//!   `Recreated` say so. To delete a table for good, delete its object.
//! - **A file that disappears deletes nothing.** As with kubectl, the object it declared stays, goes on managing its
//!   table, and is deleted only by a delete; a line in the log says so. Files are moved and folders unmounted by
//!   accident, and data cannot be applied again.
//! - **Two objects that name one table**: the older one owns it, the other stalls with `Conflict`.
//!
//! # Invariants
//!
//! - The planner is pure. The plan of a settled table is empty, and a settled object causes no write.
//! - An object is held by a finalizer before its first table or mapping is made or taken over. Objects that manage none are not.
//! - Each step is legal by itself; any step may fail or run twice, and planning again goes on from what is there.
//! - A status is written only if it changed; `lastTransitionTime` moves only when a condition's status flips.
//!
//! Start reading at [`plan`], then [`reconcile`], then [`mapping`], then [`controller`].

pub mod admit;
mod clerk;
pub mod controller;
pub mod declarations;
pub mod definition;
pub mod describe;
pub mod duration;
pub mod events;
mod keeper;
pub mod manifest;
pub mod mapping;
pub mod objects;
pub mod owners;
pub mod plan;
pub mod reconcile;
pub mod retries;
pub mod source;
pub mod status;
pub mod table;

pub use controller::Controller;
pub use declarations::{Declarations, Declared};
pub use keeper::{Applied, Change, Keeper};
pub use mapping::{MappingControl, MappingReconciler};
pub use objects::{MemoryObjects, ObjectKey, Objects};
pub use reconcile::{Reconciler, TableControl};

/// What can go wrong in this crate. Faults of manifests are not among it: they are reported, and the rest goes on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Objects could not be read or written. Retryable.
    #[error("the object store does not answer")]
    Objects(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored object is not what its kind says. Not retryable; another release wrote it, or a defect.
    #[error("the stored object {key} cannot be read")]
    Stored {
        /// Which one.
        key: ObjectKey,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Files cannot be watched. Not retryable without a change of the path or of the system's limits.
    #[error("cannot watch {path}")]
    Watch {
        /// Which file or folder.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: notify::Error,
    },
    /// There is no such object.
    #[error("{0} not found")]
    NotFound(ObjectKey),
}

#[cfg(test)]
mod testing;

//! The control plane: what users asked for, kept in a catalog, and the life cycle that makes the data plane do it.
//!
//! ```text
//!  API operations ──┐                     ┌──▶ Catalog (SQLite)         what should be
//!                   ├──▶ ControlPlane ────┤
//!  declared tables ─┘    (life cycle)     └──▶ DataPlane (descriptors)  what is told to the nodes
//! ```
//!
//! A library without Kubernetes: `partita local` runs it in process, the operator runs it behind custom resources. A table
//! made through the API and one made by a manifest are the same thing to it.
//!
//! Deliberately absent: items (the control plane never reads one), HTTP, the reconcilers, and any background task. Whatever
//! was left unfinished is finished by [`ControlPlane::open`], by [`ControlPlane::drive`], or by the next call that looks at
//! the table. What takes its time, such as filling a new index, is left unfinished: whoever runs the control plane drives it again
//! after [`ControlPlane::left_unfinished`], resting for [`Rests`] in between.
//!
//! Invariants:
//! - What was acknowledged is in the catalog, on disk, before the data plane hears of it; every step after that can be
//!   repeated, so a crash at any point leaves a table that is either absent, or driven to where it was going.
//! - Changes of one table happen one after the other.
//! - Descriptors carry a generation that grows with each change; the ids of tables, indexes and expiry settings are one sequence,
//!   and never come back.
//!
//! Event source mappings have a life cycle of their own, in the same catalog: [`EventSourceMappings`].
//!
//! Start reading at [`ControlPlane`], then [`catalog::Catalog`].

pub mod catalog;
mod control_plane;
mod data_plane;
mod error;
mod history;
mod limits;
mod locks;
mod mappings;
mod rests;

pub use control_plane::{ControlPlane, DeclaredTable, Options, RandomUuids, UuidSource};
pub use data_plane::{DataPlane, DataPlaneError, TableStatistics};
pub use error::Error;
pub use history::History;
pub use limits::Limits;
pub use mappings::{
    EventSourceMappings, MappingCatalog, MappingOptions, MappingPlane, MappingRecord, Stored, Wanted,
};
pub use rests::Rests;

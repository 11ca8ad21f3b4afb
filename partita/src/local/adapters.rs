//! The seams between the planes: each trait of one crate over the type of another, and no decisions.

mod api;
mod data_plane;
mod objects;
mod tables;

pub(super) use api::ApiControlPlane;
pub(super) use data_plane::EngineDataPlane;
pub(super) use objects::CatalogObjects;
pub(super) use tables::ControlledTables;

//! The seams between the planes: each trait of one crate over the type of another, and no decisions.

mod api;
mod data_plane;
mod mapping_control;
mod mappings;
mod node;
mod objects;
mod tables;

pub(crate) use api::ApiControlPlane;
pub(crate) use data_plane::EngineDataPlane;
pub(crate) use mapping_control::ControlledMappings;
pub(crate) use mappings::DispatchedMappings;
pub(crate) use node::NodeDataPlane;
pub(crate) use objects::CatalogObjects;
pub(crate) use tables::ControlledTables;

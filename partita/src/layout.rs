//! Where things lie in a data folder: the same for every command, so that a folder can move from one to another.

/// The object store.
pub(crate) const STORE_FOLDER: &str = "store";
/// The catalog's file.
pub(crate) const CATALOG_FILE: &str = "catalog.sqlite";

//! What the catalog keeps of event source mappings.

use std::fmt::Debug;

use async_trait::async_trait;
use partita_mapping::{Mapping, MappingId};

use crate::Error;

/// A mapping as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingRecord {
    /// What was asked for.
    pub mapping: Mapping,
    /// Whether it is on its way out.
    pub deleting: bool,
}

/// What became of a mapping that was to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is there.
    Done,
    /// It is not: this one connects the same stream and target.
    Exists(MappingId),
}

/// The repository of mappings. Each call is one transaction, durable when it returns.
#[async_trait]
pub trait MappingCatalog: Debug + Send + Sync + 'static {
    /// Stores a mapping in the place of the one with its id.
    async fn put_mapping(&self, record: MappingRecord) -> Result<Stored, Error>;

    /// One mapping.
    async fn mapping(&self, id: &MappingId) -> Result<Option<MappingRecord>, Error>;

    /// At most `limit` mappings behind `after`, by id; none behind the last. One that cannot be read is left out, and an error in
    /// the log names it.
    async fn mappings(&self, after: Option<&MappingId>, limit: usize) -> Result<Vec<MappingRecord>, Error>;

    /// Removes a mapping, if it is there.
    async fn remove_mapping(&self, id: &MappingId) -> Result<(), Error>;
}

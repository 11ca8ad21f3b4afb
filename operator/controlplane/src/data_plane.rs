//! What the control plane asks of the data plane.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use async_trait::async_trait;
use partita_model::descriptor::{Progress, Statistics};
use partita_model::{IndexName, TableDescriptor, TableId};

/// Why the data plane did not do it. The control plane only logs it and tries again later.
pub type DataPlaneError = Box<dyn StdError + Send + Sync>;

/// Sizes and counts of a table and its indexes, and how far what is built for it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableStatistics {
    /// The table's own items.
    pub table: Statistics,
    /// Entries by index. An index that is missing counts as empty.
    pub indexes: BTreeMap<IndexName, Statistics>,
    /// How far the filling of global indexes and the search for items that expire are.
    pub progress: Progress,
}

/// The nodes, as far as the control plane talks to them. Each call may be repeated, also after it succeeded.
#[async_trait]
pub trait DataPlane: Send + Sync + 'static {
    /// Serves the table by this descriptor from now on, unless a newer one is known. Durable before it returns.
    async fn apply(&self, descriptor: TableDescriptor) -> Result<(), DataPlaneError>;

    /// Stops serving the table and lets its items go. Durable before it returns; an unknown table is no error.
    async fn drop_table(&self, table: TableId) -> Result<(), DataPlaneError>;

    /// Sizes, counts and progress as of lately.
    async fn statistics(&self, table: TableId) -> Result<TableStatistics, DataPlaneError>;
}

//! The control plane's data plane: the table engine of this process.

use std::sync::Arc;

use async_trait::async_trait;
use partita_controlplane::{DataPlane, DataPlaneError, TableStatistics};
use partita_model::{TableDescriptor, TableId};
use partita_table::TableEngine;

/// Tells the engine of this process what to serve.
pub(crate) struct EngineDataPlane(pub(crate) Arc<TableEngine>);

#[async_trait]
impl DataPlane for EngineDataPlane {
    async fn apply(&self, descriptor: TableDescriptor) -> Result<(), DataPlaneError> {
        Ok(self.0.apply(descriptor).await?)
    }

    async fn drop_table(&self, table: TableId) -> Result<(), DataPlaneError> {
        Ok(self.0.drop_table(table).await?)
    }

    async fn statistics(&self, table: TableId) -> Result<TableStatistics, DataPlaneError> {
        let counted = self.0.statistics(table).await?;
        Ok(TableStatistics { table: counted.table, indexes: counted.indexes, progress: counted.progress })
    }
}

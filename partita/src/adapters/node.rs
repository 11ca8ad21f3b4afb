//! The control plane's data plane: the node of the Region, over the wire.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use partita_controlplane::{DataPlane, DataPlaneError, MappingPlane, TableStatistics};
use partita_mapping::{Mapping, MappingId};
use partita_model::{TableDescriptor, TableId};
use partita_node::NodeClient;

/// Tells the Region's node what to serve. While there is none every call fails, and the control plane comes back to it.
#[derive(Debug)]
pub(crate) struct NodeDataPlane(pub(crate) Arc<NodeClient>);

#[async_trait]
impl DataPlane for NodeDataPlane {
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

#[async_trait]
impl MappingPlane for NodeDataPlane {
    async fn apply_mapping(&self, mapping: Mapping) -> Result<(), DataPlaneError> {
        Ok(self.0.apply_mapping(mapping).await?)
    }

    async fn drop_mapping(&self, mapping: &MappingId) -> Result<(), DataPlaneError> {
        Ok(self.0.drop_mapping(mapping.clone()).await?)
    }

    async fn last_results(
        &self,
        mappings: Vec<MappingId>,
    ) -> Result<BTreeMap<MappingId, String>, DataPlaneError> {
        Ok(self.0.mapping_results(mappings).await?)
    }
}

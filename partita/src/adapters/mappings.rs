//! The control plane's side of event source mappings: the dispatcher of this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use partita_controlplane::{DataPlaneError, MappingPlane};
use partita_mapping::{Mapping, MappingId};
use partita_trigger::Dispatcher;

/// Tells the dispatcher of this process what to carry out.
#[derive(Debug)]
pub(crate) struct DispatchedMappings(pub(crate) Arc<Dispatcher>);

#[async_trait]
impl MappingPlane for DispatchedMappings {
    async fn apply_mapping(&self, mapping: Mapping) -> Result<(), DataPlaneError> {
        Ok(self.0.apply(mapping).await?)
    }

    async fn drop_mapping(&self, mapping: &MappingId) -> Result<(), DataPlaneError> {
        Ok(self.0.remove(mapping).await?)
    }

    async fn last_results(
        &self,
        mappings: Vec<MappingId>,
    ) -> Result<BTreeMap<MappingId, String>, DataPlaneError> {
        let result = |id: MappingId| Some((self.0.status(&id)?.last_result?, id));
        Ok(mappings.into_iter().filter_map(result).map(|(result, id)| (id, result)).collect())
    }
}

//! What the control plane asks of the data plane about event source mappings.

use std::collections::BTreeMap;

use async_trait::async_trait;
use partita_mapping::{Mapping, MappingId};

use crate::data_plane::DataPlaneError;

/// The nodes, as far as mappings are concerned. Each call may be repeated, also after it succeeded.
#[async_trait]
pub trait MappingPlane: Send + Sync + 'static {
    /// Carries out the mapping from now on, unless a newer generation is known. Durable before it returns.
    async fn apply_mapping(&self, mapping: Mapping) -> Result<(), DataPlaneError>;

    /// Ends the mapping and forgets how far it has come. Durable before it returns; an unknown mapping is no error.
    async fn drop_mapping(&self, mapping: &MappingId) -> Result<(), DataPlaneError>;

    /// How the latest deliveries of these mappings went, in one call. One that is unknown, or has delivered nothing, is missing.
    async fn last_results(
        &self,
        mappings: Vec<MappingId>,
    ) -> Result<BTreeMap<MappingId, String>, DataPlaneError>;
}

//! Opening the shard, once nobody else has it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use partita_storage::{Error, Shard, ShardStore, StoreOptions};
use partita_table::{EngineOptions, TableEngine};

use crate::error::NodeError;
use crate::options::NodeOptions;

/// Pause between two messages about a store that another process still holds.
const STILL_WAITING: Duration = Duration::from_secs(10);

/// The engine of the node's shard; `None` if `shutdown` completed while another process still held the store.
pub(crate) async fn engine(
    options: &NodeOptions,
    shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
) -> Result<Option<TableEngine>, NodeError> {
    let Some(store) = store(options, shutdown).await? else { return Ok(None) };
    let shard = Shard::open(store).await.map_err(NodeError::Open)?;
    let engine_options = EngineOptions { clock: Arc::clone(&options.clock), ..EngineOptions::default() };
    let engine = TableEngine::open(shard, options.scope.clone(), engine_options).await;
    engine.map(Some).map_err(NodeError::Tables)
}

/// Only waiting is cut short by `shutdown`: an opening store is opened, so that it can be closed in order.
async fn store(
    options: &NodeOptions,
    mut shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
) -> Result<Option<Arc<dyn ShardStore>>, NodeError> {
    let timing = options.timing;
    let (mut waited, mut tell_at) = (Duration::ZERO, Duration::ZERO);
    loop {
        let mut store = StoreOptions::new(options.store.clone(), options.shard.as_str());
        store.cache_bytes = options.cache_bytes;
        let source = match partita_storage::open(store).await {
            Ok(store) => return Ok(Some(store)),
            Err(source @ Error::FolderInUse { .. }) => source,
            Err(source) => return Err(NodeError::Open(source)),
        };
        if waited >= timing.store_wait_max {
            return Err(NodeError::StillInUse { waited, source });
        }
        if waited >= tell_at {
            tracing::info!(
                waited_s = waited.as_secs(),
                "another process still uses the store, waiting for it to end"
            );
            tell_at += STILL_WAITING;
        }
        tokio::select! {
            biased;
            () = shutdown.as_mut() => return Ok(None),
            () = tokio::time::sleep(timing.store_retry) => waited += timing.store_retry,
        }
    }
}

//! The node from start to stop.

use std::future::Future;
use std::time::Duration;

use partita_storage::{Shard, StoreOptions};
use partita_table::{EngineOptions, TableEngine};

use crate::error::NodeError;
use crate::options::NodeOptions;

/// Pause between two messages about a store that another process still holds.
const STILL_WAITING: Duration = Duration::from_secs(10);

/// Opens the shard, serves until `shutdown` completes, and closes it.
///
/// # Errors
/// When the node cannot start, or when its store fails or is taken over.
pub async fn run(options: NodeOptions, shutdown: impl Future<Output = ()> + Send) -> Result<(), NodeError> {
    let shard = open_shard(&options).await?;
    let engine_options = EngineOptions { clock: options.clock.clone(), ..EngineOptions::default() };
    let engine =
        TableEngine::open(shard, options.scope.clone(), engine_options).await.map_err(NodeError::Tables)?;
    tokio::select! {
        () = shutdown => engine.close().await.map_err(NodeError::Close),
        error = engine.ended() => Err(NodeError::ended(error)),
    }
}

/// Opens the shard, once no other process holds its store any more.
async fn open_shard(options: &NodeOptions) -> Result<Shard, NodeError> {
    let timing = options.timing;
    let (mut waited, mut told) = (Duration::ZERO, None);
    let store = loop {
        match partita_storage::open(StoreOptions::new(options.store.clone(), options.shard.as_str())).await {
            Ok(store) => break store,
            Err(source @ partita_storage::Error::FolderInUse { .. }) => {
                if waited >= timing.store_wait_max {
                    return Err(NodeError::StillInUse { waited, source });
                }
                if told.is_none_or(|told| waited.saturating_sub(told) >= STILL_WAITING) {
                    tracing::info!(
                        waited_s = waited.as_secs(),
                        "another process still uses the store, waiting for it"
                    );
                    told = Some(waited);
                }
                tokio::time::sleep(timing.store_retry).await;
                waited += timing.store_retry;
            }
            Err(source) => return Err(NodeError::Open(source)),
        }
    };
    Shard::open(store).await.map_err(NodeError::Open)
}

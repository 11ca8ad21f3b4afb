//! Moves rows to a data file when they are all that keeps the log long.
//!
//! The engine looks at its log when it is written to. A shard that is not would keep its oldest records, and with them
//! everything that the other shards of the log wrote since.

use std::sync::Arc;

use object_store::path::Path;
use slatedb::config::{FlushOptions, FlushType};
use tokio::sync::watch;

use super::committer::Shared;
use crate::write_log::WriteLog;

/// Runs until the engine has stopped.
pub(super) async fn run(log: WriteLog, shard: Path, shared: Arc<Shared>, mut stopped: watch::Receiver<()>) {
    let relieving = async {
        loop {
            if log.get().laggards().iter().any(|laggard| laggard == shard.as_ref()) {
                let options = FlushOptions { flush_type: FlushType::MemTable };
                if let Err(error) = shared.db.flush_with_options(options).await {
                    // The log stays longer; the end of the engine is told elsewhere.
                    tracing::debug!(%error, "the rows of an idle shard could not be moved to a data file");
                }
            }
            log.get().grown().await;
        }
    };
    tokio::select! {
        () = relieving => {}
        _ = stopped.changed() => {}
    }
}

//! The threads that services run on.

use anyhow::{Context as _, Result};

/// Threads that run requests. Two keep a laptop responsive and serve what one disk can sync; the node of a cluster has one shard, and
/// so one log, too.
const WORKER_THREADS: usize = 2;

/// Runs a service to its end.
pub(crate) fn run<T>(service: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(service)
}

//! The threads that services run on.

use anyhow::{Context as _, Result};

/// The most threads that run requests. One core was measured to answer 55,000 to 60,000 strongly consistent GetItem requests a
/// second; four leave a laptop's other cores to its owner. There is never more than one for each core the process may use: two that
/// share one only take turns.
const WORKER_THREADS_MAX: usize = 4;

/// Runs a service to its end.
pub(crate) fn run<T>(service: impl Future<Output = Result<T>>) -> Result<T> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.min(WORKER_THREADS_MAX))
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(service)
}

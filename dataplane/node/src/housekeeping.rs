//! Work that nobody waits for: dropped tables give their space back, batch by batch, expired items and old tokens go,
//! transactions are recovered, and global indexes and streams follow.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use partita_index::propagate;
use partita_stream::Streams;
use partita_table::{SWEEP_EVERY, TableEngine};
use partita_transaction::Coordinator;
use tokio::sync::watch;

/// Rows removed at once: few enough that clients' writes, which share the log, do not notice.
const ROWS_PER_SWEEP: usize = 1_000;
/// Rest between looks when there is nothing to sweep.
const REST: Duration = Duration::from_secs(2);
/// Rest between batches while there is.
const PAUSE: Duration = Duration::from_millis(20);

/// Keeps an engine's house until `stopped` says so.
// Not an async function: the body of one is compiled where it is polled, and with this one comes all that engines do by themselves.
#[inline(never)]
pub fn run(
    engine: Arc<TableEngine>,
    streams: Arc<Streams>,
    stopped: watch::Receiver<bool>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(keep(engine, streams, stopped))
}

async fn keep(engine: Arc<TableEngine>, streams: Arc<Streams>, stopped: watch::Receiver<bool>) {
    let transactions = Coordinator::on_one_shard(&engine);
    tokio::join!(
        sweep_dropped(&engine, stopped.clone()),
        engine.keep_expiring(SWEEP_EVERY, stopped.clone()),
        propagate(Arc::clone(&engine), stopped.clone()),
        streams.run(stopped.clone()),
        transactions.keep(&engine, stopped),
    );
}

/// Removes what is left of dropped tables.
async fn sweep_dropped(engine: &TableEngine, mut stopped: watch::Receiver<bool>) {
    loop {
        let rest = match engine.shard().sweep(ROWS_PER_SWEEP).await {
            Ok(swept) if !swept.finished => PAUSE,
            Ok(_) => REST,
            Err(error) => {
                tracing::warn!(%error, "cannot sweep dropped tables, trying again later");
                REST
            }
        };
        // An error means that the sender is gone, and with it the service.
        if tokio::time::timeout(rest, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            return;
        }
    }
}

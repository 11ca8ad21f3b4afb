//! Work that nobody waits for: transactions that were left behind are brought to their end, and old tokens go.

use std::time::Duration;

use partita_table::TableEngine;
use tokio::sync::watch;

use crate::Coordinator;

/// Token rows removed at once: few enough that clients' writes, which share the log, do not notice.
const TOKENS_PER_SWEEP: usize = 1_000;
/// Rest between looks when nothing is left to do. Less than what makes a lock a stalled one.
const REST: Duration = Duration::from_secs(2);
/// Rest between batches of tokens while there are more.
const PAUSE: Duration = Duration::from_millis(20);

impl Coordinator {
    /// Recovers transactions, and sweeps the tokens of an engine, until `stopped` says so.
    pub async fn keep(&self, engine: &TableEngine, mut stopped: watch::Receiver<bool>) {
        loop {
            self.recover().await;
            let rest = match engine.sweep_tokens(TOKENS_PER_SWEEP).await {
                Ok(TOKENS_PER_SWEEP) => PAUSE,
                Ok(_) => REST,
                Err(error) => {
                    tracing::warn!(%error, "cannot sweep tokens of transactions, trying again later");
                    REST
                }
            };
            // An error means that the sender is gone, and with it the service.
            if tokio::time::timeout(rest, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
                return;
            }
        }
    }
}

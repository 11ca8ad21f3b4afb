//! Building when there is something to build, and sweeping from time to time.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::Error;
use crate::engine::TableEngine;

/// How often to look for items that have expired. With it an item is gone well within a minute of its expiry, and a table
/// in which nothing expires costs one look at an empty range.
pub const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Rows in a piece of a sweep or build: few enough that clients' writes, which share the log, do not notice.
const PIECE_ROWS: usize = 1_000;
/// Rest between pieces.
const PAUSE: Duration = Duration::from_millis(20);
/// Rest before a build that failed goes on.
const RETRY: Duration = Duration::from_secs(2);

impl TableEngine {
    /// Builds expiry rows and deletes expired items, until `stopped` says so or its sender is gone. Looks for expired items as
    /// often as `every` says.
    pub async fn keep_expiring(&self, every: Duration, mut stopped: watch::Receiver<bool>) {
        let work = async {
            tokio::join!(self.keep_building(), self.keep_sweeping(every));
        };
        // An error means that the sender is gone, and with it the service.
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => {}
            () = work => {}
        }
    }

    async fn keep_building(&self) {
        let mut tables = self.watch_tables();
        loop {
            match self.build_expiries(PIECE_ROWS).await {
                Ok(false) => sleep(PAUSE).await,
                // Settings come with descriptors.
                Ok(true) => tables.changed().await.expect("the engine holds the sender"),
                Err(error) => {
                    tell("build the expiry rows of a table", &error);
                    sleep(RETRY).await;
                }
            }
        }
    }

    async fn keep_sweeping(&self, every: Duration) {
        loop {
            match self.sweep_expired(PIECE_ROWS).await {
                Ok(swept) if !swept.finished => sleep(PAUSE).await,
                Ok(_) => sleep(every).await,
                Err(error) => {
                    tell("delete expired items", &error);
                    sleep(every).await;
                }
            }
        }
    }
}

fn tell(what: &str, error: &Error) {
    let error: &dyn std::error::Error = error;
    tracing::warn!(error, "cannot {what}, trying again later");
}

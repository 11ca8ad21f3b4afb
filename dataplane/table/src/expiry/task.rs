//! Building and sweeping from time to time.

use std::time::Duration;

use tokio::sync::watch;

use crate::Error;
use crate::engine::TableEngine;

/// How often to look for items that have expired. With it an item is gone well within a minute of its expiry, and a table
/// in which nothing expires costs one look at an empty range.
pub const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Rows in a piece of a sweep or build: few enough that clients' writes, which share the log, do not notice.
const PIECE_ROWS: usize = 1_000;
/// Rest between pieces.
const PAUSE: Duration = Duration::from_millis(20);
/// Rest between looks for settings that have to be built: somebody may be waiting for the end.
const REST: Duration = Duration::from_millis(500);

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
        loop {
            let finished = self.build_expiries(PIECE_ROWS).await;
            rest("build the expiry rows of a table", finished, REST).await;
        }
    }

    async fn keep_sweeping(&self, every: Duration) {
        loop {
            let swept = self.sweep_expired(PIECE_ROWS).await;
            rest("delete expired items", swept.map(|swept| swept.finished), every).await;
        }
    }
}

/// Rests for a moment when there is more to do, and otherwise, or when that failed, until the next look.
async fn rest(what: &str, finished: Result<bool, Error>, until_next: Duration) {
    let rest = match finished {
        Ok(false) => PAUSE,
        Ok(true) => until_next,
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "cannot {what}, trying again later");
            until_next
        }
    };
    tokio::time::sleep(rest).await;
}

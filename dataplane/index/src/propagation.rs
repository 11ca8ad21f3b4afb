//! The tasks: a keeper for each table that has indexes, for as long as it has them.

use std::collections::HashSet;
use std::future::pending;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use partita_model::TableId;
use partita_storage::LogSequence;
use partita_table::{Error, TableEngine};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::keeper::{Keeper, Limits, Step};

/// Rest after a step that failed or found its table in between two states: long enough not to fill the log with warnings.
const REST: Duration = Duration::from_secs(1);

/// Rest after a batch that held all there was: what comes meanwhile shares the price of the next one. Far below what anybody notices
/// of an index, and long enough that a table under load is followed in some hundred batches a second and not in thousands.
const GATHER: Duration = Duration::from_millis(2);

/// Keeps the global indexes of all tables of an engine until `stopped` says so, or the engine's store ends. To be run once for an
/// engine; when it returns no step is under way.
pub async fn propagate(engine: Arc<TableEngine>, mut stopped: watch::Receiver<bool>) {
    let mut tables = engine.watch_tables();
    let mut tasks = Tasks::default();
    loop {
        tables.mark_unchanged();
        for table in engine.indexed_tables() {
            tasks.start(&engine, table, &stopped);
        }
        tokio::select! {
            // Errors mean that the other side is gone, and with it the service.
            changed = tables.changed() => if changed.is_err() { break },
            () = tasks.next_end() => {}
            _ = stopped.wait_for(|stopped| *stopped) => break,
            _ = engine.ended() => break,
        }
    }
    tasks.end().await;
}

/// The keepers that run.
#[derive(Default)]
struct Tasks {
    set: JoinSet<TableId>,
    tables: HashSet<TableId>,
}

impl Tasks {
    fn start(&mut self, engine: &Arc<TableEngine>, table: TableId, stopped: &watch::Receiver<bool>) {
        if self.tables.insert(table) {
            let (engine, stopped) = (Arc::clone(engine), stopped.clone());
            self.set.spawn(async move {
                keep(&engine, table, stopped).await;
                table
            });
        }
    }

    /// Returns when a keeper has ended; never when there is none.
    async fn next_end(&mut self) {
        match self.set.join_next().await {
            Some(Ok(table)) => drop(self.tables.remove(&table)),
            Some(Err(error)) => unwind(error),
            None => pending().await,
        }
    }

    async fn end(mut self) {
        while let Some(ended) = self.set.join_next().await {
            ended.map_or_else(unwind, drop);
        }
    }
}

/// A keeper that panics takes the whole with it: indexes that stand still must be noticed.
fn unwind(error: JoinError) {
    if let Ok(panic) = error.try_into_panic() {
        resume_unwind(panic);
    }
}

/// Makes one step after the other for as long as the table has indexes.
async fn keep(engine: &Arc<TableEngine>, table: TableId, mut stopped: watch::Receiver<bool>) {
    let mut keeper = Keeper::new(Arc::clone(engine), table, Limits::default());
    let mut log = engine.shard().watch_log(table);
    let mut tables = engine.watch_tables();
    while !*stopped.borrow() {
        // Before the step: what comes in after it has looked ends the wait.
        log.mark_unchanged();
        tables.mark_unchanged();
        let rest = match keeper.step().await {
            Ok(Step::Moved) => continue,
            Ok(Step::Gone) => return,
            Ok(Step::Idle) => None,
            Ok(Step::Level) => {
                tokio::time::sleep(GATHER).await;
                continue;
            }
            Ok(Step::Stale) => Some(REST),
            Err(error) if error.fatal() => return,
            Err(error) => {
                warn(table, &error);
                Some(REST)
            }
        };
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            changed = tables.changed() => if changed.is_err() { return },
            () = news(&mut log), if rest.is_none() => {}
            () = tokio::time::sleep(rest.unwrap_or_default()), if rest.is_some() => {}
        }
    }
}

/// Returns when the log has grown. That of a table that is gone never does.
async fn news(log: &mut watch::Receiver<LogSequence>) {
    if log.changed().await.is_err() {
        pending().await
    }
}

fn warn(table: TableId, error: &Error) {
    tracing::warn!(
        %table,
        error = error as &dyn std::error::Error,
        "cannot go on with the global indexes of a table, trying again; writes to it are throttled when they are too far behind"
    );
}

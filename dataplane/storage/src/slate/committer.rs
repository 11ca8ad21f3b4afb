//! Makes writes durable, in groups, and publishes what readers may be told.
//!
//! One task repeats: take a snapshot of what is applied, flush the log, publish the snapshot. What is applied while
//! a flush is under way goes into the next one, so that a lone writer waits for one flush and many writers share
//! one. The published snapshot is the durable view: whole batches, nothing that a crash could take back, and every
//! write whose writer was told so, because writers wait for the publication and not for the flush.

use std::sync::Arc;

use slatedb::config::CloseOptions;
use slatedb::{CloseReason, Db, DbSnapshot, DbStatus};
use tokio::sync::{Notify, watch};

use super::write_error;
use crate::error::{Error, Result};
use crate::folder::FolderLock;
use crate::store::Written;

/// What the store has come to.
#[derive(Clone)]
pub(super) struct Progress {
    /// The durable view.
    pub(super) durable: Arc<DbSnapshot>,
    /// No further calls are taken; what was applied is being made durable.
    pub(super) closing: bool,
    /// Why the store answers nothing any more.
    pub(super) ended: Option<Error>,
    /// The engine has stopped and the folder is free.
    pub(super) stopped: bool,
}

/// What the store and its committer share.
pub(super) struct Shared {
    pub(super) db: Db,
    pub(super) progress: watch::Sender<Progress>,
    /// Something was applied that is not yet durable.
    dirty: Notify,
}

impl Shared {
    pub(super) fn new(db: Db) -> Result<Arc<Self>> {
        let durable = db.snapshot().map_err(|error| write_error("open the shard", error))?;
        let (progress, _) = watch::channel(Progress { durable, closing: false, ended: None, stopped: false });
        Ok(Arc::new(Self { db, progress, dirty: Notify::new() }))
    }

    /// A write that was applied as `sequence`.
    pub(super) fn written(&self, sequence: u64) -> Written {
        let mut progress = self.progress.subscribe();
        if progress.borrow().durable.seq() < sequence {
            self.dirty.notify_one();
        }
        Written::new(async move {
            let done = |progress: &Progress| progress.durable.seq() >= sequence || progress.ended.is_some();
            let progress = progress.wait_for(done).await.map_err(|_| Error::Closed)?;
            if progress.durable.seq() >= sequence {
                Ok(())
            } else {
                Err(progress.ended.clone().unwrap_or(Error::Closed))
            }
        })
    }

    /// The store ended: from now on this is its only answer. The first cause stands.
    pub(super) fn end(&self, error: Error) {
        self.progress.send_if_modified(|progress| {
            let first = progress.ended.is_none();
            if first && !matches!(error, Error::Closed) {
                let cause = &error as &dyn std::error::Error;
                tracing::error!(error = cause, "the shard store failed; it must be opened again");
            }
            progress.ended.get_or_insert(error);
            first
        });
    }
}

/// The task that makes writes durable. It also owns the end of the engine, so that the folder stays locked for as
/// long as anything can be written to it.
pub(super) struct Committer {
    pub(super) shared: Arc<Shared>,
    /// Becomes true when the store is to be closed; ends when it is dropped.
    pub(super) closing: watch::Receiver<bool>,
    pub(super) lock: Option<FolderLock>,
}

/// Says that the store has stopped, and why unless that was said before.
struct EndOnDrop(Arc<Shared>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end(if std::thread::panicking() {
            let cause = std::io::Error::other("the task that makes writes durable panicked");
            Error::failed("write to the log", cause)
        } else {
            Error::Closed
        });
        self.0.progress.send_modify(|progress| progress.stopped = true);
    }
}

/// Why the committer stops.
enum Stop {
    Close,
    Drop,
    Failure(Error),
}

impl Committer {
    pub(super) async fn run(mut self) {
        // Whoever waits for a write is told even when this task ends by a panic.
        let _told = EndOnDrop(Arc::clone(&self.shared));
        let mut status = self.shared.db.subscribe();
        let stop = loop {
            tokio::select! {
                () = self.shared.dirty.notified() => {
                    if let Err(error) = self.commit(&mut status).await {
                        break Stop::Failure(error);
                    }
                }
                reason = engine_end(&mut status) => break Stop::Failure(self.unfenced(reason)),
                close = self.closing.changed() => break if close.is_ok() { Stop::Close } else { Stop::Drop },
            }
        };
        let ended = self.stop(stop, &mut status).await;
        drop(self.lock);
        self.shared.end(ended);
    }

    /// Makes what is applied durable and publishes it.
    async fn commit(&self, status: &mut watch::Receiver<DbStatus>) -> Result<()> {
        let db = &self.shared.db;
        let flush = async {
            let applied = db.snapshot()?;
            db.flush().await?;
            // What was applied before the flush began is durable as well. Nothing is lost when this is not seen yet:
            // its writer has asked for another flush.
            let newest = db.snapshot()?;
            let durable = status.borrow().durable_seq;
            Ok(if newest.seq() <= durable { newest } else { applied })
        };
        match flush.await {
            Ok(durable) => {
                self.shared.progress.send_modify(|progress| progress.durable = durable);
                Ok(())
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    /// A flush that met a newer owner may fail in other words; the engine's reason for its end is clearer.
    fn failure(&self, error: slatedb::Error) -> Error {
        let fenced = self.shared.db.status().close_reason == Some(CloseReason::Fenced);
        let error = if fenced { Error::Fenced } else { write_error("write to the log", error) };
        self.unfenced(error)
    }

    /// Nobody can fence the holder of the folder's lock. What looks like it is a log file that was written although
    /// the system answered with an error, and that the engine found when it tried again.
    fn unfenced(&self, error: Error) -> Error {
        match (error, &self.lock) {
            (Error::Fenced, Some(_)) => {
                let cause =
                    std::io::Error::other("a file was written although the system answered with an error");
                Error::failed("write to the log", cause)
            }
            (error, _) => error,
        }
    }

    /// Stops the engine; returns what the store answers from now on.
    async fn stop(&self, stop: Stop, status: &mut watch::Receiver<DbStatus>) -> Error {
        let ended = match stop {
            Stop::Close => self.commit(status).await.err().unwrap_or(Error::Closed),
            Stop::Drop => Error::Closed,
            Stop::Failure(error) => error,
        };
        let failed = !matches!(ended, Error::Closed);
        if failed {
            // Told before the engine is stopped, which may take long with a store that does not answer.
            self.shared.end(ended.clone());
        }
        let options = match self.closing.has_changed() {
            // Rows still in the log are moved to a file, so that the next start has nothing to replay.
            Ok(_) if !failed => CloseOptions::default(),
            _ => CloseOptions::default().with_flush_type(None),
        };
        match self.shared.db.close_with_options(options).await {
            Ok(()) => {}
            // Every row is in the log: a failure to tidy up costs time at the next start, and nothing else.
            Err(error) => tracing::warn!(%error, "the engine did not close cleanly"),
        }
        ended
    }
}

/// Waits for the engine to stop by itself.
async fn engine_end(status: &mut watch::Receiver<DbStatus>) -> Error {
    let reason = match status.wait_for(|status| status.close_reason.is_some()).await {
        Ok(status) => status.close_reason,
        Err(_) => Some(CloseReason::Clean),
    };
    match reason {
        Some(CloseReason::Fenced) => Error::Fenced,
        Some(CloseReason::Clean) => Error::Closed,
        _ => {
            Error::failed("run the engine", std::io::Error::other("a background task of the engine stopped"))
        }
    }
}

//! Makes writes durable, in groups, and says how far that has come.
//!
//! With a log that flushes itself, the engine reports how far it is durable, and one task passes that on to those who
//! wait. With the engine's own log the task repeats: take a snapshot of what is applied, flush the log, publish the
//! snapshot. What is applied while a flush is under way goes into the next one, so that a lone writer waits for one
//! flush and many writers share one. Such a flush may take as long as an object store does, and a reader shall not wait
//! for it: the published snapshot is the durable view, and a write counts as durable when it is in there.

use std::sync::{Arc, PoisonError, RwLock};

use slatedb::config::CloseOptions;
use slatedb::{CloseReason, Db, DbSnapshot, DbStatus};
use tokio::sync::{Notify, watch};

use super::write_error;
use crate::error::{Error, Result};
use crate::folder::FolderLock;
use crate::progress::Progress;
use crate::write_log::WriteLog;

/// Who makes the log durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flushing {
    /// The committer asks for each flush.
    Asked,
    /// The log does it by itself, as soon as it holds something that is not durable.
    ByItself,
}

/// What the store and its committer share.
pub(super) struct Shared {
    pub(super) db: Db,
    pub(super) progress: Arc<Progress>,
    /// The durable view that is published after each flush; `None` with a log that flushes itself.
    published: Option<RwLock<Arc<DbSnapshot>>>,
    /// Something was applied that is not yet durable.
    dirty: Notify,
}

impl Shared {
    pub(super) fn new(db: Db, flushing: Flushing) -> Result<Arc<Self>> {
        // Everything that was found when the engine started is durable.
        let found = db.snapshot().map_err(|error| write_error("open the shard", error))?;
        let progress = Arc::new(Progress::new(found.seq()));
        let published = (flushing == Flushing::Asked).then(|| RwLock::new(found));
        Ok(Arc::new(Self { db, progress, published, dirty: Notify::new() }))
    }

    /// The durable view, if one is kept ready.
    pub(super) fn published(&self) -> Option<Arc<DbSnapshot>> {
        let published = self.published.as_ref()?;
        Some(Arc::clone(&published.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Asks for the log to be made durable up to `sequence`, unless it is or does so by itself.
    pub(super) fn want_durable(&self, sequence: u64) {
        if self.published.is_some() && self.progress.durable() < sequence {
            self.dirty.notify_one();
        }
    }

    /// The store ended: from now on this is its only answer. The first cause stands.
    pub(super) fn end(&self, error: Error) {
        let failed = !matches!(error, Error::Closed);
        if self.progress.end(error)
            && failed
            && let Some(error) = self.progress.end_cause()
        {
            let cause = error as &dyn std::error::Error;
            tracing::error!(error = cause, "the shard store failed; it must be opened again");
        }
    }

    /// Passes on how far a log that flushes itself is durable, until the engine stops by itself; returns why it did.
    async fn follow(&self, status: &mut watch::Receiver<DbStatus>) -> Error {
        let reason = loop {
            let (durable, reason) = {
                let status = status.borrow_and_update();
                (status.durable_seq, status.close_reason)
            };
            if self.published.is_none() {
                self.progress.advance(durable);
            }
            if let Some(reason) = reason {
                break reason;
            }
            if status.changed().await.is_err() {
                break CloseReason::Clean;
            }
        };
        match reason {
            CloseReason::Fenced => Error::Fenced,
            CloseReason::Clean => Error::Closed,
            _ => {
                let cause = std::io::Error::other("a background task of the engine stopped");
                Error::failed("run the engine", cause)
            }
        }
    }

    /// Everything up to `durable` is durable, and `view` shows it.
    fn publish(&self, view: Arc<DbSnapshot>, durable: u64) {
        let Some(published) = &self.published else { return self.progress.advance(durable) };
        let shown = view.seq();
        *published.write().unwrap_or_else(PoisonError::into_inner) = view;
        self.progress.advance(shown);
    }
}

/// The task that makes writes durable. It also owns the end of the engine, so that the folder stays locked for as
/// long as anything can be written to it.
pub(super) struct Committer {
    pub(super) shared: Arc<Shared>,
    /// Becomes true when the store is to be closed; ends when it is dropped.
    pub(super) closing: watch::Receiver<bool>,
    pub(super) log: WriteLog,
    pub(super) lock: Option<FolderLock>,
    /// Dropped when the engine has stopped and the folder is free.
    pub(super) stopped: watch::Sender<()>,
}

/// Says that the store has ended, and why unless that was said before.
struct EndOnDrop(Arc<Shared>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end(if std::thread::panicking() {
            let cause = std::io::Error::other("the task that makes writes durable panicked");
            Error::failed("write to the log", cause)
        } else {
            Error::Closed
        });
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
                    if let Err(error) = self.commit(&status).await {
                        break Stop::Failure(error);
                    }
                }
                reason = self.shared.follow(&mut status) => break Stop::Failure(self.log.explain(self.unfenced(reason))),
                close = self.closing.changed() => break if close.is_ok() { Stop::Close } else { Stop::Drop },
            }
        };
        let ended = self.stop(stop, &status).await;
        self.log.close().await;
        drop(self.lock);
        self.shared.end(ended);
        drop(self.stopped);
    }

    /// Makes what is applied durable and publishes it.
    async fn commit(&self, status: &watch::Receiver<DbStatus>) -> Result<()> {
        let db = &self.shared.db;
        let flush = async {
            let applied = db.snapshot()?;
            db.flush().await?;
            // What was applied before the flush began is durable as well. Nothing is lost when this is not seen yet:
            // its writer has asked for another flush.
            let newest = db.snapshot()?;
            let durable = status.borrow().durable_seq;
            Ok((if newest.seq() <= durable { newest } else { applied }, durable))
        };
        let (view, durable) = flush.await.map_err(|error| self.failure(error))?;
        self.shared.publish(view, durable);
        Ok(())
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
    async fn stop(&self, stop: Stop, status: &watch::Receiver<DbStatus>) -> Error {
        let ended = match stop {
            Stop::Close => self.commit(status).await.err().unwrap_or(Error::Closed),
            Stop::Drop => Error::Closed,
            Stop::Failure(error) => error,
        };
        let failed = !matches!(ended, Error::Closed);
        if failed || self.closing.has_changed().is_err() {
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

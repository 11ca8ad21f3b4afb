//! What a shard store needs of a write-ahead log, whichever it is.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use slatedb::config::GarbageCollectorOptions;
use slatedb::object_store::ObjectStore;
use slatedb::object_store::path::Path;
use slatedb::{DbBuilder, GarbageCollectorBuilder};

use crate::error::{Error, Result};
use crate::queue::Admission;

/// Which log a shard's newest rows are in. A shard's claim records it: opened with another log, the engine would come up
/// with rows missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogId {
    /// The engine's own, beside the shard's data files.
    Object,
    /// A file log with this id.
    File(u128),
}

impl LogId {
    /// The id that `text` shows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = match text.strip_prefix("file ") {
            Some(id) => Self::File(u128::from_str_radix(id, 16).ok()?),
            None => Self::Object,
        };
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object => formatter.write_str("object"),
            Self::File(id) => write!(formatter, "file {id:032x}"),
        }
    }
}

/// An engine that is about to be started on a log.
pub struct Engine {
    /// The engine. It has no log and collects no garbage yet.
    pub builder: DbBuilder<Path>,
    /// The shard's path.
    pub shard: Path,
    /// Where its data files are.
    pub objects: Arc<dyn ObjectStore>,
    /// How it collects garbage.
    pub garbage: GarbageCollectorOptions,
}

impl Engine {
    /// The part that collects garbage.
    #[must_use]
    pub fn collector(&self) -> GarbageCollectorBuilder<Path> {
        GarbageCollectorBuilder::new(self.shard.clone(), Arc::clone(&self.objects))
            .with_options(self.garbage.clone())
    }
}

/// A write-ahead log. A shard must be claimed for its [`id`](Log::id) before an engine is started on it.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// What a claim records.
    fn id(&self) -> LogId;

    /// True when what is appended becomes durable without a call of the engine's `flush`.
    fn self_flushing(&self) -> bool;

    /// Makes an engine use this log. Starting the engine fences the previous one of the shard.
    fn install(&self, engine: Engine) -> DbBuilder<Path>;

    /// Waits until a batch of `rows` rows with `bytes` bytes of keys and values has room in the log. To be called before
    /// each write, and kept until the engine has applied it.
    ///
    /// # Errors
    /// [`Error::Full`] and [`Error::Disk`] when there is no room: nothing was written and the log goes on. Otherwise
    /// the log has ended.
    async fn admit(&self, shard: &Path, rows: usize, bytes: usize) -> Result<Admission>;

    /// Why the log takes nothing any more; the engine only knows that it does not.
    fn failed(&self) -> Option<Error>;

    /// The shards whose rows in memory keep the log from being trimmed, by path. Their engines are to be told to move
    /// the rows to data files; one that is not written to does not do it by itself.
    fn laggards(&self) -> Vec<String>;

    /// Waits until [`laggards`](Log::laggards) may have another answer.
    async fn grown(&self);

    /// Ends the log when all that was appended is durable. Only for its owner, when the engines have stopped.
    async fn close(&self);
}

//! The engine's own log: a file in the object store for each flush.

use async_trait::async_trait;
use slatedb::DbBuilder;
use slatedb::object_store::path::Path;

use crate::error::{Error, Result};
use crate::log::{Engine, Log, LogId};
use crate::queue::Admission;

/// The engine's own log.
#[derive(Debug, Clone, Copy, Default)]
pub struct ObjectLog;

#[async_trait]
impl Log for ObjectLog {
    fn id(&self) -> LogId {
        LogId::Object
    }

    fn self_flushing(&self) -> bool {
        false
    }

    fn install(&self, engine: Engine) -> DbBuilder<Path> {
        let collector = engine.collector();
        engine.builder.with_gc_builder(collector)
    }

    async fn admit(&self, _shard: &Path, _rows: usize, _bytes: usize) -> Result<Admission> {
        Ok(Admission::default())
    }

    fn failed(&self) -> Option<Error> {
        None
    }

    fn laggards(&self) -> Vec<String> {
        Vec::new()
    }

    async fn grown(&self) {
        std::future::pending().await
    }

    async fn close(&self) {}
}

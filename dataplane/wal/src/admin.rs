//! What the engine's tools ask of a log.

use std::sync::Arc;

use async_trait::async_trait;
use slatedb::VersionedManifest;
use slatedb::object_store::path::Path;
use slatedb::wal::{WalAdmin, WalError, WalGc};

use crate::file::FileLog;

/// The tools' view of a log from which nothing is ever copied: a checkpoint that is cloned has all its rows in data
/// files, so that the log has nothing to add to it.
pub(crate) struct Admin(pub(crate) Arc<FileLog>);

#[async_trait]
impl WalAdmin for Admin {
    fn garbage_collector(&self, path: &Path) -> Arc<dyn WalGc> {
        self.0.collector(path.as_ref())
    }

    async fn delete_wal(&self, path: &Path, dry_run: bool) -> Result<Vec<String>, WalError> {
        if !dry_run {
            self.0.delete(path.as_ref()).await.map_err(crate::Error::for_engine)?;
        }
        Ok(vec![path.to_string()])
    }

    async fn is_empty(&self, _path: &Path, _after: u64, _last: u64) -> Result<bool, WalError> {
        Ok(true)
    }

    async fn clone_wal(
        &self,
        _from: &Path,
        manifest: VersionedManifest,
        _to: &Path,
    ) -> Result<(u64, u64), WalError> {
        let last = manifest.next_wal_sst_id().saturating_sub(1);
        Ok((last, last))
    }
}

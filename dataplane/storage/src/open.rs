//! Opening a shard: whose it is must be settled before the engine is started, because starting it already stops
//! the previous owner.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path;

use crate::bucket::Bucket;
use crate::claim;
use crate::error::{Error, Result};
use crate::folder::{self, FolderLock};
use crate::probe::{self, Guard};
use crate::slate::{Flushing, SlateStore};
use crate::store::ShardStore;
use crate::verify::Files;

/// The block cache of a store that is given no other budget, in bytes. Small, so that an idle process on a laptop
/// stays below 64 MiB; a server is given more.
pub const BLOCK_CACHE_BYTES_DEFAULT: usize = 16 * 1024 * 1024;

/// Where a shard's objects are kept.
#[derive(Debug, Clone)]
pub enum Location {
    /// A folder of this machine. Created when it does not exist; every write is synced, the folders included.
    Folder(PathBuf),
    /// A bucket of an S3-compatible object store. It must exist.
    Bucket(Bucket),
    /// Memory: gone when the store is closed.
    Memory,
    /// An object store, shared with others or made for a test.
    Objects(Arc<dyn ObjectStore>),
}

/// What [`open`] needs to know.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Where the objects are kept.
    pub location: Location,
    /// The shard's path there: names separated by `/`. A path is never used for another shard, not even after this
    /// one is gone.
    pub path: String,
    /// The most memory for blocks of stored files, in bytes. Rows not yet written to such files have their own,
    /// fixed budget.
    pub block_cache_bytes: usize,
}

impl StoreOptions {
    /// The options of a small store.
    pub fn new(location: Location, path: impl Into<String>) -> Self {
        Self { location, path: path.into(), block_cache_bytes: BLOCK_CACHE_BYTES_DEFAULT }
    }
}

/// Opens a shard, or creates it when there is nothing at its path. A previous owner that still runs is fenced.
///
/// # Errors
/// [`Error::FolderInUse`] when another process has the folder open, [`Error::Bucket`] when the bucket cannot be used
/// as it was configured, [`Error::UnsafeObjectStore`] when the object store lacks a guarantee, [`Error::ForeignClaim`]
/// when the shard was made by an incompatible version; otherwise the folder or the object store failed. Nothing is
/// fenced when one of those that are named is returned.
pub async fn open(options: StoreOptions) -> Result<Arc<dyn ShardStore>> {
    let path =
        Path::parse(&options.path).map_err(|error| Error::unavailable("use the path of the shard", error))?;
    let cache = options.block_cache_bytes;
    match options.location {
        Location::Folder(folder) => {
            let (objects, lock) = folder::open(folder, &path).await?;
            start(objects, path, cache, Some(lock)).await
        }
        Location::Bucket(bucket) => {
            let opened = start(bucket.objects()?, bucket.place(&path)?, cache, None).await;
            opened.map_err(|error| bucket.explain(error))
        }
        Location::Memory => start(Arc::new(InMemory::new()), path, cache, None).await,
        Location::Objects(objects) => start(objects, path, cache, None).await,
    }
}

/// Starts the engine on objects that are guarded by `lock`, or else by the engine itself.
async fn start(
    objects: Arc<dyn ObjectStore>,
    path: Path,
    block_cache_bytes: usize,
    lock: Option<FolderLock>,
) -> Result<Arc<dyn ShardStore>> {
    let guard = if lock.is_some() { Guard::Lock } else { Guard::Fencing };
    start_guarded(objects, path, block_cache_bytes, guard, Flushing::Asked, lock).await
}

/// As [`start`], for a guard that is not necessarily here, and for either kind of log.
pub(crate) async fn start_guarded(
    objects: Arc<dyn ObjectStore>,
    path: Path,
    block_cache_bytes: usize,
    guard: Guard,
    flushing: Flushing,
    lock: Option<FolderLock>,
) -> Result<Arc<dyn ShardStore>> {
    probe::probe(objects.as_ref(), &path, guard).await?;
    claim::claim(objects.as_ref(), &path).await?;
    let files = Files { objects, shard: path };
    let store = SlateStore::open(files, block_cache_bytes, guard, flushing, lock).await?;
    Ok(Arc::new(store))
}

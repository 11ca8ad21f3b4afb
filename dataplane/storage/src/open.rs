//! Opening a shard: whose it is must be settled before the engine is started, because starting it already stops
//! the previous owner.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path;

use crate::bucket::Bucket;
use crate::cache::CachedStore;
use crate::error::{Error, Result};
use crate::folder::{self, FolderLock};
use crate::probe::{self, Guard};
use crate::slate::SlateStore;
use crate::store::ShardStore;
use crate::verify::Files;
use crate::write_log::{self, LogChoice, Place, WriteLog};

/// The caches of a store that is given no other budget, in bytes. Nothing of it is taken before it is used.
pub const CACHE_BYTES_DEFAULT: usize = 256 * 1024 * 1024;

/// The least budget with which a store works as it should, in bytes: below it, the indexes of a gigabyte of items
/// push each other out, and every read takes milliseconds.
pub const CACHE_BYTES_MIN: usize = 16 * 1024 * 1024;

/// The part of the caches that holds items, in percent; the rest holds blocks, indexes and filters of stored files.
const ITEMS_PERCENT: usize = 60;

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
    /// The most memory for what was read before, in bytes, [`CACHE_BYTES_MIN`] or more: items, and blocks of stored
    /// files. Rows not yet written to such files have their own, fixed budget.
    pub cache_bytes: usize,
    /// The log that makes its writes durable.
    pub log: LogChoice,
}

impl StoreOptions {
    /// The options of a store with the default caches.
    pub fn new(location: Location, path: impl Into<String>) -> Self {
        Self { location, path: path.into(), cache_bytes: CACHE_BYTES_DEFAULT, log: LogChoice::ByLocation }
    }
}

/// Opens a shard, or creates it when there is nothing at its path. A previous owner that still runs is fenced.
///
/// # Errors
/// [`Error::FolderInUse`] when another process has the folder open, [`Error::Bucket`] when the bucket cannot be used
/// as it was configured, [`Error::UnsafeObjectStore`] when the object store lacks a guarantee, [`Error::ForeignClaim`]
/// when the shard was made by an incompatible version; otherwise the folder or the object store failed. Nothing is
/// fenced when one of those that are named is returned.
// Not an async function: the body of one is compiled where it is polled, and with this one comes the whole engine.
#[inline(never)]
pub fn open(options: StoreOptions) -> BoxFuture<'static, Result<Arc<dyn ShardStore>>> {
    Box::pin(open_at(options))
}

async fn open_at(options: StoreOptions) -> Result<Arc<dyn ShardStore>> {
    let path =
        Path::parse(&options.path).map_err(|error| Error::unavailable("use the path of the shard", error))?;
    let StoreOptions { location, cache_bytes, log, .. } = options;
    match location {
        Location::Folder(root) => {
            let folder = folder::shard_folder(&root, &path);
            let (objects, lock) = folder::open(root, &path).await?;
            let place = Place { objects: &objects, shard: &path, folder: Some(folder), guard: Guard::Lock };
            start(&place, log, cache_bytes, Some(lock)).await
        }
        Location::Bucket(bucket) => {
            let path = bucket.place(&path)?;
            let opened = start_fenced(bucket.objects()?, path, log, cache_bytes).await;
            opened.map_err(|error| bucket.explain(error))
        }
        Location::Memory => start_fenced(Arc::new(InMemory::new()), path, log, cache_bytes).await,
        Location::Objects(objects) => start_fenced(objects, path, log, cache_bytes).await,
    }
}

/// Starts the engine on objects that the engine itself guards.
async fn start_fenced(
    objects: Arc<dyn ObjectStore>,
    shard: Path,
    log: LogChoice,
    cache_bytes: usize,
) -> Result<Arc<dyn ShardStore>> {
    let place = Place { objects: &objects, shard: &shard, folder: None, guard: Guard::Fencing };
    start(&place, log, cache_bytes, None).await
}

/// Starts the engine at a place that is guarded by `lock`, or as the place says.
pub(crate) async fn start(
    place: &Place<'_>,
    log: LogChoice,
    cache_bytes: usize,
    lock: Option<FolderLock>,
) -> Result<Arc<dyn ShardStore>> {
    probe::probe(place.objects.as_ref(), place.shard, place.guard).await?;
    let log = write_log::settle(place, log).await?;
    start_on(place, log, cache_bytes, lock).await
}

/// As [`start`], for a shard that is claimed for its log.
pub(crate) async fn start_on(
    place: &Place<'_>,
    log: WriteLog,
    cache_bytes: usize,
    lock: Option<FolderLock>,
) -> Result<Arc<dyn ShardStore>> {
    let files = Files::new(Arc::clone(place.objects), place.shard.clone());
    let item_bytes = cache_bytes / 100 * ITEMS_PERCENT;
    let store = SlateStore::open(files, cache_bytes - item_bytes, place.guard, log, lock).await?;
    let progress = Arc::clone(store.progress());
    Ok(Arc::new(CachedStore::new(Arc::new(store), progress, item_bytes)))
}

//! How the engine is sized: for a laptop, where it must be small and quiet when idle, and still take a load.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::path::Path;
use slatedb::config::{
    CompactionWorkerOptions, CompactorOptions, GarbageCollectorDirectoryOptions, GarbageCollectorOptions,
    GarbageCollectorScheduleOptions,
};
use slatedb::db_cache::foyer::{FoyerCache, FoyerCacheOptions};
use slatedb::{CompactorBuilder, Db, DbBuilder, Settings, SstBlockSize};

use super::committer::Flushing;
use super::filter::DeadRows;
use crate::probe::Guard;

/// Rows gathered in memory before they are written to a file, in bytes. Larger makes fewer files, smaller keeps
/// the process small and its restart quick: up to this much is read from the log when the shard is opened.
const MEMTABLE_BYTES: usize = 12 * 1024 * 1024;

/// Rows in memory at which writers are made to wait, in bytes: one table being filled, one being written. They take half
/// as much again.
const UNFLUSHED_BYTES_MAX: usize = 2 * MEMTABLE_BYTES;

/// Young files at which writers are made to wait. A load of 30 MB/s makes two a second; this many bridge the time
/// until the compactor has looked and merged, yet a read that must look into each of them stays bearable.
const YOUNG_FILES_MAX: usize = 24;

/// Log files after which the rows in them are written to a data file, however few: a lone writer of small rows would
/// otherwise leave a hundred thousand, and each has to be read at the next start.
pub(super) const LOG_FILES_MAX: u64 = 4_096;

/// How often the engine looks for what the compactor has finished, or for a newer owner.
const MANIFEST_POLL: Duration = Duration::from_secs(2);

/// How often the compactor looks for work. A look is a listing of a small folder.
const COMPACTOR_POLL: Duration = Duration::from_secs(2);

/// How long the input of a compaction is kept for reads that began before it. A page of a query takes milliseconds;
/// the engine's own log cannot be trimmed past this either, so that it must not be long.
const READ_TIME_MAX: Duration = Duration::from_secs(120);

/// How often files that nobody needs are looked for.
const COLLECTION_INTERVAL: Duration = Duration::from_secs(60);

/// How old a file must be before it is removed: long enough for one that was written but is not yet named by a
/// manifest.
const COLLECTION_AGE: Duration = Duration::from_secs(120);

/// How old a log file must be before it is removed. They come by the hundreds a second under load, and an owner that
/// was fenced cannot write into the gap: its successor's fence stands behind the gap, under the number that it would
/// write next, and the fences are never removed.
const LOG_COLLECTION_AGE: Duration = Duration::from_secs(20);

/// How often a log that flushes itself is trimmed. A load of 60 MB/s adds as much as four segments between two looks at
/// the manifest, and a look costs an idle process a fraction of a millisecond.
const TRIM_INTERVAL: Duration = Duration::from_secs(1);

/// How much of what a cached block takes the cache counts, in percent: a block is a little longer than 8 KiB, and the
/// allocator's next size is 10.
const BLOCK_COUNTED_PERCENT: usize = 80;

/// The largest file that a compaction writes, in bytes: what must be rewritten and kept beside its successor.
const COMPACTED_FILE_BYTES: usize = 64 * 1024 * 1024;

/// How much a compaction reads ahead in each input, in bytes: bounds its memory.
const COMPACTION_FETCH_BYTES: usize = 256 * 1024;

/// How often a failed object store call is repeated before the store gives up, on top of what the object store
/// itself repeats. A failing disk does not get better within seconds, and the client of a bucket has already been
/// patient by then (`bucket.rs` has the sum); callers are told and the store is opened again.
pub(super) const RETRIES_MAX: u32 = 2;

/// As [`RETRIES_MAX`], where every row is in a log of its own: a full disk only delays data files, and reads and the log
/// go on. A disk that is broken ends the log. The pauses grow to a second, so that this is about the time that closing
/// takes when there is still no room.
const PATIENT_RETRIES_MAX: u32 = 20;

/// The engine for the shard at `path`, ready to be started.
pub(super) fn builder(
    objects: &Arc<dyn ObjectStore>,
    path: &Path,
    block_cache_bytes: usize,
    flushing: Flushing,
    dead: &Arc<DeadRows>,
) -> DbBuilder<Path> {
    let compactor = CompactorBuilder::new(path.clone(), Arc::clone(objects))
        .with_options(compactor())
        .with_compaction_filter_supplier(Arc::clone(dead) as Arc<_>);
    let builder = Db::builder(path.clone(), Arc::clone(objects))
        .with_settings(settings(flushing))
        .with_compactor_builder(compactor)
        // Fewer, larger blocks: a page of a query reads neighbours, and a cached point read costs the same.
        .with_sst_block_size(SstBlockSize::Block8Kib);
    if block_cache_bytes == 0 {
        return builder.with_db_cache_disabled();
    }
    // One shard of the cache per core would divide a small budget into pieces smaller than an index.
    let counted = block_cache_bytes / 100 * BLOCK_COUNTED_PERCENT;
    let cache = FoyerCacheOptions { max_capacity: counted as u64, shards: 2 };
    builder.with_db_cache(Arc::new(FoyerCache::new_with_opts(cache)), 0)
}

fn settings(flushing: Flushing) -> Settings {
    Settings {
        // The log flushes itself, or the committer asks for each flush: the engine's own timer would either make a lone
        // writer wait for the next tick or wake the process a thousand times a second for nothing.
        flush_interval: None,
        manifest_poll_interval: MANIFEST_POLL,
        max_wal_flushes_before_l0_flush: LOG_FILES_MAX,
        l0_sst_size_bytes: MEMTABLE_BYTES,
        max_unflushed_bytes: UNFLUSHED_BYTES_MAX,
        l0_max_ssts: YOUNG_FILES_MAX,
        l0_max_ssts_per_key: YOUNG_FILES_MAX,
        l0_flush_parallelism: 1,
        compactor_options: None,
        // Comes with the log.
        garbage_collector_options: None,
        object_store_max_retries: match flushing {
            Flushing::Asked => Some(RETRIES_MAX),
            Flushing::ByItself => Some(PATIENT_RETRIES_MAX),
        },
        ..Settings::default()
    }
}

fn compactor() -> CompactorOptions {
    CompactorOptions {
        poll_interval: COMPACTOR_POLL,
        commit_compacted_interval: COMPACTOR_POLL,
        // Two cores: one compaction at a time, so that requests keep the other.
        max_concurrent_compactions: 1,
        checkpoint_lifetime: READ_TIME_MAX,
        scheduler_options: HashMap::new(),
        worker: Some(CompactionWorkerOptions {
            max_concurrent_compactions: 1,
            compactions_poll_interval: COMPACTOR_POLL,
            max_sst_size: COMPACTED_FILE_BYTES,
            max_fetch_tasks: 2,
            bytes_to_fetch: COMPACTION_FETCH_BYTES,
            max_subcompactions: 1,
            ..CompactionWorkerOptions::default()
        }),
        ..CompactorOptions::default()
    }
}

/// How the engine removes what nobody needs.
pub(super) fn garbage_collector(guard: Guard, flushing: Flushing) -> GarbageCollectorOptions {
    let every = |min_age| {
        Some(GarbageCollectorDirectoryOptions {
            interval: Some(COLLECTION_INTERVAL),
            min_age,
            dry_run: false,
        })
    };
    GarbageCollectorOptions {
        manifest_options: every(COLLECTION_AGE),
        wal_options: match flushing {
            Flushing::Asked => every(LOG_COLLECTION_AGE),
            Flushing::ByItself => Some(GarbageCollectorDirectoryOptions {
                interval: Some(TRIM_INTERVAL),
                min_age: Duration::ZERO,
                dry_run: false,
            }),
        },
        compacted_options: every(COLLECTION_AGE),
        compactions_options: every(COLLECTION_AGE),
        detach_options: Some(GarbageCollectorScheduleOptions { interval: Some(COLLECTION_INTERVAL) }),
        // They keep an owner that was fenced while it slept from writing a manifest under a number that has been
        // removed meanwhile. They need a conditional update, which a folder does not offer; its lock does their work.
        boundary_files_enabled: guard == Guard::Fencing,
        ..GarbageCollectorOptions::default()
    }
}

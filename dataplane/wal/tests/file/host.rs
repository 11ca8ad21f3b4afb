//! A log on a simulated disk, and engines on it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use partita_wal::simulated::SimulatedDisk;
use partita_wal::{Engine, Error, FileLog, FileLogOptions, Log};
use slatedb::config::{
    CheckpointOptions, CheckpointScope, FlushOptions, FlushType, GarbageCollectorDirectoryOptions,
    GarbageCollectorOptions, Settings,
};
use slatedb::object_store::ObjectStore;
use slatedb::object_store::memory::InMemory;
use slatedb::object_store::path::Path;
use slatedb::{Db, WriteBatch};

pub(crate) const SHARD: &str = "shards/1";

pub(crate) const MIB: u64 = 1024 * 1024;

pub(crate) struct Host {
    pub(crate) disk: SimulatedDisk,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) log: Arc<FileLog>,
}

/// Short segments, so that a test has several.
pub(crate) fn options() -> FileLogOptions {
    FileLogOptions { segment_bytes: MIB, kept_bytes: 0 }
}

impl Host {
    pub(crate) fn new() -> Self {
        let disk = SimulatedDisk::new(256 * MIB);
        let log = FileLog::open_on(Arc::new(disk.clone()), options()).unwrap();
        Self { disk, objects: Arc::new(InMemory::new()), log }
    }

    /// The log, opened again on another disk.
    pub(crate) fn reopen(&self, disk: SimulatedDisk) -> Result<Self, Error> {
        let log = FileLog::open_on(Arc::new(disk.clone()), options())?;
        Ok(Self { disk, objects: Arc::clone(&self.objects), log })
    }

    pub(crate) async fn start(&self, shard: &str) -> Result<Db, slatedb::Error> {
        start(
            self.log.as_ref(),
            &self.objects,
            shard,
            GarbageCollectorOptions { wal_options: None, ..quiet() },
        )
        .await
    }

    /// An engine that trims all the time.
    pub(crate) async fn start_trimming(&self, shard: &str) -> Result<Db, slatedb::Error> {
        start(self.log.as_ref(), &self.objects, shard, quiet()).await
    }
}

fn quiet() -> GarbageCollectorOptions {
    let every = Some(GarbageCollectorDirectoryOptions {
        interval: Some(Duration::from_millis(10)),
        min_age: Duration::ZERO,
        dry_run: false,
    });
    GarbageCollectorOptions {
        manifest_options: None,
        wal_options: every,
        compacted_options: None,
        compactions_options: None,
        detach_options: None,
        ..GarbageCollectorOptions::default()
    }
}

pub(crate) async fn start(
    log: &dyn Log,
    objects: &Arc<dyn ObjectStore>,
    shard: &str,
    garbage: GarbageCollectorOptions,
) -> Result<Db, slatedb::Error> {
    let (objects, shard) = (Arc::clone(objects), Path::from(shard));
    let settings = Settings {
        flush_interval: None,
        compactor_options: None,
        // Nobody merges them here.
        l0_max_ssts: 64,
        l0_max_ssts_per_key: 64,
        ..Settings::default()
    };
    let builder = Db::builder(shard.clone(), Arc::clone(&objects)).with_settings(settings);
    Box::pin(log.install(Engine { builder, shard, objects, garbage }).build()).await
}

pub(crate) fn key(number: u64) -> Vec<u8> {
    format!("key {number:06}").into_bytes()
}

/// Writes one row of `bytes` bytes and waits until it is durable.
pub(crate) async fn put(db: &Db, number: u64, bytes: usize) -> Result<(), slatedb::Error> {
    put_filled(db, number, b'v', bytes).await
}

/// Writes one row of `bytes` times `byte` and waits until it is durable.
pub(crate) async fn put_filled(db: &Db, number: u64, byte: u8, bytes: usize) -> Result<(), slatedb::Error> {
    let mut batch = WriteBatch::new();
    batch.put(key(number), vec![byte; bytes]);
    db.write(batch).await?.await_durable().await
}

pub(crate) async fn has(db: &Db, number: u64) -> bool {
    db.get(key(number)).await.unwrap().is_some()
}

/// Moves the rows in memory to a data file.
pub(crate) async fn to_data_file(db: &Db) {
    db.flush_with_options(FlushOptions { flush_type: FlushType::MemTable }).await.unwrap();
}

/// Writes rows of 100 kB, ten to a segment.
pub(crate) async fn fill(db: &Db, numbers: Range<u64>) {
    for number in numbers {
        put(db, number, 100_000).await.unwrap();
    }
}

/// Has the manifest written once more, so that it knows of all records.
pub(crate) async fn note_in_manifest(db: &Db) {
    db.create_checkpoint(CheckpointScope::Durable, &CheckpointOptions::default()).await.unwrap();
}

/// Waits for what nobody signals.
pub(crate) async fn eventually(mut done: impl FnMut() -> bool) {
    let polled = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), polled).await.expect("what was waited for comes");
}

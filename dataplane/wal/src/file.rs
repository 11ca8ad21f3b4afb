//! The file log: opening it, and what others do with it.

use std::path::Path as FsPath;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use async_trait::async_trait;
use slatedb::DbBuilder;
use slatedb::object_store::path::Path;
use slatedb::wal::{WalAdmin, WalGc, WalReader, WriterInit};
use tokio::sync::watch;

use crate::admin::Admin;
use crate::commit::Committer;
use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::format::{self, Kind, RecordHeader, UNFINISHED_SUFFIX};
use crate::inspect::{self, FoundSegment, ID_FILE, Inspection};
use crate::log::{Engine, Log, LogId};
use crate::queue::{self, Admission, Core, Queue};
use crate::reader::Reader;
use crate::state::{Progress, Segment, Segments, Shard, Shards, lock};
use crate::trim::Collector;
use crate::writer::Starter;

/// The usual room of a segment, in bytes. Trimming works by segments, so that shorter ones keep the log short; longer
/// ones are made less often, and making one takes as long as ten syncs. An engine moves about as much from memory to a
/// data file at once.
pub const SEGMENT_BYTES_DEFAULT: u64 = 16 * 1024 * 1024;

/// What is kept free for data files, in bytes: engines must be able to write what they have in memory to files, and to
/// merge some of them, or no room would ever be won back.
pub const KEPT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// A shard is idle when the newest segments, as many as this, have no record of it. One that is not is asked whenever it
/// is written to.
const SEGMENTS_IDLE: u64 = 4;

/// How a file log is sized.
#[derive(Debug, Clone)]
pub struct FileLogOptions {
    /// The usual room of a segment, in bytes. On a small disk they are shorter.
    pub segment_bytes: u64,
    /// How much of the disk is kept free for data files, in bytes: a write that needs another segment is refused when
    /// less is. On a small disk less is kept.
    pub kept_bytes: u64,
}

impl Default for FileLogOptions {
    fn default() -> Self {
        Self { segment_bytes: SEGMENT_BYTES_DEFAULT, kept_bytes: KEPT_BYTES_DEFAULT }
    }
}

/// What was written since a log was opened.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) groups: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

/// What a log has done and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStatus {
    /// Groups written since the log was opened, each with one sync.
    pub groups: u64,
    /// Batches in them.
    pub batches: u64,
    /// Their length, in bytes.
    pub bytes: u64,
    /// Segments on disk.
    pub segments: usize,
    /// The room that they take, in bytes.
    pub disk_bytes: u64,
}

/// A log in one folder, for the shards of one process. Its own thread syncs what is appended, in groups.
pub struct FileLog {
    core: Arc<Core>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl FileLog {
    /// Opens the log in `folder`, or makes one. Blocks, for as long as it takes to read the log.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has it open, [`Error::Damaged`] when it holds what nobody wrote,
    /// [`Error::UnknownVersion`] when a newer version wrote it, [`Error::Disk`] when it cannot be read or made.
    pub fn open(folder: &FsPath, options: FileLogOptions) -> Result<Arc<Self>> {
        let made = Folder::create(folder);
        let made = made.map_err(|error| Error::disk("make", folder.display().to_string(), error))?;
        Self::open_on(Arc::new(made), options)
    }

    /// As [`open`](Self::open), on any disk.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on(disk: Arc<dyn Disk>, options: FileLogOptions) -> Result<Arc<Self>> {
        let place = || disk.place("");
        let held = disk.lock().map_err(|error| Error::disk("lock", place(), error))?;
        let held = held.ok_or_else(|| Error::InUse { log: place() })?;
        let found = inspect::inspect(disk.as_ref(), false)?;
        if let Some(damage) = &found.damage {
            return Err(damage.error(disk.as_ref()));
        }
        tidy(disk.as_ref(), &found).map_err(|error| Error::disk("tidy up", place(), error))?;
        let id = found.id.unwrap_or_else(|| disk.random());
        if !found.has_id_file {
            make_id(disk.as_ref(), id).map_err(|error| Error::disk("make", disk.place(ID_FILE), error))?;
        }
        let next_segment = found.segments.last().map_or(1, |segment| segment.number + 1);
        let next_group = found.next_group;
        let core = Arc::new(core(disk, options, id, found));
        let committer = Committer::new(Arc::clone(&core), held, next_group, next_segment);
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || committer.run());
        let thread = thread.map_err(|error| Error::disk("start a thread for", core.disk.place(""), error))?;
        Ok(Arc::new(Self { core, thread: Mutex::new(Some(thread)) }))
    }

    fn shard(&self, path: &str) -> Arc<Shard> {
        lock(&self.core.shards).at(path)
    }

    /// What starts writers of a shard.
    #[must_use]
    pub fn writers(&self, shard: &str) -> Box<dyn WriterInit> {
        Box::new(Starter { core: Arc::clone(&self.core), shard: self.shard(shard) })
    }

    /// What reads a shard's records, those to come included.
    #[must_use]
    pub fn reader(&self, shard: &str) -> Arc<dyn WalReader> {
        Arc::new(Reader { core: Arc::clone(&self.core), shard: self.shard(shard) })
    }

    /// What trims a shard's records.
    #[must_use]
    pub fn collector(&self, shard: &str) -> Arc<dyn WalGc> {
        Arc::new(Collector { core: Arc::clone(&self.core), shard: self.shard(shard) })
    }

    /// The view of the engine's tools.
    #[must_use]
    pub fn admin(self: &Arc<Self>) -> Arc<dyn WalAdmin> {
        Arc::new(Admin(Arc::clone(self)))
    }

    /// Makes all records of a shard void, for good. Its path is not to be used again; if it is, they do not come back.
    ///
    /// # Errors
    /// [`Error::Mismatch`] when the shard is open; otherwise the log has ended.
    pub async fn delete(&self, shard: &str) -> Result<()> {
        let shard = self.shard(shard);
        let id = {
            let mut state = lock(&shard.state);
            if state.writer.as_ref().is_some_and(|writer| writer.open()) {
                let what = "it is open: close it before its records are deleted".to_owned();
                return Err(Error::Mismatch { shard: shard.path.clone(), what });
            }
            state.writer = None;
            state.dropped = true;
            state.last_id += 1;
            let id = state.last_id;
            let mut queue = lock(&self.core.queue);
            if let Some(error) = &queue.ended {
                return Err(error.clone());
            }
            let header = RecordHeader { kind: Kind::Drop, shard: shard.number, id, seq: 0 };
            queue.pending.append(&shard, header, &[], self.core.salt);
            queue.due = true;
            self.core.wake(&mut queue);
            id
        };
        let written = shard.durable(id).await;
        written.map_err(|_| self.core.ended().unwrap_or(Error::Closed))
    }

    /// What the log has done and what it holds.
    #[must_use]
    pub fn status(&self) -> LogStatus {
        let counters = &self.core.counters;
        let segments = lock(&self.core.segments);
        LogStatus {
            groups: counters.groups.load(Ordering::Relaxed),
            batches: counters.batches.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
            segments: segments.len(),
            disk_bytes: segments.values().map(|segment| segment.room).sum(),
        }
    }

    /// Tells the thread to write what is queued, and to end.
    fn stop(&self) {
        let requests = {
            let mut queue = lock(&self.core.queue);
            queue.ended.get_or_insert(Error::Closed);
            queue.stopping = true;
            self.core.wake(&mut queue);
            std::mem::take(&mut queue.requests)
        };
        for request in requests {
            request.answer.send(Err(Error::Closed)).unwrap_or_default();
        }
    }
}

impl Drop for FileLog {
    fn drop(&mut self) {
        self.stop();
    }
}

#[async_trait]
impl Log for FileLog {
    fn id(&self) -> LogId {
        LogId::File(self.core.id)
    }

    fn self_flushing(&self) -> bool {
        true
    }

    fn install(&self, engine: Engine) -> DbBuilder<Path> {
        let mut collector = engine.collector();
        let shard = engine.shard.as_ref();
        // Fences are objects of the engine's own log.
        let garbage =
            slatedb::config::GarbageCollectorOptions { wal_fence_options: None, ..engine.garbage.clone() };
        collector = collector.with_options(garbage).with_wal_gc(self.collector(shard));
        engine.builder.with_wal_writer(self.writers(shard)).with_gc_builder(collector)
    }

    async fn admit(&self, shard: &Path, rows: usize, bytes: usize) -> Result<Admission> {
        self.core.admit(queue::bound(rows, bytes, shard.as_ref().len())).await
    }

    fn failed(&self) -> Option<Error> {
        self.core.ended()
    }

    fn laggards(&self) -> Vec<String> {
        let segments = lock(&self.core.segments);
        let Some((&oldest, segment)) = segments.first_key_value() else { return Vec::new() };
        let newest = segments.last_key_value().map_or(oldest, |(&newest, _)| newest);
        let lagging = |shard: &&Arc<Shard>| {
            let state = lock(&shard.state);
            let idle = state.spans.back().is_some_and(|last| last.segment + SEGMENTS_IDLE <= newest);
            idle && state.needs(oldest)
        };
        segment.holders.iter().filter(lagging).map(|shard| shard.path.clone()).collect()
    }

    async fn grown(&self) {
        let mut newest = self.core.newest.subscribe();
        if newest.changed().await.is_err() {
            std::future::pending().await
        }
    }

    async fn close(&self) {
        self.stop();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the log's thread ended abnormally");
            }
        }
    }
}

/// Removes what a crash left: files that were never finished, and the torn end of the newest segment. Makes the rest last.
fn tidy(disk: &dyn Disk, found: &Inspection) -> std::io::Result<()> {
    let names = disk.names()?;
    for name in names.iter().filter(|name| name.ends_with(UNFINISHED_SUFFIX)) {
        disk.remove(name)?;
    }
    if let Some(newest) = found.segments.last() {
        if found.torn {
            tracing::info!(
                file = disk.place(&format::segment_name(newest.number)),
                offset = newest.tail,
                "the end of the log was not written whole when the process ended: cut off"
            );
        }
        make_last(newest)?;
    }
    disk.sync()
}

/// Writes the last group once more, before anything is built upon it. Its sync may have failed, and then the system keeps
/// showing what it could not write, yet thinks it is on the disk: syncing again would do nothing. Only the last group can
/// be one of these, because the log ends with a failed sync.
fn make_last(segment: &FoundSegment) -> std::io::Result<()> {
    let bytes = usize::try_from(segment.tail - segment.last_group).map_err(std::io::Error::other)?;
    let mut group = vec![0; bytes];
    segment.file.read(&mut group, segment.last_group)?;
    segment.file.write(&group, segment.last_group)?;
    if segment.bytes > segment.tail {
        segment.file.cut(segment.tail)?;
    }
    segment.file.sync()
}

fn make_id(disk: &dyn Disk, id: u128) -> std::io::Result<()> {
    let unfinished = format!("{ID_FILE}{UNFINISHED_SUFFIX}");
    let file = disk.create(&unfinished)?;
    file.write(inspect::id_text(id).as_bytes(), 0)?;
    file.sync()?;
    disk.rename(&unfinished, ID_FILE)?;
    disk.sync()
}

/// The log in memory, from what was found on disk.
fn core(disk: Arc<dyn Disk>, options: FileLogOptions, id: u128, found: Inspection) -> Core {
    let mut shards = Shards::default();
    let mut segments = Segments::new();
    for FoundSegment { number, file, salt, tail, .. } in found.segments {
        segments.insert(number, Segment { file, salt, tail, room: tail, holders: Vec::new() });
    }
    for (path, shard_found) in found.shards {
        let shard = shards.at(&path);
        let state = shard_found.state;
        for span in &state.spans {
            if let Some(segment) = segments.get_mut(&span.segment) {
                segment.holders.push(Arc::clone(&shard));
            }
        }
        shard.progress.send_replace(Progress { id: state.last_id, ended: None });
        *lock(&shard.state) = state;
    }
    let newest = segments.last_key_value().map_or(0, |(&number, _)| number);
    // Never zero, which would sum zeros to zero.
    let salt = disk.random() as u32 | 1;
    Core {
        disk,
        options,
        id,
        salt,
        queue: Mutex::new(Queue::default()),
        wake: std::sync::Condvar::new(),
        shards: Mutex::new(shards),
        segments: Mutex::new(segments),
        counters: Counters::default(),
        newest: watch::channel(newest).0,
    }
}

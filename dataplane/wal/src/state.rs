//! What the log knows in memory: its shards, and which segments hold records of whom.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slatedb::wal::WalError;
use tokio::sync::watch;

use crate::disk::DiskFile;
use crate::writer::WriterState;

/// Locks; a panic elsewhere does not make it worse.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A shard's records in one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) segment: u64,
    /// The number that stands for the shard in this segment.
    pub(crate) number: u32,
    pub(crate) last_id: u64,
}

/// A shard of the log.
pub(crate) struct Shard {
    pub(crate) path: String,
    /// What stands for the shard in segments made since the log was opened.
    pub(crate) number: u32,
    pub(crate) state: Mutex<ShardState>,
    pub(crate) progress: watch::Sender<Progress>,
}

/// How far a shard's records are on disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// All records up to this id are.
    pub(crate) id: u64,
    /// No further ones will be.
    pub(crate) ended: Option<WalError>,
}

#[derive(Default)]
pub(crate) struct ShardState {
    /// Where the records are, oldest first; the trimmed ones are gone.
    pub(crate) spans: VecDeque<Span>,
    /// The highest id of a record on disk, or that a writer began with.
    pub(crate) last_id: u64,
    /// Records up to this id may be missing: they were trimmed, or are from another log.
    pub(crate) trimmed: u64,
    /// Rows up to this id are in data files, by a manifest that is stored.
    pub(crate) floor: u64,
    /// A repair removed records: what the manifest knows may be missing here.
    pub(crate) lost: bool,
    /// The records were deleted since the log was opened. What waits for an id could not tell those of another shard
    /// from those of this one, so that the path is not used again before the next opening.
    pub(crate) dropped: bool,
    /// Who writes.
    pub(crate) writer: Option<Arc<WriterState>>,
}

impl Shard {
    pub(crate) fn new(path: &str, number: u32) -> Self {
        let (progress, _) = watch::channel(Progress::default());
        Self { path: path.to_owned(), number, state: Mutex::default(), progress }
    }

    /// Waits until the record with this id is on disk.
    pub(crate) async fn durable(&self, id: u64) -> Result<(), WalError> {
        let mut progress = self.progress.subscribe();
        let reached = progress.wait_for(|progress| progress.id >= id || progress.ended.is_some()).await;
        let reached = reached.map_err(|_| WalError::Closed)?;
        match &reached.ended {
            Some(error) if reached.id < id => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

impl ShardState {
    /// Counts a record that is on disk.
    pub(crate) fn record(&mut self, segment: u64, number: u32, id: u64) {
        self.last_id = self.last_id.max(id);
        match self.spans.back_mut() {
            Some(span) if span.segment == segment => span.last_id = id,
            _ => self.spans.push_back(Span { segment, number, last_id: id }),
        }
    }

    /// All records are void.
    pub(crate) fn void(&mut self) {
        self.spans.clear();
        (self.trimmed, self.floor, self.lost) = (0, 0, false);
        self.last_id = 0;
    }

    /// True when the segment is kept for this shard's sake.
    pub(crate) fn needs(&self, segment: u64) -> bool {
        self.spans.front().is_some_and(|span| span.segment <= segment && span.last_id > self.floor)
    }
}

/// A segment of the log.
pub(crate) struct Segment {
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) salt: u32,
    /// Where the last whole group ends.
    pub(crate) tail: u64,
    /// The room that is taken for it.
    pub(crate) room: u64,
    /// The shards that have records in it.
    pub(crate) holders: Vec<Arc<Shard>>,
}

/// The log's shards by path.
#[derive(Default)]
pub(crate) struct Shards {
    by_path: HashMap<String, Arc<Shard>>,
}

impl Shards {
    /// The shard at `path`; new ones get the next number.
    pub(crate) fn at(&mut self, path: &str) -> Arc<Shard> {
        if let Some(shard) = self.by_path.get(path) {
            return Arc::clone(shard);
        }
        let number = u32::try_from(self.by_path.len()).expect("a log has fewer than 2^32 shards");
        let shard = Arc::new(Shard::new(path, number));
        self.by_path.insert(path.to_owned(), Arc::clone(&shard));
        shard
    }

    pub(crate) fn all(&self) -> Vec<Arc<Shard>> {
        self.by_path.values().cloned().collect()
    }
}

/// The segments by number.
pub(crate) type Segments = BTreeMap<u64, Segment>;

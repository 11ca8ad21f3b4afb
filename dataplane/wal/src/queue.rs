//! Between the engines' writers and the commit thread: what is to be written, and how much more may come.
//!
//! Room on the disk is taken before a write is let in, so that a full disk refuses a write of which nothing has
//! happened yet, instead of ending a log in which many are under way. What was let in and is not yet written always fits
//! into the room behind the newest segment's tail.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};

use slatedb::RowEntry;
use tokio::sync::{oneshot, watch};

use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::file::{Counters, FileLogOptions};
use crate::format::{GroupHeader, Kind, RecordHeader};
use crate::rows;
use crate::state::{Segments, Shard, Shards, lock};
use crate::writer::WriterState;

/// The most bytes that are let in and not yet written. A disk that syncs 30 times a second still takes 240 MB/s in
/// groups of this size; more would only make writers wait in memory. A larger batch is let in alone.
pub(crate) const IN_FLIGHT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What all parts of a log share.
pub(crate) struct Core {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) options: FileLogOptions,
    pub(crate) id: u128,
    /// What the checksums of segments made by this process begin with.
    pub(crate) salt: u32,
    pub(crate) queue: Mutex<Queue>,
    pub(crate) wake: Condvar,
    pub(crate) shards: Mutex<Shards>,
    pub(crate) segments: Mutex<Segments>,
    pub(crate) counters: Counters,
    /// The number of the newest segment.
    pub(crate) newest: watch::Sender<u64>,
}

/// What waits for the commit thread.
#[derive(Default)]
pub(crate) struct Queue {
    pub(crate) pending: Pending,
    /// `pending` is to be written as soon as the commit thread can, and not only when more has joined it.
    pub(crate) due: bool,
    pub(crate) requests: VecDeque<Request>,
    pub(crate) trims: Vec<oneshot::Sender<()>>,
    /// Let in, and not yet in `pending`, in bytes.
    pub(crate) admitted: u64,
    /// Taken from `pending` and not yet written, in bytes.
    pub(crate) writing: u64,
    /// The room behind the tail of the newest segment, in bytes.
    pub(crate) available: u64,
    /// The commit thread sleeps.
    pub(crate) sleeping: bool,
    /// The commit thread is to end when everything is written.
    pub(crate) stopping: bool,
    /// Why nothing is taken any more.
    pub(crate) ended: Option<Error>,
    /// Counts how often `pending` was taken.
    pub(crate) taken: u64,
}

/// Records that will be one group.
#[derive(Default)]
pub(crate) struct Pending {
    /// The group, with room for its header.
    pub(crate) bytes: Vec<u8>,
    pub(crate) parts: Vec<Part>,
}

/// Consecutive records of one writer in a group.
pub(crate) struct Part {
    pub(crate) shard: Arc<Shard>,
    /// Nobody, when it is not rows.
    pub(crate) writer: Option<Arc<WriterState>>,
    pub(crate) kind: Kind,
    pub(crate) last_id: u64,
    pub(crate) last_seq: u64,
    pub(crate) batches: usize,
    pub(crate) bytes: usize,
}

/// Somebody waits to be let in.
pub(crate) struct Request {
    pub(crate) bytes: u64,
    pub(crate) answer: oneshot::Sender<Result<Admission>>,
}

/// Leave to write a batch of a certain size; ends when it is dropped.
#[derive(Default)]
pub struct Admission {
    taken: Option<(Arc<Core>, u64)>,
}

impl Admission {
    pub(crate) fn taken(core: &Arc<Core>, bytes: u64) -> Self {
        Self { taken: Some((Arc::clone(core), bytes)) }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some((core, bytes)) = self.taken.take() {
            let mut queue = lock(&core.queue);
            queue.admitted -= bytes;
            if !queue.requests.is_empty() {
                core.wake(&mut queue);
            }
        }
    }
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Admission").field(&self.taken.as_ref().map(|(_, bytes)| bytes)).finish()
    }
}

impl Queue {
    pub(crate) fn in_flight(&self) -> u64 {
        self.admitted + self.writing + self.pending.bytes.len() as u64
    }

    /// True when there is room for `bytes` more.
    pub(crate) fn fits(&self, bytes: u64) -> bool {
        self.in_flight().saturating_add(bytes) <= self.available
    }

    /// True when `bytes` more must wait until what is under way is written.
    pub(crate) fn crowded(&self, bytes: u64) -> bool {
        let in_flight = self.in_flight();
        in_flight > 0 && in_flight.saturating_add(bytes) > IN_FLIGHT_BYTES_MAX
    }

    fn check(&self) -> Result<()> {
        self.ended.clone().map_or(Ok(()), Err)
    }
}

impl Pending {
    /// Appends a record that is not rows.
    pub(crate) fn append(&mut self, shard: &Arc<Shard>, header: RecordHeader, payload: &[u8], salt: u32) {
        self.begin();
        header.append(&mut self.bytes, payload, salt);
        self.parts.push(Part {
            shard: Arc::clone(shard),
            writer: None,
            kind: header.kind,
            last_id: header.id,
            last_seq: header.seq,
            batches: 0,
            bytes: 0,
        });
    }

    fn begin(&mut self) {
        if self.bytes.is_empty() {
            self.bytes.resize(GroupHeader::BYTES, 0);
        }
    }

    /// Appends a batch. Returns its length; `part` is the index of the writer's part, if it has one.
    pub(crate) fn append_rows(
        &mut self,
        shard: &Arc<Shard>,
        writer: &Arc<WriterState>,
        (id, rows): (u64, &[RowEntry]),
        part: &mut Option<usize>,
        salt: u32,
    ) -> usize {
        self.begin();
        let start = self.bytes.len();
        let seq = rows.last().map_or(0, |row| row.seq);
        self.bytes.resize(start + RecordHeader::BYTES, 0);
        rows::append(&mut self.bytes, rows);
        let header = RecordHeader { kind: Kind::Rows, shard: shard.number, id, seq };
        header.complete(&mut self.bytes, start, salt);
        let bytes = self.bytes.len() - start;
        let index = *part.get_or_insert(self.parts.len());
        match self.parts.get_mut(index) {
            Some(part) => {
                (part.last_id, part.last_seq) = (id, seq);
                part.batches += 1;
                part.bytes += bytes;
            }
            None => self.parts.push(Part {
                shard: Arc::clone(shard),
                writer: Some(Arc::clone(writer)),
                kind: Kind::Rows,
                last_id: id,
                last_seq: seq,
                batches: 1,
                bytes,
            }),
        }
        bytes
    }
}

/// The most that a batch needs in the log, in bytes: `content` are the bytes of its keys and values.
pub(crate) fn bound(rows: usize, content: usize, path: usize) -> u64 {
    let overhead = GroupHeader::BYTES + 2 * RecordHeader::BYTES + path;
    (overhead + rows * rows::OVERHEAD_BYTES + content) as u64
}

impl Core {
    /// Wakes the commit thread unless it is at work: it looks again before it sleeps.
    pub(crate) fn wake(&self, queue: &mut Queue) {
        if std::mem::take(&mut queue.sleeping) {
            self.wake.notify_one();
        }
    }

    /// Lets a batch of at most `bytes` in, as soon as there is room.
    pub(crate) async fn admit(self: &Arc<Self>, bytes: u64) -> Result<Admission> {
        let answered = {
            let mut queue = lock(&self.queue);
            queue.check()?;
            if queue.requests.is_empty() && queue.fits(bytes) && !queue.crowded(bytes) {
                queue.admitted += bytes;
                return Ok(Admission::taken(self, bytes));
            }
            let (answer, answered) = oneshot::channel();
            queue.requests.push_back(Request { bytes, answer });
            self.wake(&mut queue);
            answered
        };
        answered.await.unwrap_or(Err(Error::Closed))
    }

    /// Removes the segments that nobody needs; returns when it is done.
    pub(crate) async fn trim(&self) {
        let done = {
            let mut queue = lock(&self.queue);
            if queue.ended.is_some() {
                return;
            }
            let (done, finished) = oneshot::channel();
            queue.trims.push(done);
            self.wake(&mut queue);
            finished
        };
        // An end of the log is told elsewhere.
        done.await.unwrap_or_default();
    }

    /// Nothing is taken any more: everybody who waits is told. The first reason stands.
    pub(crate) fn end(&self, error: &Error) {
        let requests = {
            let mut queue = lock(&self.queue);
            queue.ended.get_or_insert_with(|| error.clone());
            queue.trims.clear();
            queue.pending = Pending::default();
            std::mem::take(&mut queue.requests)
        };
        for request in requests {
            request.answer.send(Err(error.clone())).unwrap_or_default();
        }
        let shards = lock(&self.shards).all();
        for shard in shards {
            let ended = error.clone().for_engine();
            let writer = lock(&shard.state).writer.clone();
            if let Some(writer) = writer {
                writer.close(&ended);
            }
            shard.progress.send_modify(|progress| {
                progress.ended.get_or_insert(ended);
            });
        }
    }

    pub(crate) fn ended(&self) -> Option<Error> {
        lock(&self.queue).ended.clone()
    }
}

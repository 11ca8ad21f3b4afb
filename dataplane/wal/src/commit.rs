//! The commit thread: the only one that changes the log's files.
//!
//! It repeats: take everything that is queued, write it as one group, sync once, tell everybody. What is queued
//! meanwhile is the next group, so that a lone writer waits for one sync and many writers share one.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::disk::DiskFile;
use crate::error::{Error, Result};
use crate::format::{self, GroupHeader, Kind, RecordHeader, SegmentHeader, UNFINISHED_SUFFIX};
use crate::queue::{Admission, Core, Part, Pending, Queue};
use crate::state::{Segment, lock};

/// A buffer that is longer than this is not kept for the next group, in bytes. Groups of a busy log are shorter.
const BUFFER_BYTES_KEPT: usize = 1024 * 1024;

/// On a small disk a segment takes at most this part of it.
const SEGMENT_OF_DISK: u64 = 32;

/// No segment is made shorter than this, in bytes: making one takes as long as ten syncs.
const SEGMENT_BYTES_MIN: u64 = 1024 * 1024;

/// On a small disk at most this part of it is kept free.
const KEPT_OF_DISK: u64 = 8;

/// The commit thread's own.
pub(crate) struct Committer {
    core: Arc<Core>,
    /// Dropped last: then another process may come in.
    _lock: Box<dyn Send + Sync>,
    current: Option<Current>,
    next_group: u64,
    next_segment: u64,
    /// A buffer for the next group.
    spare: Pending,
}

/// The segment that is written.
struct Current {
    number: u64,
    file: Arc<dyn DiskFile>,
    tail: u64,
    room: u64,
    /// The shards whose paths stand in it.
    named: HashSet<u32>,
}

/// Tells everybody when the thread ends, however it does.
struct EndOnDrop(Arc<Core>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end(&if std::thread::panicking() {
            let cause = io::Error::other("the thread of the log panicked");
            Error::failed("write to", self.0.disk.place(""), cause)
        } else {
            Error::Closed
        });
    }
}

/// What is to be done.
enum Work {
    Commit(Pending),
    Admit,
    Trim,
    Stop,
}

impl Committer {
    pub(crate) fn new(
        core: Arc<Core>,
        lock: Box<dyn Send + Sync>,
        next_group: u64,
        next_segment: u64,
    ) -> Self {
        Self { core, _lock: lock, current: None, next_group, next_segment, spare: Pending::default() }
    }

    pub(crate) fn run(mut self) {
        let told = EndOnDrop(Arc::clone(&self.core));
        loop {
            match self.next() {
                Work::Commit(group) => {
                    if let Err(error) = self.commit(group) {
                        tracing::error!(error = &error as &dyn std::error::Error, "the log failed");
                        self.core.end(&error);
                        break;
                    }
                    self.admit();
                    self.trim();
                }
                Work::Admit => self.admit(),
                Work::Trim => self.trim(),
                Work::Stop => {
                    self.give_back();
                    break;
                }
            }
        }
        drop(told);
    }

    /// Waits for work. What is queued goes first: those who wait to be let in wait for it, too.
    fn next(&mut self) -> Work {
        let core = Arc::clone(&self.core);
        let mut queue = lock(&core.queue);
        loop {
            if !queue.pending.parts.is_empty() && (queue.due || queue.stopping) {
                queue.due = false;
                let group = std::mem::replace(&mut queue.pending, std::mem::take(&mut self.spare));
                queue.writing = group.bytes.len() as u64;
                queue.taken += 1;
                return Work::Commit(group);
            }
            if !queue.trims.is_empty() {
                return Work::Trim;
            }
            if admissible(&queue) {
                return Work::Admit;
            }
            if queue.stopping {
                return Work::Stop;
            }
            queue.sleeping = true;
            queue = core.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.sleeping = false;
        }
    }

    /// Writes and syncs a group, and tells those who wait for it.
    fn commit(&mut self, mut group: Pending) -> Result<()> {
        let names: u64 = group.parts.iter().map(|part| name_bytes(part.shard.path.len())).sum();
        let needed = group.bytes.len() as u64 + names;
        if self.current.as_ref().is_none_or(|current| current.room - current.tail < needed) {
            // Somebody wrote who was not let in: there was no room taken.
            self.roll(needed, 0).map_err(fatal)?;
        }
        let number = self.next_group;
        let salt = self.core.salt;
        let current = self.current.as_mut().expect("a segment was made if there was none");
        for part in &group.parts {
            if current.named.insert(part.shard.number) {
                name(part, &mut group.bytes, salt);
            }
        }
        GroupHeader::complete(&mut group.bytes, number, current.tail, salt);
        // A failed sync is never repeated: the system may have dropped what it could not write, and say that all is
        // well the next time.
        let written = current.file.write(&group.bytes, current.tail).and_then(|()| current.file.sync());
        let place = format::segment_name(current.number);
        written.map_err(|error| Error::failed("write to", self.core.disk.place(&place), error))?;
        current.tail += group.bytes.len() as u64;
        self.next_group += 1;
        self.publish(group);
        Ok(())
    }

    /// Makes known what is on disk.
    fn publish(&mut self, mut group: Pending) {
        let Some(current) = &self.current else { return };
        self.core.counters.groups.fetch_add(1, Ordering::Relaxed);
        self.core.counters.bytes.fetch_add(group.bytes.len() as u64, Ordering::Relaxed);
        {
            let mut segments = lock(&self.core.segments);
            let segment = segments.get_mut(&current.number).expect("the newest segment is never trimmed");
            segment.tail = current.tail;
            for part in &group.parts {
                let mut state = lock(&part.shard.state);
                if part.kind == Kind::Drop {
                    state.void();
                    continue;
                }
                if state.spans.back().is_none_or(|span| span.segment != current.number) {
                    segment.holders.push(Arc::clone(&part.shard));
                }
                state.record(current.number, part.shard.number, part.last_id);
            }
        }
        {
            let mut queue = lock(&self.core.queue);
            queue.writing = 0;
            queue.available = current.room - current.tail;
        }
        for part in group.parts.drain(..) {
            self.core.counters.batches.fetch_add(part.batches as u64, Ordering::Relaxed);
            part.shard.progress.send_modify(|progress| progress.id = progress.id.max(part.last_id));
            if let Some(writer) = &part.writer {
                writer.flushed(&part);
            }
        }
        group.bytes.clear();
        if group.bytes.capacity() <= BUFFER_BYTES_KEPT {
            self.spare = group;
        }
    }

    /// Lets in who waits, as far as there is room.
    fn admit(&mut self) {
        loop {
            let mut granted = Vec::new();
            let needed = {
                let mut queue = lock(&self.core.queue);
                while let Some(bytes) = queue.requests.front().map(|request| request.bytes) {
                    if !queue.fits(bytes) || queue.crowded(bytes) {
                        break;
                    }
                    queue.admitted += bytes;
                    granted.extend(queue.requests.pop_front());
                }
                admissible(&queue).then(|| queue.in_flight() + queue.requests[0].bytes)
            };
            for request in granted {
                // Who has gone meanwhile gives the admission back by dropping it.
                drop(request.answer.send(Ok(Admission::taken(&self.core, request.bytes))));
            }
            let Some(needed) = needed else { return };
            if let Err(error) = self.roll(needed, self.core.options.kept_bytes) {
                self.refuse(error);
            }
        }
    }

    /// Refuses the first who waits: it would need another segment. Those behind it may still fit into this one.
    fn refuse(&self, error: Error) {
        tracing::warn!(error = &error as &dyn std::error::Error, "a write is refused");
        let refused = lock(&self.core.queue).requests.pop_front();
        if let Some(request) = refused {
            request.answer.send(Err(error)).unwrap_or_default();
        }
    }

    /// Makes a segment with room for `needed` bytes, and leaves `kept` free for others.
    fn roll(&mut self, needed: u64, kept: u64) -> Result<()> {
        let room = self.segment_bytes(needed, kept)?;
        let number = self.next_segment;
        let name = format::segment_name(number);
        let header =
            SegmentHeader { number, log: self.core.id, salt: self.core.salt, first_group: self.next_group };
        let file = match self.make(&name, room, &header) {
            Ok(file) => file,
            Err(error) => return Err(self.no_segment(&name, kept, error)),
        };
        self.give_back();
        self.next_segment += 1;
        let tail = SegmentHeader::BYTES as u64;
        let segment = Segment { file: Arc::clone(&file), salt: header.salt, tail, room, holders: Vec::new() };
        lock(&self.core.segments).insert(number, segment);
        self.current = Some(Current { number, file, tail, room, named: HashSet::new() });
        lock(&self.core.queue).available = room - tail;
        self.core.newest.send_replace(number);
        Ok(())
    }

    /// How long the next segment is to be; refuses when the disk has not enough room for it.
    fn segment_bytes(&self, needed: u64, kept: u64) -> Result<u64> {
        let disk = &self.core.disk;
        let space = disk.space().map_err(|error| Error::disk("measure", disk.place(""), error))?;
        let usual = self.core.options.segment_bytes.min(space.total / SEGMENT_OF_DISK);
        let room = usual.max(SEGMENT_BYTES_MIN).max(needed.saturating_add(SegmentHeader::BYTES as u64));
        let kept = kept.min(space.total / KEPT_OF_DISK);
        if kept > 0 && space.free < room.saturating_add(kept) {
            return Err(Error::Full { place: disk.place(""), free: space.free, kept: room + kept });
        }
        Ok(room)
    }

    /// Makes a file under another name first: a segment that has its name is whole.
    fn make(&self, name: &str, room: u64, header: &SegmentHeader) -> io::Result<Arc<dyn DiskFile>> {
        let disk = &self.core.disk;
        let unfinished = format!("{name}{UNFINISHED_SUFFIX}");
        let made = (|| {
            let file = disk.create(&unfinished)?;
            file.reserve(room)?;
            file.write(&header.encode(), 0)?;
            file.sync()?;
            disk.rename(&unfinished, name)?;
            disk.sync()?;
            Ok(file)
        })();
        if made.is_err() {
            // Under either name: what cannot be removed now is removed, or refused, when the log is opened.
            for name in [unfinished.as_str(), name] {
                disk.remove(name).unwrap_or_default();
            }
        }
        made
    }

    fn no_segment(&self, name: &str, kept: u64, error: io::Error) -> Error {
        let disk = &self.core.disk;
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            let free = disk.space().map_or(0, |space| space.free);
            return Error::Full { place: disk.place(""), free, kept };
        }
        Error::disk("make", disk.place(name), error)
    }

    /// Gives the room behind the tail of the current segment back.
    fn give_back(&mut self) {
        let Some(current) = self.current.take() else { return };
        if let Err(error) = current.file.cut(current.tail) {
            // Only room is lost, until the segment is trimmed.
            tracing::warn!(%error, segment = current.number, "a segment of the log could not be shortened");
        } else if let Some(segment) = lock(&self.core.segments).get_mut(&current.number) {
            segment.room = current.tail;
        }
        lock(&self.core.queue).available = 0;
    }

    /// Removes the oldest segments as long as nobody needs them.
    fn trim(&mut self) {
        let waiting = std::mem::take(&mut lock(&self.core.queue).trims);
        if waiting.is_empty() {
            return;
        }
        while let Some(number) = self.trimmable() {
            let name = format::segment_name(number);
            // One after the other, each for good: what a crash leaves has no gap.
            let disk = &self.core.disk;
            let removed = disk.remove(&name).or_else(|error| match error.kind() {
                // Removed before, when the sync of the folder failed.
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            });
            if let Err(error) = removed.and_then(|()| disk.sync()) {
                tracing::warn!(%error, file = disk.place(&name), "a segment of the log could not be removed");
                break;
            }
            self.forget(number);
        }
        for done in waiting {
            done.send(()).unwrap_or_default();
        }
    }

    /// The oldest segment, if nobody needs it and it is not the newest.
    fn trimmable(&self) -> Option<u64> {
        let segments = lock(&self.core.segments);
        let (&number, segment) = segments.first_key_value()?;
        let newest = segments.last_key_value().is_some_and(|(&newest, _)| newest == number);
        let needed = || segment.holders.iter().any(|shard| lock(&shard.state).needs(number));
        (!newest && !needed()).then_some(number)
    }

    fn forget(&self, number: u64) {
        let Some(segment) = lock(&self.core.segments).remove(&number) else { return };
        for shard in segment.holders {
            let mut state = lock(&shard.state);
            while let Some(span) = state.spans.front().copied().filter(|span| span.segment <= number) {
                state.trimmed = state.trimmed.max(span.last_id);
                state.spans.pop_front();
            }
        }
    }
}

/// True when the first who waits to be let in can be answered now.
fn admissible(queue: &Queue) -> bool {
    queue.requests.front().is_some_and(|request| !queue.crowded(request.bytes))
}

/// What the record with a shard's path needs, in bytes.
fn name_bytes(path: usize) -> u64 {
    (RecordHeader::BYTES + path) as u64
}

/// Says which shard the part's records belong to. It stands behind them, in the same group.
fn name(part: &Part, bytes: &mut Vec<u8>, salt: u32) {
    let before = part.shard.progress.borrow().id;
    let header = RecordHeader { kind: Kind::Shard, shard: part.shard.number, id: before, seq: 0 };
    header.append(bytes, part.shard.path.as_bytes(), salt);
}

/// A segment could not be made for records that are already queued.
fn fatal(error: Error) -> Error {
    match error {
        Error::Disk { place, source, .. } => Error::Failed { operation: "make", place, source },
        Error::Full { place, .. } => {
            let source = Arc::new(io::Error::from(io::ErrorKind::StorageFull));
            Error::Failed { operation: "write to", place, source }
        }
        error => error,
    }
}

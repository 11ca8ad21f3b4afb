//! The records of one shard between being read and being delivered.
//!
//! Records are dealt to lanes by their items. Each lane has at most one batch under way, so that an item's records are delivered
//! in order however many lanes there are. No I/O here: the worker moves records in and batches out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::event::{Event, PAYLOAD_BYTES_MAX};

/// The bytes of records that wait or are under way, for one shard of one mapping. More than one full delivery, so that the next
/// one is gathered meanwhile; a single page may exceed it.
pub(crate) const BUFFERED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How a shard's records become batches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Lanes.
    pub(crate) lanes: usize,
    /// Records in one batch, at most.
    pub(crate) batch_size: usize,
    /// How long a record may wait for others.
    pub(crate) window: Duration,
}

/// All lanes of a shard.
#[derive(Debug)]
pub(crate) struct Lanes {
    shape: Shape,
    lanes: Vec<Lane>,
    /// The last position that was read.
    read: u64,
    /// Bytes and records that wait or are under way.
    bytes: usize,
    records: usize,
    /// Nothing more will come.
    over: bool,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    under_way: Option<UnderWay>,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    event: Event,
}

/// What a lane knows of its batch.
#[derive(Debug)]
struct UnderWay {
    progress: Progress,
    bytes: usize,
    records: usize,
}

/// The first position of a batch that is not finished: what a delivery tells its lane.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<AtomicU64>);

/// What stands for the first unfinished position when all are finished.
const ALL: u64 = u64::MAX;

impl Progress {
    pub(crate) fn new(unfinished: u64) -> Self {
        Self(Arc::new(AtomicU64::new(unfinished)))
    }

    /// Notes what is not finished now; `None` for nothing. Says whether that is news.
    pub(crate) fn set(&self, unfinished: Option<u64>) -> bool {
        let unfinished = unfinished.unwrap_or(ALL);
        self.0.swap(unfinished, Ordering::Relaxed) != unfinished
    }

    fn unfinished(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|position| *position != ALL)
    }
}

/// A batch to be delivered.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) lane: usize,
    pub(crate) events: Vec<Event>,
    pub(crate) progress: Progress,
}

impl Lanes {
    /// Lanes of a shard that is finished up to a position.
    pub(crate) fn new(shape: Shape, position: u64) -> Self {
        let lanes = (0..shape.lanes.max(1)).map(|_| Lane::default()).collect();
        Self { shape, lanes, read: position, bytes: 0, records: 0, over: false }
    }

    /// The last position that was read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Takes the next record.
    pub(crate) fn push(&mut self, event: Event, now: Instant) {
        self.read = event.position;
        self.records += 1;
        self.bytes += event.payload_bytes();
        let lane = usize::try_from(event.item % self.lanes.len() as u64).unwrap_or_default();
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.bytes += event.payload_bytes();
            lane.waiting.push_back(Waiting { since: now, event });
        }
    }

    /// Passes a record that is not to be delivered.
    pub(crate) fn pass(&mut self, position: u64) {
        self.read = position;
    }

    /// Notes that the shard has no more records.
    pub(crate) fn end(&mut self) {
        self.over = true;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether everything that was read is finished.
    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Whether more should be read: there is room, and a full batch for each lane is not there yet.
    pub(crate) fn has_room(&self) -> bool {
        let records_max = self.shape.batch_size.saturating_mul(self.lanes.len()).saturating_mul(2);
        !self.over && self.bytes < BUFFERED_BYTES_MAX && self.records < records_max
    }

    /// A batch that is to be delivered now, if there is one. Its lane gives no other until it is told that this one is finished.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Ready> {
        let flush = !self.has_room();
        let shape = self.shape;
        let (lane, found) =
            self.lanes.iter_mut().enumerate().find(|(_, lane)| lane.is_ready(&shape, flush, now))?;
        let events = found.gather(shape.batch_size);
        let progress = Progress::new(events.first().map_or(ALL, |event| event.position));
        let bytes = events.iter().map(Event::payload_bytes).sum();
        found.under_way = Some(UnderWay { progress: progress.clone(), bytes, records: events.len() });
        Some(Ready { lane, events, progress })
    }

    /// When the next batch is ready though nothing else happens.
    pub(crate) fn ready_at(&self) -> Option<Instant> {
        let idle = self.lanes.iter().filter(|lane| lane.under_way.is_none());
        idle.filter_map(|lane| lane.waiting.front()).map(|first| first.since + self.shape.window).min()
    }

    /// Notes that a lane's batch is finished.
    pub(crate) fn finished(&mut self, lane: usize) {
        let finished = self.lanes.get_mut(lane).and_then(|lane| lane.under_way.take());
        if let Some(batch) = finished {
            self.bytes -= batch.bytes;
            self.records -= batch.records;
        }
    }

    /// Everything up to this position is finished.
    pub(crate) fn cursor(&self) -> u64 {
        let unfinished = self.lanes.iter().filter_map(Lane::unfinished).min();
        unfinished.map_or(self.read, |position| position - 1)
    }
}

impl Lane {
    fn is_ready(&self, shape: &Shape, flush: bool, now: Instant) -> bool {
        let Some(first) = self.waiting.front().filter(|_| self.under_way.is_none()) else { return false };
        flush
            || self.waiting.len() >= shape.batch_size
            || self.bytes >= PAYLOAD_BYTES_MAX
            || now >= first.since + shape.window
    }

    /// The events of the next batch: at least one.
    fn gather(&mut self, batch_size: usize) -> Vec<Event> {
        let (mut events, mut bytes) = (Vec::new(), 0);
        while let Some(next) = self.waiting.front() {
            bytes += next.event.payload_bytes();
            if !events.is_empty() && (events.len() >= batch_size || bytes > PAYLOAD_BYTES_MAX) {
                break;
            }
            if let Some(next) = self.waiting.pop_front() {
                self.bytes -= next.event.payload_bytes();
                events.push(next.event);
            }
        }
        events
    }

    fn unfinished(&self) -> Option<u64> {
        let under_way = self.under_way.as_ref().and_then(|batch| batch.progress.unfinished());
        under_way.or_else(|| self.waiting.front().map(|first| first.event.position))
    }
}

#[cfg(test)]
mod tests;

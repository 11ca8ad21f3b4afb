//! What a run counts, and what is wrong.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::history::Outcome;

/// Figures that all threads add to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    done: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    server_errors: AtomicU64,
    judged_collections: AtomicU64,
    judged_operations: AtomicU64,
}

impl Tally {
    pub(super) fn outcome(&self, outcome: Outcome) {
        let figure = match outcome {
            Outcome::Done => &self.done,
            Outcome::Refused => &self.refused,
            Outcome::Unknown => &self.unknown,
        };
        figure.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn status(&self, status: u16) {
        self.server_errors.fetch_add(u64::from(status >= 500), Ordering::Relaxed);
    }

    pub(super) fn judged(&self, collections: u64, operations: u64) {
        self.judged_collections.fetch_add(collections, Ordering::Relaxed);
        self.judged_operations.fetch_add(operations, Ordering::Relaxed);
    }
}

/// What is wrong; the first complaint ends the run.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    any: AtomicBool,
    list: Mutex<Vec<String>>,
}

impl Complaints {
    pub(super) fn add(&self, complaint: String) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
        self.any.store(true, Ordering::Release);
    }

    pub(super) fn none(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a run did, or has done so far.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// How long it ran.
    pub elapsed: Duration,
    /// Processes started on the folder after the first.
    pub restarts: u32,
    /// Processes ended by SIGKILL, while they started, under load, or while they stopped.
    pub kills: u32,
    /// Clean stops by SIGTERM.
    pub stops: u32,
    /// SIGSTOP and SIGCONT.
    pub pauses: u32,
    /// Attempts that were answered with what they asked for.
    pub acknowledged: u64,
    /// Attempts whose condition did not hold.
    pub refused: u64,
    /// Attempts without an answer, or answered with HTTP 5xx.
    pub unknown: u64,
    /// Answers of HTTP 5xx.
    pub server_errors: u64,
    /// Times that the whole table was looked at and agreed with its indexes, its figures, its counters and the archive.
    pub inspections: u32,
    /// Items at the last look.
    pub items: u64,
    /// Item collections whose whole history was decided.
    pub judged_collections: u64,
    /// The operations in them.
    pub judged_operations: u64,
    /// The largest write-ahead log seen at an end of a process.
    pub log_bytes_max: u64,
    /// The sum of the counters.
    pub counted: i64,
    /// The longest time from the start of a process to its open port.
    pub start_max: Duration,
    /// The longest time from SIGTERM to the end.
    pub stop_max: Duration,
}

impl Summary {
    pub(super) fn with(&self, tally: &Tally) -> Self {
        let of = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        Self {
            acknowledged: of(&tally.done),
            refused: of(&tally.refused),
            unknown: of(&tally.unknown),
            server_errors: of(&tally.server_errors),
            judged_collections: of(&tally.judged_collections),
            judged_operations: of(&tally.judged_operations),
            ..self.clone()
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{:4} s: {} restarts ({} kills, {} stops, {} pauses), {} acknowledged, {} refused, {} unknown, {} of HTTP 5xx; {} inspections, \
             {} items, counters at {}; {} histories of {} operations judged; log at most {} KiB, start at most {} ms, \
             stop at most {} ms",
            self.elapsed.as_secs(),
            self.restarts,
            self.kills,
            self.stops,
            self.pauses,
            self.acknowledged,
            self.refused,
            self.unknown,
            self.server_errors,
            self.inspections,
            self.items,
            self.counted,
            self.judged_collections,
            self.judged_operations,
            self.log_bytes_max >> 10,
            self.start_max.as_millis(),
            self.stop_max.as_millis(),
        )
    }
}

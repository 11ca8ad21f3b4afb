//! How far global indexes are behind their table, and what writes are told when that is too far.

use std::sync::atomic::{AtomicU64, Ordering};

use partita_model::TableId;
use partita_model::descriptor::BillingMode;
use partita_model::name::Scope;
use partita_protocol::ServiceError;
use partita_protocol::error::ThrottlingReason;
use partita_storage::{LogSequence, Visibility};
use tokio::sync::watch;

use super::READER;
use crate::Error;
use crate::engine::TableEngine;
use crate::table::Table;

/// The records that the indexes of a table may be behind before its writes are throttled. Some seconds of work: with more, what a
/// query of an index shows would be worth little, and the log would grow without a bound.
pub const BACKLOG_RECORDS_MAX: u64 = 100_000;

/// The same in bytes, by what the records last applied took, on disk and then in entries.
const BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// How far the indexes of one table are behind. Writers look at it, the task that applies records keeps it.
#[derive(Debug)]
pub(crate) struct Backlog {
    newest: watch::Receiver<LogSequence>,
    applied: AtomicU64,
    records_max: u64,
    /// No more than `records_max`: fewer while records are large.
    fitting: AtomicU64,
}

/// How far the global indexes of a table are behind their table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexLag {
    /// Changes that the indexes do not show yet.
    pub records: u64,
    /// The age of the oldest of them.
    pub ms: u64,
}

impl Backlog {
    /// `newest` tells of records, those up to `applied` are in the indexes.
    pub(crate) fn new(newest: watch::Receiver<LogSequence>, applied: LogSequence, records_max: u64) -> Self {
        Self { newest, applied: AtomicU64::new(applied.0), records_max, fitting: AtomicU64::new(records_max) }
    }

    /// All records up to `upto` are in the indexes.
    pub(crate) fn reached(&self, upto: LogSequence) {
        self.applied.fetch_max(upto.0, Ordering::Relaxed);
    }

    /// What a record takes at present decides how many may wait.
    pub(crate) fn measured(&self, records: usize, bytes: usize) {
        let mean = bytes as u64 / (records as u64).max(1);
        let fitting = BYTES_MAX / mean.max(1);
        self.fitting.store(fitting.min(self.records_max), Ordering::Relaxed);
    }

    fn records(&self) -> u64 {
        self.newest.borrow().0.saturating_sub(self.applied.load(Ordering::Relaxed))
    }

    fn is_too_long(&self) -> bool {
        self.records() > self.fitting.load(Ordering::Relaxed)
    }
}

impl Table {
    /// Refuses a write while the global indexes are too far behind.
    pub(crate) fn admit_write(&self, scope: &Scope) -> Result<(), ServiceError> {
        match self.backlog.get() {
            Some(backlog) if backlog.is_too_long() => self.throttled(scope),
            _ => Ok(()),
        }
    }

    /// An index that was dropped in the meantime is not waited for.
    #[cold]
    fn throttled(&self, scope: &Scope) -> Result<(), ServiceError> {
        let table = &self.descriptor;
        let provisioned = table.billing == BillingMode::Provisioned;
        let reason = match provisioned {
            true => "IndexWriteProvisionedThroughputExceeded",
            false => "IndexWriteKeyRangeThroughputExceeded",
        };
        let behind = self.maintained_indexes().map(|index| ThrottlingReason {
            reason: reason.to_owned(),
            resource: scope.index_arn(&table.name, &index.name),
        });
        let reasons = Vec::from_iter(behind);
        match (reasons.is_empty(), provisioned) {
            (true, _) => Ok(()),
            (false, true) => Err(ServiceError::index_throughput_exceeded(reasons)),
            (false, false) => Err(ServiceError::throttling(reasons)),
        }
    }
}

impl TableEngine {
    /// How far a table's global indexes are behind it; `None` when it has none, or is not served here.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn index_lag(&self, table: TableId) -> Result<Option<IndexLag>, Error> {
        let Some(table) = self.served(table).filter(|table| table.has_maintained_indexes()) else {
            return Ok(None);
        };
        let shard = self.shard();
        let Ok(cursor) = shard.cursor(table.id(), READER) else { return Ok(None) };
        let oldest = shard.read_log_after(table.id(), cursor, 1, Visibility::Applied).await?;
        let Some(oldest) = oldest.first() else { return Ok(Some(IndexLag::default())) };
        let newest = shard.log_span(table.id()).map_or(oldest.sequence, |span| span.newest);
        Ok(Some(IndexLag {
            records: newest.0.saturating_sub(cursor.0),
            ms: self.core.clock.now().0.saturating_sub(oldest.at.0),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS_MAX: u64 = 10_000;

    #[test]
    fn what_may_wait_is_bounded_in_records_and_bytes() {
        let (log, newest) = watch::channel(LogSequence(10));
        let backlog = Backlog::new(newest, LogSequence(10), RECORDS_MAX);
        assert_eq!(backlog.records(), 0);
        log.send_replace(LogSequence(10 + RECORDS_MAX));
        assert!(!backlog.is_too_long());
        log.send_replace(LogSequence(11 + RECORDS_MAX));
        assert!(backlog.is_too_long());
        backlog.reached(LogSequence(11));
        assert!(!backlog.is_too_long());
        backlog.measured(2, 800 * 1024);
        assert!(backlog.is_too_long(), "large records");
        backlog.reached(LogSequence(11 + RECORDS_MAX - BYTES_MAX / (400 * 1024)));
        assert!(!backlog.is_too_long());
        backlog.measured(0, 0);
        assert_eq!(backlog.fitting.load(Ordering::Relaxed), RECORDS_MAX);
    }
}

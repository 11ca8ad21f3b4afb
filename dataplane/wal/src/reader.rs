//! Reading a shard's records back: when its engine starts, and for engines that follow.

use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use slatedb::RowEntry;
use slatedb::wal::{WalError, WalFileRange, WalIterator, WalReader, WalRows};

use crate::disk::DiskFile;
use crate::error::Error;
use crate::format::{self, GroupHeader, Kind, RecordHeader, SegmentHeader};
use crate::queue::Core;
use crate::rows;
use crate::state::{Shard, lock};

/// How much is read at once, in bytes. A larger group is read whole.
const READ_BYTES: u64 = 1024 * 1024;

/// The records of a shard, in order.
pub(crate) struct RowsIterator {
    core: Arc<Core>,
    shard: Arc<Shard>,
    /// The id of the last record that was handed out.
    consumed: u64,
    /// The id of the last record to hand out; without one, records to come are waited for.
    end: Option<u64>,
    /// The next group to read: its segment, and where it begins there.
    at: (u64, u64),
}

/// A piece of a segment to read.
struct Piece {
    segment: u64,
    file: Arc<dyn DiskFile>,
    salt: u32,
    /// The shard's number in the segment.
    number: u32,
    from: u64,
    to: u64,
}

impl RowsIterator {
    pub(crate) fn new(core: &Arc<Core>, shard: &Arc<Shard>, after: u64, end: Option<u64>) -> Self {
        let (core, shard) = (Arc::clone(core), Arc::clone(shard));
        Self { core, shard, consumed: after, end, at: (0, 0) }
    }

    /// The next piece that may hold records of the shard. `None` when all that are on disk were handed out.
    fn piece(&self) -> Result<Option<Piece>, WalError> {
        let segments = lock(&self.core.segments);
        let state = lock(&self.shard.state);
        if state.trimmed > self.consumed {
            return Err(WalError::WalTruncated(self.consumed + 1));
        }
        let wanted = |last_id: u64| last_id > self.consumed;
        for span in state.spans.iter().filter(|span| wanted(span.last_id)) {
            let Some(segment) = segments.get(&span.segment) else { continue };
            let from = match self.at {
                (number, at) if number == span.segment => at,
                (number, _) if number > span.segment => continue,
                _ => SegmentHeader::BYTES as u64,
            };
            if from < segment.tail {
                return Ok(Some(Piece {
                    segment: span.segment,
                    file: Arc::clone(&segment.file),
                    salt: segment.salt,
                    number: span.number,
                    from,
                    to: segment.tail,
                }));
            }
        }
        Ok(None)
    }
}

impl Piece {
    /// Reads whole groups: the rows of the shard behind `after`, the id of the last of them, and where the next group
    /// begins.
    fn read(&self, after: u64, end: u64) -> Result<(Vec<RowEntry>, u64, u64), (u64, std::io::Error)> {
        let mut bytes = self.bytes(READ_BYTES)?;
        let first = GroupHeader::decode(&bytes, self.salt).ok_or_else(|| self.bad(0))?;
        if first.group_bytes() > bytes.len() {
            bytes = self.bytes(first.group_bytes() as u64)?;
        }
        let (mut rows, mut last, mut at) = (Vec::new(), after, 0);
        while let Some(header) = bytes.get(at..).and_then(|rest| GroupHeader::decode(rest, self.salt)) {
            let Some(body) = bytes.get(at + GroupHeader::BYTES..at + header.group_bytes()) else { break };
            self.group(body, (after, end), &mut rows, &mut last).map_err(|offset| self.bad(at + offset))?;
            at += header.group_bytes();
        }
        if at == 0 { Err(self.bad(0)) } else { Ok((rows, last, self.from + at as u64)) }
    }

    fn bytes(&self, wanted: u64) -> Result<Vec<u8>, (u64, std::io::Error)> {
        let length = (self.to - self.from).min(wanted);
        let length = usize::try_from(length).map_err(|error| (self.from, std::io::Error::other(error)))?;
        let mut bytes = vec![0; length];
        self.file.read(&mut bytes, self.from).map_err(|error| (self.from, error))?;
        Ok(bytes)
    }

    fn bad(&self, offset: usize) -> (u64, std::io::Error) {
        (self.from + offset as u64, std::io::ErrorKind::InvalidData.into())
    }

    /// The rows of a group. The error is where it is damaged.
    fn group(
        &self,
        body: &[u8],
        (after, end): (u64, u64),
        rows: &mut Vec<RowEntry>,
        last: &mut u64,
    ) -> Result<(), usize> {
        let mut at = 0;
        while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
            let bad = GroupHeader::BYTES + at;
            let bytes = RecordHeader::record_bytes(rest).ok_or(bad)?;
            let record = rest.get(..bytes).ok_or(bad)?;
            at += bytes;
            if RecordHeader::shard_of(record) != Some(self.number) {
                continue; // Checked when the log was opened, and not ours.
            }
            let (header, payload) = RecordHeader::decode(record, self.salt).ok_or(bad)?;
            if header.kind != Kind::Rows || header.id <= after || header.id > end {
                continue;
            }
            // A copy: a row that is kept must not keep those of other shards.
            rows::decode(&Bytes::copy_from_slice(payload), header.seq, rows).ok_or(bad)?;
            *last = header.id;
        }
        Ok(())
    }
}

#[async_trait]
impl WalIterator for RowsIterator {
    async fn next(&mut self) -> Result<Option<WalRows>, WalError> {
        loop {
            if self.end.is_some_and(|end| self.consumed >= end) {
                return Ok(None);
            }
            let Some(piece) = self.piece()? else {
                match self.end {
                    // Ids that were never used count as handed out.
                    Some(end) => {
                        self.consumed = end;
                        return Ok(Some(WalRows { rows: Vec::new(), last_consumed_wal_file_id: end }));
                    }
                    None => self.shard.durable(self.consumed + 1).await?,
                }
                continue;
            };
            let (after, end) = (self.consumed, self.end.unwrap_or(u64::MAX));
            let segment = piece.segment;
            let read = tokio::task::spawn_blocking(move || piece.read(after, end)).await;
            let read = read.map_err(|error| WalError::InternalError(Arc::new(error)))?;
            let (rows, last, at) = read.map_err(|(offset, error)| self.unreadable(segment, offset, error))?;
            self.at = (segment, at);
            self.consumed = last;
            if !rows.is_empty() {
                return Ok(Some(WalRows { rows, last_consumed_wal_file_id: last }));
            }
        }
    }
}

impl RowsIterator {
    fn unreadable(&self, segment: u64, offset: u64, error: std::io::Error) -> WalError {
        let place = self.core.disk.place(&format::segment_name(segment));
        let error = match error.kind() {
            std::io::ErrorKind::InvalidData => {
                Error::Damaged { place, offset, what: "a record is not what was written" }
            }
            _ => Error::disk("read", place, error),
        };
        error.for_engine()
    }
}

/// Reads a shard's records for whoever follows it.
pub(crate) struct Reader {
    pub(crate) core: Arc<Core>,
    pub(crate) shard: Arc<Shard>,
}

#[async_trait]
impl WalReader for Reader {
    async fn iterator(&self, range: WalFileRange) -> Result<Box<dyn WalIterator>, WalError> {
        let after = match range.0 {
            Bound::Included(first) => first.saturating_sub(1),
            Bound::Excluded(before) => before,
            Bound::Unbounded => 0,
        };
        let end = match range.1 {
            Bound::Included(last) => Some(last),
            Bound::Excluded(behind) => Some(behind.saturating_sub(1)),
            Bound::Unbounded => None,
        };
        Ok(Box::new(RowsIterator::new(&self.core, &self.shard, after, end)))
    }

    async fn last_wal_file_id(&self, replay_after: u64) -> Result<u64, WalError> {
        Ok(self.shard.progress.borrow().id.max(replay_after))
    }
}

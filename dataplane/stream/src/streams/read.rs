//! GetShardIterator and GetRecords.
//!
//! A page is read first and judged afterwards: a stream may be closed, a shard ended or records trimmed at any moment, and what
//! was read before such a change is cut at what the change left. So nothing is locked while the store is read, nobody gets a
//! record twice from a shard and its child, and nobody misses one because it was trimmed under his eyes.

use partita_model::clock::UnixMillis;
use partita_protocol::ServiceError;
use partita_protocol::operation::{GetRecords, GetShardIterator, StartAt};
use partita_protocol::output;
use partita_protocol::stream::{SequenceNumber, ShardId, StreamName};
use partita_storage::{LogRecord, LogSequence, LogSpan, Visibility};

use super::{Bounds, Stream, Streams};
use crate::Error;
use crate::iterator::{Bookmark, Place};
use crate::record::Recorder;

/// The most that the records of one page have of keys and images, in bytes: the service's limit. A first record that is larger is
/// a page of its own.
const PAGE_BYTES_MAX: u64 = 1024 * 1024;

/// Later than any record.
const NEVER: UnixMillis = UnixMillis(u64::MAX);

impl Bounds {
    /// The position behind which reading the shard begins.
    fn start(&self) -> u64 {
        self.horizon.max(self.first.saturating_sub(1))
    }

    /// The position behind which there is nothing to read in the shard, when the log's newest is `newest`.
    fn last(&self, newest: u64) -> u64 {
        self.end.map_or(newest, |end| end.min(newest)).max(self.start())
    }

    /// Where a place is; `None` when records behind it have grown too old.
    fn behind(&self, place: Place) -> Option<u64> {
        match place {
            Place::Oldest => Some(self.start()),
            Place::Behind(position) => {
                (position >= self.horizon || self.is_over(position)).then_some(position)
            }
        }
    }

    /// Whether the shard has ended and nothing is behind this position.
    fn is_over(&self, position: u64) -> bool {
        self.closed && self.end.is_some_and(|end| position >= end)
    }
}

impl Streams {
    /// A place in a shard.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is no such shard, or no more; `TrimmedDataAccessException` when the record is too
    /// old; `ValidationException` when the place cannot be in the shard.
    pub async fn get_shard_iterator(
        &self,
        get: &GetShardIterator,
    ) -> Result<output::GetShardIterator, Error> {
        let stream = self.find(&get.stream)?;
        let bounds = self.bounds(&stream, &get.shard);
        let bounds = bounds.ok_or_else(ServiceError::shard_not_found)?;
        let place = match get.start {
            StartAt::TrimHorizon => Place::Oldest,
            StartAt::Latest => Place::Behind(self.first_at(&stream, &bounds, NEVER).await? - 1),
            StartAt::Record(number) => {
                self.behind_record(&stream, &bounds, number, number.position().saturating_sub(1))?
            }
            StartAt::AfterRecord(number) => {
                self.behind_record(&stream, &bounds, number, number.position())?
            }
            StartAt::Time(at) if at > self.now() => return Err(ServiceError::timestamp_in_future().into()),
            StartAt::Time(at) => Place::Behind(self.first_at(&stream, &bounds, at).await? - 1),
        };
        let bookmark =
            Bookmark { stream: stream.name(), shard: get.shard.clone(), place, issued: self.now() };
        Ok(output::GetShardIterator { shard_iterator: bookmark.encode() })
    }

    /// The position of the shard's first durable record of this time or later; the one behind its last when there is none.
    async fn first_at(&self, stream: &Stream, bounds: &Bounds, at: UnixMillis) -> Result<u64, Error> {
        let table = stream.table.id;
        let newest = self.newest(stream);
        let span =
            LogSpan { oldest: LogSequence(bounds.start()).next(), newest: LogSequence(bounds.last(newest)) };
        Ok(self.shard().first_record_at(table, span, at).await?.0)
    }

    /// The place `behind` a position that a caller got by a record's number.
    fn behind_record(
        &self,
        stream: &Stream,
        bounds: &Bounds,
        number: SequenceNumber,
        behind: u64,
    ) -> Result<Place, Error> {
        let number = number.position();
        let is_before_end = match bounds.end {
            // A shard that ended without a record tells its first number as its last.
            Some(end) => number <= end.max(bounds.first),
            // The number that comes next may be asked for: an open shard without records tells it as its first.
            None => behind <= self.newest(stream),
        };
        if number < bounds.first || !is_before_end {
            return Err(ServiceError::invalid_sequence_number().into());
        }
        if bounds.behind(Place::Behind(behind)).is_none() {
            return Err(ServiceError::trimmed_data_access().into());
        }
        Ok(Place::Behind(behind))
    }

    /// The newest position of the log, durable or not.
    fn newest(&self, stream: &Stream) -> u64 {
        self.shard().log_span(stream.table.id).map_or(0, |span| span.newest.0)
    }

    /// The records of a shard from a place on: at most as many as asked for, and fewer when they have more than 1 MB.
    ///
    /// # Errors
    /// `ValidationException` for what is no iterator, `ExpiredIteratorException` for an old one, `TrimmedDataAccessException` when
    /// records behind it are too old, and `ResourceNotFoundException` when the stream is gone.
    pub async fn get_records(&self, get: &GetRecords) -> Result<output::GetRecords, Error> {
        let bookmark = Bookmark::decode(&get.iterator).ok_or_else(ServiceError::invalid_shard_iterator)?;
        if bookmark.is_expired(self.now()) {
            return Err(ServiceError::expired_iterator().into());
        }
        let Bookmark { stream: name, shard, place, .. } = bookmark;
        let (stream, bounds) = self.readable(&name, &shard)?;
        let behind = bounds.behind(place).ok_or_else(ServiceError::trimmed_data_access)?;
        let entries = self.entries(&stream, behind, get.limit).await?;

        let (stream, bounds) = self.readable(&name, &shard)?;
        bounds.behind(Place::Behind(behind)).ok_or_else(ServiceError::trimmed_data_access)?;
        let (records, behind) = self.page(&stream, &bounds, &entries, behind)?;
        let next = Bookmark { stream: name, shard, place: Place::Behind(behind), issued: self.now() };
        let next = (!bounds.is_over(behind)).then(|| next.encode());
        Ok(output::GetRecords { records, next })
    }

    /// A shard that was there when its iterator was made.
    fn readable(&self, name: &StreamName, shard: &ShardId) -> Result<(Stream, Bounds), Error> {
        let stream = self.stream(name);
        let stream = stream.ok_or_else(|| ServiceError::stream_not_found(&name.arn(&self.scope)))?;
        // A shard goes only when all its records are too old.
        let bounds = self.bounds(&stream, shard).ok_or_else(ServiceError::trimmed_data_access)?;
        Ok((stream, bounds))
    }

    async fn entries(&self, stream: &Stream, behind: u64, limit: usize) -> Result<Vec<LogRecord>, Error> {
        let behind = LogSequence(behind);
        Ok(self.shard().read_log_after(stream.table.id, behind, limit, Visibility::Durable).await?)
    }

    /// The records of a page, and the position behind which the next one begins.
    fn page(
        &self,
        stream: &Stream,
        bounds: &Bounds,
        entries: &[LogRecord],
        mut behind: u64,
    ) -> Result<(Vec<output::Record>, u64), Error> {
        let recorder = Recorder { table: &stream.table, view: stream.identity.view, region: &self.region };
        let (mut records, mut bytes) = (Vec::new(), 0);
        for entry in entries {
            let position = entry.sequence.0;
            if bounds.end.is_some_and(|end| position > end) {
                break;
            }
            let record = recorder.record(entry);
            let record =
                record.map_err(|source| Error::Change { table: stream.table.id, position, source })?;
            bytes += record.size_bytes;
            if bytes > PAGE_BYTES_MAX && !records.is_empty() {
                break;
            }
            records.push(record);
            behind = position;
        }
        Ok((records, behind))
    }
}

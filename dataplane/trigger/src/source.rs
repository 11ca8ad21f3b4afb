//! The stream of a mapping, as positions.

use std::sync::Arc;
use std::time::Duration;

use partita_model::name::Scope;
use partita_protocol::ServiceError;
use partita_protocol::operation::{DescribeStream, GetRecords, GetShardIterator, StartAt};
use partita_protocol::output::Record;
use partita_protocol::stream::{SequenceNumber, ShardId, StreamArn};
use partita_stream::Streams;
use partita_table::TableEngine;

use crate::Error;

/// Records of one page, and shards of one: the most there may be.
const PAGE_RECORDS: usize = 1000;
const PAGE_SHARDS: usize = 100;

/// How long nothing is read while nothing is written: the end of a shard is not told by a record.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long to wait for a record that is written to become durable.
const SYNC_PAUSE: Duration = Duration::from_millis(2);

/// Reads a stream.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) engine: Arc<TableEngine>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) scope: Arc<Scope>,
    pub(crate) arn: StreamArn,
}

/// A shard of the stream.
#[derive(Clone, Debug)]
pub(crate) struct StreamShard {
    pub(crate) id: ShardId,
    pub(crate) parent: Option<ShardId>,
    pub(crate) first: u64,
    pub(crate) closed: bool,
}

/// Records that were read.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) records: Vec<Record>,
    /// Nothing comes behind them in the shard.
    pub(crate) over: bool,
}

/// Why nothing was read that the caller can do something about.
enum Miss {
    /// Records at the place are too old.
    Trimmed,
    Other(Error),
}

impl From<partita_stream::Error> for Miss {
    fn from(error: partita_stream::Error) -> Self {
        match error {
            partita_stream::Error::Refused(refusal) if refusal.name() == "TrimmedDataAccessException" => {
                Self::Trimmed
            }
            error => Self::Other(error.into()),
        }
    }
}

impl Source {
    /// All shards, parents before children; `None` when there is no such stream, or no more.
    pub(crate) fn shards(&self) -> Result<Option<Vec<StreamShard>>, Error> {
        let mut shards = Vec::new();
        let mut after = None;
        loop {
            let describe = DescribeStream {
                stream: self.arn.clone(),
                limit: PAGE_SHARDS,
                after: after.take(),
                children_of: None,
            };
            let description = match self.streams.describe_stream(&describe) {
                Ok(page) => page.stream_description,
                Err(partita_stream::Error::Refused(refusal)) if is_gone(&refusal) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            shards.extend(description.shards.into_iter().map(|shard| StreamShard {
                id: shard.shard_id,
                parent: shard.parent_shard_id,
                first: shard.sequence_number_range.starting_sequence_number.position(),
                closed: shard.sequence_number_range.ending_sequence_number.is_some(),
            }));
            after = description.last_evaluated_shard_id;
            if after.is_none() {
                return Ok(Some(shards));
            }
        }
    }

    /// The position of the newest record, durable or not.
    pub(crate) fn newest(&self) -> Option<u64> {
        let table = self.arn.name(&self.scope).ok()?.table;
        let table = self.engine.descriptor_of(&table)?.id;
        self.engine.shard().log_span(table).map(|span| span.newest.0)
    }

    /// The records of a shard behind a position. Waits until there are some, or the shard is over. Records that have grown too old
    /// are skipped, and that is logged.
    pub(crate) async fn page(&self, shard: &StreamShard, after: u64) -> Result<Page, Error> {
        loop {
            let page = match self.read(shard, Some(after).filter(|after| *after >= shard.first)).await {
                Err(Miss::Trimmed) => {
                    let (stream, id) = (self.arn.as_str(), shard.id.as_str());
                    tracing::warn!(
                        stream,
                        shard = id,
                        after,
                        "records grew too old before they were delivered"
                    );
                    self.read(shard, None).await
                }
                read => read,
            };
            match page {
                Ok(page) if page.over || !page.records.is_empty() => return Ok(page),
                Ok(_) => self.changed(after).await,
                Err(Miss::Trimmed) => self.changed(after).await,
                Err(Miss::Other(error)) => return Err(error),
            }
        }
    }

    /// What can be read behind a position now, or from the oldest record on.
    async fn read(&self, shard: &StreamShard, after: Option<u64>) -> Result<Page, Miss> {
        let start =
            after.map_or(StartAt::TrimHorizon, |after| StartAt::AfterRecord(SequenceNumber::of(after)));
        let get = GetShardIterator { stream: self.arn.clone(), shard: shard.id.clone(), start };
        let iterator = self.streams.get_shard_iterator(&get).await?.shard_iterator;
        let records = self.streams.get_records(&GetRecords { iterator, limit: PAGE_RECORDS }).await?;
        Ok(Page { records: records.records, over: records.next.is_none() })
    }

    /// Returns when there may be something behind a position, or when it is time to look.
    async fn changed(&self, after: u64) {
        if self.newest().is_some_and(|newest| newest > after) {
            return tokio::time::sleep(SYNC_PAUSE).await;
        }
        let table = self.arn.name(&self.scope).ok().and_then(|name| self.engine.descriptor_of(&name.table));
        let Some(table) = table else { return tokio::time::sleep(LOOK_EVERY).await };
        let mut log = self.engine.shard().watch_log(table.id);
        let written = log.wait_for(|newest| newest.0 > after);
        // However it ends, it is time to look.
        drop(tokio::time::timeout(LOOK_EVERY, written).await);
    }
}

fn is_gone(refusal: &ServiceError) -> bool {
    refusal.name() == "ResourceNotFoundException"
}

//! What the operations of DynamoDB Streams answer.

mod record;

use partita_model::TableName;
use partita_model::clock::UnixMillis;
use partita_model::descriptor::StreamView;
use serde::Serialize;

pub use record::{EventName, GetRecords, Record};

use super::table::seconds;
use crate::definition::KeySchemaElement;
use crate::stream::{SequenceNumber, ShardId, ShardIterator, StreamArn};

/// The answer of ListStreams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListStreams {
    /// By table, then by label.
    pub streams: Vec<StreamSummary>,
    /// Present when there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_evaluated_stream_arn: Option<StreamArn>,
}

/// A stream as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamSummary {
    /// The stream's resource name.
    pub stream_arn: StreamArn,
    /// The table whose changes it tells.
    pub table_name: TableName,
    /// What tells the streams of a table apart.
    pub stream_label: String,
}

/// The answer of DescribeStream.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeStream {
    /// The stream, with one page of its shards.
    pub stream_description: StreamDescription,
}

/// A stream and one page of its shards.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamDescription {
    /// The stream's resource name.
    pub stream_arn: StreamArn,
    /// What tells the streams of a table apart.
    pub stream_label: String,
    /// Where the stream is in its life.
    pub stream_status: StreamStatus,
    /// What records carry.
    pub stream_view_type: StreamView,
    /// When the stream was asked for.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub creation_request_date_time: Option<UnixMillis>,
    /// The table whose changes it tells.
    pub table_name: TableName,
    /// The table's key.
    pub key_schema: Vec<KeySchemaElement>,
    /// Parents before their children.
    pub shards: Vec<Shard>,
    /// Present when there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_evaluated_shard_id: Option<ShardId>,
}

/// Where a stream is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StreamStatus {
    /// Accepted, not written yet.
    Enabling,
    /// Written and read.
    Enabled,
    /// Read, soon no longer written.
    Disabling,
    /// Read until its records are too old.
    Disabled,
}

/// A part of a stream, in the order of its records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Shard {
    /// The shard's name.
    pub shard_id: ShardId,
    /// Which records are in it.
    pub sequence_number_range: SequenceNumberRange,
    /// The shard that must be read before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_shard_id: Option<ShardId>,
}

/// The records of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SequenceNumberRange {
    /// The first one.
    pub starting_sequence_number: SequenceNumber,
    /// The last one. A shard without it is open: more may come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_sequence_number: Option<SequenceNumber>,
}

/// The answer of GetShardIterator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetShardIterator {
    /// Where GetRecords is to begin.
    pub shard_iterator: ShardIterator,
}

#[cfg(test)]
mod tests;

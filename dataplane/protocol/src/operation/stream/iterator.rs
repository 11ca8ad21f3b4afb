//! GetShardIterator.

use std::ops::RangeInclusive;

use partita_model::clock::UnixMillis;

use super::{shard_id, stream};
use crate::ServiceError;
use crate::definition::member::{required, text};
use crate::error::{Place, Violations};
use crate::json::Members;
use crate::operation::Choices;
use crate::stream::{SequenceNumber, ShardId, StreamArn};

/// Lengths of a sequence number in the service model.
const SEQUENCE_NUMBER_CHARACTERS: RangeInclusive<usize> = 21..=40;

/// GetShardIterator.
#[derive(Clone, Debug, PartialEq)]
pub struct GetShardIterator {
    /// Which stream.
    pub stream: StreamArn,
    /// Which of its shards.
    pub shard: ShardId,
    /// Where reading is to begin.
    pub start: StartAt,
}

/// Where in a shard reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// With the oldest record that is still there.
    TrimHorizon,
    /// With the first record that is yet to come.
    Latest,
    /// With this record.
    Record(SequenceNumber),
    /// With the record after this one.
    AfterRecord(SequenceNumber),
    /// With the first record of this time or later.
    Time(UnixMillis),
}

/// [`StartAt`] without its parameter.
#[derive(Clone, Copy)]
enum Kind {
    TrimHorizon,
    Latest,
    Record,
    AfterRecord,
    Time,
}

const KINDS: Choices<Kind> = Choices {
    all: &[
        ("TRIM_HORIZON", Kind::TrimHorizon),
        ("LATEST", Kind::Latest),
        ("AT_SEQUENCE_NUMBER", Kind::Record),
        ("AFTER_SEQUENCE_NUMBER", Kind::AfterRecord),
        ("AT_TIMESTAMP", Kind::Time),
    ],
    classic: "TRIM_HORIZON, LATEST, AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, AT_TIMESTAMP",
    modern: "TRIM_HORIZON, LATEST, AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, AT_TIMESTAMP",
};

impl GetShardIterator {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let arn = members.string("StreamArn")?;
        let shard = members.string("ShardId")?;
        let kind = members.string("ShardIteratorType")?;
        let sequence = members.string("SequenceNumber")?;
        let timestamp = members.timestamp("Timestamp")?;

        let mut violations = Violations::new();
        let arn = stream(arn, &mut violations);
        let place = Place::member("shardId");
        let shard = required(shard, &place, &mut violations);
        let shard = shard_id(shard, &place, &mut violations);
        let place = Place::member("shardIteratorType");
        let kind = required(kind, &place, &mut violations);
        let kind = KINDS.check(kind.as_deref(), &place, &mut violations);
        let place = Place::member("sequenceNumber");
        let sequence = text(sequence, &SEQUENCE_NUMBER_CHARACTERS, &place, &mut violations);
        violations.finish()?;

        // What is required is there, or there were violations.
        let (Some(stream), Some(shard), Some(kind)) = (arn, shard, kind) else {
            return Err(ServiceError::internal());
        };
        Ok(Self { stream, shard, start: start(kind, sequence.as_deref(), timestamp)? })
    }
}

/// A parameter that belongs to another kind of start is ignored.
fn start(kind: Kind, sequence: Option<&str>, timestamp: Option<UnixMillis>) -> Result<StartAt, ServiceError> {
    let record = |kind: &'static str| {
        let given = sequence.ok_or_else(|| ServiceError::start_incomplete("SequenceNumber", kind))?;
        SequenceNumber::read(given).ok_or_else(ServiceError::invalid_sequence_number)
    };
    match kind {
        Kind::TrimHorizon => Ok(StartAt::TrimHorizon),
        Kind::Latest => Ok(StartAt::Latest),
        Kind::Record => record("AT_SEQUENCE_NUMBER").map(StartAt::Record),
        Kind::AfterRecord => record("AFTER_SEQUENCE_NUMBER").map(StartAt::AfterRecord),
        Kind::Time => timestamp
            .map(StartAt::Time)
            .ok_or_else(|| ServiceError::start_incomplete("Timestamp", "AT_TIMESTAMP")),
    }
}

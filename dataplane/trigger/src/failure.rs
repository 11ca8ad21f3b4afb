//! What a destination is told about records that were given up: Lambda's form, with the records themselves.

use bytes::Bytes;
use partita_mapping::{Mapping, Target};
use partita_model::clock::UnixMillis;
use partita_model::name::Scope;
use partita_protocol::stream::{SequenceNumber, ShardId};
use serde_json::json;

use crate::batch::{Condition, LastFailure};
use crate::event::{Event, payload, rfc3339};

/// Records that were given up.
pub(crate) struct GivenUp<'a> {
    pub(crate) mapping: &'a Mapping,
    pub(crate) scope: &'a Scope,
    pub(crate) shard: &'a ShardId,
    /// Never empty.
    pub(crate) events: &'a [Event],
    pub(crate) condition: Condition,
    pub(crate) attempts: u32,
    pub(crate) last: &'a LastFailure,
    pub(crate) now: UnixMillis,
    pub(crate) request_id: &'a str,
}

impl GivenUp<'_> {
    /// The body that the destination gets.
    pub(crate) fn to_json(&self) -> Bytes {
        let number = |event: Option<&Event>| event.map(|event| SequenceNumber::of(event.position));
        let time = |event: Option<&Event>| event.map(|event| rfc3339(event.at));
        let (first, last) = (self.events.first(), self.events.last());
        let target = match &self.mapping.target {
            Target::Lambda { function, .. } => function.arn(self.scope),
            Target::Http { url, .. } => url.to_string(),
        };
        let condition = match self.condition {
            Condition::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Condition::RecordAgeExceeded => "RecordAgeExceeded",
        };
        let records = payload(self.events);
        let report = json!({
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": target,
                "condition": condition,
                "approximateInvokeCount": self.attempts,
            },
            "responseContext": {
                "statusCode": self.last.status,
                "executedVersion": "$LATEST",
                "functionError": self.last.error,
            },
            "version": "1.0",
            "timestamp": rfc3339(self.now),
            "DDBStreamBatchInfo": {
                "shardId": self.shard,
                "startSequenceNumber": number(first),
                "endSequenceNumber": number(last),
                "approximateArrivalOfFirstRecord": time(first),
                "approximateArrivalOfLastRecord": time(last),
                "batchSize": self.events.len(),
                "streamArn": self.mapping.source,
            },
            // Records of a stream are gone after a day; whoever is told of them here may come later.
            "payload": String::from_utf8_lossy(&records),
        });
        report.to_string().into()
    }
}

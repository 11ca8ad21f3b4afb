//! Records as targets get them: Lambda's form of DynamoDB's records.

use std::hash::{Hash as _, Hasher as _};

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::Item;
use partita_model::clock::UnixMillis;
use partita_protocol::output::{Answer as _, Record};
use partita_protocol::stream::StreamArn;
use xxhash_rust::xxh3::Xxh3Default;

/// The most bytes of one delivery: Lambda's limit for what a function is called with, 6 MB.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;

const HEAD: &[u8] = b"{\"Records\":[";
const TAIL: &[u8] = b"]}";

/// Who deletes items that have expired, as functions are told; the names of its members differ from those of GetRecords.
const EXPIRY_IDENTITY: &[u8] =
    b",\"userIdentity\":{\"type\":\"Service\",\"principalId\":\"dynamodb.amazonaws.com\"}";

/// A record, ready to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Where it stands in the stream.
    pub(crate) position: u64,
    /// When the change happened.
    pub(crate) at: UnixMillis,
    /// The same for all records of an item.
    pub(crate) item: u64,
    /// As the target gets it.
    pub(crate) json: Bytes,
}

impl Event {
    /// The event that tells of a record.
    pub(crate) fn new(mut record: Record, source: &StreamArn) -> Self {
        let (position, at, item) =
            (record.sequence_number.position(), record.created, item_hash(&record.keys.decoded()));
        let expired = std::mem::take(&mut record.expired);
        let mut json = record.to_bytes();
        // The object is left open for what only functions are told.
        json.pop();
        if expired {
            json.extend_from_slice(EXPIRY_IDENTITY);
        }
        json.extend_from_slice(b",\"eventSourceARN\":");
        json.extend_from_slice(&source.to_bytes());
        json.push(b'}');
        Self { position, at, item, json: json.into() }
    }

    /// What it adds to a payload, in bytes.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.json.len() + 1
    }
}

/// The body of a delivery.
pub(crate) fn payload(events: &[Event]) -> Bytes {
    let bytes: usize = events.iter().map(Event::payload_bytes).sum();
    let mut payload = BytesMut::with_capacity(HEAD.len() + bytes + TAIL.len());
    payload.put_slice(HEAD);
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            payload.put_u8(b',');
        }
        payload.put_slice(&event.json);
    }
    payload.put_slice(TAIL);
    payload.freeze()
}

/// Tells items apart, for as long as a process runs.
fn item_hash(keys: &Item) -> u64 {
    let mut hasher = Xxh3Default::new();
    keys.hash(&mut hasher);
    hasher.finish()
}

/// When something happened, as texts tell it.
pub(crate) fn rfc3339(at: UnixMillis) -> String {
    let time = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.unwrap_or(jiff::Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests;

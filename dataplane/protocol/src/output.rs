//! Answers: one struct for each kind, written straight to the body.
//!
//! Every answer is in the service's shape: members that are absent are left out, never `null`; capacity figures are floats
//! (`1.0`, `0.5`); an answer with nothing to say is `{}`. [`Answer`] makes the bytes: serde's, or for the answers that are
//! mostly items those of [`write`], which takes items as they lie on disk ([`ItemForm`]).

mod attribute;
mod batch;
mod capacity;
mod feature;
mod form;
mod item;
mod statement;
mod stream;
mod table;
mod transaction;
mod write;

pub(crate) use attribute::WireItem;
pub use batch::{BatchGet, BatchWrite, ReadOptions, UnprocessedKeys, UnprocessedWrites};
pub use capacity::{Access, CapacityDetail, ConsumedCapacity, ItemCollectionMetrics, TransactionCapacity};
pub use feature::{
    DescribeTimeToLive, NoContinuousBackups, NoContributorInsights, NoKinesisDestination,
    TimeToLiveDescription, TimeToLiveStatus, UpdateTimeToLive,
};
pub use form::ItemForm;
pub use item::{GetItem, Page, WriteItem};
pub use statement::{BatchExecuteStatement, ExecuteStatement, StatementResponse};
pub use stream::{
    DescribeStream, EventName, GetRecords, GetShardIterator, ListStreams, Record, SequenceNumberRange, Shard,
    StreamDescription, StreamStatus, StreamSummary,
};
pub use table::{
    BillingModeSummary, ChangedTable, ChangedTags, DescribeEndpoints, DescribeLimits, DescribedTable,
    Endpoint, GlobalIndexDescription, ListTables, ListTagsOfResource, LocalIndexDescription,
    TableClassSummary, TableDescription, TableStatus, ThroughputDescription, WarmThroughputDescription,
};
pub use transaction::{TransactItems, TransactWrite};

use partita_model::Item;
use serde::Serialize;
use serde_json::Value;

/// Room in a body for what stands around its items, so that most bodies are allocated once.
const BODY_BYTES: usize = 128;

/// The body of an answer.
pub trait Answer {
    /// As bytes to send.
    fn to_bytes(&self) -> Vec<u8>;

    /// As a JSON value, for tests and tools.
    fn to_json(&self) -> Value;
}

impl<T: Serialize> Answer for T {
    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("answers have string keys and serialise without a fallible step")
    }

    fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("answers have string keys and serialise without a fallible step")
    }
}

/// The JSON value of an answer that is no [`Serialize`].
fn to_json(answer: &impl Answer) -> Value {
    serde_json::from_slice(&answer.to_bytes()).expect("an answer is JSON")
}

/// An item in the form of the API: each value under its type letter.
pub fn item_to_json(item: &Item) -> Value {
    WireItem(item).to_json()
}

#[cfg(test)]
mod tests;

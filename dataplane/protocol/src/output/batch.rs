//! Answers of the batches.

use std::collections::BTreeMap;

use partita_model::Item;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::attribute::{self, WireItem};
use super::write::{ObjectWriter, array, item_form};
use super::{Answer, BODY_BYTES, ConsumedCapacity, ItemCollectionMetrics, ItemForm, to_json};
use crate::operation;

/// The answer of BatchGetItem.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchGet {
    /// The items found, by the table as the request named it. Every table of the request is there.
    pub responses: Vec<(String, Vec<ItemForm>)>,
    /// What was not read.
    pub unprocessed: Vec<UnprocessedKeys>,
    /// One for each table; empty unless asked for.
    pub capacity: Vec<ConsumedCapacity>,
}

impl Answer for BatchGet {
    fn to_bytes(&self) -> Vec<u8> {
        let items = self.responses.iter().flat_map(|(_, items)| items);
        let mut out = Vec::with_capacity(BODY_BYTES + items.map(ItemForm::json_bytes).sum::<usize>());
        let mut object = ObjectWriter::new(&mut out);
        let mut responses = ObjectWriter::new(object.member(b"Responses"));
        for (table, items) in &self.responses {
            array(items, responses.member(table.as_bytes()), item_form);
        }
        responses.end();
        let mut unprocessed = ObjectWriter::new(object.member(b"UnprocessedKeys"));
        for keys in &self.unprocessed {
            unprocessed.serialized(&keys.table, keys);
        }
        unprocessed.end();
        if !self.capacity.is_empty() {
            object.serialized("ConsumedCapacity", &self.capacity);
        }
        object.end();
        out
    }

    fn to_json(&self) -> Value {
        to_json(self)
    }
}

/// The keys of one table that were not read, in the shape of a new request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnprocessedKeys {
    /// The table as the request named it.
    #[serde(skip)]
    pub table: String,
    /// The keys.
    #[serde(serialize_with = "attribute::items")]
    pub keys: Vec<Item>,
    /// How they were to be read.
    #[serde(flatten)]
    pub options: ReadOptions,
}

/// How the keys of one table of a BatchGetItem are read, as the request said it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReadOptions {
    /// `ConsistentRead`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistent_read: Option<bool>,
    /// `AttributesToGet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes_to_get: Option<Vec<String>>,
    /// `ProjectionExpression`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection_expression: Option<String>,
    /// `ExpressionAttributeNames`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression_attribute_names: Option<BTreeMap<String, String>>,
}

/// The answer of BatchWriteItem.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchWrite {
    /// What was not written.
    #[serde(rename = "UnprocessedItems", serialize_with = "unprocessed_writes")]
    pub unprocessed: Vec<UnprocessedWrites>,
    /// One for each table; empty unless asked for.
    #[serde(rename = "ConsumedCapacity", skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<ConsumedCapacity>,
    /// By table as the request named it; only of tables with local indexes, empty unless asked for.
    #[serde(rename = "ItemCollectionMetrics", skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Vec<ItemCollectionMetrics>>,
}

/// The writes of one table that were not done, in the shape of a new request.
#[derive(Clone, Debug, PartialEq)]
pub struct UnprocessedWrites {
    /// The table as the request named it.
    pub table: String,
    /// The writes.
    pub requests: Vec<operation::BatchWrite>,
}

struct WireWrite<'a>(&'a operation::BatchWrite);

/// An object with one member.
struct Single<'a>(&'static str, &'a Item);

impl Serialize for WireWrite<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(1))?;
        match self.0 {
            operation::BatchWrite::Put(item) => object.serialize_entry("PutRequest", &Single("Item", item)),
            operation::BatchWrite::Delete(key) => {
                object.serialize_entry("DeleteRequest", &Single("Key", key))
            }
        }?;
        object.end()
    }
}

impl Serialize for Single<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, WireItem(self.1))])
    }
}

fn unprocessed_writes<S: Serializer>(tables: &[UnprocessedWrites], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(
        tables
            .iter()
            .map(|writes| (&writes.table, writes.requests.iter().map(WireWrite).collect::<Vec<_>>())),
    )
}

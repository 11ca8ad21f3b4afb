//! The operations that are counted, each with the requests of a typical caller.

use clap::ValueEnum;
use serde_json::{Value, json};

/// Different requests that are repeated in turn: enough that no two neighbours are for the same item.
const VARIANTS: usize = 16;

/// Items under one partition key, for Query.
const ITEMS_OF_A_PARTITION: usize = 10;

/// Attribute bytes of an item: one kilobyte, as the comparisons use.
const ATTRIBUTE_BYTES: usize = 1000;

/// Items in one BatchWriteItem: as many as it takes.
const BATCH: usize = 25;

/// An operation with its usual parameters, in the order and with the names of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// answered without an engine (DescribeEndpoints)
    DescribeEndpoints,
    /// GetItem, 1 KiB, in the item cache
    Get,
    /// GetItem, ten attributes of all kinds
    GetMixed,
    /// GetItem, 1 KiB, projected
    GetProjected,
    /// PutItem, 1 KiB, over an older item
    Put,
    /// PutItem, ten attributes of all kinds
    PutMixed,
    /// UpdateItem, a counter with a condition
    Update,
    /// DeleteItem, nothing there
    Delete,
    /// Query, 10 items of 1 KiB
    Query,
    /// BatchWriteItem, 25 items of 1 KiB
    BatchWrite,
}

/// One call: the operation's name and its body.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) body: String,
}

impl Call {
    fn new(operation: &'static str, body: &Value) -> Self {
        Self { operation, body: body.to_string() }
    }
}

impl Workload {
    /// What has to be there before.
    pub(crate) fn preparation(self) -> Vec<Call> {
        match self {
            Self::Get | Self::GetProjected | Self::Put | Self::BatchWrite => each(|at| put(&large(at))),
            Self::GetMixed | Self::PutMixed => each(|at| put(&mixed(at))),
            Self::Update => each(|at| put(&counter(at))),
            Self::Query => (0..VARIANTS * ITEMS_OF_A_PARTITION)
                .map(|at| put_ordered(at % VARIANTS, at / VARIANTS))
                .collect(),
            Self::Delete | Self::DescribeEndpoints => Vec::new(),
        }
    }

    /// The requests to repeat.
    pub(crate) fn requests(self) -> Vec<Call> {
        match self {
            Self::Get | Self::GetMixed => each(|at| get(at, &json!({}))),
            Self::GetProjected => each(|at| {
                get(at, &json!({ "ProjectionExpression": "#p", "ExpressionAttributeNames": { "#p": "p" } }))
            }),
            // Twice as many as there are items: a put that changes nothing would write nothing.
            Self::Put => (0..2 * VARIANTS).map(|at| put(&large_as(at % VARIANTS, at))).collect(),
            Self::PutMixed => (0..2 * VARIANTS).map(|at| put(&mixed_as(at % VARIANTS, at))).collect(),
            Self::Update => each(update),
            Self::Query => each(query),
            Self::Delete => {
                each(|at| Call::new("DeleteItem", &json!({ "TableName": "items", "Key": key(at) })))
            }
            Self::BatchWrite => (0..2 * VARIANTS).map(batch).collect(),
            Self::DescribeEndpoints => vec![Call::new("DescribeEndpoints", &json!({}))],
        }
    }
}

fn each(call: impl Fn(usize) -> Call) -> Vec<Call> {
    (0..VARIANTS).map(call).collect()
}

fn name(at: usize) -> String {
    format!("user-{at:08}")
}

fn key(at: usize) -> Value {
    json!({ "p": { "S": name(at) } })
}

/// Text that does not repeat itself too soon.
fn text(at: usize) -> String {
    (0..ATTRIBUTE_BYTES).map(|index| char::from(b'a' + ((index * 7 + at) % 26) as u8)).collect()
}

fn large(at: usize) -> Value {
    large_as(at, at)
}

fn large_as(at: usize, version: usize) -> Value {
    json!({ "p": { "S": name(at) }, "data": { "S": text(version) } })
}

fn mixed(at: usize) -> Value {
    mixed_as(at, at)
}

fn mixed_as(at: usize, version: usize) -> Value {
    json!({
        "p": { "S": name(at) },
        "active": { "BOOL": true },
        "address": { "M": { "city": { "S": "Utrecht" }, "zip": { "S": "3511" } } },
        "balance": { "N": "1234.56" },
        "email": { "S": "someone@example.com" },
        "logins": { "N": version.to_string() },
        "nothing": { "NULL": true },
        "roles": { "SS": ["admin", "reader"] },
        "scores": { "L": [{ "N": "1" }, { "N": "2" }, { "N": "3" }] },
        "token": { "B": "AAECAwQFBgc=" },
    })
}

fn counter(at: usize) -> Value {
    json!({ "p": { "S": name(at) }, "c": { "N": "0" } })
}

fn put(item: &Value) -> Call {
    Call::new("PutItem", &json!({ "TableName": "items", "Item": item }))
}

fn put_ordered(partition: usize, order: usize) -> Call {
    let item = json!({
        "p": { "S": name(partition) }, "s": { "N": order.to_string() }, "data": { "S": text(order) },
    });
    Call::new("PutItem", &json!({ "TableName": "ordered", "Item": item }))
}

fn get(at: usize, more: &Value) -> Call {
    let mut body = json!({ "TableName": "items", "Key": key(at), "ConsistentRead": true });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    Call::new("GetItem", &body)
}

fn update(at: usize) -> Call {
    Call::new(
        "UpdateItem",
        &json!({
            "TableName": "items",
            "Key": key(at),
            "UpdateExpression": "SET #c = #c + :one",
            "ConditionExpression": "attribute_exists(#c)",
            "ExpressionAttributeNames": { "#c": "c" },
            "ExpressionAttributeValues": { ":one": { "N": "1" } },
        }),
    )
}

fn query(partition: usize) -> Call {
    Call::new(
        "Query",
        &json!({
            "TableName": "ordered",
            "KeyConditionExpression": "p = :p",
            "ExpressionAttributeValues": { ":p": { "S": name(partition) } },
            "ConsistentRead": true,
        }),
    )
}

fn batch(at: usize) -> Call {
    let item = |index| large_as(at % VARIANTS * BATCH + index, at + index);
    let puts: Vec<_> = (0..BATCH).map(|index| json!({ "PutRequest": { "Item": item(index) } })).collect();
    Call::new("BatchWriteItem", &json!({ "RequestItems": { "items": puts } }))
}

//! Transactions on one shard.

mod cancelled;
mod concurrent;
mod locked;
mod tokens;

use partita_protocol::OperationName::{GetItem, PutItem, TransactGetItems, TransactWriteItems, UpdateItem};
use partita_protocol::ServiceError;
use partita_storage::{KeyRange, LogStart, ShardStore, Visibility};
use serde_json::{Value, json};

use super::support::{World, indexed, simple, sorted};
use crate::ChangeRecord;

/// `{"Put": …}` of an item of `simple`.
fn put(p: &str, v: i64) -> Value {
    json!({"Put": {"TableName": "simple", "Item": {"p": {"S": p}, "v": {"N": v.to_string()}}}})
}

/// Adds to an item of `simple`.
fn add(p: &str, v: i64) -> Value {
    json!({"Update": {"TableName": "simple", "Key": {"p": {"S": p}}, "UpdateExpression": "ADD v :v",
                      "ExpressionAttributeValues": {":v": {"N": v.to_string()}}}})
}

fn delete(p: &str) -> Value {
    json!({"Delete": {"TableName": "simple", "Key": {"p": {"S": p}}}})
}

/// Checks that an item of `simple` is there.
fn exists(p: &str) -> Value {
    json!({"ConditionCheck": {"TableName": "simple", "Key": {"p": {"S": p}},
                              "ConditionExpression": "attribute_exists(p)"}})
}

fn get(p: &str) -> Value {
    json!({"Get": {"TableName": "simple", "Key": {"p": {"S": p}}}})
}

fn actions(actions: &[Value]) -> Value {
    json!({"TransactItems": actions})
}

/// The codes and messages of a cancelled transaction.
fn reasons(error: &ServiceError) -> Vec<(String, String)> {
    assert_eq!(error.name(), "TransactionCanceledException", "{error}");
    let body = error.to_json(Default::default());
    let reasons = body["CancellationReasons"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    reasons.map(|reason| (text(&reason["Code"]), text(&reason["Message"]))).collect()
}

fn codes(error: &ServiceError) -> Vec<String> {
    reasons(error).into_iter().map(|(code, _)| code).collect()
}

async fn value(world: &World, p: &str) -> Value {
    let key = json!({"TableName": "simple", "Key": {"p": {"S": p}}, "ConsistentRead": true});
    world.ok(GetItem, key).await["Item"]["v"]["N"].take()
}

#[tokio::test]
async fn all_actions_happen_together() {
    let world = World::with([simple(), sorted()]).await;
    world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "gone"}}})).await;
    world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "there"}}})).await;
    let other = json!({"Put": {"TableName": "sorted", "Item": {"p": {"S": "k"}, "s": {"N": "1"}}}});
    let answer = world
        .ok(TransactWriteItems, actions(&[put("a", 1), add("b", 2), delete("gone"), exists("there"), other]))
        .await;
    assert_eq!(answer, json!({}));
    let world = world.crashed().await;
    assert_eq!((value(&world, "a").await, value(&world, "b").await), (json!("1"), json!("2")));
    assert_eq!(world.engine.statistics(simple().id).await.unwrap().table.item_count, 3);
    assert_eq!(world.engine.statistics(sorted().id).await.unwrap().table.item_count, 1);
}

#[tokio::test]
async fn a_transaction_becomes_durable_as_a_whole() {
    let world = World::with([simple()]).await;
    world.store.hold();
    let body = actions(&[put("a", 1), put("b", 2), put("c", 3)]);
    let engine = std::sync::Arc::clone(&world.engine);
    let call = tokio::spawn(async move { super::support::call(&engine, TransactWriteItems, body).await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!call.is_finished(), "it is not durable");
    assert_eq!(items(&world, Visibility::Durable).await, 0);
    assert_eq!(items(&world, Visibility::Applied).await, 3);
    world.store.release();
    call.await.unwrap().unwrap();
    assert_eq!(items(&world, Visibility::Durable).await, 3);
}

/// The number of items of `simple`.
async fn items(world: &World, visibility: Visibility) -> usize {
    let snapshot = world.store.snapshot(visibility).await.unwrap();
    let range = KeyRange::prefix(crate::row::table_prefix(simple().id));
    let mut rows = snapshot.scan(range, Default::default()).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn each_changed_item_has_its_record() {
    let world = World::with([simple()]).await;
    for name in ["same", "other"] {
        world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": name}, "v": {"N": "1"}}})).await;
    }
    world.engine.register_reader(simple().id, "reader", LogStart::Now).await.unwrap();
    let body =
        actions(&[put("b", 1), put("same", 1), delete("absent"), put("a", 2), exists("none-of-these")]);
    let refused = world.call(TransactWriteItems, body).await.unwrap_err();
    assert_eq!(codes(&refused)[4], "ConditionalCheckFailed");
    let body = actions(&[put("b", 1), put("same", 1), delete("absent"), put("a", 2), exists("other")]);
    world.ok(TransactWriteItems, body).await;
    let records = world.engine.shard().read_log(simple().id, "reader", 10).await.unwrap();
    let records = records.iter().map(|record| ChangeRecord::decode(&record.payload).unwrap());
    let new: Vec<_> = records.map(|record| record.new.unwrap().decode()["p"].clone()).collect();
    assert_eq!(new, [super::support::s("b"), super::support::s("a")], "in the order of the request");
}

#[tokio::test]
async fn capacity_is_double_and_told_for_each_table() {
    let world = World::with([simple(), indexed()]).await;
    let large =
        json!({"Put": {"TableName": "simple", "Item": {"p": {"S": "large"}, "v": {"S": "x".repeat(1500)}}}});
    let entry =
        json!({"Put": {"TableName": "indexed", "Item": {"p": {"S": "k"}, "s": {"N": "1"}, "a": {"N": "1"}}}});
    let mut body = actions(&[put("a", 1), large, entry.clone()]);
    body["ReturnConsumedCapacity"] = json!("INDEXES");
    body["ReturnItemCollectionMetrics"] = json!("SIZE");
    let answer = world.ok(TransactWriteItems, body).await;
    let part = |units: f64| json!({"CapacityUnits": units, "WriteCapacityUnits": units});
    let index = json!({"TableName": "indexed", "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0, "Table": part(2.0),
                       "LocalSecondaryIndexes": {"by-a": part(2.0)}});
    let plain =
        json!({"TableName": "simple", "CapacityUnits": 6.0, "WriteCapacityUnits": 6.0, "Table": part(6.0)});
    assert_eq!(answer["ConsumedCapacity"], json!([index, plain]));
    let metrics = json!([{"ItemCollectionKey": {"p": {"S": "k"}}, "SizeEstimateRangeGB": [0.0, 1.0]}]);
    assert_eq!(answer["ItemCollectionMetrics"], json!({"indexed": metrics}));
    let mut check =
        actions(&[json!({"ConditionCheck": {"TableName": "simple", "Key": {"p": {"S": "large"}},
                                     "ConditionExpression": "attribute_exists(p)"}})]);
    check["ReturnConsumedCapacity"] = json!("TOTAL");
    let answer = world.ok(TransactWriteItems, check).await;
    assert_eq!(answer["ConsumedCapacity"][0]["WriteCapacityUnits"], 4.0, "a check costs what a write costs");
}

#[tokio::test]
async fn items_are_read_together_in_the_order_of_the_request() {
    let world = World::with([simple(), sorted()]).await;
    world.ok(TransactWriteItems, actions(&[put("a", 1), put("b", 2)])).await;
    let mut body = actions(&[get("b"), get("absent"), get("a")]);
    body["TransactItems"][2]["Get"]["ProjectionExpression"] = json!("p");
    body["ReturnConsumedCapacity"] = json!("TOTAL");
    let answer = world.ok(TransactGetItems, body).await;
    let capacity = json!([{"TableName": "simple", "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}]);
    let b = json!({"Item": {"p": {"S": "b"}, "v": {"N": "2"}}});
    let responses = json!([b, {}, {"Item": {"p": {"S": "a"}}}]);
    assert_eq!(answer, json!({"Responses": responses, "ConsumedCapacity": capacity}));
}

#[tokio::test]
async fn items_that_are_too_large_together_are_not_read() {
    let world = World::with([simple()]).await;
    let names: Vec<String> = (0..11).map(|name| format!("p{name}")).collect();
    for name in &names {
        let item = json!({"p": {"S": name}, "v": {"S": "x".repeat(400_000)}});
        world.ok(PutItem, json!({"TableName": "simple", "Item": item})).await;
    }
    let gets: Vec<Value> = names.iter().map(|name| get(name)).collect();
    world.ok(TransactGetItems, actions(&gets[..10])).await;
    world.invalid(TransactGetItems, actions(&gets)).await;
}

#[tokio::test]
async fn a_transaction_sees_what_is_applied_and_not_yet_durable() {
    let world = World::with([simple()]).await;
    world.store.hold();
    let engine = std::sync::Arc::clone(&world.engine);
    let update = json!({"TableName": "simple", "Key": {"p": {"S": "a"}}, "UpdateExpression": "SET v = :v",
                        "ExpressionAttributeValues": {":v": {"N": "1"}}});
    let first = tokio::spawn(async move { super::support::call(&engine, UpdateItem, update).await });
    let engine = std::sync::Arc::clone(&world.engine);
    let body = actions(&[exists("a"), add("a2", 1)]);
    let second = tokio::spawn(async move { super::support::call(&engine, TransactWriteItems, body).await });
    let engine = std::sync::Arc::clone(&world.engine);
    let body = actions(&[json!({"ConditionCheck": {"TableName": "simple", "Key": {"p": {"S": "a"}},
                               "ConditionExpression": "attribute_not_exists(p)"}})]);
    let third = tokio::spawn(async move { super::support::call(&engine, TransactWriteItems, body).await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!second.is_finished() && !third.is_finished(), "what they tell rests on an unsynced write");
    world.store.release();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(codes(&third.await.unwrap().unwrap_err()), ["ConditionalCheckFailed"]);
}

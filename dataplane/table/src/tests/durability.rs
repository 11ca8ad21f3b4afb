//! Nothing is told before it is durable.

use std::sync::Arc;

use partita_protocol::OperationName::{DeleteItem, GetItem, PutItem, Query, Scan, UpdateItem};
use partita_protocol::{OperationName, ServiceError};
use partita_storage::{ShardStore, Visibility};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::support::{World, call, sorted};

const TABLE: &str = "sorted";

fn key() -> Value {
    json!({"p": {"S": "k"}, "s": {"N": "1"}})
}

fn put(value: &str) -> Value {
    let mut item = key();
    item["v"] = json!({"S": value});
    json!({"TableName": TABLE, "Item": item})
}

fn get() -> Value {
    json!({"TableName": TABLE, "Key": key(), "ConsistentRead": true})
}

/// Starts a call and lets it go as far as it can without durability.
async fn started(world: &World, name: OperationName, body: Value) -> JoinHandle<Result<Value, ServiceError>> {
    let engine = Arc::clone(&world.engine);
    let call = tokio::spawn(async move { call(&engine, name, body).await });
    // On one thread the store in memory needs no more turns than this to apply a write.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    call
}

async fn applied_rows(world: &World) -> usize {
    let snapshot = world.store.snapshot(Visibility::Applied).await.unwrap();
    let mut rows =
        snapshot.scan(partita_storage::KeyRange::prefix(vec![1]), Default::default()).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_write_is_acknowledged_and_visible_once_it_is_durable() {
    let world = World::with([sorted()]).await;
    world.store.hold();
    let write = started(&world, PutItem, put("new")).await;
    assert_eq!(applied_rows(&world).await, 1, "the write is applied");
    assert!(!write.is_finished());
    let query = json!({"TableName": TABLE, "KeyConditionExpression": "p = :p", "ConsistentRead": true,
                       "ExpressionAttributeValues": {":p": {"S": "k"}}});
    assert_eq!(world.ok(GetItem, get()).await, json!({}));
    assert_eq!(world.ok(Query, query.clone()).await["Count"], json!(0));
    assert_eq!(world.ok(Scan, json!({"TableName": TABLE})).await["Count"], json!(0));
    assert_eq!(world.engine.statistics(sorted().id).await.unwrap().table.item_count, 0);
    world.store.release();
    assert_eq!(write.await.unwrap(), Ok(json!({})));
    assert_eq!(world.ok(Query, query).await["Count"], json!(1));
    assert_eq!(world.engine.statistics(sorted().id).await.unwrap().table.item_count, 1);
}

/// Each of these would tell that the write before it took place.
#[tokio::test]
async fn answers_that_rest_on_an_unsynced_write_wait_for_it() {
    let mut once = put("again");
    once["ConditionExpression"] = "attribute_not_exists(p)".into();
    let cannot = json!({"TableName": TABLE, "Key": key(), "UpdateExpression": "SET v = v + :one",
                        "ExpressionAttributeValues": {":one": {"N": "1"}}});
    let absent = json!({"TableName": TABLE, "Key": key(), "UpdateExpression": "SET v = w"});
    let cases = [
        (PutItem, once, Some("ConditionalCheckFailedException")),
        (UpdateItem, cannot, Some("ValidationException")),
        (UpdateItem, absent, Some("ValidationException")),
        (PutItem, put("new"), None),
    ];
    for (name, body, refusal) in cases {
        let world = World::with([sorted()]).await;
        world.store.hold();
        let write = started(&world, PutItem, put("new")).await;
        let dependent = started(&world, name, body).await;
        assert!(!dependent.is_finished(), "{refusal:?}");
        world.store.release();
        write.await.unwrap().unwrap();
        assert_eq!(dependent.await.unwrap().err().map(|error| error.name()), refusal);
    }
}

#[tokio::test]
async fn writes_to_one_item_do_not_wait_for_each_others_sync() {
    let world = World::with([sorted()]).await;
    world.store.hold();
    let first = started(&world, PutItem, put("one")).await;
    let delete = json!({"TableName": TABLE, "Key": key(), "ConditionExpression": "v = :v",
                        "ExpressionAttributeValues": {":v": {"S": "one"}}});
    let second = started(&world, DeleteItem, delete).await;
    assert_eq!(applied_rows(&world).await, 0, "both are applied");
    world.store.release();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_failed_log_is_an_internal_error_and_not_a_success() {
    let world = World::with([sorted()]).await;
    world.store.hold();
    let write = started(&world, PutItem, put("new")).await;
    let mut once = put("again");
    once["ConditionExpression"] = "attribute_not_exists(p)".into();
    let refused = started(&world, PutItem, once).await;
    world.store.fail();
    assert_eq!(write.await.unwrap().unwrap_err().name(), "InternalServerError");
    assert_eq!(
        refused.await.unwrap().unwrap_err().name(),
        "InternalServerError",
        "the reason may be taken back"
    );
    let world = world.crashed().await;
    assert_eq!(world.ok(GetItem, get()).await, json!({}));
}

/// A caller who goes away does not leave later writes with the wrong idea of the item.
#[tokio::test]
async fn an_abandoned_write_is_whole_or_not_there() {
    for turns in 0..12 {
        let world = World::with([sorted()]).await;
        let engine = Arc::clone(&world.engine);
        let write = tokio::spawn(async move { call(&engine, PutItem, put("abandoned")).await });
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        write.abort();
        if let Ok(answer) = write.await {
            assert_eq!(answer, Ok(json!({})), "it was done before it could be abandoned");
        }
        let mut replace = put("later");
        replace["ReturnValues"] = "ALL_OLD".into();
        let old = world.ok(PutItem, replace).await;
        let count = world.engine.statistics(sorted().id).await.unwrap().table.item_count;
        assert_eq!(count, 1, "after {turns} turns, over {old}");
        assert_eq!(world.ok(GetItem, get()).await["Item"]["v"], json!({"S": "later"}));
    }
}

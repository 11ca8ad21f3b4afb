//! What is told of indexes that are behind, and what writers are told.

use partita_protocol::OperationName::{BatchWriteItem, DeleteItem, PutItem};
use partita_protocol::Wording;
use partita_table::global::IndexLag;
use serde_json::{Value, json};

use super::support::{Shape, TABLE, World};
use crate::Limits;

fn item(number: usize) -> Value {
    json!({"p": {"S": "p"}, "s": {"N": number.to_string()}, "a": {"S": "a"}})
}

#[tokio::test]
async fn lag_is_told_in_records() {
    let mut world = World::with(&[Shape::Plain], Limits { records: 2, ..Limits::default() }).await;
    let lag = |records| Some(IndexLag { records, ms: 0 });
    assert_eq!(world.engine.index_lag(TABLE).await.unwrap(), lag(0));
    for number in 0..3 {
        world.put(item(number)).await;
    }
    assert_eq!(world.engine.index_lag(TABLE).await.unwrap(), lag(3));
    world.follower.step().await.unwrap();
    assert_eq!(world.engine.index_lag(TABLE).await.unwrap(), lag(1));
    world.toggle(Shape::Plain).await;
    assert_eq!(world.engine.index_lag(TABLE).await.unwrap(), None);
}

#[tokio::test]
async fn writes_are_throttled_until_the_indexes_have_caught_up() {
    let mut world =
        World::with_backlog(&[Shape::Plain, Shape::Wide], Limits { records: 4, ..Limits::default() }, 5).await;
    for number in 0..6 {
        world.put(item(number)).await;
    }
    let error = world.call(PutItem, json!({"TableName": "table", "Item": item(6)})).await.unwrap_err();
    let body = error.to_json(Wording::default());
    assert_eq!(error.name(), "ThrottlingException");
    let reason = |index: &str| {
        json!({"reason": "IndexWriteKeyRangeThroughputExceeded",
               "resource": format!("arn:aws:dynamodb:eu-central-1:123456789012:table/table/index/{index}")})
    };
    assert_eq!(body["throttlingReasons"], json!([reason("plain"), reason("wide")]), "{body}");
    let key = json!({"p": {"S": "p"}, "s": {"N": "0"}});
    world.call(DeleteItem, json!({"TableName": "table", "Key": key})).await.unwrap_err();
    let batch = json!({"RequestItems": {"table": [{"PutRequest": {"Item": item(6)}}]}});
    let error = world.call(BatchWriteItem, batch).await.unwrap_err();
    assert_eq!(error.name(), "ThrottlingException");
    world.follower.step().await.unwrap();
    world.put(item(6)).await;
    world.settle().await;
    world.check().await;
}

#[tokio::test]
async fn nobody_waits_for_indexes_that_are_gone() {
    let mut world = World::with_backlog(&[Shape::Plain], Limits::default(), 2).await;
    for number in 0..3 {
        world.put(item(number)).await;
    }
    world.call(PutItem, json!({"TableName": "table", "Item": item(3)})).await.unwrap_err();
    world.toggle(Shape::Plain).await;
    world.put(item(3)).await;
    world.toggle(Shape::Sorted).await;
    world.put(item(4)).await;
    world.settle().await;
    world.check().await;
}

//! What is told of indexes that are behind, and what writers are told.

use std::collections::BTreeMap;

use partita_model::descriptor::{BillingMode, Throughput};
use partita_model::{TableDescriptor, TableId, TableName};
use partita_protocol::OperationName::{BatchWriteItem, DeleteItem, PutItem, TransactWriteItems};
use partita_protocol::Wording;
use partita_table::global::IndexLag;
use serde_json::{Value, json};

use super::support::{Shape, TABLE, World, descriptor};
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
    world.keeper.step().await.unwrap();
    assert_eq!(world.engine.index_lag(TABLE).await.unwrap(), lag(1));
    world.toggle(Shape::Plain).await;
    assert_eq!(world.engine.index_lag(TABLE).await.unwrap(), None);
}

#[tokio::test]
async fn writes_are_throttled_until_the_indexes_have_caught_up() {
    let mut world =
        World::with_backlog(&[Shape::Plain, Shape::Wide], Limits { records: 4, ..Limits::default() }, 5)
            .await;
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
    let error = world.call(BatchWriteItem, batch.clone()).await.unwrap_err();
    assert_eq!(error.name(), "ThrottlingException");
    let put = json!({"Put": {"TableName": "table", "Item": item(6)}});
    let error = world.call(TransactWriteItems, json!({"TransactItems": [put]})).await.unwrap_err();
    assert_eq!(error.name(), "TransactionCanceledException");
    let body = error.to_json(Wording::default());
    assert_eq!(body["CancellationReasons"][0]["Code"], "ThrottlingError", "{body}");
    // Another table takes what is for it.
    let other = TableDescriptor {
        id: TableId(8),
        name: TableName::new("other"),
        ..descriptor(1, &BTreeMap::new(), false)
    };
    world.engine.apply(other).await.unwrap();
    let mut mixed = batch.clone();
    mixed["RequestItems"]["other"] = json!([{"PutRequest": {"Item": item(1)}}]);
    let answer = world.call(BatchWriteItem, mixed).await.unwrap();
    assert_eq!(answer["UnprocessedItems"], batch["RequestItems"]);
    assert_eq!(world.engine.statistics(TableId(8)).await.unwrap().table.item_count, 1);
    world.keeper.step().await.unwrap();
    world.put(item(6)).await;
    world.settle().await;
    world.check().await;
}

#[tokio::test]
async fn a_provisioned_table_is_told_of_its_indexes_throughput() {
    let mut world = World::with_backlog(&[Shape::Plain], Limits::default(), 1).await;
    let provisioned = TableDescriptor {
        billing: BillingMode::Provisioned,
        throughput: Some(Throughput { read_units: 5, write_units: 5 }),
        ..descriptor(9, &world.indexes, false)
    };
    world.engine.apply(provisioned).await.unwrap();
    for number in 0..2 {
        world.put(item(number)).await;
    }
    let error = world.call(PutItem, json!({"TableName": "table", "Item": item(2)})).await.unwrap_err();
    assert_eq!(
        error.to_json(Wording::default()),
        json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "message": "The level of configured provisioned throughput for one or more global secondary indexes of the \
                        table was exceeded. Consider increasing your provisioning level for the under-provisioned \
                        global secondary indexes with the UpdateTable API",
            "ThrottlingReasons": [{
                "reason": "IndexWriteProvisionedThroughputExceeded",
                "resource": "arn:aws:dynamodb:eu-central-1:123456789012:table/table/index/plain",
            }],
        })
    );
    world.settle().await;
    world.put(item(2)).await;
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

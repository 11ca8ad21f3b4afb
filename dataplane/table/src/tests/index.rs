//! Local indexes: what entries cost, and reading what they do not hold.

use partita_model::descriptor::Statistics;
use partita_model::size::item_size;
use partita_model::{AttributeValue, IndexName, Item, arbitrary};
use partita_protocol::OperationName::{BatchWriteItem, PutItem, Query, UpdateItem};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{World, indexed, n, s};
use crate::index::{Entry, entry_size};
use crate::row::{ItemKey, ItemValue, KeyValues};

async fn cost(world: &World, expression: &str, values: Value) -> Value {
    let mut body = json!({"TableName": "indexed", "Key": {"p": {"S": "k"}, "s": {"N": "1"}},
                          "UpdateExpression": expression, "ReturnConsumedCapacity": "INDEXES"});
    if values != json!({}) {
        body["ExpressionAttributeValues"] = values;
    }
    let consumed = world.ok(UpdateItem, body).await["ConsumedCapacity"].take();
    let total = consumed["CapacityUnits"].as_f64().unwrap();
    let table = consumed["Table"]["CapacityUnits"].as_f64().unwrap();
    let mut parts = json!({"table": table});
    let mut sum = table;
    for (index, units) in consumed["LocalSecondaryIndexes"].as_object().into_iter().flatten() {
        sum += units["CapacityUnits"].as_f64().unwrap();
        parts[index] = units["CapacityUnits"].clone();
    }
    assert_eq!(sum, total);
    parts
}

#[tokio::test]
async fn a_write_costs_for_the_entries_it_changes() {
    let world = World::with([indexed()]).await;
    let number = |n: i32| json!({":v": {"N": n.to_string()}});
    let text = |length: usize| json!({":v": {"S": "x".repeat(length)}});
    assert_eq!(cost(&world, "SET a = :v", number(1)).await, json!({"table": 1.0, "by-a": 1.0}), "appears");
    assert_eq!(cost(&world, "SET d = :v", number(1)).await, json!({"table": 1.0}), "not projected");
    assert_eq!(cost(&world, "SET a = :v", number(1)).await, json!({"table": 1.0}), "nothing changes");
    assert_eq!(cost(&world, "SET a = :v", number(2)).await, json!({"table": 1.0, "by-a": 2.0}), "moves");
    assert_eq!(cost(&world, "SET c = :v", text(1)).await, json!({"table": 1.0, "by-c": 1.0}));
    assert_eq!(cost(&world, "SET b = :v", text(1)).await, json!({"table": 1.0, "by-b": 1.0, "by-c": 1.0}));
    let large = text(1000);
    assert_eq!(
        cost(&world, "SET e = :v", large).await,
        json!({"table": 1.0, "by-c": 1.0}),
        "changes in place"
    );
    assert_eq!(cost(&world, "SET f = :v", text(1000)).await, json!({"table": 2.0, "by-c": 2.0}));
    assert_eq!(
        cost(&world, "REMOVE a, b", json!({})).await,
        json!({"table": 2.0, "by-a": 1.0, "by-b": 1.0, "by-c": 2.0})
    );
}

#[tokio::test]
async fn entries_count_in_the_statistics_of_their_index() {
    let world = World::with([indexed()]).await;
    let item = json!({"p": {"S": "k"}, "s": {"N": "1"}, "a": {"N": "1"}, "d": {"S": "xxxx"}});
    world.ok(PutItem, json!({"TableName": "indexed", "Item": item})).await;
    let statistics = world.engine.statistics(indexed().id).await.unwrap();
    // p k, s 1, a 1, d xxxx: a number of one digit counts two bytes.
    assert_eq!(statistics.table, Statistics { item_count: 1, size_bytes: 2 + 3 + 3 + 5 + 100 });
    let of = |name: &str| statistics.indexes[&IndexName::new(name)];
    assert_eq!(of("by-a"), Statistics { item_count: 1, size_bytes: 2 + 3 + 3 + 100 });
    assert_eq!(of("by-b"), Statistics::default());
}

#[tokio::test]
async fn unprojected_attributes_are_fetched_at_the_tables_expense() {
    let world = World::with([indexed()]).await;
    for sort in 0..2 {
        let item = json!({"p": {"S": "k"}, "s": {"N": sort.to_string()}, "a": {"N": "1"}, "d": {"S": "x".repeat(5000)}});
        world.ok(PutItem, json!({"TableName": "indexed", "Item": item})).await;
    }
    let mut body = json!({"TableName": "indexed", "IndexName": "by-a", "KeyConditionExpression": "p = :p",
                          "ExpressionAttributeValues": {":p": {"S": "k"}}, "ReturnConsumedCapacity": "INDEXES"});
    let answer = world.ok(Query, body.clone()).await;
    assert_eq!(answer["Items"][0], json!({"p": {"S": "k"}, "s": {"N": "0"}, "a": {"N": "1"}}));
    assert_eq!(answer["ConsumedCapacity"]["LocalSecondaryIndexes"], json!({"by-a": {"CapacityUnits": 0.5}}));
    assert_eq!(answer["ConsumedCapacity"]["Table"], json!({"CapacityUnits": 0.0}));
    body["Select"] = "ALL_ATTRIBUTES".into();
    let answer = world.ok(Query, body.clone()).await;
    assert_eq!(answer["Items"][1]["d"]["S"].as_str().map(str::len), Some(5000));
    assert_eq!(answer["ConsumedCapacity"]["LocalSecondaryIndexes"], json!({"by-a": {"CapacityUnits": 0.5}}));
    assert_eq!(
        answer["ConsumedCapacity"]["Table"],
        json!({"CapacityUnits": 2.0}),
        "two items of two half units"
    );
    assert_eq!(answer["ConsumedCapacity"]["CapacityUnits"], json!(2.5));
    body.as_object_mut().unwrap().remove("Select");
    body["ProjectionExpression"] = "a, s".into();
    assert_eq!(world.ok(Query, body).await["ConsumedCapacity"]["CapacityUnits"], json!(0.5), "all projected");
}

#[tokio::test]
async fn collection_metrics_tell_each_collection_once() {
    let world = World::with([indexed()]).await;
    let put = |hash: &str, sort: i32| json!({"PutRequest": {"Item": {"p": {"S": hash}, "s": {"N": sort.to_string()}}}});
    let batch = json!({"RequestItems": {"indexed": [put("a", 1), put("b", 1), put("a", 2)]},
                       "ReturnItemCollectionMetrics": "SIZE"});
    let metrics = world.ok(BatchWriteItem, batch).await["ItemCollectionMetrics"]["indexed"].take();
    let mut keys: Vec<_> =
        metrics.as_array().unwrap().iter().map(|one| one["ItemCollectionKey"].to_string()).collect();
    keys.sort();
    assert_eq!(keys, [r#"{"p":{"S":"a"}}"#, r#"{"p":{"S":"b"}}"#]);
    assert_eq!(metrics[0]["SizeEstimateRangeGB"], json!([0.0, 1.0]));
}

/// What `by-a` (keys only), `by-b` (includes `c`) and `by-c` (all) hold of an item.
fn projected(index: &str, item: &Item) -> Option<Item> {
    let kept: &[&str] = match (index, item.get("a"), item.get("b"), item.get("c")) {
        ("by-a", Some(AttributeValue::N(_)), _, _) => &["p", "s", "a"],
        ("by-b", _, Some(AttributeValue::S(_)), _) => &["p", "s", "b", "c"],
        ("by-c", _, _, Some(AttributeValue::S(_))) => return Some(item.clone()),
        _ => return None,
    };
    let kept = kept.iter().filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone())));
    Some(kept.collect())
}

proptest! {
    #[test]
    fn entries_hold_what_their_index_projects(mut item in arbitrary::item()) {
        item.extend(super::support::item([("p", s("k")), ("s", n(1))]));
        let descriptor = indexed();
        let key = KeyValues::of_item(&descriptor.key, &item).unwrap();
        let key = ItemKey::new(descriptor.id, key).unwrap();
        let value = ItemValue::of(&item);
        for (ordinal, index) in (0..).zip(&descriptor.local_indexes) {
            let entry = Entry::of(&descriptor.key, index, ordinal, &key, &value);
            let expected = projected(index.name.as_str(), &item);
            prop_assert_eq!(entry.as_ref().map(|entry| entry.value.item().decode()), expected.clone());
            prop_assert_eq!(entry_size(&descriptor.key, index, &item), entry.map_or(0, |entry| entry.size()));
            prop_assert_eq!(entry_size(&descriptor.key, index, &item), expected.map_or(0, |item| item_size(&item)));
        }
    }
}

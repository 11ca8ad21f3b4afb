//! The change log: what a reader finds in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use partita_model::Item;
use partita_model::codec::StoredItem;
use partita_protocol::OperationName::{BatchWriteItem, DeleteItem, PutItem, UpdateItem};
use partita_storage::{LogSequence, LogStart};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{NOON, World, call, indexed, item, n, s, simple, sorted};
use crate::ChangeRecord;

const READER: &str = "stream";

async fn records(world: &World) -> Vec<(LogSequence, ChangeRecord)> {
    let records = world.engine.shard().read_log(sorted().id, READER, 10_000).await.unwrap();
    records
        .into_iter()
        .map(|record| (record.sequence, ChangeRecord::decode(&record.payload).unwrap()))
        .collect()
}

fn put(sort: i64, value: &str) -> Value {
    json!({"TableName": "sorted", "Item": {"p": {"S": "k"}, "s": {"N": sort.to_string()}, "v": {"S": value}}})
}

fn delete(sort: i64) -> Value {
    json!({"TableName": "sorted", "Key": {"p": {"S": "k"}, "s": {"N": sort.to_string()}}})
}

fn image(value: &str) -> Item {
    item([("p", s("k")), ("s", n(1)), ("v", s(value))])
}

async fn with_reader() -> World {
    let world = World::with([sorted(), simple()]).await;
    world.engine.register_reader(sorted().id, READER, LogStart::Now).await.unwrap();
    world
}

#[tokio::test]
async fn a_change_is_recorded_with_both_images() {
    let world = with_reader().await;
    world.ok(PutItem, put(1, "a")).await;
    world.ok(PutItem, put(1, "b")).await;
    world.ok(DeleteItem, delete(1)).await;
    let stored = |image: Option<Item>| image.as_ref().map(StoredItem::of);
    let record = |old: Option<Item>, new: Option<Item>| ChangeRecord {
        old: stored(old),
        new: stored(new),
        expired: false,
    };
    let found: Vec<_> = records(&world).await.into_iter().map(|(_, record)| record).collect();
    assert_eq!(
        found,
        [
            record(None, Some(image("a"))),
            record(Some(image("a")), Some(image("b"))),
            record(Some(image("b")), None),
        ]
    );
    let keys = item([("p", s("k")), ("s", n(1))]);
    assert!(found.iter().all(|record| record.keys(&sorted().key) == keys));
    let recorded = world.engine.shard().read_log(sorted().id, READER, 10).await.unwrap();
    assert!(recorded.iter().all(|record| record.at == NOON));
}

#[tokio::test]
async fn what_changes_nothing_is_not_recorded() {
    let world = with_reader().await;
    world.ok(PutItem, put(1, "a")).await;
    let same = json!({"TableName": "sorted", "Key": delete(1)["Key"], "UpdateExpression": "SET v = :v",
                      "ExpressionAttributeValues": {":v": {"S": "a"}}});
    world.ok(PutItem, put(1, "a")).await;
    world.ok(UpdateItem, same).await;
    world.ok(DeleteItem, delete(2)).await;
    let mut refused = put(1, "b");
    refused["ConditionExpression"] = "attribute_not_exists(p)".into();
    world.refused(PutItem, refused).await;
    world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "another table"}}})).await;
    assert_eq!(records(&world).await.len(), 1);
}

/// The size of the item collection, which every write looks up, is not a change by itself.
#[tokio::test]
async fn what_changes_nothing_is_not_recorded_for_a_table_with_indexes() {
    let world = World::with([indexed()]).await;
    world.engine.register_reader(indexed().id, READER, LogStart::Now).await.unwrap();
    let put = json!({"TableName": "indexed", "Item": {"p": {"S": "k"}, "s": {"N": "1"}, "a": {"N": "1"}}});
    world.ok(PutItem, put.clone()).await;
    world.ok(PutItem, put).await;
    let absent = json!({"TableName": "indexed", "Key": {"p": {"S": "k"}, "s": {"N": "2"}}});
    world.ok(DeleteItem, absent).await;
    let records = world.engine.shard().read_log(indexed().id, READER, 10_000).await.unwrap();
    assert_eq!(records.len(), 1);
}

#[tokio::test]
async fn nothing_is_recorded_without_a_reader() {
    let world = World::with([sorted()]).await;
    world.ok(PutItem, put(1, "before")).await;
    world.engine.register_reader(sorted().id, READER, LogStart::Oldest).await.unwrap();
    assert_eq!(records(&world).await, []);
    world.ok(PutItem, put(1, "while")).await;
    assert_eq!(records(&world).await.len(), 1);
    world.engine.shard().unregister_reader(sorted().id, READER).await.unwrap();
    world.ok(PutItem, put(1, "after")).await;
    world.engine.register_reader(sorted().id, READER, LogStart::Oldest).await.unwrap();
    assert_eq!(records(&world).await, []);
}

#[tokio::test]
async fn records_that_all_readers_have_passed_are_trimmed() {
    let world = with_reader().await;
    world.engine.register_reader(sorted().id, "archive", LogStart::Now).await.unwrap();
    for value in ["a", "b", "c"] {
        world.ok(PutItem, put(1, value)).await;
    }
    let shard = world.engine.shard();
    let second = records(&world).await[1].0;
    shard.advance(sorted().id, READER, second).await.unwrap();
    assert_eq!(records(&world).await.len(), 1);
    assert_eq!(
        shard.read_log(sorted().id, "archive", 10).await.unwrap().len(),
        3,
        "the slower reader's are kept"
    );
    shard.advance(sorted().id, "archive", second).await.unwrap();
    let log = partita_storage::KeyRange::prefix(vec![partita_storage::space::CHANGE_LOG]);
    let snapshot = shard.store().snapshot(partita_storage::Visibility::Durable).await.unwrap();
    let mut rows = snapshot.scan(log, Default::default()).await.unwrap();
    let mut left = 0;
    while rows.next().await.unwrap().is_some() {
        left += 1;
    }
    assert_eq!(left, 1);
}

/// Applies records to a copy, and checks that each one begins where the one before it on the same item ended.
fn replay(copy: &mut BTreeMap<String, Item>, record: ChangeRecord) {
    let key = format!("{:?}", record.keys(&sorted().key));
    let old = record.old.as_ref().map(StoredItem::decode);
    assert_eq!(copy.get(&key), old.as_ref(), "records of an item are in order");
    assert_ne!(record.old, record.new);
    match record.new.as_ref().map(StoredItem::decode) {
        Some(item) => copy.insert(key, item),
        None => copy.remove(&key),
    };
}

async fn table(world: &World) -> Vec<Item> {
    let scan = json!({"TableName": "sorted"});
    let scan = super::support::parse(partita_protocol::OperationName::Scan, &scan);
    let partita_protocol::Operation::Scan(scan) = scan else { unreachable!() };
    let page = world.engine.scan(&scan).await.unwrap();
    assert_eq!(page.last_key, None);
    page.items.unwrap().iter().map(|item| item.decoded().into_owned()).collect()
}

/// The same items, whatever their order.
fn assert_same(copy: BTreeMap<String, Item>, table: Vec<Item>) {
    let sorted = |items: Vec<Item>| {
        let mut shown: Vec<_> = items.into_iter().map(|item| format!("{item:?}")).collect();
        shown.sort();
        shown
    };
    assert_eq!(sorted(copy.into_values().collect()), sorted(table));
}

fn change() -> impl Strategy<Value = (partita_protocol::OperationName, Value)> {
    let put_one = (0i64..5, "[ab]{1}").prop_map(|(sort, value)| (PutItem, put(sort, &value)));
    let delete_one = (0i64..5).prop_map(|sort| (DeleteItem, delete(sort)));
    let update = (0i64..5, prop::sample::select(vec!["ADD x :one", "REMOVE x SET v = :text", "SET v = v"]))
        .prop_map(|(sort, expression)| {
            let mut body = delete(sort);
            body["UpdateExpression"] = expression.into();
            let values = [(":one", json!({"N": "1"})), (":text", json!({"S": "t"}))];
            for (name, value) in values {
                if expression.contains(name) {
                    body["ExpressionAttributeValues"] = json!({name: value});
                }
            }
            (UpdateItem, body)
        });
    let batch = (0i64..5, "[ab]{1}").prop_map(|(sort, value)| {
        let requests = json!([
            {"PutRequest": {"Item": put(sort, &value)["Item"]}},
            {"DeleteRequest": {"Key": delete((sort + 1) % 5)["Key"]}},
        ]);
        (BatchWriteItem, json!({"RequestItems": {"sorted": requests}}))
    });
    prop_oneof![3 => put_one, 2 => delete_one, 3 => update, 1 => batch]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Written by several tasks at once, and read in pieces, across a crash.
    #[test]
    fn replaying_the_log_rebuilds_the_table(
        changes in prop::collection::vec(change(), 1..120),
        pieces in prop::collection::vec(1..20usize, 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = with_reader().await;
            for group in changes.chunks(8) {
                let group = group.iter().cloned().map(|(name, body)| {
                    let engine = Arc::clone(&world.engine);
                    tokio::spawn(async move { call(&engine, name, body).await })
                });
                for write in group.collect::<Vec<_>>() {
                    if let Err(error) = write.await.unwrap() {
                        assert_eq!(error.name(), "ValidationException", "SET v = v of an item without v");
                    }
                }
            }
            let world = world.crashed().await;
            let mut copy = BTreeMap::new();
            for limit in pieces.iter().cycle() {
                let shard = world.engine.shard();
                let piece = shard.read_log(sorted().id, READER, *limit).await.unwrap();
                let Some(last) = piece.last().map(|record| record.sequence) else { break };
                for record in piece {
                    replay(&mut copy, ChangeRecord::decode(&record.payload).unwrap());
                }
                shard.advance(sorted().id, READER, last).await.unwrap();
            }
            assert_same(copy, table(&world).await);
        });
    }
}

/// A copy made after registering, with the records that follow, is the table: no write falls between the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_and_the_records_after_it_miss_nothing() {
    for _ in 0..20 {
        let world = World::with([sorted()]).await;
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let engine = Arc::clone(&world.engine);
                tokio::spawn(async move {
                    for value in 0..20 {
                        call(&engine, PutItem, put(writer, &value.to_string())).await.unwrap();
                    }
                })
            })
            .collect();
        world.engine.register_reader(sorted().id, READER, LogStart::Now).await.unwrap();
        let base = table(&world).await;
        for writer in writers {
            writer.await.unwrap();
        }
        let key_of = |item: &Item| format!("{:?}", item["s"]);
        let mut copy: BTreeMap<_, _> = base.into_iter().map(|item| (key_of(&item), item)).collect();
        for (_, record) in records(&world).await {
            let new = record.new.unwrap().decode();
            copy.insert(key_of(&new), new);
        }
        assert_same(copy, table(&world).await);
    }
}

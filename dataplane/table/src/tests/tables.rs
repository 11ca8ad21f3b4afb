//! Tables come, change and go.

use std::sync::Arc;

use partita_model::descriptor::{Generation, Statistics};
use partita_model::{TableDescriptor, TableId, TableName};
use partita_protocol::OperationName::{BatchWriteItem, DeleteItem, GetItem, PutItem, Query, Scan};
use partita_storage::{KeyRange, Location, Order, StoreOptions, Visibility};
use serde_json::{Value, json};

use super::support::{World, call, indexed, open, options, simple, sorted};
use crate::{Error, TableStatistics};

fn put(key: &str) -> Value {
    json!({"TableName": "simple", "Item": {"p": {"S": key}}})
}

async fn row_count(world: &World) -> usize {
    let snapshot = world.engine.shard().store().snapshot(Visibility::Applied).await.unwrap();
    let mut rows = snapshot.scan(KeyRange::all(), Order::Ascending).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn an_empty_table_is_one_row() {
    let world = World::with([simple(), indexed()]).await;
    assert_eq!(row_count(&world).await, 2);
    assert_eq!(world.ok(Scan, json!({"TableName": "simple"})).await["Count"], json!(0));
    assert_eq!(row_count(&world).await, 2);
}

#[tokio::test]
async fn everything_is_there_after_a_crash() {
    let world = World::with([simple()]).await;
    for key in 0..50 {
        world.ok(PutItem, put(&format!("k{key}"))).await;
    }
    let world = world.crashed().await;
    assert_eq!(world.ok(Scan, json!({"TableName": "simple"})).await["Count"], json!(50));
    let statistics = world.engine.statistics(simple().id).await.unwrap();
    assert_eq!(statistics.table, Statistics { item_count: 50, size_bytes: 10 * 103 + 40 * 104 });
    assert_eq!(world.engine.descriptor(simple().id), Some(simple()));
}

/// The same with a folder and the engine that keeps data for real.
#[tokio::test]
async fn everything_is_there_when_a_folder_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let reopened = async || {
        let location = Location::Folder(folder.path().to_owned());
        open(partita_storage::open(StoreOptions::new(location, "shard")).await.unwrap(), options()).await
    };
    let engine = reopened().await;
    engine.apply(indexed()).await.unwrap();
    let requests: Vec<_> = (0..20)
        .map(|sort| {
            let item =
                json!({"p": {"S": "k"}, "s": {"N": sort.to_string()}, "a": {"N": (-sort).to_string()}});
            json!({"PutRequest": {"Item": item}})
        })
        .collect();
    call(&engine, BatchWriteItem, json!({"RequestItems": {"indexed": requests}})).await.unwrap();
    let statistics = engine.statistics(indexed().id).await.unwrap();
    assert_eq!(statistics.table.item_count, 20);
    engine.close().await.unwrap();

    let engine = reopened().await;
    assert_eq!(engine.statistics(indexed().id).await.unwrap(), statistics);
    let query = json!({"TableName": "indexed", "IndexName": "by-a", "KeyConditionExpression": "p = :p",
                       "ExpressionAttributeValues": {":p": {"S": "k"}}});
    let page = call(&engine, Query, query).await.unwrap();
    assert_eq!((&page["Count"], &page["Items"][0]["s"]), (&json!(20), &json!({"N": "19"})));
    let delete =
        json!({"TableName": "indexed", "Key": {"p": {"S": "k"}, "s": {"N": "3"}}, "ReturnValues": "ALL_OLD"});
    assert_eq!(call(&engine, DeleteItem, delete).await.unwrap()["Attributes"]["a"], json!({"N": "-3"}));
    assert_eq!(engine.statistics(indexed().id).await.unwrap().table.item_count, 19);
    engine.close().await.unwrap();
}

#[tokio::test]
async fn only_newer_descriptors_are_applied() {
    let world = World::with([simple()]).await;
    let throughput = |read_units, generation| TableDescriptor {
        throughput: Some(partita_model::descriptor::Throughput { read_units, write_units: 1 }),
        generation: Generation(generation),
        ..simple()
    };
    world.engine.apply(throughput(5, 3)).await.unwrap();
    world.engine.apply(throughput(7, 3)).await.unwrap();
    world.engine.apply(throughput(9, 2)).await.unwrap();
    assert_eq!(world.engine.descriptor(simple().id), Some(throughput(5, 3)));
    assert_eq!(world.crashed().await.engine.descriptor(simple().id), Some(throughput(5, 3)));
}

#[tokio::test]
async fn descriptors_cannot_change_what_rows_depend_on() {
    let world = World::with([indexed()]).await;
    let newer = TableDescriptor { generation: Generation(2), ..indexed() };
    let mut other_order = newer.clone();
    other_order.local_indexes.reverse();
    let other_name = TableDescriptor { name: TableName::new("renamed"), ..newer.clone() };
    let other_key = TableDescriptor { key: simple().key, ..newer.clone() };
    for changed in [other_order, other_name, other_key] {
        let error = world.engine.apply(changed).await.unwrap_err();
        assert!(matches!(error, Error::FixedPartChanged { .. }), "{error}");
    }
    world.engine.apply(newer).await.unwrap();
}

/// As from a catalog that was lost and started counting again: it must hear of it, not believe that its table is served.
#[tokio::test]
async fn another_table_under_a_used_id_is_refused_whatever_its_generation() {
    let world = World::with([simple()]).await;
    let other = TableDescriptor { name: TableName::new("other"), ..simple() };
    let error = world.engine.apply(other).await.unwrap_err();
    assert!(matches!(error, Error::FixedPartChanged { id: TableId(1), what: "name" }), "{error}");
}

#[tokio::test]
async fn a_dropped_table_does_not_come_back_by_a_late_descriptor() {
    let world = World::with([simple()]).await;
    world.engine.drop_table(simple().id).await.unwrap();
    let late = TableDescriptor { generation: Generation(2), ..simple() };
    let error = world.engine.apply(late).await.unwrap_err();
    assert!(matches!(error, Error::Storage(partita_storage::Error::TableDropped { .. })), "{error}");
    for world in [&world, &world.crashed().await] {
        assert_eq!(world.engine.descriptor(simple().id), None);
    }
}

#[tokio::test]
async fn a_name_belongs_to_one_table() {
    let world = World::with([simple()]).await;
    let other = TableDescriptor { id: TableId(77), ..simple() };
    let error = world.engine.apply(other.clone()).await.unwrap_err();
    assert!(matches!(error, Error::NameTaken { holder: TableId(1), id: TableId(77), .. }), "{error}");
    world.engine.drop_table(simple().id).await.unwrap();
    world.engine.apply(other).await.unwrap();
}

#[tokio::test]
async fn a_dropped_table_is_gone_and_its_name_is_free() {
    let world = World::with([simple(), sorted()]).await;
    world.ok(PutItem, put("k")).await;
    world.engine.drop_table(simple().id).await.unwrap();
    world.engine.drop_table(simple().id).await.unwrap();
    assert_eq!(world.refused(PutItem, put("k")).await.0, "ResourceNotFoundException");
    assert!(world.engine.statistics(simple().id).await.is_err());

    let successor = TableDescriptor { id: TableId(50), ..simple() };
    world.engine.apply(successor.clone()).await.unwrap();
    let get = json!({"TableName": "simple", "Key": {"p": {"S": "k"}}});
    for world in [&world, &world.crashed().await] {
        assert_eq!(world.ok(GetItem, get.clone()).await, json!({}), "the successor is empty");
        assert_eq!(world.engine.statistics(successor.id).await.unwrap(), TableStatistics::default());
        assert_eq!(world.engine.descriptor(simple().id), None);
    }
    while !world.engine.shard().sweep(100).await.unwrap().finished {}
    assert_eq!(row_count(&world).await, 2, "only two descriptors are left");
}

/// A write that found its table before the table was dropped leaves nothing behind.
#[tokio::test]
async fn writes_that_meet_a_drop_are_refused_or_swept() {
    let world = World::with([simple()]).await;
    let writers: Vec<_> = (0..64)
        .map(|key| {
            let engine = Arc::clone(&world.engine);
            tokio::spawn(async move { call(&engine, PutItem, put(&format!("k{key}"))).await })
        })
        .collect();
    tokio::task::yield_now().await;
    world.engine.drop_table(simple().id).await.unwrap();
    for writer in writers {
        if let Err(error) = writer.await.unwrap() {
            assert_eq!(error.name(), "ResourceNotFoundException");
        }
    }
    while !world.engine.shard().sweep(100).await.unwrap().finished {}
    assert_eq!(row_count(&world).await, 0);
}

#[tokio::test]
async fn a_closed_engine_answers_with_an_internal_error() {
    let world = World::with([simple()]).await;
    world.engine.close().await.unwrap();
    world.engine.close().await.unwrap();
    assert_eq!(world.refused(PutItem, put("k")).await.0, "InternalServerError");
    let get = json!({"TableName": "simple", "Key": {"p": {"S": "k"}}});
    assert_eq!(world.refused(GetItem, get).await.0, "InternalServerError");
}

#[tokio::test]
async fn a_damaged_descriptor_keeps_the_engine_from_opening() {
    let world = World::with([simple()]).await;
    let mut batch = partita_storage::WriteBatch::new();
    batch.put(crate::row::descriptor(TableId(8)), vec![1, b'{']);
    world.engine.shard().commit(batch, Vec::new()).await.unwrap().durable().await.unwrap();
    let shard = partita_storage::Shard::open(Arc::new(world.store.reopened())).await.unwrap();
    let error = crate::TableEngine::open(shard, super::support::scope(), options()).await.unwrap_err();
    assert!(matches!(error, Error::CorruptRow { .. }), "{error}");
    open(Arc::new(partita_storage::MemoryStore::new()), options()).await;
}

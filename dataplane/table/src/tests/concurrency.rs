//! Many writers at once.

use std::sync::Arc;

use partita_protocol::OperationName::{GetItem, PutItem, UpdateItem};
use serde_json::{Value, json};

use super::support::{World, call, indexed, sorted};

const WRITERS: usize = 16;
const ROUNDS: usize = 50;

fn key() -> Value {
    json!({"p": {"S": "k"}, "s": {"N": "1"}})
}

/// Reads the counter and writes one more under the condition that it is still the same, until that succeeds.
async fn increment(engine: &crate::TableEngine) {
    loop {
        let get = json!({"TableName": "sorted", "Key": key(), "ConsistentRead": true});
        let seen = call(engine, GetItem, get).await.unwrap()["Item"]["v"]["N"].take();
        let next = seen.as_str().unwrap().parse::<u64>().unwrap() + 1;
        let update = json!({"TableName": "sorted", "Key": key(), "UpdateExpression": "SET v = :next",
                            "ConditionExpression": "v = :seen",
                            "ExpressionAttributeValues": {":next": {"N": next.to_string()}, ":seen": {"N": seen}}});
        match call(engine, UpdateItem, update).await {
            Ok(_) => return,
            Err(error) => assert_eq!(error.name(), "ConditionalCheckFailedException"),
        }
    }
}

async fn in_parallel<F, R>(world: &World, work: F)
where
    F: Fn(Arc<crate::TableEngine>, usize) -> R,
    R: Future<Output = ()> + Send + 'static,
{
    let writers: Vec<_> =
        (0..WRITERS).map(|writer| tokio::spawn(work(Arc::clone(&world.engine), writer))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conditional_increments_lose_nothing() {
    let world = World::with([sorted()]).await;
    let mut item = key();
    item["v"] = json!({"N": "0"});
    world.ok(PutItem, json!({"TableName": "sorted", "Item": item})).await;
    in_parallel(&world, |engine, _| async move {
        for _ in 0..ROUNDS {
            increment(&engine).await;
        }
    })
    .await;
    let get = json!({"TableName": "sorted", "Key": key()});
    assert_eq!(world.ok(GetItem, get).await["Item"]["v"]["N"], (WRITERS * ROUNDS).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn blind_increments_lose_nothing() {
    let world = World::with([sorted()]).await;
    in_parallel(&world, |engine, _| async move {
        for _ in 0..ROUNDS {
            let add = json!({"TableName": "sorted", "Key": key(), "UpdateExpression": "ADD v :one",
                             "ExpressionAttributeValues": {":one": {"N": "1"}}});
            call(&engine, UpdateItem, add).await.unwrap();
        }
    })
    .await;
    let get = json!({"TableName": "sorted", "Key": key()});
    assert_eq!(world.ok(GetItem, get).await["Item"]["v"]["N"], (WRITERS * ROUNDS).to_string());
}

/// Statistics and collection sizes are shared by many items, and exact all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn statistics_are_exact_under_concurrent_writes() {
    let world = World::with([indexed()]).await;
    in_parallel(&world, |engine, writer| async move {
        for round in 0..ROUNDS {
            let item = json!({"p": {"S": format!("p{}", round % 3)}, "s": {"N": (writer * 1000 + round).to_string()},
                              "a": {"N": round.to_string()}});
            call(&engine, PutItem, json!({"TableName": "indexed", "Item": item})).await.unwrap();
        }
    })
    .await;
    let statistics = world.engine.statistics(indexed().id).await.unwrap();
    let entries = statistics.indexes.values().map(|index| index.item_count).max();
    assert_eq!(
        (statistics.table.item_count, entries),
        ((WRITERS * ROUNDS) as u64, Some((WRITERS * ROUNDS) as u64))
    );
    assert_eq!(world.crashed().await.engine.statistics(indexed().id).await.unwrap(), statistics);
    assert_eq!(collections(&world).await, statistics.table.size_bytes + index_bytes(&statistics));
}

fn index_bytes(statistics: &crate::TableStatistics) -> u64 {
    statistics.indexes.values().map(|index| index.size_bytes).sum()
}

/// The sum of all collection rows.
pub(super) async fn collections(world: &World) -> u64 {
    let store = world.engine.shard().store();
    let snapshot = store.snapshot(partita_storage::Visibility::Durable).await.unwrap();
    let range = partita_storage::KeyRange::prefix(crate::row::table_prefix(indexed().id));
    let mut rows = snapshot.scan(range, Default::default()).await.unwrap();
    let mut sum = 0;
    while let Some(row) = rows.next().await.unwrap() {
        if crate::row::kind(&row.key) == Some(crate::row::RowKind::Collection) {
            sum += crate::row::read_collection(&row.key, &row.value).unwrap();
        }
    }
    sum
}

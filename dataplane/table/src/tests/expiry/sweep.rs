//! What is deleted, and what is not.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use partita_model::clock::UnixMillis;
use partita_model::{AttributeValue, TableDescriptor};
use partita_protocol::OperationName::{DeleteItem, PutItem, Query, TransactWriteItems, UpdateItem};
use partita_storage::{LogSequence, space};
use serde_json::json;

use super::super::support::{NOON, World, indexed, item, n, s, simple, sorted, with_global_index};
use super::{ALL, HandClock, Timed, expiring, timed_options};
use crate::row::{ItemKey, KeyValues};
use crate::transact::{ShardId, TransactionId};
use crate::{ChangeRecord, EngineOptions, Expired};

fn table() -> TableDescriptor {
    expiring(simple(), 1, Some((70, "e")))
}

#[tokio::test]
async fn an_item_goes_when_its_time_has_come_and_not_before() {
    let timed = Timed::with([table()]).await;
    timed.put("a", 5).await;
    timed.put("b", 6).await;
    timed.pass(4_999);
    assert_eq!(timed.sweep().await, 0);
    timed.pass(1);
    assert_eq!(timed.sweep().await, 1);
    assert_eq!(timed.keys("simple").await, ["b"]);
    timed.pass(1_000);
    assert_eq!(timed.sweep().await, 1);
    assert_eq!(timed.keys("simple").await, [""; 0]);
    assert_eq!(timed.expiries().await, []);
    assert_eq!(timed.world.engine.expired_items(), 2);
    let statistics = timed.world.engine.statistics(table().id).await.unwrap();
    assert_eq!((statistics.table.item_count, statistics.table.size_bytes), (0, 0));
}

#[tokio::test]
async fn the_log_says_that_nobody_deleted_the_item() {
    let timed = Timed::with([table()]).await;
    timed.put("a", -1).await;
    timed.put("b", -1).await;
    timed.world.ok(DeleteItem, json!({"TableName": "simple", "Key": {"p": {"S": "b"}}})).await;
    timed.sweep().await;
    let records = timed.records(table().id).await;
    let removed: Vec<_> = records.iter().filter(|record| record.new.is_none()).collect();
    let [by_caller, by_expiry] = removed.as_slice() else { panic!("{removed:?}") };
    assert!(!by_caller.expired);
    let ChangeRecord { old, new: None, expired: true } = by_expiry else { panic!("{by_expiry:?}") };
    let image = item([("p", s("a")), ("e", n(NOON.0 as i64 / 1000 - 1))]);
    assert_eq!(old.as_ref().unwrap().decode(), image);
}

#[tokio::test]
async fn only_a_number_of_seconds_in_the_last_five_years_counts() {
    let timed = Timed::with([table()]).await;
    let now = timed.now();
    let years = 1_826 * 86_400;
    let values = [
        ("ancient", json!({"N": (now - years - 1).to_string()}), true),
        ("old", json!({"N": (now - years).to_string()}), false),
        ("now", json!({"N": now.to_string()}), false),
        ("fraction", json!({"N": format!("{}.25", now - 1)}), false),
        ("soon", json!({"N": format!("{now}.25")}), true),
        ("zero", json!({"N": "0"}), true),
        ("negative", json!({"N": "-5"}), true),
        ("millis", json!({"N": NOON.0.to_string()}), true),
        ("text", json!({"S": now.to_string()}), true),
        ("set", json!({"NS": [now.to_string()]}), true),
    ];
    for (p, e, _) in &values {
        let item = json!({"p": {"S": p}, "e": e});
        timed.world.ok(PutItem, json!({"TableName": "simple", "Item": item})).await;
    }
    timed.world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "none"}}})).await;
    assert_eq!(timed.sweep().await, 3);
    let mut kept: Vec<_> = values.iter().filter(|(.., kept)| *kept).map(|(p, ..)| *p).collect();
    kept.push("none");
    kept.sort_unstable();
    assert_eq!(timed.keys("simple").await, kept);
}

#[tokio::test]
async fn a_later_time_and_none_at_all_keep_an_item() {
    let timed = Timed::with([table()]).await;
    for p in ["later", "never", "deleted", "due"] {
        timed.put(p, 5).await;
    }
    timed.put("later", 60).await;
    let update = json!({"TableName": "simple", "Key": {"p": {"S": "never"}}, "UpdateExpression": "REMOVE e"});
    timed.world.ok(UpdateItem, update).await;
    timed.world.ok(DeleteItem, json!({"TableName": "simple", "Key": {"p": {"S": "deleted"}}})).await;
    let now = timed.now();
    assert_eq!(timed.expiries().await, [(70, now + 5), (70, now + 60)]);
    timed.pass(10_000);
    assert_eq!(timed.sweep().await, 1);
    assert_eq!(timed.keys("simple").await, ["later", "never"]);
}

#[tokio::test]
async fn items_of_a_transaction_have_their_rows() {
    let timed = Timed::with([table()]).await;
    timed.put("a", 60).await;
    let e = |seconds: i64| json!({"N": (timed.now() + seconds).to_string()});
    let put = json!({"Put": {"TableName": "simple", "Item": {"p": {"S": "b"}, "e": e(7)}}});
    let update = json!({"Update": {"TableName": "simple", "Key": {"p": {"S": "a"}}, "UpdateExpression": "SET e = :e",
                                   "ExpressionAttributeValues": {":e": e(5)}}});
    timed.world.ok(TransactWriteItems, json!({"TransactItems": [put, update]})).await;
    let now = timed.now();
    assert_eq!(timed.expiries().await, [(70, now + 5), (70, now + 7)]);
    timed.pass(5_000);
    timed.sweep().await;
    assert_eq!(timed.keys("simple").await, ["b"]);
}

#[tokio::test]
async fn a_key_attribute_may_say_the_time() {
    let timed = Timed::with([expiring(sorted(), 1, Some((70, "s")))]).await;
    for seconds in [-10, 10] {
        let s = (timed.now() + seconds).to_string();
        let item = json!({"p": {"S": "k"}, "s": {"N": s}});
        timed.world.ok(PutItem, json!({"TableName": "sorted", "Item": item})).await;
    }
    assert_eq!(timed.sweep().await, 1);
    assert_eq!(timed.expiries().await, [(70, timed.now() + 10)]);
}

#[tokio::test]
async fn entries_of_local_indexes_go_with_their_item() {
    let timed = Timed::with([expiring(indexed(), 1, Some((70, "e")))]).await;
    let item = json!({"p": {"S": "k"}, "s": {"N": "1"}, "a": {"N": "1"}, "b": {"S": "b"}, "c": {"S": "c"},
                      "e": {"N": (timed.now() - 1).to_string()}});
    timed.world.ok(PutItem, json!({"TableName": "indexed", "Item": item})).await;
    assert_eq!(timed.sweep().await, 1);
    for index in ["by-a", "by-b", "by-c"] {
        let query = json!({"TableName": "indexed", "IndexName": index, "KeyConditionExpression": "p = :p",
                           "ExpressionAttributeValues": {":p": {"S": "k"}}});
        assert_eq!(timed.world.ok(Query, query).await["Count"], 0);
    }
    // Neither is there a row with the size of the collection.
    assert_eq!(timed.rows(space::TABLE_ROWS).await, [[0_u8; 0]; 0]);
    let statistics = timed.world.engine.statistics(indexed().id).await.unwrap();
    assert!(statistics.indexes.values().all(|index| index.item_count == 0 && index.size_bytes == 0));
}

#[tokio::test]
async fn a_sweep_in_pieces_finds_everything() {
    let timed = Timed::with([table()]).await;
    for key in 0..25 {
        timed.put(&format!("k{key}"), -(key % 3)).await;
    }
    let mut swept = Vec::new();
    while swept.last().is_none_or(|last: &Expired| !last.finished) {
        swept.push(timed.world.engine.sweep_expired(10).await.unwrap());
    }
    assert_eq!(swept.iter().map(|swept| swept.items).collect::<Vec<_>>(), [10, 10, 5]);
    // An item that is put with a time before those that were swept.
    timed.put("late", -100).await;
    assert_eq!(timed.sweep().await, 1);
}

/// The other items are not kept waiting by it.
#[tokio::test]
async fn an_item_of_a_transaction_is_left_until_it_is_free() {
    let timed = Timed::with([table()]).await;
    timed.put("locked", -9).await;
    timed.put("a", -2).await;
    timed.put("b", -1).await;
    let locks = &timed.world.engine.core.locks;
    let hash = AttributeValue::S("locked".to_owned());
    let key = ItemKey::new(table().id, KeyValues { hash: &hash, range: None }).unwrap();
    let transaction = TransactionId::from_bytes([7; 16]);
    locks.lock(transaction, ShardId(1), UnixMillis(0), [key.row().clone()]);
    for items in [0, 1, 1] {
        assert_eq!(timed.world.engine.sweep_expired(1).await.unwrap(), Expired { items, finished: false });
    }
    assert_eq!(timed.sweep().await, 0);
    assert_eq!(timed.keys("simple").await, ["locked"]);
    locks.free(transaction);
    assert_eq!(timed.sweep().await, 1);
}

/// A sweep gives global indexes time, as any writer does.
#[tokio::test]
async fn a_sweep_waits_for_indexes_that_are_far_behind() {
    let clock = Arc::new(HandClock(AtomicU64::new(NOON.0)));
    let options = EngineOptions { index_backlog_max: 3, ..timed_options(&clock) };
    let table = expiring(with_global_index(), 1, Some((70, "e")));
    let world = World::with_options([table.clone()], options).await;
    let timed = Timed { world, clock };
    let e = (timed.now() - 1).to_string();
    for p in ["a", "b", "c", "d"] {
        let item = json!({"p": {"S": p}, "e": {"N": e}, "g": {"S": "g"}, "h": {"N": "1"}});
        timed.world.ok(PutItem, json!({"TableName": "simple", "Item": item})).await;
    }
    assert_eq!(timed.sweep().await, 0);
    let served = timed.world.engine.served(table.id).unwrap();
    served.backlog.get().unwrap().reached(LogSequence(4));
    assert_eq!(timed.sweep().await, 4);
}

/// A damaged row is left alone, and keeps nobody else.
#[tokio::test]
async fn an_item_that_cannot_be_read_is_left() {
    let timed = Timed::with([table()]).await;
    timed.put("damaged", -2).await;
    timed.put("whole", -1).await;
    let hash = AttributeValue::S("damaged".to_owned());
    let key = ItemKey::new(table().id, KeyValues { hash: &hash, range: None }).unwrap();
    let mut batch = partita_storage::WriteBatch::new();
    batch.put(key.row().clone(), vec![1, 99]);
    timed.world.engine.shard().commit(batch, Vec::new()).await.unwrap().durable().await.unwrap();
    assert_eq!(timed.sweep().await, 1);
    assert_eq!(timed.expiries().await, [(70, timed.now() - 2)]);
}

#[tokio::test]
async fn a_deletion_that_is_counted_is_durable() {
    let timed = Timed::with([table()]).await;
    timed.put("a", -1).await;
    timed.world.store.hold();
    let mut sweep = Box::pin(timed.world.engine.sweep_expired(ALL));
    for _ in 0..100 {
        assert!(futures::poll!(&mut sweep).is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(timed.world.engine.expired_items(), 0);
    timed.world.store.release();
    assert_eq!(sweep.await.unwrap(), Expired { items: 1, finished: true });
    let timed = timed.crashed().await;
    assert_eq!(timed.keys("simple").await, [""; 0]);
}

/// A full disk: nothing was deleted, and the next sweep does it.
#[tokio::test]
async fn a_sweep_that_fails_is_done_again() {
    let timed = Timed::with([table()]).await;
    timed.put("a", -1).await;
    timed.world.store.fill(true);
    timed.world.engine.sweep_expired(ALL).await.unwrap_err();
    timed.world.store.fill(false);
    assert_eq!(timed.sweep().await, 1);
}

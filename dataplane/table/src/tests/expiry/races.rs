//! Sweeps beside writers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use partita_model::{AttributeValue, Number};
use partita_protocol::OperationName::{PutItem, UpdateItem};
use serde_json::json;

use super::super::support::{call, s, simple};
use super::{ALL, READER, Timed, expiring};
use crate::ChangeRecord;
use crate::latch::LatchGuard;
use crate::row::{ItemKey, KeyValues};

const WRITERS: usize = 4;
const ROUNDS: usize = 300;

async fn timed() -> Timed {
    Timed::with([expiring(simple(), 1, Some((70, "e")))]).await
}

/// As if somebody were writing the item `a`: whoever wants to has to wait.
async fn latched(timed: &Timed) -> LatchGuard {
    let key = s("a");
    let key = ItemKey::new(simple().id, KeyValues { hash: &key, range: None }).unwrap();
    timed.world.engine.core.item_latches.acquire(key.row()).await
}

/// The sweep has found the item due, and meets it when it says a later time.
#[tokio::test]
async fn an_item_that_is_refreshed_just_in_time_stays() {
    let timed = timed().await;
    timed.put("a", 0).await;
    let latch = latched(&timed).await;
    let refresh = json!({"TableName": "simple", "Key": {"p": {"S": "a"}}, "UpdateExpression": "SET e = :e",
                         "ConditionExpression": "attribute_exists(p)",
                         "ExpressionAttributeValues": {":e": {"N": (timed.now() + 60).to_string()}}});
    let mut refreshed = Box::pin(timed.world.call(UpdateItem, refresh));
    assert!(futures::poll!(&mut refreshed).is_pending(), "it waits for the latch before the sweep");
    let mut sweep = Box::pin(timed.world.engine.sweep_expired(ALL));
    for _ in 0..10 {
        assert!(futures::poll!(&mut sweep).is_pending());
    }
    drop(latch);
    let (refreshed, swept) = tokio::join!(refreshed, sweep);
    refreshed.unwrap();
    assert_eq!(swept.unwrap().items, 0);
    assert_eq!(timed.keys("simple").await, ["a"]);
    assert_eq!(timed.expiries().await, [(70, timed.now() + 60)]);
}

/// A write that found its table before the setting, and is committed after it was built, follows it all the same.
#[tokio::test]
async fn a_write_that_found_its_table_earlier_has_its_row() {
    let timed = Timed::with([simple()]).await;
    timed.put("a", 5).await;
    let latch = latched(&timed).await;
    let mut written = Box::pin(timed.put("a", 60));
    assert!(futures::poll!(&mut written).is_pending());
    timed.world.engine.apply(expiring(simple(), 2, Some((70, "e")))).await.unwrap();
    timed.build().await;
    assert_eq!(timed.expiries().await, [(70, timed.now() + 5)]);
    drop(latch);
    written.await;
    assert_eq!(timed.expiries().await, [(70, timed.now() + 60)]);
}

/// The same when the setting ends: the write follows none, and is not refused.
#[tokio::test]
async fn a_write_that_found_its_table_earlier_survives_the_end_of_a_setting() {
    let timed = timed().await;
    timed.put("a", 5).await;
    let latch = latched(&timed).await;
    let mut written = Box::pin(timed.put("a", 60));
    assert!(futures::poll!(&mut written).is_pending());
    timed.world.engine.apply(expiring(simple(), 2, None)).await.unwrap();
    drop(latch);
    written.await;
    while !timed.world.engine.shard().sweep(ALL).await.unwrap().finished {}
    assert_eq!(timed.expiries().await, []);
}

/// A commit that has looked for a setting, and is not applied yet, must not be passed by.
#[tokio::test]
async fn a_setting_waits_for_commits_under_way() {
    let timed = Timed::with([simple()]).await;
    let table = timed.world.engine.served(simple().id).unwrap();
    let committing = table.stripes.acquire(17).await;
    let mut applied = Box::pin(timed.world.engine.apply(expiring(simple(), 2, Some((70, "e")))));
    for _ in 0..100 {
        assert!(futures::poll!(&mut applied).is_pending());
        tokio::task::yield_now().await;
    }
    assert!(table.expiring.setting().is_none());
    drop(committing);
    applied.await.unwrap();
    assert!(table.expiring.setting().is_some(), "also for whoever found the table before");
}

/// A sweep has found an item due, and the setting ends before it comes to the item.
#[tokio::test]
async fn nothing_is_deleted_once_a_setting_has_ended() {
    let timed = timed().await;
    timed.put("a", -1).await;
    let latch = latched(&timed).await;
    let mut sweep = Box::pin(timed.world.engine.sweep_expired(ALL));
    for _ in 0..10 {
        assert!(futures::poll!(&mut sweep).is_pending());
        tokio::task::yield_now().await;
    }
    timed.world.engine.apply(expiring(simple(), 2, Some((71, "f")))).await.unwrap();
    drop(latch);
    assert_eq!(sweep.await.unwrap().items, 0);
    assert_eq!(timed.keys("simple").await, ["a"]);
}

/// A sweep that is given up halfway has deleted whole items, and the next one goes on.
#[tokio::test]
async fn a_sweep_that_is_given_up_loses_nothing() {
    let timed = timed().await;
    for key in 0..100 {
        timed.put(&format!("k{key}"), -1).await;
    }
    for polls in 0..20 {
        let mut sweep = Box::pin(timed.world.engine.sweep_expired(10));
        for _ in 0..polls {
            if futures::poll!(&mut sweep).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    timed.sweep().await;
    assert_eq!(timed.keys("simple").await, [""; 0]);
    assert_eq!(timed.expiries().await, []);
    let records = timed.records(simple().id).await;
    assert_eq!(records.iter().filter(|record| record.expired).count(), 100);
}

/// Writers refresh items, often when their time has come already, while sweeps delete what they find.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_what_is_due_is_deleted_while_others_write() {
    let timed = Arc::new(timed().await);
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let timed = Arc::clone(&timed);
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let e = timed.now() - 1 + (round % 4) as i64;
                    let p = format!("k{}", (writer + round) % 6);
                    let item =
                        json!({"p": {"S": p}, "e": {"N": e.to_string()}, "round": {"N": round.to_string()}});
                    call(&timed.world.engine, PutItem, json!({"TableName": "simple", "Item": item}))
                        .await
                        .unwrap();
                    timed.pass(50);
                }
            })
        })
        .collect();
    let sweeper = {
        let (timed, over) = (Arc::clone(&timed), Arc::clone(&over));
        tokio::spawn(async move {
            while !over.load(Ordering::SeqCst) {
                timed.world.engine.sweep_expired(3).await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    };
    for writer in writers {
        writer.await.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    sweeper.await.unwrap();
    timed.put("due", -1).await;
    timed.pass(10_000);
    timed.sweep().await;
    assert_eq!((timed.keys("simple").await, timed.expiries().await), (Vec::new(), Vec::new()));
    let mut there = std::collections::BTreeMap::new();
    for record in timed.world.engine.shard().read_log(simple().id, READER, 100_000).await.unwrap() {
        let ChangeRecord { old, new, expired } = ChangeRecord::decode(&record.payload).unwrap();
        let item = new.as_ref().or(old.as_ref()).unwrap().decode();
        let key = format!("{:?}", item["p"]);
        assert_eq!(there.get(&key), old.as_ref().map(|old| old.as_bytes().clone()).as_ref(), "in order");
        if expired {
            let AttributeValue::N(e) = &item["e"] else { panic!("{item:?}") };
            let at = Number::from(record.at.0 as i64 / 1_000);
            assert!(*e <= at, "{e} was deleted at {at}");
        }
        match new {
            Some(new) => there.insert(key, new.as_bytes().clone()),
            None => there.remove(&key),
        };
    }
    assert!(timed.world.engine.expired_items() > 0);
}

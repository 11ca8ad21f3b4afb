//! Settings that come and go on tables with items.

use partita_model::descriptor::Build;
use partita_model::{TableDescriptor, TableId};
use partita_protocol::OperationName::PutItem;
use partita_storage::space;
use serde_json::json;

use super::super::support::{indexed, simple};
use super::{ALL, Timed, expiring};
use crate::Error;

const ITEMS: i64 = 25;

fn by_e(generation: u64) -> TableDescriptor {
    expiring(simple(), generation, Some((70, "e")))
}

/// `simple` with items that expire one after the other.
async fn filled() -> Timed {
    let timed = Timed::with([simple()]).await;
    for key in 1..=ITEMS {
        timed.put(&format!("k{key:02}"), key).await;
    }
    timed
}

#[tokio::test]
async fn a_table_without_items_is_built_at_once() {
    let timed = Timed::with([by_e(1)]).await;
    assert_eq!(timed.progress(simple().id, 70).await, Some(Build { scanned_items: 0, finished: true }));
    assert!(timed.world.engine.build_expiries(1).await.unwrap());
    // One that had items too.
    let timed = Timed::with([simple()]).await;
    timed.put("a", 1).await;
    timed
        .world
        .ok(
            partita_protocol::OperationName::DeleteItem,
            json!({"TableName": "simple", "Key": {"p": {"S": "a"}}}),
        )
        .await;
    timed.world.engine.apply(by_e(2)).await.unwrap();
    assert_eq!(timed.progress(simple().id, 70).await, Some(Build { scanned_items: 0, finished: true }));
}

#[tokio::test]
async fn items_that_were_there_get_their_rows() {
    let mut timed = filled().await;
    assert_eq!(timed.progress(simple().id, 70).await, None);
    timed.world.engine.apply(by_e(2)).await.unwrap();
    assert_eq!(timed.progress(simple().id, 70).await, Some(Build::default()));
    // A crash after each piece.
    for scanned_items in [10, 20] {
        assert!(!timed.world.engine.build_expiries(10).await.unwrap());
        timed = timed.crashed().await;
        let build = Build { scanned_items, finished: false };
        assert_eq!(timed.progress(simple().id, 70).await, Some(build));
    }
    assert!(timed.world.engine.build_expiries(10).await.unwrap());
    let timed = timed.crashed().await;
    let build = Build { scanned_items: ITEMS as u64, finished: true };
    assert_eq!(timed.progress(simple().id, 70).await, Some(build));
    let now = timed.now();
    let expected: Vec<_> = (1..=ITEMS).map(|key| (70, now + key)).collect();
    assert_eq!(timed.expiries().await, expected);
    timed.pass(20_000);
    assert_eq!(timed.sweep().await, 20);
}

/// What is due is swept, wherever sweeps were before the build put it there.
#[tokio::test]
async fn sweeps_that_run_before_a_build_miss_nothing() {
    let timed = filled().await;
    timed.world.engine.apply(by_e(2)).await.unwrap();
    timed.pass(1_000_000);
    assert_eq!(timed.sweep().await, 0);
    timed.build().await;
    assert_eq!(timed.sweep().await, ITEMS as u64);
}

#[tokio::test]
async fn rows_of_index_entries_are_passed_by() {
    let timed = Timed::with([indexed()]).await;
    for sort in 0..5 {
        let item = json!({"p": {"S": "k"}, "s": {"N": sort.to_string()}, "a": {"N": "1"}, "c": {"S": "c"},
                          "e": {"N": (timed.now() + sort).to_string()}});
        timed.world.ok(PutItem, json!({"TableName": "indexed", "Item": item})).await;
    }
    timed.world.engine.apply(expiring(indexed(), 2, Some((70, "e")))).await.unwrap();
    timed.build().await;
    let build = Build { scanned_items: 5, finished: true };
    assert_eq!(timed.progress(indexed().id, 70).await, Some(build));
    assert_eq!(timed.expiries().await.len(), 5);
}

/// The rows are those of the item when its write was committed, whenever it found its table.
#[tokio::test]
async fn a_row_put_for_an_item_that_changed_meanwhile_deletes_nothing() {
    let timed = filled().await;
    timed.world.engine.apply(by_e(2)).await.unwrap();
    timed.build().await;
    // What a build leaves that read the item before this write.
    let stale = timed.rows(space::EXPIRIES).await.remove(0);
    timed.put("k01", 1_000).await;
    let mut batch = partita_storage::WriteBatch::new();
    batch.put(stale, vec![1]);
    timed.world.engine.shard().commit(batch, Vec::new()).await.unwrap().durable().await.unwrap();
    timed.pass(1_000);
    assert_eq!(timed.sweep().await, 0);
    assert_eq!(timed.keys("simple").await.len(), ITEMS as usize);
    assert_eq!(timed.expiries().await.len(), ITEMS as usize);
}

#[tokio::test]
async fn an_ended_setting_deletes_nothing_and_leaves_no_rows() {
    let timed = filled().await;
    timed.world.engine.apply(by_e(2)).await.unwrap();
    assert!(!timed.world.engine.build_expiries(10).await.unwrap());
    timed.world.engine.apply(expiring(simple(), 3, None)).await.unwrap();
    timed.put("k01", 7).await;
    timed.pass(1_000_000);
    assert!(timed.world.engine.build_expiries(10).await.unwrap());
    assert_eq!(timed.sweep().await, 0);
    for timed in [timed] {
        let timed = timed.crashed().await;
        assert!(timed.world.engine.build_expiries(10).await.unwrap());
        assert_eq!(timed.sweep().await, 0);
        while !timed.world.engine.shard().sweep(ALL).await.unwrap().finished {}
        assert_eq!((timed.expiries().await, timed.rows(space::BUILDS).await.len()), (Vec::new(), 0));
        assert_eq!(timed.keys("simple").await.len(), ITEMS as usize);
    }
}

#[tokio::test]
async fn another_attribute_is_another_setting() {
    let timed = filled().await;
    timed.world.engine.apply(by_e(2)).await.unwrap();
    timed.build().await;
    let renamed = expiring(simple(), 3, Some((70, "f")));
    let error = timed.world.engine.apply(renamed).await.unwrap_err();
    assert!(matches!(error, Error::FixedPartChanged { .. }), "{error}");
    let item = json!({"p": {"S": "x"}, "f": {"N": (timed.now() - 1).to_string()}, "e": {"N": "1"}});
    timed.world.ok(PutItem, json!({"TableName": "simple", "Item": item})).await;
    timed.world.engine.apply(expiring(simple(), 3, Some((71, "f")))).await.unwrap();
    timed.build().await;
    timed.pass(1_000_000);
    assert_eq!(timed.sweep().await, 1);
    assert_eq!(timed.keys("simple").await.len(), ITEMS as usize);
}

#[tokio::test]
async fn a_dropped_table_takes_its_rows_along() {
    let timed = filled().await;
    timed.world.engine.apply(by_e(2)).await.unwrap();
    timed.build().await;
    timed.world.engine.drop_table(simple().id).await.unwrap();
    timed.pass(1_000_000);
    assert_eq!(timed.sweep().await, 0);
    while !timed.world.engine.shard().sweep(ALL).await.unwrap().finished {}
    for space in 0..=u8::MAX {
        assert_eq!(timed.rows(space).await, [[0_u8; 0]; 0], "{space}");
    }
    let error = timed.world.engine.apply(expiring(
        TableDescriptor { id: TableId(8), ..simple() },
        1,
        Some((70, "e")),
    ));
    error.await.unwrap_err();
}

/// Nothing of a change is there when the store refuses it.
#[tokio::test]
async fn a_setting_that_cannot_be_stored_does_not_hold() {
    let timed = filled().await;
    timed.world.store.fill(true);
    timed.world.engine.apply(by_e(2)).await.unwrap_err();
    timed.world.store.fill(false);
    timed.put("k01", 7).await;
    assert_eq!(timed.expiries().await, []);
    timed.world.engine.apply(by_e(2)).await.unwrap();
    timed.build().await;
    assert_eq!(timed.expiries().await.len(), ITEMS as usize);
}

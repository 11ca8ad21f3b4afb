//! One shard's part of a transaction over several.

use partita_protocol::OperationName::{DeleteItem, GetItem, PutItem, TransactGetItems, TransactWriteItems};
use partita_protocol::operation::TransactAction;
use partita_protocol::{Operation, OperationName};
use partita_storage::LogStart;
use serde_json::{Value, json};

use super::super::support::{World, indexed, n, parse, simple, sorted};
use super::{actions, add, codes, delete, exists, get, put, value};
use crate::transact::{Begun, Decision, Outcome, Prepared, ReadAnswer, ShardId, TransactionId};
use crate::{ChangeRecord, Error};

const ONE: TransactionId = TransactionId::from_bytes([1; 16]);
const TWO: TransactionId = TransactionId::from_bytes([2; 16]);
const LEDGER: ShardId = ShardId(7);

fn parsed(of: &[Value]) -> Vec<TransactAction> {
    match parse(TransactWriteItems, &actions(of)) {
        Operation::TransactWriteItems(request) => request.actions,
        other => panic!("{other:?}"),
    }
}

async fn prepare(world: &World, transaction: TransactionId, of: &[Value]) -> Result<Prepared, Error> {
    let of = parsed(of);
    world.engine.prepare(transaction, LEDGER, &of.iter().collect::<Vec<_>>()).await
}

async fn ready(world: &World, transaction: TransactionId, of: &[Value]) {
    let prepared = prepare(world, transaction, of).await.unwrap();
    assert!(matches!(prepared, Prepared::Ready(_)), "{prepared:?}");
}

async fn refused_codes(world: &World, transaction: TransactionId, of: &[Value]) -> Vec<&'static str> {
    match prepare(world, transaction, of).await.unwrap() {
        Prepared::Refused(reasons) => reasons.iter().map(|reason| reason.code()).collect(),
        Prepared::Ready(_) => panic!("nothing refuses it"),
    }
}

#[tokio::test]
async fn what_is_prepared_happens_when_it_is_committed_and_not_before() {
    let world = World::with([simple(), indexed()]).await;
    world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "gone"}, "v": {"N": "1"}}})).await;
    world.engine.register_reader(simple().id, "reader", LogStart::Now).await.unwrap();
    let entry =
        json!({"Put": {"TableName": "indexed", "Item": {"p": {"S": "k"}, "s": {"N": "1"}, "a": {"N": "1"}}}});
    let of = [put("a", 1), delete("gone"), exists("gone2"), entry];
    assert_eq!(refused_codes(&world, ONE, &of).await, ["None", "None", "ConditionalCheckFailed", "None"]);
    world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "gone2"}}})).await;
    ready(&world, ONE, &of).await;
    assert_eq!(value(&world, "a").await, Value::Null, "plain reads see the old items");
    assert_eq!(value(&world, "gone").await, json!("1"));
    // Prepared is prepared: after a crash, and when it is asked for again.
    let world = world.crashed().await;
    ready(&world, ONE, &of).await;
    world.engine.settle(ONE, Outcome::Committed).await.unwrap();
    world.engine.settle(ONE, Outcome::Committed).await.unwrap();
    let world = world.crashed().await;
    assert_eq!((value(&world, "a").await, value(&world, "gone").await), (json!("1"), Value::Null));
    assert_eq!(world.engine.statistics(simple().id).await.unwrap().table.item_count, 2);
    let statistics = world.engine.statistics(indexed().id).await.unwrap();
    assert_eq!(statistics.indexes.values().map(|index| index.item_count).max(), Some(1));
    let records = world.engine.shard().read_log(simple().id, "reader", 10).await.unwrap();
    let records = records.iter().map(|record| ChangeRecord::decode(&record.payload).unwrap());
    let records: Vec<_> = records.map(|record| record.new.map(|new| new.decode()["p"].clone())).collect();
    let s = super::super::support::s;
    assert_eq!(records, [Some(s("gone2")), Some(s("a")), None]);
    assert_eq!(world.engine.stalled(), [], "no lock is left");
}

#[tokio::test]
async fn what_is_aborted_leaves_nothing_behind() {
    let world = World::with([simple()]).await;
    ready(&world, ONE, &[put("a", 1), delete("b")]).await;
    world.engine.settle(ONE, Outcome::Aborted).await.unwrap();
    for world in [&world, &world.crashed().await] {
        assert_eq!(value(world, "a").await, Value::Null);
        ready(world, TWO, &[put("a", 2), put("b", 2)]).await;
    }
}

#[tokio::test]
async fn a_locked_item_is_written_by_its_transaction_alone() {
    let world = World::with([simple()]).await;
    world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "checked"}}})).await;
    ready(&world, ONE, &[put("a", 1), exists("checked")]).await;
    for world in [&world, &world.crashed().await] {
        for name in ["a", "checked"] {
            let single = json!({"TableName": "simple", "Item": {"p": {"S": name}}});
            let conflict =
                ("TransactionConflictException".to_owned(), "Transaction is ongoing for the item".to_owned());
            assert_eq!(world.refused(PutItem, single).await, conflict);
            let single = json!({"TableName": "simple", "Key": {"p": {"S": name}}});
            assert_eq!(world.refused(DeleteItem, single.clone()).await, conflict);
            world.ok(GetItem, single).await;
            let transaction = world.call(TransactWriteItems, actions(&[put("c", 1), add(name, 1)])).await;
            assert_eq!(codes(&transaction.unwrap_err()), ["None", "TransactionConflict"]);
            assert_eq!(
                refused_codes(world, TWO, &[put("c", 1), add(name, 1)]).await,
                ["None", "TransactionConflict"]
            );
            let reads = world.call(TransactGetItems, actions(&[get("c"), get(name)])).await;
            assert_eq!(codes(&reads.unwrap_err()), ["None", "TransactionConflict"]);
        }
        world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "other"}}})).await;
    }
    world.engine.settle(ONE, Outcome::Committed).await.unwrap();
    world.ok(TransactWriteItems, actions(&[add("a", 1), add("checked", 1)])).await;
    assert_eq!(value(&world, "a").await, json!("2"));
}

#[tokio::test]
async fn two_rounds_of_reads_notice_every_change_between_them() {
    let world = World::with([simple(), sorted()]).await;
    world.ok(TransactWriteItems, actions(&[put("a", 1), put("b", 2)])).await;
    let Operation::TransactGetItems(request) = parse(TransactGetItems, &actions(&[get("b"), get("a")]))
    else {
        panic!("it is one")
    };
    let gets: Vec<_> = request.gets.iter().collect();
    let engine = &world.engine;
    let first_round = async || match engine.read_versions_of(&gets).await.unwrap() {
        ReadAnswer::Items(items) => items,
        ReadAnswer::Conflict(locked) => panic!("{locked:?}"),
    };
    let read = first_round().await;
    let values = read.items.iter().map(|item| item.as_ref().unwrap().decode()["v"].clone());
    assert_eq!(values.collect::<Vec<_>>(), [n(2), n(1)]);
    assert!(engine.confirm_versions(&gets, &read.versions).await.unwrap());
    // A single write, a transaction on this shard, and one over several.
    world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "a"}}})).await;
    assert!(!engine.confirm_versions(&gets, &read.versions).await.unwrap());
    let read = first_round().await;
    world.ok(TransactWriteItems, actions(&[put("b", 1)])).await;
    assert!(!engine.confirm_versions(&gets, &read.versions).await.unwrap());
    let read = first_round().await;
    ready(&world, ONE, &[put("b", 3)]).await;
    assert!(!engine.confirm_versions(&gets, &read.versions).await.unwrap());
    let ReadAnswer::Conflict(locked) = engine.read_versions_of(&gets).await.unwrap() else { panic!() };
    assert_eq!(locked, [true, false]);
    engine.settle(ONE, Outcome::Committed).await.unwrap();
    assert!(!engine.confirm_versions(&gets, &read.versions).await.unwrap(), "it came and went");
    let read = first_round().await;
    let reopened = world.crashed().await;
    assert!(!reopened.engine.confirm_versions(&gets, &read.versions).await.unwrap(), "counts begin anew");
}

#[tokio::test]
async fn a_dropped_table_takes_its_locks_along() {
    let world = World::with([simple(), sorted()]).await;
    let other = json!({"Put": {"TableName": "sorted", "Item": {"p": {"S": "k"}, "s": {"N": "1"}}}});
    ready(&world, ONE, &[put("a", 1), other]).await;
    world.engine.drop_table(simple().id).await.unwrap();
    world.engine.settle(ONE, Outcome::Committed).await.unwrap();
    assert_eq!(world.engine.statistics(sorted().id).await.unwrap().table.item_count, 1);
    let reopened = world.crashed().await;
    assert!(reopened.engine.core.locks.of(ONE).is_none(), "no row is left");
}

#[tokio::test]
async fn the_ledger_decides_once() {
    let world = World::with([simple()]).await;
    let engine = &world.engine;
    let begun = match engine.begin(ONE, None).await.unwrap() {
        Begun::At(begun) => begun,
        repeated @ Begun::Repeated { .. } => panic!("{repeated:?}"),
    };
    let decision = |transaction| Decision { transaction, begun, participants: vec![ShardId(1)], token: None };
    assert_eq!(engine.decide(decision(ONE)).await.unwrap(), Outcome::Committed);
    assert_eq!(engine.resolve(ONE).await.unwrap(), Outcome::Committed);
    assert_eq!(engine.resolve(TWO).await.unwrap(), Outcome::Aborted);
    assert_eq!(engine.decide(decision(TWO)).await.unwrap(), Outcome::Aborted, "somebody was faster");
    let world = world.crashed().await;
    let engine = &world.engine;
    assert_eq!(engine.resolve(ONE).await.unwrap(), Outcome::Committed);
    assert_eq!(engine.decide(decision(TWO)).await.unwrap(), Outcome::Aborted);
    engine.forget(ONE).await.unwrap();
    let world = world.crashed().await;
    assert_eq!(world.engine.entry(ONE), None);
    assert_eq!(world.engine.entry(TWO).map(|entry| entry.outcome), Some(Outcome::Aborted));
    assert_eq!(world.engine.overdue(), []);
}

#[tokio::test]
async fn whoever_decides_too_late_or_without_its_token_aborts() {
    let world = World::with([simple()]).await;
    let begun = partita_model::clock::UnixMillis(super::super::support::NOON.0 - 10_001);
    let late = Decision { transaction: ONE, begun, participants: Vec::new(), token: None };
    assert_eq!(world.engine.decide(late).await.unwrap(), Outcome::Aborted);
    let mut body = actions(&[put("a", 1)]);
    body["ClientRequestToken"] = json!("t");
    let Operation::TransactWriteItems(request) = parse(OperationName::TransactWriteItems, &body) else {
        panic!()
    };
    let token = world.engine.token(&request.token.unwrap());
    let Begun::At(begun) = world.engine.begin(TWO, Some(&token)).await.unwrap() else { panic!("it is new") };
    let in_progress = ServiceErrorName(world.engine.begin(ONE, Some(&token)).await.unwrap_err());
    assert_eq!(in_progress.name(), "TransactionInProgressException");
    world.engine.release(TWO, &token);
    let participants = Vec::new();
    let decision = Decision { transaction: TWO, begun, participants, token: Some((token, vec![2])) };
    assert_eq!(world.engine.decide(decision).await.unwrap(), Outcome::Aborted);
    world.ok(TransactWriteItems, body).await;
    assert_eq!(value(&world, "a").await, json!("1"), "the token was never used up");
}

struct ServiceErrorName(Error);

impl ServiceErrorName {
    fn name(self) -> &'static str {
        partita_protocol::ServiceError::from(self.0).name()
    }
}

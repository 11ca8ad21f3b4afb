//! Client request tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use partita_model::clock::{Clock, UnixMillis};
use partita_protocol::OperationName::TransactWriteItems;
use partita_storage::{KeyRange, ShardStore, Visibility, space};
use serde_json::{Value, json};

use super::super::support::{NOON, World, call, options, simple};
use super::{actions, add, codes, exists, put, value};
use crate::EngineOptions;

const MINUTE: u64 = 60_000;

/// A clock that is set by hand.
#[derive(Debug)]
struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

impl Hand {
    fn set(&self, after_noon: i64) {
        self.0.store(NOON.0.strict_add_signed(after_noon), Ordering::SeqCst);
    }
}

async fn world() -> (World, Arc<Hand>) {
    let clock = Arc::new(Hand(AtomicU64::new(NOON.0)));
    let options = EngineOptions { clock: clock.clone(), ..options() };
    (World::with_options([simple()], options).await, clock)
}

fn with_token(token: &str, of: &[Value]) -> Value {
    let mut body = actions(of);
    body["ClientRequestToken"] = json!(token);
    body
}

async fn token_rows(world: &World) -> usize {
    let snapshot = world.store.snapshot(Visibility::Durable).await.unwrap();
    let mut rows = snapshot.scan(KeyRange::prefix(vec![space::TOKENS]), Default::default()).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_request_with_its_token_happens_once() {
    let (world, _) = world().await;
    let mut body = with_token("t", &[add("a", 1), put("b", 1)]);
    body["ReturnConsumedCapacity"] = json!("TOTAL");
    let first = world.ok(TransactWriteItems, body.clone()).await;
    let again = world.ok(TransactWriteItems, body.clone()).await;
    let capacity = |kind: &str| json!([{"TableName": "simple", "CapacityUnits": 4.0, kind: 4.0}]);
    assert_eq!(first["ConsumedCapacity"], capacity("WriteCapacityUnits"));
    assert_eq!(again["ConsumedCapacity"], capacity("ReadCapacityUnits"));
    // Neither a crash nor what happened since matters.
    world.ok(TransactWriteItems, actions(&[put("b", 5)])).await;
    let world = world.crashed().await;
    world.ok(TransactWriteItems, body).await;
    assert_eq!((value(&world, "a").await, value(&world, "b").await), (json!("1"), json!("5")));
}

#[tokio::test]
async fn a_token_of_another_request_is_a_mistake() {
    let (world, _) = world().await;
    world.ok(TransactWriteItems, with_token("t", &[add("a", 1)])).await;
    let (name, _) = world.refused(TransactWriteItems, with_token("t", &[add("a", 2)])).await;
    assert_eq!(name, "IdempotentParameterMismatchException");
    world.ok(TransactWriteItems, with_token("u", &[add("a", 2)])).await;
    assert_eq!(value(&world, "a").await, json!("3"));
}

#[tokio::test]
async fn a_cancelled_transaction_leaves_no_token() {
    let (world, _) = world().await;
    let body = with_token("t", &[add("a", 1), exists("b")]);
    let refused = world.call(TransactWriteItems, body.clone()).await.unwrap_err();
    assert_eq!(codes(&refused), ["None", "ConditionalCheckFailed"]);
    assert_eq!(token_rows(&world).await, 0);
    world.ok(TransactWriteItems, actions(&[put("b", 1)])).await;
    world.ok(TransactWriteItems, body).await;
    assert_eq!(value(&world, "a").await, json!("1"));
}

#[tokio::test]
async fn checks_alone_have_their_token_too() {
    let (world, _) = world().await;
    world.ok(TransactWriteItems, actions(&[put("a", 1)])).await;
    let body = with_token("t", &[exists("a")]);
    world.ok(TransactWriteItems, body.clone()).await;
    world
        .ok(
            TransactWriteItems,
            actions(&[json!({"Delete": {"TableName": "simple", "Key": {"p": {"S": "a"}}}})]),
        )
        .await;
    world.ok(TransactWriteItems, body).await;
}

#[tokio::test]
async fn a_token_is_taken_while_its_request_is_under_way_and_known_once_it_is_applied() {
    let (world, _) = world().await;
    let body = with_token("t", &[add("a", 1)]);
    let token = world.engine.core.tokens.reserve(&token_of(&world, &body), NOON).unwrap();
    let (name, _) = world.refused(TransactWriteItems, body.clone()).await;
    assert_eq!(name, "TransactionInProgressException");
    drop(token);
    world.store.hold();
    let mut calls = Vec::new();
    for _ in 0..2 {
        let (engine, body) = (Arc::clone(&world.engine), body.clone());
        calls.push(tokio::spawn(async move { call(&engine, TransactWriteItems, body).await }));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert!(calls.iter().all(|call| !call.is_finished()), "neither answer is known to last");
    world.store.release();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(value(&world, "a").await, json!("1"));
}

fn token_of(world: &World, body: &Value) -> crate::transact::Token {
    match super::super::support::parse(TransactWriteItems, body) {
        partita_protocol::Operation::TransactWriteItems(request) => {
            world.engine.token(&request.token.expect("the request has one"))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_lives_ten_minutes() {
    let (world, clock) = world().await;
    // Wherever in a bucket it is completed.
    for (start, token) in [(0, "a"), (1, "b"), (5 * MINUTE, "c"), (10 * MINUTE - 1, "d")] {
        let start = (start + 100 * MINUTE) as i64;
        clock.set(start);
        let body = with_token(token, &[add(token, 1)]);
        world.ok(TransactWriteItems, body.clone()).await;
        clock.set(start + (10 * MINUTE) as i64 - 1);
        world.ok(TransactWriteItems, body.clone()).await;
        assert_eq!(value(&world, token).await, json!("1"));
        clock.set(start + (10 * MINUTE) as i64);
        world.ok(TransactWriteItems, body).await;
        assert_eq!(value(&world, token).await, json!("2"), "ten minutes later it is a new request");
    }
}

#[tokio::test]
async fn a_clock_that_steps_back_forgets_no_token() {
    let (world, clock) = world().await;
    // The first moment of a bucket.
    assert_eq!(NOON.0 % (10 * MINUTE), 0);
    let body = with_token("t", &[add("a", 1)]);
    world.ok(TransactWriteItems, body.clone()).await;
    clock.set(-(MINUTE as i64));
    world.ok(TransactWriteItems, body).await;
    assert_eq!(value(&world, "a").await, json!("1"));
}

#[tokio::test]
async fn dead_tokens_are_swept_in_bounded_steps() {
    let (world, clock) = world().await;
    for token in 0..5 {
        world.ok(TransactWriteItems, with_token(&format!("t{token}"), &[exists_or_not()])).await;
    }
    clock.set(15 * MINUTE as i64);
    world.ok(TransactWriteItems, with_token("alive", &[exists_or_not()])).await;
    assert_eq!(world.engine.sweep_tokens(3).await.unwrap(), 0, "some of the bucket might be alive");
    clock.set(20 * MINUTE as i64);
    assert_eq!(world.engine.sweep_tokens(3).await.unwrap(), 3);
    assert_eq!(world.engine.sweep_tokens(3).await.unwrap(), 2);
    assert_eq!(world.engine.sweep_tokens(3).await.unwrap(), 0);
    assert_eq!(token_rows(&world).await, 1);
    clock.set(40 * MINUTE as i64);
    assert_eq!(world.crashed_at(clock).await.engine.sweep_tokens(3).await.unwrap(), 1);
}

/// A check that always holds.
fn exists_or_not() -> Value {
    json!({"ConditionCheck": {"TableName": "simple", "Key": {"p": {"S": "a"}},
                              "ConditionExpression": "attribute_not_exists(q)"}})
}

#[tokio::test]
async fn an_abandoned_request_is_whole_or_not_there() {
    for turns in 0..16 {
        let (world, _) = world().await;
        let body = with_token("t", &[add("a", 1), add("b", 1)]);
        let engine = Arc::clone(&world.engine);
        let sent = body.clone();
        let request = tokio::spawn(async move { call(&engine, TransactWriteItems, sent).await });
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        request.abort();
        drop(request.await);
        world.ok(TransactWriteItems, body).await;
        assert_eq!((value(&world, "a").await, value(&world, "b").await), (json!("1"), json!("1")));
    }
}

//! A coordinator disappears at every one of its messages, before and after it is carried out, with and without the shards
//! being lost at the same moment. Afterwards the transaction has happened everywhere or nowhere.

use std::sync::Arc;

use partita_model::TableId;
use partita_table::ChangeRecord;
use serde_json::{Value, json};

use super::support::{Fuse, READER, Side, World, add, at_least, write};

/// On three shards, one of which only checks.
const NAMES: [&str; 4] = ["a0", "b1", "c2", "d1"];

/// Begin, three to prepare, decide, three to settle, forget.
const MESSAGES: usize = 9;
/// Which of them is the commit point.
const DECISION: usize = 5;

fn body(token: &str) -> Value {
    let actions = [add("a0", 1), add("b1", 2), at_least("c2", 100), add("d1", 3)];
    json!({"TransactItems": actions, "ClientRequestToken": token})
}

async fn world() -> Arc<World> {
    let world = World::new(3).await;
    world.write(json!({"TransactItems": [add("b1", 10), add("c2", 100)]})).await.unwrap();
    world
}

async fn values(world: &Arc<World>) -> Vec<Value> {
    let values = world.read(&NAMES).await.unwrap();
    values.into_iter().map(|value| value["N"].clone()).collect()
}

fn before() -> Vec<Value> {
    vec![Value::Null, json!("10"), json!("100"), Value::Null]
}

fn after() -> Vec<Value> {
    vec![json!("1"), json!("12"), json!("100"), json!("3")]
}

/// What becomes of the world while the coordinator is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Recovered,
    LostAndRecovered,
    /// The client asks again, with its token, before anybody recovers anything.
    AskedAgain,
}

/// Runs a transaction whose coordinator ends at the message, and says whether it came to its end before that.
async fn run(world: &Arc<World>, messages: usize, side: Side, token: &str) -> bool {
    let fuse = Fuse::new(messages, side);
    let coordinator = world.mortal(&fuse);
    let body = body(token);
    let call = tokio::spawn(async move { write(&coordinator, body).await });
    tokio::select! {
        biased;
        () = fuse.blown.notified() => {}
        answer = call => {
            answer.unwrap().unwrap();
            return true;
        }
    }
    // What was already on its way to other shards arrives.
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    false
}

async fn records(world: &Arc<World>) -> usize {
    let mut count = 0;
    for engine in world.engines() {
        let records = engine.shard().read_log(TableId(1), READER, 100).await.unwrap();
        for record in &records {
            ChangeRecord::decode(&record.payload).unwrap();
        }
        count += records.len();
    }
    count
}

async fn items(world: &Arc<World>) -> u64 {
    let mut count = 0;
    for engine in world.engines() {
        count += engine.statistics(TableId(1)).await.unwrap().table.item_count;
    }
    count
}

#[tokio::test]
async fn a_coordinator_may_disappear_at_any_message() {
    for side in [Side::Before, Side::After] {
        for then in [Then::Recovered, Then::LostAndRecovered, Then::AskedAgain] {
            for messages in 1.. {
                let world = world().await;
                let what = format!("{messages} messages, {side:?}, {then:?}");
                let ended = run(&world, messages, side, "token").await;
                let carried_out = if side == Side::After { messages } else { messages - 1 };
                aftermath(&world, carried_out >= DECISION, then, &what).await;
                if ended {
                    assert_eq!(messages, MESSAGES + 1, "{what}");
                    break;
                }
            }
        }
    }
}

/// Lets time pass, recovers, and checks that the transaction has happened if it was decided, and not otherwise.
async fn aftermath(world: &Arc<World>, decided: bool, then: Then, what: &str) {
    if then == Then::LostAndRecovered {
        world.reopen_all().await;
    }
    let mut expected = if decided { after() } else { before() };
    if then == Then::AskedAgain {
        match world.write(body("token")).await {
            Ok(_) => {
                expected = after();
                assert_eq!(values(world).await, expected, "{what}: whoever is told of success can see it");
            }
            // The token is taken by whoever is gone.
            Err(error) => {
                assert!(!decided && error.name() == "TransactionInProgressException", "{what}: {error}")
            }
        }
    }
    world.clock.pass(20_000);
    let recovered = world.coordinator().recover().await;
    assert_eq!(world.coordinator().recover().await, Default::default(), "{what}: after {recovered:?}");
    assert_eq!(values(world).await, expected, "{what}");
    // Once, however often it is asked for.
    for _ in 0..2 {
        world.write(body("token")).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(values(world).await, after(), "{what}");
    }
    assert_eq!(items(world).await, 4, "{what}: statistics are exact");
    assert_eq!(records(world).await, 2 + 3, "{what}: each change has its record");
    world.reopen_all().await;
    assert_eq!(values(world).await, after(), "{what}: durably");
}

#[tokio::test]
async fn somebody_who_recovers_too_early_for_a_slow_coordinator_aborts_it() {
    let world = world().await;
    // Begun and prepared; the decision is on its way for six seconds.
    assert!(!run(&world, 5, Side::Before, "slow").await);
    world.clock.pass(6_000);
    assert_eq!(world.coordinator().recover().await.settled, 3);
    let ledgers: Vec<_> = world.engines();
    assert_eq!(values(&world).await, before());
    // An hour later nothing is left of it.
    world.clock.pass(3_600_000);
    assert_eq!(world.coordinator().recover().await.forgotten, 1);
    assert!(ledgers.iter().all(|engine| engine.overdue().is_empty()));
}

//! Transactions and single writes at once: what each of them decided on was so, nothing is lost, and all that is kept in step with
//! items is exact.

use std::collections::BTreeMap;
use std::sync::Arc;

use partita_model::AttributeValue;
use partita_model::Item;
use partita_protocol::OperationName::{Scan, TransactGetItems, TransactWriteItems, UpdateItem};
use partita_storage::LogStart;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::support::{World, call, indexed};
use crate::{ChangeRecord, TableEngine};

/// Accounts, on few partitions, so that transactions meet on items, collections and stripes.
const ACCOUNTS: u64 = 12;
const START: i64 = 100;

/// What one client does, by its accounts.
#[derive(Clone, Debug)]
enum Step {
    /// Moves money if there is enough; between so many accounts at once.
    Move { from: u64, to: Vec<u64>, each: i64 },
    /// Puts money in from outside.
    Deposit { to: u64, amount: i64 },
    /// Reads accounts together.
    Look(Vec<u64>),
}

fn step() -> impl Strategy<Value = Step> {
    let account = || 0..ACCOUNTS;
    prop_oneof![
        4 => (account(), vec(account(), 1..4), 1..60i64).prop_map(|(from, to, each)| Step::Move { from, to, each }),
        1 => (account(), 1..10i64).prop_map(|(to, amount)| Step::Deposit { to, amount }),
        1 => vec(account(), 1..6).prop_map(Step::Look),
    ]
}

fn key(account: u64) -> Value {
    json!({"p": {"S": format!("p{}", account % 3)}, "s": {"N": account.to_string()}})
}

/// Adds to the balance, which is an index key too.
fn change(account: u64, amount: i64, condition: Option<i64>) -> Value {
    let mut update = json!({"TableName": "indexed", "Key": key(account), "UpdateExpression": "ADD a :d",
                            "ExpressionAttributeValues": {":d": {"N": amount.to_string()}}});
    if let Some(least) = condition {
        update["ConditionExpression"] = json!("a >= :least");
        update["ExpressionAttributeValues"][":least"] = json!({"N": least.to_string()});
    }
    update
}

/// The amount by which the step changed the sum of all balances.
async fn carry_out(engine: &TableEngine, step: Step) -> i64 {
    match step {
        Step::Move { from, mut to, each } => {
            to.sort_unstable();
            to.dedup();
            to.retain(|account| *account != from);
            let all = each * to.len() as i64;
            let mut actions = vec![json!({"Update": change(from, -all, Some(all))})];
            actions.extend(to.iter().map(|account| json!({"Update": change(*account, each, None)})));
            match call(engine, TransactWriteItems, json!({"TransactItems": actions})).await {
                Ok(_) => {}
                Err(error) => {
                    let codes: Vec<_> =
                        error.cancellation_reasons().iter().map(|reason| reason.code()).collect();
                    assert_eq!(codes[0], "ConditionalCheckFailed", "{error}");
                    assert!(codes[1..].iter().all(|code| *code == "None"), "{error}");
                }
            }
            0
        }
        Step::Deposit { to, amount } => {
            call(engine, UpdateItem, change(to, amount, None)).await.unwrap();
            amount
        }
        Step::Look(mut accounts) => {
            accounts.sort_unstable();
            accounts.dedup();
            let get = |account: &u64| json!({"Get": {"TableName": "indexed", "Key": key(*account)}});
            let gets: Vec<_> = accounts.iter().map(get).collect();
            let answer = call(engine, TransactGetItems, json!({"TransactItems": gets})).await.unwrap();
            for response in answer["Responses"].as_array().unwrap() {
                let balance: i64 = response["Item"]["a"]["N"].as_str().unwrap().parse().unwrap();
                assert!(balance >= 0, "nobody spends what is not there");
            }
            0
        }
    }
}

async fn world() -> World {
    let world = World::with([indexed()]).await;
    world.engine.register_reader(indexed().id, "reader", LogStart::Now).await.unwrap();
    for account in 0..ACCOUNTS {
        world.ok(UpdateItem, change(account, START, None)).await;
    }
    world
}

async fn run(clients: Vec<Vec<Step>>) {
    let world = world().await;
    let clients = clients.into_iter().map(|steps| {
        let engine = Arc::clone(&world.engine);
        tokio::spawn(async move {
            let mut deposited = 0;
            for step in steps {
                deposited += carry_out(&engine, step).await;
            }
            deposited
        })
    });
    let mut expected = ACCOUNTS as i64 * START;
    for client in clients.collect::<Vec<_>>() {
        expected += client.await.unwrap();
    }
    for world in [&world, &world.crashed().await] {
        check(world, expected).await;
    }
}

/// The items, what is derived from them, and what the change log says.
async fn check(world: &World, expected: i64) {
    let scanned = world.ok(Scan, json!({"TableName": "indexed"})).await;
    let balance = |item: &Value| item["a"]["N"].as_str().unwrap().parse::<i64>().unwrap();
    let items = scanned["Items"].as_array().unwrap();
    assert_eq!(items.iter().map(balance).sum::<i64>(), expected, "no money is made or lost");
    assert!(items.iter().all(|item| balance(item) >= 0), "{items:?}");
    let entries = world.ok(Scan, json!({"TableName": "indexed", "IndexName": "by-a"})).await;
    let sorted = |items: &Value| {
        let mut all: Vec<_> = items.as_array().unwrap().iter().map(|item| item.to_string()).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&entries["Items"]), sorted(&scanned["Items"]), "each item has its entry");
    let statistics = world.engine.statistics(indexed().id).await.unwrap();
    assert_eq!(statistics.table.item_count, ACCOUNTS);
    let sizes =
        statistics.table.size_bytes + statistics.indexes.values().map(|index| index.size_bytes).sum::<u64>();
    assert_eq!(super::super::concurrency::collections(world).await, sizes, "collections are exact");
    assert_eq!(replayed(world).await, sorted(&scanned["Items"]), "the change log leads to the same items");
}

/// The items that the change log leads to; each record continues the one before it.
async fn replayed(world: &World) -> Vec<String> {
    let records = world.engine.shard().read_log(indexed().id, "reader", 10_000).await.unwrap();
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for record in records {
        let record = ChangeRecord::decode(&record.payload).unwrap();
        let [old, new] = [record.old, record.new].map(|image| image.map(|image| image.decode()));
        let of = |item: &Item| item.get("s").map(|s| format!("{s:?}")).unwrap();
        let place = old.as_ref().or(new.as_ref()).map(of).unwrap();
        assert_eq!(items.remove(&place), old, "nothing happened in between");
        items.extend(new.map(|new| (place, new)));
    }
    let mut all: Vec<_> =
        items.values().map(|item| partita_protocol::output::item_to_json(item).to_string()).collect();
    assert!(items.values().all(|item| matches!(item.get("a"), Some(AttributeValue::N(_)))));
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn concurrent_transactions_are_as_if_one_after_the_other(clients in vec(vec(step(), 1..24), 2..8)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
        runtime.block_on(run(clients));
    }
}

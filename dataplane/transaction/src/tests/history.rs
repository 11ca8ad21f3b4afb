//! Clients append to lists and read them, on several shards, while coordinators disappear, shards are lost and opened
//! again, and somebody recovers what is left behind. The history must be strictly serializable.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use partita_protocol::ServiceError;
use partita_protocol::output::Answer;
use partita_protocol::{Operation, OperationName};
use partita_table::transact::ShardId;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::checker::{Element, End, List, Transaction, check};
use super::support::{Chance, Fuse, Side, TABLE, World, read, write};
use crate::Coordinator;

/// The lists, on three shards.
const NAMES: [&str; 6] = ["l0", "l1", "l2", "m0", "m1", "m2"];
const SHARDS: u64 = 3;
const CLIENTS: u64 = 6;
/// Transactions of each client.
const ROUNDS: usize = 40;

/// What all clients share.
struct Run {
    world: Arc<World>,
    /// Orders what clients ask and are told.
    time: AtomicU64,
    /// The next element.
    fresh: AtomicU64,
    history: Mutex<Vec<Transaction>>,
}

/// What can go wrong in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Fair,
    /// Coordinators disappear, and shards are lost and opened again.
    Foul,
}

impl Run {
    fn now(&self) -> u64 {
        self.time.fetch_add(1, Ordering::SeqCst)
    }

    async fn note(&self, asked: u64, end: End, appends: &[(List, Element)], reads: &[(List, Vec<Element>)]) {
        let transaction = Transaction { asked, end, appends: appends.to_vec(), reads: reads.to_vec() };
        self.history.lock().await.push(transaction);
    }

    /// A coordinator, which in foul weather may disappear at one of its next messages.
    fn coordinator(&self, weather: Weather, chance: &mut Chance) -> (Coordinator, Arc<Fuse>) {
        let messages = match weather {
            Weather::Foul if chance.below(4) == 0 => 1 + chance.below(10) as usize,
            Weather::Foul | Weather::Fair => usize::MAX,
        };
        let side = if chance.below(2) == 0 { Side::Before } else { Side::After };
        let fuse = Fuse::with_delays(messages, side, chance.below(u64::MAX));
        (self.world.mortal(&fuse), fuse)
    }
}

/// A few lists, each once.
fn some_lists(chance: &mut Chance, most: u64) -> Vec<List> {
    let count = 1 + chance.below(most);
    let mut lists: Vec<List> = (0..NAMES.len()).collect();
    while lists.len() as u64 > count {
        lists.remove(chance.below(lists.len() as u64) as usize);
    }
    lists
}

fn append(list: List, element: Element) -> Value {
    json!({"Update": {"TableName": TABLE, "Key": {"p": {"S": NAMES[list]}},
                      "UpdateExpression": "SET v = list_append(if_not_exists(v, :none), :v)",
                      "ExpressionAttributeValues": {":none": {"L": []}, ":v": {"L": [{"N": element.to_string()}]}}}})
}

/// Holds as long as the list is as it was seen: lists only grow.
fn unchanged(list: List, seen: &[Element]) -> Value {
    let (condition, values) = match seen.len() {
        0 => ("attribute_not_exists(v)", json!(null)),
        length => ("size(v) = :length", json!({":length": {"N": length.to_string()}})),
    };
    let mut check =
        json!({"TableName": TABLE, "Key": {"p": {"S": NAMES[list]}}, "ConditionExpression": condition});
    if !values.is_null() {
        check["ExpressionAttributeValues"] = values;
    }
    json!({"ConditionCheck": check})
}

fn elements(value: &Value) -> Vec<Element> {
    let list = value["L"].as_array().into_iter().flatten();
    list.map(|element| element["N"].as_str().unwrap().parse().unwrap()).collect()
}

/// What a client may conclude from an error.
fn end_of(error: &ServiceError) -> End {
    match error.name() {
        "TransactionCanceledException" | "TransactionConflictException" => End::Failed,
        "InternalServerError" | "TransactionInProgressException" => End::Unknown,
        other => panic!("{other}: {error}"),
    }
}

/// Waits for an answer, or for the coordinator's disappearance.
async fn unless_gone<T: Send + 'static>(
    fuse: &Arc<Fuse>,
    call: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
) -> Result<T, End> {
    let call = tokio::spawn(call);
    tokio::select! {
        biased;
        answer = call => answer.unwrap().map_err(|error| end_of(&error)),
        () = fuse.blown.notified() => Err(End::Unknown),
    }
}

struct Client {
    run: Arc<Run>,
    weather: Weather,
    chance: Chance,
}

impl Client {
    async fn live(mut self) {
        for _ in 0..ROUNDS {
            match self.chance.below(10) {
                0..4 => self.append(&[]).await,
                4..7 => drop(self.read(3).await),
                7..9 => {
                    // What was read decides what is appended where.
                    let seen = self.read(2).await;
                    if !seen.is_empty() {
                        self.append(&seen).await;
                    }
                }
                _ => self.append_alone().await,
            }
        }
    }

    /// A transaction that reads.
    async fn read(&mut self, most: u64) -> Vec<(List, Vec<Element>)> {
        let lists = some_lists(&mut self.chance, most);
        let (coordinator, fuse) = self.run.coordinator(self.weather, &mut self.chance);
        let asked = self.run.now();
        let names: Vec<&str> = lists.iter().map(|list| NAMES[*list]).collect();
        let answer = unless_gone(&fuse, async move { read(&coordinator, &names).await }).await;
        let Ok(values) = answer else { return Vec::new() };
        let seen: Vec<_> = lists.into_iter().zip(values.iter().map(elements)).collect();
        self.run.note(asked, End::Succeeded(self.run.now()), &[], &seen).await;
        seen
    }

    /// A transaction that appends, if what was seen is still so; what is seen is not appended to.
    async fn append(&mut self, seen: &[(List, Vec<Element>)]) {
        let mut lists = some_lists(&mut self.chance, 3);
        lists.retain(|list| seen.iter().all(|(read, _)| read != list));
        if lists.is_empty() {
            return;
        }
        let fresh = || self.run.fresh.fetch_add(1, Ordering::SeqCst);
        let appends: Vec<_> = lists.into_iter().map(|list| (list, fresh())).collect();
        let mut actions: Vec<_> = appends.iter().map(|(list, element)| append(*list, *element)).collect();
        actions.extend(seen.iter().map(|(list, elements)| unchanged(*list, elements)));
        let token = format!("token-{}", appends[0].1);
        let body = json!({"TransactItems": actions, "ClientRequestToken": token});
        let asked = self.run.now();
        let mut end = End::Unknown;
        // As an SDK does: whoever was told nothing asks again, with the same token.
        for _ in 0..3 {
            let (coordinator, fuse) = self.run.coordinator(self.weather, &mut self.chance);
            let body = body.clone();
            end = match unless_gone(&fuse, async move { write(&coordinator, body).await }).await {
                Ok(_) => End::Succeeded(self.run.now()),
                Err(end) => end,
            };
            if end != End::Unknown {
                break;
            }
        }
        self.run.note(asked, end, &appends, seen).await;
    }

    /// A single write, without any transaction.
    async fn append_alone(&mut self) {
        let list = self.chance.below(NAMES.len() as u64) as usize;
        let element = self.run.fresh.fetch_add(1, Ordering::SeqCst);
        let body = append(list, element)["Update"].to_string();
        let Ok(Operation::UpdateItem(update)) = Operation::parse(OperationName::UpdateItem, body.as_bytes())
        else {
            panic!("it is one")
        };
        let engine = self.run.world.engine(self.run.world.shard_of_name(NAMES[list]));
        let asked = self.run.now();
        let answer = engine.update_item(&update).await.map_err(ServiceError::from);
        let end = match answer.map(|answer| answer.to_bytes()) {
            Ok(_) => End::Succeeded(self.run.now()),
            Err(error) => end_of(&error),
        };
        self.run.note(asked, end, &[(list, element)], &[]).await;
    }
}

/// Lets time pass, recovers what is stalled and, in foul weather, loses shards, until it is told to stop.
async fn nature(run: Arc<Run>, weather: Weather, mut chance: Chance, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        for _ in 0..chance.below(60) {
            tokio::task::yield_now().await;
        }
        run.world.clock.pass(chance.below(1_500));
        run.world.coordinator().recover().await;
        if weather == Weather::Foul && chance.below(40) == 0 {
            run.world.reopen(ShardId(chance.below(SHARDS))).await;
        }
    }
}

/// One run: what its clients did and saw.
async fn history(seed: u64, weather: Weather) -> Vec<Transaction> {
    let mut chance = Chance::new(seed);
    let world = World::new(SHARDS).await;
    let (time, fresh) = (AtomicU64::new(0), AtomicU64::new(1));
    let run = Arc::new(Run { world, time, fresh, history: Mutex::default() });
    let stop = Arc::new(AtomicBool::new(false));
    let nature = tokio::spawn(nature(Arc::clone(&run), weather, chance.split(), Arc::clone(&stop)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(Client { run: Arc::clone(&run), weather, chance: chance.split() }.live()))
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    nature.await.unwrap();
    run.world.clock.pass(60_000);
    run.world.coordinator().recover().await;
    let asked = run.now();
    let last = run.world.read(&NAMES).await.unwrap();
    let last: Vec<_> = last.iter().map(elements).enumerate().collect();
    run.note(asked, End::Succeeded(run.now()), &[], &last).await;
    std::mem::take(&mut *run.history.lock().await)
}

/// Enough of each kind of end for the run to say something.
fn is_lively(history: &[Transaction], weather: Weather) {
    let count = |wanted: &dyn Fn(&Transaction) -> bool| history.iter().filter(|one| wanted(one)).count();
    let succeeded = |one: &Transaction| matches!(one.end, End::Succeeded(_));
    assert!(count(&|one| succeeded(one) && one.appends.len() > 1) > 20, "transactions that append");
    assert!(count(&|one| succeeded(one) && one.reads.len() > 1 && one.appends.is_empty()) > 20, "that read");
    assert!(
        count(&|one| succeeded(one) && !one.reads.is_empty() && !one.appends.is_empty()) > 3,
        "that do both"
    );
    assert!(count(&|one| one.end == End::Failed) > 0, "that met a conflict");
    assert!(weather == Weather::Fair || count(&|one| one.end == End::Unknown) > 0, "that nobody knows about");
}

#[tokio::test]
async fn histories_are_strictly_serializable() {
    for seed in 0..8 {
        let history = history(seed, Weather::Fair).await;
        assert_eq!(check(&history), Ok(()), "seed {seed}");
        is_lively(&history, Weather::Fair);
    }
}

#[tokio::test]
async fn histories_with_failures_are_strictly_serializable() {
    for seed in 0..24 {
        let history = history(seed, Weather::Foul).await;
        assert_eq!(check(&history), Ok(()), "seed {seed}");
        is_lively(&history, Weather::Foul);
    }
}

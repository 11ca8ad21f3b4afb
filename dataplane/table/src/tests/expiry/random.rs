//! Random writes, clock steps, settings, crashes and sweeps in pieces against a model: a map of items, and a rule for what is due.

use std::collections::BTreeMap;

use futures::FutureExt;
use partita_model::TableDescriptor;
use partita_protocol::OperationName::{
    BatchWriteItem, DeleteItem, PutItem, Scan, TransactWriteItems, UpdateItem,
};
use partita_storage::space;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::support::indexed;
use super::{Timed, expiring};

/// What an attribute says; seconds are counted from the time of the write.
#[derive(Clone, Copy, Debug)]
enum Time {
    Seconds(i64),
    /// And a half.
    Halves(i64),
    /// No number.
    Text,
    /// Seconds since the epoch.
    Absolute(i64),
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, Option<Time>, Option<Time>),
    /// Several puts and deletes, in a batch or a transaction.
    Several(Vec<(u8, Option<Time>)>, bool),
    Delete(u8),
    /// Sets or removes `e`.
    Update(u8, Option<Time>),
    /// Leaves the times as they are.
    Touch(u8, i64),
    Pass(u64),
    /// By which attribute items expire from now on.
    Set(Option<&'static str>),
    Build(usize),
    Sweep(usize),
    Crash,
    Settle,
}

/// Five years, counted by the days.
const TOO_OLD: i64 = (365 * 4 + 366) * 86_400;

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        6 => (-3..6_i64).prop_map(Time::Seconds),
        3 => (-3..6_i64).prop_map(Time::Halves),
        2 => (-2..=2_i64).prop_map(|off| Time::Seconds(off - TOO_OLD)),
        1 => (20..90_i64).prop_map(Time::Seconds),
        1 => Just(Time::Text),
        1 => prop::sample::select(vec![-1, 0, 253_402_300_799, 253_402_300_800, i64::MAX]).prop_map(Time::Absolute),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..8_u8;
    let writes = vec((key(), option::weighted(0.8, time())), 1..5);
    prop_oneof![
        10 => (key(), option::weighted(0.9, time()), option::of(time())).prop_map(|(key, e, f)| Step::Put(key, e, f)),
        4 => (writes, any::<bool>()).prop_map(|(writes, transact)| Step::Several(writes, transact)),
        3 => key().prop_map(Step::Delete),
        6 => (key(), option::weighted(0.8, time())).prop_map(|(key, e)| Step::Update(key, e)),
        2 => (key(), 0..3_i64).prop_map(|(key, v)| Step::Touch(key, v)),
        6 => (0..4_000_u64).prop_map(Step::Pass),
        2 => prop::sample::select(vec![None, Some("e"), Some("e"), Some("f")]).prop_map(Step::Set),
        3 => (1..6_usize).prop_map(Step::Build),
        6 => (1..4_usize).prop_map(Step::Sweep),
        1 => Just(Step::Crash),
        1 => Just(Step::Settle),
    ]
}

/// An attribute's value, and the second at which its item is due if it is a time at all.
type Said = (Value, Option<i64>);

#[derive(Clone, Debug)]
struct Expected {
    times: BTreeMap<&'static str, Said>,
    v: Option<i64>,
}

struct Run {
    timed: Timed,
    items: BTreeMap<u8, Expected>,
    descriptor: TableDescriptor,
    /// How many items sweeps have deleted.
    expired: usize,
}

impl Run {
    async fn new() -> Self {
        let descriptor = expiring(indexed(), 1, Some((100, "e")));
        let timed = Timed::with([descriptor.clone()]).await;
        Self { timed, items: BTreeMap::new(), descriptor, expired: 0 }
    }

    fn said(&self, time: Time) -> Said {
        let now = self.timed.now();
        let (text, second) = match time {
            Time::Seconds(seconds) => ((now + seconds).to_string(), now + seconds),
            Time::Halves(seconds) => (format!("{}.5", now + seconds), now + seconds + 1),
            Time::Absolute(second) => (second.to_string(), second),
            Time::Text => return (json!({"S": now.to_string()}), None),
        };
        let comes = (0..=253_402_300_799).contains(&second);
        (json!({"N": text}), comes.then_some(second))
    }

    fn expected<const N: usize>(&self, times: [(&'static str, Option<Time>); N]) -> Expected {
        let said = times.into_iter().filter_map(|(name, time)| Some((name, self.said(time?))));
        Expected { times: said.collect(), v: None }
    }

    fn second(&self, item: &Expected) -> Option<i64> {
        let setting = self.descriptor.time_to_live.as_ref()?;
        item.times.get(setting.attribute.as_str())?.1
    }

    fn is_due(&self, item: &Expected) -> bool {
        let now = self.timed.now();
        self.second(item).is_some_and(|second| (now - TOO_OLD..=now).contains(&second))
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Put(key, e, f) => {
                let item = self.expected([("e", *e), ("f", *f)]);
                let body = json!({"TableName": "indexed", "Item": json_of(*key, &item)});
                self.timed.world.ok(PutItem, body).await;
                self.items.insert(*key, item);
            }
            Step::Several(writes, transact) => self.several(writes, *transact).await,
            Step::Delete(key) => {
                self.timed.world.ok(DeleteItem, json!({"TableName": "indexed", "Key": key_of(*key)})).await;
                self.items.remove(key);
            }
            Step::Update(key, time) => self.update(*key, *time).await,
            Step::Touch(key, v) => {
                let body = json!({"TableName": "indexed", "Key": key_of(*key), "UpdateExpression": "SET a = :v",
                                  "ExpressionAttributeValues": {":v": {"N": v.to_string()}}});
                self.timed.world.ok(UpdateItem, body).await;
                let empty = self.expected([]);
                self.items.entry(*key).or_insert(empty).v = Some(*v);
            }
            Step::Pass(millis) => self.timed.pass(*millis),
            Step::Set(attribute) => self.set(*attribute).await,
            Step::Build(rows) => drop(self.timed.world.engine.build_expiries(*rows).await.unwrap()),
            Step::Sweep(rows) => {
                let swept = self.timed.world.engine.sweep_expired(*rows).await.unwrap();
                let gone = self.reconcile().await;
                assert_eq!(swept.items, gone as u64);
            }
            Step::Crash | Step::Settle => {}
        }
    }

    /// The last of several writes of one key is not sent: a request names a key once.
    async fn several(&mut self, writes: &[(u8, Option<Time>)], transact: bool) {
        let writes: BTreeMap<u8, Option<Time>> = writes.iter().copied().collect();
        let mut actions = Vec::new();
        for (key, time) in writes {
            let item = time.map(|time| self.expected([("e", Some(time))]));
            actions.push(match (&item, transact) {
                (Some(item), true) => json!({"Put": {"TableName": "indexed", "Item": json_of(key, item)}}),
                (None, true) => json!({"Delete": {"TableName": "indexed", "Key": key_of(key)}}),
                (Some(item), false) => json!({"PutRequest": {"Item": json_of(key, item)}}),
                (None, false) => json!({"DeleteRequest": {"Key": key_of(key)}}),
            });
            match item {
                Some(item) => drop(self.items.insert(key, item)),
                None => drop(self.items.remove(&key)),
            }
        }
        match transact {
            true => self.timed.world.ok(TransactWriteItems, json!({"TransactItems": actions})).await,
            false => self.timed.world.ok(BatchWriteItem, json!({"RequestItems": {"indexed": actions}})).await,
        };
    }

    async fn update(&mut self, key: u8, time: Option<Time>) {
        let mut body = json!({"TableName": "indexed", "Key": key_of(key)});
        match time.map(|time| self.said(time)) {
            Some(said) => {
                body["UpdateExpression"] = "SET e = :e".into();
                body["ExpressionAttributeValues"] = json!({":e": said.0});
                let empty = self.expected([]);
                self.items.entry(key).or_insert(empty).times.insert("e", said);
            }
            None => {
                body["UpdateExpression"] = "REMOVE e".into();
                if let Some(item) = self.items.get_mut(&key) {
                    item.times.remove("e");
                }
            }
        }
        self.timed.world.ok(UpdateItem, body).await;
    }

    /// Ends the setting, and begins another one.
    async fn set(&mut self, attribute: Option<&'static str>) {
        let generation = self.descriptor.generation.0 + 1;
        let setting = attribute.map(|attribute| (100 + generation, attribute));
        self.descriptor = expiring(indexed(), generation, setting);
        self.timed.world.engine.apply(self.descriptor.clone()).await.unwrap();
    }

    /// Takes what a sweep has deleted out of the model, which cannot know in what order it goes about. How many that is.
    async fn reconcile(&mut self) -> usize {
        let items = self.timed.world.ok(Scan, json!({"TableName": "indexed"})).await["Items"].take();
        let found: BTreeMap<u8, &Value> =
            items.as_array().unwrap().iter().map(|item| (number(&item["s"]) as u8, item)).collect();
        let before = self.items.len();
        let gone: Vec<u8> = self.items.keys().filter(|key| !found.contains_key(key)).copied().collect();
        for key in gone {
            let item = self.items.remove(&key).unwrap();
            assert!(self.is_due(&item), "{item:?} was deleted at {}", self.timed.now());
        }
        for (key, item) in found {
            assert_eq!(*item, json_of(key, &self.items[&key]));
        }
        let gone = before - self.items.len();
        self.expired += gone;
        gone
    }

    /// Lets everything come to rest: exactly what is not due is left, and each item has its row.
    async fn settle(&mut self) {
        self.timed.build().await;
        let swept = self.timed.sweep().await;
        assert_eq!(self.reconcile().await as u64, swept);
        assert!(
            !self.items.values().any(|item| self.is_due(item)),
            "{:?} at {}",
            self.items,
            self.timed.now()
        );
        while !self.timed.world.engine.shard().sweep(100).await.unwrap().finished {}
        let setting = self.descriptor.time_to_live.as_ref().map(|setting| setting.id.0);
        let mut expected: Vec<_> =
            self.items.values().filter_map(|item| Some((setting?, self.second(item)?))).collect();
        expected.sort_unstable();
        assert_eq!(self.timed.expiries().await, expected);
        let built = self.timed.rows(space::BUILDS).await.len();
        assert_eq!(built, usize::from(setting.is_some()));
        let statistics = self.timed.world.engine.statistics(self.descriptor.id).await.unwrap();
        assert_eq!(statistics.table.item_count, self.items.len() as u64);
        assert_eq!(statistics.progress.builds.values().filter(|build| build.finished).count(), built);
    }

    /// Every deletion by a sweep has one record that says so.
    async fn check_log(&self) {
        let records = self.timed.records(self.descriptor.id).await;
        let expired: Vec<_> = records.iter().filter(|record| record.expired).collect();
        assert!(expired.iter().all(|record| record.new.is_none() && record.old.is_some()));
        assert_eq!(expired.len(), self.expired);
        let mut there = BTreeMap::new();
        for record in &records {
            let key = record.keys(&self.descriptor.key);
            let s = format!("{:?}", key["s"]);
            assert_eq!(there.remove(&s), record.old.as_ref().map(|old| old.as_bytes().clone()));
            there.extend(record.new.as_ref().map(|new| (s, new.as_bytes().clone())));
        }
        assert_eq!(there.len(), self.items.len());
    }
}

fn number(value: &Value) -> i64 {
    value["N"].as_str().unwrap().parse().unwrap()
}

fn key_of(key: u8) -> Value {
    json!({"p": {"S": format!("p{}", key % 3)}, "s": {"N": key.to_string()}})
}

fn json_of(key: u8, item: &Expected) -> Value {
    let mut json = key_of(key);
    for (name, (value, _)) in &item.times {
        json[*name] = value.clone();
    }
    if let Some(v) = item.v {
        json["a"] = json!({"N": v.to_string()});
    }
    json
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn just_what_is_due_goes(steps in vec(step(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut run = Run::new().await;
            for step in &steps {
                match step {
                    Step::Crash => run.timed = run.timed.crashed().await,
                    Step::Settle => run.settle().boxed().await,
                    step => run.take(step).boxed().await,
                }
            }
            run.settle().await;
            run.timed.pass(100_000);
            run.settle().await;
            run.check_log().await;
        });
    }
}

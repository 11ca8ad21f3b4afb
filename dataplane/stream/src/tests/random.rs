//! Any interleaving of writes, syncs, ends of shards, reads and crashes: a worker reads each change once, in order.

use std::collections::BTreeMap;
use std::time::Duration;

use partita_model::descriptor::StreamView;
use partita_protocol::OperationName;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::support::{LABEL, Worker, World, call, stream, text};
use crate::StreamOptions;

#[derive(Clone, Copy, Debug)]
enum Step {
    Put(u8),
    Delete(u8),
    /// Syncs wait from now on.
    Hold,
    /// Syncs happen again.
    Release,
    /// Minutes pass, and streams are tended beside what follows.
    Tend(u8),
    Read,
    TakeOver,
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..3_u8).prop_map(Step::Put),
        2 => (0..3_u8).prop_map(Step::Delete),
        2 => Just(Step::Hold),
        3 => Just(Step::Release),
        4 => (0..150_u8).prop_map(Step::Tend),
        6 => Just(Step::Read),
        1 => Just(Step::TakeOver),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 0..60)
}

/// A world and what goes on in it.
struct Run {
    world: World,
    worker: Worker,
    held: bool,
    writes: u32,
    tending: Option<JoinHandle<()>>,
}

impl Run {
    async fn begin() -> Self {
        let options = StreamOptions {
            shard_age_max: Duration::from_secs(2 * 60 * 60),
            shard_records_max: 5,
            ..StreamOptions::default()
        };
        let world = World::with(options, Some(stream(LABEL, StreamView::NewAndOldImages, true))).await;
        Self { world, worker: Worker::default(), held: false, writes: 0, tending: None }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Put(key) => self.write(key, true).await,
            Step::Delete(key) => self.write(key, false).await,
            Step::Hold => {
                self.world.store.hold();
                self.held = true;
            }
            Step::Release => self.release().await,
            Step::Tend(minutes) => self.tend(Duration::from_secs(60 * u64::from(minutes))).await,
            Step::Read => self.worker.step(&self.world, LABEL).await,
            Step::TakeOver => self.worker.take_over(&self.world, LABEL).await,
            Step::Crash => {
                if let Some(tending) = self.tending.take() {
                    tending.abort();
                }
                self.world.crash().await;
                self.held = false;
            }
        }
    }

    /// A write that nobody waits for while syncs are held back.
    async fn write(&mut self, key: u8, put: bool) {
        self.writes += 1;
        let key = json!({ "S": key.to_string() });
        let (name, body) = match put {
            true => {
                let item = json!({ "p": key, "v": { "S": self.writes.to_string() } });
                (OperationName::PutItem, json!({ "TableName": "music", "Item": item }))
            }
            false => (OperationName::DeleteItem, json!({ "TableName": "music", "Key": { "p": key } })),
        };
        let (engine, streams) = (self.world.engine.clone(), self.world.streams.clone());
        let writing = tokio::spawn(async move { call(&engine, &streams, name, body).await.map(drop) });
        match self.held {
            true => settle().await,
            false => writing.await.unwrap().unwrap(),
        }
    }

    async fn tend(&mut self, after: Duration) {
        if self.tending.as_ref().is_some_and(|tending| !tending.is_finished()) {
            return;
        }
        self.world.clock.advance(after);
        let streams = self.world.streams.clone();
        self.tending = Some(tokio::spawn(async move { streams.tend().await.unwrap() }));
        settle().await;
    }

    async fn release(&mut self) {
        self.world.store.release();
        self.held = false;
        // Everything is durable, and who waited for it has not heard of it: not who tends the streams either.
        self.worker.step(&self.world, LABEL).await;
        if let Some(tending) = self.tending.take() {
            tending.await.unwrap();
        }
        settle().await;
    }

    /// Reads what is left, and judges all of it.
    async fn end(mut self) {
        self.release().await;
        loop {
            let before = self.worker.read.len();
            self.worker.step(&self.world, LABEL).await;
            // A step goes no further than one generation of shards, and an empty one is a generation, too.
            for _ in 0..3 {
                self.worker.step(&self.world, LABEL).await;
            }
            if self.worker.read.len() == before {
                break;
            }
        }
        self.judge().await;
    }

    async fn judge(&self) {
        let mut images: BTreeMap<String, Value> = BTreeMap::new();
        let mut last = String::new();
        for record in &self.worker.read {
            let change = &record["dynamodb"];
            let number = text(&change["SequenceNumber"]);
            assert!(number > last, "{number} after {last}");
            last = number;
            // Every value is written once, so that a change that is missed, repeated or displaced breaks the chain of images.
            let key = text(&change["Keys"]["p"]["S"]);
            let known = images.get(&key).cloned().unwrap_or(Value::Null);
            assert_eq!(change.get("OldImage").cloned().unwrap_or(Value::Null), known, "{record}");
            images.insert(key, change.get("NewImage").cloned().unwrap_or(Value::Null));
        }
        for key in ["0", "1", "2"] {
            let body = json!({ "TableName": "music", "Key": { "p": { "S": key } } });
            let found = self.world.ok(OperationName::GetItem, body).await;
            let known = images.get(key).cloned().unwrap_or(Value::Null);
            assert_eq!(found.get("Item").cloned().unwrap_or(Value::Null), known, "{key}");
        }
    }
}

/// Lets other tasks run until they wait for something that does not come by itself.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_change_is_read_once_and_in_order(steps in steps()) {
        run(async {
            let mut world = Run::begin().await;
            for step in steps {
                world.take(step).await;
            }
            world.end().await;
        });
    }
}

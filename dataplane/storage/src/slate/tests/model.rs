//! The engine against the model, over random histories with restarts.

use std::sync::Arc;

use bytes::Bytes;
use object_store::memory::InMemory;
use proptest::prelude::*;

use super::start;
use crate::MemoryStore;
use crate::fault::FaultyObjects;
use crate::store::{KeyRange, Order, Row, ShardStore, Snapshot, Visibility, WriteBatch, Written};

#[derive(Debug, Clone)]
enum Step {
    /// Changes of keys; `None` deletes.
    Write(Vec<(Bytes, Option<Bytes>)>),
    /// Waits until everything is durable.
    Barrier,
    /// Compares a scan of both views.
    Scan(KeyRange, Order),
    /// Takes a snapshot, to be compared at the end.
    Snapshot(Visibility),
    /// Ends the engine in order and starts it again.
    Close,
    /// Ends the engine in a crash after everything is durable, and starts it again.
    Crash,
}

/// Keys from few bytes, so that histories meet the same key and its neighbours often; 0 and 255 are at the edges.
fn key() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(prop::sample::select(vec![0u8, 1, 97, 98, 255]), 1..4).prop_map(Bytes::from)
}

fn range() -> impl Strategy<Value = KeyRange> {
    prop_oneof![
        Just(KeyRange::all()),
        (key(), key()).prop_map(|(start, end)| KeyRange::new(start, end)),
        key().prop_map(KeyRange::prefix),
        key().prop_map(KeyRange::starting_at),
        (key(), key()).prop_map(|(prefix, after)| KeyRange::prefix(prefix).after(&after)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 0..20).prop_map(Bytes::from));
    let order = prop::sample::select(vec![Order::Ascending, Order::Descending]);
    prop_oneof![
        8 => prop::collection::vec((key(), value), 0..6).prop_map(Step::Write),
        2 => Just(Step::Barrier),
        6 => (range(), order).prop_map(|(range, order)| Step::Scan(range, order)),
        2 => prop::sample::select(vec![Visibility::Applied, Visibility::Durable]).prop_map(Step::Snapshot),
        1 => Just(Step::Close),
        1 => Just(Step::Crash),
    ]
}

async fn rows(snapshot: &dyn Snapshot, range: &KeyRange, order: Order) -> Vec<Row> {
    let mut scan = snapshot.scan(range.clone(), order).await.unwrap();
    let mut rows = Vec::new();
    while let Some(row) = scan.next().await.unwrap() {
        assert_eq!(snapshot.get(&row.key).await.unwrap().as_ref(), Some(&row.value), "get and scan agree");
        rows.push(row);
    }
    rows
}

struct Pair {
    objects: FaultyObjects,
    engine: Arc<dyn ShardStore>,
    model: MemoryStore,
    pending: Vec<Written>,
    views: Vec<(Box<dyn Snapshot>, Box<dyn Snapshot>)>,
}

impl Pair {
    async fn play(&mut self, step: Step) {
        match step {
            Step::Write(changes) => {
                let mut batch = WriteBatch::new();
                for (key, value) in changes {
                    match value {
                        Some(value) => batch.put(key, value),
                        None => batch.delete(key),
                    }
                }
                self.pending.push(self.engine.write(batch.clone()).await.unwrap());
                drop(self.model.write(batch).await.unwrap());
            }
            Step::Barrier => self.settle().await,
            Step::Scan(range, order) => self.compare(&range, order).await,
            Step::Snapshot(visibility) => {
                self.settle().await;
                let views = (
                    self.engine.snapshot(visibility).await.unwrap(),
                    self.model.snapshot(visibility).await.unwrap(),
                );
                self.views.push(views);
            }
            Step::Close => {
                self.compare_views().await;
                self.engine.close().await.unwrap();
                self.engine = start(&self.objects).await;
            }
            Step::Crash => {
                self.settle().await;
                self.compare_views().await;
                self.objects = self.objects.cut_off();
                self.engine = start(&self.objects).await;
            }
        }
    }

    /// The engine's durable view may lag behind the model's; after this it does not.
    async fn settle(&mut self) {
        self.engine.barrier().await.unwrap();
        for written in self.pending.drain(..) {
            written.durable().await.unwrap();
        }
    }

    async fn compare(&mut self, range: &KeyRange, order: Order) {
        let expected = self.model.snapshot(Visibility::Applied).await.unwrap();
        let expected = rows(expected.as_ref(), range, order).await;
        let applied = self.engine.snapshot(Visibility::Applied).await.unwrap();
        assert_eq!(rows(applied.as_ref(), range, order).await, expected);
        self.settle().await;
        let durable = self.engine.snapshot(Visibility::Durable).await.unwrap();
        assert_eq!(rows(durable.as_ref(), range, order).await, expected);
    }

    async fn compare_views(&mut self) {
        for (engine, model) in self.views.drain(..) {
            let all = KeyRange::all();
            let (seen, expected) = (
                rows(engine.as_ref(), &all, Order::Ascending).await,
                rows(model.as_ref(), &all, Order::Ascending).await,
            );
            assert_eq!(seen, expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_model_does(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let objects = FaultyObjects::new(Arc::new(InMemory::new()));
            let engine = start(&objects).await;
            let mut pair =
                Pair { objects, engine, model: MemoryStore::new(), pending: Vec::new(), views: Vec::new() };
            for step in steps {
                pair.play(step).await;
            }
            pair.compare(&KeyRange::all(), Order::Ascending).await;
            pair.compare_views().await;
        });
    }
}

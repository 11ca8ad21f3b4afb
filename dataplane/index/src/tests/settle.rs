//! Whatever happens in whatever order, the indexes settle to the projection of the table, statistics included.

use partita_protocol::OperationName::{self, BatchWriteItem, DeleteItem, PutItem, UpdateItem};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::support::{SHAPES, Shape, World, call, runtime};
use crate::Limits;

/// Steps that do little, so that much can come between them.
const SMALL: Limits = Limits { records: 3, entry_bytes: 4096, items: 2, item_bytes: 4096 };

#[derive(Clone, Debug)]
enum Event {
    Write(OperationName, Value),
    /// The keeper makes a step.
    Step,
    /// It begins one and is dropped.
    Drop,
    /// An index is added, or removed.
    Toggle(Shape),
    /// A stream begins, or ends: records hold images from then on, or no more.
    ToggleStream,
    /// From now on nothing becomes durable, or everything again.
    Hold(bool),
    /// The process dies and comes back.
    Crash,
}

fn key() -> impl Strategy<Value = Value> {
    (0..4i32, 0..3i32)
        .prop_map(|(hash, range)| json!({"p": {"S": format!("p{hash}")}, "s": {"N": range.to_string()}}))
}

fn item() -> impl Strategy<Value = Value> {
    let text = || option::weighted(0.8, "[ab]{1,2}");
    let number = option::weighted(0.8, -2..3i32);
    (key(), text(), text(), number, text(), text()).prop_map(|(mut item, a, b, n, x, y)| {
        for (name, text) in [("a", a), ("b", b), ("x", x), ("y", y)] {
            if let Some(text) = text {
                item[name] = json!({"S": text});
            }
        }
        if let Some(n) = n {
            item["n"] = json!({"N": n.to_string()});
        }
        // In the local index, whose rows a build passes over.
        item["z"] = json!({"S": "z"});
        item
    })
}

fn write() -> impl Strategy<Value = Event> {
    let named = |body: Value| {
        let mut body = body;
        body["TableName"] = "table".into();
        body
    };
    let updates = ["REMOVE a", "SET n = :n", "SET a = :t, x = :t", "SET y = :t", "REMOVE b SET x = :t"];
    let update = (key(), prop::sample::select(updates.to_vec()), -1..2i32, "[abc]");
    let updated = update.prop_map(move |(key, update, n, text)| {
        let mut values = serde_json::Map::new();
        if update.contains(":n") {
            values.insert(":n".to_owned(), json!({"N": n.to_string()}));
        }
        if update.contains(":t") {
            values.insert(":t".to_owned(), json!({"S": text}));
        }
        let mut body = json!({"Key": key, "UpdateExpression": update});
        if !values.is_empty() {
            body["ExpressionAttributeValues"] = values.into();
        }
        Event::Write(UpdateItem, named(body))
    });
    let requests = prop::collection::hash_map(0..12u8, item(), 1..5).prop_map(|items| {
        let puts = items.into_iter().map(|(place, mut item)| {
            item["p"] = json!({"S": format!("p{}", place / 3)});
            item["s"] = json!({"N": (place % 3).to_string()});
            json!({"PutRequest": {"Item": item}})
        });
        Event::Write(BatchWriteItem, json!({"RequestItems": {"table": puts.collect::<Vec<_>>()}}))
    });
    prop_oneof![
        4 => item().prop_map(move |item| Event::Write(PutItem, named(json!({"Item": item})))),
        2 => key().prop_map(move |key| Event::Write(DeleteItem, named(json!({"Key": key})))),
        3 => updated,
        2 => requests,
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => write(),
        12 => Just(Event::Step),
        1 => Just(Event::Drop),
        2 => prop::sample::select(SHAPES.to_vec()).prop_map(Event::Toggle),
        1 => Just(Event::ToggleStream),
        1 => any::<bool>().prop_map(Event::Hold),
        1 => Just(Event::Crash),
    ]
}

/// A world whose writes may be waiting to become durable.
struct Run {
    world: World,
    held: bool,
    waiting: Vec<JoinHandle<()>>,
}

impl Run {
    async fn take(&mut self, event: &Event) {
        match event {
            Event::Write(name, body) => self.write(*name, body.clone()).await,
            Event::Step => drop(self.world.keeper.step().await.unwrap()),
            Event::Drop => {
                let step = self.world.keeper.step();
                drop(futures_poll_once(step).await);
            }
            // A descriptor is waited for until it is durable.
            Event::Toggle(shape) => {
                self.hold(false).await;
                self.world.toggle(*shape).await;
            }
            Event::ToggleStream => {
                self.hold(false).await;
                self.world.toggle_stream().await;
            }
            Event::Hold(held) => self.hold(*held).await,
            Event::Crash => {
                self.held = false;
                self.waiting.drain(..).for_each(|write| write.abort());
                self.world.crash().await;
            }
        }
    }

    async fn write(&mut self, name: OperationName, body: Value) {
        let engine = std::sync::Arc::clone(&self.world.engine);
        let write = tokio::spawn(async move { drop(call(&engine, name, body).await.unwrap()) });
        if self.held {
            // As far as it goes without being durable.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            self.waiting.push(write);
        } else {
            write.await.unwrap();
        }
    }

    async fn hold(&mut self, held: bool) {
        self.held = held;
        if held {
            return self.world.store.hold();
        }
        self.world.store.release();
        for write in self.waiting.drain(..) {
            write.await.unwrap();
        }
    }
}

/// Polls a future once.
async fn futures_poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn indexes_settle_to_the_projection_of_the_table(
        made_with in prop::sample::subsequence(SHAPES.to_vec(), 0..=3),
        events in vec(event(), 1..120),
    ) {
        runtime().block_on(async {
            let world = World::with(&made_with, SMALL).await;
            let mut run = Run { world, held: false, waiting: Vec::new() };
            for event in &events {
                run.take(event).await;
            }
            run.hold(false).await;
            run.world.settle().await;
            run.world.check().await;
            // What is there after a crash is the same.
            run.world.crash().await;
            run.world.settle().await;
            run.world.check().await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 50, ..ProptestConfig::default() })]

    /// The same over the engine that keeps data for real.
    #[test]
    fn indexes_settle_on_the_real_store(
        made_with in prop::sample::subsequence(SHAPES.to_vec(), 0..=3),
        events in vec(event(), 60..120),
    ) {
        runtime().block_on(async {
            let world = World::on_real_store(&made_with, SMALL).await;
            let mut run = Run { world, held: false, waiting: Vec::new() };
            for event in events.iter().filter(|event| !matches!(event, Event::Hold(_) | Event::Crash)) {
                run.take(event).await;
            }
            run.world.settle().await;
            run.world.engine.shard().store().barrier().await.unwrap();
            run.world.check().await;
            run.world.engine.close().await.unwrap();
        });
    }
}

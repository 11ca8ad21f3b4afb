//! Races that a store in memory never loses by itself: its writes are held at a gate, one by one.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use partita_model::TableId;
use partita_protocol::OperationName::{GetItem, PutItem, Scan, UpdateItem};
use partita_protocol::{OperationName, ServiceError};
use partita_storage::{LogStart, MemoryStore, ShardStore, Snapshot, Visibility, WriteBatch, Written, space};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::support::{call, open, options, simple, sorted};
use crate::{ChangeRecord, TableEngine};

/// A store whose writes of items wait for a permit each. As in a real engine, a write whose caller has gone stays on
/// its way.
#[derive(Clone)]
struct Gate {
    store: MemoryStore,
    permits: Arc<Semaphore>,
}

#[async_trait]
impl ShardStore for Gate {
    async fn get(&self, key: &[u8], visibility: Visibility) -> partita_storage::Result<Option<Bytes>> {
        self.store.get(key, visibility).await
    }

    async fn snapshot(&self, visibility: Visibility) -> partita_storage::Result<Box<dyn Snapshot>> {
        self.store.snapshot(visibility).await
    }

    async fn write(&self, batch: WriteBatch) -> partita_storage::Result<Written> {
        if !batch.keys().any(|key| key.starts_with(&[space::TABLE_ROWS])) {
            return self.store.write(batch).await;
        }
        let Self { store, permits } = self.clone();
        let under_way = tokio::spawn(async move {
            permits.acquire().await.unwrap().forget();
            store.write(batch).await
        });
        under_way.await.unwrap()
    }

    async fn barrier(&self) -> partita_storage::Result<()> {
        self.store.barrier().await
    }

    async fn close(&self) -> partita_storage::Result<()> {
        self.store.close().await
    }

    async fn ended(&self) -> partita_storage::Error {
        self.store.ended().await
    }

    fn discard(&self, table: TableId) {
        self.store.discard(table);
    }
}

struct World {
    engine: Arc<TableEngine>,
    permits: Arc<Semaphore>,
}

impl World {
    async fn new() -> Self {
        let gate = Gate { store: MemoryStore::new(), permits: Arc::new(Semaphore::new(0)) };
        let permits = Arc::clone(&gate.permits);
        let engine = Arc::new(open(Arc::new(gate), options()).await);
        for table in [simple(), sorted()] {
            engine.apply(table).await.unwrap();
        }
        Self { engine, permits }
    }

    /// Starts a call and lets everything go as far as the gate allows.
    async fn start(&self, name: OperationName, body: Value) -> JoinHandle<Result<Value, ServiceError>> {
        let engine = Arc::clone(&self.engine);
        let started = tokio::spawn(async move { call(&engine, name, body).await });
        settle().await;
        started
    }
}

/// On one thread, more turns than any chain of tasks here is long.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn add() -> Value {
    json!({"TableName": "sorted", "Key": {"p": {"S": "k"}, "s": {"N": "1"}}, "UpdateExpression": "ADD v :one",
           "ExpressionAttributeValues": {":one": {"N": "1"}}})
}

/// The write goes on without its caller, and keeps its latch until it is applied.
#[tokio::test]
async fn a_write_whose_caller_left_is_not_overtaken() {
    let world = World::new().await;
    let abandoned = world.start(UpdateItem, add()).await;
    abandoned.abort();
    let second = world.start(UpdateItem, add()).await;
    world.permits.add_permits(2);
    second.await.unwrap().unwrap();
    let get = json!({"TableName": "sorted", "Key": add()["Key"]});
    assert_eq!(call(&world.engine, GetItem, get).await.unwrap()["Item"]["v"], json!({"N": "2"}));
    assert_eq!(world.engine.statistics(sorted().id).await.unwrap().table.item_count, 1);
}

/// A write that saw no reader, and is applied after one was registered, must not be missed by a copy made then.
#[tokio::test]
async fn a_reader_is_registered_only_when_no_write_can_miss_it() {
    let world = World::new().await;
    // Another table's write keeps the shard busy, so that the registration stands in line before the write.
    let busy = world.start(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "x"}}})).await;
    let engine = Arc::clone(&world.engine);
    let registered =
        tokio::spawn(
            async move { engine.register_reader(sorted().id, "copy", LogStart::Now).await.unwrap() },
        );
    settle().await;
    let write = world.start(UpdateItem, add()).await;
    world.permits.add_permits(1);
    settle().await;
    if !registered.is_finished() {
        world.permits.add_permits(1);
    }
    registered.await.unwrap();
    let copied = call(&world.engine, Scan, json!({"TableName": "sorted"})).await.unwrap()["Count"].as_u64();
    world.permits.add_permits(1);
    write.await.unwrap().unwrap();
    busy.await.unwrap().unwrap();
    let records = world.engine.shard().read_log(sorted().id, "copy", 10).await.unwrap();
    let recorded = records.iter().filter(|record| ChangeRecord::decode(&record.payload).is_ok()).count();
    assert_eq!(copied.unwrap() + recorded as u64, 1, "the item is in the copy or in the log");
}

/// A write that found its table before the table was dropped is refused.
#[tokio::test]
async fn a_write_that_comes_after_the_drop_is_refused() {
    let world = World::new().await;
    let busy = world.start(UpdateItem, add()).await;
    // It has found its table, and waits for the item.
    let engine = Arc::clone(&world.engine);
    let mut write = Box::pin(call(&engine, UpdateItem, add()));
    assert!(futures::poll!(&mut write).is_pending());
    let engine = Arc::clone(&world.engine);
    let dropped = tokio::spawn(async move { engine.drop_table(sorted().id).await.unwrap() });
    settle().await;
    world.permits.add_permits(2);
    let (dropped, written) = tokio::join!(dropped, write);
    dropped.unwrap();
    assert_eq!(written.unwrap_err().name(), "ResourceNotFoundException");
    busy.await.unwrap().unwrap();
}

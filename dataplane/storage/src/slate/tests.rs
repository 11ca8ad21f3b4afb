use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path;

use crate::conformance::{self, Subject};
use crate::fault::{Fault, FaultyObjects};
use crate::open::{CACHE_BYTES_DEFAULT, Location, StoreOptions, open};
use crate::probe::Guard;
use crate::store::{ShardStore, WriteBatch};
use crate::write_log::{LogChoice, Place};

mod dropped;
mod faults;
mod fencing;
mod model;
mod weather;

/// The engine's name for the folder of its log.
const LOG: &str = "/wal/";

/// A store over an object store in memory, with the engine's own log, which can be held back.
struct Engine(Mutex<(FaultyObjects, Arc<dyn ShardStore>)>);

impl Engine {
    async fn new() -> Self {
        let objects = FaultyObjects::new(Arc::new(InMemory::new()));
        let store = start(&objects).await;
        Self(Mutex::new((objects, store)))
    }

    fn objects(&self) -> FaultyObjects {
        self.0.lock().unwrap().0.clone()
    }
}

/// A store in a folder can only be had under a lock, which a crash would take with it; these have none.
async fn start_guarded(objects: &FaultyObjects, guard: Guard) -> Arc<dyn ShardStore> {
    let (objects, shard): (Arc<dyn ObjectStore>, _) = (Arc::new(objects.clone()), Path::from("shards/1"));
    let place = Place { objects: &objects, shard: &shard, folder: None, guard };
    crate::open::start(&place, LogChoice::Object, CACHE_BYTES_DEFAULT, None).await.unwrap()
}

async fn start(objects: &FaultyObjects) -> Arc<dyn ShardStore> {
    open(options(objects)).await.unwrap()
}

fn options(objects: &FaultyObjects) -> StoreOptions {
    StoreOptions::new(Location::Objects(Arc::new(objects.clone())), "shards/1")
}

/// A batch that sets `key` to `value`.
fn put(key: impl Into<Bytes>, value: impl Into<Bytes>) -> WriteBatch {
    let mut batch = WriteBatch::new();
    batch.put(key, value);
    batch
}

#[async_trait]
impl Subject for Engine {
    fn store(&self) -> Arc<dyn ShardStore> {
        Arc::clone(&self.0.lock().unwrap().1)
    }
    fn hold(&self) {
        self.objects().inject(LOG, Fault::Hang);
    }
    fn release(&self) {
        self.objects().clear();
    }
    fn fail(&self) {
        self.objects().inject(LOG, Fault::Refuse);
    }
    async fn crash(&self) -> Arc<dyn ShardStore> {
        let survivors = self.objects().cut_off();
        let store = start(&survivors).await;
        *self.0.lock().unwrap() = (survivors, Arc::clone(&store));
        store
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_rows_leave_the_log_before_it_has_too_many_files() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let store = start(&objects).await;
    let data_files = async || {
        let folder = Path::from("shards/1/compacted");
        objects.beneath().list(Some(&folder)).count().await
    };
    assert_eq!(data_files().await, 0);
    // The last one finds the log too long.
    for number in 0..super::settings::LOG_FILES_MAX + 2 {
        store.write(put(number.to_be_bytes().to_vec(), "")).await.unwrap().durable().await.unwrap();
    }
    let written = async {
        while data_files().await == 0 {
            tokio::task::yield_now().await;
        }
    };
    // Nobody waits for the file but this test, and not for ever.
    tokio::time::timeout(Duration::from_secs(60), written).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_conforms() {
    conformance::all(Engine::new).await;
}

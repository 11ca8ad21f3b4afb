//! What every store must do, on a real bucket.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use partita_storage::conformance::{self, Subject};
use partita_storage::fault::{Fault, FaultyObjects};
use partita_storage::{Location, ShardStore, StoreOptions};

use crate::server::Server;

/// The engine's name for the folder of its log.
const LOG: &str = "/wal/";

struct Engine {
    path: String,
    now: Mutex<(FaultyObjects, Arc<dyn ShardStore>)>,
}

impl Engine {
    async fn new(server: &Server, number: u32) -> Self {
        let path = format!("shards/{number}");
        let objects = FaultyObjects::in_bucket(&server.bucket()).unwrap();
        let store = start(&objects, &path).await;
        Self { path, now: Mutex::new((objects, store)) }
    }

    fn objects(&self) -> FaultyObjects {
        self.now.lock().unwrap().0.clone()
    }
}

async fn start(objects: &FaultyObjects, path: &str) -> Arc<dyn ShardStore> {
    let location = Location::Objects(Arc::new(objects.clone()));
    partita_storage::open(StoreOptions::new(location, path)).await.unwrap()
}

#[async_trait]
impl Subject for Engine {
    fn store(&self) -> Arc<dyn ShardStore> {
        Arc::clone(&self.now.lock().unwrap().1)
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
        let store = start(&survivors, &self.path).await;
        *self.now.lock().unwrap() = (survivors, Arc::clone(&store));
        store
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_conforms_in_a_bucket() {
    let server = Server::start();
    let numbers = AtomicU32::new(0);
    conformance::all(|| Engine::new(&server, numbers.fetch_add(1, Ordering::Relaxed))).await;
}

//! Items that go when their time has come.

mod build;
mod cost;
mod races;
mod random;
mod sweep;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use partita_model::clock::{Clock, UnixMillis};
use partita_model::descriptor::{Build, Generation, TimeToLive};
use partita_model::{TableDescriptor, TableId};
use partita_protocol::OperationName::{PutItem, Scan};
use partita_storage::{KeyRange, LogStart, MemoryStore, Order, Visibility, space};
use serde_json::{Value, json};

use super::support::{NOON, World, open, options};
use crate::{ChangeRecord, EngineOptions, Expired};

const READER: &str = "stream";
/// Rows in a sweep or build that is not meant to be done in pieces.
const ALL: usize = 1_000;

/// A clock that is moved by hand.
#[derive(Debug)]
struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

/// An engine with such a clock, at first at [`NOON`].
struct Timed {
    world: World,
    clock: Arc<HandClock>,
}

impl Timed {
    /// Serves tables whose changes are recorded.
    async fn with(tables: impl IntoIterator<Item = TableDescriptor>) -> Self {
        let clock = Arc::new(HandClock(AtomicU64::new(NOON.0)));
        let world = World::with_options([], timed_options(&clock)).await;
        let timed = Self { world, clock };
        for table in tables {
            let id = table.id;
            timed.world.engine.apply(table).await.unwrap();
            timed.world.engine.register_reader(id, READER, LogStart::Now).await.unwrap();
        }
        timed
    }

    async fn crashed(self) -> Self {
        let store: MemoryStore = self.world.store.reopened();
        let engine = open(Arc::new(store.clone()), timed_options(&self.clock)).await;
        Self { world: World { store, engine: Arc::new(engine) }, clock: self.clock }
    }

    /// Whole seconds since the epoch.
    fn now(&self) -> i64 {
        (self.clock.now().0 / 1000) as i64
    }

    fn pass(&self, millis: u64) {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Puts an item of `simple` that expires in so many seconds.
    async fn put(&self, p: &str, seconds: i64) {
        let e = (self.now() + seconds).to_string();
        let item = json!({"p": {"S": p}, "e": {"N": e}});
        self.world.ok(PutItem, json!({"TableName": "simple", "Item": item})).await;
    }

    /// Sweeps until nothing is due; how many items were deleted.
    async fn sweep(&self) -> u64 {
        let mut items = 0;
        loop {
            let swept: Expired = self.world.engine.sweep_expired(ALL).await.unwrap();
            items += swept.items;
            if swept.finished {
                return items;
            }
        }
    }

    async fn build(&self) {
        while !self.world.engine.build_expiries(ALL).await.unwrap() {}
    }

    /// The partition keys of a table's items, in order.
    async fn keys(&self, table: &str) -> Vec<String> {
        let items = self.world.ok(Scan, json!({"TableName": table})).await["Items"].take();
        let key = |item: &Value| item["p"]["S"].as_str().unwrap().to_owned();
        let mut keys: Vec<_> = items.as_array().unwrap().iter().map(key).collect();
        keys.sort();
        keys
    }

    /// The keys of all rows in a space.
    async fn rows(&self, space: u8) -> Vec<Vec<u8>> {
        let snapshot = self.world.engine.shard().store().snapshot(Visibility::Durable).await.unwrap();
        let mut rows = snapshot.scan(KeyRange::prefix(vec![space]), Order::Ascending).await.unwrap();
        let mut keys = Vec::new();
        while let Some(row) = rows.next().await.unwrap() {
            keys.push(row.key.to_vec());
        }
        keys
    }

    /// The ids and seconds of all expiry rows, in order.
    async fn expiries(&self) -> Vec<(u64, i64)> {
        let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().unwrap());
        let rows = self.rows(space::EXPIRIES).await;
        rows.iter().map(|key| (number(&key[1..9]), number(&key[9..17]) as i64)).collect()
    }

    /// What the log of a table says.
    async fn records(&self, table: TableId) -> Vec<ChangeRecord> {
        let records = self.world.engine.shard().read_log(table, READER, 100_000).await.unwrap();
        records.iter().map(|record| ChangeRecord::decode(&record.payload).unwrap()).collect()
    }

    async fn progress(&self, table: TableId, setting: u64) -> Option<Build> {
        let progress = self.world.engine.statistics(table).await.unwrap().progress;
        progress.builds.get(&TableId(setting)).copied()
    }
}

fn timed_options(clock: &Arc<HandClock>) -> EngineOptions {
    EngineOptions { clock: Arc::clone(clock) as Arc<dyn Clock>, ..options() }
}

/// The table in its `generation`, whose items expire by `attribute` if one is given.
fn expiring(table: TableDescriptor, generation: u64, setting: Option<(u64, &str)>) -> TableDescriptor {
    let time_to_live =
        setting.map(|(id, attribute)| TimeToLive { id: TableId(id), attribute: attribute.to_owned() });
    TableDescriptor { generation: Generation(generation), time_to_live, ..table }
}

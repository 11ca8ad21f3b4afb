//! Readers and writers side by side, over a store that dawdles, holds durability back and fails in the end. What each
//! was shown is written down, and read afterwards.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

const WRITERS: u64 = 4;
const READERS: u64 = 4;
/// Calls of each of them.
const CALLS: u64 = 4_000;
/// Few keys, so that the same are met often.
const KEYS: u64 = 6;
/// Room for about half of the keys, so that rows are evicted.
const ROOM: usize = 3 * 290;

const TABLE: TableId = TableId(7);

/// A row of a table that was made when the store was opened, so that its absence is known.
fn row_key(key: u64) -> Bytes {
    crate::space::table_key(TABLE_ROWS, TABLE, &key.to_be_bytes())
}

/// Numbers that look like chance and are the same in each run.
#[derive(Default)]
struct Chance(AtomicU64);

impl Chance {
    fn below(&self, end: u64) -> u64 {
        let mixed = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) % end
    }

    /// Lets others go on, or not.
    async fn dawdle(&self) {
        for _ in 0..self.below(4) {
            tokio::task::yield_now().await;
        }
    }
}

/// A store that takes its time before and after everything it does.
struct Dawdling {
    store: MemoryStore,
    chance: Arc<Chance>,
}

#[async_trait]
impl ShardStore for Dawdling {
    async fn get(&self, key: &[u8], visibility: Visibility) -> Result<Option<Bytes>> {
        self.chance.dawdle().await;
        let value = self.store.get(key, visibility).await;
        self.chance.dawdle().await;
        value
    }
    async fn snapshot(&self, visibility: Visibility) -> Result<Box<dyn Snapshot>> {
        self.store.snapshot(visibility).await
    }
    async fn write(&self, batch: WriteBatch) -> Result<Written> {
        self.chance.dawdle().await;
        let written = self.store.write(batch).await;
        self.chance.dawdle().await;
        written
    }
    async fn barrier(&self) -> Result<()> {
        self.store.barrier().await
    }
    async fn close(&self) -> Result<()> {
        self.store.close().await
    }
    async fn ended(&self) -> Error {
        self.store.ended().await
    }
    fn discard(&self, table: TableId) {
        self.store.discard(table);
    }
}

/// Somebody was shown a version of a row, some time between two ticks.
#[derive(Clone)]
struct Shown {
    key: u64,
    visibility: Visibility,
    /// The name of the version; 0 when there was no row.
    version: u64,
    from: u64,
    to: u64,
}

struct World {
    store: CachedStore,
    chance: Arc<Chance>,
    clock: AtomicU64,
    versions: AtomicU64,
    /// The sequence of each version.
    sequences: Shared<HashMap<u64, u64>>,
    shown: Shared<Vec<Shown>>,
}

impl World {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn note(&self, key: u64, visibility: Visibility, version: u64, from: u64) {
        let to = self.tick();
        self.shown.lock().unwrap().push(Shown { key, visibility, version, from, to });
    }

    async fn write(&self) -> Result<()> {
        let version = self.versions.fetch_add(1, Ordering::Relaxed) + 1;
        let first = self.chance.below(KEYS);
        let keys: Vec<_> = (first..=first + self.chance.below(2)).map(|key| key % KEYS).collect();
        let mut batch = WriteBatch::new();
        for key in &keys {
            batch.put(row_key(*key), version.to_be_bytes().to_vec());
        }
        let from = self.tick();
        let written = self.store.write(batch).await?;
        self.sequences.lock().unwrap().insert(version, written.sequence());
        keys.iter().for_each(|&key| self.note(key, Visibility::Applied, version, from));
        if self.chance.below(4) == 0 {
            written.durable().await?;
            keys.iter().for_each(|&key| self.note(key, Visibility::Durable, version, from));
        }
        Ok(())
    }

    async fn read(&self) -> Result<()> {
        let visibility = if self.chance.below(2) == 0 { Visibility::Applied } else { Visibility::Durable };
        let key = self.chance.below(KEYS);
        let from = self.tick();
        if self.chance.below(8) == 0 {
            let snapshot = self.store.snapshot(visibility).await?;
            let to = self.tick();
            let version = version_of(snapshot.get(&row_key(key)).await?);
            self.shown.lock().unwrap().push(Shown { key, visibility, version, from, to });
        } else {
            let version = version_of(self.store.get(&row_key(key), visibility).await?);
            self.note(key, visibility, version, from);
        }
        Ok(())
    }
}

fn version_of(value: Option<Bytes>) -> u64 {
    value.map_or(0, |value| u64::from_be_bytes(value.as_ref().try_into().unwrap()))
}

/// Whoever was shown something after it had been shown to somebody was shown that or newer.
fn check(key: u64, seen: Visibility, told: Visibility, shown: &[Shown], sequences: &HashMap<u64, u64>) {
    let of =
        |visibility| shown.iter().filter(move |shown| shown.key == key && shown.visibility == visibility);
    let sequence = |shown: &Shown| sequences.get(&shown.version).copied().unwrap_or(0);
    let mut before: Vec<_> = of(seen).collect();
    let mut after: Vec<_> = of(told).collect();
    before.sort_by_key(|shown| shown.to);
    after.sort_by_key(|shown| shown.from);
    let (mut before, mut newest) = (before.into_iter().peekable(), 0);
    for shown in after {
        while let Some(earlier) = before.next_if(|earlier| earlier.to < shown.from) {
            newest = newest.max(sequence(earlier));
        }
        assert!(sequence(shown) >= newest, "key {key}: {told:?} was older than {seen:?} before it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_shown_older_than_anybody_was_shown_before() {
    let memory = MemoryStore::new();
    let chance = Arc::new(Chance::default());
    let dawdling = Dawdling { store: memory.clone(), chance: Arc::clone(&chance) };
    let world = Arc::new(World {
        store: cached(&memory, dawdling, ROOM),
        chance,
        clock: AtomicU64::new(0),
        versions: AtomicU64::new(0),
        sequences: Shared::default(),
        shown: Shared::default(),
    });
    world.store.created(TABLE);
    let tasks = (0..WRITERS + READERS).map(|task| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            for _ in 0..CALLS {
                let call = if task < WRITERS { world.write().await } else { world.read().await };
                if call.is_err() {
                    break;
                }
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    while world.versions.load(Ordering::Relaxed) < WRITERS * CALLS * 9 / 10 {
        memory.hold();
        world.chance.dawdle().await;
        memory.release();
        world.chance.dawdle().await;
    }
    memory.hold();
    world.chance.dawdle().await;
    memory.fail();
    for task in tasks {
        task.await.unwrap();
    }

    let shown = world.shown.lock().unwrap().clone();
    let sequences = world.sequences.lock().unwrap().clone();
    assert!(shown.len() > 10_000, "the load was a load");
    let survivor = memory.reopened();
    for key in 0..KEYS {
        check(key, Visibility::Applied, Visibility::Applied, &shown, &sequences);
        check(key, Visibility::Durable, Visibility::Durable, &shown, &sequences);
        check(key, Visibility::Durable, Visibility::Applied, &shown, &sequences);
        let left = version_of(survivor.get(&row_key(key), Visibility::Durable).await.unwrap());
        let left = sequences.get(&left).copied().unwrap_or(0);
        let told = shown.iter().filter(|shown| shown.key == key && shown.visibility == Visibility::Durable);
        let told = told.filter_map(|shown| sequences.get(&shown.version)).max().copied().unwrap_or(0);
        assert!(left >= told, "key {key}: somebody was told what a crash took back");
    }
}

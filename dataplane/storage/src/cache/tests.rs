use std::sync::Mutex as Shared;

use futures::FutureExt;
use tokio::sync::Semaphore;

use super::*;
use crate::MemoryStore;
use crate::conformance::{self, Subject};

mod history;

/// Room for many rows of the tests.
const BYTES: usize = 1 << 20;

fn cached(memory: &MemoryStore, store: impl ShardStore, bytes: usize) -> CachedStore {
    CachedStore::with(Arc::new(store), Arc::clone(memory.progress()), bytes, 4, |_| true)
}

fn put(key: &'static str, value: &'static str) -> WriteBatch {
    let mut batch = WriteBatch::new();
    batch.put(key, value);
    batch
}

fn delete(key: &'static str) -> WriteBatch {
    let mut batch = WriteBatch::new();
    batch.delete(key);
    batch
}

async fn read(store: &impl ShardStore, visibility: Visibility) -> Option<Bytes> {
    store.get(b"k", visibility).await.unwrap()
}

async fn both(store: &impl ShardStore) -> [Option<Bytes>; 2] {
    [read(store, Visibility::Applied).await, read(store, Visibility::Durable).await]
}

fn value(value: &'static str) -> Option<Bytes> {
    Some(Bytes::from_static(value.as_bytes()))
}

/// A store whose reads, once they have their value, and whose writes, before they are applied, need a permit each.
struct Gate {
    store: MemoryStore,
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
}

impl Gate {
    fn around(store: &MemoryStore) -> (Self, [Arc<Semaphore>; 2]) {
        let [reads, writes] = [Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0))];
        let permits = [Arc::clone(&reads), Arc::clone(&writes)];
        (Self { store: store.clone(), reads, writes }, permits)
    }
}

#[async_trait]
impl ShardStore for Gate {
    async fn get(&self, key: &[u8], visibility: Visibility) -> Result<Option<Bytes>> {
        let value = self.store.get(key, visibility).await;
        self.reads.acquire().await.unwrap().forget();
        value
    }
    async fn snapshot(&self, visibility: Visibility) -> Result<Box<dyn Snapshot>> {
        self.store.snapshot(visibility).await
    }
    async fn write(&self, batch: WriteBatch) -> Result<Written> {
        self.writes.acquire().await.unwrap().forget();
        self.store.write(batch).await
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

struct Cached(Shared<(MemoryStore, Arc<dyn ShardStore>)>);

impl Cached {
    fn over(memory: MemoryStore) -> (MemoryStore, Arc<dyn ShardStore>) {
        let store = Arc::new(cached(&memory, memory.clone(), BYTES));
        (memory, store)
    }
    fn memory(&self) -> MemoryStore {
        self.0.lock().unwrap().0.clone()
    }
}

#[async_trait]
impl Subject for Cached {
    fn store(&self) -> Arc<dyn ShardStore> {
        Arc::clone(&self.0.lock().unwrap().1)
    }
    fn hold(&self) {
        self.memory().hold();
    }
    fn release(&self) {
        self.memory().release();
    }
    fn fail(&self) {
        self.memory().fail();
    }
    async fn crash(&self) -> Arc<dyn ShardStore> {
        let survivor = self.memory().reopened();
        self.memory().fail();
        *self.0.lock().unwrap() = Cached::over(survivor);
        self.store()
    }
}

#[tokio::test]
async fn a_cached_store_conforms() {
    conformance::all(async || Cached(Shared::new(Cached::over(MemoryStore::new())))).await;
}

#[tokio::test]
async fn what_is_read_again_does_not_reach_the_store() {
    let memory = MemoryStore::new();
    let (gate, [reads, writes]) = Gate::around(&memory);
    let store = cached(&memory, gate, BYTES);
    reads.add_permits(1);
    writes.add_permits(3);
    assert_eq!(both(&store).await, [None, None], "an absent row is kept as well");
    store.write(put("k", "1")).await.unwrap().durable().await.unwrap();
    assert_eq!(both(&store).await, [value("1"), value("1")], "a write puts back what was there");
    store.write(delete("k")).await.unwrap().durable().await.unwrap();
    assert_eq!(both(&store).await, [None, None]);
    drop(store.write(put("unread", "1")).await.unwrap());
    assert!(store.get(b"unread", Visibility::Applied).now_or_never().is_none(), "nor anything else");
}

#[tokio::test]
async fn the_later_change_of_a_key_is_kept() {
    let memory = MemoryStore::new();
    let store = cached(&memory, memory.clone(), BYTES);
    assert_eq!(both(&store).await, [None, None]);
    let mut batch = put("k", "1");
    batch.put("other", "1");
    batch.delete("k");
    batch.put("k", "2");
    store.write(batch).await.unwrap().durable().await.unwrap();
    assert_eq!(both(&store).await, [value("2"), value("2")]);
}

#[tokio::test]
async fn what_is_not_durable_is_not_told_as_durable() {
    let memory = MemoryStore::new();
    let store = cached(&memory, memory.clone(), BYTES);
    store.write(put("k", "1")).await.unwrap().durable().await.unwrap();
    assert_eq!(both(&store).await, [value("1"), value("1")]);
    memory.hold();
    let written = store.write(put("k", "2")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(both(&store).await, [value("2"), value("1")], "what a durable read got did not stay");
    }
    memory.release();
    written.durable().await.unwrap();
    assert_eq!(both(&store).await, [value("2"), value("2")]);
}

#[tokio::test]
async fn a_row_that_came_by_an_applied_read_is_durable_when_its_write_is() {
    let memory = MemoryStore::new();
    let store = cached(&memory, memory.clone(), BYTES);
    memory.hold();
    // Nothing was here, so that the write puts nothing back.
    let written = store.write(put("k", "1")).await.unwrap();
    assert_eq!(both(&store).await, [value("1"), None]);
    memory.release();
    written.durable().await.unwrap();
    assert_eq!(both(&store).await, [value("1"), value("1")]);
}

#[tokio::test]
async fn a_read_that_was_overtaken_by_a_write_keeps_nothing() {
    let memory = MemoryStore::new();
    let (gate, [reads, writes]) = Gate::around(&memory);
    let store = cached(&memory, gate, BYTES);
    let mut slow = Box::pin(read(&store, Visibility::Durable));
    assert!((&mut slow).now_or_never().is_none(), "it has its value, and has not kept it");
    writes.add_permits(1);
    store.write(put("k", "1")).await.unwrap().durable().await.unwrap();
    reads.add_permits(3);
    assert_eq!(slow.await, None);
    assert_eq!(both(&store).await, [value("1"), value("1")]);
}

#[tokio::test]
async fn a_read_under_a_write_keeps_nothing() {
    let memory = MemoryStore::new();
    let (gate, [reads, writes]) = Gate::around(&memory);
    let store = cached(&memory, gate, BYTES);
    let mut write = store.write(put("k", "1"));
    assert!((&mut write).now_or_never().is_none());
    reads.add_permits(3);
    assert_eq!(read(&store, Visibility::Applied).await, None);
    writes.add_permits(1);
    write.await.unwrap().durable().await.unwrap();
    assert_eq!(both(&store).await, [value("1"), value("1")]);
}

#[tokio::test]
async fn a_dropped_write_may_come_later() {
    let memory = MemoryStore::new();
    let (gate, [reads, _]) = Gate::around(&memory);
    let store = cached(&memory, gate, BYTES);
    let mut write = store.write(put("k", "1"));
    assert!((&mut write).now_or_never().is_none());
    drop(write);
    reads.add_permits(4);
    assert_eq!(both(&store).await, [None, None]);
    memory.write(put("k", "1")).await.unwrap().durable().await.unwrap();
    assert_eq!(both(&store).await, [value("1"), value("1")]);
}

#[tokio::test]
async fn a_refused_write_leaves_nothing_behind() {
    let memory = MemoryStore::new();
    let store = cached(&memory, memory.clone(), BYTES);
    store.write(put("k", "1")).await.unwrap().durable().await.unwrap();
    assert_eq!(both(&store).await, [value("1"), value("1")]);
    let mut refused = put("k", "2");
    refused.put("", "an empty key");
    assert!(matches!(store.write(refused).await, Err(Error::InvalidBatch { .. })));
    assert_eq!(both(&store).await, [value("1"), value("1")]);
    assert!(store.rows.get(b"k").is_some(), "its stripe keeps rows again");
}

#[tokio::test]
async fn a_row_that_a_young_table_never_had_is_not_looked_up() {
    let memory = MemoryStore::new();
    let (gate, [_, writes]) = Gate::around(&memory);
    let store = cached(&memory, gate, BYTES);
    let key = |key: &str| crate::space::table_key(TABLE_ROWS, TableId(7), key.as_bytes());
    let write = |name| {
        let mut batch = WriteBatch::new();
        batch.put(key(name), "1");
        store.write(batch)
    };
    assert!(store.get(&key("k"), Visibility::Applied).now_or_never().is_none(), "nothing is known of it");
    store.created(TableId(7));
    for visibility in [Visibility::Applied, Visibility::Durable] {
        assert_eq!(store.get(&key("k"), visibility).await.unwrap(), None);
    }
    let mut first = write("k");
    assert!((&mut first).now_or_never().is_none());
    assert!(store.get(&key("k"), Visibility::Applied).now_or_never().is_none(), "it may be there by now");
    writes.add_permits(2);
    first.await.unwrap().durable().await.unwrap();
    write("unread").await.unwrap().durable().await.unwrap();
    assert_eq!(store.get(&key("k"), Visibility::Applied).await.unwrap(), value("1"), "a write puts back");
    assert!(store.get(&key("unread"), Visibility::Applied).now_or_never().is_none());
    assert_eq!(store.get(&key("other"), Visibility::Applied).await.unwrap(), None);
    store.discard(TableId(7));
    assert!(store.get(&key("another"), Visibility::Applied).now_or_never().is_none());
}

#[tokio::test]
async fn only_rows_of_tables_are_kept() {
    let memory = MemoryStore::new();
    let store = CachedStore::new(Arc::new(memory.clone()), Arc::clone(memory.progress()), BYTES);
    for (space, kept) in
        [(TABLE_ROWS, true), (crate::space::CHANGE_LOG, false), (crate::space::DESCRIPTORS, false)]
    {
        let key = crate::space::table_key(space, TableId(7), b"k");
        assert_eq!(store.get(&key, Visibility::Applied).await.unwrap(), None);
        assert_eq!(store.rows.get(&key).is_some(), kept, "space {space}");
    }
}

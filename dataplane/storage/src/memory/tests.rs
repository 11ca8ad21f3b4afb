use super::*;
use crate::conformance::{self, Subject};

struct Memory(Mutex<MemoryStore>);

impl Memory {
    fn current(&self) -> MemoryStore {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Subject for Memory {
    fn store(&self) -> Arc<dyn ShardStore> {
        Arc::new(self.current())
    }
    fn hold(&self) {
        self.current().hold();
    }
    fn release(&self) {
        self.current().release();
    }
    fn fail(&self) {
        self.current().fail();
    }
    async fn crash(&self) -> Arc<dyn ShardStore> {
        let old = self.current();
        let reopened = old.reopened();
        old.fail();
        *self.0.lock().unwrap() = reopened.clone();
        Arc::new(reopened)
    }
}

#[tokio::test]
async fn the_model_conforms() {
    conformance::all(async || Memory(Mutex::new(MemoryStore::new()))).await;
}

#[tokio::test]
async fn versions_that_no_view_needs_are_forgotten() {
    let store = MemoryStore::new();
    let write = async |value: u8| {
        let mut batch = WriteBatch::new();
        batch.put("key", vec![value]);
        store.write(batch).await.unwrap().durable().await.unwrap();
    };
    for value in 0..10 {
        write(value).await;
    }
    let view = store.snapshot(Visibility::Durable).await.unwrap();
    for value in 10..20 {
        write(value).await;
    }
    assert_eq!(view.get(b"key").await.unwrap().as_deref(), Some(&[9][..]));
    drop(view);
    write(20).await;
    assert!(store.lock().rows["key".as_bytes()].len() <= 2);
}

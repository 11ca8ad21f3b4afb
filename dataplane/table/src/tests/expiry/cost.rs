//! What a sweep reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use partita_model::TableId;
use partita_protocol::OperationName::PutItem;
use partita_storage::{
    KeyRange, MemoryStore, Order, Result, Row, Rows, ShardStore, Snapshot, Visibility, WriteBatch, Written,
};
use serde_json::json;

use super::super::support::{NOON, call, open, options, simple};
use super::{ALL, expiring};

/// Counts the rows that scans give out.
struct Counting {
    store: MemoryStore,
    read: Arc<AtomicUsize>,
}

struct CountingSnapshot {
    snapshot: Box<dyn Snapshot>,
    read: Arc<AtomicUsize>,
}

struct CountingRows {
    rows: Box<dyn Rows>,
    read: Arc<AtomicUsize>,
}

#[async_trait]
impl ShardStore for Counting {
    async fn get(&self, key: &[u8], visibility: Visibility) -> Result<Option<Bytes>> {
        self.store.get(key, visibility).await
    }

    async fn snapshot(&self, visibility: Visibility) -> Result<Box<dyn Snapshot>> {
        let snapshot = self.store.snapshot(visibility).await?;
        Ok(Box::new(CountingSnapshot { snapshot, read: Arc::clone(&self.read) }))
    }

    async fn write(&self, batch: WriteBatch) -> Result<Written> {
        self.store.write(batch).await
    }

    async fn barrier(&self) -> Result<()> {
        self.store.barrier().await
    }

    async fn close(&self) -> Result<()> {
        self.store.close().await
    }

    async fn ended(&self) -> partita_storage::Error {
        self.store.ended().await
    }

    fn discard(&self, table: TableId) {
        self.store.discard(table);
    }
}

#[async_trait]
impl Snapshot for CountingSnapshot {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>> {
        self.snapshot.get(key).await
    }

    async fn scan(&self, range: KeyRange, order: Order) -> Result<Box<dyn Rows>> {
        let rows = self.snapshot.scan(range, order).await?;
        Ok(Box::new(CountingRows { rows, read: Arc::clone(&self.read) }))
    }
}

#[async_trait]
impl Rows for CountingRows {
    async fn next(&mut self) -> Result<Option<Row>> {
        let row = self.rows.next().await?;
        self.read.fetch_add(usize::from(row.is_some()), Ordering::SeqCst);
        Ok(row)
    }
}

/// Neither items that are not due cost anything, nor those whose time is too old, nor those without one.
#[tokio::test]
async fn a_sweep_reads_what_is_due_and_nothing_else() {
    let read = Arc::new(AtomicUsize::new(0));
    let store = Counting { store: MemoryStore::new(), read: Arc::clone(&read) };
    let engine = open(Arc::new(store), options()).await;
    engine.apply(expiring(simple(), 1, Some((70, "e")))).await.unwrap();
    let now = NOON.0 as i64 / 1000;
    for key in 0..300 {
        let e = [now + 1 + key, 0, key - 1][key as usize % 3];
        let item = json!({"p": {"S": format!("k{key}")}, "e": {"N": e.to_string()}});
        call(&engine, PutItem, json!({"TableName": "simple", "Item": item})).await.unwrap();
    }
    for key in 0..7 {
        let item = json!({"p": {"S": format!("due{key}")}, "e": {"N": (now - key).to_string()}});
        call(&engine, PutItem, json!({"TableName": "simple", "Item": item})).await.unwrap();
    }
    read.store(0, Ordering::SeqCst);
    for due in [7, 0] {
        assert_eq!(engine.sweep_expired(ALL).await.unwrap().items, due);
        assert_eq!(read.swap(0, Ordering::SeqCst) as u64, due);
    }
}

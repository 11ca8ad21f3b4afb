use std::collections::BTreeSet;
use std::sync::Arc;

use futures::FutureExt;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

use super::{LOG, put, start};
use crate::fault::{Fault, FaultyObjects};
use crate::store::{KeyRange, Order, ShardStore, Visibility};

/// How many writers write at once, and how many keys each.
const WRITERS: u32 = 4;
const KEYS: u32 = 12;

fn key(writer: u32, number: u32) -> Vec<u8> {
    format!("{writer}-{number:04}").into_bytes()
}

/// Writes keys until the store fails; returns those that were acknowledged.
async fn write_keys(store: Arc<dyn ShardStore>, writer: u32) -> BTreeSet<Vec<u8>> {
    let mut acknowledged = BTreeSet::new();
    for number in 0..KEYS {
        let key = key(writer, number);
        let Ok(written) = store.write(put(key.clone(), "value")).await else { break };
        if written.durable().await.is_err() {
            break;
        }
        acknowledged.insert(key);
    }
    acknowledged
}

async fn durable_keys(store: &dyn ShardStore) -> Option<BTreeSet<Vec<u8>>> {
    let mut keys = BTreeSet::new();
    let mut rows =
        store.snapshot(Visibility::Durable).await.ok()?.scan(KeyRange::all(), Order::Ascending).await.ok()?;
    while let Some(row) = rows.next().await.ok()? {
        keys.insert(row.key.to_vec());
    }
    Some(keys)
}

/// Injects `fault` under load, crashes, and compares what was told with what is there.
async fn nothing_told_is_lost(beneath: Arc<dyn ObjectStore>, fault: Fault, after: usize) {
    let objects = FaultyObjects::new(beneath);
    let store = start(&objects).await;
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write_keys(Arc::clone(&store), writer)));
    let writers: Vec<_> = writers.collect();
    let mut seen = BTreeSet::new();
    while seen.len() < after {
        seen.extend(durable_keys(store.as_ref()).await.unwrap());
        tokio::task::yield_now().await;
    }
    objects.inject(LOG, fault);
    if fault == Fault::Hang {
        let mut barrier = Box::pin(async {
            store.write(put("held", "value")).await.unwrap().durable().await.unwrap();
        });
        assert!((&mut barrier).now_or_never().is_none());
        seen.extend(durable_keys(store.as_ref()).await.unwrap());
    }
    let survivors =
        if fault == Fault::Hang { objects.cut_off() } else { FaultyObjects::new(objects.beneath()) };
    let mut acknowledged = BTreeSet::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    if let Some(keys) = durable_keys(store.as_ref()).await {
        seen.extend(keys);
    }
    let next = start(&survivors).await;
    let there = durable_keys(next.as_ref()).await.unwrap();
    assert!(acknowledged.is_subset(&there), "{fault:?}: an acknowledged write is missing");
    assert!(seen.is_subset(&there), "{fault:?}: a reader was told what is not there");
    assert!(acknowledged.len() >= after.saturating_sub(WRITERS as usize), "the load was a load");
    next.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_the_log_lose_nothing_that_was_told() {
    for fault in [Fault::Hang, Fault::Refuse, Fault::FailAfterSuccess] {
        for after in [0, 12] {
            nothing_told_is_lost(Arc::new(InMemory::new()), fault, after).await;
            let folder = tempfile::tempdir().unwrap();
            let objects = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
            nothing_told_is_lost(Arc::new(objects), fault, after).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_write_of_a_data_file_does_not_lose_the_log() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let store = start(&objects).await;
    store.write(put("a", "1")).await.unwrap().durable().await.unwrap();
    objects.inject("/compacted/", Fault::Refuse);
    store.write(put("b", "1")).await.unwrap().durable().await.unwrap();
    let survivors = objects.cut_off();
    drop(store);
    let next = start(&survivors).await;
    assert_eq!(durable_keys(next.as_ref()).await.unwrap().len(), 2);
}

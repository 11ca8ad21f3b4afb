use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

use super::{LOG, put, start, start_guarded};
use crate::error::Error;
use crate::fault::{Fault, FaultyObjects};
use crate::probe::Guard;
use crate::slate::settings::RETRIES_MAX;
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
async fn nothing_told_is_lost(beneath: Arc<dyn ObjectStore>, guard: Guard, fault: Fault, after: usize) {
    let objects = FaultyObjects::new(beneath);
    let store = start_guarded(&objects, guard).await;
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
        assert_eq!(store.get(b"held", Visibility::Durable).await.unwrap(), None);
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
    let next = start_guarded(&survivors, guard).await;
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
            nothing_told_is_lost(Arc::new(InMemory::new()), Guard::Fencing, fault, after).await;
            let folder = tempfile::tempdir().unwrap();
            let objects = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
            nothing_told_is_lost(objects, Guard::Lock, fault, after).await;
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

/// Writes a row as an owner whose puts of `part` meet `fault`, and returns how that went.
async fn write_despite(part: &str, fault: Fault) -> crate::Result<()> {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let before = start(&objects).await;
    objects.inject(part, fault);
    // The new owner writes a manifest and a fence before it writes the row.
    let store = start(&objects).await;
    let told = store.write(put("a", "1")).await?.durable().await;
    assert!(told.is_ok() || store.get(b"a", Visibility::Durable).await.is_err_and(|error| error.fatal()));
    drop((before, store));
    let next = start(&objects.cut_off()).await;
    let found = next.get(b"a", Visibility::Durable).await?;
    assert!(told.is_err() || found.is_some(), "an acknowledged write is missing");
    told
}

#[tokio::test]
async fn short_trouble_goes_unnoticed() {
    for part in [LOG, "/manifest/"] {
        for fault in [
            // The engine knows its own object again and does not take it for another owner's.
            Fault::FailAfterSuccess,
            Fault::RefuseSome(RETRIES_MAX),
            Fault::Delay(Duration::from_millis(20)),
        ] {
            write_despite(part, fault).await.unwrap_or_else(|error| panic!("{fault:?} at {part}: {error}"));
        }
    }
}

#[tokio::test]
async fn trouble_beyond_patience_fails_the_shard() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let store = start(&objects).await;
    objects.inject(LOG, Fault::RefuseSome(RETRIES_MAX + 1));
    let written = store.write(put("a", "1")).await.unwrap();
    let also = store.write(put("b", "1")).await.unwrap();
    for written in [written, also] {
        let told = written.durable().await.unwrap_err();
        assert!(matches!(told, Error::Failed { .. }), "{told}");
    }
    // The log could be written again, but nobody knows what is in it.
    assert!(matches!(store.write(put("c", "1")).await, Err(Error::Failed { .. })));
    assert!(matches!(store.ended().await, Error::Failed { .. }));
}

#[tokio::test]
async fn a_close_that_cannot_tidy_up_loses_nothing() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let store = start(&objects).await;
    store.write(put("a", "1")).await.unwrap().durable().await.unwrap();
    objects.inject("/manifest/", Fault::Refuse);
    store.close().await.unwrap();
    let next = start(&objects.cut_off()).await;
    assert_eq!(durable_keys(next.as_ref()).await.unwrap().len(), 1);
}

//! An object store with bad days: whatever fails, hangs for a while or is done although it was answered with an error, nobody
//! is told what does not stay.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::memory::InMemory;

use super::{LOG, options, put, start};
use crate::error::Error;
use crate::fault::{Fault, FaultyObjects};
use crate::open::open;
use crate::slate::settings::RETRIES_MAX;
use crate::store::{KeyRange, Order, ShardStore, Visibility};

/// The folders of the engine, by what a path in them contains.
const PARTS: [&str; 5] = [LOG, "/manifest/", "/compacted/", "/compactions/", "/gc/"];
const FAULTS: [Fault; 5] = [
    Fault::Refuse,
    Fault::RefuseSome(RETRIES_MAX),
    Fault::Delay(Duration::from_millis(5)),
    Fault::FailAfterSuccess,
    Fault::Hang,
];
/// Owners of the shard in one storm, one after the other.
const OWNERS: u32 = 40;
/// Counters, and how often each owner raises each of them.
const KEYS: u32 = 4;
const RAISES: u32 = 6;

/// Numbers that depend on the seed alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

type Counters = BTreeMap<u32, u32>;

/// Raises every counter some times, one batch for all of them; returns the highest that was acknowledged, and the highest that
/// was tried.
async fn raise(store: &Arc<dyn ShardStore>, from: u32) -> (u32, u32) {
    let (mut acknowledged, mut tried) = (from, from);
    for value in from + 1..=from + RAISES {
        let mut batch = put(0_u32.to_be_bytes().to_vec(), value.to_be_bytes().to_vec());
        for key in 1..KEYS {
            batch.put(key.to_be_bytes().to_vec(), value.to_be_bytes().to_vec());
        }
        tried = value;
        let Ok(written) = store.write(batch).await else { break };
        match written.durable().await {
            Ok(()) => acknowledged = value,
            Err(error) => {
                assert!(error.fatal() && error.retryable(), "{error}");
                break;
            }
        }
    }
    (acknowledged, tried)
}

async fn counters(store: &Arc<dyn ShardStore>) -> crate::Result<Counters> {
    let mut found = Counters::new();
    let number = |bytes: &Bytes| u32::from_be_bytes(bytes.as_ref().try_into().unwrap());
    let mut rows = store.snapshot(Visibility::Durable).await?.scan(KeyRange::all(), Order::Ascending).await?;
    while let Some(row) = rows.next().await? {
        found.insert(number(&row.key), number(&row.value));
    }
    Ok(found)
}

/// One shard through many owners, each of whom meets another fault and ends as it may.
async fn storm(seed: u64) {
    let mut dice = Dice(seed);
    let mut objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let (mut acknowledged, mut ends) = (0, [0, 0]);
    for owner in 0..OWNERS {
        let store = start(&objects).await;
        let found = counters(&store).await.unwrap();
        let value = found.get(&0).copied().unwrap_or(0);
        assert!(
            value >= acknowledged,
            "seed {seed}, owner {owner}: {value} is there, {acknowledged} was acknowledged"
        );
        assert!(
            found.values().all(|other| *other == value),
            "seed {seed}, owner {owner}: half a batch: {found:?}"
        );
        assert!(found.len() == KEYS as usize || value == 0, "seed {seed}, owner {owner}: {found:?}");
        let (part, fault) = (PARTS[dice.roll(PARTS.len())], FAULTS[dice.roll(FAULTS.len())]);
        let raised = if fault == Fault::Hang {
            let patience = Duration::from_millis(20);
            objects.inject(part, fault);
            let cleared = async {
                tokio::time::sleep(patience).await;
                objects.clear();
            };
            tokio::join!(raise(&store, value), cleared).0
        } else {
            objects.inject(part, fault);
            raise(&store, value).await
        };
        // Whoever reads now is told no more than what stays.
        let read = counters(&store).await.ok().and_then(|found| found.get(&0).copied());
        acknowledged = raised.0.max(read.unwrap_or(0));
        assert!(acknowledged <= raised.1);
        let clean = dice.roll(2) == 0;
        ends[usize::from(clean)] += 1;
        if clean {
            // May fail, as everything in bad weather; a failed close is a crash.
            drop(store.close().await);
        }
        objects = objects.cut_off();
    }
    assert!(
        ends.iter().all(|count| *count > OWNERS / 8) && acknowledged > OWNERS,
        "the storm was one: {ends:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storms_lose_nothing_that_was_told() {
    for seed in [1, 2, 3] {
        storm(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_be_read_says_so_and_goes_on_later() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let store = start(&objects).await;
    store.write(put("a", "1")).await.unwrap().durable().await.unwrap();
    store.close().await.unwrap();
    let mut small = options(&objects);
    small.cache_bytes = 0;
    let store = open(small).await.unwrap();
    objects.inject_reads("/compacted/", Fault::Refuse);
    let error = store.get(b"a", Visibility::Durable).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }) && error.retryable() && !error.fatal(), "{error}");
    // Writes do not need what cannot be read.
    store.write(put("b", "1")).await.unwrap().durable().await.unwrap();
    objects.inject_reads("/compacted/", Fault::RefuseSome(RETRIES_MAX));
    assert!(store.get(b"a", Visibility::Durable).await.unwrap().is_some(), "short trouble goes unnoticed");
    objects.clear();
    assert!(store.get(b"b", Visibility::Durable).await.unwrap().is_some());
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_was_done_although_it_failed_is_not_done_twice() {
    for part in ["/compacted/", "/manifest/"] {
        for fault in [Fault::FailAfterSuccess, Fault::RefuseSome(RETRIES_MAX)] {
            let objects = FaultyObjects::new(Arc::new(InMemory::new()));
            let store = start(&objects).await;
            for number in 0..100_u32 {
                store
                    .write(put(number.to_be_bytes().to_vec(), vec![7; 1000]))
                    .await
                    .unwrap()
                    .durable()
                    .await
                    .unwrap();
            }
            objects.inject(part, fault);
            // The close moves the rows to a data file and names it in a manifest.
            store.close().await.unwrap();
            let next = start(&objects.cut_off()).await;
            let mut rows = next
                .snapshot(Visibility::Durable)
                .await
                .unwrap()
                .scan(KeyRange::all(), Order::Ascending)
                .await
                .unwrap();
            let mut count = 0;
            while rows.next().await.unwrap().is_some() {
                count += 1;
            }
            assert_eq!(count, 100, "{fault:?} at {part}");
        }
    }
}

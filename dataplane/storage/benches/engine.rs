//! What the engine costs, in microseconds of processor time: for settings that were considered, and for the store as it
//! is shipped. `cargo bench -p partita-storage --bench engine [-- part of a name]`; docs/performance.md has the results.
//!
//! Objects are in memory, so that no disk is measured; time of processors and not of clocks, so that other load on the
//! machine matters little. Linux only: it adds up `/proc/self/task/*/schedstat`.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::memory::InMemory;
use partita_storage::{KeyRange, Location, Order, ShardStore, StoreOptions, Visibility, WriteBatch};
use slatedb::config::{CompactorOptions, FlushOptions, FlushType, ScanOptions};
use slatedb::db_cache::foyer::{FoyerCache, FoyerCacheOptions};
use slatedb::{CompactorBuilder, Db, Settings, SstBlockSize};

/// Rows of a kibibyte each: more than all processor caches hold.
const ROWS: u64 = 200_000;
const VALUE_BYTES: usize = 1024;
const GETS: u64 = 100_000;
const SCANS: u64 = 1_000;
/// Rows of a scan: a page of a query.
const PAGE: usize = 100;

/// Young files that the compactor leaves alone: it merges four and more.
const YOUNG_FILES_LEFT: usize = 3;

/// Settings of the engine that were tried.
#[derive(Clone, Copy)]
struct Tried {
    name: &'static str,
    block: SstBlockSize,
    read_ahead: usize,
    filter: bool,
    compacted: bool,
    memtable: usize,
}

const SHIPPED: Tried = Tried {
    name: "8 KiB blocks, 64 KiB ahead",
    block: SstBlockSize::Block8Kib,
    read_ahead: 64 * 1024,
    filter: true,
    compacted: true,
    memtable: 16 << 20,
};

const TRIED: [Tried; 9] = [
    SHIPPED,
    Tried { name: "4 KiB blocks", block: SstBlockSize::Block4Kib, ..SHIPPED },
    Tried { name: "16 KiB blocks", block: SstBlockSize::Block16Kib, ..SHIPPED },
    Tried { name: "nothing read ahead", read_ahead: 1, ..SHIPPED },
    Tried { name: "16 KiB ahead", read_ahead: 16 * 1024, ..SHIPPED },
    Tried { name: "256 KiB ahead", read_ahead: 256 * 1024, ..SHIPPED },
    Tried { name: "no filters", filter: false, ..SHIPPED },
    Tried { name: "never compacted", compacted: false, ..SHIPPED },
    Tried { name: "all in the memtable", compacted: false, memtable: 1 << 30, ..SHIPPED },
];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let part = std::env::args().skip(1).find(|word| !word.starts_with("--")).unwrap_or_default();
    runtime.expect("a runtime").block_on(async {
        say("| | put | get | get, absent | row of a scan | resident MiB |\n| --- | --- | --- | --- | --- | --- |");
        for tried in TRIED.iter().filter(|tried| tried.name.contains(&part)) {
            engine(tried).await;
        }
        for (name, cache) in [("the store, all items kept", 1 << 30), ("the store, 16 MiB of caches", 16 << 20)] {
            if name.contains(&part) {
                store(name, cache).await;
            }
        }
    });
}

async fn engine(tried: &Tried) {
    let db = open(tried).await;
    let put = cost(ROWS, async {
        for number in 0..ROWS {
            let mut batch = slatedb::WriteBatch::new();
            batch.put_bytes(key(scattered(number)), value(number));
            db.write(batch).await.expect("an engine that writes");
        }
        db.flush().await.expect("an engine that flushes");
    })
    .await;
    if tried.memtable < 1 << 30 {
        let options = FlushOptions { flush_type: FlushType::MemTable };
        db.flush_with_options(options).await.expect("an engine that flushes");
    }
    while tried.compacted && db.manifest().l0().len() > YOUNG_FILES_LEFT {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let get = |absent: u64| {
        let db = db.clone();
        async move {
            for number in 0..GETS {
                let found = db.get(key(chosen(number) + absent)).await.expect("an engine that reads");
                assert_eq!(found.is_none(), absent > 0);
            }
        }
    };
    get(0).await;
    let (present, absent) = (cost(GETS, get(0)).await, cost(GETS, get(1)).await);
    let options = ScanOptions::new().with_read_ahead_bytes(tried.read_ahead).with_cache_blocks(true);
    let scan = cost(SCANS * PAGE as u64, async {
        for number in 0..SCANS {
            let range = key(chosen(number).min(scattered_start()))..;
            let mut rows = db.scan_with_options(range, &options).await.expect("an engine that scans");
            for _ in 0..PAGE {
                rows.next().await.expect("an engine that scans").expect("there are more rows");
            }
        }
    })
    .await;
    report(tried.name, [put, present, absent, scan]);
    db.close().await.expect("an engine that closes");
}

async fn open(tried: &Tried) -> Db {
    let objects: Arc<InMemory> = Arc::default();
    let settings = Settings {
        flush_interval: Some(Duration::from_millis(5)),
        l0_sst_size_bytes: tried.memtable,
        max_unflushed_bytes: 3 * tried.memtable,
        l0_max_ssts: 64,
        l0_max_ssts_per_key: 64,
        compactor_options: None,
        garbage_collector_options: None,
        ..Settings::default()
    };
    let cache = FoyerCacheOptions { max_capacity: 1 << 30, shards: 2 };
    let mut builder = Db::builder("engine", Arc::clone(&objects) as Arc<_>)
        .with_settings(settings)
        .with_sst_block_size(tried.block)
        .with_db_cache(Arc::new(FoyerCache::new_with_opts(cache)), 0);
    if tried.compacted {
        let options =
            CompactorOptions { poll_interval: Duration::from_millis(100), ..CompactorOptions::default() };
        builder =
            builder.with_compactor_builder(CompactorBuilder::new("engine", objects).with_options(options));
    }
    if !tried.filter {
        builder = builder.with_filter_policies(Vec::new());
    }
    builder.build().await.expect("an engine that opens")
}

async fn store(name: &str, cache_bytes: usize) {
    let mut options = StoreOptions::new(Location::Memory, "engine");
    options.cache_bytes = cache_bytes;
    let store: Arc<dyn ShardStore> = partita_storage::open(options).await.expect("a store that opens");
    let put = cost(ROWS, async {
        for number in 0..ROWS {
            let mut batch = WriteBatch::new();
            batch.put(key(scattered(number)), value(number));
            let written = store.write(batch).await.expect("a store that writes");
            if number + 1 == ROWS {
                written.durable().await.expect("a store that writes");
            }
        }
    })
    .await;
    let get = |absent: u64| {
        let store = Arc::clone(&store);
        async move {
            for number in 0..GETS {
                let found = store.get(&key(chosen(number) + absent), Visibility::Durable).await;
                assert_eq!(found.expect("a store that reads").is_none(), absent > 0);
            }
        }
    };
    get(0).await;
    let (present, absent) = (cost(GETS, get(0)).await, cost(GETS, get(1)).await);
    let scan = cost(SCANS * PAGE as u64, async {
        for number in 0..SCANS {
            let snapshot = store.snapshot(Visibility::Durable).await.expect("a store that reads");
            let range = KeyRange::starting_at(key(chosen(number).min(scattered_start())));
            let mut rows = snapshot.scan(range, Order::Ascending).await.expect("a store that scans");
            for _ in 0..PAGE {
                rows.next().await.expect("a store that scans").expect("there are more rows");
            }
        }
    })
    .await;
    report(name, [put, present, absent, scan]);
    store.close().await.expect("a store that closes");
}

/// The row that is written as this number: all of them, in no order. The factor has no divisor in common with the
/// number of rows.
fn scattered(number: u64) -> u64 {
    number * 7_368_787 % ROWS * 2
}

/// A row to read; many numbers give the same.
fn chosen(number: u64) -> u64 {
    scattered(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44)
}

/// Behind this row there are more than a page.
fn scattered_start() -> u64 {
    (ROWS - 2 * PAGE as u64) * 2
}

/// A key of a row of a table; those of odd numbers are not there.
fn key(number: u64) -> Bytes {
    format!("\u{1}\0\0\0\0\0\0\0\u{7}item-{number:020}").into()
}

/// A value that no compression would shrink, and no two are the same.
fn value(number: u64) -> Bytes {
    let mut state = number.wrapping_add(1);
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        state.to_le_bytes()
    });
    words.take(VALUE_BYTES / 8).flatten().collect()
}

/// The processor time of an operation, in microseconds.
async fn cost(operations: u64, work: impl Future<Output = ()>) -> f64 {
    let before = processor_nanoseconds();
    work.await;
    (processor_nanoseconds() - before) as f64 / operations as f64 / 1e3
}

fn processor_nanoseconds() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux tells of a process's threads");
    let spent = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    };
    tasks.filter_map(|task| spent(task.ok()?)).sum()
}

fn report(name: &str, [put, get, absent, row]: [f64; 4]) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    let resident: u64 = resident.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
    say(&format!("| {name} | {put:.1} | {get:.1} | {absent:.1} | {row:.2} | {} |", resident >> 10));
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the results can be printed");
}

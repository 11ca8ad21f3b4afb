use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use object_store::PutPayload;
use object_store::memory::InMemory;
use partita_wal::conformance as log_conformance;
use partita_wal::simulated::{Failing, Loss, SimulatedDisk};

use super::*;
use crate::conformance::{self, Subject};
use crate::fault::{Fault, FaultyObjects};
use crate::open::{Location, StoreOptions, open};
use crate::store::Visibility;

const SHARD: &str = "shards/1";
const MIB: u64 = 1024 * 1024;

fn put(key: impl Into<Bytes>, value: impl Into<Bytes>) -> WriteBatch {
    let mut batch = WriteBatch::new();
    batch.put(key, value);
    batch
}

fn file_log(disk: &SimulatedDisk) -> Arc<FileLog> {
    FileLog::open_on(Arc::new(disk.clone()), FileLogOptions { segment_bytes: MIB, kept_bytes: 0 }).unwrap()
}

async fn start(objects: &FaultyObjects, log: LogChoice) -> Result<Arc<dyn ShardStore>> {
    let location = Location::Objects(Arc::new(objects.clone()));
    open(StoreOptions { log, ..StoreOptions::new(location, SHARD) }).await
}

async fn durable_put(store: &dyn ShardStore, number: u32, bytes: usize) {
    let batch = put(number.to_be_bytes().to_vec(), vec![7; bytes]);
    store.write(batch).await.unwrap().durable().await.unwrap();
}

async fn has(store: &dyn ShardStore, number: u32) -> bool {
    store.get(&number.to_be_bytes(), Visibility::Durable).await.unwrap().is_some()
}

async fn eventually(mut done: impl AsyncFnMut() -> bool) {
    let polled = async {
        while !done().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), polled).await.expect("what was waited for comes");
}

/// A store on a file log.
struct OnFile(Mutex<(FaultyObjects, SimulatedDisk, Arc<dyn ShardStore>)>);

impl OnFile {
    async fn new() -> Self {
        let (objects, disk) = (FaultyObjects::new(Arc::new(InMemory::new())), SimulatedDisk::new(256 * MIB));
        let store = start(&objects, LogChoice::File(file_log(&disk))).await.unwrap();
        Self(Mutex::new((objects, disk, store)))
    }

    fn disk(&self) -> SimulatedDisk {
        self.0.lock().unwrap().1.clone()
    }
}

#[async_trait]
impl Subject for OnFile {
    fn store(&self) -> Arc<dyn ShardStore> {
        Arc::clone(&self.0.lock().unwrap().2)
    }
    fn hold(&self) {
        self.disk().hold();
    }
    fn release(&self) {
        self.disk().release();
    }
    fn fail(&self) {
        self.disk().fail(Failing::Syncs);
    }
    async fn crash(&self) -> Arc<dyn ShardStore> {
        let disk = self.disk().cut_power(Loss::Everything);
        let objects = self.0.lock().unwrap().0.cut_off();
        let store = start(&objects, LogChoice::File(file_log(&disk))).await.unwrap();
        *self.0.lock().unwrap() = (objects, disk, Arc::clone(&store));
        store
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_on_a_file_log_conforms() {
    conformance::all(OnFile::new).await;
}

/// The engine's own log, as a log under examination.
struct ObjectSubject(FaultyObjects);

#[async_trait]
impl log_conformance::Subject for ObjectSubject {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(ObjectLog)
    }
    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.0.clone())
    }
    fn hold(&self) {
        self.0.inject("/wal/", Fault::Hang);
    }
    fn release(&self) {
        self.0.clear();
    }
    fn fail(&self) {
        self.0.inject("/wal/", Fault::Refuse);
    }
    fn syncs(&self) -> u64 {
        self.0.puts()
    }
    fn bytes(&self) -> u64 {
        let beneath = self.0.beneath();
        let folder = Path::from(SHARD).join(OBJECT_LOG);
        let sizes = beneath.list(Some(&folder)).map(|object| object.unwrap().size).collect::<Vec<_>>();
        futures::executor::block_on(sizes).into_iter().sum()
    }
    async fn crash(&mut self, _loss: u64) {
        self.0 = self.0.cut_off();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_object_log_conforms() {
    log_conformance::all(async || ObjectSubject(FaultyObjects::new(Arc::new(InMemory::new())))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_the_store_goes_on() {
    let (objects, disk) = (FaultyObjects::new(Arc::new(InMemory::new())), SimulatedDisk::new(3 * MIB));
    let store = start(&objects, LogChoice::File(file_log(&disk))).await.unwrap();
    let mut written = 0;
    let refused = loop {
        match store.write(put(u32::to_be_bytes(written).to_vec(), vec![7; 50_000])).await {
            Ok(applied) => applied.durable().await.unwrap(),
            Err(error) => break error,
        }
        written += 1;
    };
    assert!(matches!(refused, Error::Full { .. }) && refused.retryable() && !refused.fatal(), "{refused}");
    assert!(written > 20, "{written}");
    assert!(has(store.as_ref(), written - 1).await && !has(store.as_ref(), written).await);
    disk.resize(64 * MIB);
    durable_put(store.as_ref(), written, 50_000).await;
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_fails_says_why_the_store_ended() {
    let (objects, disk) = (FaultyObjects::new(Arc::new(InMemory::new())), SimulatedDisk::new(64 * MIB));
    let store = start(&objects, LogChoice::File(file_log(&disk))).await.unwrap();
    durable_put(store.as_ref(), 1, 10).await;
    disk.fail(Failing::Syncs);
    let failed = async { store.write(put("a", "1")).await?.durable().await }.await.unwrap_err();
    assert!(failed.outcome_unknown(), "{failed}");
    let ended = store.ended().await;
    let cause = std::error::Error::source(&ended).unwrap().to_string();
    assert!(
        cause.contains("simulated/000000000001.log") && cause.contains("opened again"),
        "{ended}: {cause}"
    );
    assert!(store.write(put("b", "1")).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_object_store_only_delays_data_files() {
    let (objects, disk) = (FaultyObjects::new(Arc::new(InMemory::new())), SimulatedDisk::new(256 * MIB));
    let store = start(&objects, LogChoice::File(file_log(&disk))).await.unwrap();
    objects.inject("", Fault::Refuse);
    // More than one table in memory, and less than makes writers wait.
    for number in 0..20 {
        durable_put(store.as_ref(), number, 1_000_000).await;
    }
    objects.clear();
    store.close().await.unwrap();
    let store = start(&objects, LogChoice::File(file_log(&disk.cut_power(Loss::Everything)))).await.unwrap();
    for number in 0..20 {
        assert!(has(store.as_ref(), number).await, "{number}");
    }
}

async fn claim_of(objects: &dyn ObjectStore) -> String {
    let found = objects.get(&Path::from(SHARD).join("claim")).await.unwrap().bytes().await.unwrap();
    String::from_utf8(found.to_vec()).unwrap()
}

/// Puts what the first version wrote in the place of the claim.
async fn claim_as_first(objects: &FaultyObjects) {
    let claim = PutPayload::from_static(b"partita shard format 1, log object\n");
    objects.beneath().put(&Path::from(SHARD).join("claim"), claim).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_moves_to_a_file_log_and_a_crash_on_the_way_loses_nothing() {
    const ROWS: u32 = 5;
    let mut moved = 0;
    for crash in 0..24 {
        let objects = FaultyObjects::new(Arc::new(InMemory::new()));
        let store = start(&objects, LogChoice::Object).await.unwrap();
        for number in 0..ROWS {
            durable_put(store.as_ref(), number, 10).await;
        }
        // The first version ends here, with its rows in its log.
        let objects = objects.cut_off();
        claim_as_first(&objects).await;
        let disk = SimulatedDisk::new(64 * MIB);
        let log = file_log(&disk);
        {
            let mut opening = Box::pin(start(&objects, LogChoice::File(Arc::clone(&log))));
            while objects.puts() < crash {
                if let std::task::Poll::Ready(opened) = futures::poll!(&mut opening) {
                    drop(opened.unwrap());
                    moved += 1;
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let objects = objects.cut_off();
        let disk = disk.cut_power(Loss::Everything);
        log.close().await;
        let store = start(&objects, LogChoice::File(file_log(&disk))).await.unwrap();
        for number in 0..ROWS {
            assert!(has(store.as_ref(), number).await, "row {number}, crash after {crash} puts");
        }
        durable_put(store.as_ref(), ROWS, 10).await;
        assert!(claim_of(&objects).await.starts_with("partita shard format 2, log file "));
        let folder = Path::from(SHARD).join(OBJECT_LOG);
        assert_eq!(objects.list(Some(&folder)).count().await, 0, "the old log is removed");
        let refused = start(&objects, LogChoice::Object).await.err().unwrap();
        assert!(matches!(refused, Error::ForeignClaim { .. }), "{refused}");
        durable_put(store.as_ref(), ROWS + 1, 10).await;
    }
    assert!((1..16).contains(&moved), "{moved} of the moves went through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_has_a_log_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let options = || StoreOptions::new(Location::Folder(folder.path().to_owned()), SHARD);
    let first = StoreOptions { log: LogChoice::Object, ..options() };
    let store = open(first.clone()).await.unwrap();
    durable_put(store.as_ref(), 1, 10).await;
    store.close().await.unwrap();
    assert!(!folder.path().join("shards/1/log").exists());

    let store = open(options()).await.unwrap();
    durable_put(store.as_ref(), 2, 10).await;
    store.close().await.unwrap();
    assert!(folder.path().join("shards/1/log/000000000001.log").exists());
    let refused = open(first).await.err().unwrap();
    assert!(matches!(refused, Error::ForeignClaim { .. }), "{refused}");

    let store = open(options()).await.unwrap();
    assert!(has(store.as_ref(), 1).await && has(store.as_ref(), 2).await);
    store.close().await.unwrap();
    // Without its log the shard is not opened, whatever is in its data files.
    std::fs::rename(folder.path().join("shards/1/log"), folder.path().join("elsewhere")).unwrap();
    let refused = open(options()).await.err().unwrap();
    assert!(matches!(refused, Error::ForeignClaim { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_log_is_refused_by_file_and_offset() {
    let folder = tempfile::tempdir().unwrap();
    let options = || StoreOptions::new(Location::Folder(folder.path().to_owned()), SHARD);
    let store = open(options()).await.unwrap();
    for number in 0..3 {
        durable_put(store.as_ref(), number, 1000).await;
    }
    store.close().await.unwrap();
    let file = folder.path().join("shards/1/log/000000000001.log");
    let mut content = std::fs::read(&file).unwrap();
    content[700] ^= 1;
    std::fs::write(&file, content).unwrap();
    let refused = open(options()).await.err().unwrap();
    let text = refused.to_string();
    assert!(matches!(refused, Error::Corrupt { .. }), "{text}");
    assert!(text.contains("000000000001.log") && text.contains("at byte "), "{text}");
    // The refusal left nothing locked.
    assert!(partita_wal::check::plan_repair(file.parent().unwrap()).unwrap().is_some());
}

fn log_bytes(folder: &FsPath) -> u64 {
    let files = std::fs::read_dir(folder.join("shards/1/log")).unwrap();
    files.map(|file| file.unwrap().metadata().map_or(0, |file| file.len())).sum()
}

/// Rounds of 2 MB that are written at least, several times what is kept in memory; and at most, minutes of a slow disk.
const ROUNDS_MIN: u32 = 100;
const ROUNDS_MAX: u32 = 2_000;

/// The longest that the log may become under load: what is written while the engine moves its rows to a file and notes that
/// in a manifest, on a slow machine. All rounds write eight times as much.
const LONGEST_MAX: u64 = 512 * MIB;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_short_under_load_and_when_idle() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions::new(Location::Folder(folder.path().to_owned()), SHARD);
    let store = open(options).await.unwrap();
    let (mut longest, mut shortened) = (0, false);
    for round in 0..ROUNDS_MAX {
        let mut waiting = Vec::new();
        for number in 0..32 {
            let batch = put(u32::to_be_bytes(round * 32 + number).to_vec(), vec![7; 60_000]);
            waiting.push(store.write(batch).await.unwrap());
        }
        for written in waiting {
            written.durable().await.unwrap();
        }
        // It is shortened while writes go on, not only behind them.
        let length = log_bytes(folder.path());
        shortened |= length < longest;
        longest = longest.max(length);
        if shortened && round >= ROUNDS_MIN {
            break;
        }
    }
    assert!(shortened && longest <= LONGEST_MAX, "the log grew to {longest} bytes");
    eventually(async || {
        tokio::time::sleep(Duration::from_millis(20)).await;
        log_bytes(folder.path()) <= 48 * MIB
    })
    .await;
    store.close().await.unwrap();
}

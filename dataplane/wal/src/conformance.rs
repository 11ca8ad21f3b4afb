//! What every [`Log`] must do, as code, with a real engine on it.
//!
//! A log passes when [`all`] returns. A [`Subject`] lets a check hold the device back, make it fail, and cut the power.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use slatedb::config::{
    FlushOptions, FlushType, GarbageCollectorDirectoryOptions, GarbageCollectorOptions, Settings,
};
use slatedb::object_store::ObjectStore;
use slatedb::object_store::path::Path;
use slatedb::{CloseReason, Db, ErrorKind, WriteBatch, WriteHandle};

use crate::log::{Engine, Log};

/// A log under examination, and control over what it writes to.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The log, opened.
    fn log(&self) -> Arc<dyn Log>;
    /// Where the engines' data files are.
    fn objects(&self) -> Arc<dyn ObjectStore>;
    /// From now on what is written to the log does not become durable, for as long as it is held.
    fn hold(&self);
    /// Ends [`hold`](Self::hold).
    fn release(&self);
    /// From now on every write to the log fails, those that are held back included.
    fn fail(&self);
    /// How often the log asked its device to make something durable.
    fn syncs(&self) -> u64;
    /// The length of the log on its device, in bytes.
    fn bytes(&self) -> u64;
    /// Cuts the power and opens the log again. What was not durable may be lost in part; the number says which part.
    async fn crash(&mut self, loss: u64);
}

/// A shard's path.
const SHARD: &str = "shards/1";

/// Longer than any check takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs every check, each on a subject of its own.
///
/// # Panics
/// When the log does not do what it must.
pub async fn all<F, S>(make: impl Fn() -> F)
where
    F: Future<Output = S>,
    S: Subject,
{
    what_was_acknowledged_survives_a_crash(make().await).await;
    many_writers_share_a_sync(make().await).await;
    a_slow_device_delays_writers_and_nobody_else(make().await).await;
    a_newer_owner_fences_the_older(make().await).await;
    for loss in 0..8 {
        a_crash_leaves_a_beginning_of_whole_batches(make().await, loss).await;
    }
    what_is_in_data_files_is_trimmed(make().await).await;
    closing_answers_those_who_wait(make().await).await;
    a_failing_device_acknowledges_nothing(make().await).await;
    shards_of_one_log_are_apart(make().await).await;
}

/// Starts an engine on a subject's log.
async fn start(subject: &impl Subject, shard: &str) -> Result<Db, slatedb::Error> {
    let (objects, shard) = (subject.objects(), Path::from(shard));
    let every = Some(GarbageCollectorDirectoryOptions {
        interval: Some(Duration::from_millis(20)),
        min_age: Duration::ZERO,
        dry_run: false,
    });
    let garbage = GarbageCollectorOptions {
        manifest_options: None,
        wal_options: every,
        compacted_options: None,
        compactions_options: None,
        detach_options: None,
        ..GarbageCollectorOptions::default()
    };
    let settings = Settings {
        flush_interval: None,
        compactor_options: None,
        object_store_max_retries: Some(2),
        // Nobody merges them here.
        l0_max_ssts: 64,
        l0_max_ssts_per_key: 64,
        ..Settings::default()
    };
    let builder = Db::builder(shard.clone(), Arc::clone(&objects)).with_settings(settings);
    let builder = subject.log().install(Engine { builder, shard, objects, garbage });
    Box::pin(builder.build()).await
}

fn key(number: u64) -> Vec<u8> {
    format!("key {number:06}").into_bytes()
}

/// Writes two keys in one batch.
async fn write(db: &Db, number: u64) -> Result<WriteHandle, slatedb::Error> {
    let mut batch = WriteBatch::new();
    for half in [0, 1] {
        batch.put(key(2 * number + half), vec![b'v'; 100]);
    }
    db.write(batch).await
}

/// Waits until a write is durable; for a log that does not flush by itself, flushes.
async fn durable(subject: &impl Subject, db: &Db, write: &WriteHandle) -> Result<(), slatedb::Error> {
    if !subject.log().self_flushing() {
        db.flush().await?;
    }
    write.await_durable().await
}

async fn acknowledged(subject: &impl Subject, db: &Db, number: u64) {
    let written = write(db, number).await.expect("the log is sound");
    durable(subject, db, &written).await.expect("the log is sound");
}

async fn has(db: &Db, number: u64) -> (bool, bool) {
    let get = async |half| db.get(key(2 * number + half)).await.expect("a read of what is there").is_some();
    (get(0).await, get(1).await)
}

/// Waits for `done`, which nobody signals.
async fn eventually(mut done: impl FnMut() -> bool) {
    let polled = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, polled).await.expect("what was waited for comes");
}

async fn what_was_acknowledged_survives_a_crash(mut subject: impl Subject) {
    let mut number = 0;
    for round in 0..3 {
        let db = start(&subject, SHARD).await.expect("it opens");
        for before in 0..number {
            assert_eq!(has(&db, before).await, (true, true), "write {before} in round {round}");
        }
        for _ in 0..5 {
            acknowledged(&subject, &db, number).await;
            number += 1;
        }
        if round == 1 {
            // Part of it is in a data file, and the rest in the log.
            let options = FlushOptions { flush_type: FlushType::MemTable };
            db.flush_with_options(options).await.expect("the log is sound");
            acknowledged(&subject, &db, number).await;
            number += 1;
        }
        subject.crash(round).await;
    }
}

async fn many_writers_share_a_sync(subject: impl Subject) {
    const WRITERS: u64 = 64;
    let db = start(&subject, SHARD).await.expect("it opens");
    acknowledged(&subject, &db, 0).await;
    let before = subject.syncs();
    let mut waiting = Vec::new();
    subject.hold();
    for number in 1..=WRITERS {
        waiting.push(write(&db, number).await.expect("the log is sound"));
    }
    subject.release();
    for written in &waiting {
        durable(&subject, &db, written).await.expect("the log is sound");
    }
    let syncs = subject.syncs() - before;
    // One that was under way, one for the others, and those for the names of a new file.
    assert!(syncs <= 8, "{WRITERS} writers needed {syncs} syncs");
    db.close().await.expect("it closes");
}

async fn a_slow_device_delays_writers_and_nobody_else(subject: impl Subject) {
    let db = start(&subject, SHARD).await.expect("it opens");
    acknowledged(&subject, &db, 0).await;
    subject.hold();
    let written = write(&db, 1).await.expect("the log is sound");
    {
        let waiting = durable(&subject, &db, &written);
        tokio::pin!(waiting);
        for _ in 0..100 {
            assert!(futures::poll!(waiting.as_mut()).is_pending(), "it is durable before it was synced");
            tokio::task::yield_now().await;
        }
        assert_eq!(has(&db, 0).await, (true, true));
        let options = slatedb::config::ReadOptions::default()
            .with_durability_filter(slatedb::config::DurabilityLevel::Remote);
        let read = db.get_with_options(key(2), &options).await.expect("reads go on");
        assert_eq!(read, None, "a row is shown that a crash could take back");
        subject.release();
        tokio::time::timeout(PATIENCE, waiting).await.expect("it ends").expect("the log is sound");
    }
    db.close().await.expect("it closes");
}

async fn a_newer_owner_fences_the_older(subject: impl Subject) {
    let older = start(&subject, SHARD).await.expect("it opens");
    acknowledged(&subject, &older, 0).await;
    let newer = start(&subject, SHARD).await.expect("it opens");
    let refused = async {
        let written = write(&older, 1).await?;
        durable(&subject, &older, &written).await
    };
    let refused = refused.await.expect_err("it is fenced");
    assert_eq!(refused.kind(), ErrorKind::Closed(CloseReason::Fenced), "{refused}");
    assert_eq!(has(&newer, 0).await, (true, true));
    acknowledged(&subject, &newer, 2).await;
    assert_eq!(has(&newer, 1).await, (false, false), "a fenced owner wrote");
    newer.close().await.expect("it closes");
}

async fn a_crash_leaves_a_beginning_of_whole_batches(mut subject: impl Subject, loss: u64) {
    const ACKNOWLEDGED: u64 = 4;
    let db = start(&subject, SHARD).await.expect("it opens");
    for number in 0..ACKNOWLEDGED {
        acknowledged(&subject, &db, number).await;
    }
    subject.hold();
    let mut waiting = Vec::new();
    for number in ACKNOWLEDGED..40 {
        waiting.push(write(&db, number).await.expect("the log is sound"));
    }
    if !subject.log().self_flushing() {
        let flush = db.flush();
        tokio::pin!(flush);
        assert!(futures::poll!(flush.as_mut()).is_pending());
    }
    tokio::task::yield_now().await;
    subject.crash(loss).await;
    let db = start(&subject, SHARD).await.expect("a torn end does not keep it from opening");
    let mut end = None;
    for number in 0..40 {
        let found = has(&db, number).await;
        assert_eq!(found.0, found.1, "half of batch {number} is there");
        match (found.0, end) {
            (true, Some(missing)) => panic!("batch {number} is there, and {missing} before it is not"),
            (false, None) => end = Some(number),
            _ => {}
        }
    }
    assert!(end.is_none_or(|end| end >= ACKNOWLEDGED), "batch {end:?} was acknowledged and is not there");
    acknowledged(&subject, &db, 100).await;
    db.close().await.expect("it closes");
}

async fn what_is_in_data_files_is_trimmed(mut subject: impl Subject) {
    const ROUNDS: u64 = 3;
    const WRITES: u64 = 80;
    let large = |number| {
        let mut batch = WriteBatch::new();
        batch.put(key(number), vec![b'v'; 50_000]);
        batch
    };
    for round in 0..ROUNDS {
        let db = start(&subject, SHARD).await.expect("it opens");
        for number in round * WRITES..(round + 1) * WRITES {
            let written = db.write(large(number)).await.expect("the log is sound");
            durable(&subject, &db, &written).await.expect("the log is sound");
        }
        let full = subject.bytes();
        let options = FlushOptions { flush_type: FlushType::MemTable };
        db.flush_with_options(options).await.expect("the log is sound");
        eventually(|| subject.bytes() <= full / 2).await;
        subject.crash(round).await;
    }
    let db = start(&subject, SHARD).await.expect("it opens");
    for number in 0..ROUNDS * WRITES {
        assert!(db.get(key(number)).await.expect("a read of what is there").is_some(), "write {number}");
    }
    db.close().await.expect("it closes");
}

async fn closing_answers_those_who_wait(mut subject: impl Subject) {
    let db = start(&subject, SHARD).await.expect("it opens");
    acknowledged(&subject, &db, 0).await;
    subject.hold();
    let written = write(&db, 1).await.expect("the log is sound");
    let waiting = tokio::spawn(async move { written.await_durable().await });
    let closing = db.close();
    tokio::pin!(closing);
    for _ in 0..100 {
        assert!(futures::poll!(closing.as_mut()).is_pending(), "it closed over a write that is not durable");
        tokio::task::yield_now().await;
    }
    subject.release();
    tokio::time::timeout(PATIENCE, closing).await.expect("it ends").expect("the log is sound");
    let answer = tokio::time::timeout(PATIENCE, waiting).await.expect("who waits is answered");
    let answer = answer.expect("no panic");
    subject.crash(2).await;
    let db = start(&subject, SHARD).await.expect("it opens");
    assert!(answer.is_err() || has(&db, 1).await == (true, true), "it was acknowledged and is not there");
    db.close().await.expect("it closes");
}

async fn a_failing_device_acknowledges_nothing(mut subject: impl Subject) {
    let db = start(&subject, SHARD).await.expect("it opens");
    acknowledged(&subject, &db, 0).await;
    subject.hold();
    let written = write(&db, 1).await.expect("it is only queued");
    subject.fail();
    let answer = tokio::time::timeout(PATIENCE, durable(&subject, &db, &written)).await;
    answer.expect("who waits is answered").expect_err("it was acknowledged and not synced");
    let later = async {
        let written = write(&db, 2).await?;
        durable(&subject, &db, &written).await
    };
    let later = tokio::time::timeout(PATIENCE, later).await.expect("it is answered");
    later.expect_err("a log that failed takes nothing any more");
    if subject.log().self_flushing() {
        assert!(subject.log().failed().is_some(), "the log knows why");
    }
    subject.crash(3).await;
    let db = start(&subject, SHARD).await.expect("it opens");
    assert_eq!(has(&db, 0).await, (true, true));
    let found = has(&db, 1).await;
    assert_eq!(found.0, found.1, "half a batch is there");
    db.close().await.expect("it closes");
}

async fn shards_of_one_log_are_apart(mut subject: impl Subject) {
    const SHARDS: [&str; 3] = ["shards/1", "shards/2", "shards/10"];
    let mut engines = Vec::new();
    for shard in SHARDS {
        engines.push(start(&subject, shard).await.expect("it opens"));
    }
    for number in 0..12 {
        acknowledged(&subject, &engines[number as usize % 3], number).await;
    }
    subject.crash(4).await;
    for (position, shard) in SHARDS.into_iter().enumerate() {
        let db = start(&subject, shard).await.expect("it opens");
        for number in 0..12 {
            let mine = number as usize % 3 == position;
            assert_eq!(has(&db, number).await, (mine, mine), "write {number} in {shard}");
        }
        db.close().await.expect("it closes");
    }
}

//! What the engine does not check, and what would lose rows without a word if it were not kept.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use partita_wal::simulated::{Failing, Loss};
use partita_wal::{FileLog, Log, ObjectLog};
use slatedb::ErrorKind;
use slatedb::wal::WalFileRange;

use crate::host::{Host, SHARD, eventually, fill, has, note_in_manifest, put, start, to_data_file};

/// The log that a shard was written with is the only one that has its newest rows. An empty file log in its place is seen
/// when the engine starts, as far as the manifest knows of records; the claim above settles it in all cases.
#[tokio::test]
async fn a_log_that_lacks_records_is_refused() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    put(&db, 1, 10).await.unwrap();
    to_data_file(&db).await;
    put(&db, 2, 10).await.unwrap();
    // The manifest knows of record 2 now, which is in no data file.
    note_in_manifest(&db).await;
    let other = Host { objects: Arc::clone(&host.objects), ..Host::new() };
    let refused = other.start(SHARD).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Data, "{refused}");
    assert!(refused.to_string().contains("does not continue the shard"), "{refused}");
}

/// Every log has an id of its own, and keeps it.
#[tokio::test]
async fn a_log_is_known_by_its_id() {
    let (first, second) = (Host::new(), Host::new());
    assert_ne!(first.log.id(), ObjectLog.id());
    assert!(first.log.id().to_string().starts_with("file "));
    let id = first.log.id();
    first.log.close().await;
    assert_eq!(first.reopen(first.disk.copy()).unwrap().log.id(), id);
    let folder = tempfile::tempdir().unwrap();
    let real = FileLog::open(folder.path(), crate::host::options()).unwrap();
    assert_ne!(real.id(), second.log.id());
}

/// A log that is open elsewhere is refused before an engine is started on it, and so before its owner is fenced.
#[tokio::test]
async fn a_second_process_is_refused_and_the_first_goes_on() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    put(&db, 1, 10).await.unwrap();
    let refused = host.reopen(host.disk.clone()).err().unwrap();
    assert!(matches!(refused, partita_wal::Error::InUse { .. }), "{refused}");
    put(&db, 2, 10).await.unwrap();
}

/// The engine's own view runs ahead of the manifest that is stored. What only the former knows is not trimmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_trimmed_by_the_stored_manifest_only() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    fill(&db, 0..40).await;
    to_data_file(&db).await;
    assert!(host.log.status().segments > 3);
    // The engine knows better by now, but the manifest that was read has only the first row in a data file.
    let before = host.log.status();
    let stored = WalFileRange(Bound::Included(1), Bound::Unbounded);
    host.log.collector(SHARD).collect(vec![stored], Duration::ZERO, false).await.unwrap();
    put(&db, 40, 10).await.unwrap();
    assert!(host.log.status().segments >= before.segments, "trimmed ahead of the manifest that is stored");
    drop(db);
    let db = host.start_trimming(SHARD).await.unwrap();
    eventually(|| host.log.status().segments <= 2).await;
    for number in 0..=40 {
        assert!(has(&db, number).await, "{number}");
    }
}

/// The compactor makes a checkpoint for each of its runs, which lasts for minutes. The log does not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_do_not_keep_the_log() {
    let host = Host::new();
    let db = host.start_trimming(SHARD).await.unwrap();
    put(&db, 0, 100_000).await.unwrap();
    note_in_manifest(&db).await;
    fill(&db, 1..40).await;
    to_data_file(&db).await;
    eventually(|| host.log.status().segments <= 2).await;
}

/// A shard that is not written to keeps the oldest segment. Its host is told, moves its rows, and the log is trimmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_shards_are_told_to_let_go() {
    let host = Host::new();
    let idle = host.start_trimming("idle").await.unwrap();
    let busy = host.start_trimming("busy").await.unwrap();
    put(&idle, 0, 10).await.unwrap();
    fill(&busy, 0..60).await;
    to_data_file(&busy).await;
    let kept = host.log.status().segments;
    assert!(kept > 4, "{kept}");
    eventually(|| host.log.laggards() == ["idle"]).await;
    to_data_file(&idle).await;
    eventually(|| host.log.status().segments <= 2).await;
    assert!(host.log.laggards().is_empty());
}

/// A busy shard is asked to move its rows when it is many segments behind, however few its rows are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_is_written_to_a_little_lets_go_by_itself() {
    let host = Host::new();
    let quiet = host.start_trimming("quiet").await.unwrap();
    let busy = host.start_trimming("busy").await.unwrap();
    for number in 0..240 {
        put(&busy, number, 100_000).await.unwrap();
        if number % 20 == 0 {
            put(&quiet, number, 10).await.unwrap();
            to_data_file(&busy).await;
        }
    }
    let kept = host.log.status().segments;
    assert!(kept <= 16, "{kept} segments are kept of 24");
}

/// A system goes on showing what it could not sync, and takes it for synced. Who opens the log again must not build upon it.
#[tokio::test]
async fn what_a_failed_sync_left_in_memory_is_written_again() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    put(&db, 1, 10).await.unwrap();
    host.disk.fail(Failing::Syncs);
    put(&db, 2, 10).await.unwrap_err();
    host.log.close().await;
    host.disk.mend();
    let host = host.reopen(host.disk.clone()).unwrap();
    let db = host.start(SHARD).await.unwrap();
    assert!(has(&db, 2).await, "it was not acknowledged, but it is shown now");
    put(&db, 3, 10).await.unwrap();
    let host = host.reopen(host.disk.cut_power(Loss::Everything)).unwrap();
    let db = host.start(SHARD).await.unwrap();
    for number in 1..=3 {
        assert!(has(&db, number).await, "{number}");
    }
}

/// What the older owner had queued is on disk before its successor reads the log.
#[tokio::test]
async fn a_newer_owner_waits_for_what_the_older_queued() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    put(&db, 1, 10).await.unwrap();
    host.disk.hold();
    let mut batch = slatedb::WriteBatch::new();
    batch.put(crate::host::key(2), b"queued");
    db.write(batch).await.unwrap();
    let mut newer = Box::pin(host.start(SHARD));
    for _ in 0..100 {
        assert!(futures::poll!(newer.as_mut()).is_pending(), "it did not wait for the sync");
        tokio::task::yield_now().await;
    }
    host.disk.release();
    let newer = newer.await.unwrap();
    assert!(has(&newer, 1).await && has(&newer, 2).await);
    put(&db, 3, 10).await.unwrap_err();
}

/// A folder whose sync failed once is trimmed again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trimming_goes_on_after_a_failure() {
    let host = Host::new();
    let db = host.start_trimming(SHARD).await.unwrap();
    fill(&db, 0..40).await;
    let before = host.log.status().segments;
    assert!(before > 3);
    host.disk.fail(Failing::Names);
    to_data_file(&db).await;
    // The first file leaves, and its leaving cannot be made to last.
    eventually(|| host.disk.content("000000000001.log").is_none()).await;
    assert_eq!(host.log.status().segments, before);
    host.disk.mend();
    put(&db, 40, 10).await.unwrap();
    to_data_file(&db).await;
    eventually(|| host.log.status().segments <= 2).await;
}

/// The records of a shard that was deleted do not come back in another one at its path.
#[tokio::test]
async fn a_path_that_is_used_again_begins_empty() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    put(&db, 1, 10).await.unwrap();
    let refused = host.log.delete(SHARD).await.unwrap_err();
    assert!(refused.to_string().contains("close it"), "{refused}");
    db.close_with_options(slatedb::config::CloseOptions::default().with_flush_type(None)).await.unwrap();
    host.log.delete(SHARD).await.unwrap();
    let refused = Host { objects: Host::new().objects, log: Arc::clone(&host.log), disk: host.disk.clone() };
    let refused = refused.start(SHARD).await.err().unwrap();
    assert!(refused.to_string().contains("use another path"), "{refused}");
    let host =
        Host { objects: Host::new().objects, ..host.reopen(host.disk.cut_power(Loss::Everything)).unwrap() };
    let db = host.start(SHARD).await.unwrap();
    assert!(!has(&db, 1).await, "a deleted shard's row came back");
    put(&db, 2, 10).await.unwrap();
    let host = Host {
        objects: Arc::clone(&host.objects),
        ..host.reopen(host.disk.cut_power(Loss::Everything)).unwrap()
    };
    let db = host.start(SHARD).await.unwrap();
    assert!(!has(&db, 1).await && has(&db, 2).await);
}

/// A shard may move between logs after a clean close: ids go on from its sequences.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_was_closed_can_change_its_log() {
    let host = Host::new();
    let garbage = slatedb::config::GarbageCollectorOptions::default;
    let db = start(&ObjectLog, &host.objects, SHARD, garbage()).await.unwrap();
    for number in 0..3 {
        db.put(crate::host::key(number), b"v").await.unwrap();
        db.flush().await.unwrap();
    }
    db.close().await.unwrap();
    let db = host.start(SHARD).await.unwrap();
    for number in 3..6 {
        put(&db, number, 10).await.unwrap();
    }
    drop(db);
    let host = host.reopen(host.disk.cut_power(Loss::Everything)).unwrap();
    let db = host.start(SHARD).await.unwrap();
    for number in 0..6 {
        assert!(has(&db, number).await, "{number}");
    }
}

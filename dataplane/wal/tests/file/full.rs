//! A disk without room.

use std::sync::Arc;

use partita_wal::simulated::SimulatedDisk;
use partita_wal::{Error, FileLog, FileLogOptions, Log};
use slatedb::object_store::path::Path;

use crate::host::{Host, MIB, SHARD, has, options, put};

/// What a store does for a write.
async fn admitted_put(host: &Host, db: &slatedb::Db, number: u64, bytes: usize) -> Result<(), Error> {
    let admission = host.log.admit(&Path::from(SHARD), 1, bytes + 20).await?;
    put(db, number, bytes).await.unwrap();
    drop(admission);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_loses_none() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    host.disk.resize(3 * MIB);
    let mut written = 0;
    let refused = loop {
        match admitted_put(&host, &db, written, 50_000).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    assert!(refused.to_string().contains("make room"), "{refused}");
    assert!((30..=62).contains(&written), "{written}");
    assert!(host.log.failed().is_none(), "the log goes on");
    assert!(has(&db, written - 1).await, "reads go on");
    let again = admitted_put(&host, &db, written, 50_000).await.unwrap_err();
    assert!(matches!(again, Error::Full { .. }), "{again}");
    host.disk.resize(64 * MIB);
    for number in written..written + 30 {
        admitted_put(&host, &db, number, 50_000).await.unwrap();
    }
    for number in 0..written + 30 {
        assert!(has(&db, number).await, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_on_a_full_disk_are_all_answered() {
    let host = Arc::new(Host::new());
    let db = Arc::new(host.start(SHARD).await.unwrap());
    host.disk.resize(3 * MIB);
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let (host, db) = (Arc::clone(&host), Arc::clone(&db));
            tokio::spawn(async move {
                let mut written = Vec::new();
                for number in (task * 100)..(task * 100 + 20) {
                    if admitted_put(&host, &db, number, 20_000).await.is_ok() {
                        written.push(number);
                    }
                }
                written
            })
        })
        .collect();
    let mut written = 0;
    for task in tasks {
        for number in task.await.unwrap() {
            written += 1;
            assert!(has(&db, number).await, "{number}");
        }
    }
    assert!((80..200).contains(&written), "{written}");
    assert!(host.log.failed().is_none());
}

#[tokio::test]
async fn room_for_data_files_is_kept() {
    let disk = SimulatedDisk::new(64 * MIB);
    let kept = FileLogOptions { kept_bytes: 6 * MIB, ..options() };
    let log = FileLog::open_on(Arc::new(disk.clone()), kept).unwrap();
    let shard = Path::from(SHARD);
    drop(log.admit(&shard, 1, 100).await.unwrap());
    disk.put("other", Some(vec![1; 57 * MIB as usize]));
    let refused = log.admit(&shard, 1, 2 * MIB as usize).await.unwrap_err();
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    disk.put("other", None);
    log.admit(&shard, 1, 2 * MIB as usize).await.unwrap();
}

/// A batch that needs another segment is refused; a smaller one behind it still fits into this one.
#[tokio::test]
async fn only_who_needs_more_room_is_refused() {
    let host = Host::new();
    let shard = Path::from(SHARD);
    drop(host.log.admit(&shard, 1, 100).await.unwrap());
    host.disk.resize(MIB + 4096);
    let first = host.log.admit(&shard, 1, 900_000).await.unwrap();
    let (mut large, mut small) = (host.log.admit(&shard, 1, 900_000), host.log.admit(&shard, 1, 1000));
    let (large, small) = futures::future::join(large.as_mut(), small.as_mut()).await;
    assert!(matches!(large, Err(Error::Full { .. })), "{large:?}");
    small.unwrap();
    drop(first);
}

#[tokio::test]
async fn a_batch_waits_while_much_is_under_way() {
    let host = Host::new();
    let shard = Path::from(SHARD);
    let large = 5 * MIB as usize;
    let first = host.log.admit(&shard, 1, large).await.unwrap();
    let mut second = host.log.admit(&shard, 1, large);
    for _ in 0..100 {
        assert!(futures::poll!(second.as_mut()).is_pending(), "more than the limit is under way");
        tokio::task::yield_now().await;
    }
    drop(first);
    second.await.unwrap();
    // Larger than the limit: alone, and with a segment of its own size.
    host.log.admit(&shard, 1, 20 * MIB as usize).await.unwrap();
    host.log.close().await;
    assert!(matches!(host.log.admit(&shard, 1, 1).await, Err(Error::Closed)));
}

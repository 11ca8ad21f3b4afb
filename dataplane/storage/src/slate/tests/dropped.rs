//! The change log and dropped tables on the engine, across restarts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::memory::InMemory;
use partita_model::TableId;
use partita_model::clock::UnixMillis;

use super::{put, start};
use crate::fault::FaultyObjects;
use crate::log::{LogEntry, LogSequence, LogStart};
use crate::shard::{Shard, Swept};
use crate::space::{CHANGE_LOG, DROPPED_TABLES, LOG_READERS, TABLE_ROWS, table_key, table_prefix};
use crate::store::{KeyRange, Order, Visibility};

const DEAD: TableId = TableId(1);
const ALIVE: TableId = TableId(2);

async fn count(shard: &Shard, space: u8, table: TableId) -> usize {
    let snapshot = shard.store().snapshot(Visibility::Durable).await.unwrap();
    let range = KeyRange::prefix(table_prefix(space, table).to_vec());
    let mut rows = snapshot.scan(range, Order::Ascending).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_dropped_table_stays_dropped_and_its_rows_are_swept() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let shard = Shard::open(start(&objects).await).await.unwrap();
    for table in [DEAD, ALIVE] {
        shard.register_reader(table, "stream", LogStart::Now).await.unwrap();
        for number in 0..10u8 {
            let entry = LogEntry {
                table,
                at: UnixMillis(1),
                payload: Bytes::copy_from_slice(&[number]),
                attachment: None,
            };
            let row = put(table_key(TABLE_ROWS, table, &[number]), "value");
            drop(shard.commit(row, vec![entry]).await.unwrap());
        }
    }
    shard.drop_table(DEAD).await.unwrap();

    let objects = objects.cut_off();
    let shard = Shard::open(start(&objects).await).await.unwrap();
    assert!(!shard.has_reader(DEAD) && shard.has_reader(ALIVE));
    assert!(shard.commit(put(table_key(TABLE_ROWS, DEAD, b"x"), "value"), vec![]).await.is_err());
    assert_eq!(shard.read_log(ALIVE, "stream", 100).await.unwrap().len(), 10);
    shard.advance(ALIVE, "stream", LogSequence(10)).await.unwrap();
    assert_eq!(shard.sweep(100).await.unwrap(), Swept { removed: 20, finished: true });
    shard.store().close().await.unwrap();

    let shard = Shard::open(start(&objects).await).await.unwrap();
    for space in [TABLE_ROWS, CHANGE_LOG, LOG_READERS, DROPPED_TABLES] {
        assert_eq!(count(&shard, space, DEAD).await, 0, "space {space}");
    }
    assert_eq!(count(&shard, TABLE_ROWS, ALIVE).await, 10);
    assert_eq!(shard.log_span(ALIVE).unwrap().oldest, LogSequence(11));
    let entry =
        LogEntry { table: ALIVE, at: UnixMillis(1), payload: Bytes::from_static(b"next"), attachment: None };
    shard
        .commit(put(table_key(TABLE_ROWS, ALIVE, b"y"), "value"), vec![entry])
        .await
        .unwrap()
        .durable()
        .await
        .unwrap();
    let records = shard.read_log(ALIVE, "stream", 100).await.unwrap();
    assert_eq!(records.iter().map(|record| record.sequence).collect::<Vec<_>>(), [LogSequence(11)]);
}

/// Each close leaves a file; the compactor merges when there are four.
const FILES_BEFORE: u8 = 3;

/// Enough to make the engine write the fourth file while it runs, in rows of a mebibyte.
const LARGE_ROWS: u8 = 20;

/// The compactor looks every two seconds; on a busy machine it may take its time.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compaction_removes_the_rows_of_a_dropped_table_and_records_that_were_passed() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    for file in 0..FILES_BEFORE {
        let shard = Shard::open(start(&objects).await).await.unwrap();
        shard.register_reader(ALIVE, "stream", LogStart::Now).await.unwrap();
        for table in [DEAD, ALIVE] {
            let row = put(table_key(TABLE_ROWS, table, &[file]), "value");
            let payload = Bytes::copy_from_slice(&[file]);
            let entry = LogEntry { table, at: UnixMillis(1), payload, attachment: None };
            drop(shard.commit(row, vec![entry]).await.unwrap());
        }
        shard.store().close().await.unwrap();
    }
    let shard = Shard::open(start(&objects).await).await.unwrap();
    shard.drop_table(DEAD).await.unwrap();
    let passed = LogSequence(u64::from(FILES_BEFORE) - 1);
    shard.advance(ALIVE, "stream", passed).await.unwrap();
    assert_eq!(
        count(&shard, TABLE_ROWS, DEAD).await,
        usize::from(FILES_BEFORE),
        "dropping takes constant time"
    );
    for number in 0..LARGE_ROWS {
        let row = put(table_key(TABLE_ROWS, ALIVE, &[FILES_BEFORE, number]), vec![number; 1 << 20]);
        shard.commit(row, vec![]).await.unwrap().durable().await.unwrap();
    }
    // Nothing tells when the compactor is done but the rows.
    let cleared = async {
        while count(&shard, TABLE_ROWS, DEAD).await > 0 || count(&shard, CHANGE_LOG, ALIVE).await > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, cleared).await.unwrap();
    assert_eq!(count(&shard, TABLE_ROWS, ALIVE).await, usize::from(FILES_BEFORE + LARGE_ROWS));
    assert_eq!(shard.read_log(ALIVE, "stream", 10).await.unwrap()[0].sequence, passed.next());
    assert_eq!(count(&shard, DROPPED_TABLES, DEAD).await, 1, "only a sweep knows that nothing is left");
}

use super::*;
use crate::MemoryStore;
use crate::space::{CHANGE_LOG, LOG_READERS, TABLE_ROWS};

const TABLE: TableId = TableId(7);
const OTHER: TableId = TableId(8);

async fn shard_of(store: &MemoryStore) -> Shard {
    Shard::open(Arc::new(store.clone())).await.unwrap()
}

fn row(table: TableId, key: &str) -> WriteBatch {
    let mut batch = WriteBatch::new();
    batch.put(space::table_key(TABLE_ROWS, table, key.as_bytes()), "value");
    batch
}

fn descriptor(table: TableId) -> WriteBatch {
    let mut batch = WriteBatch::new();
    batch.put(space::table_key(DESCRIPTORS, table, &[]), "descriptor");
    batch
}

fn entry(table: TableId, payload: &str) -> LogEntry {
    LogEntry {
        table,
        at: UnixMillis(1),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        attachment: None,
    }
}

async fn record(shard: &Shard, table: TableId, payload: &str) {
    let written = shard.commit(row(table, payload), vec![entry(table, payload)]).await.unwrap();
    written.durable().await.unwrap();
}

async fn read(shard: &Shard, table: TableId, reader: &str) -> Vec<(u64, String)> {
    let records = shard.read_log(table, reader, usize::MAX).await.unwrap();
    let text = |payload: &Bytes| String::from_utf8(payload.to_vec()).unwrap();
    records.iter().map(|record| (record.sequence.0, text(&record.payload))).collect()
}

async fn count(shard: &Shard, space: u8, table: TableId) -> usize {
    let snapshot = shard.store().snapshot(Visibility::Durable).await.unwrap();
    let range = KeyRange::prefix(space::table_prefix(space, table).to_vec());
    let mut rows = snapshot.scan(range, Order::Ascending).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_write_that_was_refused_leaves_no_gap() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    record(&shard, TABLE, "one").await;
    store.fill(true);
    let entries = vec![entry(TABLE, "refused"), entry(TABLE, "refused, too")];
    let refused = shard.commit(row(TABLE, "refused"), entries).await.unwrap_err();
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    store.fill(false);
    record(&shard, TABLE, "two").await;
    assert_eq!(read(&shard, TABLE, "stream").await, [(1, "one".to_owned()), (2, "two".to_owned())]);
}

#[tokio::test]
async fn changes_are_recorded_while_the_table_has_a_reader() {
    let shard = shard_of(&MemoryStore::new()).await;
    record(&shard, TABLE, "before").await;
    assert!(!shard.has_reader(TABLE));
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    assert!(shard.has_reader(TABLE) && !shard.has_reader(OTHER));
    record(&shard, TABLE, "one").await;
    record(&shard, OTHER, "unread").await;
    record(&shard, TABLE, "two").await;
    assert_eq!(read(&shard, TABLE, "stream").await, [(1, "one".to_owned()), (2, "two".to_owned())]);
    assert_eq!(shard.read_log(TABLE, "stream", 1).await.unwrap().len(), 1);
    shard.unregister_reader(TABLE, "stream").await.unwrap();
    record(&shard, TABLE, "after").await;
    assert_eq!(count(&shard, CHANGE_LOG, TABLE).await, 0, "a log that nobody reads is removed");
    assert_eq!(count(&shard, CHANGE_LOG, OTHER).await, 0);
}

#[tokio::test]
async fn a_reader_sees_durable_records_only() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    record(&shard, TABLE, "one").await;
    store.hold();
    let written = shard.commit(row(TABLE, "two"), vec![entry(TABLE, "two")]).await.unwrap();
    assert_eq!(read(&shard, TABLE, "stream").await, [(1, "one".to_owned())]);
    store.release();
    written.durable().await.unwrap();
    assert_eq!(read(&shard, TABLE, "stream").await.len(), 2);
}

#[tokio::test]
async fn a_record_goes_when_all_readers_have_passed_it() {
    let shard = shard_of(&MemoryStore::new()).await;
    shard.register_reader(TABLE, "fast", LogStart::Now).await.unwrap();
    shard.register_reader(TABLE, "slow", LogStart::Now).await.unwrap();
    for payload in ["a", "b", "c", "d"] {
        record(&shard, TABLE, payload).await;
    }
    shard.advance(TABLE, "fast", LogSequence(4)).await.unwrap();
    assert_eq!(count(&shard, CHANGE_LOG, TABLE).await, 4);
    shard.advance(TABLE, "slow", LogSequence(3)).await.unwrap();
    assert_eq!(count(&shard, CHANGE_LOG, TABLE).await, 1);
    shard.advance(TABLE, "slow", LogSequence(1)).await.unwrap();
    assert_eq!(read(&shard, TABLE, "slow").await, [(4, "d".to_owned())], "a cursor never moves back");
    shard.register_reader(TABLE, "late", LogStart::Oldest).await.unwrap();
    assert_eq!(read(&shard, TABLE, "late").await, [(4, "d".to_owned())]);
    shard.unregister_reader(TABLE, "late").await.unwrap();
    shard.unregister_reader(TABLE, "slow").await.unwrap();
    assert_eq!(count(&shard, CHANGE_LOG, TABLE).await, 0, "the reader that was behind is gone");
    assert!(shard.has_reader(TABLE));
}

#[tokio::test]
async fn mistakes_of_readers_are_named() {
    let shard = shard_of(&MemoryStore::new()).await;
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    let unknown = shard.read_log(TABLE, "other", 1).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownReader { table: TABLE, .. }), "{unknown}");
    let beyond = shard.advance(TABLE, "stream", LogSequence(1)).await.unwrap_err();
    assert!(matches!(beyond, Error::BeyondLog { upto: 1, head: 0, .. }), "{beyond}");
    let unnamed = shard.register_reader(TABLE, "", LogStart::Now).await.unwrap_err();
    assert!(matches!(unnamed, Error::InvalidBatch { .. }), "{unnamed}");
}

#[tokio::test]
async fn sequences_go_on_after_a_restart() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    record(&shard, TABLE, "one").await;
    record(&shard, TABLE, "two").await;

    let store = store.reopened();
    let shard = shard_of(&store).await;
    assert!(shard.has_reader(TABLE));
    record(&shard, TABLE, "three").await;
    assert_eq!(read(&shard, TABLE, "stream").await.last(), Some(&(3, "three".to_owned())));
    shard.advance(TABLE, "stream", LogSequence(3)).await.unwrap();

    let store = store.reopened();
    let shard = shard_of(&store).await;
    record(&shard, TABLE, "four").await;
    assert_eq!(
        read(&shard, TABLE, "stream").await,
        [(4, "four".to_owned())],
        "an empty log has not forgotten"
    );
    shard.unregister_reader(TABLE, "stream").await.unwrap();

    let shard = shard_of(&store.reopened()).await;
    shard.register_reader(TABLE, "next", LogStart::Oldest).await.unwrap();
    record(&shard, TABLE, "five").await;
    assert_eq!(read(&shard, TABLE, "next").await, [(5, "five".to_owned())]);
}

#[tokio::test]
async fn what_was_passed_before_a_restart_is_discarded_after_it() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    for payload in ["a", "b", "c"] {
        record(&shard, TABLE, payload).await;
    }
    // The cursor moves, and the process ends before the store hears that this is durable.
    store.hold();
    let advanced = shard.commit_advancing(WriteBatch::new(), TABLE, "stream", LogSequence(2)).await.unwrap();
    store.release();
    advanced.durable().await.unwrap();
    assert_eq!(count(&shard, CHANGE_LOG, TABLE).await, 3);

    let shard = shard_of(&store.reopened()).await;
    assert_eq!(count(&shard, CHANGE_LOG, TABLE).await, 1);
    assert_eq!(read(&shard, TABLE, "stream").await, [(3, "c".to_owned())]);
}

#[tokio::test]
async fn a_cursor_moves_with_its_batch_or_not_at_all() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    shard.register_reader(TABLE, "index", LogStart::Now).await.unwrap();
    record(&shard, TABLE, "one").await;
    store.fill(true);
    let refused = shard.commit_advancing(row(TABLE, "made of one"), TABLE, "index", LogSequence(1)).await;
    assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
    assert_eq!(shard.cursor(TABLE, "index").unwrap(), LogSequence(0));
    store.fill(false);
    store.hold();
    let held =
        shard.commit_advancing(row(TABLE, "made of one"), TABLE, "index", LogSequence(1)).await.unwrap();
    assert!(!held.is_durable());

    let crashed = shard_of(&store.reopened()).await;
    assert_eq!(crashed.cursor(TABLE, "index").unwrap(), LogSequence(0));
    assert_eq!(read(&crashed, TABLE, "index").await.len(), 1, "the record is still there");
    assert_eq!(count(&crashed, TABLE_ROWS, TABLE).await, 1);
}

#[tokio::test]
async fn a_closed_reader_keeps_what_it_has_not_finished() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    shard.register_reader(TABLE, "old", LogStart::Now).await.unwrap();
    record(&shard, TABLE, "one").await;
    assert_eq!(shard.close_reader(TABLE, "old").await.unwrap(), LogSequence(1));
    assert!(!shard.has_reader(TABLE), "nobody wants what comes");
    record(&shard, TABLE, "unread").await;
    assert_eq!(shard.register_reader(TABLE, "new", LogStart::Now).await.unwrap(), LogSequence(1));
    record(&shard, TABLE, "two").await;

    let shard = shard_of(&store.reopened()).await;
    assert_eq!(shard.close_reader(TABLE, "old").await.unwrap(), LogSequence(1), "closed is closed");
    assert_eq!(read(&shard, TABLE, "old").await.len(), 2);
    shard.advance(TABLE, "new", LogSequence(2)).await.unwrap();
    assert_eq!(count(&shard, CHANGE_LOG, TABLE).await, 2, "the closed reader has not finished");
    shard.advance(TABLE, "old", LogSequence(1)).await.unwrap();
    assert_eq!(count(&shard, CHANGE_LOG, TABLE).await, 0);
    assert_eq!(shard.log_span(TABLE).unwrap().oldest, LogSequence(3));
}

#[tokio::test]
async fn records_are_found_by_their_time() {
    let shard = shard_of(&MemoryStore::new()).await;
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    for at in [10, 20, 15, 30] {
        let entry = LogEntry {
            table: TABLE,
            at: UnixMillis(at),
            payload: Bytes::from_static(b"x"),
            attachment: None,
        };
        shard.commit(WriteBatch::new(), vec![entry]).await.unwrap().durable().await.unwrap();
    }
    let records = shard.read_log(TABLE, "stream", 10).await.unwrap();
    let times: Vec<_> = records.iter().map(|record| record.at.0).collect();
    assert_eq!(times, [10, 20, 20, 30], "time never goes back");
    let span = shard.log_span(TABLE).unwrap();
    for (at, first) in [(0, 1), (10, 1), (11, 2), (20, 2), (21, 4), (30, 4), (31, 5)] {
        let found = shard.first_record_at(TABLE, span, UnixMillis(at)).await.unwrap();
        assert_eq!(found, LogSequence(first), "at {at}");
    }
}

#[tokio::test]
async fn followers_hear_of_new_records() {
    let shard = shard_of(&MemoryStore::new()).await;
    shard.register_reader(TABLE, "index", LogStart::Now).await.unwrap();
    record(&shard, TABLE, "one").await;
    let mut news = shard.watch_log(TABLE);
    assert_eq!(*news.borrow_and_update(), LogSequence(1));
    record(&shard, TABLE, "two").await;
    assert!(news.has_changed().unwrap());
    assert_eq!(*news.borrow_and_update(), LogSequence(2));
}

#[tokio::test]
async fn many_commits_at_once_keep_their_order_and_their_own_answers() {
    let shard = shard_of(&MemoryStore::new()).await;
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    shard.drop_table(OTHER).await.unwrap();
    let commits = (0..500).map(|number| {
        let (shard, name) = (&shard, number.to_string());
        async move {
            // Every fifth goes to a table that is gone, amid the others.
            let table = if number % 5 == 0 { OTHER } else { TABLE };
            shard.commit(row(table, &name), vec![entry(table, &name)]).await.is_ok()
        }
    });
    let answers = futures::future::join_all(commits).await;
    assert!(answers.iter().enumerate().all(|(number, done)| *done == (number % 5 != 0)));
    let read = read(&shard, TABLE, "stream").await;
    let recorded: HashSet<usize> = read.iter().map(|(_, payload)| payload.parse().unwrap()).collect();
    assert_eq!(recorded, (0..500).filter(|number| number % 5 != 0).collect());
    assert!(read.iter().map(|(sequence, _)| *sequence).eq(1..=400), "no gap, although some were refused");
    assert_eq!(count(&shard, TABLE_ROWS, TABLE).await, 400);
}

#[tokio::test]
async fn a_dropped_table_is_refused_and_swept() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    shard.register_reader(TABLE, "stream", LogStart::Now).await.unwrap();
    shard.commit(descriptor(TABLE), vec![]).await.unwrap().durable().await.unwrap();
    for payload in ["a", "b", "c"] {
        record(&shard, TABLE, payload).await;
        record(&shard, OTHER, payload).await;
    }
    shard.drop_table(TABLE).await.unwrap();
    shard.drop_table(TABLE).await.unwrap();
    assert!(!shard.has_reader(TABLE));
    assert_eq!(count(&shard, DESCRIPTORS, TABLE).await, 0);
    for refused in [
        shard.commit(row(TABLE, "d"), vec![]).await.map(drop),
        shard.commit(descriptor(TABLE), vec![]).await.map(drop),
        shard.commit(WriteBatch::new(), vec![entry(TABLE, "d")]).await.map(drop),
        shard.register_reader(TABLE, "stream", LogStart::Now).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::TableDropped { table: TABLE })), "{refused:?}");
    }

    let store = store.reopened();
    let shard = shard_of(&store).await;
    assert!(matches!(shard.commit(row(TABLE, "d"), vec![]).await, Err(Error::TableDropped { .. })));
    assert_eq!(shard.sweep(4).await.unwrap(), Swept { removed: 4, finished: false });
    assert_eq!(shard.sweep(4).await.unwrap(), Swept { removed: 2, finished: true });
    assert_eq!(shard.sweep(4).await.unwrap(), Swept { removed: 0, finished: true });
    for space in [TABLE_ROWS, CHANGE_LOG, LOG_READERS, DROPPED_TABLES] {
        assert_eq!(count(&shard, space, TABLE).await, 0, "space {space}");
    }
    assert_eq!(count(&shard, TABLE_ROWS, OTHER).await, 3);
    assert!(matches!(shard.commit(row(TABLE, "d"), vec![]).await, Err(Error::TableDropped { .. })));
}

#[tokio::test]
async fn a_sweep_removes_rows_that_became_durable_with_the_drop() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    store.hold();
    let written = shard.commit(row(TABLE, "a"), vec![]).await.unwrap();
    let sweep = async {
        while !shard.state.order().dropped.contains(&TABLE) {
            tokio::task::yield_now().await;
        }
        let release = async {
            tokio::task::yield_now().await;
            store.release();
        };
        tokio::join!(shard.sweep(10), release).0
    };
    let (dropped, swept) = tokio::join!(shard.drop_table(TABLE), sweep);
    dropped.unwrap();
    written.durable().await.unwrap();
    assert_eq!(swept.unwrap(), Swept { removed: 1, finished: true });
    let shard = shard_of(&store.reopened()).await;
    for space in [TABLE_ROWS, DROPPED_TABLES] {
        assert_eq!(count(&shard, space, TABLE).await, 0, "space {space}");
    }
}

#[tokio::test]
async fn a_sweep_goes_on_behind_what_it_removed() {
    let store = MemoryStore::new();
    let shard = shard_of(&store).await;
    for key in ["a", "b", "c"] {
        shard.commit(row(TABLE, key), vec![]).await.unwrap().durable().await.unwrap();
    }
    shard.drop_table(TABLE).await.unwrap();
    assert_eq!(shard.sweep(2).await.unwrap(), Swept { removed: 2, finished: false });
    // Nobody puts a row there again: one that is there all the same shows where the sweep looks.
    store.write(row(TABLE, "a")).await.unwrap().durable().await.unwrap();
    assert_eq!(shard.sweep(2).await.unwrap(), Swept { removed: 1, finished: true });
    assert_eq!(count(&shard, TABLE_ROWS, TABLE).await, 1);
}

#[tokio::test]
async fn unreadable_bookkeeping_is_an_error_and_not_a_panic() {
    for (key, value) in [
        (log::reader_key(TABLE, "stream"), &b"\x09whatever"[..]),
        (log::reader_key(TABLE, "stream"), &b"\x01short"[..]),
        (Bytes::from_static(b"\x03short"), &b"\x01\0\0\0\0\0\0\0\0"[..]),
        (space::table_key(LOG_READERS, TABLE, b"\xff\xfe"), &b"\x01\0\0\0\0\0\0\0\0"[..]),
        (dropped_key(TABLE), &b"\x02"[..]),
        (Bytes::from_static(b"\x04short"), &b"\x01"[..]),
    ] {
        let store = MemoryStore::new();
        let mut batch = WriteBatch::new();
        batch.put(key, value);
        store.write(batch).await.unwrap().durable().await.unwrap();
        let refused = Shard::open(Arc::new(store)).await.unwrap_err();
        assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    }
}

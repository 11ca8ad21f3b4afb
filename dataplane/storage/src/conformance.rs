//! What every [`ShardStore`] must do, as code.
//!
//! An implementation passes when [`all`] returns. The checks use what the trait offers, and a [`Subject`] through
//! which a check holds durability back or makes the log fail.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;

use crate::error::Error;
use crate::store::{KeyRange, Order, Rows, ShardStore, Snapshot, Visibility, WriteBatch, Written};

/// A new, empty store under examination, and control over its log.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn ShardStore>;
    /// From now on the log takes writes but does not make them durable.
    fn hold(&self);
    /// Ends [`hold`](Self::hold).
    fn release(&self);
    /// From now on every write to the log fails, those that are held back included.
    fn fail(&self);
    /// Ends the store as a crash would, and opens it again with a sound log.
    async fn crash(&self) -> Arc<dyn ShardStore>;
}

/// Runs every check, each on a subject of its own.
///
/// # Panics
/// When the store does not do what it must.
pub async fn all<F, S>(make: impl Fn() -> F)
where
    F: Future<Output = S>,
    S: Subject,
{
    rows_come_in_the_order_of_their_keys(&make().await).await;
    ranges_are_half_open(&make().await).await;
    snapshots_ignore_later_writes(&make().await).await;
    scans_outlive_their_snapshot(&make().await).await;
    the_later_change_of_a_key_counts(&make().await).await;
    unsynced_rows_are_applied_but_not_durable(&make().await).await;
    durable_snapshots_never_tear_a_batch(&make().await).await;
    acknowledged_writes_are_in_every_durable_view(&make().await).await;
    a_barrier_waits_for_all_that_was_applied(&make().await).await;
    an_empty_batch_is_durable_when_everything_before_is(&make().await).await;
    batches_that_cannot_be_stored_are_refused_whole(&make().await).await;
    a_failed_log_fails_every_waiting_and_later_call(&make().await).await;
    closing_makes_everything_durable(&make().await).await;
    a_closed_store_answers_nothing(&make().await).await;
    a_crash_keeps_what_was_acknowledged(&make().await).await;
}

fn put(rows: &[(&'static str, &'static str)]) -> WriteBatch {
    let mut batch = WriteBatch::new();
    for (key, value) in rows {
        batch.put(*key, *value);
    }
    batch
}

async fn apply(store: &dyn ShardStore, rows: &[(&'static str, &'static str)]) -> Written {
    store.write(put(rows)).await.expect("an open store takes a write")
}

async fn store_durably(store: &dyn ShardStore, rows: &[(&'static str, &'static str)]) {
    apply(store, rows).await.durable().await.expect("a sound log makes it durable");
}

async fn read(store: &dyn ShardStore, key: &str, visibility: Visibility) -> Option<Bytes> {
    store.get(key.as_bytes(), visibility).await.expect("an open store can be read")
}

async fn keys_of(mut rows: Box<dyn Rows>) -> Vec<String> {
    let mut keys = Vec::new();
    while let Some(row) = rows.next().await.expect("an open store can be scanned") {
        keys.push(String::from_utf8_lossy(&row.key).into_owned());
    }
    assert!(
        rows.next().await.expect("the end can be asked for again").is_none(),
        "the end of a scan is final"
    );
    keys
}

async fn scan(snapshot: &dyn Snapshot, range: KeyRange, order: Order) -> Vec<String> {
    keys_of(snapshot.scan(range, order).await.expect("an open store can be scanned")).await
}

async fn snapshot(store: &dyn ShardStore, visibility: Visibility) -> Box<dyn Snapshot> {
    store.snapshot(visibility).await.expect("an open store has snapshots")
}

async fn rows_come_in_the_order_of_their_keys(subject: &impl Subject) {
    let store = subject.store();
    store_durably(store.as_ref(), &[("b", "2"), ("a\u{0}", "1"), ("c", "3")]).await;
    store_durably(store.as_ref(), &[("ab", "4"), ("a", "0")]).await;
    let mut batch = WriteBatch::new();
    batch.delete("c");
    store.write(batch).await.expect("an open store takes a write").durable().await.expect("durable");
    let view = snapshot(store.as_ref(), Visibility::Durable).await;
    let mut expected = vec!["a", "a\0", "ab", "b"];
    assert_eq!(scan(view.as_ref(), KeyRange::all(), Order::Ascending).await, expected);
    expected.reverse();
    assert_eq!(scan(view.as_ref(), KeyRange::all(), Order::Descending).await, expected);
}

async fn ranges_are_half_open(subject: &impl Subject) {
    let store = subject.store();
    store_durably(store.as_ref(), &[("a", ""), ("b", ""), ("ba", ""), ("c", ""), ("d", "")]).await;
    let view = snapshot(store.as_ref(), Visibility::Durable).await;
    for (range, expected) in [
        (KeyRange::new("b", "c"), vec!["b", "ba"]),
        (KeyRange::new("b", "b"), vec![]),
        (KeyRange::new("c", "b"), vec![]),
        (KeyRange::prefix("b"), vec!["b", "ba"]),
        (KeyRange::starting_at("c"), vec!["c", "d"]),
        (KeyRange::new("", "b"), vec!["a"]),
        (KeyRange::prefix("b").after(b"b"), vec!["ba"]),
        (KeyRange::all().before(b"b"), vec!["a"]),
    ] {
        assert_eq!(scan(view.as_ref(), range.clone(), Order::Ascending).await, expected, "{range:?}");
        let mut reversed = scan(view.as_ref(), range.clone(), Order::Descending).await;
        reversed.reverse();
        assert_eq!(reversed, expected, "{range:?} backwards");
    }
}

async fn snapshots_ignore_later_writes(subject: &impl Subject) {
    let store = subject.store();
    store_durably(store.as_ref(), &[("a", "1"), ("b", "1")]).await;
    for visibility in [Visibility::Durable, Visibility::Applied] {
        store_durably(store.as_ref(), &[("a", "1"), ("b", "1")]).await;
        let view = snapshot(store.as_ref(), visibility).await;
        let mut batch = put(&[("a", "2"), ("c", "2")]);
        batch.delete("b");
        store.write(batch).await.expect("an open store takes a write").durable().await.expect("durable");
        assert_eq!(view.get(b"a").await.expect("read").as_deref(), Some(&b"1"[..]), "{visibility:?}");
        assert_eq!(
            scan(view.as_ref(), KeyRange::all(), Order::Ascending).await,
            ["a", "b"],
            "{visibility:?}"
        );
        assert_eq!(read(store.as_ref(), "a", visibility).await.as_deref(), Some(&b"2"[..]), "{visibility:?}");
        let mut undo = WriteBatch::new();
        undo.delete("c");
        store.write(undo).await.expect("an open store takes a write").durable().await.expect("durable");
    }
}

async fn scans_outlive_their_snapshot(subject: &impl Subject) {
    let store = subject.store();
    store_durably(store.as_ref(), &[("a", "1"), ("b", "1")]).await;
    let view = snapshot(store.as_ref(), Visibility::Durable).await;
    let rows = view.scan(KeyRange::all(), Order::Ascending).await.expect("scan");
    drop(view);
    store_durably(store.as_ref(), &[("a", "2"), ("c", "2")]).await;
    assert_eq!(keys_of(rows).await, ["a", "b"]);
}

async fn the_later_change_of_a_key_counts(subject: &impl Subject) {
    let store = subject.store();
    let mut batch = put(&[("a", "1"), ("b", "1"), ("a", "2")]);
    batch.delete("b");
    batch.delete("c");
    batch.put("c", "3");
    store.write(batch).await.expect("an open store takes a write").durable().await.expect("durable");
    assert_eq!(read(store.as_ref(), "a", Visibility::Durable).await.as_deref(), Some(&b"2"[..]));
    assert_eq!(read(store.as_ref(), "b", Visibility::Durable).await, None);
    assert_eq!(read(store.as_ref(), "c", Visibility::Durable).await.as_deref(), Some(&b"3"[..]));
}

async fn unsynced_rows_are_applied_but_not_durable(subject: &impl Subject) {
    let store = subject.store();
    store_durably(store.as_ref(), &[("a", "1"), ("gone", "1")]).await;
    subject.hold();
    let mut batch = put(&[("a", "2"), ("b", "2")]);
    batch.delete("gone");
    let mut written = Box::pin(store.write(batch).await.expect("a held log takes a write").durable());
    assert!((&mut written).now_or_never().is_none(), "a write is not durable while its log is held back");
    assert_eq!(read(store.as_ref(), "a", Visibility::Applied).await.as_deref(), Some(&b"2"[..]));
    assert_eq!(read(store.as_ref(), "a", Visibility::Durable).await.as_deref(), Some(&b"1"[..]));
    let applied = snapshot(store.as_ref(), Visibility::Applied).await;
    assert_eq!(scan(applied.as_ref(), KeyRange::all(), Order::Ascending).await, ["a", "b"]);
    // A durable snapshot may wait for what is held back, but it may not show it.
    let mut durable = store.snapshot(Visibility::Durable);
    let early = (&mut durable).now_or_never().map(|view| view.expect("an open store has snapshots"));
    if let Some(view) = &early {
        assert_eq!(scan(view.as_ref(), KeyRange::all(), Order::Descending).await, ["gone", "a"]);
    }
    subject.release();
    written.await.expect("released");
    assert_eq!(read(store.as_ref(), "a", Visibility::Durable).await.as_deref(), Some(&b"2"[..]));
    let (view, keys, value) = match early {
        // A snapshot stays what it was when its successor becomes durable.
        Some(view) => (view, ["a", "gone"], b"1"),
        None => (durable.await.expect("an open store has snapshots"), ["a", "b"], b"2"),
    };
    assert_eq!(scan(view.as_ref(), KeyRange::all(), Order::Ascending).await, keys);
    assert_eq!(view.get(b"a").await.expect("read").as_deref(), Some(&value[..]));
}

/// How many batches the checks under load write.
const BATCHES: u32 = 200;

async fn durable_snapshots_never_tear_a_batch(subject: &impl Subject) {
    let store = subject.store();
    let writer = async {
        for number in 0..BATCHES {
            let mut batch = WriteBatch::new();
            for key in ["a", "m", "z"] {
                batch.put(key, number.to_be_bytes().to_vec());
            }
            let written = store.write(batch).await.expect("an open store takes a write");
            if number % 8 == 0 {
                written.durable().await.expect("durable");
            }
        }
        store.barrier().await.expect("a sound log");
    };
    let reader = async {
        let mut last = None;
        while last.as_deref() != Some(&(BATCHES - 1).to_be_bytes()[..]) {
            let view = snapshot(store.as_ref(), Visibility::Durable).await;
            let first = view.get(b"z").await.expect("read");
            let mut rows = view.scan(KeyRange::all(), Order::Ascending).await.expect("scan");
            while let Some(row) = rows.next().await.expect("scan") {
                assert_eq!(Some(&row.value), first.as_ref(), "a batch is seen whole");
            }
            assert!(first >= last, "time does not run backwards");
            last = first;
            tokio::task::yield_now().await;
        }
    };
    futures::join!(writer, reader);
}

async fn acknowledged_writes_are_in_every_durable_view(subject: &impl Subject) {
    let store = subject.store();
    let writers = (0..8u32).map(|writer| {
        let store = Arc::clone(&store);
        async move {
            let key = writer.to_be_bytes().to_vec();
            for number in 0..BATCHES / 8 {
                let value = Bytes::copy_from_slice(&number.to_be_bytes());
                let mut batch = WriteBatch::new();
                batch.put(key.clone(), value.clone());
                store
                    .write(batch)
                    .await
                    .expect("an open store takes a write")
                    .durable()
                    .await
                    .expect("durable");
                let view = snapshot(store.as_ref(), Visibility::Durable).await;
                assert_eq!(view.get(&key).await.expect("read"), Some(value.clone()));
                assert_eq!(store.get(&key, Visibility::Durable).await.expect("read"), Some(value));
            }
        }
    });
    futures::future::join_all(writers).await;
}

async fn a_barrier_waits_for_all_that_was_applied(subject: &impl Subject) {
    let store = subject.store();
    store.barrier().await.expect("nothing to wait for");
    subject.hold();
    drop(apply(store.as_ref(), &[("a", "1")]).await);
    let mut barrier = store.barrier();
    assert!((&mut barrier).now_or_never().is_none(), "the barrier waits for a write that nobody waits for");
    assert_eq!(read(store.as_ref(), "a", Visibility::Durable).await, None);
    subject.release();
    barrier.await.expect("released");
    assert!(read(store.as_ref(), "a", Visibility::Durable).await.is_some());
}

async fn an_empty_batch_is_durable_when_everything_before_is(subject: &impl Subject) {
    let store = subject.store();
    store.write(WriteBatch::new()).await.expect("empty").durable().await.expect("nothing to wait for");
    subject.hold();
    drop(apply(store.as_ref(), &[("a", "1")]).await);
    let mut empty = Box::pin(store.write(WriteBatch::new()).await.expect("empty").durable());
    assert!((&mut empty).now_or_never().is_none(), "an empty batch stands behind what was applied before");
    subject.release();
    empty.await.expect("released");
    assert!(read(store.as_ref(), "a", Visibility::Durable).await.is_some());
}

async fn batches_that_cannot_be_stored_are_refused_whole(subject: &impl Subject) {
    let store = subject.store();
    let mut batch = put(&[("a", "1")]);
    batch.put(vec![0; crate::store::KEY_BYTES_MAX + 1], "");
    let refused = store.write(batch).await.expect_err("the key is too long");
    assert!(matches!(refused, Error::InvalidBatch { .. }) && !refused.fatal(), "{refused}");
    assert_eq!(read(store.as_ref(), "a", Visibility::Applied).await, None);
    store_durably(store.as_ref(), &[("a", "2")]).await;
}

async fn a_failed_log_fails_every_waiting_and_later_call(subject: &impl Subject) {
    let store = subject.store();
    store_durably(store.as_ref(), &[("a", "1")]).await;
    subject.hold();
    let first = apply(store.as_ref(), &[("b", "1")]).await;
    let second = apply(store.as_ref(), &[("c", "1")]).await;
    let barrier = store.barrier();
    subject.fail();
    let (first, second, barrier) = futures::join!(first.durable(), second.durable(), barrier);
    for failed in [first, second, barrier] {
        let error = failed.expect_err("a write is not acknowledged when its log failed");
        assert!(error.outcome_unknown() && error.fatal() && error.retryable(), "{error}");
    }
    subject.release();
    let write = store.write(put(&[("d", "1")])).await.expect_err("a failed store takes nothing");
    let read = store.get(b"a", Visibility::Durable).await.expect_err("a failed store tells nothing");
    let applied = store.get(b"a", Visibility::Applied).await.expect_err("a failed store tells nothing");
    let snapshot = store.snapshot(Visibility::Durable).await.err().expect("a failed store has no snapshots");
    let barrier = store.barrier().await.expect_err("a failed store promises nothing");
    let close = store.close().await.expect_err("closing does not hide the failure");
    let ended = store.ended().await;
    for error in [write, read, applied, snapshot, barrier, close, ended] {
        assert!(error.fatal() && !matches!(error, Error::Closed), "{error}");
    }
}

async fn closing_makes_everything_durable(subject: &impl Subject) {
    let store = subject.store();
    let written = apply(store.as_ref(), &[("a", "1")]).await;
    drop(apply(store.as_ref(), &[("b", "1")]).await);
    store.close().await.expect("close");
    written.durable().await.expect("a write from before the close is acknowledged");
    let store = subject.crash().await;
    assert!(read(store.as_ref(), "a", Visibility::Durable).await.is_some());
    assert!(read(store.as_ref(), "b", Visibility::Durable).await.is_some());
}

async fn a_closed_store_answers_nothing(subject: &impl Subject) {
    let store = subject.store();
    store_durably(store.as_ref(), &[("a", "1")]).await;
    assert!(store.ended().now_or_never().is_none(), "an open store has not ended");
    let (one, other, ended) = futures::join!(store.close(), store.close(), store.ended());
    one.and(other).expect("closing twice is closing once");
    assert!(matches!(ended, Error::Closed), "{ended}");
    store.close().await.expect("closing again does nothing");
    let write = store.write(put(&[("d", "1")])).await.expect_err("closed");
    let empty = store.write(WriteBatch::new()).await.expect_err("closed");
    let read = store.get(b"a", Visibility::Durable).await.expect_err("closed");
    let snapshot = store.snapshot(Visibility::Applied).await.err().expect("closed");
    let barrier = store.barrier().await.expect_err("closed");
    for error in [write, empty, read, snapshot, barrier] {
        assert!(matches!(error, Error::Closed), "{error}");
    }
}

async fn a_crash_keeps_what_was_acknowledged(subject: &impl Subject) {
    let store = subject.store();
    store_durably(store.as_ref(), &[("a", "1"), ("b", "1")]).await;
    let mut batch = put(&[("a", "2")]);
    batch.delete("b");
    store.write(batch).await.expect("an open store takes a write").durable().await.expect("durable");
    subject.hold();
    let unsynced = apply(store.as_ref(), &[("a", "3"), ("c", "3")]).await;
    drop(store);
    let store = subject.crash().await;
    let view = snapshot(store.as_ref(), Visibility::Durable).await;
    assert_eq!(scan(view.as_ref(), KeyRange::all(), Order::Ascending).await, ["a"]);
    assert_eq!(view.get(b"a").await.expect("read").as_deref(), Some(&b"2"[..]));
    assert_eq!(read(store.as_ref(), "a", Visibility::Applied).await.as_deref(), Some(&b"2"[..]));
    assert!(unsynced.durable().await.is_err(), "what the crash took is never acknowledged");
    store_durably(store.as_ref(), &[("a", "4")]).await;
    assert_eq!(read(store.as_ref(), "a", Visibility::Durable).await.as_deref(), Some(&b"4"[..]));
}

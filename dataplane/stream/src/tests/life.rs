//! How streams begin and end, and what time and crashes do to them.

use std::time::Duration;

use partita_model::descriptor::StreamView;
use partita_protocol::OperationName;
use partita_storage::{KeyRange, Order, Visibility, space};
use serde_json::json;

use super::support::{LABEL, START, Worker, World, arn, change, iterator_request, stream, text};
use crate::StreamOptions;

const NEWER: &str = "2026-10-09T00:00:00.000";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Shards that end after two records, and never before.
fn short() -> StreamOptions {
    StreamOptions { shard_records_max: 2, shard_age_max: Duration::MAX, ..StreamOptions::default() }
}

fn all_images(enabled: bool) -> Option<partita_model::descriptor::StreamSettings> {
    Some(stream(LABEL, StreamView::NewAndOldImages, enabled))
}

#[tokio::test]
async fn a_stream_has_what_was_written_while_it_was_enabled() {
    let mut world = World::with(StreamOptions::default(), None).await;
    world.put("a", "before").await;
    world.apply(all_images(true)).await;
    world.put("a", "1").await;
    world.put("b", "2").await;
    world.apply(all_images(false)).await;
    world.put("a", "after").await;
    assert_eq!(world.describe(LABEL).await["StreamStatus"], "DISABLED");
    let shard = world.shards(LABEL).await.remove(0);
    assert_eq!(world.changes(LABEL, &shard).await, ["a=1", "b=2"]);

    world.apply(Some(stream(NEWER, StreamView::KeysOnly, true))).await;
    world.put("a", "3").await;
    assert_eq!(world.changes(LABEL, &shard).await, ["a=1", "b=2"], "the old stream has ended");
    let shard = world.shards(NEWER).await.remove(0);
    assert_eq!(world.changes(NEWER, &shard).await, ["a="], "the new one has keys only");
    assert_eq!(world.describe(LABEL).await["StreamViewType"], "NEW_AND_OLD_IMAGES");
}

#[tokio::test]
async fn a_stream_that_is_replaced_ends() {
    let mut world = World::streaming().await;
    world.put("a", "1").await;
    world.apply(Some(stream(NEWER, StreamView::NewImage, true))).await;
    world.put("a", "2").await;
    for (label, status, expected) in [(LABEL, "DISABLED", "a=1"), (NEWER, "ENABLED", "a=2")] {
        assert_eq!(world.describe(label).await["StreamStatus"], status);
        let shard = world.shards(label).await.remove(0);
        assert_eq!(world.changes(label, &shard).await, [expected]);
    }
    let description = world.describe(LABEL).await;
    let range = &description["Shards"][0]["SequenceNumberRange"];
    assert_eq!(range["StartingSequenceNumber"], range["EndingSequenceNumber"]);
}

#[tokio::test]
async fn views_show_what_they_say() {
    for (view, new, old) in [
        (StreamView::KeysOnly, false, false),
        (StreamView::NewImage, true, false),
        (StreamView::OldImage, false, true),
        (StreamView::NewAndOldImages, true, true),
    ] {
        let world = World::with(StreamOptions::default(), Some(stream(LABEL, view, true))).await;
        world.put("a", "1").await;
        world.put("a", "2").await;
        let shard = world.shards(LABEL).await.remove(0);
        let iterator = world.iterator(LABEL, &shard, "TRIM_HORIZON", json!({})).await;
        let modify = world.records(&iterator).await.0.remove(1);
        let change = &modify["dynamodb"];
        assert_eq!(
            (change.get("NewImage").is_some(), change.get("OldImage").is_some()),
            (new, old),
            "{view:?}"
        );
        assert_eq!(change["SizeBytes"], 2 + 4 * (u64::from(new) + u64::from(old)), "{view:?}");
    }
}

#[tokio::test]
async fn everything_is_as_before_after_a_crash() {
    let mut world = World::with(short(), all_images(true)).await;
    for value in ["1", "2", "3", "4", "5"] {
        world.put("a", value).await;
        world.streams.tend().await.unwrap();
    }
    let before = world.describe(LABEL).await;
    let last = world.shards(LABEL).await.remove(2);
    let iterator = world.iterator(LABEL, &last, "TRIM_HORIZON", json!({})).await;
    let (records, next) = world.records(&iterator).await;
    world.crash().await;
    assert_eq!(world.describe(LABEL).await, before);
    assert_eq!(world.records(&iterator).await.0, records, "the same records, with the same ids");
    world.put("a", "6").await;
    assert_eq!(world.records(&next.unwrap()).await.0.iter().map(change).collect::<Vec<_>>(), ["a=6"]);
}

#[tokio::test]
async fn a_write_that_is_not_durable_is_in_no_answer() {
    let mut world = World::streaming().await;
    world.put("a", "1").await;
    let shard = world.shards(LABEL).await.remove(0);
    world.store.hold();
    let (engine, streams) = (world.engine.clone(), world.streams.clone());
    let item = json!({ "TableName": "music", "Item": { "p": { "S": "b" }, "v": { "S": "2" } } });
    let put = tokio::spawn(async move {
        super::support::call(&engine, &streams, OperationName::PutItem, item).await.map(drop)
    });
    while world.engine.shard().log_span(partita_model::TableId(1)).unwrap().newest.0 < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.changes(LABEL, &shard).await, ["a=1"]);
    // The second record is not there yet, so that it is still to come for whoever begins now.
    let latest = world.iterator(LABEL, &shard, "LATEST", json!({})).await;
    let now = json!({ "Timestamp": START.0 / 1000 });
    let at_time = world.iterator(LABEL, &shard, "AT_TIMESTAMP", now).await;
    put.abort();
    world.crash().await;
    world.put("c", "3").await;
    for (iterator, expected) in [(latest, &["c=3"][..]), (at_time, &["a=1", "c=3"])] {
        assert_eq!(world.records(&iterator).await.0.iter().map(change).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn nobody_reads_beyond_an_end_that_is_about_to_be() {
    let world = World::with(short(), all_images(true)).await;
    world.put("a", "1").await;
    world.put("a", "2").await;
    let shard = world.shards(LABEL).await.remove(0);
    world.store.hold();
    let streams = world.streams.clone();
    let tending = tokio::spawn(async move { streams.tend().await });
    let mut iterator = world.iterator(LABEL, &shard, "TRIM_HORIZON", json!({})).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
        let (_, next) = world.records(&iterator).await;
        iterator = next.expect("an end that is not durable is not told");
        assert_eq!(world.shards(LABEL).await, [shard.as_str()]);
    }
    let (engine, streams) = (world.engine.clone(), world.streams.clone());
    let item = json!({ "TableName": "music", "Item": { "p": { "S": "a" }, "v": { "S": "3" } } });
    let put = tokio::spawn(async move {
        super::support::call(&engine, &streams, OperationName::PutItem, item).await.map(drop)
    });
    while world.engine.shard().log_span(partita_model::TableId(1)).unwrap().newest.0 < 3 {
        tokio::task::yield_now().await;
    }
    world.store.release();
    // Both the end and the record behind it are durable, but who tends the streams has not heard of it.
    let (records, next) = world.records(&iterator).await;
    assert_eq!(records.len(), 0, "the third record is the child's");
    iterator = next.expect("an end that is not known to be durable is not told");
    put.await.unwrap().unwrap();
    tending.await.unwrap().unwrap();
    let (records, next) = world.records(&iterator).await;
    assert_eq!((records.len(), next), (0, None));
    let child = world.shards(LABEL).await.remove(1);
    assert_eq!(world.changes(LABEL, &child).await, ["a=3"]);
}

#[tokio::test]
async fn a_shard_with_records_ends_in_time_and_an_empty_one_does_not() {
    let world = World::streaming().await;
    world.clock.advance(5 * HOUR);
    world.streams.tend().await.unwrap();
    assert_eq!(world.shards(LABEL).await.len(), 1);
    world.put("a", "1").await;
    world.streams.tend().await.unwrap();
    assert_eq!(world.shards(LABEL).await.len(), 2);
    world.put("a", "2").await;
    world.clock.advance(3 * HOUR);
    world.streams.tend().await.unwrap();
    assert_eq!(world.shards(LABEL).await.len(), 2);
    world.clock.advance(HOUR);
    world.streams.tend().await.unwrap();
    assert_eq!(world.shards(LABEL).await.len(), 3);
}

#[tokio::test]
async fn records_and_shards_go_when_they_are_too_old() {
    let mut world = World::with(short(), all_images(true)).await;
    for value in ["1", "2", "3", "4", "5"] {
        world.put("a", value).await;
        world.streams.tend().await.unwrap();
        world.clock.advance(HOUR);
    }
    let ids = world.shards(LABEL).await;
    assert_eq!(ids.len(), 3);
    let first = world.iterator(LABEL, &ids[0], "TRIM_HORIZON", json!({})).await;
    let (records, _) = world.records(&first).await;
    let numbers: Vec<_> = records.iter().map(|record| text(&record["dynamodb"]["SequenceNumber"])).collect();

    // Five hours have passed; in twenty more, the first two records are too old.
    world.clock.advance(20 * HOUR + Duration::from_secs(1));
    world.streams.tend().await.unwrap();
    let check = async |world: &World| {
        assert_eq!(world.shards(LABEL).await, ids[1..]);
        assert_eq!(world.describe(LABEL).await["Shards"][0]["ParentShardId"], ids[0].as_str());
        assert_eq!(world.changes(LABEL, &ids[1]).await, ["a=3", "a=4"]);
    };
    check(&world).await;
    world.crash().await;
    check(&world).await;
    let body = iterator_request(LABEL, &ids[0], "TRIM_HORIZON", json!({}));
    assert_eq!(world.refused(OperationName::GetShardIterator, body).await.0, "ResourceNotFoundException");

    world.clock.advance(HOUR);
    world.streams.tend().await.unwrap();
    assert_eq!(world.changes(LABEL, &ids[1]).await, ["a=4"], "half a shard");
    let third = (text(&json!(numbers[1])).parse::<u128>().unwrap() + 1).to_string();
    for kind in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
        let body = iterator_request(LABEL, &ids[1], kind, json!({ "SequenceNumber": third }));
        match kind {
            "AT_SEQUENCE_NUMBER" => {
                let (name, _) = world.refused(OperationName::GetShardIterator, body).await;
                assert_eq!(name, "TrimmedDataAccessException");
            }
            _ => drop(world.ok(OperationName::GetShardIterator, body).await),
        }
    }
    let mut worker = Worker::default();
    // The oldest shard's parent is gone, which a worker takes for read.
    worker.forget_parent(&ids[0]);
    for _ in 0..4 {
        worker.step(&world, LABEL).await;
    }
    assert_eq!(worker.read.iter().map(change).collect::<Vec<_>>(), ["a=4", "a=5"]);
}

#[tokio::test]
async fn a_reader_that_is_too_late_is_told() {
    let world = World::streaming().await;
    world.put("a", "1").await;
    world.put("a", "2").await;
    let shard = world.shards(LABEL).await.remove(0);
    world.clock.advance(24 * HOUR - Duration::from_secs(60));
    let oldest = world.iterator(LABEL, &shard, "TRIM_HORIZON", json!({})).await;
    let body = json!({ "ShardIterator": oldest, "Limit": 1 });
    let second = text(&world.ok(OperationName::GetRecords, body).await["NextShardIterator"]);
    world.put("a", "3").await;
    world.clock.advance(Duration::from_secs(61));
    world.streams.tend().await.unwrap();
    let (name, _) = world.refused(OperationName::GetRecords, json!({ "ShardIterator": second })).await;
    assert_eq!(name, "TrimmedDataAccessException");
    let (records, _) = world.records(&oldest).await;
    assert_eq!(records.iter().map(change).collect::<Vec<_>>(), ["a=3"], "the horizon moves with time");
}

#[tokio::test]
async fn a_stream_that_has_ended_can_be_read_for_a_day() {
    let mut world = World::streaming().await;
    world.put("a", "1").await;
    world.clock.advance(HOUR);
    world.apply(all_images(false)).await;
    world.streams.tend().await.unwrap();
    world.clock.advance(24 * HOUR - Duration::from_secs(1));
    world.streams.tend().await.unwrap();
    world.crash().await;
    assert_eq!(world.describe(LABEL).await["StreamStatus"], "DISABLED");
    world.clock.advance(Duration::from_secs(1));
    world.streams.tend().await.unwrap();
    let body = json!({ "StreamArn": arn("music", LABEL) });
    assert_eq!(world.refused(OperationName::DescribeStream, body).await.0, "ResourceNotFoundException");
    assert_eq!(world.ok(OperationName::ListStreams, json!({})).await["Streams"], json!([]));
    let shard = world.engine.shard();
    assert!(shard.log_readers(partita_model::TableId(1)).is_empty());
    let snapshot = shard.store().snapshot(Visibility::Durable).await.unwrap();
    let mut rows = snapshot.scan(KeyRange::prefix(vec![space::STREAMS]), Order::Ascending).await.unwrap();
    assert!(rows.next().await.unwrap().is_none(), "nothing is left of it");
    drop(rows);
    world.put("a", "2").await;
    world.crash().await;
    world.put("a", "3").await;
}

#[tokio::test]
async fn a_table_takes_its_streams_with_it() {
    let world = World::with(short(), all_images(true)).await;
    world.put("a", "1").await;
    world.put("a", "2").await;
    world.streams.tend().await.unwrap();
    world.engine.drop_table(partita_model::TableId(1)).await.unwrap();
    world.streams.tend().await.unwrap();
    let body = json!({ "StreamArn": arn("music", LABEL) });
    assert_eq!(world.refused(OperationName::DescribeStream, body).await.0, "ResourceNotFoundException");
    while !world.engine.shard().sweep(100).await.unwrap().finished {}
    let snapshot = world.engine.shard().store().snapshot(Visibility::Durable).await.unwrap();
    let mut rows = snapshot.scan(KeyRange::prefix(vec![space::STREAMS]), Order::Ascending).await.unwrap();
    assert!(rows.next().await.unwrap().is_none(), "the row of its shards goes with the table's rows");
}

#[tokio::test]
async fn a_crash_between_a_descriptor_and_its_readers_is_made_good() {
    let mut world = World::streaming().await;
    world.put("a", "1").await;
    // As it is found when the old stream's end was lost: the reader is open, the descriptor says otherwise.
    let reader = partita_table::StreamReader { label: NEWER.to_owned(), view: StreamView::KeysOnly };
    let shard = world.engine.shard();
    let table = partita_model::TableId(1);
    shard.register_reader(table, &reader.name(), partita_storage::LogStart::Now).await.unwrap();
    world.crash().await;
    assert_eq!(world.describe(NEWER).await["StreamStatus"], "DISABLED");
    assert_eq!(world.describe(LABEL).await["StreamStatus"], "ENABLED");
}

/// The reader was there and the descriptor was not: the next opening closed it, and the descriptor comes again.
#[tokio::test]
async fn a_stream_whose_beginning_was_cut_off_begins_with_the_next_attempt() {
    let mut world = World::with(StreamOptions::default(), None).await;
    let reader = partita_table::StreamReader { label: LABEL.to_owned(), view: StreamView::NewAndOldImages };
    let table = partita_model::TableId(1);
    let (shard, from) = (world.engine.shard(), partita_storage::LogStart::Now);
    shard.register_reader(table, &reader.name(), from).await.unwrap();
    world.put("a", "never told").await;
    world.crash().await;
    world.streams.tend().await.unwrap();
    assert_eq!(world.describe(LABEL).await["StreamStatus"], "DISABLED");

    world.apply(all_images(true)).await;
    world.put("a", "1").await;
    world.streams.tend().await.unwrap();
    let shard = world.shards(LABEL).await.remove(0);
    assert_eq!(world.describe(LABEL).await["StreamStatus"], "ENABLED");
    assert_eq!(world.changes(LABEL, &shard).await, ["a=1"]);

    // It ends when it is disabled, and is forgotten no earlier than others.
    world.clock.advance(StreamOptions::default().retention / 2);
    world.apply(all_images(false)).await;
    world.streams.tend().await.unwrap();
    world.clock.advance(StreamOptions::default().retention / 2 + HOUR);
    world.streams.tend().await.unwrap();
    assert_eq!(world.describe(LABEL).await["StreamStatus"], "DISABLED");
}

//! The readers of streams, as descriptors come and go.

use partita_model::TableDescriptor;
use partita_model::descriptor::{Generation, StreamSettings, StreamView};
use partita_protocol::OperationName;
use partita_storage::{LogReader, LogSequence, Visibility};
use serde_json::{Value, json};

use super::support::{World, simple, with_global_index};
use crate::{ChangeError, ChangeRecord};

const LABEL: &str = "2026-10-08T23:20:48.000";

fn streaming(generation: u64, label: &str, enabled: bool) -> TableDescriptor {
    let stream = StreamSettings { label: label.to_owned(), view: StreamView::NewImage, enabled };
    TableDescriptor { generation: Generation(generation), stream: Some(stream), ..simple() }
}

/// The table's readers: label, cursor, end.
fn readers(world: &World) -> Vec<(String, u64, Option<u64>)> {
    let readers = world.engine.shard().log_readers(simple().id).into_iter();
    let shown = |LogReader { name, cursor: LogSequence(cursor), closed_at }| {
        (name, cursor, closed_at.map(|LogSequence(at)| at))
    };
    readers.map(shown).collect()
}

async fn put(world: &World, value: &str) {
    let item = json!({ "p": { "S": "a" }, "v": { "S": value } });
    world.ok(OperationName::PutItem, json!({ "TableName": "simple", "Item": item })).await;
}

#[tokio::test]
async fn a_stream_reads_from_when_it_was_enabled_to_when_it_was_not() {
    let world = World::with([simple()]).await;
    put(&world, "1").await;
    assert_eq!(readers(&world), []);
    world.engine.apply(streaming(2, LABEL, true)).await.unwrap();
    let name = format!("stream:{LABEL}:NEW_IMAGE");
    assert_eq!(readers(&world), [(name.clone(), 0, None)]);
    put(&world, "2").await;
    world.engine.apply(streaming(3, LABEL, true)).await.unwrap();
    assert_eq!(readers(&world), [(name.clone(), 0, None)], "nothing begins anew");
    put(&world, "3").await;
    world.engine.apply(streaming(4, LABEL, false)).await.unwrap();
    put(&world, "4").await;
    assert_eq!(readers(&world), [(name.clone(), 0, Some(2))]);

    let newer = "2026-10-09T00:00:00.000";
    world.engine.apply(streaming(5, newer, true)).await.unwrap();
    let expected = [(name, 0, Some(2)), (format!("stream:{newer}:NEW_IMAGE"), 2, None)];
    assert_eq!(readers(&world), expected);
    assert_eq!(readers(&world.crashed().await), expected);
}

#[tokio::test]
async fn a_table_is_made_with_its_stream() {
    let world = World::with([streaming(1, LABEL, true)]).await;
    assert_eq!(readers(&world).len(), 1);
    world.engine.drop_table(simple().id).await.unwrap();
    assert_eq!(readers(&world), []);
}

/// The order of the two writes: the reader is there before anybody can learn that the stream is enabled.
#[tokio::test]
async fn a_crash_while_a_descriptor_is_applied_leaves_a_reader_too_many_and_never_one_too_few() {
    let world = World::with([simple()]).await;
    world.store.fill(true);
    assert!(world.engine.apply(streaming(2, LABEL, true)).await.is_err());
    assert_eq!(readers(&world), [], "nothing was told, nothing is there");
    world.store.fill(false);
    world.engine.apply(streaming(2, LABEL, true)).await.unwrap();
    assert_eq!(readers(&world.crashed().await).len(), 1);
}

/// The last record of the log: whether it has images. `None` before the first.
async fn last(world: &World, log: &mut u64) -> Option<bool> {
    let shard = world.engine.shard();
    let records =
        shard.read_log_after(simple().id, LogSequence(*log), 10, Visibility::Applied).await.unwrap();
    let [record] = records.as_slice() else { return None };
    *log = record.sequence.0;
    match ChangeRecord::decode(&record.payload) {
        Ok(_) => Some(true),
        Err(ChangeError::EntriesOnly) => Some(false),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn records_say_what_their_readers_need_and_no_more() {
    let world = World::with([with_global_index()]).await;
    let put = |value: Value| {
        let (world, item) =
            (&world, json!({ "p": { "S": "a" }, "g": { "S": "g" }, "h": { "N": "1" }, "v": value }));
        async move { world.ok(OperationName::PutItem, json!({ "TableName": "simple", "Item": item })).await }
    };
    let streaming = |generation, enabled| TableDescriptor {
        generation: Generation(generation),
        stream: streaming(generation, LABEL, enabled).stream,
        ..with_global_index()
    };
    let mut log = 0;
    put(json!({ "N": "1" })).await;
    assert_eq!(last(&world, &mut log).await, Some(false));
    world.ok(OperationName::PutItem, json!({ "TableName": "simple", "Item": { "p": { "S": "b" } } })).await;
    assert_eq!(last(&world, &mut log).await, None, "no index holds it");
    world.engine.apply(streaming(2, true)).await.unwrap();
    put(json!({ "N": "2" })).await;
    assert_eq!(last(&world, &mut log).await, Some(true));
    let crashed = world.crashed().await;
    crashed
        .ok(OperationName::DeleteItem, json!({ "TableName": "simple", "Key": { "p": { "S": "b" } } }))
        .await;
    assert_eq!(last(&crashed, &mut log).await, Some(true), "the stream is found again");
    log = 2;
    world.engine.apply(streaming(3, false)).await.unwrap();
    put(json!({ "N": "3" })).await;
    assert_eq!(last(&world, &mut log).await, Some(false));
}

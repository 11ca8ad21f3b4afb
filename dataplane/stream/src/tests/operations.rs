//! What each operation answers.

use std::time::Duration;

use partita_model::descriptor::StreamView;
use partita_protocol::OperationName;
use serde_json::{Value, json};

use super::support::{LABEL, START, World, arn, change, iterator_request, stream, table, text};
use crate::StreamOptions;

/// The number of a position.
fn number(position: u64) -> String {
    (100_000_000_000_000_000_000 + u128::from(position)).to_string()
}

/// A world whose shards end after two records, with seven of those in four shards.
async fn rolled() -> World {
    let options = StreamOptions { shard_records_max: 2, ..StreamOptions::default() };
    let world = World::with(options, Some(stream(LABEL, StreamView::NewAndOldImages, true))).await;
    for value in 1..=7 {
        world.put("a", &value.to_string()).await;
        world.streams.tend().await.unwrap();
    }
    world
}

#[tokio::test]
async fn a_new_stream_has_one_open_shard() {
    let world = World::streaming().await;
    let description = world.describe(LABEL).await;
    let shard = text(&description["Shards"][0]["ShardId"]);
    assert!(shard.starts_with("shardId-00000001791501648000-") && shard.len() == 37, "{shard}");
    let expected = json!({
        "StreamArn": arn("music", LABEL),
        "StreamLabel": LABEL,
        "StreamStatus": "ENABLED",
        "StreamViewType": "NEW_AND_OLD_IMAGES",
        "CreationRequestDateTime": 1_791_501_648.0,
        "TableName": "music",
        "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }],
        "Shards": [{ "ShardId": shard, "SequenceNumberRange": { "StartingSequenceNumber": number(1) } }],
    });
    assert_eq!(description, expected);
}

#[tokio::test]
async fn records_are_as_the_service_shows_them() {
    let world = World::streaming().await;
    world.put("a", "1").await;
    world.clock.advance(Duration::from_millis(1_999));
    world.put("a", "22").await;
    world.put("a", "22").await;
    world.delete("a").await;
    world.delete("a").await;
    let shard = world.shards(LABEL).await.remove(0);
    let iterator = world.iterator(LABEL, &shard, "TRIM_HORIZON", json!({})).await;
    let (mut records, next) = world.records(&iterator).await;
    assert!(next.is_some());
    let ids: Vec<_> = records.iter_mut().map(|record| text(&record["eventID"].take())).collect();
    assert!(
        ids.iter().all(|id| id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit())),
        "{ids:?}"
    );
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");

    let image = |value: &str| json!({ "p": { "S": "a" }, "v": { "S": value } });
    let record = |name: &str, at: u64, position: u64, size: u64, images: Value| {
        let mut change = json!({
            "ApproximateCreationDateTime": at,
            "Keys": { "p": { "S": "a" } },
            "SequenceNumber": number(position),
            "SizeBytes": size,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        });
        change.as_object_mut().unwrap().extend(images.as_object().unwrap().clone());
        json!({ "eventID": null, "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1", "dynamodb": change })
    };
    let start = START.0 / 1000;
    let expected = [
        record("INSERT", start, 1, 2 + 4, json!({ "NewImage": image("1") })),
        record("MODIFY", start + 1, 2, 2 + 5 + 4, json!({ "NewImage": image("22"), "OldImage": image("1") })),
        record("REMOVE", start + 1, 3, 2 + 5, json!({ "OldImage": image("22") })),
    ];
    assert_eq!(records, expected);

    let (again, _) = world.records(&iterator).await;
    let again: Vec<_> = again.iter().map(|record| text(&record["eventID"])).collect();
    assert_eq!(again, ids);
}

#[tokio::test]
async fn a_child_goes_on_where_its_parent_ends() {
    let world = rolled().await;
    let description = world.describe(LABEL).await;
    let shards = description["Shards"].as_array().unwrap();
    let ranges: Vec<_> = shards.iter().map(|shard| shard["SequenceNumberRange"].clone()).collect();
    let closed = |first, last| json!({ "StartingSequenceNumber": number(first), "EndingSequenceNumber": number(last) });
    let open = json!({ "StartingSequenceNumber": number(7) });
    assert_eq!(ranges, [closed(1, 2), closed(3, 4), closed(5, 6), open]);
    assert_eq!(shards[0].get("ParentShardId"), None);
    for (parent, child) in shards.iter().zip(&shards[1..]) {
        assert_eq!(child["ParentShardId"], parent["ShardId"]);
        assert!(text(&child["ShardId"]) > text(&parent["ShardId"]));
    }
    let ids = world.shards(LABEL).await;
    assert_eq!(world.changes(LABEL, &ids[1]).await, ["a=3", "a=4"]);
    let iterator = world.iterator(LABEL, &ids[1], "TRIM_HORIZON", json!({})).await;
    assert_eq!(
        world.records(&iterator).await.1,
        None,
        "a shard that was read to its end has no next iterator"
    );
    assert_eq!(world.changes(LABEL, &ids[3]).await, ["a=7"]);
}

#[tokio::test]
async fn shards_are_described_in_pages_and_by_their_parent() {
    let world = rolled().await;
    let ids = world.shards(LABEL).await;
    let page = async |more: Value| {
        let mut body = json!({ "StreamArn": arn("music", LABEL) });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let description = world.ok(OperationName::DescribeStream, body).await["StreamDescription"].take();
        let shards = description["Shards"].as_array().unwrap().iter();
        let shards: Vec<_> = shards.map(|shard| text(&shard["ShardId"])).collect();
        (shards, description.get("LastEvaluatedShardId").map(text))
    };
    assert_eq!(page(json!({ "Limit": 3 })).await, (ids[..3].to_vec(), Some(ids[2].clone())));
    let rest = json!({ "Limit": 3, "ExclusiveStartShardId": ids[2] });
    assert_eq!(page(rest).await, (ids[3..].to_vec(), None));
    assert_eq!(page(json!({ "Limit": 4 })).await, (ids.clone(), None));
    let children = json!({ "ShardFilter": { "Type": "CHILD_SHARDS", "ShardId": ids[1] } });
    assert_eq!(page(children).await, (ids[2..3].to_vec(), None));
}

#[tokio::test]
async fn streams_are_listed_in_pages_and_by_table() {
    let mut world = World::streaming().await;
    let newer = "2026-10-09T00:00:00.000";
    world.apply(Some(stream(newer, StreamView::KeysOnly, true))).await;
    let other = table(2, "art", 1, Some(stream(LABEL, StreamView::KeysOnly, true)));
    world.engine.apply(other).await.unwrap();
    world.engine.apply(table(3, "plain", 1, None)).await.unwrap();
    let page = async |body: Value| {
        let answer = world.ok(OperationName::ListStreams, body).await;
        let streams = answer["Streams"].as_array().unwrap().iter();
        let streams: Vec<_> = streams.map(|stream| text(&stream["StreamArn"])).collect();
        (streams, answer.get("LastEvaluatedStreamArn").map(text))
    };
    let all = [arn("art", LABEL), arn("music", LABEL), arn("music", newer)];
    assert_eq!(page(json!({})).await, (all.to_vec(), None));
    assert_eq!(page(json!({ "Limit": 2 })).await, (all[..2].to_vec(), Some(all[1].clone())));
    assert_eq!(page(json!({ "ExclusiveStartStreamArn": all[1] })).await, (all[2..].to_vec(), None));
    let gone = arn("music", "2026-10-08T23:59:59.999");
    assert_eq!(page(json!({ "ExclusiveStartStreamArn": gone })).await, (all[2..].to_vec(), None));
    assert_eq!(page(json!({ "TableName": "music" })).await, (all[1..].to_vec(), None));
    for none in ["plain", "absent"] {
        assert_eq!(page(json!({ "TableName": none })).await, (Vec::new(), None));
    }
    let answer = world.ok(OperationName::ListStreams, json!({ "Limit": 1 })).await;
    let summary = json!({ "StreamArn": all[0], "TableName": "art", "StreamLabel": LABEL });
    assert_eq!(answer["Streams"], json!([summary]));
}

#[tokio::test]
async fn reading_begins_where_it_is_asked_to() {
    let world = World::streaming().await;
    for value in ["1", "2", "3"] {
        world.put("a", value).await;
        world.clock.advance(Duration::from_secs(10));
    }
    let shard = world.shards(LABEL).await.remove(0);
    let from = async |kind: &str, more: Value| {
        let iterator = world.iterator(LABEL, &shard, kind, more).await;
        world.records(&iterator).await.0.iter().map(change).collect::<Vec<_>>()
    };
    assert_eq!(from("TRIM_HORIZON", json!({})).await, ["a=1", "a=2", "a=3"]);
    assert_eq!(from("LATEST", json!({})).await, [""; 0]);
    let at = json!({ "SequenceNumber": number(2) });
    assert_eq!(from("AT_SEQUENCE_NUMBER", at.clone()).await, ["a=2", "a=3"]);
    assert_eq!(from("AFTER_SEQUENCE_NUMBER", at).await, ["a=3"]);
    for (seconds, expected) in
        [(0, &["a=1", "a=2", "a=3"][..]), (5, &["a=2", "a=3"]), (20, &["a=3"]), (30, &[])]
    {
        let at = json!({ "Timestamp": START.0 / 1000 + seconds });
        assert_eq!(from("AT_TIMESTAMP", at).await, expected, "{seconds}");
    }
    let latest = world.iterator(LABEL, &shard, "LATEST", json!({})).await;
    world.put("b", "4").await;
    assert_eq!(world.records(&latest).await.0.iter().map(change).collect::<Vec<_>>(), ["b=4"]);
}

#[tokio::test]
async fn pages_end_at_their_limits() {
    let world = World::streaming().await;
    let large = "x".repeat(300_000);
    for key in ["a", "b", "c", "d"] {
        world.put(key, &large).await;
    }
    let shard = world.shards(LABEL).await.remove(0);
    let iterator = world.iterator(LABEL, &shard, "TRIM_HORIZON", json!({})).await;
    let (records, next) = world.records(&iterator).await;
    assert_eq!(records.len(), 3, "four would be more than 1 MB");
    assert_eq!(world.records(&next.unwrap()).await.0.len(), 1);

    let body = json!({ "ShardIterator": iterator, "Limit": 2 });
    let answer = world.ok(OperationName::GetRecords, body).await;
    assert_eq!(answer["Records"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let world = rolled().await;
    let ids = world.shards(LABEL).await;
    let not_found = "ResourceNotFoundException";
    for (name, body) in [
        (OperationName::DescribeStream, json!({ "StreamArn": arn("music", "2020-01-01T00:00:00.000") })),
        (OperationName::DescribeStream, json!({ "StreamArn": arn("absent", LABEL) })),
        (
            OperationName::GetShardIterator,
            iterator_request("2020-01-01T00:00:00.000", &ids[0], "LATEST", json!({})),
        ),
        (
            OperationName::GetShardIterator,
            iterator_request(LABEL, "shardId-00000000000000000000-00000000", "LATEST", json!({})),
        ),
    ] {
        assert_eq!(world.refused(name, body.clone()).await.0, not_found, "{body}");
    }
    let invalid = "ValidationException";
    for (shard, position) in [(&ids[1], 2), (&ids[1], 5), (&ids[3], 6), (&ids[3], 9)] {
        for kind in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            let body = iterator_request(LABEL, shard, kind, json!({ "SequenceNumber": number(position) }));
            assert_eq!(world.refused(OperationName::GetShardIterator, body).await.0, invalid, "{position}");
        }
    }
    let next =
        iterator_request(LABEL, &ids[3], "AFTER_SEQUENCE_NUMBER", json!({ "SequenceNumber": number(8) }));
    assert_eq!(world.refused(OperationName::GetShardIterator, next).await.0, invalid);
    world.iterator(LABEL, &ids[3], "AT_SEQUENCE_NUMBER", json!({ "SequenceNumber": number(8) })).await;
    let future = iterator_request(LABEL, &ids[3], "AT_TIMESTAMP", json!({ "Timestamp": START.0 / 1000 + 1 }));
    assert_eq!(world.refused(OperationName::GetShardIterator, future).await.0, invalid);
    let body = json!({ "ShardIterator": "nonsense" });
    let (name, sentence) = world.refused(OperationName::GetRecords, body).await;
    assert!(name == invalid && sentence.ends_with("Invalid ShardIterator"), "{sentence}");
}

#[tokio::test]
async fn an_iterator_expires() {
    let world = World::streaming().await;
    let shard = world.shards(LABEL).await.remove(0);
    let iterator = world.iterator(LABEL, &shard, "LATEST", json!({})).await;
    world.clock.advance(Duration::from_secs(15 * 60));
    let (_, next) = world.records(&iterator).await;
    world.clock.advance(Duration::from_millis(1));
    let (name, _) = world.refused(OperationName::GetRecords, json!({ "ShardIterator": iterator })).await;
    assert_eq!(name, "ExpiredIteratorException");
    world.records(&next.unwrap()).await;
}

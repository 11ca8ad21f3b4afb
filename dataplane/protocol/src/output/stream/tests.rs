use std::sync::Arc;

use partita_model::name::Scope;
use partita_model::schema::KeyType;
use partita_model::{AttributeValue, Item};
use serde_json::json;

use super::*;
use crate::output::Answer as _;
use crate::stream::StreamName;

const SHARD: &str = "shardId-00000001414576573621-f55eea83";

fn scope() -> Scope {
    Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() }
}

fn stream() -> StreamName {
    StreamName { table: TableName::new("music"), label: "2026-10-08T23:20:48.000".to_owned() }
}

fn item(attributes: &[(&str, &str)]) -> Item {
    let attribute = |(name, text): &(&str, &str)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()));
    attributes.iter().map(attribute).collect()
}

fn record() -> Record {
    Record {
        event_id: 0x0123_4567_89ab_cdef,
        event_name: EventName::Modify,
        region: Arc::from("eu-central-1"),
        expired: false,
        created: UnixMillis(1_700_000_000_999),
        keys: item(&[("p", "a")]).into(),
        new_image: Some(item(&[("p", "a"), ("title", "\"new\"")]).into()),
        old_image: Some(item(&[("p", "a"), ("title", "old")]).into()),
        sequence_number: SequenceNumber::of(7),
        size_bytes: 26,
        view: StreamView::NewAndOldImages,
    }
}

#[test]
fn lists_of_streams() {
    let summary = StreamSummary {
        stream_arn: stream().arn(&scope()),
        table_name: stream().table,
        stream_label: stream().label,
    };
    let arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000";
    let shown = json!({ "StreamArn": arn, "TableName": "music", "StreamLabel": "2026-10-08T23:20:48.000" });
    let page =
        ListStreams { last_evaluated_stream_arn: Some(summary.stream_arn.clone()), streams: vec![summary] };
    assert_eq!(page.to_json(), json!({ "Streams": [shown], "LastEvaluatedStreamArn": arn }));
    let last = ListStreams { streams: Vec::new(), last_evaluated_stream_arn: None };
    assert_eq!(last.to_json(), json!({ "Streams": [] }));
}

#[test]
fn a_description_of_a_stream() {
    let range = |ending: Option<u64>| SequenceNumberRange {
        starting_sequence_number: SequenceNumber::of(1),
        ending_sequence_number: ending.map(SequenceNumber::of),
    };
    let parent =
        Shard { shard_id: ShardId::new(SHARD), sequence_number_range: range(Some(9)), parent_shard_id: None };
    let child = Shard {
        shard_id: ShardId::new("shardId-00000001414576573622-00000000"),
        sequence_number_range: range(None),
        parent_shard_id: Some(parent.shard_id.clone()),
    };
    let element = KeySchemaElement { attribute_name: "p".to_owned(), key_type: KeyType::Hash };
    let described = DescribeStream {
        stream_description: StreamDescription {
            stream_arn: stream().arn(&scope()),
            stream_label: stream().label,
            stream_status: StreamStatus::Enabled,
            stream_view_type: StreamView::KeysOnly,
            creation_request_date_time: Some(UnixMillis(1_700_000_000_123)),
            table_name: stream().table,
            key_schema: vec![element],
            last_evaluated_shard_id: Some(child.shard_id.clone()),
            shards: vec![parent, child],
        },
    };
    let expected = json!({ "StreamDescription": {
        "StreamArn": "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000",
        "StreamLabel": "2026-10-08T23:20:48.000",
        "StreamStatus": "ENABLED",
        "StreamViewType": "KEYS_ONLY",
        "CreationRequestDateTime": 1_700_000_000.123,
        "TableName": "music",
        "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }],
        "Shards": [
            {
                "ShardId": SHARD,
                "SequenceNumberRange": {
                    "StartingSequenceNumber": "100000000000000000001",
                    "EndingSequenceNumber": "100000000000000000009",
                },
            },
            {
                "ShardId": "shardId-00000001414576573622-00000000",
                "SequenceNumberRange": { "StartingSequenceNumber": "100000000000000000001" },
                "ParentShardId": SHARD,
            },
        ],
        "LastEvaluatedShardId": "shardId-00000001414576573622-00000000",
    }});
    assert_eq!(described.to_json(), expected);
}

#[test]
fn an_iterator() {
    let answer = GetShardIterator { shard_iterator: ShardIterator::new("there") };
    assert_eq!(answer.to_json(), json!({ "ShardIterator": "there" }));
}

#[test]
fn records_carry_what_the_view_has() {
    let whole = json!({
        "eventID": "00000000000000000123456789abcdef",
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_700_000_000,
            "Keys": { "p": { "S": "a" } },
            "NewImage": { "p": { "S": "a" }, "title": { "S": "\"new\"" } },
            "OldImage": { "p": { "S": "a" }, "title": { "S": "old" } },
            "SequenceNumber": "100000000000000000007",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    });
    assert_eq!(record().to_json(), whole);
    let bare = Record {
        event_id: u128::MAX,
        event_name: EventName::Insert,
        new_image: None,
        old_image: None,
        view: StreamView::KeysOnly,
        ..record()
    };
    let json = bare.to_json();
    assert_eq!(json["eventID"], "f".repeat(32));
    assert_eq!(json["eventName"], "INSERT");
    let members: Vec<&String> = json["dynamodb"].as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["ApproximateCreationDateTime", "Keys", "SequenceNumber", "SizeBytes", "StreamViewType"]
    );
}

#[test]
fn deletions_of_expired_items_name_the_service() {
    let expired = Record { event_name: EventName::Remove, expired: true, new_image: None, ..record() };
    let json = expired.to_json();
    assert_eq!(json["eventName"], "REMOVE");
    assert_eq!(json["userIdentity"], json!({ "Type": "Service", "PrincipalId": "dynamodb.amazonaws.com" }));
    assert_eq!(record().to_json().get("userIdentity"), None);
}

#[test]
fn pages_of_records() {
    let page = GetRecords { records: vec![record(), record()], next: Some(ShardIterator::new("there")) };
    let shown = record().to_json();
    assert_eq!(page.to_json(), json!({ "Records": [shown, shown], "NextShardIterator": "there" }));
    let end = GetRecords { records: Vec::new(), next: None };
    assert_eq!(end.to_json(), json!({ "Records": [] }));
}

//! Streams over HTTP: their targets, and the exact form of their answers.

use partita_model::descriptor::{Generation, StreamSettings, StreamView};
use partita_model::{TableDescriptor, TableName};

use super::*;

const LABEL: &str = "2026-01-01T12:00:00.000";
const ARN: &str = "arn:aws:dynamodb:eu-central-1:123456789012:table/music/stream/2026-01-01T12:00:00.000";

/// A gateway before `music` with a stream.
async fn streaming() -> Arc<Gateway> {
    let World { engine, gateway, .. } = World::open(options()).await;
    let stream = StreamSettings { label: LABEL.to_owned(), view: StreamView::NewAndOldImages, enabled: true };
    let music = engine.descriptor_of(&TableName::new("music")).expect("the table of these tests");
    let music = TableDescriptor { stream: Some(stream), generation: Generation(2), ..music };
    engine.apply(music).await.expect("a good descriptor");
    gateway
}

async fn answer(gateway: &Gateway, operation: &str, body: Value) -> Value {
    let target = format!("DynamoDBStreams_20120810.{operation}");
    let answer = gateway.handle(with(&call(operation, body.to_string()), "x-amz-target", &target)).await;
    assert_eq!(answer.status.as_u16(), 200, "{:?}", answer.body);
    json_of(&answer)
}

#[tokio::test]
async fn a_change_comes_out_of_the_stream() {
    let gateway = streaming().await;
    let item = json!({ "p": { "S": "a" }, "n": { "N": "1.5" } });
    let put = call("PutItem", json!({ "TableName": "music", "Item": item }).to_string());
    assert_eq!(gateway.handle(put).await.status.as_u16(), 200);

    let streams = json!([{ "StreamArn": ARN, "TableName": "music", "StreamLabel": LABEL }]);
    assert_eq!(answer(&gateway, "ListStreams", json!({})).await, json!({ "Streams": streams }));

    let described = answer(&gateway, "DescribeStream", json!({ "StreamArn": ARN })).await;
    let shard = "shardId-00000001767268800000-a1e38cf2";
    let first = json!({ "StartingSequenceNumber": "100000000000000000001" });
    let expected = json!({ "StreamDescription": {
        "StreamArn": ARN, "StreamLabel": LABEL, "StreamStatus": "ENABLED",
        "StreamViewType": "NEW_AND_OLD_IMAGES", "CreationRequestDateTime": 1_767_268_800.0,
        "TableName": "music", "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }],
        "Shards": [{ "ShardId": shard, "SequenceNumberRange": first }],
    } });
    assert_eq!(described, expected);

    let start = json!({ "StreamArn": ARN, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let iterator = answer(&gateway, "GetShardIterator", start).await;
    let mut records = answer(&gateway, "GetRecords", iterator).await;
    let next = records["NextShardIterator"].take();
    assert!(next.as_str().is_some_and(|next| next.len() > 40), "{next}");
    let id = records["Records"][0]["eventID"].take();
    assert_eq!(id.as_str().map(str::len), Some(32));
    records["Records"][0]["dynamodb"]["ApproximateCreationDateTime"].take();
    let change = json!({
        "ApproximateCreationDateTime": null, "Keys": { "p": { "S": "a" } }, "NewImage": item,
        "SequenceNumber": "100000000000000000001", "SizeBytes": 8, "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    let record = json!({
        "eventID": null, "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1", "dynamodb": change,
    });
    assert_eq!(records, json!({ "Records": [record], "NextShardIterator": null }));

    let rest = answer(&gateway, "GetRecords", json!({ "ShardIterator": next })).await;
    assert_eq!(rest["Records"], json!([]));
}

#[tokio::test]
async fn errors_of_streams_are_as_clients_know_them() {
    let gateway = streaming().await;
    for (operation, body, name) in [
        ("DescribeStream", json!({ "StreamArn": format!("{ARN}9") }), "ResourceNotFoundException"),
        ("DescribeStream", json!({}), "ValidationException"),
        ("GetRecords", json!({ "ShardIterator": "nonsense" }), "ValidationException"),
    ] {
        let answer = gateway.handle(call(operation, body.to_string())).await;
        assert_eq!(error_of(&answer, 400), name, "{body}");
    }
}

#[tokio::test]
async fn without_streams_their_operations_are_unknown() {
    let World { engine, control, .. } = World::open(options()).await;
    let gateway = Gateway::new(engine, control, None, options());
    for operation in ["ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"] {
        let answer = gateway.handle(call(operation, "{}")).await;
        assert_eq!(error_of(&answer, 400), "UnknownOperationException", "{operation}");
    }
}

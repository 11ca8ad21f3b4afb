use partita_model::clock::UnixMillis;
use serde_json::{Value, json};

use super::*;
use crate::operation::{Operation, OperationName};
use crate::stream::{SequenceNumber, ShardIterator};
use crate::{ServiceError, Wording};

const ARN: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000";
const SHARD: &str = "shardId-00000001414576573621-f55eea83";

fn parse(name: OperationName, body: &Value) -> Result<Operation, ServiceError> {
    Operation::parse(name, body.to_string().as_bytes())
}

#[track_caller]
fn refusal(name: OperationName, body: &Value, wording: Wording) -> String {
    let error = parse(name, body).expect_err(&body.to_string());
    assert_eq!(error.name(), "ValidationException");
    error.message(wording).unwrap().into_owned()
}

/// The body with one member replaced.
fn with(body: &Value, member: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[member] = value;
    body
}

fn start(body: Value) -> Result<StartAt, ServiceError> {
    let mut body = body;
    body["StreamArn"] = json!(ARN);
    body["ShardId"] = json!(SHARD);
    match parse(OperationName::GetShardIterator, &body)? {
        Operation::GetShardIterator(get) => Ok(get.start),
        other => panic!("parsed as {other:?}"),
    }
}

#[test]
fn pages_of_streams() {
    let Operation::ListStreams(all) = parse(OperationName::ListStreams, &json!({})).unwrap() else {
        panic!()
    };
    assert_eq!((all.table, all.after, all.limit), (None, None, 100));
    let some = json!({ "TableName": "music", "Limit": 7, "ExclusiveStartStreamArn": ARN });
    let Operation::ListStreams(some) = parse(OperationName::ListStreams, &some).unwrap() else { panic!() };
    assert_eq!(some.table.unwrap().as_given(), "music");
    assert_eq!(some.after.unwrap().as_str(), ARN);
    assert_eq!(some.limit, 7);
}

#[test]
fn pages_of_shards() {
    let body = json!({
        "StreamArn": ARN, "Limit": 1, "ExclusiveStartShardId": SHARD,
        "ShardFilter": { "Type": "CHILD_SHARDS", "ShardId": SHARD },
    });
    let Operation::DescribeStream(describe) = parse(OperationName::DescribeStream, &body).unwrap() else {
        panic!()
    };
    assert_eq!(describe.stream.as_str(), ARN);
    assert_eq!(describe.limit, 1);
    assert_eq!(describe.after.unwrap().as_str(), SHARD);
    assert_eq!(describe.children_of.unwrap().as_str(), SHARD);

    let unfiltered = parse(OperationName::DescribeStream, &with(&body, "ShardFilter", json!({}))).unwrap();
    let Operation::DescribeStream(DescribeStream { children_of, .. }) = unfiltered else { panic!() };
    assert_eq!(children_of, None);
    for (member, value, missing) in [("Type", "CHILD_SHARDS", "ShardId"), ("ShardId", SHARD, "Type")] {
        let body = with(&body, "ShardFilter", json!({ member: value }));
        assert_eq!(
            refusal(OperationName::DescribeStream, &body, Wording::Classic),
            format!("The {missing} parameter of ShardFilter is required but was not present in the request")
        );
    }
}

#[test]
fn pages_of_records() {
    let body = json!({ "ShardIterator": "anything at all" });
    let Operation::GetRecords(get) = parse(OperationName::GetRecords, &body).unwrap() else { panic!() };
    assert_eq!(get, GetRecords { iterator: ShardIterator::new("anything at all"), limit: 1000 });
    let body = with(&body, "Limit", json!(1));
    let Operation::GetRecords(get) = parse(OperationName::GetRecords, &body).unwrap() else { panic!() };
    assert_eq!(get.limit, 1);
}

#[test]
fn reading_begins_in_five_ways() {
    let number = SequenceNumber::of(7);
    let at = |kind: &str| json!({ "ShardIteratorType": kind, "SequenceNumber": number, "Timestamp": 1_700_000_000.125 });
    assert_eq!(start(at("TRIM_HORIZON")).unwrap(), StartAt::TrimHorizon);
    assert_eq!(start(at("LATEST")).unwrap(), StartAt::Latest);
    assert_eq!(start(at("AT_SEQUENCE_NUMBER")).unwrap(), StartAt::Record(number));
    assert_eq!(start(at("AFTER_SEQUENCE_NUMBER")).unwrap(), StartAt::AfterRecord(number));
    assert_eq!(start(at("AT_TIMESTAMP")).unwrap(), StartAt::Time(UnixMillis(1_700_000_000_125)));
    for (given, millis) in [(json!(-5), 0), (json!(3), 3000), (json!(1.5e300), u64::MAX)] {
        let body = json!({ "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": given });
        assert_eq!(start(body).unwrap(), StartAt::Time(UnixMillis(millis)));
    }
}

#[test]
fn a_beginning_needs_its_parameter() {
    let message = |body: Value| start(body).unwrap_err().message(Wording::Classic).unwrap().into_owned();
    let missing = |parameter: &str, kind: &str| {
        format!(
            "The {parameter} parameter is required but was not present in the request when ShardIteratorType is {kind}"
        )
    };
    for (kind, parameter) in [
        ("AT_SEQUENCE_NUMBER", "SequenceNumber"),
        ("AFTER_SEQUENCE_NUMBER", "SequenceNumber"),
        ("AT_TIMESTAMP", "Timestamp"),
    ] {
        assert_eq!(message(json!({ "ShardIteratorType": kind })), missing(parameter, kind));
    }
    let malformed = json!({ "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "x".repeat(21) });
    assert_eq!(message(malformed), "Invalid SequenceNumber");
    let error = start(json!({ "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": "now" })).unwrap_err();
    assert_eq!(error.name(), "SerializationException");
    assert_eq!(error.message(Wording::Modern2026).unwrap(), "STRING_VALUE cannot be converted to Date");
}

#[test]
fn constraints_of_the_model_in_both_wordings() {
    let describe = json!({ "StreamArn": ARN, "Limit": 101 });
    assert_eq!(
        refusal(OperationName::DescribeStream, &describe, Wording::Classic),
        "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less \
         than or equal to 100"
    );
    assert_eq!(
        refusal(OperationName::DescribeStream, &describe, Wording::Modern2026),
        "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value less than or \
         equal to 100"
    );
    assert_eq!(
        refusal(
            OperationName::GetShardIterator,
            &json!({ "StreamArn": "arn", "ShardIteratorType": "NOW" }),
            Wording::Classic
        ),
        "3 validation errors detected: Value 'arn' at 'streamArn' failed to satisfy constraint: Member must have length \
         greater than or equal to 37; Value null at 'shardId' failed to satisfy constraint: Member must not be null; Value \
         'NOW' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [TRIM_HORIZON, \
         LATEST, AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, AT_TIMESTAMP]"
    );
    let long = "i".repeat(2049);
    assert_eq!(
        refusal(OperationName::GetRecords, &json!({ "ShardIterator": long, "Limit": 0 }), Wording::Classic),
        format!(
            "2 validation errors detected: Value '{long}' at 'shardIterator' failed to satisfy constraint: Member must have \
             length less than or equal to 2048; Value '0' at 'limit' failed to satisfy constraint: Member must have value \
             greater than or equal to 1"
        )
    );
    assert_eq!(
        refusal(OperationName::GetRecords, &json!({ "ShardIterator": "i", "Limit": 1001 }), Wording::Classic),
        "1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: Member must have value less \
         than or equal to 1000"
    );
    assert_eq!(
        refusal(OperationName::ListStreams, &json!({ "TableName": "a" }), Wording::Classic),
        "1 validation error detected: Value 'a' at 'tableName' failed to satisfy constraint: Member must have length \
         greater than or equal to 3"
    );
    assert_eq!(
        refusal(OperationName::DescribeStream, &json!({}), Wording::Modern2026),
        "1 validation error detected: Value null at 'streamArn' failed to satisfy constraint: Member must not be null"
    );
}

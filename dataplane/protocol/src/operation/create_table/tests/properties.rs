//! No body makes a table operation panic, and what is accepted keeps the rules.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::Wording;
use crate::operation::{Operation, OperationName};

const OPERATIONS: [OperationName; 18] = [
    OperationName::CreateTable,
    OperationName::UpdateTable,
    OperationName::DescribeTable,
    OperationName::DeleteTable,
    OperationName::ListTables,
    OperationName::TagResource,
    OperationName::UntagResource,
    OperationName::ListTagsOfResource,
    OperationName::UpdateTimeToLive,
    OperationName::DescribeTimeToLive,
    OperationName::DescribeContinuousBackups,
    OperationName::DescribeContributorInsights,
    OperationName::DescribeKinesisStreamingDestination,
    OperationName::GetResourcePolicy,
    OperationName::ListStreams,
    OperationName::DescribeStream,
    OperationName::GetShardIterator,
    OperationName::GetRecords,
];

const ARN: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000";
const SHARD: &str = "shardId-00000001414576573621-f55eea83";

/// A request with every member that any table operation reads.
fn everything() -> Value {
    let key =
        json!([{ "AttributeName": "a", "KeyType": "HASH" }, { "AttributeName": "b", "KeyType": "RANGE" }]);
    let units = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    let projection = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"] });
    let local = json!({ "IndexName": "local", "KeySchema": key, "Projection": projection });
    let global = json!({
        "IndexName": "global", "KeySchema": key, "Projection": projection, "ProvisionedThroughput": units,
        "WarmThroughput": { "ReadUnitsPerSecond": 1 }, "OnDemandThroughput": { "MaxReadRequestUnits": 1 },
    });
    json!({
        "TableName": "music",
        "AttributeDefinitions": [
            { "AttributeName": "a", "AttributeType": "S" }, { "AttributeName": "b", "AttributeType": "N" },
        ],
        "KeySchema": key,
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": units,
        "LocalSecondaryIndexes": [local],
        "GlobalSecondaryIndexes": [global],
        "GlobalSecondaryIndexUpdates": [{ "Create": global }, { "Delete": { "IndexName": "other" } }],
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "x" },
        "StreamArn": ARN,
        "ExclusiveStartStreamArn": ARN,
        "ShardId": SHARD,
        "ExclusiveStartShardId": SHARD,
        "ShardFilter": { "Type": "CHILD_SHARDS", "ShardId": SHARD },
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "SequenceNumber": "100000000000000000007",
        "Timestamp": 1_700_000_000.5,
        "ShardIterator": "iterator",
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        "SSESpecification": { "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "key" },
        "TableClass": "STANDARD",
        "DeletionProtectionEnabled": true,
        "WarmThroughput": { "ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 1 },
        "OnDemandThroughput": { "MaxReadRequestUnits": 1, "MaxWriteRequestUnits": -1 },
        "ResourcePolicy": "{}",
        "Tags": [{ "Key": "team", "Value": "a" }],
        "TagKeys": ["team"],
        "ResourceArn": "arn:aws:dynamodb:eu-central-1:000000000000:table/music",
        "NextToken": "token",
        "ExclusiveStartTableName": "music",
        "Limit": 7,
        "ReplicaUpdates": [],
    })
}

fn other_value() -> impl Strategy<Value = Value> {
    let spellings =
        ["HASH", "RANGE", "S", "B", "ALL", "KEYS_ONLY", "PAY_PER_REQUEST", "a", "b", "c", "", "\u{1F600};"];
    let numbers = [json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(1.5e300), json!(12_000)];
    prop_oneof![
        2 => Just(Value::Null),
        3 => select(spellings.to_vec()).prop_map(Value::from),
        2 => select(numbers.to_vec()),
        1 => any::<bool>().prop_map(Value::from),
        1 => select(vec![json!([]), json!({}), json!([[]]), json!([null]), json!([{}])]),
    ]
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(n, e)| (n.to_string(), e)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let place = format!("{at}/{name}");
        places(child, &place, found);
        found.push(place);
    }
}

proptest! {
    #[test]
    fn a_request_with_other_values_is_read_or_refused(
        operation in select(OPERATIONS.to_vec()),
        absent in proptest::collection::vec(any::<Index>(), 0..16),
        changes in proptest::collection::vec((any::<Index>(), other_value()), 0..4),
    ) {
        let mut body = everything();
        let members: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        for member in absent {
            body[member.get(&members).as_str()] = Value::Null;
        }
        for (place, value) in changes {
            let mut all = Vec::new();
            places(&body, "", &mut all);
            *body.pointer_mut(all[place.index(all.len())].as_str()).unwrap() = value;
        }
        match Operation::parse(operation, body.to_string().as_bytes()) {
            Ok(Operation::CreateTable(created)) => prop_assert!(created.definition.check().is_ok()),
            Ok(Operation::ListTables(listed)) => prop_assert!((1..=100).contains(&listed.limit)),
            Ok(_) => {}
            Err(refusal) => {
                prop_assert!(["ValidationException", "SerializationException"].contains(&refusal.name()));
                prop_assert!(refusal.message(Wording::Classic).is_some_and(|text| !text.is_empty()));
                prop_assert!(refusal.message(Wording::Modern2026).is_some_and(|text| !text.is_empty()));
            }
        }
    }
}

#[test]
fn with_little_taken_away_the_request_is_a_good_one() {
    let mut body = everything();
    // On-demand ceilings and provisioned units exclude one another.
    body["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] = Value::Null;
    for unsupported in ["SSESpecification", "OnDemandThroughput", "ResourcePolicy"] {
        body[unsupported] = Value::Null;
    }
    assert!(Operation::parse(OperationName::CreateTable, body.to_string().as_bytes()).is_ok());
    for operation in OPERATIONS {
        let mut body = body.clone();
        // No token was ever given out, and UpdateTable changes few things at once.
        let alone = [
            "TableClass",
            "DeletionProtectionEnabled",
            "WarmThroughput",
            "ProvisionedThroughput",
            "BillingMode",
            "StreamSpecification",
        ];
        body["NextToken"] = Value::Null;
        for alone in alone.into_iter().filter(|_| operation == OperationName::UpdateTable) {
            body[alone] = Value::Null;
        }
        let read = Operation::parse(operation, body.to_string().as_bytes());
        assert!(read.is_ok(), "{operation}: {read:?}");
    }
}

//! Parsing survives anything.

use proptest::prelude::*;
use proptest::sample;
use serde_json::{Value, json};

use crate::{OperationName, fuzz_operation};

/// An operation's place in the list of all.
fn place(name: OperationName) -> u8 {
    OperationName::ALL
        .iter()
        .position(|other| *other == name)
        .and_then(|place| u8::try_from(place).ok())
        .unwrap()
}

/// A request with every member of its operation, and the operation's place in the list of all.
fn requests() -> Vec<(u8, Value)> {
    let condition = json!({"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "1"}, {"N": "2"}]});
    vec![
        (
            0,
            json!({
                "TableName": "Music", "Item": {"pk": {"S": "a"}, "l": {"L": [{"M": {"b": {"BS": ["AA=="]}}}]}},
                "Expected": {"a": condition, "b": {"Exists": false}}, "ConditionalOperator": "OR", "ReturnValues": "ALL_OLD",
            }),
        ),
        (
            1,
            json!({
                "TableName": "Music", "Key": {"pk": {"N": "1e3"}}, "ConsistentRead": true,
                "ProjectionExpression": "#a.b[0]", "ExpressionAttributeNames": {"#a": "a"},
            }),
        ),
        (
            2,
            json!({
                "TableName": "Music", "Key": {"pk": {"B": "AA=="}}, "UpdateExpression": "SET a = :v + b REMOVE c[1]",
                "ConditionExpression": "size(a) IN (:v, :w)",
                "ExpressionAttributeValues": {":v": {"N": "1"}, ":w": {"NS": ["1", "2"]}},
            }),
        ),
        (4, json!({"RequestItems": {"Music": {"Keys": [{"pk": {"S": "a"}}], "AttributesToGet": ["a"]}}})),
        (
            5,
            json!({"RequestItems": {"Music": [
                {"PutRequest": {"Item": {"pk": {"S": "a"}}}}, {"DeleteRequest": {"Key": {"pk": {"NULL": true}}}},
            ]}}),
        ),
        (
            6,
            json!({
                "TableName": "Music", "IndexName": "ByYear", "KeyConditions": {"a": condition}, "QueryFilter": {"b": condition},
                "Select": "ALL_ATTRIBUTES", "Limit": 3, "ExclusiveStartKey": {"pk": {"S": "a"}},
            }),
        ),
        (
            7,
            json!({
                "TableName": "Music", "FilterExpression": "a BETWEEN :a AND :b AND NOT contains(c, :a)", "Segment": 1,
                "TotalSegments": 4, "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "b"}},
            }),
        ),
        (
            place(OperationName::TransactWriteItems),
            json!({
                "TransactItems": [
                    {"Update": {"TableName": "Music", "Key": {"pk": {"S": "a"}}, "UpdateExpression": "SET a = b"}},
                    {"ConditionCheck": {"TableName": "Music", "Key": {"pk": {"S": "b"}}, "ConditionExpression": "a = b"}},
                ],
                "ClientRequestToken": "t", "ReturnItemCollectionMetrics": "SIZE",
            }),
        ),
        (
            place(OperationName::TransactGetItems),
            json!({"TransactItems": [{"Get": {"TableName": "Music", "Key": {"pk": {"S": "a"}}}}]}),
        ),
        (
            place(OperationName::ExecuteStatement),
            json!({
                "Statement": "SELECT * FROM Music WHERE pk = ?", "Parameters": [{"S": "a"}], "Limit": 3, "NextToken": "t",
                "ConsistentRead": true, "ReturnConsumedCapacity": "TOTAL", "ReturnValuesOnConditionCheckFailure": "NONE",
            }),
        ),
        (
            place(OperationName::BatchExecuteStatement),
            json!({"Statements": [{"Statement": "s", "Parameters": [{"L": [{"N": "1"}]}], "ConsistentRead": false}]}),
        ),
        (
            place(OperationName::ExecuteTransaction),
            json!({"TransactStatements": [{"Statement": "s"}, {"Statement": "t"}], "ClientRequestToken": "t"}),
        ),
    ]
}

/// Values of every JSON type, to put in the place of others.
fn replacement() -> impl Strategy<Value = Value> {
    sample::select(vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("arn:"),
        json!([]),
        json!([null]),
        json!({}),
        json!({"S": ""}),
        json!({"M": {"a": {"L": []}}}),
        json!({"": {}}),
    ])
}

/// How many values a document holds, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0usize,
    }
}

/// Replaces the value at `place`, counted in depth-first order.
fn replace(value: &mut Value, place: &mut usize, with: &Value) {
    if *place == 0 {
        *value = with.clone();
    }
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| replace(element, place, with)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, place, with)),
        _ => {}
    }
}

fn fuzz(pick: u8, body: &[u8]) {
    fuzz_operation(&[&[pick], body].concat());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzz_operation(&bytes);
    }

    #[test]
    fn a_request_with_other_values_is_read_or_refused(
        (pick, request) in sample::select(requests()),
        places in proptest::collection::vec((any::<sample::Index>(), replacement()), 1..4),
    ) {
        let mut request = request;
        for (place, with) in places {
            let mut place = place.index(count(&request));
            replace(&mut request, &mut place, &with);
        }
        fuzz(pick, request.to_string().as_bytes());
    }

    #[test]
    fn a_damaged_request_is_read_or_refused(
        (pick, request) in sample::select(requests()),
        damage in proptest::collection::vec((any::<sample::Index>(), any::<u8>()), 1..4),
        end in any::<sample::Index>(),
    ) {
        let mut body = request.to_string().into_bytes();
        for (place, byte) in damage {
            let place = place.index(body.len());
            body[place] = byte;
        }
        body.truncate(end.index(body.len()) + 1);
        fuzz(pick, &body);
    }

    #[test]
    fn a_request_of_one_operation_is_read_or_refused_by_another(
        (_, request) in sample::select(requests()),
        pick in any::<u8>(),
    ) {
        fuzz(pick, request.to_string().as_bytes());
    }
}

#[test]
fn the_requests_that_are_damaged_are_good_ones() {
    for (pick, request) in requests() {
        let name = OperationName::ALL[usize::from(pick)];
        assert!(super::parse(name, &request).is_ok(), "{:?} for {request}", super::parse(name, &request));
    }
}

/// A new operation moves the places of those behind it, and with them what the first bytes of the seeds mean.
#[test]
fn the_seeds_of_the_fuzzer_are_good_requests() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/operation");
    for seed in std::fs::read_dir(seeds).unwrap() {
        let path = seed.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let (pick, body) = bytes.split_first().unwrap();
        let name = OperationName::ALL[usize::from(*pick) % OperationName::ALL.len()];
        let read = crate::Operation::parse(name, body);
        assert!(read.is_ok(), "{}: {read:?} as {name}", path.display());
    }
}

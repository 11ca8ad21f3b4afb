//! The fast reader and the exact one agree.

use partita_model::{Item, arbitrary};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{self, Index};
use serde_json::{Value, json};

use super::{Operation, OperationName};
use crate::fuzz_operation;
use crate::output::item_to_json;

/// Unremarkable requests of all operations that the fast reader knows, with `item` wherever a map of values can stand.
fn requests(item: &Item) -> Vec<(OperationName, Value)> {
    let item = item_to_json(item);
    let values = json!({":a": {"M": item}, ":b": {"N": "-1.50"}, ":c": {"S": "x"}});
    vec![
        (
            OperationName::PutItem,
            json!({
                "TableName": "Music", "Item": item, "ReturnValues": "ALL_OLD", "ConditionExpression": "a = :a AND #b < :b",
                "ExpressionAttributeNames": {"#b": "b"}, "ExpressionAttributeValues": {":a": {"M": item}, ":b": {"N": "1"}},
                "ReturnConsumedCapacity": "TOTAL", "ReturnItemCollectionMetrics": "SIZE",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }),
        ),
        (
            OperationName::GetItem,
            json!({
                "TableName": "Music", "Key": item, "ConsistentRead": false, "ReturnConsumedCapacity": "INDEXES",
                "ProjectionExpression": "#a.b[0]", "ExpressionAttributeNames": {"#a": "a"},
            }),
        ),
        (
            OperationName::DeleteItem,
            json!({"TableName": "Music", "Key": item, "ConditionExpression": "size(a) = b"}),
        ),
        (
            OperationName::UpdateItem,
            json!({
                "TableName": "Music", "Key": item, "UpdateExpression": "SET a = :a, b = b + :b REMOVE c[1]",
                "ConditionExpression": "c <> :c", "ExpressionAttributeValues": values, "ReturnValues": "UPDATED_NEW",
            }),
        ),
        (
            OperationName::Query,
            json!({
                "TableName": "Music", "IndexName": "ByYear", "KeyConditionExpression": "p = :c AND s > :b",
                "FilterExpression": "a = :a", "ExpressionAttributeValues": values, "Limit": 3, "ScanIndexForward": false,
                "ProjectionExpression": "a", "Select": "SPECIFIC_ATTRIBUTES", "ExclusiveStartKey": item,
            }),
        ),
        (
            OperationName::Scan,
            json!({
                "TableName": "Music", "ExclusiveStartKey": item, "Segment": 1, "TotalSegments": 4, "Select": "COUNT",
                "FilterExpression": "begins_with(a, :c)", "ExpressionAttributeValues": {":c": {"S": "x"}},
            }),
        ),
        (
            OperationName::BatchGetItem,
            json!({"RequestItems": {
                "Music": {"Keys": [item, item], "ConsistentRead": true, "ProjectionExpression": "a"},
                "Other": {"Keys": [item]},
            }}),
        ),
        (
            OperationName::BatchWriteItem,
            json!({
                "RequestItems": {"Music": [{"PutRequest": {"Item": item}}, {"DeleteRequest": {"Key": item}}]},
                "ReturnConsumedCapacity": "NONE",
            }),
        ),
        (
            OperationName::TransactWriteItems,
            json!({
                "TransactItems": [
                    {"Put": {"TableName": "Music", "Item": item, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
                    {"Update": {
                        "TableName": "Music", "Key": item, "UpdateExpression": "SET a = :a, b = :b",
                        "ConditionExpression": "c <> :c", "ExpressionAttributeValues": values,
                    }},
                    {"Delete": {"TableName": "Other", "Key": item}},
                    {"ConditionCheck": {
                        "TableName": "Other", "Key": item, "ConditionExpression": "attribute_exists(#a)",
                        "ExpressionAttributeNames": {"#a": "a"},
                    }},
                ],
                "ClientRequestToken": "0b6f9a4e", "ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "NONE",
            }),
        ),
        (
            OperationName::TransactGetItems,
            json!({
                "TransactItems": [
                    {"Get": {"TableName": "Music", "Key": item}},
                    {"Get": {
                        "TableName": "Other", "Key": item, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": "a"},
                    }},
                ],
                "ReturnConsumedCapacity": "TOTAL",
            }),
        ),
    ]
}

fn request() -> impl Strategy<Value = (OperationName, Value)> {
    (arbitrary::item(), any::<Index>()).prop_map(|(item, pick)| {
        let mut requests = requests(&item);
        let place = pick.index(requests.len());
        requests.swap_remove(place)
    })
}

/// A document as a client might spell it: `choices` say where there is white space and which characters are escaped.
fn spelled(value: &Value, choices: &mut impl Iterator<Item = u8>) -> String {
    let mut spell = |text: &str| -> String {
        let characters = text.chars().map(|character| match (choices.next(), character) {
            (_, '"' | '\\' | '\0'..='\u{1F}') | (Some(0), _) => {
                let units = character.encode_utf16(&mut [0; 2]).to_vec();
                units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
            (Some(1), '/') => "\\/".to_owned(),
            _ => character.to_string(),
        });
        format!("\"{}\"", characters.collect::<String>())
    };
    match value {
        Value::String(text) => spell(text),
        Value::Object(members) => {
            let names: Vec<String> = members.keys().map(|name| spell(name)).collect();
            let members = names.iter().zip(members.values()).map(|(name, value)| {
                let space = if choices.next() == Some(0) { "\r\n" } else { "" };
                format!("{space}{name}{space}:{}", spelled(value, choices))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| spelled(element, choices)).collect();
            let space = if choices.next() == Some(0) { "\t " } else { "" };
            format!("[{space}{}{space}]", elements.join(&format!("{space},")))
        }
        other => other.to_string(),
    }
}

fn fuzz(name: OperationName, body: &[u8]) {
    let pick = OperationName::ALL.iter().position(|other| *other == name).unwrap();
    fuzz_operation(&[&[u8::try_from(pick).unwrap()], body].concat());
}

proptest! {
    #[test]
    fn the_readers_agree_however_a_request_is_spelled(
        (name, request) in request(),
        choices in vec(0u8..12, 1..60),
    ) {
        let body = spelled(&request, &mut choices.into_iter().cycle());
        let exact = Operation::parse_exactly(name, body.as_bytes());
        let pulled = Operation::pull(name, body.as_bytes());
        prop_assert_eq!(pulled, exact.ok(), "{}", body);
    }

    #[test]
    fn the_readers_agree_on_damaged_requests(
        (name, request) in request(),
        damage in vec((any::<Index>(), sample::select(&b"\"\\{}[]:,.-019eEtnu /=#\x00\x80"[..])), 1..3),
        doubled in any::<(Index, Index)>(),
    ) {
        let mut body = request.to_string().into_bytes();
        let ends = [doubled.0.index(body.len()), doubled.1.index(body.len())];
        let repeated = body.get(ends[0].min(ends[1])..ends[0].max(ends[1])).unwrap().to_vec();
        fuzz(name, &[body.clone(), repeated].concat());
        for (place, byte) in damage {
            *place.get_mut(&mut body) = byte;
            fuzz(name, &body);
        }
    }
}

#[test]
fn remarkable_requests_are_left_to_the_exact_reader() {
    let item = json!({"a": {"S": "b"}});
    for (body, why) in [
        (json!({"TableName": "Music", "Key": item, "X": 1}), "an unknown member"),
        (json!({"TableName": "Music", "Key": item, "ConsistentRead": null}), "null"),
        (json!({"TableName": "Music", "Key": item, "AttributesToGet": ["a"]}), "a legacy parameter"),
        (
            json!({"TableName": "Music", "Key": item, "ExpressionAttributeValues": {":a": {"S": ""}}}),
            "an ignored member",
        ),
    ] {
        let body = body.to_string();
        assert_eq!(Operation::pull(OperationName::GetItem, body.as_bytes()), None, "{why}");
        assert!(
            matches!(Operation::parse(OperationName::GetItem, body.as_bytes()), Ok(Operation::GetItem(_))),
            "{why}"
        );
    }
    let twice = r#"{"TableName":"Other","TableName":"Music","Key":{"a":{"S":"b"}}}"#;
    assert_eq!(Operation::pull(OperationName::GetItem, twice.as_bytes()), None);
    let Ok(Operation::GetItem(get)) = Operation::parse(OperationName::GetItem, twice.as_bytes()) else {
        panic!("of duplicate members the last one counts");
    };
    assert_eq!(get.table.as_given(), "Music");
}

//! Whole requests and the exact sentences they are refused with, in both wordings.

use serde_json::{Value, json};

use super::super::OperationName;
use super::message;
use crate::Wording;

const ENVELOPE: &str = "1 validation error detected: ";

/// Both wordings tell the same.
pub(super) fn always(name: OperationName, body: Value, sentence: &str) {
    both(name, body, sentence, sentence);
}

/// The 2026 wording only adds its prefix.
fn enveloped(name: OperationName, body: Value, sentence: &str) {
    both(name, body, &format!("{ENVELOPE}{sentence}"), sentence);
}

fn both(name: OperationName, body: Value, modern: &str, classic: &str) {
    assert_eq!(message(name, &body, Wording::Modern2026), modern);
    assert_eq!(message(name, &body, Wording::Classic), classic);
}

fn put(members: Value) -> Value {
    with(json!({"TableName": "Music", "Item": {"pk": {"S": "a"}}}), members)
}

fn key(members: Value) -> Value {
    with(json!({"TableName": "Music", "Key": {"pk": {"S": "a"}}}), members)
}

pub(super) fn with(mut request: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("members are an object") };
    for (name, value) in members {
        request[name] = value;
    }
    request
}

#[test]
fn a_missing_or_malformed_table_name() {
    let name = "failed to satisfy constraint: Member must";
    both(
        OperationName::PutItem,
        put(json!({"TableName": ""})),
        &format!("{ENVELOPE}Value at 'TableName' {name} have length greater than or equal to 1"),
        &format!("{ENVELOPE}Value '' at 'tableName' {name} have length greater than or equal to 1"),
    );
    always(
        OperationName::PutItem,
        put(json!({"TableName": null})),
        &format!("{ENVELOPE}Value null at 'tableName' {name} not be null"),
    );
    always(
        OperationName::Scan,
        json!({"TableName": "bad table!@#"}),
        &format!(
            "{ENVELOPE}Value 'bad table!@#' at 'tableName' {name} satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        ),
    );
    let long = "a".repeat(256);
    always(
        OperationName::GetItem,
        key(json!({"TableName": long})),
        &format!("{ENVELOPE}Value '{long}' at 'tableName' {name} have length less than or equal to 255"),
    );
}

#[test]
fn violations_stand_in_the_order_of_the_service() {
    let gathered = "4 validation errors detected: Value 'INVALID' at 'returnConsumedCapacity' failed to satisfy \
                    constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value '' at 'tableName' \
                    failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'INVALID' \
                    at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, \
                    UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]; Value null at 'key' failed to satisfy constraint: Member \
                    must not be null";
    let body = json!({"TableName": "", "ReturnConsumedCapacity": "INVALID", "ReturnValues": "INVALID"});
    always(OperationName::UpdateItem, body, gathered);
    let body = json!({"TableName": "Music", "ConditionalOperator": "XOR"});
    let gathered = "2 validation errors detected: Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: \
                    Member must satisfy enum value set: [OR, AND]; Value null at 'key' failed to satisfy constraint: \
                    Member must not be null";
    always(OperationName::UpdateItem, body, gathered);
}

#[test]
fn an_unknown_spelling() {
    both(
        OperationName::UpdateItem,
        key(json!({"ReturnValues": "INVALID"})),
        &format!(
            "{ENVELOPE}Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, \
             UPDATE_NEW, NONE]"
        ),
        &format!(
            "{ENVELOPE}Value 'INVALID' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value \
             set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
        ),
    );
    always(
        OperationName::Query,
        json!({"TableName": "Music", "Select": "INVALID"}),
        &format!(
            "{ENVELOPE}Value 'INVALID' at 'select' failed to satisfy constraint: Member must satisfy enum value set: \
             [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"
        ),
    );
}

#[test]
fn a_rule_of_a_write() {
    enveloped(
        OperationName::PutItem,
        put(json!({"ReturnValues": "ALL_NEW"})),
        "ReturnValues can only be ALL_OLD or NONE",
    );
    enveloped(
        OperationName::DeleteItem,
        key(json!({"ConditionExpression": ""})),
        "Invalid ConditionExpression: The expression can not be empty;",
    );
    enveloped(
        OperationName::UpdateItem,
        key(json!({"UpdateExpression": "SET a = :v"})),
        "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v",
    );
    enveloped(
        OperationName::PutItem,
        put(json!({"Expected": {"a": {"Exists": true}}})),
        "One or more parameter values were invalid: Value must be provided when Exists is true for Attribute: a",
    );
    enveloped(
        OperationName::PutItem,
        put(json!({"ExpressionAttributeNames": {"#a": "a"}})),
        "ExpressionAttributeNames can only be specified when using expressions",
    );
    both(
        OperationName::PutItem,
        put(json!({"ExpressionAttributeValues": {":a": {"S": "a"}}})),
        "1 validation error detected: ExpressionAttributeValues can only be specified when using expressions",
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    );
}

#[test]
fn a_value_of_a_write() {
    enveloped(
        OperationName::PutItem,
        put(json!({"Item": {"a": {"SS": []}}})),
        "One or more parameter values were invalid: An string set  may not be empty",
    );
    both(
        OperationName::PutItem,
        put(json!({"Item": {"a": {"SS": ["b", "b"]}}})),
        "1 validation error detected: One or more parameter values were invalid: Input collection [\"b\", \"b\"] contains \
         duplicates.",
        "One or more parameter values were invalid: Input collection [b, b] contains duplicates.",
    );
    both(
        OperationName::UpdateItem,
        key(json!({"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"NS": [""]}}})),
        "1 validation error detected: ExpressionAttributeValues contains invalid value: The parameter cannot be converted \
         to a numeric value:  for key :a",
        "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value for key :a",
    );
    always(
        OperationName::PutItem,
        put(json!({"Item": {"a": {}}})),
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    );
    always(
        OperationName::PutItem,
        put(json!({"Item": {"a": {"S": "a".repeat(409_600)}}})),
        "Item size has exceeded the maximum allowed size",
    );
}

#[test]
fn a_rule_of_a_read() {
    always(
        OperationName::GetItem,
        key(json!({"ProjectionExpression": "a, a.b"})),
        "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these \
         paths; path one: [a], path two: [a, b]",
    );
    always(
        OperationName::Query,
        json!({"TableName": "Music", "KeyConditionExpression": ""}),
        "Invalid KeyConditionExpression: The expression can not be empty;",
    );
    always(
        OperationName::GetItem,
        key(json!({"Key": {"pk": {"NULL": false}}})),
        "One or more parameter values were invalid: Null attribute value types must have the value of true",
    );
    let select =
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES";
    enveloped(OperationName::Scan, json!({"TableName": "Music", "Select": "SPECIFIC_ATTRIBUTES"}), select);
    both(
        OperationName::Scan,
        json!({"TableName": "Music", "Limit": 0}),
        &format!(
            "{ENVELOPE}Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
        &format!(
            "{ENVELOPE}Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
    );
    both(
        OperationName::Scan,
        json!({"TableName": "Music", "Segment": 5, "TotalSegments": 5}),
        "The Segment parameter is zero-based and must be less than parameter TotalSegments",
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 5 is not less than \
         TotalSegments: 5",
    );
}

#[test]
fn both_syntaxes_of_a_batch_are_refused_over_tables() {
    let keys = json!([{"pk": {"S": "a"}}]);
    always(
        OperationName::BatchGetItem,
        json!({"RequestItems": {
            "Music": {"Keys": keys, "ProjectionExpression": "pk"}, "Other": {"Keys": keys, "AttributesToGet": ["pk"]},
        }}),
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: \
         {AttributesToGet} Expression parameters: {ProjectionExpression}",
    );
}

#[test]
fn constraints_of_batches() {
    let least = "failed to satisfy constraint: Member must have length greater than or equal to 1";
    for name in [OperationName::BatchGetItem, OperationName::BatchWriteItem] {
        both(
            name,
            json!({"RequestItems": {}}),
            &format!("{ENVELOPE}Value at 'RequestItems' {least}"),
            &format!("{ENVELOPE}Value '{{}}' at 'requestItems' {least}"),
        );
    }
    both(
        OperationName::BatchGetItem,
        json!({"RequestItems": {"Music": {"Keys": []}}}),
        &format!("{ENVELOPE}Value at 'RequestItems.Music.member.Keys' {least}"),
        &format!("{ENVELOPE}Value '[]' at 'requestItems.Music.member.keys' {least}"),
    );
    always(
        OperationName::BatchGetItem,
        json!({"RequestItems": {"bad!name": {"Keys": [{"pk": {"S": "a"}}]}}, "ReturnConsumedCapacity": "BOGUS"}),
        "2 validation errors detected: Value '{\"bad!name\":{\"Keys\":[{\"pk\":{\"S\":\"a\"}}]}}' at 'requestItems' failed \
         to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 255, \
         Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: \
         [a-zA-Z0-9_.-]+]; Value 'BOGUS' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy \
         enum value set: [INDEXES, TOTAL, NONE]",
    );
    let delete = json!({"DeleteRequest": {"Key": {"pk": {"S": "a"}}}});
    both(
        OperationName::BatchWriteItem,
        json!({"RequestItems": {"Music": vec![delete; 26]}}),
        &format!(
            "{ENVELOPE}Value at 'RequestItems.Music.member' failed to satisfy constraint: Member must have length less \
             than or equal to 25"
        ),
        &format!(
            "{ENVELOPE}Value '{{Music=[{}]}}' at 'requestItems' failed to satisfy constraint: Map value must satisfy \
             constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal \
             to 1]",
            ["WriteRequest(deleteRequest)"; 26].join(", ")
        ),
    );
}

#[test]
fn an_attribute_has_a_name_and_not_too_long_a_one() {
    let empty = "One or more parameter values were invalid: Empty attribute name";
    enveloped(OperationName::PutItem, put(json!({"Item": {"pk": {"S": "a"}, "": {"S": "b"}}})), empty);
    enveloped(OperationName::UpdateItem, key(json!({"AttributeUpdates": {"": {"Action": "DELETE"}}})), empty);
    let naming =
        |name: &str| key(json!({"UpdateExpression": "REMOVE #a", "ExpressionAttributeNames": {"#a": name}}));
    enveloped(
        OperationName::UpdateItem,
        naming(""),
        "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a",
    );
    let long = "a".repeat(65_536);
    always(
        OperationName::UpdateItem,
        naming(&long),
        &format!(
            "{ENVELOPE}Value '{{#a={long}}}' at 'expressionAttributeNames' failed to satisfy constraint: Map value must \
             satisfy constraint: [Member must have length less than or equal to 65535, Member must have length greater than \
             or equal to 0]"
        ),
    );
}

#[test]
fn names_and_values_are_not_too_large() {
    let values = json!({":a": {"S": "a".repeat(1_100_000)}, ":b": {"S": "a".repeat(1_100_000)}});
    enveloped(
        OperationName::UpdateItem,
        key(json!({"UpdateExpression": "SET a = :a, b = :b", "ExpressionAttributeValues": values})),
        "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size",
    );
}

//! Which failure is told when a request has several: requests that are put right step by step.

use serde_json::{Value, json};

use super::super::OperationName;
use super::{message, parse};
use crate::Wording;

/// A request, the beginning of the sentence it is refused with, and what puts that right: a member's new value, or `null` to
/// leave it out.
pub(super) struct Step(pub(super) &'static str, pub(super) &'static str, pub(super) Value);

/// Each step must be refused with its sentence until it is put right; what remains must be accepted.
pub(super) fn walk(name: OperationName, mut request: Value, steps: Vec<Step>) {
    for Step(sentence, member, right) in steps {
        let told = message(name, &request, Wording::Classic);
        assert!(told.contains(sentence), "expected {sentence:?}, was told {told:?} for {request}");
        request[member] = right;
    }
    assert!(parse(name, &request).is_ok(), "{:?} for {request}", parse(name, &request));
}

#[test]
fn of_put_item() {
    let request = json!({
        "TableName": 1, "Item": {"pk": {"S": "a"}, "x": {"N": "x"}}, "ReturnValues": "ALL", "Expected": {},
        "ConditionExpression": "a = b = c", "ExpressionAttributeNames": {"#u": "u"},
        "ExpressionAttributeValues": {":v": {"SS": []}},
    });
    walk(
        OperationName::PutItem,
        request,
        vec![
            Step("NUMBER_VALUE cannot be converted to String", "TableName", json!("Music")),
            Step("at 'returnValues' failed to satisfy constraint", "ReturnValues", json!("ALL_NEW")),
            Step("Can not use both expression and non-expression parameters", "Expected", Value::Null),
            Step(
                "The parameter cannot be converted to a numeric value: x",
                "Item",
                json!({"pk": {"S": "a"}}),
            ),
            Step("ReturnValues can only be ALL_OLD or NONE", "ReturnValues", json!("ALL_OLD")),
            Step(
                "An string set  may not be empty for key :v",
                "ExpressionAttributeValues",
                json!({":v": {"S": ""}}),
            ),
            Step("Invalid ConditionExpression: Syntax error", "ConditionExpression", json!("a = :w")),
            Step("attribute value: :w", "ConditionExpression", json!("attribute_exists(a)")),
            Step(
                "ExpressionAttributeNames unused in expressions: keys: {#u}",
                "ExpressionAttributeNames",
                Value::Null,
            ),
            Step(
                "ExpressionAttributeValues unused in expressions: keys: {:v}",
                "ExpressionAttributeValues",
                Value::Null,
            ),
        ],
    );
}

#[test]
fn of_an_item_that_is_too_large() {
    let request = json!({
        "TableName": "Music", "Item": {"pk": {"S": "a".repeat(409_600)}}, "ReturnValues": "ALL_NEW",
        "Expected": {"a": {"Exists": true}},
    });
    walk(
        OperationName::PutItem,
        request,
        vec![
            Step("ReturnValues can only be ALL_OLD or NONE", "ReturnValues", Value::Null),
            Step(
                "Item size has exceeded the maximum allowed size",
                "Item",
                json!({"pk": {"S": "a".repeat(409_598)}}),
            ),
            Step("Value must be provided when Exists is true", "Expected", Value::Null),
        ],
    );
}

#[test]
fn of_update_item() {
    let request = json!({
        "TableName": "bad name", "Key": {"pk": {"S": "a", "N": "1"}}, "UpdateExpression": "SET",
        "AttributeUpdates": {"a": {"Action": "PUT"}}, "Expected": {"a": {"Exists": true}},
        "ConditionExpression": "(", "ExpressionAttributeValues": {}, "ExpressionAttributeNames": {"x": "y"},
    });
    walk(
        OperationName::UpdateItem,
        request,
        vec![
            Step(
                "at 'tableName' failed to satisfy constraint: Member must satisfy regular",
                "TableName",
                json!("Music"),
            ),
            Step(
                "Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression, \
                 ConditionExpression}",
                "UpdateExpression",
                Value::Null,
            ),
            Step("Expression parameters: {ConditionExpression}", "ConditionExpression", Value::Null),
            Step("more than one datatypes set", "Key", json!({"pk": {"S": "a"}})),
            Step("Only DELETE action is allowed", "AttributeUpdates", Value::Null),
            Step("Value must be provided when Exists is true", "Expected", Value::Null),
            Step("ExpressionAttributeNames can only be specified", "ExpressionAttributeNames", Value::Null),
            Step(
                "UpdateExpression and ConditionExpression are null",
                "UpdateExpression",
                json!("SET a = :a"),
            ),
            Step(
                "ExpressionAttributeValues must not be empty",
                "ExpressionAttributeValues",
                json!({"a": {"NULL": false}}),
            ),
            Step(
                "ExpressionAttributeValues contains invalid key",
                "ExpressionAttributeValues",
                json!({":a": {"NULL": false}}),
            ),
            Step("for key :a", "ExpressionAttributeValues", json!({":a": {"NULL": true}})),
        ],
    );
}

#[test]
fn of_delete_item() {
    let request = json!({
        "TableName": "Music", "Key": {"pk": {}}, "ReturnValues": "ALL_NEW",
        "ConditionalOperator": "AND", "ConditionExpression": "",
    });
    walk(
        OperationName::DeleteItem,
        request,
        vec![
            Step("Non-expression parameters: {ConditionalOperator}", "ConditionalOperator", Value::Null),
            Step("Supplied AttributeValue is empty", "Key", json!({"pk": {"S": "a"}})),
            Step("ReturnValues can only be ALL_OLD or NONE", "ReturnValues", json!("ALL_OLD")),
            Step("The expression can not be empty;", "ConditionExpression", json!("attribute_exists(pk)")),
        ],
    );
}

#[test]
fn of_get_item() {
    let request = json!({
        "TableName": "Music", "Key": {"pk": {"NS": ["1", "1"]}}, "ConsistentRead": "true",
        "AttributesToGet": [], "ProjectionExpression": "a, a", "ExpressionAttributeNames": {"#a": "a"},
    });
    walk(
        OperationName::GetItem,
        request,
        vec![
            Step("STRING_VALUE cannot be converted to Boolean", "ConsistentRead", json!(true)),
            Step("'attributesToGet' failed to satisfy constraint", "AttributesToGet", json!(["a", "a"])),
            Step("Can not use both expression", "ProjectionExpression", Value::Null),
            Step("Input collection contains duplicates", "Key", json!({"pk": {"S": "a"}})),
            Step("Duplicate value in attribute name: a", "AttributesToGet", Value::Null),
            Step("ExpressionAttributeNames can only be specified", "ProjectionExpression", json!("b, b")),
            Step("Two document paths overlap", "ProjectionExpression", json!("b")),
            Step("unused in expressions: keys: {#a}", "ExpressionAttributeNames", Value::Null),
        ],
    );
}

#[test]
fn of_query() {
    let request = json!({
        "TableName": "Music", "Limit": 0, "Select": "COUNT", "ExclusiveStartKey": {"pk": {"N": "x"}},
        "QueryFilter": {"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "a"}]}},
        "KeyConditionExpression": "pk = :p OR pk = :u", "ProjectionExpression": "a", "FilterExpression": "(",
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":u": {"S": "u"}},
    });
    walk(
        OperationName::Query,
        request,
        vec![
            Step("at 'limit' failed to satisfy constraint", "Limit", json!(1)),
            Step(
                "Non-expression parameters: {QueryFilter} Expression parameters: {ProjectionExpression, \
                 FilterExpression, KeyConditionExpression}",
                "QueryFilter",
                Value::Null,
            ),
            Step(
                "The provided starting key is invalid: The parameter cannot be converted to a numeric value: x",
                "ExclusiveStartKey",
                Value::Null,
            ),
            Step(
                "Cannot specify the ProjectionExpression when choosing to get only the Count",
                "Select",
                json!("SPECIFIC_ATTRIBUTES"),
            ),
            Step("Invalid FilterExpression: Syntax error", "FilterExpression", json!("a = :u")),
            Step(
                "Invalid operator used in KeyConditionExpression: OR",
                "KeyConditionExpression",
                Value::Null,
            ),
            Step("unused in expressions: keys: {:p}", "ExpressionAttributeValues", json!({":u": {"S": "u"}})),
            Step(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
                "KeyConditionExpression",
                json!("pk = :u"),
            ),
        ],
    );
}

#[test]
fn of_legacy_query() {
    let request = json!({
        "TableName": "Music", "KeyConditions": {"pk": {}}, "ConditionalOperator": "OR",
        "QueryFilter": {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": 1}]}},
    });
    walk(
        OperationName::Query,
        request,
        vec![
            Step(
                "NUMBER_VALUE cannot be converted to String",
                "QueryFilter",
                json!({"a": {"ComparisonOperator": "IS", "AttributeValueList": []}}),
            ),
            Step(
                "2 validation errors detected",
                "QueryFilter",
                json!({"a": {"ComparisonOperator": "EQ", "AttributeValueList": []}}),
            ),
            Step("Value null at 'keyConditions.pk.member.comparisonOperator'", "KeyConditions", json!({})),
            Step("Conditions can be of length 1 or 2 only", "KeyConditions", Value::Null),
            Step(
                "Invalid number of argument(s) for the EQ ComparisonOperator",
                "QueryFilter",
                json!({"a": {"ComparisonOperator": "NULL"}}),
            ),
            Step("ConditionalOperator can only be used when", "ConditionalOperator", Value::Null),
            Step(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
                "KeyConditions",
                json!({"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}}),
            ),
        ],
    );
}

#[test]
fn of_scan() {
    let request = json!({
        "TableName": "Music", "IndexName": "i", "TotalSegments": 0, "Select": "ALL_PROJECTED_ATTRIBUTES",
        "ScanFilter": {}, "FilterExpression": "a = b", "ExclusiveStartKey": {"pk": {"BOOL": 1}},
    });
    walk(
        OperationName::Scan,
        request,
        vec![
            Step(
                "NUMBER_VALUE cannot be converted to Boolean",
                "ExclusiveStartKey",
                json!({"pk": {"NULL": false}}),
            ),
            Step("2 validation errors detected", "IndexName", Value::Null),
            Step("at 'totalSegments' failed to satisfy constraint", "TotalSegments", json!(4)),
            Step("Non-expression parameters: {ScanFilter}", "ScanFilter", Value::Null),
            Step("The provided starting key is invalid: One or more", "ExclusiveStartKey", Value::Null),
            Step("The Segment parameter is required", "Segment", json!(4)),
            Step("Segment: 4 is not less than TotalSegments: 4", "TotalSegments", Value::Null),
            Step("The TotalSegments parameter is required", "TotalSegments", json!(5)),
            Step("ALL_PROJECTED_ATTRIBUTES can be used only when", "Select", Value::Null),
        ],
    );
}

#[test]
fn of_batch_get_item() {
    let keys = |count: usize| -> Value { (0..count).map(|n| json!({"pk": {"N": n.to_string()}})).collect() };
    let request = json!({ "RequestItems": {"a": {"Keys": []}}, "ReturnConsumedCapacity": "ALL" });
    walk(
        OperationName::BatchGetItem,
        request,
        vec![
            Step("3 validation errors detected", "ReturnConsumedCapacity", Value::Null),
            Step("2 validation errors detected", "RequestItems", json!({"abc": {}})),
            Step(
                "Value null at 'requestItems.abc.member.keys'",
                "RequestItems",
                json!({"abc": {"Keys": keys(101)}}),
            ),
            Step(
                "at 'requestItems.abc.member.keys' failed to satisfy constraint: Member must have length less",
                "RequestItems",
                json!({"abc": {"Keys": keys(100)}, "abd": {"Keys": [{"pk": {"N": ""}}]}}),
            ),
            Step(
                "The parameter cannot be converted to a numeric value",
                "RequestItems",
                json!({"abc": {"Keys": keys(100)}, "abd": {"Keys": keys(1)}}),
            ),
            Step(
                "Too many items requested for the BatchGetItem call",
                "RequestItems",
                json!({"abc": {"Keys": [{"pk": {}}], "ProjectionExpression": "a,"}}),
            ),
            Step(
                "Invalid ProjectionExpression: Syntax error",
                "RequestItems",
                json!({"abc": {"Keys": [{"pk": {}}], "AttributesToGet": ["a", "a"]}}),
            ),
            Step(
                "Duplicate value in attribute name: a",
                "RequestItems",
                json!({"abc": {"Keys": [{"pk": {}}]}}),
            ),
            Step("Supplied AttributeValue is empty", "RequestItems", Value::Null),
            Step("Value null at 'requestItems'", "RequestItems", json!({})),
            Step("Value '{}' at 'requestItems'", "RequestItems", json!({"abc": {"Keys": keys(100)}})),
        ],
    );
}

#[test]
fn of_batch_write_item() {
    let puts = |count: usize| -> Value {
        (0..count).map(|n| json!({"PutRequest": {"Item": {"pk": {"N": n.to_string()}}}})).collect()
    };
    let large = json!({"pk": {"S": "a".repeat(409_600)}});
    let request =
        json!({ "RequestItems": {"a!": [{"PutRequest": {}}]}, "ReturnItemCollectionMetrics": "ALL" });
    walk(
        OperationName::BatchWriteItem,
        request,
        vec![
            Step("2 validation errors detected", "ReturnItemCollectionMetrics", json!("SIZE")),
            Step(
                "Value null at 'requestItems.a!.member.1.member.putRequest.item'",
                "RequestItems",
                json!({"a!": [{"PutRequest": {"Item": {}}}]}),
            ),
            Step("Map keys must satisfy constraint", "RequestItems", json!({"abc": puts(26)})),
            Step(
                "[Member must have length less than or equal to 25, Member",
                "RequestItems",
                json!({"abc": [{}]}),
            ),
            Step(
                "Supplied AttributeValue has more than one datatypes set",
                "RequestItems",
                json!({"abc": [{"PutRequest": {"Item": large}}]}),
            ),
            Step(
                "Item size has exceeded the maximum allowed size",
                "RequestItems",
                json!({"abc": puts(25), "abd": puts(1)}),
            ),
            Step(
                "Too many items requested for the BatchWriteItem call",
                "RequestItems",
                json!({"abc": puts(25)}),
            ),
        ],
    );
}

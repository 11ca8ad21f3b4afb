//! Requests of transactions.

mod fingerprint;

use partita_model::{AttributeValue, Item};
use serde_json::{Value, json};

use super::super::{
    Operation, OperationName, ReturnCapacity, ReturnValues, TransactAction, TransactGetItems,
    TransactWriteItems,
};
use super::order::{Step, walk};
use super::wording::{always, with};
use super::{message, parse};
use crate::Wording;

const DETECTED: &str = "1 validation error detected: ";

pub(super) fn write(request: &Value) -> TransactWriteItems {
    match parse(OperationName::TransactWriteItems, request) {
        Ok(Operation::TransactWriteItems(write)) => write,
        other => panic!("{other:?} for {request}"),
    }
}

fn read(request: &Value) -> TransactGetItems {
    match parse(OperationName::TransactGetItems, request) {
        Ok(Operation::TransactGetItems(read)) => read,
        other => panic!("{other:?} for {request}"),
    }
}

/// The parts of an action that all kinds have but a put.
fn keyed(members: Value) -> Value {
    with(json!({"TableName": "Music", "Key": {"pk": {"S": "a"}}}), members)
}

fn put(key: &str) -> Value {
    json!({"Put": {"TableName": "Music", "Item": {"pk": {"S": key}}}})
}

fn refused_write(elements: Value, sentence: &str) {
    always(OperationName::TransactWriteItems, json!({ "TransactItems": elements }), sentence);
}

fn item() -> Item {
    Item::from([("pk".to_owned(), AttributeValue::S("a".to_owned()))])
}

#[test]
fn each_kind_of_action_is_read() {
    let request = json!({"TransactItems": [
        {"ConditionCheck": keyed(json!({
            "ConditionExpression": "#p = :p", "ExpressionAttributeNames": {"#p": "pk"},
            "ExpressionAttributeValues": {":p": {"S": "a"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }))},
        {"Put": {"TableName": "Music", "Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_exists(pk)"}},
        {"Update": keyed(json!({
            "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"N": "1"}},
            "ReturnValuesOnConditionCheckFailure": "NONE",
        }))},
        {"Delete": keyed(json!({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}))},
    ], "ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"});
    let write = write(&request);
    assert_eq!((write.capacity, write.collection_metrics), (ReturnCapacity::Indexes, true));
    assert_eq!(write.token, None);
    for action in &write.actions {
        assert_eq!((action.table().as_given(), action.keys()), ("Music", &item()));
    }
    let shows: Vec<bool> = write.actions.iter().map(TransactAction::on_condition_failure).collect();
    assert_eq!(shows, [true, false, false, true]);
    let holds: Vec<Option<bool>> =
        write.actions.iter().map(|action| Some(action.condition()?.evaluate(&item()))).collect();
    assert_eq!(holds, [Some(true), Some(true), None, None]);

    let [TransactAction::ConditionCheck(_), TransactAction::Put(put), TransactAction::Update(update), _] =
        write.actions.as_slice()
    else {
        panic!("{:?}", write.actions)
    };
    assert_eq!((put.return_values, put.capacity), (ReturnValues::None, ReturnCapacity::None));
    let changed = update.update.as_ref().unwrap().apply(&item()).unwrap();
    assert_eq!(changed["a"], AttributeValue::N("1".parse().unwrap()));
}

#[test]
fn members_of_other_operations_and_absent_actions_are_ignored() {
    let request = json!({"TransactItems": [{
        "Put": {"TableName": "Music", "Item": {}, "Expected": 1, "UpdateExpression": 2, "ReturnValues": 3, "Key": 4},
        "Delete": null, "Get": 5,
    }]});
    assert!(matches!(write(&request).actions.as_slice(), [TransactAction::Put(put)] if put.item.is_empty()));
}

#[test]
fn the_number_of_actions_is_bounded() {
    for name in [OperationName::TransactWriteItems, OperationName::TransactGetItems] {
        let bound = "at 'transactItems' failed to satisfy constraint: Member must";
        let empty = format!("{DETECTED}Value '[]' {bound} have length greater than or equal to 1");
        always(name, json!({"TransactItems": []}), &empty);
        always(name, json!({}), &format!("{DETECTED}Value null {bound} not be null"));
    }
    let puts = |count: usize| -> Value { (0..count).map(|n| put(&n.to_string())).collect() };
    assert_eq!(write(&json!({"TransactItems": puts(100)})).actions.len(), 100);
    let shown = ["TransactWriteItem(put)"; 100].join(", ");
    let too_many = format!(
        "{DETECTED}Value '[{shown}]' at 'transactItems' failed to satisfy constraint: Member must have length less than or \
         equal to 100"
    );
    // What is beyond the bound is not kept, and so not shown.
    for count in [101, 10_000] {
        refused_write(puts(count), &too_many);
    }
    let gets: Vec<Value> = (0..101).map(|_| json!({"Get": keyed(json!({}))})).collect();
    assert_eq!(read(&json!({"TransactItems": gets.get(..100).unwrap()})).gets.len(), 100);
    let told = message(OperationName::TransactGetItems, &json!({"TransactItems": gets}), Wording::Modern2026);
    assert!(told.starts_with(&format!("{DETECTED}Value '[TransactGetItem(get), ")), "{told}");
    assert!(told.ends_with("Member must have length less than or equal to 100"), "{told}");
}

#[test]
fn elements_beyond_the_bound_are_still_read() {
    let mut elements = vec![put("a"); 101];
    elements.push(json!({"Put": {"TableName": 1}}));
    refused_write(Value::Array(elements), "NUMBER_VALUE cannot be converted to String");
}

#[test]
fn constraints_of_actions_name_their_place() {
    let elements =
        json!([put("a"), {"Update": {"TableName": "", "ReturnValuesOnConditionCheckFailure": "ALL"}}]);
    let at = "at 'transactItems.2.member.update";
    refused_write(
        elements,
        &format!(
            "4 validation errors detected: Value '' {at}.tableName' failed to satisfy constraint: Member must have length \
             greater than or equal to 1; Value 'ALL' {at}.returnValuesOnConditionCheckFailure' failed to satisfy constraint: \
             Member must satisfy enum value set: [ALL_OLD, NONE]; Value null {at}.key' failed to satisfy constraint: Member \
             must not be null; Value null {at}.updateExpression' failed to satisfy constraint: Member must not be null"
        ),
    );
    let null = |at: &str| {
        format!("{DETECTED}Value null at '{at}' failed to satisfy constraint: Member must not be null")
    };
    refused_write(
        json!([{"ConditionCheck": keyed(json!({}))}]),
        &null("transactItems.1.member.conditionCheck.conditionExpression"),
    );
    refused_write(json!([{"Put": {"TableName": "Music"}}]), &null("transactItems.1.member.put.item"));
    refused_write(json!([{"Delete": {"TableName": "Music"}}]), &null("transactItems.1.member.delete.key"));
    let get = |element: Value| json!({"TransactItems": [element]});
    always(OperationName::TransactGetItems, get(json!({})), &null("transactItems.1.member.get"));
    always(
        OperationName::TransactGetItems,
        get(json!({"Get": {"TableName": "Music"}})),
        &null("transactItems.1.member.get.key"),
    );
}

#[test]
fn an_element_is_one_action() {
    refused_write(
        json!([{"Put": {"TableName": "Music", "Item": {}}, "Delete": keyed(json!({}))}]),
        "TransactItems can only contain one of Check, Put, Update or Delete",
    );
    refused_write(
        json!([{}]),
        "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
    );
}

#[test]
fn a_token_has_1_to_36_characters() {
    let request = |token: &str| json!({"TransactItems": [put("a")], "ClientRequestToken": token});
    let bound = "at 'clientRequestToken' failed to satisfy constraint: Member must have length";
    always(
        OperationName::TransactWriteItems,
        request(""),
        &format!("{DETECTED}Value '' {bound} greater than or equal to 1"),
    );
    let long = "é".repeat(37);
    always(
        OperationName::TransactWriteItems,
        request(&long),
        &format!("{DETECTED}Value '{long}' {bound} less than or equal to 36"),
    );
    let longest = "é".repeat(36);
    assert_eq!(write(&request(&longest)).token.unwrap().text, longest);
}

#[test]
fn what_a_request_holds_is_at_most_4_mb() {
    // Each item has 2 + 4 bytes more than its value.
    let puts = |count: usize| -> Vec<Value> {
        let item = |n| json!({"pk": {"S": format!("{n:04}{}", "x".repeat(399_996))}});
        (0..count).map(|n| json!({"Put": {"TableName": "Music", "Item": item(n)}})).collect()
    };
    let request = |actions: Vec<Value>| json!({"TransactItems": actions});
    assert_eq!(write(&request(puts(10))).actions.len(), 10);
    refused_write(
        Value::Array(puts(11)),
        "Transaction payload size cannot exceed 4MB. Payload Size: 4400022",
    );
    let mut actions = puts(10);
    actions.push(json!({"Update": keyed(json!({
        "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "x".repeat(194_279)}},
    }))}));
    // 10 puts of 400002 bytes, the key's 3, and the value with its placeholder.
    let bytes = 10 * 400_002 + 3 + 194_281;
    assert_eq!(bytes, 4 << 20);
    assert_eq!(write(&request(actions.clone())).actions.len(), 11);
    actions.push(json!({"Delete": {"TableName": "Music", "Key": {"pk": {"S": "b".repeat(100)}}}}));
    let bytes = bytes + 102;
    let sentence = format!("Transaction payload size cannot exceed 4MB. Payload Size: {bytes}");
    refused_write(Value::Array(actions), &sentence);
}

#[test]
fn failures_are_told_in_this_order() {
    let elements =
        |members: Value| json!([{"Put": with(json!({"TableName": "Music", "Item": {}}), members)}]);
    let request = json!({
        "TransactItems": 1, "ClientRequestToken": "", "ReturnConsumedCapacity": "ALL", "ReturnItemCollectionMetrics": "ALL",
    });
    walk(
        OperationName::TransactWriteItems,
        request,
        vec![
            Step("Unexpected field type", "TransactItems", json!([{}, {"Put": {}}])),
            Step("5 validation errors detected: Value 'ALL' at", "ReturnConsumedCapacity", Value::Null),
            Step(
                "'returnItemCollectionMetrics' failed to satisfy",
                "ReturnItemCollectionMetrics",
                Value::Null,
            ),
            Step("'clientRequestToken' failed to satisfy", "ClientRequestToken", Value::Null),
            Step(
                "2 validation errors detected",
                "TransactItems",
                json!([{"Put": {"TableName": "a", "Item": {"a": {}}}}, {}]),
            ),
            Step(
                "Invalid Request",
                "TransactItems",
                elements(json!({"Item": {"a": {}}, "ConditionExpression": "a"})),
            ),
            Step(
                "Supplied AttributeValue is empty",
                "TransactItems",
                elements(json!({"Item": {"a": {"S": "x".repeat(409_600)}}, "ConditionExpression": "a"})),
            ),
            Step(
                "Item size has exceeded the maximum allowed size",
                "TransactItems",
                elements(json!({"ExpressionAttributeValues": {":a": {"S": "b"}}})),
            ),
            Step(
                "can only be specified when using expressions: ConditionExpression is null",
                "TransactItems",
                elements(
                    json!({"ConditionExpression": "a", "ExpressionAttributeValues": {":a": {"S": "b"}}}),
                ),
            ),
            Step(
                "Invalid ConditionExpression: Syntax error",
                "TransactItems",
                elements(
                    json!({"ConditionExpression": "a = b", "ExpressionAttributeValues": {":a": {"S": "b"}}}),
                ),
            ),
            Step("ExpressionAttributeValues unused", "TransactItems", elements(json!({}))),
        ],
    );
}

#[test]
fn a_read_names_item_and_projection() {
    let request = json!({"TransactItems": [
        {"Get": keyed(json!({"AttributesToGet": 1, "ConsistentRead": 2}))},
        {"Get": keyed(json!({"ProjectionExpression": "#p", "ExpressionAttributeNames": {"#p": "pk"}}))},
    ], "ReturnConsumedCapacity": "TOTAL"});
    let read = read(&request);
    assert_eq!(read.capacity, ReturnCapacity::Total);
    let [whole, part] = read.gets.as_slice() else { panic!("{read:?}") };
    assert_eq!((whole.table.as_given(), &whole.key, &whole.projection), ("Music", &item(), &None));
    assert_eq!(part.projection.as_ref().unwrap().apply(&item()), item());
    always(
        OperationName::TransactGetItems,
        json!({"TransactItems": [{"Get": keyed(json!({"ProjectionExpression": "!!!"}))}]}),
        "Invalid ProjectionExpression: Syntax error; token: \"!\", near: \"!!\"",
    );
}

//! Which requests a token takes for the same.

use serde_json::{Value, json};

use super::super::super::{Fingerprint, Operation, OperationName};
use super::super::parse;
use super::super::wording::with;
use super::write;

fn fingerprint_of(request: Value) -> Fingerprint {
    let token =
        match parse(OperationName::TransactWriteItems, &with(request, json!({"ClientRequestToken": "t"}))) {
            Ok(Operation::TransactWriteItems(write)) => write.token,
            other => panic!("{other:?}"),
        };
    token.expect("there is a token").fingerprint
}

fn statements_of(request: Value) -> Fingerprint {
    let token =
        match parse(OperationName::ExecuteTransaction, &with(request, json!({"ClientRequestToken": "t"}))) {
            Ok(Operation::ExecuteTransaction(execute)) => execute.token,
            other => panic!("{other:?}"),
        };
    token.expect("there is a token").fingerprint
}

fn update(members: Value) -> Value {
    let update = json!({
        "TableName": "Music", "Key": {"pk": {"S": "a"}}, "UpdateExpression": "SET #n = :v, s = :s",
        "ExpressionAttributeNames": {"#n": "n"}, "ExpressionAttributeValues": {":v": {"N": "1"}, ":s": {"SS": ["a", "b"]}},
    });
    json!({"TransactItems": [{"Update": with(update, members)}]})
}

fn put_and_delete() -> [Value; 2] {
    [
        json!({"Put": {"TableName": "Music", "Item": {"pk": {"S": "a"}}}}),
        json!({"Delete": {"TableName": "Music", "Key": {"pk": {"S": "b"}}}}),
    ]
}

#[test]
fn what_the_answer_shows_and_how_values_are_spelled_does_not_count() {
    let told = fingerprint_of(update(json!({})));
    for same in [
        update(json!({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"})),
        update(json!({"ExpressionAttributeValues": {":s": {"SS": ["b", "a"]}, ":v": {"N": "1.0"}}})),
        update(json!({"Unknown": 1})),
        with(
            update(json!({})),
            json!({"ReturnConsumedCapacity": "TOTAL", "ReturnItemCollectionMetrics": "SIZE"}),
        ),
    ] {
        assert_eq!(fingerprint_of(same.clone()), told, "{same}");
    }
}

#[test]
fn whatever_an_action_does_counts() {
    let [put, delete] = put_and_delete();
    let one = |action: &Value| json!({"TransactItems": [action]});
    let requests = [
        update(json!({})),
        update(json!({"TableName": "Other"})),
        update(json!({"Key": {"pk": {"S": "b"}}})),
        update(json!({"Key": {"pk": {"B": "YQ=="}}})),
        update(json!({"UpdateExpression": "SET s = :s, #n = :v"})),
        update(json!({"ConditionExpression": "attribute_exists(pk)"})),
        update(json!({"ExpressionAttributeNames": {"#n": "m"}})),
        update(json!({"ExpressionAttributeValues": {":v": {"N": "2"}, ":s": {"SS": ["a", "b"]}}})),
        one(&put),
        one(&delete),
        one(&json!({"Delete": {"TableName": "Music", "Key": {"pk": {"S": "a"}}}})),
        one(
            &json!({"Delete": {"TableName": "Music", "Key": {"pk": {"S": "a"}}, "ConditionExpression": "a = b"}}),
        ),
        one(
            &json!({"ConditionCheck": {"TableName": "Music", "Key": {"pk": {"S": "a"}}, "ConditionExpression": "a = b"}}),
        ),
        json!({"TransactItems": [put, delete]}),
        json!({"TransactItems": [delete, put]}),
    ];
    let mut told: Vec<[u8; 16]> =
        requests.into_iter().map(|request| fingerprint_of(request).to_bytes()).collect();
    let all = told.len();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), all);
}

#[test]
fn statements_count_by_text_and_parameters() {
    let request = |statements: Value| json!({ "TransactStatements": statements });
    let told = statements_of(request(json!([{"Statement": "ab", "Parameters": [{"N": "1"}]}])));
    let same = with(
        request(json!([{
            "Statement": "ab", "Parameters": [{"N": "1.0"}], "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }])),
        json!({"ReturnConsumedCapacity": "TOTAL"}),
    );
    assert_eq!(statements_of(same), told);
    for other in [
        json!([{"Statement": "ab"}]),
        json!([{"Statement": "ab", "Parameters": [{"S": "1"}]}]),
        json!([{"Statement": "ab", "Parameters": [{"N": "1"}, {"N": "1"}]}]),
        json!([{"Statement": "a"}, {"Statement": "b", "Parameters": [{"N": "1"}]}]),
    ] {
        assert_ne!(statements_of(request(other.clone())), told, "{other}");
    }
}

/// They are kept with the tokens: another release must make the same ones.
#[test]
fn fingerprints_stay_as_they_are() {
    let [put, delete] = put_and_delete();
    let request = update(json!({"ConditionExpression": "attribute_exists(pk)"}));
    let mut actions = vec![put, delete];
    actions.extend(request["TransactItems"].as_array().unwrap().iter().cloned());
    let written = fingerprint_of(json!({"TransactItems": actions}));
    let stated =
        statements_of(json!({"TransactStatements": [{"Statement": "s", "Parameters": [{"NULL": true}]}]}));
    let told = format!("{:02x?} {:02x?}", written.to_bytes(), stated.to_bytes()).replace(", ", "");
    assert_eq!(told, "[9ef772113ad1d35d5ed8402da2722ee0] [e3a1985fe576309250c4658923829d83]");
    assert_eq!(Fingerprint::from_bytes(written.to_bytes()), written);
}

#[test]
fn without_a_token_there_is_none() {
    let [put, _] = put_and_delete();
    assert_eq!(write(&json!({"TransactItems": [put]})).token, None);
}

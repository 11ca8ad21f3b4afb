mod access;
mod compression;
mod indexes;
mod planes;
mod routes;
mod streams;

use http::Method;
use serde_json::{Value, json};

use super::*;
use crate::fake::{World, bare, call, options, signed, with};

fn json_of(answer: &RawResponse) -> Value {
    serde_json::from_slice(&answer.body).expect("a JSON body")
}

fn header<'a>(answer: &'a RawResponse, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().expect("ASCII"))
}

/// The error's name without its namespace, after a look at the status.
fn error_of(answer: &RawResponse, status: u16) -> String {
    assert_eq!(answer.status.as_u16(), status, "{:?}", answer.body);
    let body = json_of(answer);
    let name = body["__type"].as_str().expect("an error").rsplit('#').next();
    name.expect("a name").to_owned()
}

#[tokio::test]
async fn an_item_goes_in_and_comes_out() {
    let world = World::open(options()).await;
    let item = json!({ "p": { "S": "a" }, "n": { "N": "1.5" } });
    let put = call("PutItem", json!({ "TableName": "music", "Item": item }).to_string());
    let answer = world.gateway.handle(put).await;
    assert_eq!((answer.status.as_u16(), json_of(&answer)), (200, json!({})));
    let key = json!({ "p": { "S": "a" } });
    for (operation, body, expected) in [
        ("GetItem", json!({ "TableName": "music", "Key": key }), json!({ "Item": item })),
        (
            "Query",
            json!({
                "TableName": "music",
                "KeyConditionExpression": "p = :p",
                "ExpressionAttributeValues": { ":p": { "S": "a" } },
            }),
            json!({ "Items": [item], "Count": 1, "ScannedCount": 1 }),
        ),
        ("Scan", json!({ "TableName": "music" }), json!({ "Items": [item], "Count": 1, "ScannedCount": 1 })),
        (
            "BatchGetItem",
            json!({ "RequestItems": { "music": { "Keys": [key] } } }),
            json!({ "Responses": { "music": [item] }, "UnprocessedKeys": {} }),
        ),
        (
            "UpdateItem",
            json!({
                "TableName": "music",
                "Key": key,
                "UpdateExpression": "SET n = :n",
                "ExpressionAttributeValues": { ":n": { "N": "2" } },
                "ReturnValues": "UPDATED_NEW",
            }),
            json!({ "Attributes": { "n": { "N": "2" } } }),
        ),
        (
            "BatchWriteItem",
            json!({ "RequestItems": { "music": [{ "PutRequest": { "Item": { "p": { "S": "b" } } } }] } }),
            json!({ "UnprocessedItems": {} }),
        ),
        ("DeleteItem", json!({ "TableName": "music", "Key": key }), json!({})),
    ] {
        let answer = world.gateway.handle(call(operation, body.to_string())).await;
        assert_eq!((answer.status.as_u16(), json_of(&answer)), (200, expected), "{operation}");
    }
}

#[tokio::test]
async fn table_operations_go_to_the_control_plane() {
    let world = World::open(options()).await;
    let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/music";
    let create = json!({
        "TableName": "music",
        "AttributeDefinitions": [{ "AttributeName": "p", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    let tags = json!({ "ResourceArn": arn, "Tags": [{ "Key": "k", "Value": "v" }] });
    for (operation, body, pointer, expected) in [
        ("CreateTable", create, "/TableDescription/TableStatus", json!("CREATING")),
        ("DescribeTable", json!({ "TableName": "music" }), "/Table/TableStatus", json!("ACTIVE")),
        (
            "UpdateTable",
            json!({ "TableName": "music", "DeletionProtectionEnabled": true }),
            "/TableDescription/TableStatus",
            json!("UPDATING"),
        ),
        ("DeleteTable", json!({ "TableName": "music" }), "/TableDescription/TableStatus", json!("DELETING")),
        ("ListTables", json!({ "Limit": 1 }), "", json!({ "TableNames": ["a-table-of-many-0"] })),
        ("TagResource", tags, "", json!({})),
        ("DescribeLimits", json!({}), "/TableMaxWriteCapacityUnits", json!(4)),
        (
            "DescribeEndpoints",
            json!({}),
            "/Endpoints/0",
            json!({ "Address": "localhost:8000", "CachePeriodInMinutes": 1440 }),
        ),
    ] {
        let answer = world.gateway.handle(call(operation, body.to_string())).await;
        assert_eq!(answer.status.as_u16(), 200, "{operation}: {:?}", answer.body);
        assert_eq!(json_of(&answer).pointer(pointer), Some(&expected), "{operation}");
    }
}

#[tokio::test]
async fn every_answer_carries_what_sdks_look_for() {
    let world = World::open(options()).await;
    let answer = world.gateway.handle(call("DescribeLimits", "{}")).await;
    for (name, value) in [
        ("x-amzn-requestid", "1".repeat(52)),
        ("x-amz-crc32", crc32fast::hash(&answer.body).to_string()),
        ("content-length", answer.body.len().to_string()),
        ("content-type", "application/x-amz-json-1.0".to_owned()),
        ("date", "Thu, 01 Jan 2026 12:00:00 GMT".to_owned()),
        ("server", "Server".to_owned()),
    ] {
        assert_eq!(header(&answer, name), Some(value.as_str()), "{name}");
    }
    let next = world.gateway.handle(bare(Method::GET, "/")).await;
    assert_eq!(header(&next, "x-amzn-requestid"), Some("2".repeat(52).as_str()));
}

#[tokio::test]
async fn what_is_wrong_first_is_told_first() {
    let world = World::open(options()).await;
    for (target, body, error) in [
        ("DynamoDB_20120810.Nonsense", "nonsense", "SerializationException"),
        ("DynamoDB_20120810.Nonsense", "", "SerializationException"),
        ("DynamoDB_20120810.Nonsense", "[]", "SerializationException"),
        ("DynamoDB_20120810.Nonsense", "{}", "UnknownOperationException"),
        ("DynamoDB_20111205.GetItem", "{}", "UnknownOperationException"),
        ("DynamoDB_20120810.GetItem", "{", "SerializationException"),
        ("DynamoDB_20120810.GetItem", "{\"TableName\": 1}", "SerializationException"),
        ("DynamoDB_20120810.GetItem", "{}", "ValidationException"),
        (
            "DynamoDB_20120810.GetItem",
            "{\"TableName\":\"none\",\"Key\":{\"x\":{\"S\":\"a\"}}}",
            "ResourceNotFoundException",
        ),
        (
            "DynamoDB_20120810.GetItem",
            "{\"TableName\":\"music\",\"Key\":{\"x\":{\"S\":\"a\"}}}",
            "ValidationException",
        ),
    ] {
        let request = with(&call("", body.to_owned()), "x-amz-target", target);
        let answer = world.gateway.handle(request).await;
        assert_eq!(error_of(&answer, 400), error, "{target} {body}");
    }
    let mut request = call("", "{}");
    request.headers.remove("x-amz-target");
    let answer = world.gateway.handle(request).await;
    assert_eq!(json_of(&answer), json!({ "__type": "com.amazon.coral.service#UnknownOperationException" }));
}

#[tokio::test]
async fn the_wording_is_a_choice() {
    let request = call("PutItem", "{\"TableName\":\"\",\"Item\":{}}");
    let mut texts = Vec::new();
    for wording in [Wording::Modern2026, Wording::Classic] {
        let world = World::open(Options { wording, ..options() }).await;
        let answer = world.gateway.handle(request.clone()).await;
        texts.push(json_of(&answer)["message"].as_str().expect("a message").to_owned());
    }
    assert!(texts[0].contains("Value at 'TableName'"), "{texts:?}");
    assert!(texts[1].contains("Value '' at 'tableName'"), "{texts:?}");
}

#[tokio::test]
async fn a_panic_is_one_requests_own() {
    let world = World::open(options()).await;
    let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/music";
    let body = json!({ "ResourceArn": arn, "TagKeys": ["k"] }).to_string();
    let answer = world.gateway.handle(call("UntagResource", body)).await;
    assert_eq!(error_of(&answer, 500), "InternalServerError");
    assert_eq!(world.gateway.handle(call("DescribeLimits", "{}")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_failed_store_is_an_internal_error() {
    let world = World::open(options()).await;
    world.store.fail();
    let put = call("PutItem", "{\"TableName\":\"music\",\"Item\":{\"p\":{\"S\":\"a\"}}}");
    assert_eq!(error_of(&world.gateway.handle(put).await, 500), "InternalServerError");
}

//! Transactions that do not happen.

use partita_model::ScalarType;
use partita_protocol::OperationName::{PutItem, TransactGetItems, TransactWriteItems};
use serde_json::{Value, json};

use super::super::support::{World, indexed, key, options, simple, sorted, table, with_global_index};
use super::{actions, add, codes, delete, exists, get, put, reasons, value};
use crate::EngineOptions;

#[tokio::test]
async fn every_action_that_fails_has_its_reason_and_nothing_is_written() {
    let world = World::with([simple()]).await;
    world.ok(PutItem, json!({"TableName": "simple", "Item": {"p": {"S": "text"}, "v": {"S": "text"}}})).await;
    let mut shown = delete("text");
    shown["Delete"]["ConditionExpression"] = json!("attribute_not_exists(p)");
    let mut not_shown = shown.clone();
    not_shown["Delete"]["Key"] = json!({"p": {"S": "none"}});
    not_shown["Delete"]["ConditionExpression"] = json!("attribute_exists(p)");
    shown["Delete"]["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    let update = json!({"Update": {"TableName": "simple", "Key": {"p": {"S": "path"}},
                        "UpdateExpression": "SET a.b = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}});
    let refused = world
        .call(TransactWriteItems, actions(&[put("a", 1), shown, not_shown, update, exists("missing")]))
        .await
        .unwrap_err();
    let path = "The document path provided in the update expression is invalid for update";
    let failed = ("ConditionalCheckFailed".to_owned(), "The conditional request failed".to_owned());
    let expected = [
        ("None".to_owned(), String::new()),
        failed.clone(),
        failed.clone(),
        ("ValidationError".to_owned(), path.to_owned()),
        failed,
    ];
    assert_eq!(reasons(&refused), expected);
    let body = refused.to_json(Default::default());
    assert_eq!(body["CancellationReasons"][1]["Item"]["v"], json!({"S": "text"}));
    assert_eq!(body["CancellationReasons"][2].get("Item"), None);
    let codes =
        "None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError, ConditionalCheckFailed";
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]");
    assert_eq!(body["Message"], message);
    assert_eq!(value(&world, "a").await, Value::Null);
}

#[tokio::test]
async fn operands_and_sizes_that_do_not_fit_the_item_are_reasons() {
    let world = World::with([simple()]).await;
    let text = json!({"p": {"S": "text"}, "v": {"S": "text"}});
    let large = json!({"p": {"S": "large"}, "w": {"S": "x".repeat(300_000)}});
    for item in [text, large] {
        world.ok(PutItem, json!({"TableName": "simple", "Item": item})).await;
    }
    let grow = json!({"Update": {"TableName": "simple", "Key": {"p": {"S": "large"}},
                      "UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": "x".repeat(200_000)}}}});
    let refused = world.call(TransactWriteItems, actions(&[add("text", 1), grow])).await.unwrap_err();
    let messages: Vec<String> = reasons(&refused).into_iter().map(|(_, message)| message).collect();
    assert_eq!(codes(&refused), ["ValidationError", "ValidationError"]);
    assert!(
        messages[0].contains("incorrect operand type") || messages[0].contains("incorrect data type"),
        "{messages:?}"
    );
    assert_eq!(messages[1], "Item size to update has exceeded the maximum allowed size");
}

#[tokio::test]
async fn what_is_wrong_without_any_item_refuses_the_whole_call() {
    let world = World::with([simple(), with_global_index_named("other")]).await;
    let wrong_key = json!({"Delete": {"TableName": "simple", "Key": {"q": {"S": "k"}}}});
    let no_key = json!({"Put": {"TableName": "simple", "Item": {"q": {"S": "k"}}}});
    let key_update = json!({"Update": {"TableName": "simple", "Key": {"p": {"S": "k"}},
                            "UpdateExpression": "SET p = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}});
    let index_key = json!({"Put": {"TableName": "other", "Item": {"p": {"S": "k"}, "g": {"N": "1"}}}});
    for (action, sentence) in [
        (wrong_key, "The provided key element does not match the schema"),
        (no_key, "Missing the key p in the item"),
        (key_update, "This attribute is part of the key"),
        (index_key, "Type mismatch for Index Key g"),
    ] {
        let refusal = world.invalid(TransactWriteItems, actions(&[exists("missing"), action])).await;
        assert!(refusal.contains(sentence), "{refusal}");
    }
    let absent = json!({"Delete": {"TableName": "absent", "Key": {"p": {"S": "k"}}}});
    let (name, _) = world.refused(TransactWriteItems, actions(&[put("a", 1), absent])).await;
    assert_eq!(name, "ResourceNotFoundException");
    assert_eq!(value(&world, "a").await, Value::Null);
}

fn with_global_index_named(name: &str) -> partita_model::TableDescriptor {
    let mut descriptor = table(9, name, key("p", ScalarType::S), None);
    descriptor.global_indexes = with_global_index().global_indexes;
    descriptor
}

#[tokio::test]
async fn an_item_may_be_there_once() {
    let world = World::with([simple()]).await;
    let sentence = "Transaction request cannot include multiple operations on one item";
    let twice = actions(&[put("a", 1), exists("b"), delete("a")]);
    assert_eq!(world.invalid(TransactWriteItems, twice).await, sentence);
    assert_eq!(world.invalid(TransactGetItems, actions(&[get("a"), get("a")])).await, sentence);
    let mut by_arn = delete("a");
    by_arn["Delete"]["TableName"] = json!("arn:aws:dynamodb:eu-central-1:123456789012:table/simple");
    assert_eq!(world.invalid(TransactWriteItems, actions(&[put("a", 1), by_arn])).await, sentence);
}

#[tokio::test]
async fn a_collection_that_grows_too_large_cancels_the_actions_that_grow_it() {
    let options = EngineOptions { collection_bytes_max: 1_000, ..options() };
    let world = World::with_options([indexed(), sorted()], options).await;
    let item = |p: &str, s: u64, bytes: usize| json!({"Put": {"TableName": "indexed", "Item": {"p": {"S": p}, "s": {"N": s.to_string()}, "v": {"S": "x".repeat(bytes)}}}});
    world.ok(TransactWriteItems, actions(&[item("k", 1, 200)])).await;
    let shrink = json!({"Delete": {"TableName": "indexed", "Key": {"p": {"S": "k"}, "s": {"N": "1"}}}});
    let together = actions(&[item("k", 2, 300), item("other", 1, 300), item("k", 3, 300)]);
    let refused = world.call(TransactWriteItems, together).await.unwrap_err();
    let collection = ("ItemCollectionSizeLimitExceeded".to_owned(), "Collection size exceeded.".to_owned());
    assert_eq!(reasons(&refused), [collection.clone(), ("None".to_owned(), String::new()), collection]);
    // What one action gives back, another one may take.
    world.ok(TransactWriteItems, actions(&[shrink, item("k", 2, 300), item("k", 3, 300)])).await;
    assert_eq!(world.engine.statistics(indexed().id).await.unwrap().table.item_count, 2);
}

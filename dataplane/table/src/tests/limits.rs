//! Limits, to the byte.

use partita_protocol::OperationName::{BatchGetItem, DeleteItem, GetItem, PutItem, Query, Scan, UpdateItem};
use serde_json::{Value, json};

use super::support::{World, call, indexed, open, options, simple, sorted};
use crate::EngineOptions;

const ITEM_MAX: usize = 409_600;

/// An item of the table `sorted` of exactly that size.
fn sorted_item(sort: usize, size: usize) -> Value {
    // p k, s and a number of one pair of digits, d.
    let filling = size - 2 - 3 - 1;
    assert!((1..100).contains(&sort));
    json!({"p": {"S": "k"}, "s": {"N": sort.to_string()}, "d": {"S": "x".repeat(filling)}})
}

async fn put(world: &World, table: &str, item: Value) {
    world.ok(PutItem, json!({"TableName": table, "Item": item})).await;
}

fn query() -> Value {
    json!({"TableName": "sorted", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "k"}},
           "ReturnConsumedCapacity": "TOTAL"})
}

/// A page ends with the item that brings it to a megabyte.
#[tokio::test]
async fn a_page_ends_at_one_megabyte_of_evaluated_items() {
    let world = World::with([sorted()]).await;
    for sort in 1..=4 {
        put(&world, "sorted", sorted_item(sort, 256 * 1024)).await;
    }
    put(&world, "sorted", sorted_item(5, 100)).await;
    let answer = world.ok(Query, query()).await;
    assert_eq!((&answer["Count"], &answer["LastEvaluatedKey"]["s"]), (&json!(4), &json!({"N": "4"})));
    assert_eq!(answer["ConsumedCapacity"]["CapacityUnits"], json!(128.0));
    // One byte less, and the fifth item is on the page too.
    put(&world, "sorted", sorted_item(4, 256 * 1024 - 1)).await;
    let answer = world.ok(Query, query()).await;
    assert_eq!((&answer["Count"], &answer["LastEvaluatedKey"]["s"]), (&json!(5), &json!({"N": "5"})));
}

#[tokio::test]
async fn the_megabyte_counts_what_the_filter_takes_out() {
    let world = World::with([sorted()]).await;
    for sort in 1..=5 {
        put(&world, "sorted", sorted_item(sort, 300 * 1024)).await;
    }
    let mut body = json!({"TableName": "sorted", "FilterExpression": "attribute_exists(x)"});
    let answer = world.ok(Scan, body.clone()).await;
    assert_eq!(answer["ScannedCount"], json!(4));
    assert_eq!((&answer["Count"], &answer["Items"]), (&json!(0), &json!([])));
    body["ExclusiveStartKey"] = answer["LastEvaluatedKey"].clone();
    let rest = world.ok(Scan, body).await;
    assert_eq!((&rest["ScannedCount"], rest.get("LastEvaluatedKey")), (&json!(1), None));
}

/// A page that fetches whole items for small index entries is held to a megabyte as well.
#[tokio::test]
async fn fetched_items_count_towards_the_page() {
    let world = World::with([indexed()]).await;
    for sort in 1..=6 {
        let mut item = sorted_item(sort, 300 * 1024);
        item["a"] = json!({"N": "1"});
        put(&world, "indexed", item).await;
    }
    let mut body = query();
    body["TableName"] = "indexed".into();
    body["IndexName"] = "by-a".into();
    assert_eq!(world.ok(Query, body.clone()).await["Count"], json!(6));
    body["Select"] = "ALL_ATTRIBUTES".into();
    assert_eq!(world.ok(Query, body).await["Count"], json!(4));
}

#[tokio::test]
async fn a_batch_answers_at_most_sixteen_megabytes() {
    let world = World::with([sorted()]).await;
    // Forty items of 400 KB are 40 · 409,600 = 16,384,000 bytes; 393,216 bytes are left to 16 MB.
    for sort in 1..=40 {
        put(&world, "sorted", sorted_item(sort, ITEM_MAX)).await;
    }
    put(&world, "sorted", sorted_item(41, 393_216)).await;
    put(&world, "sorted", sorted_item(42, 100)).await;
    let keys: Vec<Value> =
        (1..=42).map(|sort: u32| json!({"p": {"S": "k"}, "s": {"N": sort.to_string()}})).collect();
    let body = json!({"RequestItems": {"sorted": {"Keys": keys, "ConsistentRead": true}}, "ReturnConsumedCapacity": "TOTAL"});
    let answer = world.ok(BatchGetItem, body).await;
    assert_eq!(answer["Responses"]["sorted"].as_array().map(Vec::len), Some(41));
    assert_eq!(
        answer["UnprocessedKeys"],
        json!({
            "sorted": {"Keys": [{"p": {"S": "k"}, "s": {"N": "42"}}], "ConsistentRead": true},
        })
    );
    assert_eq!(answer["ConsumedCapacity"][0]["CapacityUnits"], json!(40.0 * 100.0 + 96.0));
    let again = json!({"RequestItems": answer["UnprocessedKeys"]});
    assert_eq!(world.ok(BatchGetItem, again).await["Responses"]["sorted"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_update_cannot_grow_an_item_over_400_kb() {
    let world = World::with([simple()]).await;
    let grow = |bytes: usize| {
        json!({"TableName": "simple", "Key": {"p": {"S": "k"}}, "UpdateExpression": "SET d = :v, e = :w",
               "ExpressionAttributeValues": {":v": {"S": "x".repeat(300_000)}, ":w": {"S": "x".repeat(bytes)}}})
    };
    let rest = ITEM_MAX - 2 - 1 - 300_000 - 1;
    world.ok(UpdateItem, grow(rest)).await;
    assert_eq!(
        world.invalid(UpdateItem, grow(rest + 1)).await,
        "Item size to update has exceeded the maximum allowed size"
    );
}

#[tokio::test]
async fn an_item_and_its_entries_share_400_kb() {
    let world = World::with([indexed()]).await;
    // In by-c, which holds all attributes, the item is there a second time.
    let item = |size: usize| {
        let mut item = sorted_item(1, size - 2);
        item["c"] = json!({"S": "c"});
        json!({"TableName": "indexed", "Item": item})
    };
    world.ok(PutItem, item(ITEM_MAX / 2)).await;
    assert_eq!(
        world.invalid(PutItem, item(ITEM_MAX / 2 + 1)).await,
        "Item size has exceeded the maximum allowed size"
    );
}

#[tokio::test]
async fn an_item_collection_cannot_grow_over_its_limit() {
    let options = EngineOptions { collection_bytes_max: 3000, ..options() };
    let world = World::with_options([indexed(), sorted()], options).await;
    // As stored: 900 and 100 bytes each, no index entry.
    for sort in 1..=3 {
        put(&world, "indexed", sorted_item(sort, 900)).await;
    }
    let fourth = json!({"TableName": "indexed", "Item": sorted_item(4, 10)});
    let refused =
        ("ItemCollectionSizeLimitExceededException".to_owned(), "Collection size exceeded.".to_owned());
    assert_eq!(world.refused(PutItem, fourth.clone()).await, refused);
    let key = json!({"TableName": "indexed", "Key": {"p": {"S": "k"}, "s": {"N": "4"}}});
    assert_eq!(world.ok(GetItem, key).await, json!({}));
    // Shrinking is allowed, and makes room.
    put(&world, "indexed", sorted_item(1, 500)).await;
    world.ok(PutItem, fourth).await;
    // Another collection, and a table without local indexes, have room of their own.
    let mut other = sorted_item(1, 2900);
    other["p"] = json!({"S": "q"});
    put(&world, "indexed", other).await;
    put(&world, "sorted", sorted_item(1, 5000)).await;
}

/// A collection that is over a limit, since that was lowered, can still shrink.
#[tokio::test]
async fn a_collection_over_its_limit_can_shrink() {
    let world = World::with([indexed()]).await;
    for sort in 1..=3 {
        put(&world, "indexed", sorted_item(sort, 900)).await;
    }
    let options = EngineOptions { collection_bytes_max: 1000, ..options() };
    let engine = open(std::sync::Arc::new(world.store.reopened()), options).await;
    let smaller = json!({"TableName": "indexed", "Item": sorted_item(1, 800)});
    call(&engine, PutItem, smaller).await.unwrap();
    let larger = json!({"TableName": "indexed", "Item": sorted_item(1, 801)});
    let error = call(&engine, PutItem, larger).await.unwrap_err();
    assert_eq!(error.name(), "ItemCollectionSizeLimitExceededException");
    let delete = json!({"TableName": "indexed", "Key": {"p": {"S": "k"}, "s": {"N": "1"}}});
    call(&engine, DeleteItem, delete).await.unwrap();
}

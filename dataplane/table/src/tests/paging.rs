//! Pages: where they end, and where they go on.

use partita_protocol::OperationName::{PutItem, Query, Scan};
use serde_json::{Value, json};

use super::support::{World, indexed, simple, sorted};

fn query(limit: u32) -> Value {
    json!({"TableName": "sorted", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "k"}},
           "Limit": limit})
}

fn sorts(answer: &Value) -> Vec<&str> {
    answer["Items"].as_array().unwrap().iter().map(|item| item["s"]["N"].as_str().unwrap()).collect()
}

async fn with_numbers(sorts: impl IntoIterator<Item = &str>) -> World {
    let world = World::with([sorted()]).await;
    for sort in sorts {
        let item = json!({"p": {"S": "k"}, "s": {"N": sort}});
        world.ok(PutItem, json!({"TableName": "sorted", "Item": item})).await;
    }
    world
}

#[tokio::test]
async fn numbers_sort_as_numbers() {
    let world = with_numbers(["10", "9", "-1", "0.5", "-20", "1E2", "0"]).await;
    let mut body = query(10);
    assert_eq!(sorts(&world.ok(Query, body.clone()).await), ["-20", "-1", "0", "0.5", "9", "10", "100"]);
    body["ScanIndexForward"] = false.into();
    assert_eq!(sorts(&world.ok(Query, body).await), ["100", "10", "9", "0.5", "0", "-1", "-20"]);
}

/// The service cannot know that nothing follows, and says so.
#[tokio::test]
async fn a_limit_met_exactly_at_the_end_leaves_an_empty_page() {
    let world = with_numbers(["1", "2"]).await;
    let mut body = query(2);
    let answer = world.ok(Query, body.clone()).await;
    assert_eq!(answer["LastEvaluatedKey"], json!({"p": {"S": "k"}, "s": {"N": "2"}}));
    body["ExclusiveStartKey"] = answer["LastEvaluatedKey"].clone();
    assert_eq!(world.ok(Query, body).await, json!({"Items": [], "Count": 0, "ScannedCount": 0}));
    assert_eq!(world.ok(Query, query(3)).await.get("LastEvaluatedKey"), None);
}

#[tokio::test]
async fn a_start_key_need_not_be_an_items() {
    let world = with_numbers(["1", "3"]).await;
    let mut body = query(5);
    body["ExclusiveStartKey"] = json!({"p": {"S": "k"}, "s": {"N": "2"}});
    assert_eq!(sorts(&world.ok(Query, body.clone()).await), ["3"]);
    body["ScanIndexForward"] = false.into();
    assert_eq!(sorts(&world.ok(Query, body).await), ["1"]);
}

#[tokio::test]
async fn start_keys_must_fit_the_key_and_the_condition() {
    let world = with_numbers(["1"]).await;
    let with_start = |key: Value| {
        let mut body = query(1);
        body["ExclusiveStartKey"] = key;
        body
    };
    let invalid = "The provided starting key is invalid";
    for key in [
        json!({"p": {"S": "k"}}),
        json!({"p": {"S": "k"}, "s": {"S": "1"}}),
        json!({"p": {"S": "k"}, "x": {"N": "1"}}),
        json!({"p": {"S": "k"}, "s": {"N": "1"}, "x": {"N": "1"}}),
    ] {
        assert_eq!(world.invalid(Query, with_start(key)).await, invalid);
    }
    let outside = "The provided starting key is outside query boundaries based on provided conditions";
    let other_partition = json!({"p": {"S": "other"}, "s": {"N": "1"}});
    assert_eq!(world.invalid(Query, with_start(other_partition)).await, outside);
    let mut ranged = with_start(json!({"p": {"S": "k"}, "s": {"N": "9"}}));
    ranged["KeyConditionExpression"] = "p = :p AND s < :s".into();
    ranged["ExpressionAttributeValues"][":s"] = json!({"N": "5"});
    assert_eq!(world.invalid(Query, ranged).await, outside);
    let scan = json!({"TableName": "sorted", "ExclusiveStartKey": {"p": {"S": "k"}}});
    assert_eq!(
        world.invalid(Scan, scan).await,
        "Exclusive Start Key must have same size as table's key schema"
    );
    let scan = json!({"TableName": "sorted", "ExclusiveStartKey": {"p": {"S": "k"}, "s": {"S": "x"}}});
    assert_eq!(
        world.invalid(Scan, scan).await,
        format!("{invalid}: The provided key element does not match the schema")
    );
}

#[tokio::test]
async fn a_start_key_belongs_to_one_segment() {
    let world = World::with([simple()]).await;
    let scan = |segment: u32| json!({"TableName": "simple", "Segment": segment, "TotalSegments": 2, "ExclusiveStartKey": {"p": {"S": "k"}}});
    let mut refused = 0;
    for segment in 0..2 {
        match world.call(Scan, scan(segment)).await {
            Ok(answer) => assert_eq!(answer["Count"], json!(0)),
            Err(error) => {
                refused += 1;
                assert!(
                    error.to_string().contains(&format!("TotalSegments: 2 Segment: {segment}")),
                    "{error}"
                );
            }
        }
    }
    assert_eq!(refused, 1);
}

/// Rows of other kinds between the wanted ones are passed over, one by one or by seeking, without losing any.
#[tokio::test]
async fn a_scan_finds_all_items_between_many_index_entries() {
    let world = World::with([indexed()]).await;
    let mut expected = 0;
    for hash in 0..4 {
        // The second partition has no entries at all, the others three for each item.
        for sort in 0..100 {
            let mut item = json!({"p": {"S": format!("p{hash}")}, "s": {"N": sort.to_string()}});
            if hash != 1 {
                item["a"] = json!({"N": "1"});
                item["b"] = json!({"S": "b"});
                item["c"] = json!({"S": "c"});
            }
            expected += 1;
            world.ok(PutItem, json!({"TableName": "indexed", "Item": item})).await;
        }
    }
    for (index, expected) in [(None, expected), (Some("by-a"), 300), (Some("by-b"), 300), (Some("by-c"), 300)]
    {
        for limit in [7, 64, 1000] {
            let mut body = json!({"TableName": "indexed", "Limit": limit, "Select": "COUNT"});
            if let Some(index) = index {
                body["IndexName"] = index.into();
            }
            let mut count = 0;
            loop {
                let answer = world.ok(Scan, body.clone()).await;
                assert_eq!(answer.get("Items"), None);
                count += answer["Count"].as_u64().unwrap();
                let Some(last) = answer.get("LastEvaluatedKey") else { break };
                body["ExclusiveStartKey"] = last.clone();
            }
            assert_eq!(count, expected, "{index:?} by {limit}");
        }
    }
}

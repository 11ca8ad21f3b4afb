//! Query and Scan on global indexes.

use partita_protocol::OperationName::{PutItem, Query, Scan, UpdateItem};
use partita_protocol::Wording;
use serde_json::{Value, json};

use super::support::{Shape, World};
use crate::Limits;

/// `plain`, `sorted` and `wide`, settled over a few items: `p0` to `p3` with `s` 0, all of them in the partition `x` of `plain`.
async fn world() -> World {
    let mut world = World::with(&[Shape::Plain, Shape::Sorted, Shape::Wide], Limits::default()).await;
    for number in 0..4 {
        let whole = number % 2 == 0;
        let mut item =
            json!({"p": {"S": format!("p{number}")}, "s": {"N": "0"}, "a": {"S": "x"}, "x": {"S": "xx"}});
        if whole {
            item["n"] = json!({"N": "1"});
            item["b"] = json!({"S": format!("b{number}")});
            item["y"] = json!({"S": "y".repeat(5000)});
        }
        world.put(item).await;
    }
    world.settle().await;
    world.apply(true).await;
    world
}

async fn ok(world: &World, name: partita_protocol::OperationName, body: Value) -> Value {
    let shown = body.to_string();
    world.call(name, body).await.unwrap_or_else(|error| panic!("{shown}: {error}"))
}

async fn invalid(world: &World, name: partita_protocol::OperationName, body: Value) -> String {
    let shown = body.to_string();
    let error = world.call(name, body).await.expect_err(&shown);
    assert_eq!(error.name(), "ValidationException", "{error}");
    error.message(Wording::Classic).unwrap().into_owned()
}

/// A Query of an index by `condition`, in which each `:word` stands for that word, and `:n` for the number 1.
fn query(index: &str, condition: &str, more: Value) -> Value {
    let mut values = serde_json::Map::new();
    for part in condition.split(':').skip(1) {
        let word: String = part.chars().take_while(|character| character.is_alphanumeric()).collect();
        let value = if word == "n" { json!({"N": "1"}) } else { json!({"S": word}) };
        values.insert(format!(":{word}"), value);
    }
    let mut body = json!({"TableName": "table", "IndexName": index, "KeyConditionExpression": condition,
                          "ExpressionAttributeValues": values});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn table_keys(answer: &Value) -> Vec<&str> {
    answer["Items"].as_array().unwrap().iter().map(|item| item["p"]["S"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn entries_hold_what_the_index_projects_and_cost_by_that() {
    let world = world().await;
    let detail = json!({"ReturnConsumedCapacity": "INDEXES"});
    let answer = ok(&world, Query, query("sorted", "a = :x AND n = :n", detail.clone())).await;
    let held =
        |p: &str| json!({"p": {"S": p}, "s": {"N": "0"}, "a": {"S": "x"}, "n": {"N": "1"}, "x": {"S": "xx"}});
    let capacity = |index: &str, units: f64| {
        json!({"TableName": "table", "CapacityUnits": units, "Table": {"CapacityUnits": 0.0},
               "GlobalSecondaryIndexes": {index: {"CapacityUnits": units}}})
    };
    assert_eq!(
        answer,
        json!({"Items": [held("p0"), held("p2")], "Count": 2, "ScannedCount": 2,
               "ConsumedCapacity": capacity("sorted", 0.5)})
    );
    // Two entries of some 5,000 bytes are three blocks of 4 KB, half a unit each.
    let answer = ok(&world, Query, query("wide", "a = :x AND n = :n", detail.clone())).await;
    assert_eq!(answer["ConsumedCapacity"], capacity("wide", 1.5));
    assert_eq!(answer["Items"][0]["y"]["S"].as_str().map(str::len), Some(5000));
    let answer = ok(&world, Query, query("plain", "a = :x", detail)).await;
    assert_eq!(table_keys(&answer), ["p0", "p1", "p2", "p3"]);
    assert_eq!(answer["Items"][1], json!({"p": {"S": "p1"}, "s": {"N": "0"}, "a": {"S": "x"}}));
}

#[tokio::test]
async fn keys_of_several_attributes_are_read_from_the_left() {
    let world = world().await;
    let none = json!({});
    for (condition, found) in [
        ("a = :x AND n = :n", vec!["p0", "p2"]),
        ("a = :x AND n = :n AND b = :b2", vec!["p2"]),
        ("a = :x AND n = :n AND b > :b0", vec!["p2"]),
        ("a = :x AND n = :n AND b <= :b0", vec!["p0"]),
        ("a = :x AND n = :n AND begins_with(b, :b)", vec!["p0", "p2"]),
        ("a = :x AND n = :n AND b BETWEEN :b AND :b0", vec!["p0"]),
        ("a = :x AND n = :n AND b = :b0 AND x = :xx", vec!["p0"]),
        ("a = :x AND n = :n AND b = :b0 AND x > :xx", vec![]),
        ("a = :x AND n = :n AND b = :b0 AND begins_with(x, :x)", vec!["p0"]),
    ] {
        let answer = ok(&world, Query, query("wide", condition, none.clone())).await;
        assert_eq!(table_keys(&answer), found, "{condition}");
    }
    for (condition, sentence) in [
        ("a = :x", "Query condition missed key schema element: n"),
        ("a = :x AND n > :n", "Query key condition not supported"),
        ("a = :x AND n = :n AND x = :xx", "Query condition missed key schema element: b"),
        ("a = :x AND n = :n AND b > :b AND x = :xx", "Query key condition not supported"),
        (
            "a = :n AND n = :n",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
    ] {
        assert_eq!(
            invalid(&world, Query, query("wide", condition, none.clone())).await,
            sentence,
            "{condition}"
        );
    }
    let three = query("sorted", "a = :x AND n = :n AND b = :b", none);
    assert_eq!(invalid(&world, Query, three).await, "Conditions can be of length 1 or 2 only");
}

#[tokio::test]
async fn what_a_global_index_cannot_give_is_refused() {
    let world = world().await;
    let invalid = async |index: &str, more: Value| invalid(&world, Query, query(index, "a = :x", more)).await;
    let parameter = "One or more parameter values were invalid: ";
    assert_eq!(
        invalid("plain", json!({"ConsistentRead": true})).await,
        "Consistent reads are not supported on global secondary indexes"
    );
    assert_eq!(
        invalid("plain", json!({"Select": "ALL_ATTRIBUTES"})).await,
        format!(
            "{parameter}Select type ALL_ATTRIBUTES is not supported for global secondary index plain because its \
             projection type is not ALL"
        )
    );
    assert_eq!(
        invalid("plain", json!({"ProjectionExpression": "y, a, x.z, p"})).await,
        format!("{parameter}Global secondary index plain does not project [x, y]")
    );
    assert_eq!(
        invalid("plain", json!({"FilterExpression": "a = :x"})).await,
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: a"
    );
    assert_eq!(invalid("none", json!({})).await, "The table does not have the specified index: none");
    let all = json!({"TableName": "table", "IndexName": "wide", "Select": "ALL_ATTRIBUTES"});
    assert_eq!(ok(&world, Scan, all).await["Count"], json!(2));
    let filtered = query("plain", "a = :x", json!({"FilterExpression": "p <> :x", "Select": "COUNT"}));
    assert_eq!(
        ok(&world, Query, filtered).await,
        json!({"Count": 4, "ScannedCount": 4}),
        "a table key is no index key"
    );
}

#[tokio::test]
async fn an_index_that_is_not_built_cannot_be_read() {
    let mut world = world().await;
    world.apply(false).await;
    let sentence = "Cannot read from backfilling global secondary index: plain";
    assert_eq!(invalid(&world, Query, query("plain", "a = :x", json!({}))).await, sentence);
    assert_eq!(invalid(&world, Scan, json!({"TableName": "table", "IndexName": "plain"})).await, sentence);
}

#[tokio::test]
async fn pages_go_on_after_index_key_and_table_key() {
    let world = world().await;
    let page = ok(&world, Query, query("wide", "a = :x AND n = :n", json!({"Limit": 1}))).await;
    let last = json!({"p": {"S": "p0"}, "s": {"N": "0"}, "a": {"S": "x"}, "n": {"N": "1"}, "b": {"S": "b0"}, "x": {"S": "xx"}});
    assert_eq!(page["LastEvaluatedKey"], last);
    let after = |key: &Value| query("wide", "a = :x AND n = :n", json!({"ExclusiveStartKey": key}));
    assert_eq!(table_keys(&ok(&world, Query, after(&last)).await), ["p2"]);
    let mut back = after(&last);
    back["ScanIndexForward"] = false.into();
    assert!(table_keys(&ok(&world, Query, back).await).is_empty());
    let changed = |name: &str, value: Value| {
        let mut key = last.clone();
        key[name] = value;
        key
    };
    let mut short = last.clone();
    short.as_object_mut().unwrap().remove("p");
    for key in [short, changed("b", json!({"N": "1"})), changed("more", json!({"S": "m"}))] {
        assert_eq!(
            invalid(&world, Query, after(&key)).await,
            "The provided starting key is invalid",
            "{key}"
        );
    }
    let outside = invalid(&world, Query, after(&changed("a", json!({"S": "other"})))).await;
    assert_eq!(outside, "The provided starting key is outside query boundaries based on provided conditions");
}

#[tokio::test]
async fn segments_of_a_scan_are_all_of_the_index() {
    let mut world = World::with(&[Shape::Plain], Limits::default()).await;
    for number in 0..60 {
        let item = json!({"p": {"S": format!("p{number}")}, "s": {"N": "0"}, "a": {"S": format!("a{}", number % 20)}});
        world.put(item).await;
    }
    world.settle().await;
    world.apply(true).await;
    for total in [1, 3, 7] {
        let mut found = Vec::new();
        for segment in 0..total {
            let mut body = json!({"TableName": "table", "IndexName": "plain", "Segment": segment,
                                  "TotalSegments": total, "Limit": 4});
            loop {
                let page = ok(&world, Scan, body.clone()).await;
                found.extend(table_keys(&page).into_iter().map(str::to_owned));
                match page.get("LastEvaluatedKey") {
                    Some(last) => body["ExclusiveStartKey"] = last.clone(),
                    None => break,
                }
            }
        }
        found.sort();
        let mut expected: Vec<_> = (0..60).map(|number| format!("p{number}")).collect();
        expected.sort();
        assert_eq!(found, expected, "{total}");
    }
}

#[tokio::test]
async fn writes_cost_for_the_entries_they_change() {
    let world = world().await;
    let cost = async |update: &str, values: Value| {
        let key = json!({"p": {"S": "w"}, "s": {"N": "0"}});
        let mut body = json!({"TableName": "table", "Key": key, "UpdateExpression": update,
                              "ReturnConsumedCapacity": "INDEXES"});
        if values != json!({}) {
            body["ExpressionAttributeValues"] = values;
        }
        let consumed = ok(&world, UpdateItem, body).await["ConsumedCapacity"].take();
        let mut parts = json!({});
        let mut sum = consumed["Table"]["CapacityUnits"].as_f64().unwrap();
        for (index, units) in consumed["GlobalSecondaryIndexes"].as_object().into_iter().flatten() {
            sum += units["CapacityUnits"].as_f64().unwrap();
            parts[index] = units["CapacityUnits"].clone();
        }
        assert_eq!(consumed["CapacityUnits"].as_f64(), Some(sum));
        parts
    };
    let text = |text: &str| json!({":v": {"S": text}});
    let one = json!({":v": {"N": "1"}});
    assert_eq!(cost("SET y = :v", text("y")).await, json!({}), "in no index");
    assert_eq!(cost("SET a = :v", text("a")).await, json!({"plain": 1.0}), "appears");
    assert_eq!(cost("SET a = :v", text("a")).await, json!({}), "nothing changes");
    assert_eq!(cost("SET a = :v", text("b")).await, json!({"plain": 2.0}), "moves");
    assert_eq!(cost("SET n = :v", one).await, json!({"sorted": 1.0}));
    assert_eq!(cost("SET x = :v", text("x")).await, json!({"sorted": 1.0}), "changes in place");
    assert_eq!(cost("SET b = :v", text("b")).await, json!({"wide": 1.0}));
    assert_eq!(cost("SET y = :v", text(&"y".repeat(1100))).await, json!({"wide": 2.0}), "by the larger one");
    assert_eq!(cost("SET x = :v", text("z")).await, json!({"sorted": 1.0, "wide": 4.0}));
    assert_eq!(cost("REMOVE a", json!({})).await, json!({"plain": 1.0, "sorted": 1.0, "wide": 2.0}));
    let item = json!({"p": {"S": "w"}, "s": {"N": "0"}, "a": {"S": "a"}});
    let put = json!({"TableName": "table", "Item": item, "ReturnConsumedCapacity": "TOTAL"});
    let consumed = ok(&world, PutItem, put).await["ConsumedCapacity"].take();
    assert_eq!(
        consumed,
        json!({"TableName": "table", "CapacityUnits": 3.0}),
        "two for the table, of 1,100 bytes"
    );
}

//! Statements through the gateway, on a store in memory.

use partita_model::descriptor::{BillingMode, Generation, TableSettings};
use partita_model::schema::{KeyAttribute, LocalIndex, Projection};
use partita_model::{IndexName, KeySchema, ScalarType, TableDescriptor, TableId, TableName};
use serde_json::{Value, json};

use crate::fake::{World, call, options};

/// Answers a call, with its status.
async fn ask(world: &World, operation: &str, body: Value) -> (u16, Value) {
    let answer = world.gateway.handle(call(operation, body.to_string())).await;
    (answer.status.as_u16(), serde_json::from_slice(&answer.body).expect("a JSON body"))
}

/// The answer to a statement that succeeds.
#[track_caller]
fn succeeded((status, body): (u16, Value)) -> Value {
    assert_eq!(status, 200, "{body}");
    body
}

/// The error's name and sentence.
#[track_caller]
fn failed((status, body): (u16, Value)) -> (String, String) {
    assert_eq!(status, 400, "{body}");
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    (text("__type").rsplit('#').next().unwrap_or_default().to_owned(), text("message") + &text("Message"))
}

async fn run(world: &World, text: &str) -> (u16, Value) {
    ask(world, "ExecuteStatement", json!({ "Statement": text })).await
}

/// A table `music` with the items `a`, `b` and `c`, whose `n` are 1, 2 and 3.
async fn world() -> World {
    let world = World::open(options()).await;
    for (p, n) in [("a", 1), ("b", 2), ("c", 3)] {
        let text = format!("INSERT INTO music VALUE {{'p': '{p}', 'n': {n}, 'm': {{'k': [{n}]}}}}");
        assert_eq!(succeeded(run(&world, &text).await), json!({ "Items": [] }));
    }
    world
}

#[tokio::test]
async fn statements_read_and_write_items() {
    let world = world().await;
    let by_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/music";
    for (text, items) in [
        ("SELECT n FROM music WHERE p = 'b'".to_owned(), json!([{ "n": { "N": "2" } }])),
        ("SELECT m.k[0] FROM music WHERE p = 'b'".to_owned(), json!([{ "k[0]": { "N": "2" } }])),
        (format!("SELECT p FROM \"{by_arn}\" WHERE p = 'b' AND n > 2"), json!([])),
        (
            "SELECT p FROM music WHERE p IN ['c', 'a'] AND n <> 2".to_owned(),
            json!([{ "p": { "S": "a" } }, { "p": { "S": "c" } }]),
        ),
        ("SELECT p FROM music WHERE p = 'a' AND p <> 'b'".to_owned(), json!([{ "p": { "S": "a" } }])),
        ("SELECT p FROM music WHERE n BETWEEN 3 AND 9".to_owned(), json!([{ "p": { "S": "c" } }])),
        (
            "UPDATE music SET n = n + 10 REMOVE m WHERE p = 'a' RETURNING ALL NEW *".to_owned(),
            json!([{ "p": { "S": "a" }, "n": { "N": "11" } }]),
        ),
        (
            "UPDATE music SET n = n - 1 WHERE p = 'a' AND n = 11 RETURNING MODIFIED OLD *".to_owned(),
            json!([{ "n": { "N": "11" } }]),
        ),
        ("UPDATE music REMOVE m WHERE p = 'b' RETURNING MODIFIED NEW *".to_owned(), json!([])),
        (
            "DELETE FROM music WHERE p = 'a' RETURNING ALL OLD *".to_owned(),
            json!([{ "p": { "S": "a" }, "n": { "N": "10" } }]),
        ),
        ("DELETE FROM music WHERE p = 'a' AND n = 7 RETURNING ALL OLD *".to_owned(), json!([])),
    ] {
        assert_eq!(succeeded(run(&world, &text).await), json!({ "Items": items }), "{text}");
    }
}

/// The table `songs`: `p` (S) and `s` (N), with a local index `lix` by `x` (S) that holds keys only.
fn songs() -> TableDescriptor {
    let key = |name: &str, scalar| KeyAttribute { name: name.to_owned(), scalar };
    let (hash, range, x) = (key("p", ScalarType::S), key("s", ScalarType::N), key("x", ScalarType::S));
    TableDescriptor {
        id: TableId(2),
        name: TableName::new("songs"),
        generation: Generation(1),
        attributes: vec![hash.clone(), range.clone(), x.clone()],
        local_indexes: vec![LocalIndex {
            name: IndexName::new("lix"),
            key: KeySchema { hash: hash.clone(), range: Some(x) },
            projection: Projection::KeysOnly,
        }],
        key: KeySchema { hash, range: Some(range) },
        global_indexes: Vec::new(),
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream: None,
        time_to_live: None,
        settings: TableSettings::default(),
    }
}

#[tokio::test]
async fn sort_keys_and_indexes_are_read_by() {
    let world = World::open(options()).await;
    world.engine.apply(songs()).await.expect("a good descriptor");
    for s in 1..=4 {
        let text = format!("INSERT INTO songs VALUE {{'p': 'a', 's': {s}, 'x': 'x{}', 'n': {s}}}", 9 - s);
        succeeded(run(&world, &text).await);
    }
    for (rest, expected) in [
        ("songs WHERE p = 'a' AND s >= 2 AND s <> 3", vec![2, 4]),
        ("songs WHERE p = 'a' AND s BETWEEN 2 AND 3 ORDER BY s DESC", vec![3, 2]),
        ("songs WHERE p = 'a' AND (s = 1 OR s > 3)", vec![1, 4]),
        ("songs WHERE p = 'a' AND NOT s = 1 OR p = 'a' AND s = 2", vec![2, 3, 4]),
        ("songs.lix WHERE p = 'a' AND begins_with(x, 'x')", vec![4, 3, 2, 1]),
        ("songs.lix WHERE p = 'a' AND x > 'x6' ORDER BY x DESC", vec![1, 2]),
        ("songs.lix WHERE s = 3", vec![3]),
    ] {
        // `n` is not in the index, and is fetched from the table.
        let found = succeeded(run(&world, &format!("SELECT n FROM {rest}")).await);
        let numbers: Vec<Value> = expected.iter().map(|n| json!({ "n": { "N": n.to_string() } })).collect();
        assert_eq!(found["Items"], json!(numbers), "{rest}");
    }
    let (name, message) = failed(run(&world, "SELECT * FROM songs.lix WHERE p = 'a' AND n = 1").await);
    assert_eq!(name, "ValidationException");
    assert_eq!(
        message,
        "One or more parameter values were invalid: Secondary index lix does not project one or more filter \
         attributes: [n]"
    );
    let strong = json!({
        "Statement": "SELECT s FROM songs.lix WHERE p = 'a' AND x IN ['x5', 'x8']",
        "ConsistentRead": true,
        "ReturnConsumedCapacity": "INDEXES",
    });
    let units = |units: f64| json!({ "CapacityUnits": units });
    let answer = succeeded(ask(&world, "ExecuteStatement", strong).await);
    assert_eq!(answer["Items"], json!([{ "s": { "N": "4" } }, { "s": { "N": "1" } }]));
    assert_eq!(
        answer["ConsumedCapacity"],
        json!({
            "TableName": "songs",
            "CapacityUnits": 2.0,
            "Table": units(0.0),
            "LocalSecondaryIndexes": { "lix": units(2.0) },
        })
    );
}

#[tokio::test]
async fn failures_are_told_as_the_service_tells_them() {
    let world = world().await;
    for (text, name, message) in [
        (
            "INSERT INTO music VALUE {'p': 'a'}",
            "DuplicateItemException",
            "Duplicate primary key exists in table",
        ),
        (
            "UPDATE music SET n = 1 WHERE p = 'nope'",
            "ConditionalCheckFailedException",
            "The conditional request failed",
        ),
        (
            "DELETE FROM music WHERE p = 'a' AND n = 2",
            "ConditionalCheckFailedException",
            "The conditional request failed",
        ),
        (
            "SLECT * FROM music",
            "ValidationException",
            "Statement wasn't well formed, can't be processed: Expected data manipulation",
        ),
        ("SELECT * FROM nope WHERE p = 'a'", "ResourceNotFoundException", "Requested resource not found"),
        (
            "UPDATE music SET p = 'z' WHERE p = 'a'",
            "ValidationException",
            "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
        ),
        (
            "INSERT INTO music VALUE {'n': 1}",
            "ValidationException",
            "One or more parameter values were invalid: Missing the key p in the item",
        ),
        (
            "UPDATE music SET nope[0] = 'x' WHERE p = 'a'",
            "ValidationException",
            "The document path provided in the update expression is invalid for update",
        ),
    ] {
        assert_eq!(failed(run(&world, text).await), (name.to_owned(), message.to_owned()), "{text}");
    }
    let shown = json!({
        "Statement": "UPDATE music SET n = ? WHERE p = ? AND n = 2",
        "Parameters": [{ "N": "9" }, { "S": "a" }],
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    let (_, body) = ask(&world, "ExecuteStatement", shown).await;
    assert_eq!(body["Item"]["n"], json!({ "N": "1" }));
}

#[tokio::test]
async fn pages_go_on_and_say_what_they_cost() {
    let world = world().await;
    let ask_for = |token: Option<Value>| {
        let mut body = json!({
            "Statement": "SELECT p FROM music WHERE p IN [?, 'b', 'c']",
            "Parameters": [{ "S": "a" }],
            "Limit": 2,
            "ReturnConsumedCapacity": "INDEXES",
        });
        if let Some(token) = token {
            body["NextToken"] = token;
        }
        body
    };
    let first = succeeded(ask(&world, "ExecuteStatement", ask_for(None)).await);
    assert_eq!(first["Items"], json!([{ "p": { "S": "a" } }, { "p": { "S": "b" } }]));
    assert_eq!(first["LastEvaluatedKey"], json!({ "p": { "S": "b" } }));
    let cost = json!({ "TableName": "music", "CapacityUnits": 1.0, "Table": { "CapacityUnits": 1.0 } });
    assert_eq!(first["ConsumedCapacity"], cost);
    let last = succeeded(ask(&world, "ExecuteStatement", ask_for(Some(first["NextToken"].clone()))).await);
    assert_eq!(last["Items"], json!([{ "p": { "S": "c" } }]));
    assert_eq!(last.get("NextToken"), None);
    let foreign = json!({ "Statement": "SELECT * FROM music", "NextToken": first["NextToken"] });
    let (name, message) = failed(ask(&world, "ExecuteStatement", foreign).await);
    assert_eq!(
        (name.as_str(), message.as_str()),
        ("ValidationException", "NextToken does not match request")
    );
    let write = json!({ "Statement": "DELETE FROM music WHERE p = 'a'", "ReturnConsumedCapacity": "TOTAL" });
    let cost = json!({ "TableName": "music", "CapacityUnits": 1.0 });
    let answer = succeeded(ask(&world, "ExecuteStatement", write).await);
    assert_eq!(answer, json!({ "Items": [], "ConsumedCapacity": cost }));
}

#[tokio::test]
async fn statements_of_a_batch_stand_for_themselves() {
    let world = world().await;
    let batch = |texts: &[&str]| {
        let statements: Vec<Value> = texts.iter().map(|text| json!({ "Statement": text })).collect();
        json!({ "Statements": statements, "ReturnConsumedCapacity": "TOTAL" })
    };
    let reads = batch(&[
        "SELECT m.k FROM music WHERE p = 'a'",
        "SELECT * FROM music WHERE p = 'nope'",
        "SELECT * FROM music WHERE n = 1",
        "SELECT * FROM nope WHERE p = 'a'",
        "SLECT",
    ]);
    let error = |code: &str, message: &str| json!({ "Code": code, "Message": message });
    let answer = succeeded(ask(&world, "BatchExecuteStatement", reads).await);
    let key =
        "Select statements within BatchExecuteStatement must specify the primary key in the where clause.";
    let malformed = "Statement wasn't well formed, can't be processed: Expected data manipulation";
    assert_eq!(
        answer["Responses"],
        json!([
            { "Item": { "k": { "L": [{ "N": "1" }] } }, "TableName": "music" },
            { "TableName": "music" },
            { "Error": error("ValidationError", key), "TableName": "music" },
            { "Error": error("ResourceNotFound", "Requested resource not found") },
            { "Error": error("ValidationError", malformed) },
        ])
    );
    let cost = json!({ "TableName": "music", "CapacityUnits": 0.5 });
    assert_eq!(answer["ConsumedCapacity"], json!([cost, cost]));

    let writes = batch(&[
        "INSERT INTO music VALUE {'p': 'a'}",
        "UPDATE music SET n = 20 WHERE p = 'b' RETURNING MODIFIED NEW *",
        "DELETE FROM music WHERE p = 'c'",
    ]);
    let answer = succeeded(ask(&world, "BatchExecuteStatement", writes).await);
    assert_eq!(
        answer["Responses"],
        json!([
            { "Error": error("DuplicateItem", "Duplicate primary key exists in table"), "TableName": "music" },
            { "Item": { "n": { "N": "20" } }, "TableName": "music" },
            { "TableName": "music" },
        ])
    );
    let mixed = batch(&["DELETE FROM music WHERE p = 'a'", "SELECT * FROM music WHERE p = 'a'"]);
    assert_eq!(failed(ask(&world, "BatchExecuteStatement", mixed).await).0, "ValidationException");
}

#[tokio::test]
async fn statements_of_a_transaction_stand_or_fall_together() {
    let world = world().await;
    let transaction = |texts: &[&str]| {
        let statements: Vec<Value> = texts.iter().map(|text| json!({ "Statement": text })).collect();
        json!({ "TransactStatements": statements })
    };
    let writes = transaction(&[
        "EXISTS(SELECT * FROM music WHERE p = 'a' AND n = 1)",
        "UPDATE music SET n = n + 1 WHERE p = 'b'",
        "INSERT INTO music VALUE {'p': 'd', 'n': 4}",
        "DELETE FROM music WHERE p = 'c'",
    ]);
    let answer = succeeded(ask(&world, "ExecuteTransaction", writes.clone()).await);
    assert_eq!(answer, json!({ "Responses": [] }));
    let reads = transaction(&[
        "SELECT n FROM music WHERE p = 'b'",
        "SELECT n FROM music WHERE p = 'd'",
        "SELECT n FROM music WHERE p = 'c'",
    ]);
    let answer = succeeded(ask(&world, "ExecuteTransaction", reads).await);
    let n = |number: &str| json!({ "Item": { "n": { "N": number } } });
    assert_eq!(answer, json!({ "Responses": [n("3"), n("4"), {}] }));

    let (status, body) = ask(&world, "ExecuteTransaction", writes).await;
    assert_eq!(status, 400, "{body}");
    let codes: Vec<&str> = body["CancellationReasons"]
        .as_array()
        .expect("reasons")
        .iter()
        .map(|reason| reason["Code"].as_str().expect("a code"))
        .collect();
    assert_eq!(codes, ["None", "None", "DuplicateItem", "None"]);
    let answer = succeeded(run(&world, "SELECT n FROM music WHERE p = 'b'").await);
    assert_eq!(answer["Items"], json!([{ "n": { "N": "3" } }]));
    let mixed = transaction(&["DELETE FROM music WHERE p = 'a'", "SELECT * FROM music WHERE p = 'a'"]);
    let (name, message) = failed(ask(&world, "ExecuteTransaction", mixed).await);
    assert_eq!(name, "ValidationException");
    assert_eq!(
        message,
        "ExecuteTransaction API does not support both read and write operations in the same request."
    );
}

//! Makes a data folder for the upgrade tests with the built binary: `fixtures/README.md` says when and how.
//!
//! Some rows have left the log, and some are only there, because the process is killed. What the tests are to find later is written
//! beside the data, as the version that made it told it.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, eventually, state};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let folder: PathBuf =
        std::env::args_os().nth(1).context("the argument is the new fixture's folder")?.into();
    ensure!(!folder.exists(), "{} exists; a fixture is never changed", folder.display());
    std::fs::create_dir_all(&folder)?;
    let data = folder.join("data");
    let arguments = ["--data", data.to_str().context("the folder's name is not UTF-8")?];
    let server = Server::start(&arguments)?;
    make_tables(&server)?;
    first_half(&server)?;
    // A clean stop moves all rows out of the log.
    ensure!(server.signal("TERM")?.success());
    let server = Server::start(&arguments)?;
    second_half(&server)?;
    let text = serde_json::to_string_pretty(&state(&server)?)?;
    server.kill()?;
    // Memory that processes share while the catalog is open; the next one makes its own.
    std::fs::remove_file(data.join("catalog.sqlite-shm"))?;
    Ok(std::fs::write(folder.join("expected.json"), text + "\n")?)
}

fn make_tables(server: &Server) -> Result<()> {
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    let index = |name: &str, range: &str, projection: Value| json!({"IndexName": name, "KeySchema": [key("customer", "HASH"), key(range, "RANGE")], "Projection": projection});
    for request in [
        json!({
            "TableName": "types", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("id", "HASH")], "AttributeDefinitions": [attribute("id", "S")],
        }),
        json!({
            "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("customer", "HASH"), key("number", "RANGE")],
            "AttributeDefinitions": [
                attribute("customer", "S"), attribute("number", "N"), attribute("day", "S"), attribute("total", "N"),
            ],
            "LocalSecondaryIndexes": [
                index("by-day", "day", json!({"ProjectionType": "ALL"})),
                index("by-total", "total", json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]})),
            ],
        }),
        json!({
            "TableName": "blobs", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("digest", "HASH"), key("part", "RANGE")],
            "AttributeDefinitions": [attribute("digest", "B"), attribute("part", "B")],
        }),
        json!({
            "TableName": "dropped", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("id", "HASH")], "AttributeDefinitions": [attribute("id", "S")],
        }),
    ] {
        server.expect("CreateTable", &request)?;
        eventually("the table is active", || {
            let answer = server.expect("DescribeTable", &json!({"TableName": request["TableName"]}))?;
            Ok(answer["Table"]["TableStatus"] == "ACTIVE")
        })?;
    }
    Ok(())
}

fn put(server: &Server, table: &str, item: &Value) -> Result<()> {
    server.expect("PutItem", &json!({"TableName": table, "Item": item})).map(drop)
}

fn order(number: u32, total: &str) -> Value {
    json!({
        "customer": {"S": format!("customer-{}", number % 3)}, "number": {"N": number.to_string()},
        "day": {"S": format!("2026-01-{:02}", number % 28 + 1)}, "total": {"N": total}, "note": {"S": format!("note {number}")},
    })
}

fn first_half(server: &Server) -> Result<()> {
    put(server, "types", &every_type("early"))?;
    put(server, "dropped", &json!({"id": {"S": "gone with its table"}}))?;
    for number in 0..20 {
        put(server, "orders", &order(number, &format!("{number}.50")))?;
    }
    put(
        server,
        "blobs",
        &json!({"digest": {"B": "AAEC/w=="}, "part": {"B": "AA=="}, "bytes": {"B": "3q2+7w=="}}),
    )
}

/// New rows, changed rows and removed rows, all of them only in the log when the process is killed.
fn second_half(server: &Server) -> Result<()> {
    server.expect("DeleteTable", &json!({"TableName": "dropped"}))?;
    eventually("the table is gone", || {
        Ok(!server.expect("ListTables", &json!({}))?["TableNames"].to_string().contains("dropped"))
    })?;
    put(server, "types", &every_type("late"))?;
    for number in 20..30 {
        put(server, "orders", &order(number, &format!("{number}.75")))?;
    }
    let order_key = |number: u32| json!({"customer": {"S": format!("customer-{}", number % 3)}, "number": {"N": number.to_string()}});
    for number in 0..4 {
        server.expect("DeleteItem", &json!({"TableName": "orders", "Key": order_key(number)}))?;
    }
    for number in 4..8 {
        server.expect(
            "UpdateItem",
            &json!({
                "TableName": "orders", "Key": order_key(number), "UpdateExpression": "ADD #total :one REMOVE #day",
                "ExpressionAttributeNames": {"#total": "total", "#day": "day"},
                "ExpressionAttributeValues": {":one": {"N": "1000"}},
            }),
        )?;
    }
    put(server, "blobs", &json!({"digest": {"B": "AAEC/w=="}, "part": {"B": "/w=="}, "bytes": {"B": ""}}))
}

fn every_type(id: &str) -> Value {
    json!({
        "id": {"S": id}, "empty": {"S": ""}, "text": {"S": "line\nbreak, \"quotes\", \u{0} and \u{1f3bc}"},
        "zero": {"N": "0"}, "large": {"N": "9.9999999999999999999999999999999999999E+125"},
        "small": {"N": "-1E-130"}, "precise": {"N": "12345678901234567890.123456789012345678"},
        "bytes": {"B": "AAH+/w=="}, "no bytes": {"B": ""}, "yes": {"BOOL": true}, "no": {"BOOL": false}, "null": {"NULL": true},
        "strings": {"SS": ["b", "a", "\u{e9}"]}, "numbers": {"NS": ["-1.5", "0", "3E+20"]}, "blobs": {"BS": ["AA==", "/w=="]},
        "list": {"L": [{"S": "a"}, {"N": "1"}, {"L": []}, {"M": {}}, {"L": [{"M": {"deep": {"BOOL": true}}}]}]},
        "map": {"M": {"": {"S": "an empty name"}, "inner": {"M": {"set": {"SS": ["only"]}}}}},
        "long": {"S": "x".repeat(3000)},
    })
}

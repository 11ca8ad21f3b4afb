//! Requests that are well framed and hard to digest.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::Server;
use serde_json::{Value, json};

use crate::process;
use crate::wire::{Answer, Wire, request};
use crate::witness::{Witness, now};

/// The longest that one hard request may take. What grows with the square of its input takes minutes.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
/// What the hardest request may make the server hold, beyond what it held before.
const MEMORY_MAX: u64 = 400 << 20;

/// Sends one request, and returns its answer, which must come in time.
fn digest(server: &Server, operation: &str, body: &[u8]) -> Result<Answer> {
    let start = now();
    let mut wire = Wire::open(&server.endpoint)?;
    wire.send(&request(operation, body))?;
    let answer = wire.answer()?;
    ensure!(start.elapsed() < ANSWER_TIME_MAX, "{:?} for {:.60}", start.elapsed(), answer.body);
    Ok(answer)
}

fn refuses(server: &Server, body: &[u8], kind: &str) -> Result<()> {
    let answer = digest(server, "PutItem", body)?;
    ensure!(
        answer.status == 400 && answer.body.contains(kind),
        "{answer:?} to {:.80}",
        String::from_utf8_lossy(body)
    );
    Ok(())
}

#[test]
fn deep_nesting_is_refused() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    for depth in [33, 1_000, 100_000, 1_000_000] {
        let (open, close) = (r#"{"L":["#.repeat(depth), "]}".repeat(depth));
        let item = format!(
            r#"{{"TableName":"witness","Item":{{"p":{{"S":"deep"}},"a":{open}{{"S":"x"}}{close}}}}}"#
        );
        refuses(&server, item.as_bytes(), "Exception")?;
        refuses(&server, "[".repeat(depth).as_bytes(), "Exception")?;
        refuses(&server, r#"{"a":"#.repeat(depth).as_bytes(), "Exception")?;
    }
    for depth in [400, 4_000, 200_000] {
        let condition = format!("{}p = :v{}", "(".repeat(depth), ")".repeat(depth));
        let body = json!({
            "TableName": "witness", "Item": {"p": {"S": "deep"}}, "ConditionExpression": condition,
            "ExpressionAttributeValues": {":v": {"S": "x"}},
        });
        refuses(&server, body.to_string().as_bytes(), "Exception")?;
        let path = format!("a{}", "[0]".repeat(depth));
        let body = json!({"TableName": "witness", "Key": {"p": {"S": "deep"}}, "ProjectionExpression": path});
        ensure!(digest(&server, "GetItem", body.to_string().as_bytes())?.status == 400);
    }
    let grown = process::memory(server.id())?.saturating_sub(before);
    ensure!(grown < MEMORY_MAX, "{grown} bytes for nested requests");
    witness.unharmed()
}

/// Names that a hash of 31 times the sum so far, the most common weak one, sends to the same place.
fn colliding_names(count: usize) -> impl Iterator<Item = String> {
    let bits = count.ilog2() as usize + 1;
    (0..count).map(move |number| {
        (0..bits).map(|bit| if number >> bit & 1 == 0 { "Aa" } else { "BB" }).collect::<String>()
    })
}

#[test]
fn very_many_and_colliding_names_take_linear_time() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    for names in [8_000, 200_000] {
        let mut attributes = String::new();
        for name in colliding_names(names) {
            write!(attributes, r#","{name}":{{"BOOL":true}}"#)?;
        }
        let item = format!(r#"{{"TableName":"witness","Item":{{"p":{{"S":"many"}}{attributes}}}}}"#);
        let answer = digest(&server, "PutItem", item.as_bytes())?;
        // The small one fits into an item, the large one does not.
        ensure!(answer.status == if names == 8_000 { 200 } else { 400 }, "{answer:?}");
    }
    // Members that the service does not know, one name a hundred thousand times, and sets with as many elements.
    let unknown: String = (0..200_000).map(|number| format!(r#","x{number}":1"#)).collect();
    let answer = digest(&server, "ListTables", format!(r#"{{"Limit":1{unknown}}}"#).as_bytes())?;
    ensure!(answer.status == 200 || answer.status == 400, "{answer:?}");
    let same = r#","a":{"S":"x"}"#.repeat(100_000);
    let item = format!(r#"{{"TableName":"witness","Item":{{"p":{{"S":"same"}}{same}}}}}"#);
    ensure!([200, 400].contains(&digest(&server, "PutItem", item.as_bytes())?.status));
    let set: Vec<String> = (0..200_000).map(|number| number.to_string()).collect();
    let item = json!({"TableName": "witness", "Item": {"p": {"S": "set"}, "s": {"NS": set}}});
    ensure!(digest(&server, "PutItem", item.to_string().as_bytes())?.status == 400, "over 400 KB");
    let grown = process::memory(server.id())?.saturating_sub(before);
    ensure!(grown < MEMORY_MAX, "{grown} bytes for many names");
    witness.unharmed()
}

#[test]
fn short_values_cost_no_more_than_their_text() -> Result<()> {
    /// As many as fit into a body: two bytes of text each.
    const VALUES: usize = 8_000_000;
    /// The body as it arrives, and as it grows, with what the allocator has not yet given back: a dozen times its length.
    const BODY_MEMORY_MAX: u64 = 192 << 20;
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let values = format!("[0{}]", ",0".repeat(VALUES - 1));
    let unknown = digest(&server, "ListTables", format!(r#"{{"Unknown":{values}}}"#).as_bytes())?;
    ensure!(unknown.status == 200, "{unknown:?}");
    for body in [
        values.clone(),
        format!(r#"{{"TableName":"witness","Item":{{"p":{{"S":"a"}},"l":{{"L":{values}}}}}}}"#),
        format!(r#"{{"TableName":"witness","Item":{{"p":{{"S":"a"}},"s":{{"NS":{values}}}}}}}"#),
        format!(r#"{{"TableName":"witness","Item":{values}}}"#),
    ] {
        refuses(&server, body.as_bytes(), "SerializationException")?;
    }
    let grown = process::memory_peak(server.id())?.saturating_sub(before);
    ensure!(grown < BODY_MEMORY_MAX, "{grown} bytes for many short values");
    witness.unharmed()
}

#[test]
fn long_expressions_take_linear_time() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let key = json!({"p": {"S": "long"}});
    let many = |separator: &str| vec!["p = :v"; 100_000].join(separator);
    for condition in
        [many(" AND "), many(" OR "), "NOT ".repeat(100_000) + "p = :v", "a.".repeat(100_000) + "a = :v"]
    {
        let body = json!({
            "TableName": "witness", "Key": key, "ConditionExpression": condition,
            "ExpressionAttributeValues": {":v": {"S": "x"}},
        });
        let answer = digest(&server, "DeleteItem", body.to_string().as_bytes())?;
        ensure!(answer.status == 400, "{answer:?}");
    }
    let values: Value = (0..50_000)
        .map(|number| (format!(":v{number}"), json!({"N": "1"})))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let body = json!({"TableName": "witness", "Key": key, "UpdateExpression": "SET a = :v0", "ExpressionAttributeValues": values});
    ensure!(digest(&server, "UpdateItem", body.to_string().as_bytes())?.status == 400);
    witness.unharmed()
}

#[test]
fn numbers_of_any_length_are_judged_quickly() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let put = |number: &str| {
        let body = format!(r#"{{"TableName":"witness","Item":{{"p":{{"S":"n"}},"n":{{"N":"{number}"}}}}}}"#);
        digest(&server, "PutItem", body.as_bytes())
    };
    for number in [
        "9".repeat(4_000_000),
        "1e999999999999999999".to_owned(),
        format!("1{}", "0".repeat(1_000_000)),
        format!("0.{}1", "0".repeat(1_000_000)),
    ] {
        let answer = put(&number)?;
        ensure!(answer.status == 400 && answer.body.contains("Exception"), "{answer:?}");
    }
    // As a bare JSON number, where the service wants a string.
    let body = format!(r#"{{"TableName":"witness","Limit":{}}}"#, "9".repeat(4_000_000));
    ensure!(digest(&server, "Scan", body.as_bytes())?.status == 400);
    witness.unharmed()
}

#[test]
fn bytes_that_are_no_text_are_refused() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let (before, after) = (br#"{"TableName":"witness","Item":{"p":{"S":""#, br#""}}}"#);
    for text in [
        &b"\xff"[..],
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
        b"a\x80b",
        br"\ud800",
        br"\udc00\ud800",
        b"\x00",
        br"\q",
    ] {
        refuses(&server, &[&before[..], text, after].concat(), "SerializationException")?;
    }
    for target in ["\u{0}", "\u{ff}\u{fe}", "DynamoDB_20120810.\u{1f3bc}"] {
        let mut wire = Wire::open(&server.endpoint)?;
        let text = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {target}\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        wire.send(text.as_bytes())?;
        let status = wire.answer().context("an answer")?.status;
        // What is no text counts as absent, and without a target there is nothing here.
        ensure!([400, 404].contains(&status), "{status} to {target:?}");
    }
    witness.unharmed()
}

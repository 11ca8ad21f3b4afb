//! One step of the protocol many times over, to be run below an instruction counter:
//!
//! ```text
//! valgrind --tool=callgrind target/release/examples/operation_cost decode-get 1000
//! ```
//!
//! The difference between two counts is the cost of the step, without that of starting.

use std::hint::black_box;

use bytes::Bytes;
use partita_model::Item;
use partita_model::codec::{StoredItem, decode_item, encode_item};
use partita_protocol::output::{Answer, GetItem};
use partita_protocol::{Operation, OperationName};

const GET: &str = r#"{"TableName":"Music","Key":{"pk":{"S":"user#00000042"}},"ConsistentRead":true}"#;
const DELETE: &str = r#"{"TableName":"Music","Key":{"pk":{"S":"user#00000042"}},"ConditionExpression":"attribute_exists(pk)"}"#;
const COUNTER: &str = r##"{"TableName":"Music","Key":{"pk":{"S":"user#00000042"}},"UpdateExpression":"SET #c = #c + :one","ConditionExpression":"attribute_exists(pk)","ExpressionAttributeNames":{"#c":"count"},"ExpressionAttributeValues":{":one":{"N":"1"}}}"##;
const QUERY: &str = r#"{"TableName":"Music","KeyConditionExpression":"pk = :p AND sk BETWEEN :a AND :b","ExpressionAttributeValues":{":p":{"S":"user#00000042"},":a":{"S":"a"},":b":{"S":"b"}},"Limit":10}"#;
const MIXED: &str = r#"{"pk":{"S":"user#00000042"},"sk":{"N":"1700000000123"},"name":{"S":"Ada Lovelace"},"email":{"S":"ada@example.org"},"age":{"N":"36"},"balance":{"N":"1234.56"},"active":{"BOOL":true},"tags":{"SS":["a","b","c"]},"avatar":{"B":"aGVsbG8gd29ybGQ="},"address":{"M":{"street":{"S":"12 St James's Square"},"city":{"S":"London"},"lines":{"L":[{"S":"a"},{"N":"1"}]}}}}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let step = arguments.next().ok_or("which step?")?;
    let rounds: u64 = arguments.next().ok_or("how many rounds?")?.parse()?;
    let large = format!(r#"{{"pk":{{"S":"user#00000042"}},"data":{{"S":"{}"}}}}"#, "x".repeat(1000));
    let put = |item: &str| format!(r#"{{"TableName":"Music","Item":{item}}}"#);
    match step.as_str() {
        "decode-get" => decode(OperationName::GetItem, GET.to_owned(), rounds)?,
        "decode-put" => decode(OperationName::PutItem, put(&large), rounds)?,
        "decode-put-mixed" => decode(OperationName::PutItem, put(MIXED), rounds)?,
        "decode-delete-condition" => decode(OperationName::DeleteItem, DELETE.to_owned(), rounds)?,
        "decode-counter" => decode(OperationName::UpdateItem, COUNTER.to_owned(), rounds)?,
        "decode-query" => decode(OperationName::Query, QUERY.to_owned(), rounds)?,
        "encode" => store(&item(&put(&large))?, rounds),
        "encode-mixed" => store(&item(&put(MIXED))?, rounds),
        "decode-stored" => load(&encode_item(&item(&put(&large))?), rounds)?,
        "decode-stored-mixed" => load(&encode_item(&item(&put(MIXED))?), rounds)?,
        "answer" => answer(&encode_item(&item(&put(&large))?), rounds)?,
        "answer-mixed" => answer(&encode_item(&item(&put(MIXED))?), rounds)?,
        other => return Err(format!("there is no step `{other}`").into()),
    }
    Ok(())
}

fn decode(name: OperationName, body: String, rounds: u64) -> Result<(), Box<dyn std::error::Error>> {
    let body = Bytes::from(body);
    for _ in 0..rounds {
        let operation = Operation::parse(name, black_box(&body)).map_err(|error| format!("{error:?}"))?;
        black_box(operation);
    }
    Ok(())
}

fn item(put: &str) -> Result<Item, String> {
    match Operation::parse(OperationName::PutItem, put.as_bytes()) {
        Ok(Operation::PutItem(put)) => Ok(put.item),
        other => Err(format!("not a put: {other:?}")),
    }
}

fn store(item: &Item, rounds: u64) {
    for _ in 0..rounds {
        black_box(encode_item(black_box(item)));
    }
}

fn load(stored: &[u8], rounds: u64) -> Result<(), Box<dyn std::error::Error>> {
    for _ in 0..rounds {
        black_box(decode_item(black_box(stored))?);
    }
    Ok(())
}

fn answer(stored: &Bytes, rounds: u64) -> Result<(), Box<dyn std::error::Error>> {
    for _ in 0..rounds {
        let item = StoredItem::check(black_box(stored).clone())?;
        black_box(item.size());
        black_box(GetItem { item: Some(item.into()), capacity: None }.to_bytes());
    }
    Ok(())
}

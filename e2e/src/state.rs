//! All that a service holds, as its users can see it: what data folders of different versions are compared by.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::Server;

/// What of a table's description must not change by itself. Counts and statuses may.
const DESCRIBED: [&str; 8] = [
    "TableName",
    "TableId",
    "TableArn",
    "CreationDateTime",
    "KeySchema",
    "AttributeDefinitions",
    "LocalSecondaryIndexes",
    "BillingModeSummary",
];

/// Every table with its description, its items and those of its indexes, in an order of their own.
pub fn state(server: &Server) -> Result<Value> {
    let names = server.expect("ListTables", &json!({}))?;
    let names = names["TableNames"].as_array().context("a list of tables")?;
    names.iter().map(|name| Ok((name.as_str().context("a name")?.to_owned(), table(server, name)?))).collect()
}

fn table(server: &Server, name: &Value) -> Result<Value> {
    let answer = server.expect("DescribeTable", &json!({"TableName": name}))?;
    let mut description = Map::new();
    for field in DESCRIBED {
        let mut value = answer["Table"][field].clone();
        for index in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            index.retain(|key, _| !matches!(key.as_str(), "ItemCount" | "IndexSizeBytes"));
        }
        description.insert(field.to_owned(), value);
    }
    let mut indexes = Map::new();
    for index in answer["Table"]["LocalSecondaryIndexes"].as_array().into_iter().flatten() {
        let index = &index["IndexName"];
        let items = scan(server, json!({"TableName": name, "IndexName": index}))?;
        indexes.insert(index.as_str().context("a name")?.to_owned(), items);
    }
    let items = scan(server, json!({"TableName": name}))?;
    Ok(json!({"description": description, "items": items, "indexes": indexes}))
}

fn scan(server: &Server, mut request: Value) -> Result<Value> {
    let mut items: Vec<Value> = Vec::new();
    request["ConsistentRead"] = json!(true);
    loop {
        let page = server.expect("Scan", &request)?;
        items.extend(page["Items"].as_array().context("a page has items")?.iter().cloned().map(in_order));
        match page.get("LastEvaluatedKey") {
            Some(key) => request["ExclusiveStartKey"] = key.clone(),
            None => break,
        }
    }
    items.sort_by_key(Value::to_string);
    Ok(items.into())
}

/// Sets have no order; here they get one.
fn in_order(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                *member = in_order(member.take());
                if let (true, Value::Array(elements)) = (matches!(name.as_str(), "SS" | "NS" | "BS"), member)
                {
                    elements.sort_by_key(Value::to_string);
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                *element = in_order(element.take());
            }
        }
        _ => {}
    }
    value
}

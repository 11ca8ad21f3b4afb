//! Requests of the API, and what their answers say.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value, json};

use super::history::{Answer, Guard, Outcome, Request, Sight, View};
use super::item::{Item, Row};

/// The one table.
pub(super) const TABLE: &str = "torture";
/// Sort keys of a collection, as the checker's model has them: few, so that clients meet on them.
pub(super) const KEYS: usize = 4;

/// An operation's name and its body.
pub(super) type Call = (&'static str, Value);

/// A request, and whether its answer shall show the item (before a put or a delete, after an update, or as it was when refused).
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) shows: bool,
}

/// Creates the table: a local index that holds whole items and one that holds keys.
pub(super) fn create_table() -> Value {
    let schema = |sort: &str| json!([{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]);
    let index = |view: View, sort: &str, projection: &str| json!({"IndexName": index_name(view), "KeySchema": schema(sort), "Projection": {"ProjectionType": projection}});
    let attributes = [("p", "S"), ("c", "N"), ("r", "N"), ("n", "N")];
    json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": schema("c"),
        "AttributeDefinitions":
            attributes.map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind})),
        "LocalSecondaryIndexes": [index(View::ByRank, "r", "ALL"), index(View::ByCount, "n", "KEYS_ONLY")],
    })
}

/// The local index of a view, if it is one.
pub(super) fn index_name(view: View) -> Option<&'static str> {
    match view {
        View::Item { .. } | View::Table => None,
        View::ByRank => Some("by-rank"),
        View::ByCount => Some("by-count"),
    }
}

/// The call for a request on a collection.
pub(super) fn call(collection: &str, asked: &Asked) -> Call {
    match &asked.request {
        Request::Put { key, item, guard } => {
            let mut body = conditional(*guard, Map::new(), asked.shows.then_some("ALL_OLD"));
            body["Item"] = item.attributes(collection, *key);
            ("PutItem", body)
        }
        Request::Set { key, item, guard } => {
            update(collection, *key, set_expression(item), *guard, asked.shows)
        }
        Request::Add { key, by, guard } => {
            let text = if matches!(guard, Guard::Count(_)) { "SET n = n + :by" } else { "ADD n :by" };
            let values = [(":by", Some(json!({"N": by.to_string()})))];
            update(collection, *key, (text, values.into()), *guard, asked.shows)
        }
        Request::Delete { key, guard } => {
            let mut body = conditional(*guard, Map::new(), asked.shows.then_some("ALL_OLD"));
            body["Key"] = key_of(collection, *key);
            ("DeleteItem", body)
        }
        Request::Read(View::Item { key }) => {
            ("GetItem", json!({"TableName": TABLE, "Key": key_of(collection, *key), "ConsistentRead": true}))
        }
        Request::Read(view) => ("Query", query(collection, *view)),
    }
}

/// Adds to a counter that is there.
pub(super) fn increment(collection: &str, key: usize, by: i64) -> Call {
    let values = vec![(":by", Some(json!({"N": by.to_string()})))];
    update(collection, key, ("SET n = n + :by", values), Guard::None, false)
}

/// Writes of several collections at once; each is a put or a delete without a condition.
pub(super) fn batch<'a>(writes: impl Iterator<Item = (&'a str, &'a Request)>) -> Call {
    let writes = writes.filter_map(|(collection, request)| match request {
        Request::Put { key, item, .. } => {
            Some(json!({"PutRequest": {"Item": item.attributes(collection, *key)}}))
        }
        Request::Delete { key, .. } => Some(json!({"DeleteRequest": {"Key": key_of(collection, *key)}})),
        _ => None,
    });
    ("BatchWriteItem", json!({"RequestItems": {TABLE: writes.collect::<Vec<_>>()}}))
}

/// What an answer says.
///
/// # Errors
/// When it is none that the request can have, or shows an item that is not whole.
pub(super) fn answer(collection: &str, asked: &Asked, status: u16, body: &Value) -> Result<Answer> {
    let sight = |attributes: &Value| -> Result<Option<Sight>> {
        let item = match attributes {
            Value::Null => None,
            attributes => Some(Row::read(collection, attributes)?.item),
        };
        Ok(asked.shows.then_some(Sight { item }))
    };
    match (status, &asked.request) {
        (200, Request::Read(view)) => Ok(Answer::rows(rows(collection, *view, body)?)),
        (200, Request::Put { .. } | Request::Delete { .. }) => {
            Ok(Answer { before: sight(&body["Attributes"])?, ..Answer::plain(Outcome::Done) })
        }
        (200, Request::Set { .. } | Request::Add { .. }) => {
            Ok(Answer { after: sight(&body["Attributes"])?, ..Answer::plain(Outcome::Done) })
        }
        (400, _) if is_refusal(body) => {
            Ok(Answer { before: sight(&body["Item"])?, ..Answer::plain(Outcome::Refused) })
        }
        // Something went wrong on the way, and whether before or after the write nobody says.
        (500.., _) => Ok(Answer::plain(Outcome::Unknown)),
        _ => bail!("{:?} was answered with {status} {body}", asked.request),
    }
}

/// The keys of a page and whether it is the last; rows of any collection.
pub(super) fn page(body: &Value) -> Result<Vec<(String, Row)>> {
    body["Items"]
        .as_array()
        .context("a page has items")?
        .iter()
        .map(|attributes| {
            let collection = attributes["p"]["S"].as_str().context("an item without its key")?;
            Ok((collection.to_owned(), Row::read(collection, attributes)?))
        })
        .collect()
}

fn rows(collection: &str, view: View, body: &Value) -> Result<Vec<Row>> {
    if let View::Item { key } = view {
        let Some(attributes) = body.get("Item") else { return Ok(Vec::new()) };
        let row = Row::read(collection, attributes)?;
        ensure!(row.key == key, "GetItem of {collection} {key} showed {}", row.key);
        return Ok(vec![row]);
    }
    ensure!(body.get("LastEvaluatedKey").is_none(), "a small collection came in two pages");
    let rows: Vec<Row> = page(body)?.into_iter().map(|(_, row)| row).collect();
    let order = |row: &Row| match view {
        View::ByRank => (row.item.rank, row.key),
        View::ByCount => (row.item.count, row.key),
        View::Item { .. } | View::Table => (None, row.key),
    };
    // Items of one sort key of an index come in any order.
    let ascending =
        rows.is_sorted_by(
            |a, b| if view == View::Table { order(a) < order(b) } else { order(a).0 <= order(b).0 },
        );
    ensure!(ascending, "a query of {collection} {view:?} is out of order: {rows:?}");
    Ok(rows)
}

fn is_refusal(body: &Value) -> bool {
    body["__type"].as_str().is_some_and(|name| name.ends_with("ConditionalCheckFailedException"))
}

type Expression = (&'static str, Vec<(&'static str, Option<Value>)>);

fn set_expression(item: &Item) -> Expression {
    let attributes = item.attributes("", 0);
    let text = match item.rank {
        Some(_) => "SET v = :v, padding = :padding, r = :r",
        None => "SET v = :v, padding = :padding REMOVE r",
    };
    let of = |name: &str| attributes.get(name).cloned();
    (text, vec![(":v", of("v")), (":padding", of("padding")), (":r", of("r"))])
}

fn update(collection: &str, key: usize, (text, values): Expression, guard: Guard, shows: bool) -> Call {
    let values = values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let mut body = conditional(guard, values, shows.then_some("ALL_NEW"));
    body["Key"] = key_of(collection, key);
    body["UpdateExpression"] = json!(text);
    ("UpdateItem", body)
}

/// The body of a write with its condition, the values of its expressions, and what it shall show.
fn conditional(guard: Guard, mut values: Map<String, Value>, shows: Option<&str>) -> Value {
    let mut body = json!({"TableName": TABLE});
    let text = match guard {
        Guard::None => None,
        Guard::Absent => Some("attribute_not_exists(p)"),
        Guard::Present => Some("attribute_exists(p)"),
        Guard::Count(count) => {
            values.insert(":guard".into(), json!({"N": count.to_string()}));
            Some("n = :guard")
        }
    };
    if let Some(text) = text {
        body["ConditionExpression"] = json!(text);
    }
    if !values.is_empty() {
        body["ExpressionAttributeValues"] = Value::Object(values);
    }
    if let Some(shows) = shows {
        body["ReturnValues"] = json!(shows);
        if text.is_some() {
            body["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
        }
    }
    body
}

fn query(collection: &str, view: View) -> Value {
    let mut body = json!({
        "TableName": TABLE,
        "ConsistentRead": true,
        "KeyConditionExpression": "p = :p",
        "ExpressionAttributeValues": {":p": {"S": collection}},
    });
    if let Some(index) = index_name(view) {
        body["IndexName"] = json!(index);
    }
    body
}

fn key_of(collection: &str, key: usize) -> Value {
    json!({"p": {"S": collection}, "c": {"N": key.to_string()}})
}

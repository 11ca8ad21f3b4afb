//! The table before and after a measurement: made, filled, recognised, taken away.
//!
//! A table of ours holds one item more than asked for, the mark: it says that a benchmark made the table and what it is filled with, so
//! that the next one need not fill it again, and that a table of somebody else is never written to.

mod fill;

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Error;
use crate::plan::{Follow, Plan};
use crate::progress::Progress;
use crate::service::Service;
use crate::workload::{INDEX, Items, Layout, Page, Requests};

/// The mark's partition key, and its sort key where there is one.
const MARK: &str = "partita-bench";
const MARK_PART: &str = "mark";
const NOT_FOUND: &str = "ResourceNotFoundException";
const UNKNOWN_OPERATION: &str = "UnknownOperationException";
/// How long a table may take to become usable or to be gone. The real service takes seconds.
const PATIENCE_SECONDS: u64 = 120;
const POLL: Duration = Duration::from_millis(100);

/// What a table is filled with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Filling {
    keys: u64,
    item_bytes: u64,
}

/// A table that is ready to be measured.
#[derive(Debug)]
pub(crate) struct Table {
    /// Whether it was made for this measurement.
    made: bool,
}

/// Makes the plan's table unless it is there, fills it if the workload reads, and asks one request of the workload.
pub(crate) async fn prepare(
    plan: &Plan,
    items: &Items,
    tell: &mut dyn FnMut(Progress),
) -> Result<Table, Error> {
    let service = Service::new(plan);
    let made = make(&service, plan, tell).await?;
    let table = Table { made };
    let prepared = async {
        if plan.workload.reads() {
            fill_table(&service, plan, items, tell).await?;
        }
        probe(plan, items).await
    };
    match prepared.await {
        Ok(()) => Ok(table),
        Err(error) => {
            table.clean_up(plan, tell).await?;
            Err(error)
        }
    }
}

/// Returns whether the table was made.
async fn make(service: &Service<'_>, plan: &Plan, tell: &mut dyn FnMut(Progress)) -> Result<bool, Error> {
    let table = plan.table();
    if service.ask("DescribeTable", &json!({"TableName": table}), NOT_FOUND).await?.is_some() {
        return match read_mark(service, plan).await? {
            Some(_) => Ok(false),
            None => Err(Error::ForeignTable { table }),
        };
    }
    tell(Progress::Step(format!("making table {table}")));
    service.call("CreateTable", &definition(plan)).await?;
    let active = |answer: Option<Value>| {
        answer.is_some_and(|answer| answer["Table"]["TableStatus"] == "ACTIVE").then_some(())
    };
    wait(service, plan, "the new table", active).await?;
    write_mark(service, plan, Filling::default()).await?;
    Ok(true)
}

fn definition(plan: &Plan) -> Value {
    let layout = plan.workload.layout();
    let keys: &[(&str, &str)] = match layout {
        Layout::Plain | Layout::Counters | Layout::Indexed => &[("id", "HASH")],
        Layout::Lists => &[("id", "HASH"), ("part", "RANGE")],
    };
    let indexed: &[(&str, &str)] = if layout == Layout::Indexed { &[("group", "HASH")] } else { &[] };
    let attributes: Vec<_> = keys
        .iter()
        .chain(indexed)
        .map(|(name, _)| json!({"AttributeName": name, "AttributeType": "S"}))
        .collect();
    let schema = |keys: &[(&str, &str)]| -> Vec<Value> {
        keys.iter().map(|(name, role)| json!({"AttributeName": name, "KeyType": role})).collect()
    };
    let mut definition = json!({
        "TableName": plan.table(), "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes,
        "KeySchema": schema(keys),
    });
    if !indexed.is_empty() {
        definition["GlobalSecondaryIndexes"] = json!([
            {"IndexName": INDEX, "KeySchema": schema(indexed), "Projection": {"ProjectionType": "ALL"}},
        ]);
    }
    if plan.follow == Some(Follow::Stream) {
        definition["StreamSpecification"] =
            json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
    }
    definition
}

async fn fill_table(
    service: &Service<'_>,
    plan: &Plan,
    items: &Items,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), Error> {
    let wanted = Filling { keys: plan.keys, item_bytes: u64::try_from(plan.item_bytes).unwrap_or(u64::MAX) };
    let there = read_mark(service, plan).await?.unwrap_or_default();
    if there.item_bytes == wanted.item_bytes && there.keys >= wanted.keys {
        return Ok(());
    }
    fill::fill(plan, items, tell).await?;
    write_mark(service, plan, wanted).await
}

fn mark_key(plan: &Plan) -> Value {
    match plan.workload.layout() {
        Layout::Plain | Layout::Counters | Layout::Indexed => json!({"id": {"S": MARK}}),
        Layout::Lists => json!({"id": {"S": MARK}, "part": {"S": MARK_PART}}),
    }
}

async fn read_mark(service: &Service<'_>, plan: &Plan) -> Result<Option<Filling>, Error> {
    let asked = json!({"TableName": plan.table(), "Key": mark_key(plan), "ConsistentRead": true});
    // A table of another key schema refuses the key: it is not ours either.
    let Some(found) = service.ask("GetItem", &asked, "ValidationException").await? else { return Ok(None) };
    let number = |name: &str| found["Item"][name]["N"].as_str().and_then(|value| value.parse().ok());
    Ok(number("keys").zip(number("item_bytes")).map(|(keys, item_bytes)| Filling { keys, item_bytes }))
}

async fn write_mark(service: &Service<'_>, plan: &Plan, filling: Filling) -> Result<(), Error> {
    let mut item = mark_key(plan);
    item["keys"] = json!({"N": filling.keys.to_string()});
    item["item_bytes"] = json!({"N": filling.item_bytes.to_string()});
    service.call("PutItem", &json!({"TableName": plan.table(), "Item": item})).await.map(drop)
}

/// Asks one request of the workload: what fails always should be told before it is measured.
pub(crate) async fn probe(plan: &Plan, items: &Items) -> Result<(), Error> {
    let service = Service::new(plan);
    let operation = plan.workload.operation();
    let mut body = Vec::new();
    Requests::new(plan, items.clone(), 0).next(&mut body);
    let unexpected = |what: String| Error::Unexpected { operation, what };
    match service.send(operation, &body).await? {
        Ok(answer) => {
            Page::read(plan.workload, plan.item_bytes, &answer)
                .map_err(|what| unexpected(what.to_owned()))?;
            Ok(())
        }
        Err(refusal) if refusal.kind == UNKNOWN_OPERATION => Err(Error::Unsupported { operation }),
        Err(refusal) => Err(Error::Refused { operation, refusal }),
    }
}

/// Polls DescribeTable until `check` has a result; `None` stands for a table that is not there.
async fn wait<T>(
    service: &Service<'_>,
    plan: &Plan,
    what: &str,
    check: impl Fn(Option<Value>) -> Option<T>,
) -> Result<T, Error> {
    let polls = u128::from(PATIENCE_SECONDS) * 1_000 / POLL.as_millis();
    for _ in 0..polls {
        let answer = service.ask("DescribeTable", &json!({"TableName": plan.table()}), NOT_FOUND).await?;
        if let Some(done) = check(answer) {
            return Ok(done);
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Error::Late { what: what.to_owned(), seconds: PATIENCE_SECONDS })
}

impl Table {
    /// Deletes the table if it was made for this measurement and is not to be kept.
    pub(crate) async fn clean_up(self, plan: &Plan, tell: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        if !self.made || plan.keep {
            return Ok(());
        }
        tell(Progress::Step(format!("deleting table {} (--keep keeps it)", plan.table())));
        let service = Service::new(plan);
        service.ask("DeleteTable", &json!({"TableName": plan.table()}), NOT_FOUND).await?;
        wait(&service, plan, "the end of the table", |answer| answer.is_none().then_some(())).await
    }
}

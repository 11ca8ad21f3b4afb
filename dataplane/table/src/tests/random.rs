//! Random operations against the naive model: every answer must be equal, figures included.

use std::sync::Arc;

use futures::FutureExt;
use partita_protocol::output::item_to_json;
use partita_protocol::{Operation, OperationName, ServiceError};
use partita_storage::{Location, StoreOptions};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::model::Model;
use super::support::{World, indexed, open, options, parse};
use crate::TableEngine;

/// One step of a random run.
#[derive(Clone, Debug)]
enum Step {
    Write(Value, Write),
    Get {
        key: Value,
        strong: bool,
        projected: bool,
    },
    Query {
        body: Value,
    },
    Scan {
        body: Value,
        segments: Option<u32>,
    },
    BatchWrite(Vec<Value>),
    BatchGet {
        keys: Vec<Value>,
        strong: bool,
    },
    Statistics,
    /// The process dies and comes back.
    Crash,
}

#[derive(Clone, Copy, Debug)]
enum Write {
    Put,
    Delete,
    Update,
}

const CONDITIONS: [Option<&str>; 9] = [
    None,
    None,
    None,
    None,
    Some("attribute_exists(p)"),
    Some("attribute_not_exists(p)"),
    Some("a = :x AND NOT b = :t"),
    Some("contains(u, :t) OR g.h[0] >= :x"),
    Some("size(g.h) > :x AND NOT g.h[1] = :t"),
];

const FILTERS: [&str; 5] =
    ["attribute_exists(d)", "size(d) > :x", "g.h[0] < :x", "attribute_exists(g.h[1])", "u = :u OR g = :m"];

const UPDATES: [Option<&str>; 14] = [
    None,
    Some("SET a = :x"),
    Some("SET b = :t, d = :t REMOVE c"),
    Some("REMOVE a"),
    Some("REMOVE a, b, c, d"),
    Some("ADD e :x"),
    Some("SET c = :t, f = if_not_exists(f, :x)"),
    Some("SET a = b"),
    Some("SET a = a + :x, c = :t"),
    Some("SET g.h = :x"),
    Some("SET g = :m, b = :t"),
    Some("SET g.h[1] = :t REMOVE g.h[0]"),
    Some("SET g = if_not_exists(g, :m) ADD u :u"),
    Some("DELETE u :u"),
];

const RETURNED: [&str; 5] = ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"];

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![-2i64..4, Just(-1000), Just(1000)]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ab]{1,3}", 1 => Just("a\u{0}b".to_owned()), 1 => Just("é".to_owned())]
}

fn key() -> impl Strategy<Value = Value> {
    (0..3, number())
        .prop_map(|(hash, range)| json!({"p": {"S": format!("p{hash}")}, "s": {"N": range.to_string()}}))
}

/// Mostly small, now and then over the borders of the units.
fn filling() -> impl Strategy<Value = String> {
    prop_oneof![4 => 0..20usize, 2 => 900..1100usize, 1 => 3900..4300usize]
        .prop_map(|length| "x".repeat(length))
}

fn item() -> impl Strategy<Value = Value> {
    let a = prop_oneof![9 => number().prop_map(|n| json!({"N": n.to_string()})), 1 => Just(json!({"S": "no number"}))];
    let attributes = (option::of(a), option::of(text()), option::of(text()), option::of(filling()));
    (key(), attributes).prop_map(|(mut item, (a, b, c, d))| {
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                item[name] = value;
            }
        };
        set("a", a);
        set("b", b.map(|text| json!({"S": text})));
        set("c", c.map(|text| json!({"S": text})));
        set("d", d.map(|text| json!({"S": text})));
        item
    })
}

/// Only the values that one of the expressions uses.
fn with_values(body: &mut Value, x: i64, t: &str) {
    let expressions: String =
        ["ConditionExpression", "UpdateExpression", "FilterExpression", "KeyConditionExpression"]
            .iter()
            .filter_map(|name| body[*name].as_str())
            .collect::<Vec<_>>()
            .join(" ");
    let values = [
        (":x", json!({"N": x.to_string()})),
        (":t", json!({"S": t})),
        (":m", json!({"M": {"h": {"L": [{"N": "1"}]}}})),
        (":u", json!({"SS": ["a", "ab"]})),
    ];
    let used: Map<_, _> = values
        .into_iter()
        .filter(|(name, _)| expressions.contains(name))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    if !used.is_empty() {
        match &mut body["ExpressionAttributeValues"] {
            Value::Object(given) => given.extend(used),
            absent => *absent = used.into(),
        }
    }
}

fn capacity() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["NONE", "TOTAL", "INDEXES", "INDEXES"])
}

prop_compose! {
    fn write()(
        item in item(),
        kind in prop::sample::select(vec![Write::Put, Write::Put, Write::Delete, Write::Update, Write::Update]),
        condition in prop::sample::select(CONDITIONS.to_vec()),
        update in prop::sample::select(UPDATES.to_vec()),
        returned in prop::sample::select(RETURNED.to_vec()),
        show in any::<bool>(),
        metrics in any::<bool>(),
        capacity in capacity(),
        x in number(),
        t in text(),
    ) -> Step {
        let mut body = json!({"TableName": "indexed", "ReturnConsumedCapacity": capacity});
        let key = json!({"p": item["p"], "s": item["s"]});
        let mut returned = returned;
        match kind {
            Write::Put => body["Item"] = item,
            Write::Delete | Write::Update => body["Key"] = key,
        }
        if !matches!(kind, Write::Update) && returned != "NONE" {
            returned = "ALL_OLD";
        }
        body["ReturnValues"] = returned.into();
        if let (Write::Update, Some(update)) = (kind, update) {
            body["UpdateExpression"] = update.into();
        }
        if let Some(condition) = condition {
            body["ConditionExpression"] = condition.into();
        }
        if show {
            body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
        }
        if metrics {
            body["ReturnItemCollectionMetrics"] = "SIZE".into();
        }
        with_values(&mut body, x, &t);
        Step::Write(body, kind)
    }
}

prop_compose! {
    /// What Query and Scan have in common.
    fn page()(
        index in prop::sample::select(vec![None, Some("by-a"), Some("by-b"), Some("by-c")]),
        limit in option::of(1..5u32),
        filter in option::of(prop::sample::select(FILTERS.to_vec())),
        selected in 0..5u8,
        strong in any::<bool>(),
        capacity in capacity(),
    ) -> Value {
        let mut body = json!({"TableName": "indexed", "ConsistentRead": strong, "ReturnConsumedCapacity": capacity});
        if let Some(index) = index {
            body["IndexName"] = index.into();
        }
        if let Some(limit) = limit {
            body["Limit"] = limit.into();
        }
        if let Some(filter) = filter {
            body["FilterExpression"] = filter.into();
        }
        match selected {
            0 => body["Select"] = "COUNT".into(),
            1 => body["Select"] = "ALL_ATTRIBUTES".into(),
            2 => body["ProjectionExpression"] = "a, g.h[0], u".into(),
            3 => body["ProjectionExpression"] = "s, b, c".into(),
            _ => {}
        }
        body
    }
}

prop_compose! {
    fn query()(
        mut body in page(),
        hash in 0..3,
        condition in 0..8u8,
        x in number(),
        y in number(),
        t in text(),
        u in text(),
        forward in any::<bool>(),
    ) -> Step {
        let (name, number) = match body["IndexName"].as_str() {
            None => ("s", true),
            Some("by-a") => ("a", true),
            Some("by-b") => ("b", false),
            _ => ("c", false),
        };
        let operator = ["=", "<", "<=", ">", ">="].get(usize::from(condition));
        let range = match (operator, condition) {
            (Some(operator), _) => format!(" AND {name} {operator} :low"),
            (None, 5) => format!(" AND {name} BETWEEN :low AND :high"),
            (None, 6) if !number => format!(" AND begins_with({name}, :low)"),
            _ => String::new(),
        };
        let low_high = match number {
            true => [x.min(y), x.max(y)].map(|bound| json!({"N": bound.to_string()})),
            false => [t.as_str().min(&u), t.as_str().max(&u)].map(|bound| json!({"S": bound})),
        };
        let mut values = json!({":p": {"S": format!("p{hash}")}});
        for (bound, value) in [":low", ":high"].into_iter().zip(low_high) {
            if range.contains(bound) {
                values[bound] = value;
            }
        }
        body["KeyConditionExpression"] = format!("p = :p{range}").into();
        body["ExpressionAttributeValues"] = values;
        body["ScanIndexForward"] = forward.into();
        with_values(&mut body, 950, "");
        Step::Query { body }
    }
}

prop_compose! {
    fn scan()(mut body in page(), segments in option::of(1..5u32)) -> Step {
        with_values(&mut body, 950, "");
        Step::Scan { body, segments }
    }
}

fn batch_write() -> impl Strategy<Value = Step> {
    let request = prop_oneof![
        3 => item().prop_map(|item| json!({"PutRequest": {"Item": item}})),
        1 => key().prop_map(|key| json!({"DeleteRequest": {"Key": key}})),
    ];
    vec(request, 1..6).prop_map(Step::BatchWrite)
}

fn batch_get() -> impl Strategy<Value = Step> {
    (prop::collection::hash_map("p[0-2]", number(), 1..4), any::<bool>()).prop_map(|(keys, strong)| {
        let key = |(hash, range): (String, i64)| json!({"p": {"S": hash}, "s": {"N": range.to_string()}});
        Step::BatchGet { keys: keys.into_iter().map(key).collect(), strong }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => write(),
        6 => (key(), any::<bool>(), any::<bool>())
            .prop_map(|(key, strong, projected)| Step::Get { key, strong, projected }),
        8 => query(),
        6 => scan(),
        5 => batch_write(),
        2 => batch_get(),
        2 => Just(Step::Statistics),
        1 => Just(Step::Crash),
    ]
}

async fn take(step: &Step, engine: &TableEngine, model: &mut Model) {
    match step {
        Step::Write(body, kind) => write_both(body, *kind, engine, model).await,
        Step::Get { key, strong, projected } => {
            let mut body = json!({"TableName": "indexed", "Key": key, "ConsistentRead": strong,
                                  "ReturnConsumedCapacity": "INDEXES"});
            if *projected {
                body["ProjectionExpression"] = "a, d".into();
            }
            let Operation::GetItem(get) = parse(OperationName::GetItem, &body) else { unreachable!() };
            assert_eq!(engine.get_item(&get).await.unwrap(), model.get(&get));
        }
        Step::Query { body } => pages(body.clone(), OperationName::Query, engine, model).await,
        Step::Scan { body, segments: None } => pages(body.clone(), OperationName::Scan, engine, model).await,
        Step::Scan { body, segments: Some(total) } => {
            for segment in 0..*total {
                let mut body = body.clone();
                body["Segment"] = segment.into();
                body["TotalSegments"] = (*total).into();
                pages(body, OperationName::Scan, engine, model).await;
            }
        }
        Step::BatchWrite(requests) => {
            let body = json!({"RequestItems": {"indexed": requests}, "ReturnConsumedCapacity": "INDEXES"});
            let Operation::BatchWriteItem(batch) = parse(OperationName::BatchWriteItem, &body) else {
                unreachable!()
            };
            let answer = engine.batch_write_item(&batch).await.map_err(ServiceError::from);
            assert_eq!(answer, model.batch_write(&batch), "{body}");
        }
        Step::BatchGet { keys, strong } => {
            let part = json!({"Keys": keys, "ConsistentRead": strong});
            let body = json!({"RequestItems": {"indexed": part}, "ReturnConsumedCapacity": "TOTAL"});
            let Operation::BatchGetItem(batch) = parse(OperationName::BatchGetItem, &body) else {
                unreachable!()
            };
            assert_eq!(engine.batch_get_item(&batch).await.unwrap(), model.batch_get(&batch));
        }
        Step::Statistics | Step::Crash => {
            assert_eq!(engine.statistics(indexed().id).await.unwrap(), model.statistics());
        }
    }
}

async fn write_both(body: &Value, kind: Write, engine: &TableEngine, model: &mut Model) {
    let name = match kind {
        Write::Put => OperationName::PutItem,
        Write::Delete => OperationName::DeleteItem,
        Write::Update => OperationName::UpdateItem,
    };
    let (answer, expected) = match parse(name, body) {
        Operation::PutItem(put) => (engine.put_item(&put).await, model.put(&put)),
        Operation::DeleteItem(delete) => (engine.delete_item(&delete).await, model.delete(&delete)),
        Operation::UpdateItem(update) => (engine.update_item(&update).await, model.update(&update)),
        other => panic!("no write: {other:?}"),
    };
    assert_eq!(answer.map_err(ServiceError::from), expected, "{body}");
}

/// Reads to the end, page by page.
async fn pages(mut body: Value, name: OperationName, engine: &TableEngine, model: &Model) {
    loop {
        let (answer, expected) = match parse(name, &body) {
            Operation::Query(query) => (engine.query(&query).await.unwrap(), model.query(&query)),
            Operation::Scan(scan) => (engine.scan(&scan).await.unwrap(), model.scan(&scan)),
            other => panic!("no page: {other:?}"),
        };
        assert_eq!(answer, expected, "{body}");
        let Some(last) = answer.last_key else { return };
        body["ExclusiveStartKey"] = item_to_json(&last);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Cases and steps: some twenty thousand operations, within seconds.
const CASES: u32 = 256;
const STEPS: usize = 160;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn engine_answers_as_the_model(steps in vec(step(), 1..=STEPS)) {
        runtime().block_on(async {
            let mut world = World::with([indexed()]).await;
            let mut model = Model::default();
            for step in &steps {
                if matches!(step, Step::Crash) {
                    world = world.crashed().await;
                }
                take(step, &world.engine, &mut model).boxed().await;
            }
            take(&Step::Statistics, &world.engine, &mut model).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 100, ..ProptestConfig::default() })]

    /// The same over the engine that keeps data for real.
    #[test]
    fn engine_answers_as_the_model_on_the_real_store(steps in vec(step(), 60..=100)) {
        runtime().block_on(async {
            let store = partita_storage::open(StoreOptions::new(Location::Memory, "shard")).await.unwrap();
            let engine = Arc::new(open(store, options()).await);
            engine.apply(indexed()).await.unwrap();
            let mut model = Model::default();
            for step in &steps {
                take(step, &engine, &mut model).boxed().await;
            }
            take(&Step::Statistics, &engine, &mut model).await;
            engine.close().await.unwrap();
        });
    }
}

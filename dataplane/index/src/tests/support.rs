//! A table with indexes that come and go, and what they should hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use partita_model::clock::{Clock, UnixMillis};
use partita_model::descriptor::{
    BillingMode, Generation, Statistics, StreamSettings, StreamView, TableSettings,
};
use partita_model::name::Scope;
use partita_model::schema::{GlobalIndex, KeyAttribute, LocalIndex};
use partita_model::size::item_size;
use partita_model::{
    AttributeValue, IndexName, Item, KeySchema, Projection, ScalarType, TableDescriptor, TableId, TableName,
};
use partita_protocol::output::Answer;
use partita_protocol::{Operation, OperationName, ServiceError};
use partita_storage::{Location, MemoryStore, Shard, ShardStore, StoreOptions};
use partita_table::global::{BACKLOG_RECORDS_MAX, READER};
use partita_table::{ChangeRecord, EngineOptions, TableEngine};
use serde_json::{Value, json};

use crate::{Keeper, Limits, Step};

pub(super) const TABLE: TableId = TableId(7);

/// A clock that stands still.
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> UnixMillis {
        UnixMillis(1_795_003_200_000)
    }
}

/// The kinds of index that the table can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// On `a` (S), keys only.
    Plain,
    /// On `a` (S), sorted by `n` (N), with `x`.
    Sorted,
    /// On `a` (S) and `n` (N), sorted by `b` (S) and `x` (S), with everything.
    Wide,
}

pub(super) const SHAPES: [Shape; 3] = [Shape::Plain, Shape::Sorted, Shape::Wide];

impl Shape {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Sorted => "sorted",
            Self::Wide => "wide",
        }
    }

    fn index(self, id: TableId) -> GlobalIndex {
        let text = |name: &str| KeyAttribute { name: name.to_owned(), scalar: ScalarType::S };
        let number = KeyAttribute { name: "n".to_owned(), scalar: ScalarType::N };
        let (hash, range, projection) = match self {
            Self::Plain => (vec![text("a")], vec![], Projection::KeysOnly),
            Self::Sorted => (vec![text("a")], vec![number], Projection::Include(vec!["x".to_owned()])),
            Self::Wide => (vec![text("a"), number], vec![text("b"), text("x")], Projection::All),
        };
        let name = IndexName::new(self.name());
        GlobalIndex { id, active: false, name, hash, range, projection, throughput: None }
    }

    /// What it holds of an item, spelled out.
    fn entry(self, item: &Item) -> Option<Item> {
        let text = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => !text.is_empty(),
            _ => false,
        };
        let number = matches!(item.get("n"), Some(AttributeValue::N(_)));
        let (held, kept): (bool, &[&str]) = match self {
            Self::Plain => (text("a"), &["p", "s", "a"]),
            Self::Sorted => (text("a") && number, &["p", "s", "a", "n", "x"]),
            Self::Wide => {
                (text("a") && number && text("b") && text("x"), &["p", "s", "a", "n", "b", "x", "y", "z"])
            }
        };
        let kept = item.iter().filter(|(name, _)| kept.contains(&name.as_str()));
        held.then(|| kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// The table of this generation with these indexes.
pub(super) fn descriptor(
    generation: u64,
    indexes: &BTreeMap<Shape, TableId>,
    active: bool,
) -> TableDescriptor {
    let key = KeySchema {
        hash: KeyAttribute { name: "p".to_owned(), scalar: ScalarType::S },
        range: Some(KeyAttribute { name: "s".to_owned(), scalar: ScalarType::N }),
    };
    let global_indexes = indexes.iter().map(|(shape, id)| GlobalIndex { active, ..shape.index(*id) });
    TableDescriptor {
        id: TABLE,
        name: TableName::new("table"),
        generation: Generation(generation),
        attributes: key.attributes().cloned().collect(),
        // Its rows stand between the items, where builds have to pass over them.
        local_indexes: vec![LocalIndex {
            name: IndexName::new("by-z"),
            key: KeySchema {
                range: Some(KeyAttribute { name: "z".to_owned(), scalar: ScalarType::S }),
                ..key.clone()
            },
            projection: Projection::All,
        }],
        key,
        global_indexes: global_indexes.collect(),
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream: None,
        time_to_live: None,
        settings: TableSettings::default(),
    }
}

/// An engine over a store in memory, and the keeper of its one table.
pub(super) struct World {
    pub(super) store: MemoryStore,
    pub(super) engine: Arc<TableEngine>,
    pub(super) keeper: Keeper,
    limits: Limits,
    backlog_max: u64,
    generation: u64,
    next_id: u64,
    pub(super) indexes: BTreeMap<Shape, TableId>,
    stream: StreamSettings,
}

impl World {
    /// A table that is made with these indexes.
    pub(super) async fn with(shapes: &[Shape], limits: Limits) -> Self {
        Self::with_backlog(shapes, limits, BACKLOG_RECORDS_MAX).await
    }

    /// The same, whose indexes may be no further behind.
    pub(super) async fn with_backlog(shapes: &[Shape], limits: Limits, backlog_max: u64) -> Self {
        let store = MemoryStore::new();
        let engine = open(Arc::new(store.clone()), backlog_max).await;
        Self::over(engine, store, shapes, limits, backlog_max).await
    }

    /// The same over the engine that keeps data for real. It cannot be held or crash.
    pub(super) async fn on_real_store(shapes: &[Shape], limits: Limits) -> Self {
        let options = StoreOptions::new(Location::Memory, "shard");
        let store = partita_storage::open(options).await.unwrap();
        let engine = open(store, BACKLOG_RECORDS_MAX).await;
        Self::over(engine, MemoryStore::new(), shapes, limits, BACKLOG_RECORDS_MAX).await
    }

    async fn over(
        engine: Arc<TableEngine>,
        store: MemoryStore,
        shapes: &[Shape],
        limits: Limits,
        backlog_max: u64,
    ) -> Self {
        let keeper = Keeper::new(Arc::clone(&engine), TABLE, limits);
        let mut world = Self {
            store,
            engine,
            keeper,
            limits,
            backlog_max,
            generation: 0,
            next_id: 100,
            indexes: BTreeMap::new(),
            stream: StreamSettings {
                label: String::new(),
                view: StreamView::NewAndOldImages,
                enabled: false,
            },
        };
        for shape in shapes {
            world.next_id += 1;
            world.indexes.insert(*shape, TableId(world.next_id));
        }
        world.apply(false).await;
        world
    }

    /// Applies a descriptor with the present indexes.
    pub(super) async fn apply(&mut self, active: bool) {
        self.generation += 1;
        let descriptor = TableDescriptor {
            stream: Some(self.stream.clone()),
            ..descriptor(self.generation, &self.indexes, active)
        };
        self.engine.apply(descriptor).await.unwrap();
    }

    /// Adds an index, or removes it if it is there.
    pub(super) async fn toggle(&mut self, shape: Shape) {
        if self.indexes.remove(&shape).is_none() {
            self.next_id += 1;
            self.indexes.insert(shape, TableId(self.next_id));
        }
        self.apply(false).await;
    }

    /// Begins a stream, or ends the one that there is.
    pub(super) async fn toggle_stream(&mut self) {
        self.stream.enabled ^= true;
        if self.stream.enabled {
            self.stream.label = format!("{}", self.generation);
        }
        self.apply(false).await;
    }

    /// What is found after a crash. What was told to be is asked for again, as the control plane does.
    pub(super) async fn crash(&mut self) {
        self.store = self.store.reopened();
        self.engine = open(Arc::new(self.store.clone()), self.backlog_max).await;
        self.keeper = Keeper::new(Arc::clone(&self.engine), TABLE, self.limits);
        self.apply(false).await;
    }

    /// Steps until there is nothing to do.
    pub(super) async fn settle(&mut self) {
        loop {
            match self.keeper.step().await.unwrap() {
                Step::Moved | Step::Level => {}
                Step::Idle | Step::Gone => return,
                Step::Stale => panic!("nothing is on its way"),
            }
        }
    }

    pub(super) async fn call(&self, name: OperationName, body: Value) -> Result<Value, ServiceError> {
        call(&self.engine, name, body).await
    }

    pub(super) async fn put(&self, item: Value) {
        self.call(OperationName::PutItem, json!({"TableName": "table", "Item": item})).await.unwrap();
    }

    /// Compares all indexes, which must be built, with what the table holds, and looks for the images that streams show.
    pub(super) async fn check(&mut self) {
        self.check_streams().await;
        let statistics = self.engine.statistics(TABLE).await.unwrap();
        for (shape, id) in &self.indexes {
            assert!(statistics.progress.is_built(*id), "{shape:?} of {:?}", statistics.progress);
        }
        self.apply(true).await;
        let items = self.scan(None).await;
        assert_eq!(statistics.table.item_count, items.len() as u64);
        for shape in self.indexes.keys() {
            let mut expected: Vec<_> = items.iter().filter_map(|item| shape.entry(item)).collect();
            let mut found = self.scan(Some(*shape)).await;
            let place = |item: &Item| format!("{:?} {:?}", item["p"], item["s"]);
            expected.sort_by_key(place);
            found.sort_by_key(place);
            assert_eq!(found, expected, "{shape:?}");
            let counted = statistics.indexes[&IndexName::new(shape.name())];
            let size_bytes = expected.iter().map(|item| item_size(item) as u64 + 100).sum();
            assert_eq!(counted, Statistics { item_count: expected.len() as u64, size_bytes }, "{shape:?}");
        }
    }

    async fn check_streams(&self) {
        let shard = self.engine.shard();
        for reader in shard.log_readers(TABLE).into_iter().filter(|reader| reader.name != READER) {
            for record in shard.read_log(TABLE, &reader.name, 10_000).await.unwrap() {
                if reader.closed_at.is_none_or(|end| record.sequence <= end) {
                    ChangeRecord::decode(&record.payload).unwrap();
                }
            }
        }
    }

    /// All items of the table.
    pub(super) async fn items(&self) -> Vec<Item> {
        self.scan(None).await
    }

    /// All items of the table, or all entries of an index.
    async fn scan(&self, index: Option<Shape>) -> Vec<Item> {
        let mut body = json!({"TableName": "table"});
        if let Some(index) = index {
            body["IndexName"] = index.name().into();
        }
        let answer = self.call(OperationName::Scan, body).await.unwrap();
        assert_eq!(answer.get("LastEvaluatedKey"), None, "tests have small tables");
        answer["Items"].as_array().unwrap().iter().map(item_of).collect()
    }
}

async fn open(store: Arc<dyn ShardStore>, index_backlog_max: u64) -> Arc<TableEngine> {
    let scope = Scope { region: "eu-central-1".to_owned(), account_id: "123456789012".to_owned() };
    let shard = Shard::open(store).await.unwrap();
    let options = EngineOptions { clock: Arc::new(Noon), index_backlog_max, ..EngineOptions::default() };
    Arc::new(TableEngine::open(shard, scope, options).await.unwrap())
}

fn parse(name: OperationName, body: &Value) -> Operation {
    Operation::parse(name, body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"))
}

/// Carries out a request.
pub(super) async fn call(
    engine: &TableEngine,
    name: OperationName,
    body: Value,
) -> Result<Value, ServiceError> {
    let answer = match parse(name, &body) {
        Operation::PutItem(operation) => engine.put_item(&operation).await.map(|answer| answer.to_json()),
        Operation::UpdateItem(operation) => {
            engine.update_item(&operation).await.map(|answer| answer.to_json())
        }
        Operation::DeleteItem(operation) => {
            engine.delete_item(&operation).await.map(|answer| answer.to_json())
        }
        Operation::BatchWriteItem(operation) => {
            engine.batch_write_item(&operation).await.map(|answer| answer.to_json())
        }
        Operation::Query(operation) => engine.query(&operation).await.map(|answer| answer.to_json()),
        Operation::Scan(operation) => engine.scan(&operation).await.map(|answer| answer.to_json()),
        Operation::TransactWriteItems(operation) => {
            engine.transact_write_items(&operation).await.map(|answer| answer.to_json())
        }
        other => panic!("not taken here: {other:?}"),
    };
    answer.map_err(ServiceError::from)
}

/// An item of the three types that tests use.
fn item_of(json: &Value) -> Item {
    let value = |json: &Value| match (json["S"].as_str(), json["N"].as_str()) {
        (Some(text), _) => AttributeValue::S(text.to_owned()),
        (_, Some(number)) => AttributeValue::N(number.parse().unwrap()),
        _ => panic!("{json}"),
    };
    json.as_object().unwrap().iter().map(|(name, json)| (name.clone(), value(json))).collect()
}

/// The inverse.
pub(super) fn json_of(item: &Item) -> Value {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number.to_string()}),
        other => panic!("{other:?}"),
    };
    Value::Object(item.iter().map(|(name, of)| (name.clone(), value(of))).collect())
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

//! A shard in memory with an engine on it, and a way to call it.

use std::sync::Arc;

use partita_model::clock::{Clock, UnixMillis};
use partita_model::descriptor::{BillingMode, Generation, TableSettings};
use partita_model::name::Scope;
use partita_model::schema::{GlobalIndex, KeyAttribute, LocalIndex};
use partita_model::{
    AttributeValue, IndexName, Item, KeySchema, Projection, ScalarType, TableDescriptor, TableId, TableName,
};
use partita_protocol::output::Answer;
use partita_protocol::{Operation, OperationName, ServiceError, Wording};
use partita_storage::{MemoryStore, Shard, ShardStore};
use serde_json::Value;

use crate::{EngineOptions, Error, TableEngine};

/// A clock that stands still.
#[derive(Debug)]
pub(crate) struct Noon;

/// What [`Noon`] shows.
pub(crate) const NOON: UnixMillis = UnixMillis(1_795_003_200_000);

impl Clock for Noon {
    fn now(&self) -> UnixMillis {
        NOON
    }
}

pub(crate) fn options() -> EngineOptions {
    EngineOptions { clock: Arc::new(Noon), ..EngineOptions::default() }
}

pub(crate) fn scope() -> Scope {
    Scope { region: "eu-central-1".to_owned(), account_id: "123456789012".to_owned() }
}

pub(crate) fn key(name: &str, scalar: ScalarType) -> KeyAttribute {
    KeyAttribute { name: name.to_owned(), scalar }
}

/// A descriptor without indexes.
pub(crate) fn table(id: u64, name: &str, hash: KeyAttribute, range: Option<KeyAttribute>) -> TableDescriptor {
    let key = KeySchema { hash, range };
    TableDescriptor {
        id: TableId(id),
        name: TableName::new(name),
        generation: Generation(1),
        attributes: key.attributes().cloned().collect(),
        key,
        local_indexes: Vec::new(),
        global_indexes: Vec::new(),
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream: None,
        time_to_live: None,
        settings: TableSettings::default(),
    }
}

/// `simple`: partition key `p` (S), nothing else.
pub(crate) fn simple() -> TableDescriptor {
    table(1, "simple", key("p", ScalarType::S), None)
}

/// `sorted`: partition key `p` (S), sort key `s` (N), no index.
pub(crate) fn sorted() -> TableDescriptor {
    table(2, "sorted", key("p", ScalarType::S), Some(key("s", ScalarType::N)))
}

/// `indexed`: as `sorted`, with the local indexes `by-a` (N, keys only), `by-b` (S, includes `c`) and `by-c` (S, all).
pub(crate) fn indexed() -> TableDescriptor {
    let mut table = table(3, "indexed", key("p", ScalarType::S), Some(key("s", ScalarType::N)));
    table.local_indexes = vec![
        local(&table, "by-a", key("a", ScalarType::N), Projection::KeysOnly),
        local(&table, "by-b", key("b", ScalarType::S), Projection::Include(vec!["c".to_owned()])),
        local(&table, "by-c", key("c", ScalarType::S), Projection::All),
    ];
    table
}

pub(crate) fn local(
    table: &TableDescriptor,
    name: &str,
    range: KeyAttribute,
    projection: Projection,
) -> LocalIndex {
    let key = KeySchema { hash: table.key.hash.clone(), range: Some(range) };
    LocalIndex { name: IndexName::new(name), key, projection }
}

/// `simple` with a declared global index `by-g` on `g` (S) and `h` (N).
pub(crate) fn with_global_index() -> TableDescriptor {
    let index = GlobalIndex {
        id: TableId(1001),
        active: false,
        name: IndexName::new("by-g"),
        hash: vec![key("g", ScalarType::S)],
        range: vec![key("h", ScalarType::N)],
        projection: Projection::All,
        throughput: None,
    };
    TableDescriptor { global_indexes: vec![index], ..simple() }
}

/// An engine over a store in memory.
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) engine: Arc<TableEngine>,
}

impl World {
    /// An engine that serves `tables`.
    pub(crate) async fn with(tables: impl IntoIterator<Item = TableDescriptor>) -> Self {
        Self::with_options(tables, options()).await
    }

    pub(crate) async fn with_options(
        tables: impl IntoIterator<Item = TableDescriptor>,
        options: EngineOptions,
    ) -> Self {
        let store = MemoryStore::new();
        let engine = open(Arc::new(store.clone()), options).await;
        for table in tables {
            engine.apply(table).await.unwrap();
        }
        Self { store, engine: Arc::new(engine) }
    }

    /// What is found after a crash.
    pub(crate) async fn crashed(&self) -> Self {
        self.crashed_at(Arc::new(Noon)).await
    }

    /// What is found after a crash, at another time.
    pub(crate) async fn crashed_at(&self, clock: Arc<dyn Clock>) -> Self {
        let store = self.store.reopened();
        let engine = open(Arc::new(store.clone()), EngineOptions { clock, ..options() }).await;
        Self { store, engine: Arc::new(engine) }
    }

    /// Carries out a request.
    pub(crate) async fn call(&self, name: OperationName, body: Value) -> Result<Value, ServiceError> {
        call(&self.engine, name, body).await
    }

    /// Carries out a request that must succeed.
    pub(crate) async fn ok(&self, name: OperationName, body: Value) -> Value {
        let shown = body.to_string();
        self.call(name, body).await.unwrap_or_else(|error| panic!("{shown}: {error}"))
    }

    /// The name and sentence of a request's refusal.
    pub(crate) async fn refused(&self, name: OperationName, body: Value) -> (String, String) {
        let shown = body.to_string();
        let error = match self.call(name, body).await {
            Ok(answer) => panic!("{shown} was answered by {answer}"),
            Err(error) => error,
        };
        let sentence = error.message(Wording::Classic).map(|text| text.into_owned()).unwrap_or_default();
        (error.name().to_owned(), sentence)
    }

    /// The sentence of a `ValidationException`.
    pub(crate) async fn invalid(&self, name: OperationName, body: Value) -> String {
        let (error, sentence) = self.refused(name, body).await;
        assert_eq!(error, "ValidationException", "{sentence}");
        sentence
    }
}

pub(crate) async fn open(store: Arc<dyn ShardStore>, options: EngineOptions) -> TableEngine {
    let shard = Shard::open(store).await.unwrap();
    TableEngine::open(shard, scope(), options).await.unwrap()
}

/// A request, read as the gateway reads it.
pub(crate) fn parse(name: OperationName, body: &Value) -> Operation {
    Operation::parse(name, body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"))
}

/// Carries out a request that needs only the engine.
pub(crate) async fn call(
    engine: &TableEngine,
    name: OperationName,
    body: Value,
) -> Result<Value, ServiceError> {
    answer(engine, &parse(name, &body)).await.map_err(ServiceError::from)
}

async fn answer(engine: &TableEngine, operation: &Operation) -> Result<Value, Error> {
    Ok(match operation {
        Operation::PutItem(operation) => engine.put_item(operation).await?.to_json(),
        Operation::GetItem(operation) => engine.get_item(operation).await?.to_json(),
        Operation::UpdateItem(operation) => engine.update_item(operation).await?.to_json(),
        Operation::DeleteItem(operation) => engine.delete_item(operation).await?.to_json(),
        Operation::BatchGetItem(operation) => engine.batch_get_item(operation).await?.to_json(),
        Operation::BatchWriteItem(operation) => engine.batch_write_item(operation).await?.to_json(),
        Operation::Query(operation) => engine.query(operation).await?.to_json(),
        Operation::Scan(operation) => engine.scan(operation).await?.to_json(),
        Operation::TransactWriteItems(operation) => engine.transact_write_items(operation).await?.to_json(),
        Operation::TransactGetItems(operation) => engine.transact_get_items(operation).await?.to_json(),
        other => panic!("no operation on items: {other:?}"),
    })
}

/// `{"S": value}`.
pub(crate) fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// `{"N": value}`.
pub(crate) fn n(value: i64) -> AttributeValue {
    AttributeValue::N(value.into())
}

/// An item of these attributes.
pub(crate) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

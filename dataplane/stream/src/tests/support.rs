//! A table in memory, its streams, a clock that tests move, and a worker as client libraries have it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use partita_model::clock::{Clock, UnixMillis};
use partita_model::descriptor::{BillingMode, Generation, StreamSettings, StreamView, TableSettings};
use partita_model::name::Scope;
use partita_model::schema::KeyAttribute;
use partita_model::{KeySchema, ScalarType, TableDescriptor, TableId, TableName};
use partita_protocol::output::Answer;
use partita_protocol::{Operation, OperationName, ServiceError, Wording};
use partita_storage::{MemoryStore, Shard};
use partita_table::{EngineOptions, TableEngine};
use serde_json::{Value, json};

use crate::{StreamOptions, Streams};

/// When the clock of a test begins: 2026-10-08T23:20:48Z.
pub(crate) const START: UnixMillis = UnixMillis(1_791_501_648_000);
/// The label of a stream that was enabled then.
pub(crate) const LABEL: &str = "2026-10-08T23:20:48.000";

/// A clock that tests move.
#[derive(Debug)]
pub(crate) struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

impl Hand {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Ordering::Relaxed);
    }
}

/// The table `music` and its streams.
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) engine: Arc<TableEngine>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) clock: Arc<Hand>,
    options: StreamOptions,
    generation: u64,
}

pub(crate) fn scope() -> Scope {
    Scope { region: "eu-central-1".to_owned(), account_id: "123456789012".to_owned() }
}

pub(crate) fn arn(table: &str, label: &str) -> String {
    format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{table}/stream/{label}")
}

/// A table with the key `p`.
pub(crate) fn table(id: u64, name: &str, generation: u64, stream: Option<StreamSettings>) -> TableDescriptor {
    let hash = KeyAttribute { name: "p".to_owned(), scalar: ScalarType::S };
    TableDescriptor {
        id: TableId(id),
        name: TableName::new(name),
        generation: Generation(generation),
        attributes: vec![hash.clone()],
        key: KeySchema { hash, range: None },
        local_indexes: Vec::new(),
        global_indexes: Vec::new(),
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream,
        time_to_live: None,
        settings: TableSettings::default(),
    }
}

pub(crate) fn stream(label: &str, view: StreamView, enabled: bool) -> StreamSettings {
    StreamSettings { label: label.to_owned(), view, enabled }
}

async fn open(
    store: &MemoryStore,
    clock: &Arc<Hand>,
    options: &StreamOptions,
) -> (Arc<TableEngine>, Arc<Streams>) {
    let shard = Shard::open(Arc::new(store.clone())).await.unwrap();
    let clock = Arc::<Hand>::clone(clock);
    let engine_options = EngineOptions { clock: Arc::<Hand>::clone(&clock), ..EngineOptions::default() };
    let engine = Arc::new(TableEngine::open(shard, scope(), engine_options).await.unwrap());
    let options = StreamOptions { clock, ..options.clone() };
    let streams = Streams::open(Arc::clone(&engine), scope(), options).await.unwrap();
    (engine, Arc::new(streams))
}

impl World {
    /// A world whose table has a stream with all images.
    pub(crate) async fn streaming() -> Self {
        Self::with(StreamOptions::default(), Some(stream(LABEL, StreamView::NewAndOldImages, true))).await
    }

    pub(crate) async fn with(options: StreamOptions, stream: Option<StreamSettings>) -> Self {
        let (store, clock) = (MemoryStore::new(), Arc::new(Hand(AtomicU64::new(START.0))));
        let (engine, streams) = open(&store, &clock, &options).await;
        let mut world = Self { store, engine, streams, clock, options, generation: 0 };
        world.apply(stream).await;
        world
    }

    /// Serves `music` by a newer descriptor.
    pub(crate) async fn apply(&mut self, stream: Option<StreamSettings>) {
        self.generation += 1;
        self.engine.apply(table(1, "music", self.generation, stream)).await.unwrap();
    }

    /// What is found after a crash.
    pub(crate) async fn crash(&mut self) {
        self.store = self.store.reopened();
        (self.engine, self.streams) = open(&self.store, &self.clock, &self.options).await;
    }

    pub(crate) async fn put(&self, key: &str, value: &str) {
        let item = json!({ "p": { "S": key }, "v": { "S": value } });
        self.ok(OperationName::PutItem, json!({ "TableName": "music", "Item": item })).await;
    }

    pub(crate) async fn delete(&self, key: &str) {
        let key = json!({ "p": { "S": key } });
        self.ok(OperationName::DeleteItem, json!({ "TableName": "music", "Key": key })).await;
    }

    /// Carries out a request that must succeed.
    pub(crate) async fn ok(&self, name: OperationName, body: Value) -> Value {
        let shown = body.to_string();
        call(&self.engine, &self.streams, name, body).await.unwrap_or_else(|error| panic!("{shown}: {error}"))
    }

    /// The name and sentence of a request's refusal.
    pub(crate) async fn refused(&self, name: OperationName, body: Value) -> (String, String) {
        let shown = body.to_string();
        let error = match call(&self.engine, &self.streams, name, body).await {
            Ok(answer) => panic!("{shown} was answered by {answer}"),
            Err(error) => error,
        };
        let sentence = error.message(Wording::Classic).map(|text| text.into_owned()).unwrap_or_default();
        (error.name().to_owned(), sentence)
    }

    pub(crate) async fn describe(&self, label: &str) -> Value {
        let body = json!({ "StreamArn": arn("music", label) });
        self.ok(OperationName::DescribeStream, body).await["StreamDescription"].take()
    }

    /// The names of a stream's shards.
    pub(crate) async fn shards(&self, label: &str) -> Vec<String> {
        let description = self.describe(label).await;
        let shards = description["Shards"].as_array().unwrap();
        shards.iter().map(|shard| text(&shard["ShardId"])).collect()
    }

    /// An iterator; `more` holds the members besides stream, shard and type.
    pub(crate) async fn iterator(&self, label: &str, shard: &str, kind: &str, more: Value) -> String {
        let answer =
            self.ok(OperationName::GetShardIterator, iterator_request(label, shard, kind, more)).await;
        text(&answer["ShardIterator"])
    }

    pub(crate) async fn records(&self, iterator: &str) -> (Vec<Value>, Option<String>) {
        let mut answer = self.ok(OperationName::GetRecords, json!({ "ShardIterator": iterator })).await;
        let records = match answer["Records"].take() {
            Value::Array(records) => records,
            other => panic!("no records: {other}"),
        };
        (records, answer.get("NextShardIterator").map(text))
    }

    /// Everything that is in a shard now, as `key=new`.
    pub(crate) async fn changes(&self, label: &str, shard: &str) -> Vec<String> {
        let mut next = Some(self.iterator(label, shard, "TRIM_HORIZON", json!({})).await);
        let mut all = Vec::new();
        while let Some(iterator) = next {
            let (records, then) = self.records(&iterator).await;
            if records.is_empty() {
                break;
            }
            all.extend(records.iter().map(change));
            next = then;
        }
        all
    }
}

pub(crate) fn iterator_request(label: &str, shard: &str, kind: &str, more: Value) -> Value {
    let mut body = json!({ "StreamArn": arn("music", label), "ShardId": shard, "ShardIteratorType": kind });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

/// `key=new value`, or `key=` for a removal.
pub(crate) fn change(record: &Value) -> String {
    let change = &record["dynamodb"];
    let value = change["NewImage"]["v"]["S"].as_str().unwrap_or_default();
    format!("{}={value}", change["Keys"]["p"]["S"].as_str().unwrap())
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Carries out a request on items or streams.
pub(crate) async fn call(
    engine: &TableEngine,
    streams: &Streams,
    name: OperationName,
    body: Value,
) -> Result<Value, ServiceError> {
    Ok(match Operation::parse(name, body.to_string().as_bytes())? {
        Operation::PutItem(put) => engine.put_item(&put).await?.to_json(),
        Operation::GetItem(get) => engine.get_item(&get).await?.to_json(),
        Operation::DeleteItem(delete) => engine.delete_item(&delete).await?.to_json(),
        Operation::ListStreams(list) => serde_json::to_value(streams.list_streams(&list)?).unwrap(),
        Operation::DescribeStream(describe) => {
            serde_json::to_value(streams.describe_stream(&describe)?).unwrap()
        }
        Operation::GetShardIterator(get) => {
            serde_json::to_value(streams.get_shard_iterator(&get).await?).unwrap()
        }
        Operation::GetRecords(get) => streams.get_records(&get).await?.to_json(),
        other => panic!("no operation of these tests: {other:?}"),
    })
}

/// Reads a stream as client libraries do: a shard after its parent, each from its beginning to its end. Its places survive a crash
/// of the server.
#[derive(Default)]
pub(crate) struct Worker {
    /// The shards that were met: where to go on, or `None` at the end.
    places: BTreeMap<String, Option<String>>,
    /// All records, in the order in which they were read.
    pub(crate) read: Vec<Value>,
}

impl Worker {
    /// Reads a page of each shard whose parent has been read.
    pub(crate) async fn step(&mut self, world: &World, label: &str) {
        let description = world.describe(label).await;
        for shard in description["Shards"].as_array().unwrap() {
            let id = text(&shard["ShardId"]);
            let parent = shard.get("ParentShardId").map(text);
            if parent.is_some_and(|parent| self.places.get(&parent) != Some(&None)) {
                continue;
            }
            let place = match self.places.get(&id) {
                Some(place) => place.clone(),
                None => Some(world.iterator(label, &id, "TRIM_HORIZON", json!({})).await),
            };
            let Some(iterator) = place else { continue };
            let body = json!({ "ShardIterator": iterator });
            let mut page = match call(&world.engine, &world.streams, OperationName::GetRecords, body).await {
                Ok(page) => page,
                Err(error) if error.name() == "ExpiredIteratorException" => {
                    return self.take_over(world, label).await;
                }
                Err(error) => panic!("{error}"),
            };
            self.read.append(page["Records"].as_array_mut().unwrap());
            self.places.insert(id, page.get("NextShardIterator").map(text));
        }
    }

    /// Takes a shard for read that is not there any more.
    pub(crate) fn forget_parent(&mut self, shard: &str) {
        self.places.insert(shard.to_owned(), None);
    }

    /// Loses its iterators and asks for new ones by what it has read, as a worker does that takes over from another one.
    pub(crate) async fn take_over(&mut self, world: &World, label: &str) {
        let Some(last) = self.read.last().map(|record| text(&record["dynamodb"]["SequenceNumber"])) else {
            self.places.clear();
            return;
        };
        for (shard, place) in &mut self.places {
            if place.is_none() {
                continue;
            }
            let more = json!({ "SequenceNumber": last });
            let request = iterator_request(label, shard, "AFTER_SEQUENCE_NUMBER", more);
            // The last record may be the parent's, and then nothing of this shard has been read.
            *place = match call(&world.engine, &world.streams, OperationName::GetShardIterator, request).await
            {
                Ok(answer) => Some(text(&answer["ShardIterator"])),
                Err(_) => Some(world.iterator(label, shard, "TRIM_HORIZON", json!({})).await),
            };
        }
    }
}

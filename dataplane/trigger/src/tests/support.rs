//! A table in memory with a stream, a dispatcher, and a target that answers as a test says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use partita_mapping::{FunctionName, Mapping, MappingId, Settings, Target, Url};
use partita_model::clock::{Clock, UnixMillis};
use partita_model::descriptor::{BillingMode, Generation, StreamSettings, StreamView, TableSettings};
use partita_model::name::Scope;
use partita_model::schema::KeyAttribute;
use partita_model::{KeySchema, ScalarType, TableDescriptor, TableId, TableName};
use partita_protocol::stream::{StreamArn, StreamName};
use partita_protocol::{Operation, OperationName};
use partita_storage::{MemoryStore, Shard};
use partita_stream::{StreamOptions, Streams};
use partita_table::{EngineOptions, TableEngine};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{Connect, Delivery, DeliveryKind, Dispatcher, DispatcherOptions, Endpoint, Reply};

/// When the clock of a test begins: 2026-10-08T23:20:48Z.
const START: UnixMillis = UnixMillis(1_791_501_648_000);
pub(super) const LABEL: &str = "2026-10-08T23:20:48.000";
pub(super) const ID: &str = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";

/// Longer than any test waits, in the time of the test.
const LONG: Duration = Duration::from_secs(100 * 3600);

/// The runtime's own time, as a time of day.
#[derive(Debug)]
struct RuntimeClock(Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(START.0 + u64::try_from(self.0.elapsed().as_millis()).unwrap())
    }
}

/// A delivery as the target saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) delivery: Delivery,
    /// `key=value` of each record; empty for what is no delivery of records.
    pub(super) changes: Vec<String>,
    /// When it began, from the beginning of the test.
    pub(super) at: Duration,
    /// Whether it was answered to the end, and how.
    pub(super) reply: Option<Reply>,
}

type Script = Box<dyn FnMut(usize, &[String]) -> Reply + Send>;

/// A target that notes what it gets. Answers take some time.
pub(super) struct Fake {
    pub(super) seen: Mutex<Vec<Seen>>,
    script: Mutex<Script>,
    latency: Duration,
    began: Instant,
    under_way: AtomicUsize,
    pub(super) most_under_way: AtomicUsize,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

pub(super) fn ok() -> Reply {
    Reply::Answered { status: 200, body: Bytes::new() }
}

pub(super) fn failed() -> Reply {
    Reply::Failed { status: 200, error: Some("Unhandled".to_owned()) }
}

impl Fake {
    fn new(latency: Duration) -> Arc<Self> {
        Arc::new(Self {
            seen: Mutex::default(),
            script: Mutex::new(Box::new(|_, _| ok())),
            latency,
            began: Instant::now(),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
        })
    }

    /// Answers by the number of the delivery and its changes from now on.
    pub(super) fn answers(&self, script: impl FnMut(usize, &[String]) -> Reply + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The changes of each delivery.
    pub(super) fn changes(&self) -> Vec<Vec<String>> {
        self.seen().into_iter().map(|seen| seen.changes).collect()
    }
}

/// Counts what is under way, also if it is dropped.
struct UnderWay<'a>(&'a Fake);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Endpoint for Fake {
    async fn deliver(&self, delivery: Delivery) -> Reply {
        let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(now, Ordering::Relaxed);
        let _under_way = UnderWay(self);
        let changes =
            if delivery.kind == DeliveryKind::Records { changes(&delivery.body) } else { Vec::new() };
        let number = {
            let mut seen = self.seen.lock().unwrap();
            let (changes, at) = (changes.clone(), self.began.elapsed());
            seen.push(Seen { delivery, changes, at, reply: None });
            seen.len() - 1
        };
        tokio::time::sleep(self.latency).await;
        let reply = (self.script.lock().unwrap())(number, &changes);
        self.seen.lock().unwrap()[number].reply = Some(reply.clone());
        reply
    }
}

fn changes(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["Records"].as_array().unwrap().iter().map(change).collect()
}

/// `key=new value`, or `key=` for a removal.
fn change(record: &Value) -> String {
    let change = &record["dynamodb"];
    let value = change["NewImage"]["v"]["S"].as_str().unwrap_or_default();
    format!("{}={value}", change["Keys"]["p"]["S"].as_str().unwrap())
}

#[derive(Debug)]
struct Network {
    target: Arc<Fake>,
    destination: Arc<Fake>,
}

impl Connect for Network {
    fn target(&self, _target: &Target) -> Arc<dyn Endpoint> {
        Arc::<Fake>::clone(&self.target)
    }

    fn destination(&self, _url: &Url) -> Arc<dyn Endpoint> {
        Arc::<Fake>::clone(&self.destination)
    }
}

pub(super) struct World {
    store: MemoryStore,
    pub(super) engine: Arc<TableEngine>,
    pub(super) streams: Arc<Streams>,
    clock: Arc<RuntimeClock>,
    options: StreamOptions,
    network: Arc<Network>,
    pub(super) dispatcher: Option<Dispatcher>,
}

pub(super) fn scope() -> Scope {
    Scope { region: "eu-central-1".to_owned(), account_id: "123456789012".to_owned() }
}

pub(super) fn stream_arn() -> StreamArn {
    StreamName { table: TableName::new("music"), label: LABEL.to_owned() }.arn(&scope())
}

pub(super) fn id() -> MappingId {
    MappingId::parse(ID).unwrap()
}

pub(super) fn mapping(generation: u64, settings: Settings) -> Mapping {
    Mapping {
        id: id(),
        generation,
        source: stream_arn(),
        target: Target::Lambda { function: FunctionName::parse("indexer").unwrap(), endpoint: None },
        settings,
        last_modified: START,
    }
}

/// A table with the key `p`.
pub(super) fn table(generation: u64, enabled: bool) -> TableDescriptor {
    let hash = KeyAttribute { name: "p".to_owned(), scalar: ScalarType::S };
    let stream = StreamSettings { label: LABEL.to_owned(), view: StreamView::NewAndOldImages, enabled };
    TableDescriptor {
        id: TableId(1),
        name: TableName::new("music"),
        generation: Generation(generation),
        attributes: vec![hash.clone()],
        key: KeySchema { hash, range: None },
        local_indexes: Vec::new(),
        global_indexes: Vec::new(),
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream: Some(stream),
        time_to_live: None,
        settings: TableSettings::default(),
    }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(StreamOptions::default()).await
    }

    /// A world whose target takes two milliseconds for an answer.
    pub(super) async fn with(options: StreamOptions) -> Self {
        let clock = Arc::new(RuntimeClock(Instant::now()));
        let store = MemoryStore::new();
        let latency = Duration::from_millis(2);
        let network = Arc::new(Network { target: Fake::new(latency), destination: Fake::new(latency) });
        let (engine, streams) = open(&store, &clock, &options).await;
        engine.apply(table(1, true)).await.unwrap();
        Self { store, engine, streams, clock, options, network, dispatcher: None }
    }

    /// A world with a mapping at work.
    pub(super) async fn mapped(settings: Settings) -> Self {
        let mut world = Self::new().await;
        world.dispatch().await;
        world.apply(mapping(1, settings)).await;
        world
    }

    pub(super) async fn dispatch(&mut self) {
        let options = DispatcherOptions {
            clock: Arc::<RuntimeClock>::clone(&self.clock),
            ..DispatcherOptions::default()
        };
        let (engine, streams) = (Arc::clone(&self.engine), Arc::clone(&self.streams));
        let network = Arc::<Network>::clone(&self.network);
        self.dispatcher = Some(Dispatcher::open(engine, streams, scope(), network, options).await.unwrap());
    }

    pub(super) fn dispatcher(&self) -> &Dispatcher {
        self.dispatcher.as_ref().unwrap()
    }

    pub(super) async fn apply(&self, mapping: Mapping) {
        self.dispatcher().apply(mapping).await.unwrap();
    }

    /// The process ends, and another one finds what was durable.
    pub(super) async fn crash(&mut self) {
        self.dispatcher = None;
        self.store = self.store.reopened();
        (self.engine, self.streams) = open(&self.store, &self.clock, &self.options).await;
        self.dispatch().await;
    }

    pub(super) fn target(&self) -> &Fake {
        &self.network.target
    }

    pub(super) fn destination(&self) -> &Fake {
        &self.network.destination
    }

    pub(super) async fn put(&self, key: &str, value: impl fmt::Display) {
        let item = json!({ "p": { "S": key }, "v": { "S": value.to_string() } });
        let body = json!({ "TableName": "music", "Item": item }).to_string();
        let Ok(Operation::PutItem(put)) = Operation::parse(OperationName::PutItem, body.as_bytes()) else {
            panic!("no put: {body}")
        };
        self.engine.put_item(&put).await.unwrap();
    }

    /// Waits until something holds.
    pub(super) async fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let waiting = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let waited = tokio::time::timeout(LONG, waiting).await;
        assert!(waited.is_ok(), "{what}: {:?}", self.target().changes());
    }

    /// Waits until the target has answered this many deliveries.
    pub(super) async fn answered(&self, deliveries: usize) {
        let count = |seen: Vec<Seen>| seen.iter().filter(|seen| seen.reply.is_some()).count();
        self.until("deliveries", |world| count(world.target().seen()) >= deliveries).await;
    }

    /// Waits until the target has taken this many records, as the mapping's status says.
    pub(super) async fn delivered(&self, records: u64) {
        self.until("records", |world| world.dispatcher().status(&id()).unwrap().delivered >= records).await;
    }
}

async fn open(
    store: &MemoryStore,
    clock: &Arc<RuntimeClock>,
    options: &StreamOptions,
) -> (Arc<TableEngine>, Arc<Streams>) {
    let shard = Shard::open(Arc::new(store.clone())).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::<RuntimeClock>::clone(clock);
    let engine_options = EngineOptions { clock: Arc::clone(&clock), ..EngineOptions::default() };
    let engine = Arc::new(TableEngine::open(shard, scope(), engine_options).await.unwrap());
    let options = StreamOptions { clock, ..options.clone() };
    let streams = Streams::open(Arc::clone(&engine), scope(), options).await.unwrap();
    (engine, Arc::new(streams))
}

/// Follows what a target has taken, and says whether each delivery was due: a change of an item may come only when all changes
/// before it were taken. `written` holds each item's changes in order.
pub(super) fn check_order(seen: &[Seen], written: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, usize> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for seen in seen {
        let mut in_this: BTreeMap<&str, usize> = BTreeMap::new();
        for change in &seen.changes {
            let (key, _) = change.split_once('=').unwrap();
            let index = written[key].iter().position(|known| known == change).unwrap();
            let due = taken.get(key).copied().unwrap_or(0).max(in_this.get(key).copied().unwrap_or(0));
            assert!(index <= due, "{change} came before change {due} of its item was taken");
            in_this.insert(key, index + 1);
        }
        if matches!(seen.reply, Some(Reply::Answered { .. })) {
            for (key, count) in in_this {
                let known = taken.entry(key.to_owned()).or_default();
                *known = count.max(*known);
            }
        }
    }
    taken
}

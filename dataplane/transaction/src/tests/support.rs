//! A world of several shards, with coordinators that can be killed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use partita_model::clock::{Clock, UnixMillis};
use partita_model::descriptor::{BillingMode, Generation, TableSettings};
use partita_model::name::Scope;
use partita_model::schema::KeyAttribute;
use partita_model::{AttributeValue, Item, KeySchema, ScalarType, TableDescriptor, TableId, TableName};
use partita_protocol::operation::{
    TableRef, TransactAction, TransactGet, TransactGetItems, TransactWriteItems,
};
use partita_protocol::output::Answer;
use partita_protocol::{Operation, OperationName, ServiceError, output};
use partita_storage::{LogStart, MemoryStore, Shard};
use partita_table::transact::{
    Begun, Decision, LedgerEntry, Outcome, Prepared, ReadAnswer, ReadVersions, ShardId, Token, TransactionId,
};
use partita_table::{EngineOptions, Error, TableEngine};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{Coordinator, Participant, Placement};

pub(super) const TABLE: &str = "lists";
pub(super) const READER: &str = "reader";
const ACCOUNT: &str = "123456789012";

/// A clock that is set by hand.
#[derive(Debug)]
pub(super) struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

impl Hand {
    pub(super) fn pass(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// The shards. Items lie by the last digit of their key, and so do tokens.
pub(super) struct World {
    pub(super) clock: Arc<Hand>,
    shards: Mutex<BTreeMap<ShardId, (MemoryStore, Arc<TableEngine>)>>,
    count: u64,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

fn descriptor() -> TableDescriptor {
    let hash = KeyAttribute { name: "p".to_owned(), scalar: ScalarType::S };
    TableDescriptor {
        id: TableId(1),
        name: TableName::new(TABLE),
        generation: Generation(1),
        attributes: vec![hash.clone()],
        key: KeySchema { hash, range: None },
        local_indexes: Vec::new(),
        global_indexes: Vec::new(),
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream: None,
        time_to_live: None,
        settings: TableSettings::default(),
    }
}

async fn open(store: &MemoryStore, clock: &Arc<Hand>) -> Arc<TableEngine> {
    let shard = Shard::open(Arc::new(store.clone())).await.unwrap();
    let options = EngineOptions { clock: Arc::clone(clock) as Arc<dyn Clock>, ..EngineOptions::default() };
    let scope = Scope { region: "eu-central-1".to_owned(), account_id: ACCOUNT.to_owned() };
    Arc::new(TableEngine::open(shard, scope, options).await.unwrap())
}

impl World {
    /// Empty shards, each with the table, whose changes are recorded.
    pub(super) async fn new(count: u64) -> Arc<Self> {
        let clock = Arc::new(Hand(AtomicU64::new(1_795_003_200_000)));
        let mut shards = BTreeMap::new();
        for shard in 0..count {
            let store = MemoryStore::new();
            let engine = open(&store, &clock).await;
            engine.apply(descriptor()).await.unwrap();
            engine.register_reader(TableId(1), READER, LogStart::Now).await.unwrap();
            shards.insert(ShardId(shard), (store, engine));
        }
        Arc::new(Self { clock, shards: Mutex::new(shards), count })
    }

    pub(super) fn engines(&self) -> Vec<Arc<TableEngine>> {
        self.shards.lock().unwrap().values().map(|(_, engine)| Arc::clone(engine)).collect()
    }

    pub(super) fn engine(&self, shard: ShardId) -> Arc<TableEngine> {
        Arc::clone(&self.shards.lock().unwrap()[&shard].1)
    }

    /// The shard is lost with its memory, and opened again from what is durable.
    pub(super) async fn reopen(&self, shard: ShardId) {
        let store = self.shards.lock().unwrap()[&shard].0.clone();
        let survivor = store.reopened();
        // From now on nobody reaches the old one.
        store.fail();
        let engine = open(&survivor, &self.clock).await;
        self.shards.lock().unwrap().insert(shard, (survivor, engine));
    }

    pub(super) async fn reopen_all(&self) {
        for shard in 0..self.count {
            self.reopen(ShardId(shard)).await;
        }
    }

    /// A coordinator that lives.
    pub(super) fn coordinator(self: &Arc<Self>) -> Coordinator {
        self.mortal(&Fuse::new(usize::MAX, Side::Before))
    }

    /// A coordinator that disappears when its fuse says so.
    pub(super) fn mortal(self: &Arc<Self>, fuse: &Arc<Fuse>) -> Coordinator {
        let placement = Mortals { world: Arc::clone(self), fuse: Arc::clone(fuse) };
        Coordinator::new(Arc::new(placement), ACCOUNT)
    }

    /// Carries out a transaction that only living coordinators know of.
    pub(super) async fn write(self: &Arc<Self>, body: Value) -> Result<Value, ServiceError> {
        write(&self.coordinator(), body).await
    }

    /// The value `v` of each item, as one transaction reads them.
    pub(super) async fn read(self: &Arc<Self>, names: &[&str]) -> Result<Vec<Value>, ServiceError> {
        read(&self.coordinator(), names).await
    }

    pub(super) fn shard_of_name(&self, name: &str) -> ShardId {
        let digit = name.bytes().last().map_or(0, |last| u64::from(last.saturating_sub(b'0')));
        ShardId(digit % self.count)
    }
}

pub(super) async fn write(coordinator: &Coordinator, body: Value) -> Result<Value, ServiceError> {
    let operation = Operation::parse(OperationName::TransactWriteItems, body.to_string().as_bytes());
    let Operation::TransactWriteItems(request) = operation.unwrap() else { panic!("it is one") };
    Ok(coordinator.transact_write_items(request).await?.to_json())
}

pub(super) async fn read(coordinator: &Coordinator, names: &[&str]) -> Result<Vec<Value>, ServiceError> {
    let gets: Vec<Value> =
        names.iter().map(|name| json!({"Get": {"TableName": TABLE, "Key": {"p": {"S": name}}}})).collect();
    let body = json!({"TransactItems": gets}).to_string();
    let operation = Operation::parse(OperationName::TransactGetItems, body.as_bytes());
    let Operation::TransactGetItems(request) = operation.unwrap() else { panic!("it is one") };
    let answer = coordinator.transact_get_items(&request).await?.to_json();
    let responses = answer["Responses"].as_array().unwrap();
    Ok(responses.iter().map(|response| response["Item"]["v"].clone()).collect())
}

/// `{"Update": …}` that adds to the number `v` of an item.
pub(super) fn add(name: &str, number: i64) -> Value {
    json!({"Update": {"TableName": TABLE, "Key": {"p": {"S": name}}, "UpdateExpression": "ADD v :v",
                      "ExpressionAttributeValues": {":v": {"N": number.to_string()}}}})
}

/// A check that the number `v` of an item is at least so much.
pub(super) fn at_least(name: &str, number: i64) -> Value {
    json!({"ConditionCheck": {"TableName": TABLE, "Key": {"p": {"S": name}}, "ConditionExpression": "v >= :v",
                              "ExpressionAttributeValues": {":v": {"N": number.to_string()}}}})
}

/// Whether a message that is not answered arrives all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// It is never sent.
    Before,
    /// It is sent and carried out; the answer never comes.
    After,
}

/// Numbers by chance, the same ones for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to just below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Another source, for somebody else.
    pub(super) fn split(&mut self) -> Self {
        Self(self.below(u64::MAX))
    }
}

/// Counts the messages of a coordinator, and ends it at one of them.
#[derive(Debug)]
pub(super) struct Fuse {
    left: AtomicUsize,
    side: Side,
    pub(super) blown: Notify,
    /// How long messages take, in turns of the scheduler.
    delays: Option<Mutex<Chance>>,
}

impl Fuse {
    /// Lets so many messages through, at once.
    pub(super) fn new(messages: usize, side: Side) -> Arc<Self> {
        Arc::new(Self { left: AtomicUsize::new(messages), side, blown: Notify::new(), delays: None })
    }

    /// Lets so many messages through, each after a while.
    pub(super) fn with_delays(messages: usize, side: Side, seed: u64) -> Arc<Self> {
        let delays = Some(Mutex::new(Chance::new(seed)));
        Arc::new(Self { left: AtomicUsize::new(messages), side, blown: Notify::new(), delays })
    }

    async fn delay(&self) {
        let turns = self.delays.as_ref().map_or(0, |delays| delays.lock().unwrap().below(12));
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    /// Carries out a message, or never returns.
    async fn pass<T>(&self, message: impl Future<Output = T>) -> T {
        self.delay().await;
        let answer = self.send(message).await;
        self.delay().await;
        answer
    }

    async fn send<T>(&self, message: impl Future<Output = T>) -> T {
        let left = self.left.load(Ordering::SeqCst);
        if left == usize::MAX {
            return message.await;
        }
        if left == 0 {
            // The process is gone.
            self.blown.notify_one();
            return std::future::pending().await;
        }
        self.left.store(left - 1, Ordering::SeqCst);
        if left == 1 {
            if self.side == Side::After {
                message.await;
            }
            self.blown.notify_one();
            return std::future::pending().await;
        }
        message.await
    }
}

/// The shards, as a coordinator with a fuse reaches them.
#[derive(Debug)]
struct Mortals {
    world: Arc<World>,
    fuse: Arc<Fuse>,
}

impl Placement for Mortals {
    fn shard_of(&self, _table: &TableRef, key: &Item) -> ShardId {
        match key.get("p") {
            Some(AttributeValue::S(name)) => self.world.shard_of_name(name),
            _ => ShardId(0),
        }
    }

    fn shard_of_token(&self, token: &Token) -> ShardId {
        ShardId(u64::from(token.digest()[0]) % self.world.count)
    }

    fn participant(&self, shard: ShardId) -> Option<Arc<dyn Participant>> {
        let world = Arc::clone(&self.world);
        Some(Arc::new(Mortal { world, shard, fuse: Arc::clone(&self.fuse) }))
    }

    fn recovered_here(&self) -> Vec<ShardId> {
        (0..self.world.count).map(ShardId).collect()
    }
}

/// One shard, looked up anew for each message: it may have been opened again.
#[derive(Debug)]
struct Mortal {
    world: Arc<World>,
    shard: ShardId,
    fuse: Arc<Fuse>,
}

impl Mortal {
    fn engine(&self) -> Arc<TableEngine> {
        self.world.engine(self.shard)
    }
}

#[async_trait]
impl Participant for Mortal {
    async fn transact_write_items(
        &self,
        request: &TransactWriteItems,
    ) -> Result<output::TransactWrite, Error> {
        self.fuse.pass(self.engine().transact_write_items(request)).await
    }

    async fn transact_get_items(&self, request: &TransactGetItems) -> Result<output::TransactItems, Error> {
        self.fuse.pass(self.engine().transact_get_items(request)).await
    }

    async fn begin(&self, transaction: TransactionId, token: Option<&Token>) -> Result<Begun, Error> {
        self.fuse.pass(self.engine().begin(transaction, token)).await
    }

    async fn release(&self, transaction: TransactionId, token: &Token) -> Result<(), Error> {
        self.fuse.pass(async { self.engine().release(transaction, token) }).await;
        Ok(())
    }

    async fn prepare(
        &self,
        transaction: TransactionId,
        ledger: ShardId,
        actions: &[&TransactAction],
    ) -> Result<Prepared, Error> {
        self.fuse.pass(self.engine().prepare(transaction, ledger, actions)).await
    }

    async fn decide(&self, decision: Decision) -> Result<Outcome, Error> {
        self.fuse.pass(self.engine().decide(decision)).await
    }

    async fn settle(&self, transaction: TransactionId, outcome: Outcome) -> Result<(), Error> {
        self.fuse.pass(self.engine().settle(transaction, outcome)).await
    }

    async fn resolve(&self, transaction: TransactionId) -> Result<Outcome, Error> {
        self.fuse.pass(self.engine().resolve(transaction)).await
    }

    async fn forget(&self, transaction: TransactionId) -> Result<(), Error> {
        self.fuse.pass(self.engine().forget(transaction)).await
    }

    async fn read_versions_of(&self, gets: &[&TransactGet]) -> Result<ReadAnswer, Error> {
        self.fuse.pass(self.engine().read_versions_of(gets)).await
    }

    async fn confirm_versions(&self, gets: &[&TransactGet], versions: &ReadVersions) -> Result<bool, Error> {
        self.fuse.pass(self.engine().confirm_versions(gets, versions)).await
    }

    async fn stalled(&self) -> Result<Vec<(TransactionId, ShardId)>, Error> {
        self.fuse.pass(async { Ok(self.engine().stalled()) }).await
    }

    async fn entry(&self, transaction: TransactionId) -> Result<Option<LedgerEntry>, Error> {
        self.fuse.pass(async { Ok(self.engine().entry(transaction)) }).await
    }

    async fn overdue(&self) -> Result<Vec<LedgerEntry>, Error> {
        self.fuse.pass(async { Ok(self.engine().overdue()) }).await
    }
}

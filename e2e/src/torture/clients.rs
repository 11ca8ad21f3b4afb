//! The clients: each a thread with one connection that asks, writes down what came of it, and asks again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::Value;

use super::collection::{Collection, Stock};
use super::counters::{self, Counters};
use super::history::{Answer, Clock, Entry, Guard, Outcome, Request, View};
use super::item::Item;
use super::requests::{self, Asked, KEYS};
use super::summary::{Complaints, Tally};
use super::wire::{Reply, Wire};

/// A pause before the next attempt to connect: a process that is gone is noticed by the run soon.
const RECONNECT: Duration = Duration::from_millis(2);
/// The most writes of one BatchWriteItem here; the service takes 25.
const BATCH_MAX: usize = 6;
/// Padding of ordinary items, in bytes.
const PADDING: std::ops::Range<usize> = 1..1200;
/// Padding of large ones: a memory table is full after some hundreds.
const PADDING_HEAVY: std::ops::Range<usize> = 8 << 10..48 << 10;

/// What all clients of one process share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) clock: Clock,
    pub(super) stock: &'a Stock,
    pub(super) counters: &'a Counters,
    pub(super) tally: &'a Tally,
    pub(super) complaints: &'a Complaints,
    /// Set when the process has ended.
    pub(super) over: &'a AtomicBool,
    pub(super) life: u32,
    pub(super) address: SocketAddr,
    pub(super) timeout: Duration,
    pub(super) heavy: bool,
    /// Whether the process will be asked to stop: then it may answer HTTP 5xx to those who go on. Nothing else is a reason.
    pub(super) stops: bool,
}

/// What a client did, and to which collection.
pub(super) type Recorded = Vec<(Arc<Collection>, Entry)>;

/// One client.
pub(super) struct Client<'a> {
    load: Load<'a>,
    number: usize,
    wire: Wire,
    rng: StdRng,
    recorded: Recorded,
    /// Makes the values of this client's writes differ.
    serial: u64,
}

impl<'a> Client<'a> {
    pub(super) fn new(load: Load<'a>, number: usize, rng: StdRng) -> Self {
        let wire = Wire::new(load.address, load.timeout);
        Self { load, number, wire, rng, recorded: Vec::new(), serial: 0 }
    }

    /// Asks until the process has ended, or until something is wrong.
    pub(super) fn run(mut self) -> Recorded {
        while !self.load.over.load(Ordering::Relaxed) && self.load.complaints.none() {
            match self.next() {
                Ok(true) => {}
                Ok(false) => std::thread::sleep(RECONNECT),
                Err(wrong) => self.load.complaints.add(format!("client {}: {wrong:#}", self.number)),
            }
        }
        self.recorded
    }

    /// One attempt; `false` if there was no connection.
    fn next(&mut self) -> Result<bool> {
        match self.rng.random_range(0..100) {
            0..8 => self.count(),
            8..13 => self.write_batch(),
            _ => {
                let collection = self.load.stock.pick(&mut self.rng);
                let asked = self.choose(&collection);
                self.ask(collection, asked)
            }
        }
    }

    fn choose(&mut self, collection: &Collection) -> Asked {
        let key = self.rng.random_range(0..KEYS);
        let request = match self.rng.random_range(0..100) {
            0..14 => Request::Put { key, item: self.item(), guard: Guard::None },
            14..24 => Request::Put { key, item: self.item(), guard: Guard::Absent },
            24..28 => Request::Put { key, item: self.item(), guard: Guard::Present },
            28..38 => {
                let item = Item { count: None, ..self.item() };
                Request::Set { key, item, guard: self.presence() }
            }
            38..50 => Request::Add { key, by: self.rng.random_range(-2..6), guard: self.presence() },
            50..62 => Request::Add {
                key,
                by: self.rng.random_range(1..4),
                guard: Guard::Count(collection.count_seen(key)),
            },
            62..72 => Request::Delete { key, guard: self.presence() },
            72..84 => Request::Read(View::Item { key }),
            84..90 => Request::Read(View::Table),
            90..95 => Request::Read(View::ByRank),
            _ => Request::Read(View::ByCount),
        };
        Asked { request, shows: self.rng.random_bool(0.5) }
    }

    /// Mostly no condition.
    fn presence(&mut self) -> Guard {
        match self.rng.random_range(0..10) {
            0 => Guard::Absent,
            1..3 => Guard::Present,
            _ => Guard::None,
        }
    }

    /// An item that nobody else writes.
    fn item(&mut self) -> Item {
        self.serial += 1;
        let padding = self.rng.random_range(if self.load.heavy { PADDING_HEAVY } else { PADDING });
        Item {
            value: Some(format!("{}.{}.{}-{padding}", self.load.life, self.number, self.serial)),
            count: self.rng.random_bool(0.5).then(|| self.rng.random_range(-3..4)),
            rank: self.rng.random_bool(0.75).then(|| self.rng.random_range(-3..10)),
        }
    }

    fn ask(&mut self, collection: Arc<Collection>, asked: Asked) -> Result<bool> {
        let (operation, body) = requests::call(&collection.name, &asked);
        let call_ns = self.load.clock.now_ns();
        let answer = match self.wire.call(operation, &body)? {
            Reply::NotSent => return Ok(false),
            Reply::Unknown => Answer::plain(Outcome::Unknown),
            Reply::Answer { status, body } => {
                self.status(status)?;
                requests::answer(&collection.name, &asked, status, &body)?
            }
        };
        see(&collection, &asked.request, &answer);
        self.record(collection, call_ns, asked.request, answer);
        Ok(true)
    }

    /// Puts and deletes of several collections; each becomes an entry of its own, for only each by itself is atomic.
    fn write_batch(&mut self) -> Result<bool> {
        let mut writes: Vec<(Arc<Collection>, Request)> = Vec::new();
        for _ in 0..self.rng.random_range(2..=BATCH_MAX) {
            let collection = self.load.stock.pick(&mut self.rng);
            // No two of one collection: no item may be named twice.
            if writes.iter().all(|(other, _)| other.name != collection.name) {
                let (key, guard) = (self.rng.random_range(0..KEYS), Guard::None);
                let put = self.rng.random_bool(0.7);
                let item = self.item();
                writes.push((
                    collection,
                    if put { Request::Put { key, item, guard } } else { Request::Delete { key, guard } },
                ));
            }
        }
        let (operation, body) =
            requests::batch(writes.iter().map(|(collection, request)| (collection.name.as_str(), request)));
        let call_ns = self.load.clock.now_ns();
        let outcome = match self.wire.call(operation, &body)? {
            Reply::NotSent => return Ok(false),
            Reply::Unknown => Outcome::Unknown,
            Reply::Answer { status, body } => {
                self.status(status)?;
                batch_outcome(status, &body)?
            }
        };
        for (collection, request) in writes {
            self.record(collection, call_ns, request, Answer::plain(outcome));
        }
        Ok(true)
    }

    fn count(&mut self) -> Result<bool> {
        let (counter, by) = (self.rng.random_range(0..counters::COUNTERS), self.rng.random_range(1..10));
        let (operation, body) = if self.rng.random_bool(0.5) {
            let request = Request::Add { key: counter, by, guard: Guard::None };
            requests::call(counters::COLLECTION, &Asked { request, shows: false })
        } else {
            requests::increment(counters::COLLECTION, counter, by)
        };
        let outcome = match self.wire.call(operation, &body)? {
            Reply::NotSent => return Ok(false),
            Reply::Answer { status: 200, .. } => {
                self.load.counters.acknowledged(counter, by);
                Outcome::Done
            }
            Reply::Answer { status, body } if status < 500 => bail!("counter {counter}: {status} {body}"),
            Reply::Answer { status, .. } => {
                self.status(status)?;
                self.load.counters.unknown(counter, by);
                Outcome::Unknown
            }
            Reply::Unknown => {
                self.load.counters.unknown(counter, by);
                Outcome::Unknown
            }
        };
        self.load.tally.outcome(outcome);
        Ok(true)
    }

    fn status(&self, status: u16) -> Result<()> {
        self.load.tally.status(status);
        ensure!(status < 500 || self.load.stops, "an undisturbed process answered HTTP {status}");
        Ok(())
    }

    fn record(&mut self, collection: Arc<Collection>, call_ns: u64, request: Request, answer: Answer) {
        self.load.tally.outcome(answer.outcome);
        // A read that nobody saw tells nothing.
        if answer.outcome == Outcome::Unknown && matches!(request, Request::Read(_)) {
            return;
        }
        let entry = Entry {
            collection: collection.name.clone(),
            client: self.number,
            life: self.load.life,
            call_ns,
            return_ns: self.load.clock.now_ns(),
            request,
            answer,
        };
        self.recorded.push((collection, entry));
    }
}

/// Nothing here comes near what a table may take, so nothing may be left over.
fn batch_outcome(status: u16, body: &Value) -> Result<Outcome> {
    let left = body["UnprocessedItems"].as_object().is_some_and(|left| !left.is_empty());
    ensure!(!left, "a batch came back in part: {body}");
    match status {
        200 => Ok(Outcome::Done),
        500.. => Ok(Outcome::Unknown),
        _ => bail!("a batch was answered with {status} {body}"),
    }
}

/// Keeps the count that an answer shows, for conditions to come.
fn see(collection: &Collection, request: &Request, answer: &Answer) {
    for row in &answer.rows {
        collection.see_count(row.key, row.item.count.unwrap_or_default());
    }
    let shown =
        answer.after.as_ref().or(answer.before.as_ref().filter(|_| answer.outcome == Outcome::Refused));
    let count = shown.and_then(|sight| sight.item.as_ref()?.count);
    match request {
        Request::Add { key, by, guard: Guard::Count(count) } if answer.outcome == Outcome::Done => {
            collection.see_count(*key, count + by);
        }
        Request::Put { key, item, .. } if answer.outcome == Outcome::Done => {
            collection.see_count(*key, item.count.unwrap_or_default());
        }
        Request::Put { key, .. }
        | Request::Set { key, .. }
        | Request::Add { key, .. }
        | Request::Delete { key, .. } => {
            if let Some(count) = count {
                collection.see_count(*key, count);
            }
        }
        Request::Read(_) => {}
    }
}

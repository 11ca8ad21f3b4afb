//! Filling a table, in batches over several connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::clock::{self, TimeOfDay};
use crate::connection::{Caller, Connection};
use crate::error::{Error, Lost, Refusal};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::workload::{BATCH_ITEMS, Items, Page, Workload};

/// Connections that fill. More do not fill faster: batches are large.
const FILLERS_MAX: usize = 16;
/// The service's limit of a request, less what surrounds the items.
const BATCH_BYTES_MAX: usize = 15 * 1024 * 1024;
const OPERATION: &str = "BatchWriteItem";
/// How often a batch is sent before the service is taken to be unable: 6 s in all.
const TRIES_MAX: u32 = 60;
const PAUSE: Duration = Duration::from_millis(100);
/// Distance of two words of progress, in items.
const TELL_EVERY: u64 = 50_000;

/// Writes the plan's items.
pub(super) async fn fill(plan: &Plan, items: &Items, tell: &mut dyn FnMut(Progress)) -> Result<(), Error> {
    let per_batch = u64::try_from(BATCH_BYTES_MAX / plan.item_bytes).unwrap_or(1).clamp(1, BATCH_ITEMS);
    let next = Arc::new(AtomicU64::new(0));
    // A slot for each filler: a filler waits rather than words pile up.
    let (done, mut told) = mpsc::channel(FILLERS_MAX);
    let mut fillers = JoinSet::new();
    for number in 0..plan.connections.clamp(1, FILLERS_MAX) {
        let filler = Filler::new(plan, items, number);
        fillers.spawn(filler.run(plan.keys, per_batch, next.clone(), done.clone()));
    }
    drop(done);
    let (mut filled, mut next_tell) = (0, 0);
    while let Some(count) = told.recv().await {
        filled += count;
        if filled >= next_tell || filled == plan.keys {
            tell(Progress::Filled { items: filled, of: plan.keys });
            next_tell += TELL_EVERY;
        }
    }
    while let Some(joined) = fillers.join_next().await {
        joined.map_err(|_| Error::Panicked)??;
    }
    Ok(())
}

struct Filler {
    connection: Connection,
    endpoint: String,
    table: String,
    items: Items,
    item_bytes: usize,
    random: SmallRng,
    time_of_day: TimeOfDay,
}

impl Filler {
    fn new(plan: &Plan, items: &Items, number: usize) -> Self {
        let caller = Caller::new(&plan.endpoint, &plan.region, &plan.key, OPERATION);
        Self {
            connection: Connection::new(caller),
            endpoint: plan.endpoint.address.clone(),
            table: plan.table(),
            items: items.clone(),
            item_bytes: plan.item_bytes,
            random: SmallRng::seed_from_u64(plan.seed ^ u64::try_from(number).unwrap_or_default()),
            time_of_day: TimeOfDay::read(),
        }
    }

    /// Takes batches until none is left, and says how many items each had.
    async fn run(
        mut self,
        keys: u64,
        per_batch: u64,
        next: Arc<AtomicU64>,
        done: mpsc::Sender<u64>,
    ) -> Result<(), Error> {
        let mut body = Vec::new();
        loop {
            let first = next.fetch_add(per_batch, Ordering::Relaxed);
            let end = (first + per_batch).min(keys);
            if first >= end {
                return Ok(());
            }
            self.write(first..end, &mut body);
            self.send(&body).await?;
            if done.send(end - first).await.is_err() {
                return Ok(());
            }
        }
    }

    fn write(&mut self, numbers: std::ops::Range<u64>, body: &mut Vec<u8>) {
        body.clear();
        body.extend_from_slice(format!(r#"{{"RequestItems":{{"{}":["#, self.table).as_bytes());
        for number in numbers.clone() {
            let open: &[u8] = if number == numbers.start {
                b"{\"PutRequest\":{\"Item\":"
            } else {
                b",{\"PutRequest\":{\"Item\":"
            };
            body.extend_from_slice(open);
            self.items.write(number, &mut self.random, body);
            body.extend_from_slice(b"}}");
        }
        body.extend_from_slice(b"]}}");
    }

    /// Sends a batch until it was taken as a whole. Writing an item twice writes the same.
    async fn send(&mut self, body: &[u8]) -> Result<(), Error> {
        for _ in 1..TRIES_MAX {
            match self.attempt(body).await {
                Ok(Some(())) => return Ok(()),
                Ok(None) => {}
                Err(error) if may_be_tried_again(&error) => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.attempt(body).await?.ok_or_else(|| Error::Unexpected {
            operation: OPERATION,
            what: format!("items were left unprocessed {TRIES_MAX} times"),
        })
    }

    /// `None` if some items were not taken.
    async fn attempt(&mut self, body: &[u8]) -> Result<Option<()>, Error> {
        let seconds = self.time_of_day.unix_seconds(clock::now());
        let answer = self.connection.call(body, seconds).await.map_err(|source| Error::Unreachable {
            endpoint: self.endpoint.clone(),
            operation: OPERATION,
            source,
        })?;
        if answer.status != 200 {
            return Err(Error::Refused { operation: OPERATION, refusal: answer.refusal() });
        }
        Ok(Page::read(Workload::BatchWrite, self.item_bytes, answer.body).is_ok().then_some(()))
    }
}

fn may_be_tried_again(error: &Error) -> bool {
    match error {
        Error::Refused { refusal: Refusal { status, kind, .. }, .. } => {
            *status >= 500 || kind.contains("Throttl") || kind.contains("ThroughputExceeded")
        }
        Error::Unreachable { source: Lost::Closed | Lost::Broken(_), .. } => true,
        _ => false,
    }
}

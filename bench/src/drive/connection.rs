//! One thread of the client: its connections, each on a task of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::gather::Second;
use super::{Shared, Window};
use crate::clock;
use crate::connection::{Caller, Connection};
use crate::error::Error;
use crate::record::Record;
use crate::workload::{Page, Requests};

/// Rest after a request without an answer: a service that is down is not asked a million times a second.
const PAUSE: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);

/// What the connections of a thread record together. The lock is never contended: they share the thread.
#[derive(Debug, Default)]
struct Records(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Since the last second was told.
    second: Record,
    /// Since the end of the warm-up.
    measured: Record,
}

impl Records {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the connections of thread `number` until none has anything left to do. Blocks.
pub(super) fn run_thread(
    shared: &Arc<Shared>,
    number: usize,
    tell: &mpsc::SyncSender<Second>,
) -> Result<Record, Error> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
    let records = Arc::new(Records::default());
    runtime.block_on(async {
        let mut connections = JoinSet::new();
        for connection in (number..shared.plan.connections).step_by(shared.plan.threads) {
            connections.spawn(Asker::new(shared.clone(), connection, records.clone()).run());
        }
        let joined = async {
            while let Some(joined) = connections.join_next().await {
                joined.map_err(|_| Error::Panicked)?;
            }
            Ok(())
        };
        tokio::select! {
            joined = joined => joined,
            () = tell_seconds(shared.window, &records, tell) => Err(Error::Panicked),
        }
    })?;
    Ok(std::mem::take(&mut records.lock().measured))
}

/// Tells every second what it was like. Goes on until it is dropped.
async fn tell_seconds(window: Window, records: &Records, tell: &mpsc::SyncSender<Second>) {
    let mut number = 0;
    let mut next = window.start;
    loop {
        number += 1;
        next += SECOND;
        tokio::time::sleep_until(next.into()).await;
        let record = records.lock().second.take();
        // A full channel means that nobody reads: the second is lost for the progress, not for the result.
        drop(tell.try_send(Second { number, record }));
    }
}

/// One connection: asks, waits, records.
struct Asker {
    shared: Arc<Shared>,
    records: Arc<Records>,
    connection: Connection,
    requests: Requests,
}

impl Asker {
    fn new(shared: Arc<Shared>, number: usize, records: Arc<Records>) -> Self {
        let plan = &shared.plan;
        let caller = Caller::new(&plan.endpoint, &plan.region, &plan.key, plan.workload.operation());
        let requests = Requests::new(plan, shared.items.clone(), number);
        Self { connection: Connection::new(caller), requests, records, shared }
    }

    async fn run(mut self) {
        let mut body = Vec::new();
        let mut now = clock::now();
        while let Some(due) = self.next_due(now).await {
            self.requests.next(&mut body);
            // At a constant rate a request may be sent later than it was due.
            let sent = if self.shared.releases.is_some() { clock::now() } else { now };
            let outcome = self.ask(&body, sent).await;
            now = clock::now();
            let lost = matches!(outcome, Err(Failure { lost: true, .. }));
            self.record(due, now, outcome);
            if lost {
                tokio::time::sleep(PAUSE).await;
                now = clock::now();
            }
        }
    }

    /// When the next request is due; `None` when there is none left.
    async fn next_due(&self, now: Instant) -> Option<Instant> {
        match &self.shared.releases {
            None => (now < self.shared.window.end).then_some(now),
            Some(releases) => releases.next().await,
        }
    }

    /// The number of items that an answer brought.
    async fn ask(&mut self, body: &[u8], sent: Instant) -> Result<u64, Failure> {
        let plan = &self.shared.plan;
        let answer = self.connection.call(body, self.shared.time_of_day.unix_seconds(sent)).await;
        let answer = answer.map_err(|lost| Failure { lost: true, kind: lost.kind().to_owned() })?;
        if answer.status != 200 {
            let refusal = answer.refusal();
            let kind =
                if refusal.kind.is_empty() { format!("HTTP {}", refusal.status) } else { refusal.kind };
            return Err(Failure { lost: false, kind });
        }
        let page = Page::read(plan.workload, plan.item_bytes, answer.body)
            .map_err(|what| Failure { lost: false, kind: what.to_owned() })?;
        self.requests.scanned_to(page.last_key);
        Ok(page.items)
    }

    fn record(&self, due: Instant, done: Instant, outcome: Result<u64, Failure>) {
        let measured = self.shared.measures(due, done);
        let latency = done.saturating_duration_since(due);
        let mut records = self.records.lock();
        let Inner { second, measured: whole } = &mut *records;
        for record in std::iter::once(second).chain(measured.then_some(whole)) {
            match &outcome {
                Ok(items) => record.success(latency, *items),
                Err(Failure { kind, .. }) => record.error(kind),
            }
        }
    }
}

/// Why a request does not count as answered.
struct Failure {
    /// Whether there was no answer at all.
    lost: bool,
    /// The words under which it is counted.
    kind: String,
}

//! A run: one life after the other, and between them the truth.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde_json::json;

use super::checker::{Checker, Judge};
use super::clients::{Client, Load};
use super::collection::{Archive, Collection, Stock};
use super::counters::{self, Counters};
use super::history::{Clock, Guard, Request};
use super::inspect::must;
use super::item::Item;
use super::life::{Life, Said};
use super::plan::{End, Mode, Plan, generator};
use super::requests::{self, TABLE};
use super::summary::{Complaints, Summary, Tally};
use super::wire::Wire;
use crate::{PATIENCE, eventually};

mod ending;
mod quiet;

/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(5);
/// Shorter than many a pause, so that a paused process answers nobody.
const TIMEOUT_MIXED: Duration = Duration::from_millis(250);
/// A process that runs answers in this time, even on a busy machine.
const TIMEOUT_KILL: Duration = Duration::from_secs(5);

/// How to torture, and for how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// The `partita` binary.
    pub binary: PathBuf,
    /// A folder on a disk, empty or absent; holds the data, the histories and the process's log.
    pub folder: PathBuf,
    /// How long to go on; the last life is lived to its end.
    pub duration: Duration,
    /// Everything random comes from it.
    pub seed: u64,
    /// Which ends processes meet.
    pub mode: Mode,
    /// Threads that ask.
    pub clients: usize,
}

impl Options {
    /// Options for eight clients, which keep each other busy without making the machine the limit.
    #[must_use]
    pub fn new(binary: PathBuf, folder: PathBuf, duration: Duration, seed: u64, mode: Mode) -> Self {
        Self { binary, folder, duration, seed, mode, clients: 8 }
    }

    /// Where the histories judged last are kept.
    #[must_use]
    pub fn histories(&self) -> PathBuf {
        self.folder.join("histories")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("process.log")
    }
}

/// Tortures a process and tells of progress. The folder stays.
///
/// # Errors
/// When a promise is broken, or when the run itself cannot go on; the message says where to look.
pub fn run(options: &Options, progress: &mut dyn FnMut(&Summary)) -> Result<Summary> {
    let done = Run::new(options).and_then(|mut run| {
        let result = run.all(progress);
        run.conclude(result)
    });
    done.with_context(|| {
        format!(
            "tortured with seed {seed} ({mode}); the data, the histories and what the process logged are in {}; \
             `cargo xtask torture --seed {seed} --mode {mode}` goes the same way, as far as a real process can",
            options.folder.display(),
            seed = options.seed,
            mode = options.mode,
        )
    })
}

struct Run<'a> {
    options: &'a Options,
    clock: Clock,
    begin: Instant,
    stock: Stock,
    archive: Archive,
    counters: Counters,
    tally: Arc<Tally>,
    complaints: Arc<Complaints>,
    judge: Judge,
    said: Said,
    summary: Summary,
    /// How long the last process took to open its port.
    start: Duration,
}

impl<'a> Run<'a> {
    fn new(options: &'a Options) -> Result<Self> {
        std::fs::create_dir_all(&options.folder).context("cannot make the folder of the run")?;
        let (tally, complaints) = (Arc::<Tally>::default(), Arc::<Complaints>::default());
        let checker = Checker::build(&options.folder)?;
        Ok(Self {
            options,
            clock: Clock::start(),
            begin: now(),
            stock: Stock::new(),
            archive: Archive::default(),
            counters: Counters::default(),
            judge: Judge::new(checker, &options.histories(), Arc::clone(&tally), Arc::clone(&complaints))?,
            said: Said::new(options.log()),
            tally,
            complaints,
            summary: Summary::default(),
            start: Duration::ZERO,
        })
    }

    fn all(&mut self, progress: &mut dyn FnMut(&Summary)) -> Result<()> {
        self.found()?;
        let mut told = Duration::ZERO;
        let mut life = 1;
        while self.begin.elapsed() < self.options.duration && self.complaints.none() {
            self.live(life)?;
            life += 1;
            if self.begin.elapsed() > told + PROGRESS {
                told = self.begin.elapsed();
                progress(&self.so_far());
            }
        }
        // The folder stays as it is when something is wrong.
        ensure!(self.complaints.none(), "stopped in life {life}");
        self.end(life)
    }

    /// The first life: it makes the table and the counters, and is killed as soon as they are acknowledged.
    fn found(&mut self) -> Result<()> {
        let (process, mut wire) = self.begin_life()?;
        must(&mut wire, "CreateTable", &requests::create_table())?;
        eventually("the table is active", || {
            let described = must(&mut wire, "DescribeTable", &json!({"TableName": TABLE}))?;
            Ok(described["Table"]["TableStatus"] == "ACTIVE")
        })?;
        let zero = |key| {
            let item = Item { count: Some(0), ..Item::default() };
            Request::Put { key, item, guard: Guard::None }
        };
        let zeros: Vec<Request> = (0..counters::COUNTERS).map(zero).collect();
        let (operation, body) = requests::batch(zeros.iter().map(|zero| (counters::COLLECTION, zero)));
        must(&mut wire, operation, &body)?;
        self.summary.kills += 1;
        process.kill()
    }

    fn live(&mut self, life: u32) -> Result<()> {
        let plan = Plan::draw(self.options.seed, life, self.options.mode);
        for part in &plan.stillborn {
            self.summary.restarts += 1;
            self.summary.kills += 1;
            ending::stillborn(self.process()?, self.start.mul_f64(*part))?;
        }
        self.summary.restarts += 1;
        let (process, mut wire) = self.begin_life()?;
        if plan.inspected {
            self.inspect(life, &mut wire)?;
        }
        match self.load(life, &plan, process, &wire)? {
            Some(stop) => self.stopped(stop),
            None => self.summary.kills += 1,
        }
        self.summary.pauses += u32::try_from(plan.pauses.len())?;
        self.summary.log_bytes_max = self.summary.log_bytes_max.max(log_bytes(&self.data()));
        self.said.check().with_context(|| format!("life {life}, {plan:?}"))
    }

    /// Clients ask until the process has ended as planned; what they did goes to the collections' histories.
    fn load(&self, life: u32, plan: &Plan, process: Life, wire: &Wire) -> Result<Option<Duration>> {
        let over = AtomicBool::new(false);
        let load = Load {
            clock: self.clock,
            stock: &self.stock,
            counters: &self.counters,
            tally: &self.tally,
            complaints: &self.complaints,
            over: &over,
            life,
            address: wire.address(),
            timeout: if self.options.mode == Mode::Kill { TIMEOUT_KILL } else { TIMEOUT_MIXED },
            heavy: plan.heavy,
            stops: matches!(plan.end, End::Terminate | End::TerminateAndKill { .. }),
        };
        let rng = |purpose: usize| generator(self.options.seed, life, 1 + purpose as u64);
        let (ended, ended_ns, recorded) = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..self.options.clients)
                .map(|number| Client::new(load, number, rng(number)))
                .map(|client| scope.spawn(|| client.run()))
                .collect();
            let data = self.data();
            let ended =
                ending::conduct(plan, process, &data, &self.complaints, &mut rng(self.options.clients));
            let ended_ns = self.clock.now_ns();
            over.store(true, Ordering::Relaxed);
            let recorded: Vec<_> = clients.into_iter().map(|client| client.join()).collect();
            (ended, ended_ns, recorded)
        });
        for recorded in recorded {
            for (collection, mut entry) in recorded.map_err(|_| anyhow!("a client panicked"))? {
                if entry.settle(ended_ns) {
                    collection.record(entry);
                }
            }
        }
        ended.with_context(|| format!("life {life}, {plan:?}"))
    }

    /// The last life: everything rests, is looked at and judged, and the process stops cleanly.
    fn end(&mut self, life: u32) -> Result<()> {
        self.summary.restarts += 1;
        let (process, mut wire) = self.begin_life()?;
        self.stock.rest_all();
        self.inspect(life, &mut wire)?;
        let stop = process.terminate()?;
        self.stopped(stop);
        self.said.check()
    }

    fn stopped(&mut self, after: Duration) {
        self.summary.stops += 1;
        self.summary.stop_max = self.summary.stop_max.max(after);
    }

    fn process(&self) -> Result<Life> {
        Life::start(&self.options.binary, &self.data(), &self.options.log())
    }

    /// Starts a process and waits for its port.
    fn begin_life(&mut self) -> Result<(Life, Wire)> {
        let begin = now();
        let mut process = self.process()?;
        let address = process.address().with_context(|| {
            format!("restart {}: see {}", self.summary.restarts, self.options.log().display())
        })?;
        self.start = begin.elapsed();
        self.summary.start_max = self.summary.start_max.max(self.start);
        Ok((process, Wire::new(address, PATIENCE)))
    }

    fn data(&self) -> PathBuf {
        self.options.folder.join("data")
    }

    fn so_far(&self) -> Summary {
        let counted = self.counters.sum();
        Summary { elapsed: self.begin.elapsed(), counted, ..self.summary.with(&self.tally) }
    }

    /// Waits for the judge and gathers all that is wrong. When something is, the judge sees the other histories as well, as far as
    /// they came: two findings tell more than one.
    fn conclude(mut self, result: Result<()>) -> Result<Summary> {
        if result.is_err() {
            self.stock.rest_all();
            let left: Vec<Arc<Collection>> = self.stock.take_resting();
            self.judge.submit(left.iter().flat_map(|collection| collection.take_history()))?;
        }
        let summary = self.so_far();
        self.judge.finish()?;
        let complaints = self.complaints.take();
        if complaints.is_empty() {
            return result.map(|()| summary.with(&self.tally));
        }
        let more = result.err().map(|error| format!("{error:#}"));
        bail!("{}", complaints.into_iter().chain(more).collect::<Vec<_>>().join("; "))
    }
}

/// The bytes of the write-ahead log, by the names that folders of logs have.
fn log_bytes(folder: &Path) -> u64 {
    let mut bytes = 0;
    // What vanishes while one looks is not counted.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            bytes += log_bytes(&path);
        } else if folder.file_name().is_some_and(|name| name == "log" || name == "wal") {
            bytes += entry.metadata().map_or(0, |data| data.len());
        }
    }
    bytes
}

#[expect(clippy::disallowed_methods, reason = "a run lasts as long as it was told to")]
fn now() -> Instant {
    Instant::now()
}

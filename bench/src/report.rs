//! The result, for programs and for people.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::drive::Outcome;
use crate::plan::{Distribution, Follow, Pace, Plan};
use crate::progress::Milliseconds;
use crate::record::Record;
use crate::workload::Workload;

/// A client that is busier than this, as a share of its threads, may itself be what limits the throughput.
const CLIENT_BUSY: f64 = 0.9;

/// One measurement. Names carry their units; [`fmt::Display`] has it for people.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was asked.
    pub workload: Workload,
    /// Of which table.
    pub table: String,
    /// At which address.
    pub endpoint: String,
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// Threads of the client.
    pub threads: usize,
    /// Requests a second that were to be sent; none in a closed loop.
    pub rate: Option<f64>,
    /// Size of an item.
    pub item_bytes: usize,
    /// Items in the table.
    pub keys: u64,
    /// Which of them were asked for.
    pub distribution: Distribution,
    /// Time that was measured.
    pub seconds: f64,
    /// Requests that were answered well: in a closed loop within the time measured, at a constant rate those that were due in it.
    pub requests: u64,
    /// The same a second.
    pub requests_per_second: f64,
    /// Items that were read or written, a second.
    pub items_per_second: f64,
    /// Bytes of these items a second, in millions. Zero for counters, whose size says nothing.
    pub megabytes_per_second: f64,
    /// Latencies of requests that were answered well, and of those that were due and never sent: these with the time until the end of the
    /// measurement, which they would have taken at least. In a closed loop, whole latencies of all that were answered within the time
    /// measured.
    pub latency_ms: Latency,
    /// Requests that were not, by the service's name for it or ours.
    pub errors: BTreeMap<String, u64>,
    /// Requests that were due and never sent; none in a closed loop.
    pub unsent: u64,
    /// How quickly changes were followed, if somebody did.
    pub followed: Option<FollowReport>,
    /// What the client used.
    pub client: ProcessReport,
    /// What the server used, if its process was named.
    pub server: Option<ServerReport>,
}

/// Latencies in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    /// Mean.
    pub mean: f64,
    /// Half took no longer.
    pub p50: f64,
    /// 90 of 100 took no longer.
    pub p90: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// 999 of 1,000 took no longer.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

/// What a follower of changes found.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FollowReport {
    /// What it followed.
    pub by: Follow,
    /// Puts that it looked for.
    pub probes: u64,
    /// How long after their answers they were found.
    pub lag_ms: Latency,
    /// Changes that it was given, a second; of a stream only.
    pub changes_per_second: Option<f64>,
    /// How long after the end of the load it was given the last change.
    pub caught_up_ms: f64,
}

/// Processor time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ProcessReport {
    /// Processors that were busy, on average.
    pub cores: f64,
    /// Microseconds of processor time for each request, failed ones too.
    pub cpu_us_per_request: f64,
}

/// Processor time and memory of the server.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ServerReport {
    /// Processor time of the process and all that it started.
    #[serde(flatten)]
    pub process: ProcessReport,
    /// Resident memory of the process at the end.
    pub resident_bytes: u64,
    /// The most that it ever was.
    pub resident_bytes_max: u64,
}

impl Report {
    pub(crate) fn new(plan: &Plan, outcome: &Outcome) -> Self {
        let Outcome { record, used, followed } = outcome;
        let seconds = plan.duration.as_secs_f64();
        let items_per_second = ratio(record.items, seconds);
        let item_bytes = if plan.workload == Workload::Update { 0 } else { plan.item_bytes };
        Self {
            workload: plan.workload,
            table: plan.table(),
            endpoint: plan.endpoint.authority.clone(),
            connections: plan.connections,
            threads: plan.threads,
            rate: match plan.pace {
                Pace::Closed => None,
                Pace::Open { rate } => Some(rate),
            },
            item_bytes: plan.item_bytes,
            keys: plan.keys,
            distribution: plan.distribution,
            seconds,
            requests: record.successes(),
            requests_per_second: ratio(record.successes(), seconds),
            items_per_second,
            megabytes_per_second: items_per_second * f64::from(u32::try_from(item_bytes).unwrap_or(u32::MAX))
                / 1e6,
            latency_ms: Latency::of(record),
            errors: record.errors().clone(),
            unsent: record.unsents(),
            followed: plan.follow.zip(followed.as_ref()).map(|(by, followed)| FollowReport {
                by,
                probes: followed.lags.successes(),
                lag_ms: Latency::of(&followed.lags),
                changes_per_second: (by == Follow::Stream).then(|| ratio(followed.changes, seconds)),
                caught_up_ms: followed.caught_up.as_secs_f64() * 1e3,
            }),
            client: ProcessReport::new(used.client_cpu, record, seconds),
            server: used.server.as_ref().map(|server| ServerReport {
                process: ProcessReport::new(server.cpu, record, seconds),
                resident_bytes: server.resident_bytes,
                resident_bytes_max: server.resident_bytes_max,
            }),
        }
    }

    /// Requests that failed, of all kinds.
    pub fn failures(&self) -> u64 {
        self.errors.values().sum()
    }
}

impl Latency {
    fn of(record: &Record) -> Self {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let quantile = |share| milliseconds(record.quantile(share));
        Self {
            mean: milliseconds(record.mean()),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p999: quantile(0.999),
            max: milliseconds(record.max()),
        }
    }
}

impl ProcessReport {
    fn new(cpu: Duration, record: &Record, seconds: f64) -> Self {
        let outcomes = (record.successes() + record.failures()).max(1);
        let cpu = cpu.as_secs_f64();
        Self { cores: cpu / seconds, cpu_us_per_request: cpu * 1e6 / ratio(outcomes, 1.0) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 requests take years")]
fn ratio(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        write!(f, "throughput  {:>10.0} req/s", self.requests_per_second)?;
        if self.workload != Workload::Update {
            write!(f, "  {:.1} MB/s of items", self.megabytes_per_second)?;
        }
        writeln!(f)?;
        let ms = |milliseconds: f64| Milliseconds(Duration::from_secs_f64(milliseconds / 1e3));
        let Latency { mean, p50, p90, p99, p999, max } = self.latency_ms;
        for (name, value) in
            [("mean", mean), ("p50", p50), ("p90", p90), ("p99", p99), ("p99.9", p999), ("max", max)]
        {
            writeln!(f, "{name:<10} {}", ms(value))?;
        }
        writeln!(f, "errors      {:>10}", self.failures())?;
        for (kind, count) in &self.errors {
            writeln!(f, "  {count:>10}  {kind}")?;
        }
        if self.unsent > 0 {
            writeln!(
                f,
                "never sent  {:>10}  the service did not keep up with the rate; each counts with the time it waited",
                self.unsent
            )?;
        }
        if let Some(followed) = &self.followed {
            writeln!(f, "{followed}")?;
        }
        self.processes(f)
    }
}

impl fmt::Display for FollowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |milliseconds: f64| Milliseconds(Duration::from_secs_f64(milliseconds / 1e3));
        let Self { probes, lag_ms, caught_up_ms, .. } = self;
        match self.changes_per_second {
            Some(changes) => writeln!(f, "stream     {changes:>11.0} changes/s")?,
            None => writeln!(f, "index")?,
        }
        writeln!(f, "  lag p50  {}  of {probes} puts that were looked for", ms(lag_ms.p50))?;
        writeln!(f, "  lag p99  {}", ms(lag_ms.p99))?;
        write!(f, "  behind   {}  at the end of the load", ms(*caught_up_ms))
    }
}

impl Report {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, endpoint, connections, seconds, .. } = self;
        write!(f, "{workload} at {endpoint}: {connections} connections, {seconds} s, ")?;
        match self.rate {
            None => f.write_str("as fast as answers come, ")?,
            Some(rate) => write!(f, "{rate} requests a second, ")?,
        }
        write!(f, "{} items", self.keys)?;
        if self.workload != Workload::Update {
            write!(f, " of {} bytes", self.item_bytes)?;
        }
        match self.distribution {
            Distribution::Uniform => writeln!(f, ", uniform"),
            Distribution::Zipfian { exponent } => writeln!(f, ", zipfian {exponent}"),
        }
    }

    fn processes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ServerReport { process, resident_bytes, resident_bytes_max }) = &self.server {
            write!(f, "server      {process}")?;
            let mebibytes = |bytes: &u64| ratio(*bytes, 1_048_576.0);
            writeln!(
                f,
                ", {:.0} MiB resident (at most {:.0})",
                mebibytes(resident_bytes),
                mebibytes(resident_bytes_max)
            )?;
        }
        write!(f, "client      {}", self.client)?;
        let threads = f64::from(u32::try_from(self.threads).unwrap_or(u32::MAX));
        if self.client.cores > CLIENT_BUSY * threads {
            write!(
                f,
                "\nthe client was busy all the time: with more --threads the throughput may be higher"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for ProcessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.1} us of CPU a request, {:.2} cores", self.cpu_us_per_request, self.cores)
    }
}

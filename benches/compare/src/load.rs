//! One measurement of one system.

use std::time::Duration;

use anyhow::{Context as _, Result};
use partita_bench::{AccessKey, Distribution, Endpoint, Pace, Plan, Report, Usage, Whose, Workload};

use crate::cases::Case;
use crate::machine::now;
use crate::server::Server;

/// What every request is signed with. DynamoDB Local takes letters and digits only.
pub(crate) const KEY_ID: &str = "PARTITACOMPARISON001";
pub(crate) const SECRET: &str = "PartitaComparisonSecret0000000000000001";
pub(crate) const ITEM_BYTES: usize = 1_024;

/// How much is asked in a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) warm_up: Duration,
    pub(crate) duration: Duration,
    /// Items that reads and counters are spread over.
    pub(crate) read_keys: u64,
    /// Items that writes are spread over.
    pub(crate) written_keys: u64,
}

/// What one measurement found.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    pub(crate) megabytes_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: Option<f64>,
    /// The server's processor time for each request.
    pub(crate) server_us: f64,
    /// The client's, where the client is ours.
    pub(crate) client_us: Option<f64>,
    /// Failed requests, in words.
    pub(crate) errors: Option<String>,
}

impl From<Report> for Sample {
    fn from(report: Report) -> Self {
        let errors: Vec<_> = report.errors.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
        Self {
            per_second: report.requests_per_second,
            megabytes_per_second: report.megabytes_per_second,
            p50_ms: report.latency_ms.p50,
            p99_ms: Some(report.latency_ms.p99),
            server_us: report.server.map_or(0.0, |server| server.process.cpu_us_per_request),
            client_us: Some(report.client.cpu_us_per_request),
            errors: (!errors.is_empty()).then(|| errors.join(", ")),
        }
    }
}

/// The plan of a load on a server of DynamoDB's API.
pub(crate) fn plan(server: &Server, workload: Workload, connections: usize, extent: Extent) -> Result<Plan> {
    Ok(Plan {
        endpoint: Endpoint::parse(&format!("http://127.0.0.1:{}", server.port))?,
        region: "us-east-1".to_owned(),
        key: AccessKey { id: KEY_ID.to_owned(), secret: SECRET.to_owned() },
        workload,
        table: None,
        connections,
        threads: 1,
        duration: extent.duration,
        warm_up: extent.warm_up,
        pace: Pace::Closed,
        item_bytes: ITEM_BYTES,
        keys: match workload {
            Workload::Put | Workload::BatchWrite | Workload::TransactWrite | Workload::GsiWrite => {
                extent.written_keys
            }
            Workload::Get | Workload::Update | Workload::Query | Workload::Scan => extent.read_keys,
        },
        distribution: Distribution::Uniform,
        follow: None,
        keep: true,
        pid: Some(server.id()),
        seed: 1,
    })
}

/// Measures with `partita bench`.
pub(crate) fn bench(server: &Server, case: Case, extent: Extent) -> Result<Sample> {
    Ok(partita_bench::run(&plan(server, case.workload, case.connections, extent)?, |_| {})?.into())
}

/// Runs a tool of a peer's own, and returns what it printed and the processor time of the server meanwhile.
pub(crate) fn with_tool(
    server: &Server,
    tool: impl FnOnce() -> Result<String>,
) -> Result<(String, Duration, Duration)> {
    let (before, begin) = (Usage::of(server.id(), Whose::Family)?, now());
    let printed = tool().context("its own load generator failed")?;
    let (took, after) = (begin.elapsed(), Usage::of(server.id(), Whose::Family)?);
    Ok((printed, after.cpu.saturating_sub(before.cpu), took))
}

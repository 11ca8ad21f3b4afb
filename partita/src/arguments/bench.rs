//! Options of `partita bench`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use partita_bench::Workload;

/// Options of `partita bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// What to ask, again and again
    #[arg(value_parser = workload())]
    pub(crate) workload: Workload,
    /// Endpoint to measure
    #[arg(long, value_name = "URL", env = "PARTITA_ENDPOINT", default_value = "http://127.0.0.1:8000")]
    pub(crate) endpoint: String,
    /// Region that requests are signed for
    #[arg(long, value_name = "NAME", env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Name of the table; one of the workload's own unless given. It is made if absent, and one that no benchmark made is not touched
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Connections, each with one request at a time
    #[arg(short, long, default_value_t = 16)]
    pub(crate) connections: usize,
    /// Threads of the client that the connections are spread over
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
    /// Seconds that are measured
    #[arg(short, long, value_name = "SECONDS", default_value_t = 10.0)]
    pub(crate) duration: f64,
    /// Seconds of load before, unmeasured
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub(crate) warm_up: f64,
    /// Requests a second for all connections together, and latency from when each was due; without it, each connection asks again as
    /// soon as it has its answer
    #[arg(short, long, value_name = "PER_SECOND")]
    pub(crate) rate: Option<f64>,
    /// Bytes of an item, as the service counts them
    #[arg(long, value_name = "BYTES", default_value_t = 1_024)]
    pub(crate) item_size: usize,
    /// Items in the table
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    pub(crate) keys: u64,
    /// Which of them are asked for
    #[arg(long, value_enum, value_name = "HOW", default_value = "uniform")]
    pub(crate) distribution: DistributionName,
    /// How uneven zipfian keys are
    #[arg(long, value_name = "EXPONENT", default_value_t = 0.99)]
    pub(crate) zipf_exponent: f64,
    /// Follow the changes meanwhile, and say how late they come
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) follow: Option<FollowName>,
    /// Keep the table afterwards, so that the next run need not fill it
    #[arg(long)]
    pub(crate) keep: bool,
    /// Process of the server on this machine: also report its processor time and memory
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<u32>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Equal seeds choose equal keys
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// The workloads that the engine has, by its names for them.
fn workload() -> impl TypedValueParser<Value = Workload> {
    let names = Workload::ALL.map(|workload| PossibleValue::new(workload.name()).help(workload.about()));
    PossibleValuesParser::new(names).try_map(|name| {
        Workload::ALL.into_iter().find(|workload| workload.name() == name).ok_or("not a workload")
    })
}

/// What is followed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FollowName {
    /// The global index of gsi-write
    Index,
    /// The table's stream
    Stream,
}

/// How keys are chosen.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DistributionName {
    /// Each as often as any other
    Uniform,
    /// A few often, most seldom
    Zipfian,
}

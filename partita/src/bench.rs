//! `partita bench`: load on any DynamoDB-compatible endpoint. Progress goes to standard error, the result to standard output.

use std::time::Duration;

use anyhow::{Context as _, Result};
use partita_bench::{AccessKey, Distribution, Endpoint, Follow, Pace, Plan};

use crate::arguments::{BenchOptions, DistributionName, FollowName};
use crate::{credentials, terminal};

pub(crate) fn run(options: &BenchOptions) -> Result<()> {
    let report = partita_bench::run(&plan(options)?, |progress| {
        if !options.quiet {
            terminal::complain(&progress.to_string());
        }
    })?;
    terminal::say(&if options.json {
        serde_json::to_string_pretty(&report).context("cannot write JSON")?
    } else {
        report.to_string()
    })
}

fn plan(options: &BenchOptions) -> Result<Plan> {
    let key = credentials::from_aws_environment()?;
    Ok(Plan {
        endpoint: Endpoint::parse(&options.endpoint)?,
        region: options.region.clone(),
        key: AccessKey { id: key.id, secret: key.secret },
        workload: options.workload,
        table: options.table.clone(),
        connections: options.connections,
        threads: options.threads,
        duration: seconds("--duration", options.duration)?,
        warm_up: seconds("--warm-up", options.warm_up)?,
        pace: options.rate.map_or(Pace::Closed, |rate| Pace::Open { rate }),
        item_bytes: options.item_size,
        keys: options.keys,
        distribution: match options.distribution {
            DistributionName::Uniform => Distribution::Uniform,
            DistributionName::Zipfian => Distribution::Zipfian { exponent: options.zipf_exponent },
        },
        follow: options.follow.map(|follow| match follow {
            FollowName::Index => Follow::Index,
            FollowName::Stream => Follow::Stream,
        }),
        keep: options.keep,
        pid: options.pid,
        seed: options.seed,
    })
}

fn seconds(option: &str, value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value)
        .with_context(|| format!("{option} is a number of seconds, not {value}"))
}

//! The command line: what can be asked of the binary, and in which words.

mod bench;
mod check;
mod client;
mod kubectl;
mod local;
mod node;
mod operator;
mod size;

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use jiff::SignedDuration;
use partita_controlplane::Limits;
use partita_mapping::Url;
use partita_model::name::Scope;

pub(crate) use bench::{BenchOptions, DistributionName, FollowName};
pub(crate) use check::CheckOptions;
pub(crate) use client::{ApplyOptions, DeleteOptions, DescribeOptions, GetOptions, OutputForm, Target};
pub(crate) use kubectl::{
    Cluster, EnvOptions, Plugin, PluginArguments, PluginCommand, ReleaseOptions, StatusForm, StatusOptions,
};
pub(crate) use local::{LocalOptions, Wording};
pub(crate) use node::{BucketOptions, NodeOptions, StoreOptions};
pub(crate) use operator::OperatorOptions;

/// The DynamoDB-compatible database for your own Kubernetes, and for your laptop.
#[derive(Debug, Parser)]
#[command(name = "partita", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a durable DynamoDB-compatible service in one process
    ///
    /// Point any AWS SDK or the AWS CLI at the endpoint it prints. Without credentials configured it takes any access key, and listens
    /// on the loopback only; with PARTITA_ACCESS_KEY_ID and PARTITA_SECRET_ACCESS_KEY (or --credentials) every request's signature is
    /// checked.
    Local(LocalOptions),
    /// Create or change objects from manifests
    Apply(ApplyOptions),
    /// List objects, or show one
    Get(GetOptions),
    /// Show one object with its conditions in full
    Describe(DescribeOptions),
    /// Delete objects and, by their deletion policy, their tables
    Delete(DeleteOptions),
    /// Look at an installation in a Kubernetes cluster; also installed as `kubectl partita`
    Kubectl(Plugin),
    /// Try an endpoint: make a table, write, read, query, and take it away again
    ///
    /// Signs with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `helm test` runs it in the cluster.
    Check(CheckOptions),
    /// Measure an endpoint under load: throughput, latencies, errors
    ///
    /// Works with any DynamoDB-compatible service. Signs with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. It makes a table of its own,
    /// fills it as the workload needs, and deletes it afterwards.
    Bench(BenchOptions),
    /// Run the operator (the Helm chart does this)
    Operator(OperatorOptions),
    /// Run a node (the operator does this)
    Node(NodeOptions),
}

/// Whose tables a service holds.
#[derive(Debug, Args)]
pub(crate) struct Identity {
    /// Region name in ARNs and in signatures
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Account id in ARNs, twelve digits
    #[arg(long, value_name = "ID", default_value = "000000000000", value_parser = account_id)]
    pub(crate) account_id: String,
}

impl Identity {
    /// The same in the words of the planes.
    pub(crate) fn scope(&self) -> Scope {
        Scope { region: self.region.clone(), account_id: self.account_id.clone() }
    }
}

/// Rules of the service that an installation may loosen.
#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// How long UpdateTimeToLive refuses another change of a table; `0s` for never
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1h",
        env = "PARTITA_TIME_TO_LIVE_INTERVAL",
        value_parser = interval
    )]
    time_to_live_interval: Duration,
}

impl Rules {
    /// The same in the words of the control plane.
    pub(crate) fn limits(&self) -> Limits {
        let interval_ms = u64::try_from(self.time_to_live_interval.as_millis()).unwrap_or(u64::MAX);
        Limits { time_to_live_interval_ms: interval_ms, ..Limits::default() }
    }
}

/// Reads `1h`, `90s` or `0s`.
fn interval(text: &str) -> Result<Duration, String> {
    time(text).ok_or_else(|| "give a time, as in 1h, 90s or 0s".to_owned())
}

/// A length of time with its unit; `None` for anything else, and for less than nothing.
fn time(text: &str) -> Option<Duration> {
    let time: SignedDuration = text.parse().ok()?;
    Duration::try_from(time).ok()
}

/// Where functions of event source mappings are.
#[derive(Debug, Args)]
pub(crate) struct Functions {
    /// Server of Lambda's Invoke API, for event source mappings of functions
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) lambda_endpoint: Option<Url>,
}

/// Reads an address.
fn url(text: &str) -> Result<Url, String> {
    Url::parse(text).ok_or_else(|| "give an address, as in http://localhost:9001".to_owned())
}

/// What a service tells of itself.
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// What to log, as `info` or `partita_table=debug,warn`
    #[arg(long = "log", value_name = "FILTER", default_value = "warn,partita=info")]
    pub(crate) filter: String,
}

fn account_id(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account id is twelve digits, such as 000000000000".into())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_lines_are_consistent() {
        Arguments::command().debug_assert();
        PluginArguments::command().debug_assert();
    }

    #[test]
    fn kinds_are_taken_in_kubectls_spellings() {
        for spelling in ["tables", "table", "ptb", "tables.partita.dev"] {
            assert!(Arguments::try_parse_from(["partita", "get", spelling]).is_ok(), "{spelling}");
        }
    }

    #[test]
    fn the_rules_are_the_services_unless_told_otherwise() {
        let rules = |given: &[&str]| {
            let arguments = Arguments::try_parse_from(["partita", "local"].iter().chain(given));
            let Command::Local(options) = arguments?.command else { panic!("another command") };
            Ok::<_, clap::Error>(options.rules.limits())
        };
        assert_eq!(rules(&[]).unwrap(), Limits::default());
        assert_eq!(rules(&["--time-to-live-interval", "0s"]).unwrap().time_to_live_interval_ms, 0);
        assert_eq!(rules(&["--time-to-live-interval", "90s"]).unwrap().time_to_live_interval_ms, 90_000);
        for text in ["", "3600", "-1s", "soon"] {
            assert!(interval(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn account_ids_are_twelve_digits() {
        assert!(account_id("123456789012").is_ok());
        assert!(account_id("12345678901").is_err() && account_id("12345678901x").is_err());
    }
}

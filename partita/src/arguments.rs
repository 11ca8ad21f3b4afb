//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
}

/// Options of `partita local`.
#[derive(Debug, Args)]
pub(crate) struct LocalOptions {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    pub(crate) listen: SocketAddr,
    /// Folder that holds everything; created if absent
    #[arg(long, value_name = "DIR", default_value = "./partita-data", conflicts_with = "ephemeral")]
    pub(crate) data: PathBuf,
    /// Keep everything in memory and forget it at the end (for test suites)
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// A manifest, or a folder of them, to apply and to watch for edits (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) apply: Vec<PathBuf>,
    /// Region name in ARNs and in signatures
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Account id in ARNs, twelve digits
    #[arg(long, value_name = "ID", default_value = "000000000000", value_parser = account_id)]
    pub(crate) account_id: String,
    /// File of access keys: an AWS shared credentials file, or one `key secret` a line
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
    /// Which of the real service's wordings validation errors have
    #[arg(long, value_name = "STYLE", default_value = "2026")]
    pub(crate) validation_wording: Wording,
    /// What to log, as `info` or `partita_table=debug,warn`
    #[arg(long, value_name = "FILTER", default_value = "warn,partita=info")]
    pub(crate) log: String,
}

/// The real service's wordings of validation errors.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Wording {
    /// As the service words them since 2026
    #[value(name = "2026")]
    Modern,
    /// As it worded them before
    Classic,
}

/// Where a command finds the running service.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Endpoint of the running service
    #[arg(long, value_name = "URL", env = "PARTITA_ENDPOINT", default_value = "http://127.0.0.1:8000")]
    pub(crate) endpoint: String,
    /// Namespace of the objects
    #[arg(short, long, default_value = "default")]
    pub(crate) namespace: String,
    /// Region of the service, for the signature
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    pub(crate) region: String,
}

/// Options of `partita apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyOptions {
    /// A manifest, or a folder of them (repeatable)
    #[arg(short, long = "filename", value_name = "PATH", required = true)]
    pub(crate) filename: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The kinds that commands take, in the spellings kubectl takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// Tables
    #[value(name = "tables", aliases = ["table", "ptb", "tables.partita.dev", "table.partita.dev"])]
    Tables,
}

/// Options of `partita get`.
#[derive(Debug, Args)]
pub(crate) struct GetOptions {
    /// Kind of the objects
    #[arg(value_enum)]
    pub(crate) kind: Kind,
    /// Name of one object
    pub(crate) name: Option<String>,
    /// Form of the output; a table of the kind's columns unless given
    #[arg(short, long, value_enum)]
    pub(crate) output: Option<OutputForm>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Forms of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// More columns
    Wide,
    /// The whole objects as YAML
    Yaml,
    /// The whole objects as JSON
    Json,
    /// Only kind and name
    Name,
}

/// Options of `partita describe`.
#[derive(Debug, Args)]
pub(crate) struct DescribeOptions {
    /// Kind of the object
    #[arg(value_enum)]
    pub(crate) kind: Kind,
    /// Name of the object
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `partita delete`.
#[derive(Debug, Args)]
pub(crate) struct DeleteOptions {
    /// Kind of the objects
    #[arg(value_enum, required_unless_present = "filename")]
    pub(crate) kind: Option<Kind>,
    /// Names of the objects
    #[arg(required_unless_present = "filename")]
    pub(crate) names: Vec<String>,
    /// Delete what these manifests declare (repeatable)
    #[arg(short, long = "filename", value_name = "PATH", conflicts_with_all = ["kind", "names"])]
    pub(crate) filename: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) target: Target,
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
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn kinds_are_taken_in_kubectls_spellings() {
        for spelling in ["tables", "table", "ptb", "tables.partita.dev"] {
            assert!(Arguments::try_parse_from(["partita", "get", spelling]).is_ok(), "{spelling}");
        }
    }

    #[test]
    fn account_ids_are_twelve_digits() {
        assert!(account_id("123456789012").is_ok());
        assert!(account_id("12345678901").is_err() && account_id("12345678901x").is_err());
    }
}

//! Options of the commands that act on a running service.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::kinds::Kind;

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

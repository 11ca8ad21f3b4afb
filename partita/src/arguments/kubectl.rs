//! The plugin's command line. It is the same as `kubectl partita …` and as `partita kubectl …`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::kinds::Kind;

/// Look at an installation of Partita in a Kubernetes cluster.
#[derive(Debug, Parser)]
#[command(name = "kubectl-partita", bin_name = "kubectl partita", version, propagate_version = true)]
pub(crate) struct PluginArguments {
    #[command(flatten)]
    pub(crate) plugin: Plugin,
}

/// What the plugin is asked for.
#[derive(Debug, Args)]
pub(crate) struct Plugin {
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Show the Region, its nodes, and every table that is not as declared, with what to do about it
    ///
    /// Ends with 0 if everything is ready, with 1 if not.
    Status(StatusOptions),
    /// Print the variables by which AWS SDKs and the AWS CLI find the service: eval "$(kubectl partita env)"
    Env(EnvOptions),
    /// Let go of an object that waits for an operator that is not there any more
    Release(ReleaseOptions),
}

/// Which cluster, and where in it.
#[derive(Debug, Args)]
pub(crate) struct Cluster {
    /// Context of the kubeconfig; the current one unless given
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Path of the kubeconfig; as kubectl finds it unless given
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
}

/// Options of `kubectl partita status`.
#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    /// Form of the output; sentences unless given
    #[arg(short, long, value_enum)]
    pub(crate) output: Option<StatusForm>,
    /// The operator's namespace; as the Region's status says unless given
    #[arg(short, long)]
    pub(crate) namespace: Option<String>,
}

/// Forms of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusForm {
    /// For programs
    Json,
}

/// Options of `kubectl partita env`.
#[derive(Debug, Args)]
pub(crate) struct EnvOptions {
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    /// The operator's namespace; as the Region's status says unless given
    #[arg(short, long)]
    pub(crate) namespace: Option<String>,
    /// Name the Service, as pods in the cluster reach it, instead of a forwarded port
    #[arg(long, conflicts_with = "port")]
    pub(crate) in_cluster: bool,
    /// Port of this machine that is forwarded
    #[arg(long, default_value_t = 8000)]
    pub(crate) port: u16,
    /// Secret with the access key; the one the operator made unless given
    #[arg(long, value_name = "NAME")]
    pub(crate) secret: Option<String>,
}

/// Options of `kubectl partita release`.
#[derive(Debug, Args)]
pub(crate) struct ReleaseOptions {
    /// Kind of the object
    #[arg(value_enum)]
    pub(crate) kind: Kind,
    /// Name of the object
    pub(crate) name: String,
    /// Namespace of the object; the context's unless given
    #[arg(short, long)]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    /// The operator's namespace; as the Region's status says unless given
    #[arg(long, value_name = "NAME")]
    pub(crate) operator_namespace: Option<String>,
    /// Also when an operator is there: what it stands for is then left as it is
    #[arg(long)]
    pub(crate) force: bool,
}

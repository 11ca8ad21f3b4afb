//! Options of `partita operator`. The chart sets them; the variables are what Kubernetes can tell a pod of itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Log, Rules};

/// Options of `partita operator`.
#[derive(Debug, Args)]
pub(crate) struct OperatorOptions {
    /// The operator's own namespace, where it makes pods, services and secrets
    #[arg(long, value_name = "NAME", env = "POD_NAMESPACE")]
    pub(crate) namespace: String,
    /// What this process is called among those that want to lead
    #[arg(long, value_name = "NAME", env = "POD_NAME")]
    pub(crate) identity: String,
    /// The image that nodes run
    #[arg(long, value_name = "IMAGE", env = "PARTITA_IMAGE")]
    pub(crate) image: String,
    /// Folder that holds the catalog; created if absent
    #[arg(long, value_name = "DIR", default_value = "/var/lib/partita")]
    pub(crate) data: PathBuf,
    /// Address of health, readiness, and the control API that nodes pass operations on to
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8081")]
    pub(crate) listen: SocketAddr,
    /// How nodes reach the control API; by the Service `partita-operator` unless given
    #[arg(long, value_name = "URL")]
    pub(crate) control_endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) rules: Rules,
    #[command(flatten)]
    pub(crate) log: Log,
}

impl OperatorOptions {
    /// How nodes reach the control API.
    pub(crate) fn control_endpoint(&self) -> String {
        self.control_endpoint.clone().unwrap_or_else(|| {
            format!("http://partita-operator.{}.svc:{}", self.namespace, self.listen.port())
        })
    }
}

//! What a real API server says of our kinds, and the operator before it. No kubelet, so everything here takes seconds.
//!
//! - [`rules`]: the CRDs are taken, and every rule refuses what it should with the field named.
//! - [`operator`]: the built operator reconciles against the API server, with a node that the test starts in the place of kubelet.

#![expect(clippy::print_stderr, reason = "a long scenario shows where it is")]

mod operator;
mod rules;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use partita_cluster::{Cluster, Options, Tier, Tools, cache_folder};

fn start() -> Result<Cluster> {
    let cache = cache_folder()?;
    Cluster::start(&Tools::find(&cache)?, Options::new(Tier::ApiServer, &cache))
}

/// A file of the project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// What a program printed, whatever it was; and whether it succeeded.
struct Done {
    success: bool,
    text: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self { success: output.status.success(), text: String::from_utf8_lossy(&text).trim_end().to_owned() }
    }
}

fn kubectl(cluster: &Cluster, arguments: &[&str]) -> Result<Done> {
    Ok(cluster.command("kubectl").args(arguments).stdin(Stdio::null()).output()?.into())
}

fn kubectl_ok(cluster: &Cluster, arguments: &[&str]) -> Result<String> {
    let done = kubectl(cluster, arguments)?;
    ensure!(done.success, "kubectl {arguments:?}: {}", done.text);
    Ok(done.text)
}

/// kubectl with a manifest as its standard input.
fn kubectl_with(cluster: &Cluster, arguments: &[&str], manifest: &str) -> Result<Done> {
    let mut command: Command = cluster.command("kubectl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start kubectl")?;
    child.stdin.take().context("stdin is piped")?.write_all(manifest.as_bytes())?;
    Ok(child.wait_with_output()?.into())
}

fn apply(cluster: &Cluster, manifest: &str) -> Result<()> {
    let done = kubectl_with(cluster, &["apply", "--server-side", "-f", "-"], manifest)?;
    ensure!(done.success, "kubectl apply: {}", done.text);
    Ok(())
}

/// The kinds in the API server, ready to be used.
fn install_crds(cluster: &Cluster) -> Result<()> {
    let crds = project("crds");
    kubectl_ok(cluster, &["apply", "--server-side", "-f", &crds.to_string_lossy()])?;
    let crds = ["tables", "eventsourcemappings", "regions"].map(|plural| format!("crd/{plural}.partita.dev"));
    let wait = ["wait", "--for=condition=Established", "--timeout=30s", &crds[0], &crds[1], &crds[2]];
    kubectl_ok(cluster, &wait)?;
    partita_e2e::eventually("the kinds to be served", || {
        Ok(kubectl(cluster, &["get", "tables,eventsourcemappings,regions", "-A"])?.success)
    })
}

/// One test, so that one cluster at a time takes the machine's few cores.
#[test]
fn kinds_and_operator_on_a_real_api_server() -> Result<()> {
    let rules = start()?;
    rules::check(&rules).context("the rules of the kinds")?;
    drop(rules);
    let operator = start()?;
    operator::check(&operator).context("the operator before an API server")
}

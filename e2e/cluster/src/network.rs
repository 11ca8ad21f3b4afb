//! The network between clusters: a namespace with a bridge and no uplink, where test runners live too.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::addresses::Addresses;
use crate::process;

/// The runner's network namespace.
pub(crate) const RUNNER: &str = "partita-clusters";
/// Where iproute2 keeps the namespaces it names.
pub(crate) const NAMESPACES: &str = "/run/netns";

/// Moves the calling thread, and all that it starts from now on (threads, an async runtime, child processes), into the network that
/// clusters live in. There is no way back: call it first in a test, or in a thread of its own.
///
/// # Errors
/// No cluster runs, or the process is not root.
pub fn enter() -> Result<()> {
    let path = Path::new(NAMESPACES).join(RUNNER);
    let namespace = File::open(&path)
        .with_context(|| format!("cannot open {}: start a cluster first, as root", path.display()))?;
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
        .context("cannot enter the clusters' network: it needs root")
}

/// The name of a node's network namespace.
pub(crate) fn node_namespace(number: u8) -> String {
    format!("partita-node-{number}")
}

/// Makes the runner's namespace unless it is there.
pub(crate) fn ensure_runner() -> Result<()> {
    if Path::new(NAMESPACES).join(RUNNER).exists() {
        return Ok(());
    }
    ip(&format!("netns add {RUNNER}"))?;
    let (runner, prefix) = (Addresses::RUNNER, Addresses::NODES_PREFIX);
    ip(&format!("-n {RUNNER} link set lo up"))?;
    ip(&format!("-n {RUNNER} link add bridge0 type bridge"))?;
    ip(&format!("-n {RUNNER} addr add {runner}/{prefix} dev bridge0"))?;
    ip(&format!("-n {RUNNER} link set bridge0 up"))?;
    // Routes between clusters; there is no way out of this namespace.
    process::words("ip", &format!("netns exec {RUNNER} sysctl -qw net.ipv4.ip_forward=1"))
}

/// Makes a node's namespace: its address, its default route (kubelet and kube-proxy look for one), and the runner's ways to it, its
/// pods and its services.
pub(crate) fn add_node(number: u8) -> Result<()> {
    let (node, addresses) = (node_namespace(number), Addresses::of(number));
    let (address, prefix, runner) = (addresses.node(), Addresses::NODES_PREFIX, Addresses::RUNNER);
    ip(&format!("netns add {node}"))?;
    // The same link address each time: for a while the others remember the one that the last node of this number had, and a new one
    // would cost seconds of silence.
    let link = format!("02:00:00:00:00:{number:02x}");
    ip(&format!("-n {RUNNER} link add node{number} type veth peer name eth0 address {link} netns {node}"))?;
    ip(&format!("-n {RUNNER} link set node{number} master bridge0 up"))?;
    ip(&format!("-n {node} link set lo up"))?;
    ip(&format!("-n {node} addr add {address}/{prefix} dev eth0"))?;
    ip(&format!("-n {node} link set eth0 up"))?;
    ip(&format!("-n {node} route add default via {runner}"))?;
    process::words("ip", &format!("netns exec {node} sysctl -qw net.ipv4.ip_forward=1"))?;
    for network in [addresses.pods(), addresses.services()] {
        ip(&format!("-n {RUNNER} route replace {network} via {address}"))?;
    }
    Ok(())
}

/// Removes what is left of a node's namespace; its end of the link to the bridge takes the other and the routes with it.
pub(crate) fn remove_node(number: u8) -> Result<()> {
    remove(&node_namespace(number))?;
    if !Path::new(NAMESPACES).join(RUNNER).exists() {
        return Ok(());
    }
    // The kernel takes an ended namespace apart later: the link would stand in the way of the next cluster of this number.
    let link = format!("node{number}");
    if process::words("ip", &format!("-n {RUNNER} link show {link}")).is_ok() {
        // It may have gone by itself since.
        drop(ip(&format!("-n {RUNNER} link del {link}")));
    }
    Ok(())
}

/// Removes the runner's namespace, when no cluster is left.
pub(crate) fn remove_runner() -> Result<()> {
    remove(RUNNER)
}

fn remove(namespace: &str) -> Result<()> {
    if Path::new(NAMESPACES).join(namespace).exists() {
        ip(&format!("netns del {namespace}"))?;
    }
    Ok(())
}

fn ip(arguments: &str) -> Result<()> {
    process::words("ip", arguments).context("cannot set up the clusters' network")
}

//! What comes from the system's packages: Debian's are installed, others' are asked for.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process;

/// A program to look for, and the Debian package that has it.
const PROGRAMS: &[(&str, &str)] = &[
    ("containerd", "containerd"),
    ("conntrack", "conntrack"),
    ("curl", "curl"),
    ("ethtool", "ethtool"),
    ("ip", "iproute2"),
    ("ipset", "ipset"),
    ("iptables", "iptables"),
    ("modprobe", "kmod"),
    ("nft", "nftables"),
    ("nsenter", "util-linux"),
    ("openssl", "openssl"),
    ("runc", "runc"),
    ("setpriv", "util-linux"),
    ("socat", "socat"),
    ("sysctl", "procps"),
];
const CNI_PACKAGE: &str = "containernetworking-plugins";
const CNI_PLUGINS: [&str; 2] = ["/usr/lib/cni/ptp", "/opt/cni/bin/ptp"];

/// The Debian packages that would bring what is not there.
pub(super) fn missing() -> Vec<&'static str> {
    let programs =
        PROGRAMS.iter().filter(|(program, _)| !process::exists(program)).map(|(_, package)| *package);
    let mut packages: Vec<&str> = programs.collect();
    if !CNI_PLUGINS.iter().any(|plugin| Path::new(plugin).is_file()) {
        packages.push(CNI_PACKAGE);
    }
    packages.sort_unstable();
    packages.dedup();
    packages
}

pub(super) fn install(progress: &mut dyn FnMut(&str)) -> Result<()> {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    ensure!(
        process::exists("apt-get"),
        "the test cluster misses programs that Debian has in the packages {}: install them with your system's package manager",
        packages.join(", ")
    );
    progress(&format!("installing {}", packages.join(" ")));
    if install_packages(&packages).is_err() {
        // Most often the lists are older than the packages.
        process::words("apt-get", "update --quiet").context("cannot refresh the lists of packages")?;
        install_packages(&packages)?;
    }
    let missing = missing();
    ensure!(
        missing.is_empty(),
        "{} installed, yet the programs are not in the search path",
        missing.join(", ")
    );
    Ok(())
}

fn install_packages(packages: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(packages);
    process::output(&mut command).map(drop).context("cannot install packages")
}

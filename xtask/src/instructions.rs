//! Instructions for each operation, as docs/performance.md reports them: a count under valgrind's callgrind, which does not depend on
//! what else the machine does.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell::{Shell, say};

/// Each workload is run twice, so often; the difference leaves out what setting up costs.
const REPETITIONS: [u64; 2] = [500, 1500];

/// The operations in the order of the page's table.
const WORKLOADS: &[&str] = &[
    "refused",
    "get",
    "get-mixed",
    "get-projected",
    "put",
    "put-mixed",
    "update",
    "delete",
    "query",
    "batch-write",
];

pub(crate) fn run(shell: &Shell) -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        bail!("valgrind is not installed; it is a package of that name in most distributions");
    }
    shell.cargo(&["build", "--release", "--locked", "--workspace", "--bins"])?;
    say("| operation | instructions |\n| --- | --- |")?;
    for workload in WORKLOADS {
        let [fewer, more] = REPETITIONS;
        let counted = count(shell, workload, more)?.saturating_sub(count(shell, workload, fewer)?);
        say(format!("| {workload} | {} |", counted / (more - fewer)))?;
    }
    Ok(())
}

/// The instructions of a whole run.
fn count(shell: &Shell, workload: &str, repetitions: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(shell.target.join("release/partita-instructions"))
        .args([workload, &repetitions.to_string()])
        .output()
        .context("cannot run valgrind")?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("{workload} failed under valgrind:\n{told}");
    }
    let total = told.lines().find_map(|line| line.split("Collected :").nth(1));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.with_context(|| format!("valgrind told no count:\n{told}"))
}

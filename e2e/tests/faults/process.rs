//! What a process takes, and what it may take, as the system counts it.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Memory that a process has in use, in bytes.
pub(crate) fn memory(id: u32) -> Result<u64> {
    counted(id, "VmRSS:")
}

/// The most memory that a process has had in use so far, in bytes.
pub(crate) fn memory_peak(id: u32) -> Result<u64> {
    counted(id, "VmHWM:")
}

fn counted(id: u32, what: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)).context("the system tells it")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

/// Files and sockets that a process has open.
pub(crate) fn open_files(id: u32) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{id}/fd"))?.count())
}

/// How many files and sockets a process may have open.
pub(crate) fn open_files_limit(id: u32) -> Result<u64> {
    let limits = fs::read_to_string(format!("/proc/{id}/limits"))?;
    let line =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("the system tells it")?;
    Ok(line.split_whitespace().next().context("a soft limit")?.parse()?)
}

/// Sets how many files and sockets a process may have open, with `soft` or `soft:hard`.
pub(crate) fn limit_open_files(id: u32, limit: &str) -> Result<()> {
    let output =
        Command::new("prlimit").args(["--pid", &id.to_string(), &format!("--nofile={limit}")]).output();
    let output = output.context("cannot run prlimit, of the package util-linux")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

//! What people read: standard output and standard error.

use std::io::Write as _;

use anyhow::{Context as _, Result};

/// Prints text as it is.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Prints a line.
pub(crate) fn say(line: &str) -> Result<()> {
    print(&format!("{line}\n"))
}

/// Prints a line to standard error. Nobody is left to tell if that fails.
pub(crate) fn complain(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

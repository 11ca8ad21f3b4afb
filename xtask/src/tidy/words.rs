//! What must not stand in the project: paths of one machine, registry hosts, and work left open.

use anyhow::{Context as _, Result};

use crate::shell::Shell;

/// Fragments, each split so that this file does not contain it.
const BANNED: &[(&[&str], &str)] = &[
    (&["/ro", "ot/"], "a path of one machine"),
    (&["/ho", "me/"], "a path of one machine"),
    (&["/wo", "rk/"], "a path of one machine"),
    (&["registry.", "npmjs.org"], "a registry host: set omit-lockfile-registry-resolved in .npmrc"),
    (&["py", "pi.org"], "a registry host"),
    (&["proxy.", "golang.org"], "a registry host"),
    (&["FIX", "ME"], "work left open: do it, or file an issue"),
    (&["unimpl", "emented!("], "work left open: do it, or answer UnknownOperationException"),
];

pub(crate) fn check(shell: &Shell, files: &[&str]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in files {
        let bytes = std::fs::read(shell.root.join(path)).with_context(|| format!("cannot read {path}"))?;
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        for (number, line) in text.lines().enumerate() {
            for (parts, why) in BANNED {
                if line.contains(&parts.concat()) {
                    found.push(format!("{path}:{}: {why}", number + 1));
                }
            }
        }
    }
    Ok(found)
}

//! Running commands to their end, with errors that show the whole command and what it said.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Lines of a failed program's log that an error repeats.
const LOG_LINES_SHOWN: usize = 15;

/// Runs a command and returns what it printed; any exit status but zero is an error with its standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command.output().with_context(|| format!("cannot start `{shown}`"))?;
    ensure!(
        output.status.success(),
        "`{shown}` failed: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs `program` with these words, separated by spaces. For fixed command lines without odd characters.
pub(crate) fn words(program: &str, words: &str) -> Result<()> {
    output(Command::new(program).args(words.split_whitespace())).map(drop)
}

/// Whether a program is found in the search path or where system programs lie.
pub(crate) fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}

/// The last lines of a log, or why it cannot be read.
pub(crate) fn tail(log: &Path) -> String {
    match std::fs::read(log) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
        }
        Err(error) => format!("(no log at {}: {error})", log.display()),
    }
}

pub(crate) fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

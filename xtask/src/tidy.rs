//! Checks that no compiler makes: crate arrows, sizes of files and functions, and words that do not belong here.

mod arrows;
mod sizes;
mod words;

use anyhow::{Result, ensure};

use crate::shell::{Shell, output, say};

/// Runs every check and reports all that they found.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    let files =
        output(shell.command("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let files: Vec<&str> = files.lines().filter(|file| shell.root.join(file).is_file()).collect();
    let mut found = arrows::check(shell)?;
    found.extend(sizes::check(shell, &files)?);
    found.extend(words::check(shell, &files)?);
    for problem in &found {
        say(problem)?;
    }
    ensure!(found.is_empty(), "tidy found {} problems", found.len());
    Ok(())
}

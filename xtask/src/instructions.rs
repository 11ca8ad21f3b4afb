//! Instructions for each operation, and the section of docs/performance.md that tells them: a count under valgrind's callgrind, which
//! does not depend on what else the machine does.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, Shell, say};

/// Each workload is run twice, so often; the difference leaves out what setting up costs.
const REPETITIONS: [u64; 2] = [500, 1500];

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- cargo xtask instructions: begin -->\n";
const END: &str = "<!-- cargo xtask instructions: end -->\n";

pub(crate) fn run(shell: &Shell) -> Result<()> {
    if !shell::has("valgrind") {
        bail!("valgrind is not installed; it is a package of that name in most distributions");
    }
    shell.cargo(&["build", "--release", "--locked", "--workspace", "--bins"])?;
    let program = shell.target.join("release/partita-instructions");
    let mut table = "| operation | instructions |\n| --- | ---: |\n".to_owned();
    // It alone knows what it can do, and what each is called.
    for line in shell::output(&mut shell.command(&program))?.lines() {
        let (workload, title) = line.split_once('\t').context("a line is a name, a tab and a title")?;
        let [fewer, more] = REPETITIONS;
        let counted = count(shell, workload, more)?.saturating_sub(count(shell, workload, fewer)?);
        let counted = thousands(counted / (more - fewer));
        say(format!("{title}: {counted}"))?;
        writeln!(table, "| {title} | {counted} |")?;
    }
    let page = shell.root.join(PAGE);
    let there = std::fs::read_to_string(&page).with_context(|| format!("cannot read {PAGE}"))?;
    let replaced = replace(&there, &table)
        .with_context(|| format!("{PAGE} lacks the lines `{}` and `{}`", BEGIN.trim(), END.trim()))?;
    std::fs::write(page, replaced).with_context(|| format!("cannot write {PAGE}"))
}

/// The instructions of a whole run.
fn count(shell: &Shell, workload: &str, repetitions: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        // Before `main` a library compares the processor's counter with the clock, for as long as it takes until they agree: millions
        // of instructions, and never as many twice.
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--zero-before=main"])
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

/// The page with what stands between the marks replaced; `None` without the marks.
fn replace(page: &str, section: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{section}\n{END}{after}"))
}

/// A number with separators: `12,345`.
fn thousands(number: u64) -> String {
    let (rest, last) = (number / 1_000, number % 1_000);
    if rest == 0 { last.to_string() } else { format!("{},{last:03}", thousands(rest)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("before\n\n{BEGIN}old\n{END}\nafter\n");
        assert_eq!(replace(&page, "new").unwrap(), format!("before\n\n{BEGIN}\nnew\n{END}\nafter\n"));
        assert!(replace("before", "new").is_none());
    }

    #[test]
    fn thousands_are_set_apart() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (62_964, "62,964"), (3_122_058, "3,122,058")];
        for (number, text) in cases {
            assert_eq!(thousands(number), text);
        }
    }
}

//! The short torture: tens of SIGKILLs, every promise looked at. The long one is `cargo xtask torture`.
//!
//! And three proofs that it can fail: the checker's own tests, a real history doctored, and a process that forgets.

mod doctor;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::binary;
use partita_e2e::torture::{Checker, Mode, Options, Summary, run};

/// Some tens of restarts each.
const KILL: Duration = Duration::from_secs(40);
const MIXED: Duration = Duration::from_secs(25);
/// Restarts that must have been reached in all, on the busiest machine.
const RESTARTS_MIN: u32 = 20;
/// What the checker says of a history that nothing explains, as the run tells it.
const JUDGED: &str = "no order explains the history of";
/// How a counter is told that lacks what was acknowledged.
const COUNTED: &str = "counter ";
/// How long a process that forgets may get away with it.
const FORGETFUL: Duration = Duration::from_secs(60);

#[test]
fn no_end_of_the_process_breaks_a_promise() -> Result<()> {
    let mut restarts = 0;
    for (mode, duration) in [(Mode::Kill, KILL), (Mode::Mixed, MIXED)] {
        let options = options(binary()?, "process", duration, mode)?;
        let summary = run(&options, &mut tell)?;
        tell(&summary);
        restarts += summary.restarts;
        ensure!(summary.judged_operations > 0 && summary.inspections > 0 && summary.unknown > 0, "{summary}");
        doctor::refuses_all(&Checker::build(&options.folder)?, &options.histories())?;
        fs::remove_dir_all(&options.folder)?;
    }
    ensure!(restarts >= RESTARTS_MIN, "only {restarts} restarts");
    Ok(())
}

/// A wrapper around the process that puts an older copy of the data in place, once: what was acknowledged in between is lost.
#[test]
fn a_process_that_forgets_is_found() -> Result<()> {
    let options = options(PathBuf::new(), "forgetful", FORGETFUL, Mode::Kill)?;
    fs::create_dir_all(&options.folder)?;
    let wrapper = options.folder.join("forgetful");
    fs::write(&wrapper, forgetful(&binary()?)?)?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
    let options = Options { binary: wrapper, ..options };
    let found = run(&options, &mut tell);
    ensure!(options.folder.join("forgot").exists(), "the wrapper did not come to it");
    let error = format!("{:#}", found.err().context("nothing was found")?);
    // Whichever looks first: the judge of histories, nearly always, or the look at the counters.
    ensure!(error.contains(JUDGED) || error.contains(COUNTED), "something else is wrong: {error}");
    ensure!(error.contains("seed") && error.contains("forgetful"), "it says where to look: {error}");
    fs::remove_dir_all(&options.folder)?;
    Ok(())
}

#[test]
fn the_checker_passes_its_own_tests() -> Result<()> {
    let output =
        Command::new("go").current_dir(Checker::sources()).args(["test", "-count=1", "./..."]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

fn options(binary: PathBuf, name: &str, duration: Duration, mode: Mode) -> Result<Options> {
    let seed = rand::random();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("torture").join(format!("{name}-{seed}"));
    ensure!(!folder.exists(), "{} is there already", folder.display());
    Ok(Options::new(binary, folder, duration, seed, mode))
}

/// The twelfth process finds what the fifth found: all that was written in between is gone. Processes are killed at any moment, this
/// script among them: what it began is finished before the next one goes on, and done again if it was cut off.
fn forgetful(binary: &Path) -> Result<String> {
    let binary = binary.to_str().context("the binary's path is UTF-8")?;
    Ok(format!(
        r#"#!/bin/sh
# Arguments: local --listen ADDRESS --data FOLDER
data="$5"
exec 9>"$0.lock"
flock 9
starts=$(cat "$0.starts" 2>/dev/null || echo 0)
starts=$((${{starts:-0}} + 1))
echo $starts >"$0.starts"
if [ $starts -ge 5 ] && [ ! -e "$0.copied" ]; then
    rm -rf "$0.older" && cp -a "$data" "$0.older" && touch "$0.copied"
fi
if [ $starts -ge 12 ] && [ ! -e "$(dirname "$0")/forgot" ]; then
    rm -rf "$data" && cp -a "$0.older" "$data" && touch "$(dirname "$0")/forgot"
fi
exec 9>&-
exec '{binary}' "$@"
"#
    ))
}

#[expect(clippy::print_stderr, reason = "shown when the test fails, or on demand")]
fn tell(summary: &Summary) {
    eprintln!("{summary}");
}

//! Fuzz targets, guided by coverage on the pinned toolchain: briefly in CI, for as long as asked by hand.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::shell::{Shell, output, run, say};

/// Inputs per target in CI: some seconds. The property tests beside the code do the daily work.
const BRIEF_RUNS: u32 = 50_000;
/// Longest input, in bytes: the longest expression there may be.
const INPUT_BYTES_MAX: u32 = 4096;
/// What makes libFuzzer see which branches an input takes. LLVM's pass is in every toolchain; the sanitizers proper are not.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table";

/// Feeds every target some inputs.
pub(crate) fn brief(shell: &Shell) -> Result<()> {
    let programs = build(shell)?;
    let targets = targets(shell)?;
    ensure!(!targets.is_empty(), "fuzz/fuzz_targets is empty");
    for target in targets {
        say(format!("fuzz {target}: {BRIEF_RUNS} inputs"))?;
        // The same inputs each time: a new corpus folder, and a fixed seed.
        let corpus = shell.target.join("fuzz-brief").join(&target);
        if corpus.exists() {
            std::fs::remove_dir_all(&corpus)?;
        }
        let arguments = [&format!("-runs={BRIEF_RUNS}"), "-seed=1"];
        // libFuzzer is talkative: what it says is shown when it fails.
        output(&mut feeding(shell, programs.join(&target), &target, corpus, &arguments)?)?;
    }
    Ok(())
}

/// Runs one target for a while; what it learns is kept for the next time.
pub(crate) fn guided(shell: &Shell, target: &str, seconds: u32) -> Result<()> {
    let known = targets(shell)?;
    ensure!(
        known.iter().any(|name| name == target),
        "no fuzz target is called `{target}`; there are {}",
        known.join(", ")
    );
    let programs = build(shell)?;
    let corpus = shell.cache.join("fuzz-corpus").join(target);
    let arguments = [&format!("-max_total_time={seconds}"), "-print_final_stats=1"];
    run(&mut feeding(shell, programs.join(target), target, corpus, &arguments)?)
}

fn targets(shell: &Shell) -> Result<Vec<String>> {
    let folder = shell.root.join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        names.push(entry?.path().file_stem().context("a target has a name")?.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Builds the targets and returns the folder they lie in.
fn build(shell: &Shell) -> Result<PathBuf> {
    let version = output(shell.command("rustc").arg("-vV"))?;
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc tells its host")?;
    let target = shell.target.join("fuzz");
    // Naming the target keeps build scripts and macros free of instrumentation, which only libFuzzer's main can link.
    run(shell
        .command("cargo")
        .current_dir(shell.root.join("fuzz"))
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", COVERAGE)
        .args(["build", "--release", "--locked", "--bins", "--target", host]))?;
    Ok(target.join(host).join("release"))
}

/// The run of a built target on its corpus and seeds, inputs that fail going to the target folder.
fn feeding(
    shell: &Shell,
    program: PathBuf,
    target: &str,
    corpus: PathBuf,
    arguments: &[&str],
) -> Result<Command> {
    std::fs::create_dir_all(&corpus)?;
    let artifacts = shell.target.join("fuzz-artifacts").join(target).join("");
    std::fs::create_dir_all(&artifacts)?;
    let mut command = shell.command(program);
    command
        .args([corpus, shell.root.join("fuzz/seeds").join(target)])
        .args([format!("-max_len={INPUT_BYTES_MAX}"), format!("-artifact_prefix={}", artifacts.display())])
        .args(arguments);
    Ok(command)
}

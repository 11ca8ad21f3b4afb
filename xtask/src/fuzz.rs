//! Fuzz targets: briefly and unguided on the pinned toolchain in CI, guided by coverage for as long as asked by hand.

use anyhow::{Context as _, Result, ensure};

use crate::shell::{Shell, has, run, say};

/// Inputs per target in CI: a smoke test of some seconds; the property tests beside the code do the daily work.
const BRIEF_RUNS: u32 = 20_000;

/// Builds every target as an ordinary program and feeds it random inputs.
pub(crate) fn brief(shell: &Shell) -> Result<()> {
    let target = shell.target.join("fuzz");
    run(shell
        .command("cargo")
        .current_dir(shell.root.join("fuzz"))
        .env("CARGO_TARGET_DIR", &target)
        .args(["build", "--release", "--locked", "--bins"]))?;
    let mut ran = 0;
    for entry in std::fs::read_dir(shell.root.join("fuzz/fuzz_targets"))
        .context("fuzz/fuzz_targets is part of the project")?
    {
        let path = entry?.path();
        let name = path.file_stem().context("a target has a name")?.to_string_lossy().into_owned();
        say(format!("fuzz {name}: {BRIEF_RUNS} inputs"))?;
        let seeds = shell.root.join("fuzz/seeds").join(&name);
        let scratch = shell.target.join("fuzz-corpus").join(&name);
        std::fs::create_dir_all(&scratch)?;
        run(shell.command(target.join("release").join(&name)).arg(scratch).arg(seeds).args([
            format!("-runs={BRIEF_RUNS}"),
            "-max_len=4096".into(),
            "-seed=1".into(),
            "-verbosity=0".into(),
        ]))?;
        ran += 1;
    }
    ensure!(ran > 0, "fuzz/fuzz_targets is empty");
    Ok(())
}

/// Runs one target with coverage guidance.
pub(crate) fn guided(shell: &Shell, target: &str, seconds: u32) -> Result<()> {
    if !has("cargo-fuzz") {
        say("installing cargo-fuzz")?;
        run(shell.command("cargo").args(["install", "--locked", "cargo-fuzz"]))?;
    }
    let seeds = shell.root.join("fuzz/seeds").join(target);
    ensure!(seeds.exists(), "no fuzz target is called `{target}`; they lie in fuzz/fuzz_targets");
    let corpus = shell.target.join("fuzz-corpus").join(target);
    std::fs::create_dir_all(&corpus)?;
    run(shell
        .command("cargo")
        .args(["+nightly", "fuzz", "run", target])
        .args([&corpus, &seeds])
        .args(["--", &format!("-max_total_time={seconds}")]))
}

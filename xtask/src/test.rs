//! The steps of `cargo xtask test`, in order, each with its time.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, Shell, say};
use crate::{charts, clients, cluster, fuzz, tidy};

struct Step {
    name: &'static str,
    what: &'static str,
    run: fn(&Shell) -> Result<()>,
}

/// Cheap checks first, so that a small mistake is told in seconds.
const STEPS: &[Step] = &[
    Step { name: "fmt", what: "formatting", run: |shell| shell.cargo(&["fmt", "--all", "--check"]) },
    Step { name: "tidy", what: "crate arrows, sizes, banned words", run: tidy::run },
    Step { name: "clients", what: "install the black-box clients", run: clients::install },
    Step {
        name: "build",
        what: "the release binary, statically linked as images hold it",
        run: |shell| cluster::static_binary(shell).map(drop),
    },
    Step { name: "cluster", what: "the programs of a real Kubernetes", run: cluster::build },
    Step { name: "charts", what: "lint, renders, wrong values", run: charts::run_checks },
    Step { name: "rust", what: "unit, property, model-based, crash and black-box tests", run: rust_tests },
    Step { name: "kubernetes", what: "tests on a real Kubernetes", run: kubernetes_tests },
    Step { name: "clippy", what: "lints", run: clippy },
    Step { name: "doc", what: "documentation builds without warnings", run: doc },
    Step { name: "fuzz", what: "each fuzz target, briefly", run: fuzz::brief },
];

pub(crate) fn list() -> Result<()> {
    STEPS.iter().try_for_each(|step| say(format!("{:<10} {}", step.name, step.what)))
}

pub(crate) fn run_step(shell: &Shell, step: &str) -> Result<()> {
    let step = STEPS.iter().find(|known| known.name == step);
    (step.context("no such step")?.run)(shell)
}

pub(crate) fn run(shell: &Shell, only: &[String]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|name| !STEPS.iter().any(|step| step.name == **name)) {
        bail!("no step is called `{unknown}`; `cargo xtask test --list` shows them");
    }
    let chosen: Vec<&Step> =
        STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect();
    let begin = now();
    for (number, step) in chosen.iter().enumerate() {
        say(format!("== {}/{} {}: {}", number + 1, chosen.len(), step.name, step.what))?;
        let start = now();
        run_step(shell, step.name).with_context(|| {
            format!(
                "step `{}` failed; repeat it alone with `cargo xtask test --only {}`",
                step.name, step.name
            )
        })?;
        say(format!("== {} done in {:.1} s", step.name, start.elapsed().as_secs_f64()))?;
    }
    say(format!("== all {} steps passed in {:.0} s", chosen.len(), begin.elapsed().as_secs_f64()))
}

/// Rewrites `crds/`.
pub(crate) fn crds(shell: &Shell) -> Result<()> {
    shell::run(freshness(shell).env("UPDATE_EXPECT", "1"))
}

/// Checks that `crds/` is what `operator/api` generates. The step `rust` holds the same test.
pub(crate) fn fresh(shell: &Shell) -> Result<()> {
    shell::run(&mut freshness(shell))
}

fn freshness(shell: &Shell) -> Command {
    let mut command = shell.command("cargo");
    command.args(["test", "--release", "--locked", "--package", "partita-api", "--lib", "fresh"]);
    command
}

fn rust_tests(shell: &Shell) -> Result<()> {
    let mut command = shell.command("cargo");
    command.args(["test", "--release", "--locked", "--workspace", "--all-features"]);
    // They start clusters, and have a step of their own.
    command.args(["--exclude", "partita-cluster"]);
    environment(shell, &mut command)?;
    shell::run(&mut command)
}

/// Tells tests what was built and installed for them.
fn environment(shell: &Shell, command: &mut Command) -> Result<()> {
    clients::environment(shell, command);
    command.env("PARTITA_E2E_BINARY", cluster::static_path(shell));
    command.env("PARTITA_VERSITYGW", cluster::program(shell, "versitygw")?);
    Ok(())
}

/// The targets of `partita-e2e` that start clusters. They are no tests of the step `rust`, and clippy looks at them by name.
const ON_CLUSTERS: [&str; 4] = ["--test", "apiserver", "--test", "kubernetes"];

fn kubernetes_tests(shell: &Shell) -> Result<()> {
    let packages: [&[&str]; 2] =
        [&["--package", "partita-cluster"], &[&["--package", "partita-e2e"], &ON_CLUSTERS[..]].concat()];
    for package in packages {
        let mut command = shell.command("cargo");
        command.args(["test", "--release", "--locked"]).args(package).args(["--", "--nocapture"]);
        environment(shell, &mut command)?;
        shell::run(&mut command)?;
    }
    Ok(())
}

fn clippy(shell: &Shell) -> Result<()> {
    let all: [&str; 3] = ["--workspace", "--all-targets", "--all-features"];
    let on_clusters = [&["--package", "partita-e2e"], &ON_CLUSTERS[..]].concat();
    for targets in [&all[..], &on_clusters] {
        let arguments = [&["clippy", "--release", "--locked"], targets, &["--", "-D", "warnings"]];
        shell.cargo(&arguments.concat())?;
    }
    Ok(())
}

fn doc(shell: &Shell) -> Result<()> {
    let mut command = shell.command("cargo");
    command.env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--release",
        "--locked",
        "--workspace",
        "--all-features",
        "--no-deps",
    ]);
    shell::run(&mut command)
}

#[expect(clippy::disallowed_methods, reason = "progress shows wall-clock time")]
fn now() -> Instant {
    Instant::now()
}

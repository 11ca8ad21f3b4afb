//! `cargo xtask`: everything that builds, checks and tests the project, on a fresh machine too.
//!
//! - `test` runs what CI runs: [`tidy`], formatting, lints, every Rust test, and the black-box tests with real clients.
//! - `crds` regenerates `crds/` from `operator/api`.
//! - `fuzz` runs a fuzz target for as long as asked; `test` runs each of them briefly.
//! - `cluster` builds, starts and stops a real Kubernetes for development and tests.
//! - `torture` kills `partita local` under load for as long as asked; `test` does so briefly.
//! - `compare` measures it alone and beside its peers, and writes the tables of docs/performance.md.
//! - `instructions` counts what each operation costs, under valgrind, and writes them there too.
//!
//! It deliberately holds no product code. Start reading at [`test::run`].

mod charts;
mod clients;
mod cluster;
mod compare;
mod fuzz;
mod instructions;
mod shell;
mod test;
mod tidy;
mod torture;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, checks and tests Partita")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check and test; installs what they need
    Test {
        /// Only these steps (repeatable); see the list printed by `--list`
        #[arg(long)]
        only: Vec<String>,
        /// Print the steps and stop
        #[arg(long)]
        list: bool,
    },
    /// Regenerate crds/ from operator/api
    Crds,
    /// Check crate arrows, file and function sizes, banned words, and that generated files are fresh
    Tidy,
    /// Run one fuzz target, guided by coverage
    Fuzz {
        /// A target of fuzz/fuzz_targets, without `.rs`
        target: String,
        /// How long to run
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// A real Kubernetes in namespaces of its own: build it, start it, work in it
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Kill `partita local` under load, again and again, and check every promise
    Torture(torture::Options),
    /// Measure Partita beside its peers and write docs/performance.md (about 35 minutes of two quiet cores)
    Compare(compare::Options),
    /// Count the instructions of each operation, under valgrind, and write docs/performance.md
    Instructions,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is closed.
            drop(writeln!(std::io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let shell = shell::Shell::new()?;
    match command {
        Command::Test { list: true, .. } => test::list(),
        Command::Test { only, .. } => test::run(&shell, &only),
        Command::Crds => test::crds(&shell),
        Command::Tidy => tidy::run(&shell).and_then(|()| test::fresh(&shell)),
        Command::Fuzz { target, seconds } => fuzz::guided(&shell, &target, seconds),
        Command::Cluster(command) => cluster::run(&shell, command),
        Command::Torture(options) => torture::long(&shell, &options),
        Command::Compare(options) => compare::run(&shell, &options),
        Command::Instructions => instructions::run(&shell),
    }
}

//! Runs one operation of the DynamoDB API many times inside this process, so that an instruction counter can watch.
//!
//! Without an operation it lists those that there are, each with its title. `cargo xtask instructions` runs each of them twice under
//! valgrind's callgrind, with a different number of repetitions, and divides the difference: what setting up costs falls out, and what is
//! left is the cost of one request from its head and body to its answer, signature check, JSON and the engine included, sockets
//! excluded. Counts do not depend on what else the machine does; they are kept in `docs/performance.md`.
//!
//! Everything runs on one thread over a store in memory. Deliberately absent: time, and any judgement of the counts.
//!
//! Start reading at [`workload::Workload`].

mod workload;
mod world;

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum as _};

use workload::Workload;
use world::World;

/// Partita's: what memory costs is part of what an operation costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs one operation many times, for an instruction counter.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which operation; without it, all are listed
    workload: Option<Workload>,
    /// How often
    #[arg(default_value_t = 1000)]
    repetitions: usize,
}

fn main() -> Result<()> {
    let Arguments { workload, repetitions } = Arguments::parse();
    let Some(workload) = workload else { return list() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(workload, repetitions))
}

/// A line for each workload: its name, a tab, its title.
fn list() -> Result<()> {
    for value in Workload::value_variants().iter().filter_map(Workload::to_possible_value) {
        let title = value.get_help().context("every workload has a title")?;
        writeln!(std::io::stdout(), "{}\t{title}", value.get_name())?;
    }
    Ok(())
}

async fn run(workload: Workload, repetitions: usize) -> Result<()> {
    let world = World::open().await?;
    for request in workload.preparation() {
        let answer = world.gateway.handle(World::request(&request)?).await;
        ensure!(answer.status.is_success(), "preparation failed: {:?}", answer.body);
    }
    // Signing is the client's work: it is done before, once for each of the few different requests.
    let calls = workload.requests();
    let requests = calls.iter().map(World::request).collect::<Result<Vec<_>>>()?;
    for request in requests.iter().cycle().take(repetitions) {
        let answer = world.gateway.handle(request.clone()).await;
        ensure!(answer.status.is_success(), "{:?}", answer.body);
    }
    Ok(())
}

//! Runs one operation of the DynamoDB API many times inside this process, so that an instruction counter can watch.
//!
//! `cargo xtask instructions` runs it twice for each operation under valgrind's callgrind, with a different number of
//! repetitions, and divides the difference: what setting up costs falls out, and what is left is the cost of one request from its
//! head and body to its answer, signature check, JSON and the engine included, sockets excluded. Counts do not depend on
//! what else the machine does; they are kept in `docs/performance.md`.
//!
//! Everything runs on one thread over a store in memory. Deliberately absent: time, and any judgement of the counts.
//!
//! Start reading at [`workload::Workload`].

mod workload;
mod world;

use anyhow::{Result, ensure};
use clap::Parser;

use workload::Workload;
use world::World;

/// Runs one operation many times, for an instruction counter.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which operation
    workload: Workload,
    /// How often
    #[arg(default_value_t = 1000)]
    repetitions: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<()> {
    let world = World::open().await?;
    for request in arguments.workload.preparation() {
        let answer = world.gateway.handle(World::request(&request)?).await;
        ensure!(answer.status.is_success(), "preparation failed: {:?}", answer.body);
    }
    // Signing is the client's work: it is done before, once for each of the few different requests.
    let calls = arguments.workload.requests();
    let requests = calls.iter().map(World::request).collect::<Result<Vec<_>>>()?;
    for request in requests.iter().cycle().take(arguments.repetitions) {
        let answer = world.gateway.handle(request.clone()).await;
        ensure!(answer.status.is_success(), "{:?}", answer.body);
    }
    Ok(())
}

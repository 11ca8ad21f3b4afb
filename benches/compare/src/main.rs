//! One matrix of measurements in one go: a bare HTTP server (the ceiling), Partita, and its peers; and the section of
//! `docs/performance.md` that shows them.
//!
//! ```text
//!  system:    install and start each one on the server's core
//!  matrix:    every case of `cases`, in rounds of all systems (partita-bench, or a peer's own load generator, on the client's core)
//!  footprint: Partita's starts, memory, restarts
//!  following: how closely Partita's indexes and streams follow their tables
//!  targets -> page, plot
//! ```
//!
//! A peer that cannot be had is reported as absent. It deliberately tests nothing: speed is measured, never asserted.
//! `cargo xtask compare` builds what it needs and runs it. Start reading at [`run`].

mod cases;
mod following;
mod footprint;
mod load;
mod machine;
mod matrix;
mod page;
mod plot;
mod server;
mod system;
mod targets;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;

use load::Extent;
use machine::say;
use page::Content;
use system::Lab;

#[derive(Parser)]
#[command(name = "partita-compare", about = "Measures Partita beside its peers")]
struct Arguments {
    /// The `partita` binary to measure
    #[arg(long)]
    partita: PathBuf,
    /// Where peers are installed, and stay
    #[arg(long)]
    peers: PathBuf,
    /// The page to write the section of; without it, it is printed
    #[arg(long)]
    page: Option<PathBuf>,
    /// Folder on the disk that is measured
    #[arg(long, default_value = "/var/tmp")]
    data: PathBuf,
    /// Rounds that a median is made of
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// See only that everything works, and write nothing
    #[arg(long)]
    short: bool,
    /// Only systems whose names contain one of these words (repeatable)
    #[arg(long)]
    only: Vec<String>,
    /// Without start times, memory and restarts
    #[arg(long)]
    no_footprint: bool,
    /// Without the lag of global indexes and streams
    #[arg(long)]
    no_following: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    machine::take_client_core()?;
    let program = std::env::current_exe().context("it is not known where this program lies")?;
    let programs = program.parent().context("a program lies in a folder")?.to_path_buf();
    let lab = Lab { partita: arguments.partita.clone(), programs, peers: arguments.peers.clone() };
    let data = tempfile::Builder::new().prefix("partita-compare-").tempdir_in(&arguments.data);
    let data = data.with_context(|| format!("cannot make a folder in {}", arguments.data.display()))?;
    open_to_users(data.path())?;
    let mut systems = system::all();
    if !arguments.only.is_empty() {
        systems.retain(|system| arguments.only.iter().any(|word| system.name().contains(word)));
    }
    let (rounds, seconds) = if arguments.short { (1, 0.2) } else { (arguments.rounds, arguments.seconds) };
    let footprint = match arguments.no_footprint {
        true => None,
        false => Some(footprint::measure(&lab, data.path(), footprint_effort(arguments.short))?),
    };
    let effort = effort(rounds, seconds, arguments.short);
    let following = match arguments.no_following {
        true => None,
        false => Some(following::measure(&lab, data.path(), effort)?),
    };
    let results = matrix::measure(&lab, &systems, data.path(), effort)?;
    let targets = targets::all(&results, footprint.as_ref(), following.as_ref());
    let processor = machine::processor();
    let content = Content {
        systems: &systems,
        results: &results,
        targets: &targets,
        processor: &processor,
        rounds,
        seconds,
    };
    match &arguments.page {
        Some(page) if !arguments.short => content.write(page),
        _ => writeln!(std::io::stdout(), "{}", content.markdown()).context("cannot print"),
    }
}

fn effort(rounds: usize, seconds: f64, short: bool) -> matrix::Effort {
    let warm_up = Duration::from_millis(if short { 100 } else { 1_000 });
    // Reads are hot in any cache.
    let (read_keys, written_keys) = if short { (200, 1_000) } else { (10_000, 100_000) };
    let duration = Duration::from_secs_f64(seconds);
    matrix::Effort { rounds: rounds.max(1), extent: Extent { warm_up, duration, read_keys, written_keys } }
}

fn footprint_effort(short: bool) -> footprint::Effort {
    if short {
        let moment = Duration::from_millis(200);
        return footprint::Effort { starts: 1, rest: moment, items: 1_000, load: moment };
    }
    footprint::Effort {
        starts: 9,
        rest: Duration::from_secs(5),
        items: 1_000_000,
        load: Duration::from_secs(15),
    }
}

/// Lets other users pass through: PostgreSQL does not run as root.
fn open_to_users(folder: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
        .context("cannot open the data folder")
}

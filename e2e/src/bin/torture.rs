//! `cargo xtask torture`: the long run of [`partita_e2e::torture`].

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use partita_e2e::torture::{Mode, Options, Summary, run};

/// A run of this length ...
const LONG_MINUTES: f64 = 20.0;
/// ... restarts this often at least, or it did not do what it is for. The load of a life is planned to last 1.3 s on average.
const LONG_RESTARTS_MIN: u32 = 200;

#[derive(Parser)]
#[command(about = "Kills a real process again and again under load and checks every promise")]
struct Arguments {
    /// The `partita` binary
    #[arg(long, default_value_os_t = default_binary())]
    binary: PathBuf,
    /// A folder on a disk for the data; emptied at first, and removed if nothing is wrong
    #[arg(long)]
    folder: PathBuf,
    /// How long to go on
    #[arg(long, default_value_t = LONG_MINUTES)]
    minutes: f64,
    /// Everything random comes from it; a new one if none is given
    #[arg(long)]
    seed: Option<u64>,
    /// Which ends processes meet
    #[arg(long, value_enum, default_value = "both")]
    mode: ModeName,
    /// Threads that ask
    #[arg(long, default_value_t = 8)]
    clients: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeName {
    /// SIGKILL only
    Kill,
    /// SIGKILL, SIGTERM, SIGSTOP and SIGCONT
    Mixed,
    /// Half of the time each
    Both,
}

fn main() -> ExitCode {
    match torture(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is closed.
            drop(writeln!(std::io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn torture(arguments: &Arguments) -> Result<()> {
    let modes: &[Mode] = match arguments.mode {
        ModeName::Kill => &[Mode::Kill],
        ModeName::Mixed => &[Mode::Mixed],
        ModeName::Both => &[Mode::Kill, Mode::Mixed],
    };
    let seed = arguments.seed.unwrap_or_else(rand::random);
    ensure!(arguments.minutes > 0.0, "--minutes must be more than nothing");
    let duration = Duration::from_secs_f64(arguments.minutes * 60.0 / modes.len() as f64);
    let mut restarts = 0;
    for mode in modes {
        let folder = arguments.folder.join(format!("seed-{seed}-{mode}"));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).context("cannot empty the folder")?;
        }
        say(format!("seed {seed}, {mode}, {} s, in {}", duration.as_secs(), folder.display()))?;
        let mut options = Options::new(arguments.binary.clone(), folder.clone(), duration, seed, *mode);
        options.clients = arguments.clients;
        // Progress that cannot be printed is no reason to stop.
        let summary = run(&options, &mut |summary: &Summary| drop(say(summary.to_string())))?;
        restarts += summary.restarts;
        say(format!("nothing is wrong.\n{summary}"))?;
        std::fs::remove_dir_all(&folder).context("cannot remove the folder")?;
    }
    say(format!("{restarts} restarts in all"))?;
    ensure!(
        arguments.minutes < LONG_MINUTES || restarts >= LONG_RESTARTS_MIN,
        "nothing is wrong, but {restarts} restarts are too few to say so: there should be {LONG_RESTARTS_MIN}"
    );
    Ok(())
}

/// Beside this program.
fn default_binary() -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name("partita")
}

fn say(line: String) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot print")
}

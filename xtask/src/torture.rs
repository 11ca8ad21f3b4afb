//! The long torture of `partita local`: `e2e/src/torture.rs` says what is done and checked.

use anyhow::Result;
use clap::Args;

use crate::shell::{Shell, run};

/// How long, and how.
#[derive(Args)]
pub(crate) struct Options {
    /// How long to go on
    #[arg(long, default_value_t = 20.0)]
    minutes: f64,
    /// Repeat a run, as far as a real process can be repeated
    #[arg(long)]
    seed: Option<u64>,
    /// `kill` for SIGKILL only, `mixed` for SIGTERM and pauses as well, `both` for half of the time each
    #[arg(long, default_value = "both")]
    mode: String,
}

/// Builds the process and its tormentor, and lets them go.
pub(crate) fn long(shell: &Shell, options: &Options) -> Result<()> {
    shell.cargo(&["build", "--release", "--locked", "--package", "partita", "--bins"])?;
    shell.cargo(&["build", "--release", "--locked", "--package", "partita-e2e", "--bin", "torture"])?;
    let mut torture = shell.command(shell.target.join("release").join("torture"));
    torture.arg("--binary").arg(shell.binary()).arg("--folder").arg(shell.target.join("torture"));
    torture.arg("--minutes").arg(options.minutes.to_string()).arg("--mode").arg(&options.mode);
    if let Some(seed) = options.seed {
        torture.arg("--seed").arg(seed.to_string());
    }
    run(&mut torture)
}

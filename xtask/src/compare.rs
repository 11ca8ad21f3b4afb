//! `cargo xtask compare`: builds Partita and the comparison (`benches/compare`), and runs it.

use anyhow::Result;

use crate::shell::{self, Shell};

/// What is asked of the comparison.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// See in a few minutes that everything works, and write nothing
    #[arg(long)]
    short: bool,
    /// Further options of `partita-compare`, such as `-- --rounds 3 --only Partita --only dynoxide`
    #[arg(last = true)]
    more: Vec<String>,
}

pub(crate) fn run(shell: &Shell, options: &Options) -> Result<()> {
    // The whole workspace, so that crates are compiled with the features that everything else compiles them with.
    shell.cargo(&["build", "--release", "--locked", "--workspace", "--bins"])?;
    let program = shell.binary().with_file_name("partita-compare");
    let mut command = shell.command(program);
    command.arg("--partita").arg(shell.binary());
    command.arg("--peers").arg(shell.cache.join("peers"));
    if options.short {
        command.arg("--short");
    } else {
        command.arg("--page").arg(shell.root.join("docs/performance.md"));
    }
    shell::run(command.args(&options.more))
}

//! `partita local --repair`: says which files of the data folder are damaged and what a repair would lose, and repairs once that
//! is agreed to.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use anyhow::{Context as _, Result, bail};
use partita_storage::repair::{self, Examined};

use super::SHARD;
use crate::arguments::LocalOptions;
use crate::layout;

/// The answer that agrees to a repair.
const AGREED: &str = "yes";

/// Looks, tells, asks and repairs. An error tells a script that something is damaged still.
pub(super) async fn run(options: &LocalOptions) -> Result<()> {
    let folder = options.data.join(layout::STORE_FOLDER);
    let examined = repair::examine(folder, SHARD)
        .await
        .with_context(|| format!("cannot examine the data folder {}", options.data.display()))?;
    let mut out = io::stdout().lock();
    tell(&examined, &mut out)?;
    let beyond = examined.beyond_repair().count();
    if beyond > 0 {
        bail!(
            "{beyond} of these cannot be repaired, and nothing was changed; \
             put back an older copy of {}",
            options.data.display()
        );
    }
    if examined.is_whole() {
        return Ok(());
    }
    if !options.yes && !agreed(&mut out)? {
        bail!("nothing was changed; repeat the command with --yes to repair");
    }
    examined.repair().await.context("the repair ended early; repeat it")?;
    writeln!(
        out,
        "Repaired. Each data file that was changed is kept as it was in the shard's folder `damaged`, each file of the log \
         beside the log under a name with `.damaged` behind it."
    )?;
    Ok(())
}

fn tell(examined: &Examined, out: &mut impl Write) -> Result<()> {
    let report = examined.report();
    writeln!(out, "Read {} files with {} bytes.", report.files, report.bytes)?;
    if examined.is_whole() {
        writeln!(out, "Nothing is damaged.")?;
        return Ok(());
    }
    for damage in examined.beyond_repair() {
        writeln!(out, "Damaged beyond repair: {damage}")?;
    }
    for loss in examined.losses() {
        writeln!(out, "Damaged: {loss}")?;
    }
    Ok(())
}

/// Asks whoever sits at the terminal; nobody there has not agreed.
fn agreed(out: &mut impl Write) -> Result<bool> {
    let input = io::stdin();
    if !input.is_terminal() {
        return Ok(false);
    }
    write!(
        out,
        "Copy the folder first if you can. Older versions of lost rows come back. Repair now? Type `{AGREED}`: "
    )?;
    out.flush()?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    Ok(answer.trim() == AGREED)
}

//! Running commands: where they run, what they inherit, and what a failure says.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

/// The project's root, the cache folder and the target folder of one run.
pub(crate) struct Shell {
    /// The clone's root.
    pub(crate) root: PathBuf,
    /// Where installed clients are kept between runs.
    pub(crate) cache: PathBuf,
    /// Where cargo builds: `CARGO_TARGET_DIR`, else a folder in the user's cache that all clones share.
    pub(crate) target: PathBuf,
}

impl Shell {
    pub(crate) fn new() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the project's root")?
            .to_path_buf();
        let cache = match (environment("XDG_CACHE_HOME"), environment("HOME")) {
            (Some(cache), _) => PathBuf::from(cache),
            (None, Some(home)) => Path::new(&home).join(".cache"),
            (None, None) => {
                bail!("neither XDG_CACHE_HOME nor HOME is set: set one, tests keep installed clients there")
            }
        }
        .join("partita");
        let target = environment("CARGO_TARGET_DIR").map_or_else(|| cache.join("target"), PathBuf::from);
        Ok(Self { root, cache, target })
    }

    /// A command that runs in the project's root and builds into the shared target folder.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Runs `cargo` with these arguments.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Result<()> {
        run(self.command(environment("CARGO").unwrap_or_else(|| "cargo".into())).args(arguments))
    }

    /// The built `partita` binary.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target.join("release").join("partita")
    }
}

/// Runs a command to its end; an exit status other than zero is an error that shows the whole command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    ensure!(status.success(), "`{shown}` failed: {status}");
    Ok(())
}

/// Runs a command and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command.output().with_context(|| format!("cannot start `{shown}`"))?;
    ensure!(
        output.status.success(),
        "`{shown}` failed: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be started.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Prints a line of progress.
pub(crate) fn say(line: impl AsRef<str>) -> Result<()> {
    writeln!(std::io::stdout(), "{}", line.as_ref()).context("cannot print")
}

#[expect(clippy::disallowed_methods, reason = "the project's automation is configured by its environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

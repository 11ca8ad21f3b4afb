//! What the machine has to offer, checked before anything is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process;

/// The project's folder in the user's cache: `$XDG_CACHE_HOME/partita`, else `$HOME/.cache/partita`.
///
/// # Errors
/// Neither variable is set.
pub fn cache_folder() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    match (set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(cache), _) => Ok(PathBuf::from(cache).join("partita")),
        (None, Some(home)) => Ok(Path::new(&home).join(".cache/partita")),
        (None, None) => {
            bail!(
                "neither XDG_CACHE_HOME nor HOME is set: set one, the test cluster keeps its programs there"
            )
        }
    }
}

/// Fails, saying what to do, where no cluster can run.
pub(crate) fn check() -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the test cluster runs on Linux only: use a virtual machine");
    ensure!(
        rustix::process::geteuid().is_root(),
        "the test cluster needs root, to make namespaces and mounts: run this as root, in a virtual machine if you like"
    );
    let mut probe = Command::new("unshare");
    probe
        .args(["--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork"])
        .args(["mount", "-t", "tmpfs", "tmpfs", "/run"]);
    process::output(&mut probe).map(drop).context(
        "the test cluster needs to make namespaces and to mount in them, which this machine forbids: use a virtual machine, or a \
         privileged container",
    )
}

//! A cluster's cgroups: one folder in each hierarchy of version 1, or one of version 2.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::wait;

const ROOT: &str = "/sys/fs/cgroup";
/// How long the kernel may take to let ended processes go out of a cgroup.
const EMPTY_TIMEOUT: Duration = Duration::from_secs(10);

/// Which version the machine uses: 2 where its only hierarchy is mounted at the root.
pub(crate) fn version() -> u8 {
    if Path::new(ROOT).join("cgroup.controllers").exists() { 2 } else { 1 }
}

/// Makes the cgroups of the cluster `name`, and returns their folders.
pub(crate) fn create(name: &str) -> Result<Vec<PathBuf>> {
    let own =
        std::fs::read_to_string("/proc/self/cgroup").context("cannot read the cgroups of this process")?;
    let mut folders = Vec::new();
    for parent in parents(&own, version()) {
        let folder = parent.join(format!("partita-{name}"));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the cgroup {}", folder.display()))?;
        prepare(&parent, &folder)?;
        folders.push(folder);
    }
    Ok(folders)
}

/// Removes cgroups with all below them; their processes were ended.
pub(crate) fn remove(folders: &[PathBuf]) -> Result<()> {
    for folder in folders {
        wait::until(EMPTY_TIMEOUT, &format!("the end of the processes in {}", folder.display()), || {
            match remove_tree(folder) {
                Ok(()) => Ok(Some(())),
                Err(error) if error.kind() == ErrorKind::ResourceBusy => Ok(None),
                Err(error) => Err(error).with_context(|| format!("cannot remove {}", folder.display())),
            }
        })?;
    }
    Ok(())
}

/// The folders that hold the cluster's: with version 1 this process' own of each hierarchy, so that limits set on it hold for the
/// cluster too; with version 2 the root, since controllers cannot be handed down from a cgroup that has processes, as ours has.
fn parents(own: &str, version: u8) -> Vec<PathBuf> {
    if version == 2 {
        return vec![PathBuf::from(ROOT)];
    }
    let lines = own.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    lines
        .filter(|(controllers, _)| !controllers.is_empty())
        .map(|(controllers, path)| {
            let hierarchy = controllers.strip_prefix("name=").unwrap_or(controllers);
            Path::new(ROOT).join(hierarchy).join(path.trim_start_matches('/'))
        })
        .filter(|folder| folder.is_dir())
        .collect()
}

/// Version 2 hands down only the controllers it is told to. A cpuset of version 1 takes no process before it has processors and
/// memory, and hands them down only when told to.
fn prepare(parent: &Path, folder: &Path) -> Result<()> {
    if version() == 2 {
        let controllers = std::fs::read_to_string(parent.join("cgroup.controllers"))
            .context("cannot read the controllers")?;
        let all: String =
            controllers.split_whitespace().map(|controller| format!("+{controller} ")).collect();
        return std::fs::write(parent.join("cgroup.subtree_control"), all)
            .with_context(|| format!("cannot hand down the controllers {}", controllers.trim()));
    }
    if folder.join("cpuset.cpus").exists() && folder.join("cgroup.clone_children").exists() {
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let value = std::fs::read(parent.join(file)).with_context(|| format!("cannot read {file}"))?;
            std::fs::write(folder.join(file), value).with_context(|| format!("cannot write {file}"))?;
        }
        std::fs::write(folder.join("cgroup.clone_children"), "1").context("cannot hand down the cpuset")?;
    }
    Ok(())
}

/// Cgroup folders hold files that cannot be removed: only the folders are, from the deepest up.
fn remove_tree(folder: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    std::fs::remove_dir(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_two_has_one_parent_at_the_root() {
        assert_eq!(parents("0::/user.slice/session.scope\n", 2), [PathBuf::from(ROOT)]);
    }

    #[test]
    fn lines_without_a_mounted_hierarchy_are_left_out() {
        assert_eq!(parents("7:no-such-controller:/a\n0::/\nnonsense\n", 1), Vec::<PathBuf>::new());
    }
}

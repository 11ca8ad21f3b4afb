//! Starting this binary again, and what it does then.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use partita_storage::{Location, ShardStore, StoreOptions};

const ROLE: &str = "PARTITA_STORAGE_TEST_ROLE";
const FOLDER: &str = "PARTITA_STORAGE_TEST_FOLDER";
const START: &str = "PARTITA_STORAGE_TEST_START";

#[expect(clippy::disallowed_methods, reason = "the environment tells this process which role it has")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A process that plays `role` on the shard in `folder`; `wrapper` comes before its command line.
pub(crate) fn child(wrapper: &[&OsStr], role: &str, folder: &Path, start: u64) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().copied().chain([program.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", "child::child_process", "--nocapture"]);
    command.env(ROLE, role).env(FOLDER, folder).env(START, start.to_string());
    command.stdout(Stdio::piped()).stdin(Stdio::piped());
    command
}

/// Prints a line that is not lost when the process is killed afterwards.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}

pub(crate) async fn open(folder: &Path) -> Arc<dyn ShardStore> {
    partita_storage::open(StoreOptions::new(Location::Folder(folder.to_owned()), "shards/1")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_process() {
    let Some(role) = variable(ROLE) else { return };
    let folder = variable(FOLDER).unwrap();
    let start = variable(START).unwrap().parse().unwrap();
    match role.as_str() {
        "crash" => crate::crash::write_for_ever(Path::new(&folder), start).await,
        #[cfg(target_os = "linux")]
        "sync" => crate::sync::write_one_by_one(Path::new(&folder)).await,
        #[cfg(target_os = "linux")]
        "footprint" => crate::footprint::be_idle(Path::new(&folder)).await,
        role => panic!("no role {role}"),
    }
}

//! File descriptors: clients may take half of what the process has, so that the store can always open its files.
//!
//! A store that cannot open a file fails, and takes the process with it; a client that finds no place only waits for one.

use partita_gateway::Limits;

/// The part of all file descriptors that connections may take. The other part is for the store, whose reads open a file each, and
/// for the catalog; both together need some tens at rest.
const CONNECTIONS_SHARE: u64 = 2;

/// Raises the limit of open files as far as the system lets the process do by itself, and returns the server's limits under it.
pub(crate) fn limits() -> Limits {
    let limits = Limits::default();
    let open_files = open_files_max();
    let connections = usize::try_from(open_files / CONNECTIONS_SHARE).unwrap_or(usize::MAX);
    if connections < limits.connections {
        tracing::warn!(
            open_files,
            connections,
            wanted = limits.connections,
            "few files may be open: further connections will wait; raise the limit (ulimit -n) if there are that many clients"
        );
    }
    Limits { connections: limits.connections.min(connections).max(1), ..limits }
}

/// How many files the process may have open from now on. Most systems set the soft limit to 1,024 for programs that cannot handle
/// more, and let others raise it.
#[cfg(unix)]
fn open_files_max() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files stays as it is");
            limit
        }
    };
    limit.current.unwrap_or(u64::MAX)
}

/// Elsewhere sockets are no files, and neither is limited.
#[cfg(not(unix))]
fn open_files_max() -> u64 {
    u64::MAX
}

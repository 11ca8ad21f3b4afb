//! A server that was started for the comparison.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use partita_bench::family;

use crate::machine::{now, quietly};

/// A Java virtual machine on half a core takes seconds.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// For what has to be written at the end.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(1);

/// A running process; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    /// Starts a command that listens on `port`, and waits until it does. What it prints goes to a file of the folder.
    pub(crate) fn start(command: &mut Command, port: u16, folder: &Path) -> Result<Self> {
        let log = File::create(folder.join("log")).context("cannot write to the data folder")?;
        let child = command.stdout(log.try_clone()?).stderr(log).spawn();
        let child =
            child.with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
        let mut server = Self { child, port };
        let begin = now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.child.try_wait()? {
                let told = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                bail!("it ended, {status}: {}", told.lines().last().unwrap_or_default());
            }
            if begin.elapsed() > START_PATIENCE {
                bail!("it did not listen within {} s", START_PATIENCE.as_secs());
            }
            std::thread::sleep(POLL);
        }
        Ok(server)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Halts it and all that it started, until [`Self::resume`].
    pub(crate) fn halt(&self) -> Result<()> {
        // The first process at first: from then on it starts no others.
        signal(self.id(), "STOP")?;
        let mut others = family(self.id())?.into_iter().filter(|member| *member != self.id());
        others.try_for_each(|member| signal_if_there(member, "STOP"))
    }

    /// Lets it go on, the first process at last.
    pub(crate) fn resume(&self) -> Result<()> {
        family(self.id())?.into_iter().rev().try_for_each(|member| signal_if_there(member, "CONT"))
    }

    /// Lets it end by itself. One that is halted goes on first.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.resume()?;
        signal(self.id(), "TERM")?;
        let begin = now();
        while self.child.try_wait()?.is_none() {
            if begin.elapsed() > STOP_PATIENCE {
                bail!("it did not end within {} s of being told", STOP_PATIENCE.as_secs());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// SIGKILL, to the process that was started; what it started itself is left to notice.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Each of these fails only if it has ended already. What is halted would not notice the end of its parent.
        drop(self.resume());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn signal(pid: u32, name: &str) -> Result<()> {
    quietly(Command::new("kill").args(["-s", name, &pid.to_string()]))
}

/// A process that was started for one connection may have ended since it was seen.
fn signal_if_there(pid: u32, name: &str) -> Result<()> {
    let sent = signal(pid, name);
    if Path::new("/proc").join(pid.to_string()).exists() { sent } else { Ok(()) }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state of a process, as Linux writes it: `T` is halted.
    fn state(pid: u32) -> String {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit_once(") ").unwrap().1.split(' ').next().unwrap().to_owned()
    }

    /// A halted process is seen as such once the kernel has got round to it.
    fn becomes(pid: u32, halted: bool) {
        let begin = now();
        while (state(pid) == "T") != halted {
            assert!(begin.elapsed() < START_PATIENCE, "{pid} is {}", state(pid));
            std::thread::yield_now();
        }
    }

    #[test]
    fn children_are_halted_and_resumed_with_their_parent() {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // The child is in a session of its own, as PostgreSQL's are.
        let mut command = Command::new("sh");
        let server =
            Server::start(command.args(["-c", "setsid sleep 600 & wait"]), port, folder.path()).unwrap();
        let begin = now();
        let child = loop {
            if let [_, child] = family(server.id()).unwrap()[..] {
                break child;
            }
            assert!(begin.elapsed() < START_PATIENCE, "no child came");
            std::thread::yield_now();
        };
        server.halt().unwrap();
        [server.id(), child].into_iter().for_each(|pid| becomes(pid, true));
        server.resume().unwrap();
        [server.id(), child].into_iter().for_each(|pid| becomes(pid, false));
        signal(child, "KILL").unwrap();
    }
}

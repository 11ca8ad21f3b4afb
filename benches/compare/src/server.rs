//! A server that was started for the comparison.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

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

    /// Sends a signal such as `STOP`.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        quietly(Command::new("kill").args(["-s", name, &self.child.id().to_string()]))
    }

    /// Lets it end by itself.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.signal("TERM")?;
        let begin = now();
        while self.child.try_wait()?.is_none() {
            if begin.elapsed() > STOP_PATIENCE {
                bail!("it did not end within {} s of being told", STOP_PATIENCE.as_secs());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

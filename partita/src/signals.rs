//! The signals that end the service: the first asks it to stop, the second does not wait any longer.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::terminal;

/// What a shell makes of a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// SIGTERM and SIGINT.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on a signal waits to be taken, and no longer kills the process.
    pub(crate) fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Tells of the first signal, and ends the process at the second: a disk that hangs must not keep it for ever. Nothing
    /// acknowledged is lost by that.
    pub(crate) fn watch(mut self) -> oneshot::Receiver<&'static str> {
        let (first, asked) = oneshot::channel();
        tokio::spawn(async move {
            let name = self.next().await;
            if first.send(name).is_err() {
                tracing::debug!(signal = name, "the service is ending already");
            }
            let name = self.next().await;
            terminal::complain(&format!("{name} again: stopping at once; what was acknowledged is on disk"));
            std::process::exit(INTERRUPTED);
        });
        asked
    }

    /// The name of the next signal.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

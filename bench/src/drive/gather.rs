//! The thread that waits for the load: it puts the seconds of all threads together and reads what the processes use.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::Window;
use crate::clock;
use crate::error::Error;
use crate::plan::Plan;
use crate::process::{Usage, Whose};
use crate::progress::Progress;
use crate::record::Record;

/// One second of one thread.
pub(super) struct Second {
    /// Counted from the beginning of the load; the first is 1.
    pub(super) number: u64,
    pub(super) record: Record,
}

/// What processes used during the measured window.
#[derive(Debug)]
pub(crate) struct Used {
    /// This process.
    pub(crate) client_cpu: Duration,
    /// The server, if its process is known.
    pub(crate) server: Option<ServerUse>,
}

/// What the server used during the measured window.
#[derive(Debug)]
pub(crate) struct ServerUse {
    pub(crate) cpu: Duration,
    /// Resident at the end of the window.
    pub(crate) resident_bytes: u64,
    /// The most since the process began.
    pub(crate) resident_bytes_max: u64,
}

/// Returns when no thread is left that tells of its seconds.
pub(super) fn gather(
    plan: &Plan,
    window: Window,
    seconds: &Receiver<Second>,
    tell: &mut dyn FnMut(Progress),
) -> Result<Used, Error> {
    let mut meters = Meters { pid: plan.pid, window, first: None, last: None };
    let mut parts: BTreeMap<u64, (usize, Record)> = BTreeMap::new();
    loop {
        match seconds.recv_timeout(meters.due_in()) {
            Ok(Second { number, record }) => {
                let (threads, whole) = parts.entry(number).or_default();
                whole.merge(&record);
                *threads += 1;
                if *threads == plan.threads {
                    let end = window.start + Duration::from_secs(number);
                    tell(Progress::second(number, end <= window.measured_from, whole));
                    // Seconds before it are incomplete for ever: a thread tells them in order.
                    parts = parts.split_off(&(number + 1));
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        meters.read_if_due()?;
    }
    meters.used()
}

/// Reads what processes use at both ends of the measured window.
struct Meters {
    pid: Option<u32>,
    window: Window,
    first: Option<Reading>,
    last: Option<Reading>,
}

#[derive(Clone, Copy)]
struct Reading {
    client: Usage,
    server: Option<Usage>,
}

impl Meters {
    fn due_in(&self) -> Duration {
        let at = match (self.first, self.last) {
            (None, _) => self.window.measured_from,
            (Some(_), None) => self.window.end,
            // Nothing more is due; words may still come.
            (Some(_), Some(_)) => return Duration::from_secs(1),
        };
        at.saturating_duration_since(clock::now())
    }

    fn read_if_due(&mut self) -> Result<(), Error> {
        let now: Instant = clock::now();
        if self.first.is_none() && now >= self.window.measured_from {
            self.first = Some(self.read()?);
        } else if self.last.is_none() && now >= self.window.end {
            self.last = Some(self.read()?);
        }
        Ok(())
    }

    fn read(&self) -> Result<Reading, Error> {
        let client = Usage::of(std::process::id(), Whose::Own)?;
        let server = self.pid.map(|pid| Usage::of(pid, Whose::Family)).transpose()?;
        Ok(Reading { client, server })
    }

    fn used(self) -> Result<Used, Error> {
        let last = self.last.map_or_else(|| self.read(), Ok)?;
        let first = self.first.unwrap_or(last);
        let server = last.server.zip(first.server).map(|(last, first)| ServerUse {
            cpu: last.cpu.saturating_sub(first.cpu),
            resident_bytes: last.resident_bytes,
            resident_bytes_max: last.resident_bytes_max,
        });
        Ok(Used { client_cpu: last.client.cpu.saturating_sub(first.client.cpu), server })
    }
}

//! Load: connections on threads, each asking, waiting and recording.

mod connection;
mod gather;

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::clock::{self, TimeOfDay};
use crate::error::Error;
use crate::pace::{Releases, Schedule};
use crate::plan::{Pace, Plan};
use crate::progress::Progress;
use crate::record::Record;
use crate::workload::Items;
pub(crate) use gather::Used;

/// Seconds that may wait to be gathered, for each thread. They are gathered at once; the bound is for a terminal that hangs.
const BACKLOG: usize = 60;

/// The instants of a measurement.
#[derive(Clone, Copy, Debug)]
struct Window {
    start: Instant,
    /// End of the warm-up.
    measured_from: Instant,
    end: Instant,
}

/// What the load found.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) record: Record,
    /// Requests that were due and never sent, because every connection was still waiting.
    pub(crate) unsent: u64,
    pub(crate) used: Used,
}

/// What all threads share.
#[derive(Debug)]
struct Shared {
    plan: Plan,
    items: Items,
    window: Window,
    time_of_day: TimeOfDay,
    /// At a constant rate.
    releases: Option<Releases>,
}

impl Shared {
    fn new(plan: &Plan, items: &Items) -> Self {
        let start = clock::now();
        let measured_from = start + plan.warm_up;
        let window = Window { start, measured_from, end: measured_from + plan.duration };
        let releases = match plan.pace {
            Pace::Closed => None,
            Pace::Open { rate } => Some(Releases::new(Schedule::new(start, rate), window.end)),
        };
        Self { plan: plan.clone(), items: items.clone(), window, time_of_day: TimeOfDay::read(), releases }
    }

    /// Whether a request belongs to the result. In a closed loop it has to lie in the window as a whole, so that throughput is that of
    /// the window. At a constant rate all that were due in it count, however late their answers: leaving out the late ones would make
    /// the service look fast.
    fn measures(&self, due: Instant, done: Instant) -> bool {
        let Window { measured_from, end, .. } = self.window;
        due >= measured_from && if self.releases.is_some() { due < end } else { done <= end }
    }
}

/// Runs the plan's load to its end.
pub(crate) fn drive(plan: &Plan, items: &Items, tell: &mut dyn FnMut(Progress)) -> Result<Outcome, Error> {
    let shared = Arc::new(Shared::new(plan, items));
    let (tell_second, seconds) = mpsc::sync_channel(BACKLOG * plan.threads);
    let mut threads = Vec::with_capacity(plan.threads);
    for number in 0..plan.threads {
        let (shared, tell_second) = (shared.clone(), tell_second.clone());
        threads.push(thread("client", move || connection::run_thread(&shared, number, &tell_second))?);
    }
    drop(tell_second);
    let pacer = match &shared.releases {
        None => None,
        Some(_) => {
            let shared = shared.clone();
            Some(thread("pacer", move || shared.releases.iter().for_each(Releases::run))?)
        }
    };
    let used = gather::gather(plan, shared.window, &seconds, tell);
    if let Some(releases) = &shared.releases {
        // Every thread has ended, or is not waited for any more.
        releases.stop();
    }
    pacer.map_or(Ok(()), join)?;
    let used = used?;
    let mut record = Record::default();
    for thread in threads {
        record.merge(&join(thread)??);
    }
    let unsent = shared.releases.as_ref().map_or(0, |releases| releases.unsent(shared.window.measured_from));
    Ok(Outcome { record, unsent, used })
}

fn thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(Error::Thread)
}

fn join<T>(thread: JoinHandle<T>) -> Result<T, Error> {
    thread.join().map_err(|_| Error::Panicked)
}

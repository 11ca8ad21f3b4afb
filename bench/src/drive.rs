//! Load: connections on threads, each asking, waiting and recording.

mod connection;
mod gather;

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::clock::{self, TimeOfDay};
use crate::error::Error;
use crate::follow::{self, Followed, Watch};
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

impl Window {
    fn contains(&self, instant: Instant) -> bool {
        (self.measured_from..self.end).contains(&instant)
    }
}

/// What the load found.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) record: Record,
    pub(crate) used: Used,
    pub(crate) followed: Option<Followed>,
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

    /// Whether a request belongs to the result. The latency is always that of the whole request.
    ///
    /// In a closed loop it does if its answer came within the window, whenever it was sent, so that throughput is the window's number of
    /// answers. As many requests are under way at its beginning as at its end: counting both or neither would be wrong by one request for
    /// each connection, which is much where answers are slow.
    ///
    /// At a constant rate it does if it was due within the window, however late its answer. Leaving out the late ones would make the
    /// service look fast.
    fn measures(&self, due: Instant, done: Instant) -> bool {
        self.window.contains(if self.releases.is_some() { due } else { done })
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
    let watch = Watch::new(shared.window.measured_from, shared.window.end);
    let follower = match plan.follow {
        None => None,
        Some(follow) => {
            let (plan, watch) = (plan.clone(), watch.clone());
            Some(thread("follower", move || follow::run(follow, &plan, &watch))?)
        }
    };
    let used = gather::gather(plan, shared.window, &seconds, tell);
    watch.end();
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
    let unsent = shared.releases.iter().flat_map(|releases| releases.unsent(shared.window.measured_from));
    unsent.for_each(|waited| record.unsent(waited));
    let followed = follower.map(|follower| join(follower)?).transpose()?;
    Ok(Outcome { record, used, followed })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn answers_count_where_they_come_and_rates_where_requests_are_due() {
        let second = Duration::from_secs(1);
        let [closed, open] = [Pace::Closed, Pace::Open { rate: 1.0 }].map(|pace| {
            let plan = Plan {
                warm_up: second,
                duration: 2 * second,
                pace,
                ..crate::tests::plan("http://127.0.0.1:1")
            };
            Shared::new(&plan, &Items::new(plan.workload.layout(), plan.item_bytes, plan.seed))
        });
        let instants = |start| [0, 1, 2, 3, 4].map(|seconds| start + second * seconds);
        let (first, late) = (closed.window.start, open.window.end + second);
        assert_eq!(
            instants(first).map(|done| closed.measures(first, done)),
            [false, true, true, false, false]
        );
        assert_eq!(
            instants(open.window.start).map(|due| open.measures(due, late)),
            [false, true, true, false, false]
        );
    }

    /// Answers that take half of the window: four are given in it, though only two requests lie in it as a whole.
    #[test]
    fn slow_answers_are_counted_at_their_true_rate() {
        let second = Duration::from_secs(1);
        let plan = Plan { warm_up: second, duration: 3 * second, ..crate::tests::plan("http://127.0.0.1:1") };
        let items = Items::new(plan.workload.layout(), plan.item_bytes, plan.seed);
        let shared = Shared::new(&plan, &items);
        let first = shared.window.start;
        // Two connections, half a request apart, whose answers take one and a half seconds.
        let took = Duration::from_millis(1_500);
        let counted = [0, 500].map(Duration::from_millis).map(|shift| {
            let sent = (0..4).map(|number| first + shift + took * number);
            sent.filter(|sent| shared.measures(*sent, *sent + took)).count()
        });
        assert_eq!(counted, [2, 2], "three seconds of two connections at 1.5 s a request");
    }
}

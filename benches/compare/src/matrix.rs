//! Every system under every load, in rounds: each round measures all systems of a case one after the other, so that what changes on
//! the machine over minutes changes for all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use partita_bench::Workload;

use crate::load::{Case, Extent, Sample};
use crate::machine::{say, sync_time};
use crate::server::Server;
use crate::system::{Lab, System};

/// What is measured, in this order. Reads come first: writes leave work behind that goes on for a while.
pub(crate) const CASES: [Case; 11] = [
    Case { workload: Workload::Get, connections: 64 },
    Case { workload: Workload::Get, connections: 1 },
    Case { workload: Workload::Query, connections: 64 },
    Case { workload: Workload::Scan, connections: 4 },
    Case { workload: Workload::Update, connections: 64 },
    Case { workload: Workload::Put, connections: 1 },
    Case { workload: Workload::Put, connections: 16 },
    Case { workload: Workload::Put, connections: 64 },
    Case { workload: Workload::BatchWrite, connections: 16 },
    Case { workload: Workload::TransactWrite, connections: 16 },
    Case { workload: Workload::Get, connections: 256 },
];

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) extent: Extent,
}

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// A sample of each round. A system that cannot do a case has none.
    pub(crate) samples: BTreeMap<(usize, &'static str), Vec<Sample>>,
    /// One fdatasync of 1 KiB, in each round of each case that writes.
    pub(crate) syncs: Vec<Duration>,
    /// Systems that could not be measured, and why.
    pub(crate) absent: Vec<(&'static str, String)>,
    /// What else went wrong.
    pub(crate) remarks: Vec<String>,
}

/// A system that runs.
struct Running<'a> {
    system: &'a dyn System,
    server: Server,
}

/// Measures all there is. The data of each system lies in a folder of its own under `data`.
pub(crate) fn measure(
    lab: &Lab,
    systems: &[Box<dyn System>],
    data: &Path,
    effort: Effort,
) -> Result<Results> {
    let mut results = Results::default();
    let running = start(lab, systems, data, &mut results);
    for (number, case) in CASES.into_iter().enumerate() {
        for round in 0..effort.rounds {
            if !case.workload_reads() {
                results.syncs.push(sync_time(data)?);
            }
            // Each is first once.
            for place in 0..running.len() {
                let one = &running[(place + round) % running.len()];
                one.measure(case, number, effort, &mut results)?;
            }
        }
        say(format!("{} of {} cases done", number + 1, CASES.len()));
    }
    for Running { system, server } in running {
        // A halted process takes no signal but this one.
        let stopped = server.signal("CONT").and_then(|()| server.stop());
        if let Err(error) = stopped {
            results.remarks.push(format!("{}: {error:#}", system.name()));
        }
    }
    Ok(results)
}

/// Starts all that can be started, and halts them.
fn start<'a>(
    lab: &Lab,
    systems: &'a [Box<dyn System>],
    data: &Path,
    results: &mut Results,
) -> Vec<Running<'a>> {
    let mut running = Vec::new();
    for (number, system) in systems.iter().enumerate() {
        say(format!("starting {}", system.name()));
        let folder = data.join(number.to_string());
        let started = std::fs::create_dir(&folder).context("cannot make a data folder");
        let started = started.and_then(|()| system.install(lab)).and_then(|()| system.start(lab, &folder));
        match started {
            Ok(server) => running.push(Running { system: system.as_ref(), server }),
            Err(error) => {
                say(format!("{} is left out: {error:#}", system.name()));
                results.absent.push((system.name(), first_line(&format!("{error:#}"))));
            }
        }
    }
    running
}

impl Running<'_> {
    /// Measures one case while the others are halted.
    fn measure(&self, case: Case, number: usize, effort: Effort, results: &mut Results) -> Result<()> {
        let name = self.system.name();
        self.resume()?;
        match self.system.measure(&self.server, case, effort.extent) {
            Ok(Some(sample)) => {
                let (Case { workload, connections }, rate) = (case, sample.per_second);
                say(format!("{workload} × {connections}, {name}: {rate:.0} requests/s"));
                if let Some(errors) = &sample.errors {
                    results
                        .remarks
                        .push(format!("{name}, {} × {}: {errors}", case.workload, case.connections));
                }
                results.samples.entry((number, name)).or_default().push(sample);
            }
            Ok(None) => {}
            Err(error) => {
                let remark = first_line(&format!("{name}, {}: {error:#}", case.workload));
                if !results.remarks.contains(&remark) {
                    results.remarks.push(remark);
                }
            }
        }
        self.halt()
    }

    fn halt(&self) -> Result<()> {
        if self.system.can_be_halted() { self.server.signal("STOP") } else { Ok(()) }
    }

    fn resume(&self) -> Result<()> {
        if self.system.can_be_halted() { self.server.signal("CONT") } else { Ok(()) }
    }
}

impl Case {
    fn workload_reads(self) -> bool {
        matches!(self.workload, Workload::Get | Workload::Query | Workload::Scan)
    }
}

impl Results {
    /// The samples of a case of a system.
    pub(crate) fn of(&self, workload: Workload, connections: usize, system: &'static str) -> &[Sample] {
        let wanted = Case { workload, connections };
        let number = CASES.iter().position(|case| *case == wanted);
        number.and_then(|number| self.samples.get(&(number, system))).map_or(&[], Vec::as_slice)
    }
}

/// The middle of some figures; `None` of none.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    let (low, high) = (figures.get(figures.len().checked_sub(1)? / 2)?, figures.get(figures.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([7.0]), Some(7.0));
        assert_eq!(median([]), None);
    }
}

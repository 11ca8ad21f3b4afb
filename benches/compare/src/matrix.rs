//! Every system under every load, in rounds: each round measures all systems of a case one after the other, so that what changes on
//! the machine over minutes changes for all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use partita_bench::Workload;

use crate::cases::{CASES, Case};
use crate::load::{Extent, Sample};
use crate::machine::{say, sync_time};
use crate::server::Server;
use crate::system::{Lab, System};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) extent: Extent,
}

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// By place in [`CASES`] and by system: what each round found. `None` where it failed or means nothing to the system.
    pub(crate) samples: BTreeMap<(usize, &'static str), Vec<Option<Sample>>>,
    /// By place in [`CASES`]: one fdatasync of 1 KiB in each round. Cases that only read have none.
    pub(crate) syncs: BTreeMap<usize, Vec<Duration>>,
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
            if !case.reads() {
                results.syncs.entry(number).or_default().push(sync_time(data)?);
            }
            // Another one begins each round, so that none always follows the same one.
            for place in 0..running.len() {
                let one = &running[(place + round) % running.len()];
                one.measure(case, number, effort, &mut results)?;
            }
        }
        say(format!("{} of {} cases done", number + 1, CASES.len()));
    }
    for Running { system, server } in running {
        if let Err(error) = server.stop() {
            results.remarks.push(format!("{}: {error:#}", system.name()));
        }
    }
    Ok(results)
}

/// Starts all that can be started, and halts each as soon as it runs.
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
        match started.and_then(|server| server.halt().map(|()| server)) {
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
    /// Measures one round of a case while the others are halted.
    fn measure(&self, case: Case, number: usize, effort: Effort, results: &mut Results) -> Result<()> {
        let name = self.system.name();
        self.server.resume()?;
        let measured = self.system.measure(&self.server, case, effort.extent);
        self.server.halt()?;
        let (Case { workload, connections, .. }, mut remarks) = (case, Vec::new());
        let sample = measured.unwrap_or_else(|error| {
            remarks.push(first_line(&format!("{name}, {workload}: {error:#}")));
            None
        });
        if let Some(Sample { per_second, errors, .. }) = &sample {
            say(format!("{workload} × {connections}, {name}: {per_second:.0} requests/s"));
            remarks
                .extend(errors.iter().map(|errors| format!("{name}, {workload} × {connections}: {errors}")));
        }
        results.remark(remarks);
        // A failed round keeps its place: rounds of two systems are compared one by one.
        results.samples.entry((number, name)).or_default().push(sample);
        Ok(())
    }
}

impl Results {
    /// The samples of a case of a system, one for each round; `None` where a round failed. Nothing of a case that is not measured.
    pub(crate) fn of(
        &self,
        workload: Workload,
        connections: usize,
        system: &'static str,
    ) -> &[Option<Sample>] {
        let place = Case::place(workload, connections);
        place.and_then(|place| self.samples.get(&(place, system))).map_or(&[], Vec::as_slice)
    }

    /// One fdatasync in each round of a case, at the round's beginning.
    pub(crate) fn syncs_of(&self, workload: Workload, connections: usize) -> &[Duration] {
        let place = Case::place(workload, connections);
        place.and_then(|place| self.syncs.get(&place)).map_or(&[], Vec::as_slice)
    }

    /// Keeps what was not said before.
    fn remark(&mut self, remarks: Vec<String>) {
        for remark in remarks {
            if !self.remarks.contains(&remark) {
                self.remarks.push(remark);
            }
        }
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

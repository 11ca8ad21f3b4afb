//! What Partita wants to reach on one core, and whether it does.

use partita_bench::Workload;

use crate::footprint::Footprint;
use crate::load::Sample;
use crate::matrix::{Results, median};
use crate::plot::thousands;
use crate::system::{BARE, DYNOXIDE_DISK, DYNOXIDE_MEMORY, PARTITA, POSTGRES, REDIS};

/// The default of `--cache-size`, and what the process may need besides.
const MEMORY_MIB_MAX: f64 = 256.0 + 150.0;
/// Memory after a while of load may be this much of the memory before: steady.
const STEADY: f64 = 1.25;

/// One target.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) what: String,
    /// What was measured, in words.
    pub(crate) measured: String,
    /// What is aimed at, in words.
    pub(crate) aim: String,
    /// `None` if it could not be measured.
    pub(crate) met: Option<bool>,
}

/// All of them.
pub(crate) fn all(results: &Results, footprint: Option<&Footprint>) -> Vec<Target> {
    let ratio = |what: &str, workload, connections, peer, aim: f64| {
        let measured = median_ratio(results, workload, connections, peer);
        at_least(what, measured, aim, &format!("× {peer}"))
    };
    let get = "strong GetItem 1 KiB, hot, 64 connections";
    let put = "durable PutItem 1 KiB, 64 connections";
    let mut targets = vec![
        ratio(get, Workload::Get, 64, BARE, 0.45),
        ratio(get, Workload::Get, 64, DYNOXIDE_MEMORY, 2.0),
        ratio(put, Workload::Put, 64, DYNOXIDE_DISK, 6.0),
        at_least(put, over_best(results, POSTGRES), 1.5, "× PostgreSQL's best of 1, 16 and 64 connections"),
        ratio(put, Workload::Put, 64, REDIS, 0.4),
        lone_put(results),
        ratio("durable counter with a condition, 64 connections", Workload::Update, 64, DYNOXIDE_DISK, 5.0),
        ratio("Query 10 × 1 KiB, 64 connections", Workload::Query, 64, DYNOXIDE_MEMORY, 1.5),
        at_least("Scan, 4 connections", scanned(results), 50.0, "MB/s"),
    ];
    targets.extend(footprint.into_iter().flat_map(of_footprint));
    targets
}

/// The median over the rounds of what Partita does for each request that a peer does in the same round.
fn median_ratio(
    results: &Results,
    workload: Workload,
    connections: usize,
    peer: &'static str,
) -> Option<f64> {
    let ours = results.of(workload, connections, PARTITA);
    let theirs = results.of(workload, connections, peer);
    let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours.per_second / theirs.per_second);
    // A peer that answered nothing within a round is no measure.
    median(ratios.filter(|ratio| ratio.is_finite()))
}

/// Partita's puts over 64 connections against the best that a peer does with any number of them.
fn over_best(results: &Results, peer: &'static str) -> Option<f64> {
    let throughput = |samples: &[Sample]| median(samples.iter().map(|sample| sample.per_second));
    let best = [1, 16, 64]
        .into_iter()
        .filter_map(|connections| throughput(results.of(Workload::Put, connections, peer)));
    Some(throughput(results.of(Workload::Put, 64, PARTITA))? / best.max_by(f64::total_cmp)?)
}

fn scanned(results: &Results) -> Option<f64> {
    median(results.of(Workload::Scan, 4, PARTITA).iter().map(|sample| sample.megabytes_per_second))
}

fn lone_put(results: &Results) -> Target {
    let p50 = median(results.of(Workload::Put, 1, PARTITA).iter().map(|sample| sample.p50_ms));
    let sync = median(results.syncs.iter().map(|sync| sync.as_secs_f64() * 1e3));
    let both = p50.zip(sync);
    Target {
        what: "durable PutItem 1 KiB, 1 connection, p50".to_owned(),
        measured: both.map_or_else(missing, |(p50, sync)| {
            format!("{p50:.3} ms, {:.2} × one fdatasync of 1 KiB ({sync:.3} ms)", p50 / sync)
        }),
        aim: "below 2 × one fdatasync".to_owned(),
        met: both.map(|(p50, sync)| p50 < 2.0 * sync),
    }
}

fn at_least(what: &str, measured: Option<f64>, aim: f64, unit: &str) -> Target {
    Target {
        what: what.to_owned(),
        measured: measured.map_or_else(missing, |measured| format!("{measured:.2} {unit}")),
        aim: format!("at least {aim} {unit}"),
        met: measured.map(|measured| measured >= aim),
    }
}

fn of_footprint(footprint: &Footprint) -> Vec<Target> {
    let Footprint { start_empty, idle_bytes, filled_bytes, used_bytes, most_bytes, .. } = *footprint;
    let items = thousands(f64::from(u32::try_from(footprint.items).unwrap_or(u32::MAX)));
    let (filled, used, most) = (mebibytes(filled_bytes), mebibytes(used_bytes), mebibytes(most_bytes));
    let (idle, start) = (mebibytes(idle_bytes), start_empty.as_secs_f64() * 1e3);
    let (stopped, killed) =
        (footprint.restart_after_stop.as_secs_f64(), footprint.restart_after_kill.as_secs_f64());
    vec![
        Target {
            what: format!("memory with {items} items of 1 KiB"),
            measured: format!("{filled:.0} MiB, {used:.0} after reads and writes, {most:.0} at most"),
            aim: format!("at most {MEMORY_MIB_MAX:.0} MiB, and steady"),
            met: Some(most <= MEMORY_MIB_MAX && used <= filled.max(MEMORY_MIB_MAX / STEADY) * STEADY),
        },
        Target {
            what: format!("restart with {items} items, to the first strong read"),
            measured: format!("{stopped:.2} s, {killed:.2} s after SIGKILL under load"),
            aim: "at most 1 s".to_owned(),
            met: Some(stopped <= 1.0 && killed <= 1.0),
        },
        Target {
            what: "start, empty".to_owned(),
            measured: format!("{start:.0} ms"),
            aim: "at most 300 ms".to_owned(),
            met: Some(start <= 300.0),
        },
        Target {
            what: "memory at rest, empty".to_owned(),
            measured: format!("{idle:.0} MiB"),
            aim: "at most 64 MiB".to_owned(),
            met: Some(idle <= 64.0),
        },
    ]
}

#[expect(clippy::cast_precision_loss, reason = "no process is that large")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

fn missing() -> String {
    "not measured".to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::matrix::CASES;

    fn sample(per_second: f64) -> Sample {
        Sample {
            per_second,
            megabytes_per_second: per_second / 1_000.0,
            p50_ms: 1_000.0 / per_second,
            p99_ms: None,
            server_us: 1.0,
            client_us: None,
            errors: None,
        }
    }

    fn results(figures: &[(Workload, usize, &'static str, &[f64])]) -> Results {
        let mut results = Results { syncs: vec![Duration::from_micros(200)], ..Results::default() };
        for (workload, connections, system, rounds) in figures {
            let case =
                CASES.iter().position(|case| (case.workload, case.connections) == (*workload, *connections));
            results
                .samples
                .insert((case.unwrap(), system), rounds.iter().map(|rate| sample(*rate)).collect());
        }
        results
    }

    #[test]
    fn ratios_are_medians_of_rounds() {
        let results = results(&[
            (Workload::Get, 64, PARTITA, &[50.0, 10.0, 60.0, 70.0]),
            (Workload::Get, 64, BARE, &[100.0, 10.0, 100.0, 0.0]),
        ]);
        assert_eq!(median_ratio(&results, Workload::Get, 64, BARE), Some(0.6));
    }

    #[test]
    fn verdicts_follow_the_figures_and_absent_peers_have_none() {
        let results = results(&[
            (Workload::Put, 64, PARTITA, &[30_000.0]),
            (Workload::Put, 1, PARTITA, &[3_000.0]),
            (Workload::Put, 16, POSTGRES, &[20_000.0]),
            (Workload::Put, 64, POSTGRES, &[15_000.0]),
            (Workload::Put, 64, DYNOXIDE_DISK, &[10_000.0]),
        ]);
        let verdict = |aim: &str| {
            let targets = all(&results, None);
            targets.into_iter().find(|target| target.aim.contains(aim)).unwrap().met
        };
        assert_eq!(verdict("PostgreSQL's best"), Some(true));
        assert_eq!(verdict("6 × dynoxide, disk"), Some(false));
        assert_eq!(verdict("Redis"), None);
        assert_eq!(verdict("below 2 × one fdatasync"), Some(true));
    }
}

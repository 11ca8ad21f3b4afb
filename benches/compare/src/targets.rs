//! What Partita wants to reach on one core, and whether it does.

use std::time::Duration;

use partita_bench::Workload;

use crate::following::Following;
use crate::footprint::Footprint;
use crate::load::Sample;
use crate::matrix::{Results, median};
use crate::plot::thousands;
use crate::system::{BARE, DYNOXIDE_DISK, DYNOXIDE_MEMORY, PARTITA, POSTGRES, REDIS};

/// The default of `--cache-size`, and what the process may need besides.
const MEMORY_MIB_MAX: f64 = 256.0 + 150.0;
/// Memory after all of the load may be this much of the memory after half of it: steady. There is room for a merge that happens to run at
/// one of the two instants, and none for what grows with every request.
const STEADY: f64 = 1.25;
/// A lone write waits for one sync; all the rest may take as long again.
const LONE_SYNCS: f64 = 2.0;
/// A write with a global index writes the item, its entry and a record; it may cost two thirds more.
const INDEXED: f64 = 0.6;
/// What a user of an index may notice.
const INDEX_LAG_MS_MAX: f64 = 100.0;
/// A stream's reader that is this close behind when the load ends has kept up.
const STREAM_BEHIND_MAX: Duration = Duration::from_secs(1);

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
pub(crate) fn all(
    results: &Results,
    footprint: Option<&Footprint>,
    following: Option<&Following>,
) -> Vec<Target> {
    let ratio = |what: &str, workload, connections, peer, aim: f64| {
        let measured = median_ratio(results, workload, connections, peer);
        at_least(what, measured, aim, &format!("× {peer}"))
    };
    let get = "strong GetItem 1 KiB, hot, 64 connections";
    let put = "durable PutItem 1 KiB, 64 connections";
    let transaction = "durable TransactWriteItems 4 × 1 KiB, 64 connections";
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
        ratio(transaction, Workload::TransactWrite, 64, DYNOXIDE_DISK, 4.0),
        at_least(
            "durable PutItem 1 KiB with a global index (ALL), 64 connections",
            over_puts(results),
            INDEXED,
            "× PutItem without",
        ),
    ];
    targets.extend(following.into_iter().flat_map(of_following));
    targets.extend(footprint.into_iter().flat_map(of_footprint));
    targets
}

/// The median of a figure over the rounds that have it. A round in which a peer answered nothing is no measure.
fn median_of_rounds(rounds: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    median(rounds.flatten().filter(|figure| figure.is_finite()))
}

/// What Partita does for each request that a peer does in the same round.
fn median_ratio(
    results: &Results,
    workload: Workload,
    connections: usize,
    peer: &'static str,
) -> Option<f64> {
    let ours = results.of(workload, connections, PARTITA);
    let theirs = results.of(workload, connections, peer);
    median_of_rounds(
        ours.iter()
            .zip(theirs)
            .map(|(ours, theirs)| Some(ours.as_ref()?.per_second / theirs.as_ref()?.per_second)),
    )
}

/// Partita's puts over 64 connections against the best that a peer does in the same round with any number of them.
fn over_best(results: &Results, peer: &'static str) -> Option<f64> {
    let theirs = [1, 16, 64].map(|connections| results.of(Workload::Put, connections, peer));
    let rounds = results.of(Workload::Put, 64, PARTITA).iter().enumerate().map(|(round, ours)| {
        let in_round = |samples: &&[Option<Sample>]| Some(samples.get(round)?.as_ref()?.per_second);
        // A round that lacks one of them does not show the best.
        let all = theirs.iter().map(in_round).collect::<Option<Vec<f64>>>()?;
        Some(ours.as_ref()?.per_second / all.into_iter().max_by(f64::total_cmp)?)
    });
    median_of_rounds(rounds)
}

/// Partita's puts with a global index against its puts without, of the same round.
fn over_puts(results: &Results) -> Option<f64> {
    let [indexed, plain] =
        [Workload::GsiWrite, Workload::Put].map(|workload| results.of(workload, 64, PARTITA));
    let rounds = indexed.iter().zip(plain);
    median_of_rounds(
        rounds.map(|(indexed, plain)| Some(indexed.as_ref()?.per_second / plain.as_ref()?.per_second)),
    )
}

fn scanned(results: &Results) -> Option<f64> {
    let rounds = results.of(Workload::Scan, 4, PARTITA).iter();
    median_of_rounds(rounds.map(|sample| Some(sample.as_ref()?.megabytes_per_second)))
}

fn lone_put(results: &Results) -> Target {
    let samples = results.of(Workload::Put, 1, PARTITA);
    let syncs = results.syncs_of(Workload::Put, 1).iter().map(|sync| sync.as_secs_f64() * 1e3);
    let rounds = samples.iter().zip(syncs).filter_map(|(sample, sync)| Some((sample.as_ref()?.p50_ms, sync)));
    let rounds: Vec<_> = rounds.collect();
    let of =
        |figure: fn(&(f64, f64)) -> f64| median_of_rounds(rounds.iter().map(|round| Some(figure(round))));
    let figures = of(|(p50, _)| *p50).zip(of(|(_, sync)| *sync)).zip(of(|(p50, sync)| p50 / sync));
    Target {
        what: "durable PutItem 1 KiB, 1 connection, p50".to_owned(),
        measured: figures.map_or_else(missing, |((p50, sync), times)| {
            format!("{p50:.3} ms, {times:.2} × one fdatasync of 1 KiB ({sync:.3} ms)")
        }),
        aim: format!("below {LONE_SYNCS} × one fdatasync"),
        met: figures.map(|(_, times)| times < LONE_SYNCS),
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

fn of_following(following: &Following) -> [Target; 2] {
    let Following { half, index_lag_p99_ms, streamed, changes, stream_behind } = *following;
    let [half, streamed, changes] = [half, streamed, changes].map(thousands);
    [
        Target {
            what: "lag of a global index at half of its table's peak load, p99".to_owned(),
            measured: format!("{index_lag_p99_ms:.1} ms at {half} puts/s"),
            aim: format!("at most {INDEX_LAG_MS_MAX} ms"),
            met: Some(index_lag_p99_ms <= INDEX_LAG_MS_MAX),
        },
        Target {
            what: "a stream's reader at its table's peak load".to_owned(),
            measured: format!(
                "{changes} changes/s at {streamed} puts/s, {:.1} ms behind at the end",
                stream_behind.as_secs_f64() * 1e3
            ),
            aim: format!("at most {} s behind at the end", STREAM_BEHIND_MAX.as_secs()),
            met: Some(stream_behind <= STREAM_BEHIND_MAX),
        },
    ]
}

fn of_footprint(footprint: &Footprint) -> [Target; 4] {
    let items = thousands(f64::from(u32::try_from(footprint.items).unwrap_or(u32::MAX)));
    let (stopped, killed) =
        (footprint.restart_after_stop.as_secs_f64(), footprint.restart_after_kill.as_secs_f64());
    let (idle, start) = (mebibytes(footprint.idle_bytes), footprint.start_empty.as_secs_f64() * 1e3);
    [
        memory(footprint, &items),
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

fn memory(footprint: &Footprint, items: &str) -> Target {
    let Footprint { filled_bytes, used_bytes, most_bytes, .. } = *footprint;
    let (filled, used, most) = (mebibytes(filled_bytes), mebibytes(used_bytes), mebibytes(most_bytes));
    Target {
        what: format!("memory with {items} items of 1 KiB"),
        measured: format!(
            "{filled:.0} MiB after writes and reads, {used:.0} after as many again, {most:.0} at most"
        ),
        aim: format!("at most {MEMORY_MIB_MAX:.0} MiB, and steady (at most {STEADY} × as much)"),
        met: Some(most <= MEMORY_MIB_MAX && used <= filled * STEADY),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no process is that large")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

fn missing() -> String {
    "not measured".to_owned()
}

#[cfg(test)]
mod tests;

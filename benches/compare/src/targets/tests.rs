//! Verdicts of made-up figures.

use std::time::Duration;

use super::*;
use crate::cases::Case;

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
    let mut results = Results::default();
    for (workload, connections, system, rounds) in figures {
        let place = Case::place(*workload, *connections).unwrap();
        results.samples.insert((place, system), rounds.iter().map(|rate| Some(sample(*rate))).collect());
    }
    results
}

/// A failed round.
fn fail(results: &mut Results, workload: Workload, connections: usize, system: &'static str, round: usize) {
    let place = Case::place(workload, connections).unwrap();
    results.samples.get_mut(&(place, system)).unwrap()[round] = None;
}

fn verdict(results: &Results, aim: &str) -> Option<bool> {
    all(results, None, None).into_iter().find(|target| target.aim.contains(aim)).unwrap().met
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
fn a_failed_round_shifts_no_other() {
    let mut results = results(&[
        (Workload::Get, 64, PARTITA, &[50.0, 100.0, 10.0]),
        (Workload::Get, 64, BARE, &[100.0, 200.0, 20.0]),
    ]);
    fail(&mut results, Workload::Get, 64, PARTITA, 0);
    assert_eq!(median_ratio(&results, Workload::Get, 64, BARE), Some(0.5));
    fail(&mut results, Workload::Get, 64, BARE, 2);
    assert_eq!(median_ratio(&results, Workload::Get, 64, BARE), Some(0.5));
    fail(&mut results, Workload::Get, 64, BARE, 1);
    assert_eq!(median_ratio(&results, Workload::Get, 64, BARE), None, "no round has both");
}

#[test]
fn the_best_of_a_peer_is_that_of_the_same_round() {
    let mut results = results(&[
        (Workload::Put, 64, PARTITA, &[200.0, 40.0, 300.0]),
        (Workload::Put, 1, POSTGRES, &[1.0, 1.0, 1.0]),
        (Workload::Put, 16, POSTGRES, &[100.0, 10.0, 100.0]),
        (Workload::Put, 64, POSTGRES, &[50.0, 20.0, 300.0]),
    ]);
    assert_eq!(over_best(&results, POSTGRES), Some(2.0));
    fail(&mut results, Workload::Put, 16, POSTGRES, 0);
    assert_eq!(over_best(&results, POSTGRES), Some(1.5), "the first round does not show the best");
}

#[test]
fn a_lone_write_is_compared_with_the_sync_of_its_round() {
    let rate = |sync_us: f64, times: f64| 1e6 / (sync_us * times);
    let mut results =
        results(&[(Workload::Put, 1, PARTITA, &[rate(100.0, 1.5), rate(400.0, 1.5), rate(100.0, 4.0)])]);
    assert_eq!(verdict(&results, "fdatasync"), None, "nothing to compare with");
    let syncs = [100, 400, 100].map(Duration::from_micros).to_vec();
    results.syncs.insert(Case::place(Workload::Put, 1).unwrap(), syncs);
    assert_eq!(verdict(&results, "fdatasync"), Some(true));
    fail(&mut results, Workload::Put, 1, PARTITA, 0);
    fail(&mut results, Workload::Put, 1, PARTITA, 1);
    assert_eq!(verdict(&results, "fdatasync"), Some(false));
}

#[test]
fn verdicts_follow_the_figures_and_absent_peers_have_none() {
    let results = results(&[
        (Workload::Put, 64, PARTITA, &[30_000.0]),
        (Workload::Put, 1, POSTGRES, &[5_000.0]),
        (Workload::Put, 16, POSTGRES, &[20_000.0]),
        (Workload::Put, 64, POSTGRES, &[15_000.0]),
        (Workload::Put, 64, DYNOXIDE_DISK, &[10_000.0]),
    ]);
    assert_eq!(verdict(&results, "PostgreSQL's best"), Some(true));
    assert_eq!(verdict(&results, "6 × dynoxide, disk"), Some(false));
    assert_eq!(verdict(&results, "Redis"), None);
}

/// Every figure just as good as it has to be.
fn footprint() -> Footprint {
    let bytes = |mebibytes: u64| mebibytes << 20;
    Footprint {
        items: 1_000_000,
        start_empty: Duration::from_millis(300),
        idle_bytes: bytes(64),
        filled_bytes: bytes(300),
        used_bytes: bytes(375),
        most_bytes: bytes(406),
        restart_after_stop: Duration::from_secs(1),
        restart_after_kill: Duration::from_secs(1),
    }
}

#[test]
fn every_figure_of_the_footprint_can_miss_its_target() {
    let verdicts = |footprint: Footprint| of_footprint(&footprint).map(|target| target.met.unwrap());
    let good = footprint();
    assert_eq!(verdicts(good), [true; 4]);
    let (byte, moment) = (1 << 20, Duration::from_millis(10));
    for (bad, missed) in [
        (Footprint { most_bytes: good.most_bytes + byte, ..good }, 0),
        (Footprint { used_bytes: good.used_bytes + byte, ..good }, 0),
        (Footprint { filled_bytes: good.filled_bytes - byte, ..good }, 0),
        (Footprint { restart_after_stop: good.restart_after_stop + moment, ..good }, 1),
        (Footprint { restart_after_kill: good.restart_after_kill + moment, ..good }, 1),
        (Footprint { start_empty: good.start_empty + moment, ..good }, 2),
        (Footprint { idle_bytes: good.idle_bytes + byte, ..good }, 3),
    ] {
        let expected: [bool; 4] = std::array::from_fn(|number| number != missed);
        assert_eq!(verdicts(bad), expected, "{bad:?}");
    }
    let listed = all(&Results::default(), Some(&good), None);
    for what in
        ["memory with 1,000,000 items", "restart with 1,000,000 items", "start, empty", "memory at rest"]
    {
        assert!(listed.iter().any(|target| target.what.starts_with(what)), "{what}");
    }
}

#[test]
fn writes_with_an_index_are_compared_with_those_without() {
    let mut results = results(&[
        (Workload::Put, 64, PARTITA, &[100.0, 200.0, 100.0]),
        (Workload::GsiWrite, 64, PARTITA, &[59.0, 120.0, 70.0]),
    ]);
    assert_eq!(verdict(&results, "× PutItem without"), Some(true));
    fail(&mut results, Workload::Put, 64, PARTITA, 2);
    assert_eq!(over_puts(&results), Some(0.595));
    assert_eq!(verdict(&results, "× PutItem without"), Some(false));
}

#[test]
fn every_follower_can_miss_its_target() {
    let good = Following {
        half: 4_000.0,
        index_lag_p99_ms: INDEX_LAG_MS_MAX,
        streamed: 9_000.0,
        changes: 9_000.0,
        stream_behind: STREAM_BEHIND_MAX,
    };
    let verdicts = |following: Following| of_following(&following).map(|target| target.met);
    assert_eq!(verdicts(good), [Some(true); 2]);
    let late = Following { index_lag_p99_ms: INDEX_LAG_MS_MAX + 0.1, ..good };
    assert_eq!(verdicts(late), [Some(false), Some(true)]);
    let behind = Following { stream_behind: STREAM_BEHIND_MAX + Duration::from_millis(1), ..good };
    assert_eq!(verdicts(behind), [Some(true), Some(false)]);
}

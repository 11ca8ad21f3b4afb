//! Repairing a damaged log.

use std::ops::Bound;
use std::time::Duration;

use partita_wal::Error;
use partita_wal::check::{check_on, plan_repair_on, repair_on};
use partita_wal::simulated::{Loss, SimulatedDisk};
use slatedb::wal::WalFileRange;

use crate::host::{Host, SHARD, has, note_in_manifest, put, to_data_file};

const SECOND: &str = "000000000002.log";
const ROWS: u64 = 40;

/// A log of several segments, of two shards.
async fn log() -> Host {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    let other = host.start("other").await.unwrap();
    for number in 0..ROWS {
        put(&db, number, 100_000).await.unwrap();
        put(&other, number, 10).await.unwrap();
    }
    let disk = host.disk.cut_power(Loss::Everything);
    Host { disk, ..host }
}

fn damage(disk: &SimulatedDisk, name: &str, at: usize) -> SimulatedDisk {
    let damaged = disk.copy();
    let mut content = disk.content(name).unwrap();
    content[at] ^= 1;
    damaged.put(name, Some(content));
    damaged
}

#[tokio::test]
async fn a_repair_keeps_what_is_before_the_damage_and_says_what_it_loses() {
    let host = log().await;
    assert_eq!(plan_repair_on(&host.disk).unwrap(), None, "there is nothing to repair");
    let disk = damage(&host.disk, SECOND, 500_000);
    let refused = host.reopen(disk.clone()).err().unwrap();
    assert!(
        matches!(&refused, Error::Damaged { place, offset, .. }
        if place.ends_with(SECOND) && (400_000..=500_000).contains(offset)),
        "{refused}"
    );
    let plan = plan_repair_on(&disk).unwrap().unwrap();
    let (kept, lost) = (plan.kept[SHARD], plan.lost[SHARD]);
    // The damaged group itself cannot be counted.
    assert_eq!(kept.rows + lost.rows + 1, ROWS);
    assert_eq!(plan.kept["other"].rows + plan.lost["other"].rows, ROWS);
    assert!(kept.rows >= 10 && lost.rows >= 20, "{kept:?} {lost:?}");
    assert_eq!((kept.first_seq, lost.last_seq), (1, ROWS));
    assert!(plan.unreadable_bytes > 100_000 && plan.unreadable_bytes < 101_000, "{}", plan.unreadable_bytes);

    repair_on(&disk, &plan).unwrap();
    assert_eq!(check_on(&disk).unwrap().damage, None);
    assert!(disk.content("000000000002.log.damaged").is_some(), "what was damaged is kept");
    let host = host.reopen(disk).unwrap();
    let db = host.start(SHARD).await.unwrap();
    for number in 0..ROWS {
        assert_eq!(has(&db, number).await, number < kept.rows, "{number}");
    }
    put(&db, 100, 10).await.unwrap();
    let host = host.reopen(host.disk.cut_power(Loss::Everything)).unwrap();
    let db = host.start(SHARD).await.unwrap();
    assert!(has(&db, 100).await && has(&db, 0).await && !has(&db, ROWS - 1).await);
}

#[tokio::test]
async fn a_repaired_log_goes_on_though_the_manifest_knows_of_more() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    for number in 0..ROWS {
        put(&db, number, 100_000).await.unwrap();
        if number == 20 {
            to_data_file(&db).await;
        }
    }
    note_in_manifest(&db).await;
    let disk = damage(&host.disk.cut_power(Loss::Everything), SECOND, 100);
    let plan = plan_repair_on(&disk).unwrap().unwrap();
    repair_on(&disk, &plan).unwrap();
    let host = host.reopen(disk).unwrap();
    let db = host.start(SHARD).await.unwrap();
    assert!(has(&db, 20).await, "what is in a data file is not lost");
    assert!(!has(&db, ROWS - 1).await);
    put(&db, 100, 10).await.unwrap();
    let host = host.reopen(host.disk.cut_power(Loss::Everything)).unwrap();
    assert!(has(&host.start(SHARD).await.unwrap(), 100).await);
}

/// The mark of what was lost stays in the log until the manifest has passed it.
#[tokio::test]
async fn a_log_of_which_nothing_could_be_kept_can_be_opened_again_and_again() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    put(&db, 0, 10).await.unwrap();
    to_data_file(&db).await;
    put(&db, 1, 10).await.unwrap();
    note_in_manifest(&db).await;
    let mut disk = damage(&host.disk.cut_power(Loss::Everything), "000000000001.log", 9);
    let mut plan = plan_repair_on(&disk).unwrap().unwrap();
    plan.shard(SHARD);
    repair_on(&disk, &plan).unwrap();
    for number in 2..5 {
        let reopened = host.reopen(disk).unwrap();
        let db = reopened.start(SHARD).await.unwrap();
        assert!(has(&db, 0).await, "what is in a data file is not lost");
        put(&db, number, 10).await.unwrap();
        // The manifest that is stored has the first row in a data file, and only that.
        let current = WalFileRange(Bound::Included(1), Bound::Unbounded);
        reopened.log.collector(SHARD).collect(vec![current], Duration::ZERO, false).await.unwrap();
        disk = reopened.disk.cut_power(Loss::Everything);
    }
}

/// A crash leaves a log that is refused, and whose repair can be finished, or one that is repaired.
#[tokio::test]
async fn a_repair_that_was_cut_off_is_finished_by_another() {
    let host = log().await;
    let short = host.disk.copy();
    short.put(SECOND, Some(host.disk.content(SECOND).unwrap()[..300_000].to_vec()));
    let plan = plan_repair_on(&short).unwrap().unwrap();
    let whole = short.copy();
    repair_on(&whole, &plan).unwrap();
    let repaired = check_on(&whole).unwrap();
    // As far as writing what is kept, and one of the newer files.
    let begun = short.copy();
    begun.put(&format!("{SECOND}.cut"), whole.content(SECOND));
    begun.put(&format!("{SECOND}.damaged"), short.content(SECOND));
    let (newest, aside) = plan.files.last().unwrap();
    begun.put(aside, short.content(newest));
    begun.put(newest, None);
    let refused = host.reopen(begun.clone()).err().unwrap();
    assert!(refused.to_string().contains("not finished"), "{refused}");
    let rest = plan_repair_on(&begun).unwrap().unwrap();
    repair_on(&begun, &rest).unwrap();
    assert_eq!(check_on(&begun).unwrap(), repaired);
    assert_eq!(begun.content(&format!("{SECOND}.damaged")), short.content(SECOND), "what was kept stays");
}

#[tokio::test]
async fn every_kind_of_damage_can_be_repaired() {
    let host = log().await;
    let whole = host.disk.content(SECOND).unwrap();
    let missing = host.disk.copy();
    missing.put(SECOND, None);
    let short = host.disk.copy();
    short.put(SECOND, Some(whole[..300_000].to_vec()));
    let empty = host.disk.copy();
    empty.put(SECOND, Some(Vec::new()));
    let id = host.disk.copy();
    id.put("id", Some(b"something else".to_vec()));
    let cases =
        [missing, short, empty, id, damage(&host.disk, SECOND, 0), damage(&host.disk, "000000000001.log", 9)];
    for (case, disk) in cases.into_iter().enumerate() {
        assert!(matches!(host.reopen(disk.clone()).err(), Some(Error::Damaged { .. })), "case {case}");
        let plan = plan_repair_on(&disk).unwrap().unwrap();
        let kept = plan.kept.get(SHARD).map_or(0, |records| records.rows);
        repair_on(&disk, &plan).unwrap();
        let host = host.reopen(disk).unwrap();
        let db = host.start(SHARD).await.unwrap();
        for number in 0..ROWS {
            // Damage of the id alone loses nothing.
            assert_eq!(has(&db, number).await, case == 3 || number < kept, "case {case}, row {number}");
        }
        put(&db, 100, 10).await.unwrap();
    }
}

#[tokio::test]
async fn a_repair_of_something_else_is_refused() {
    let host = log().await;
    let disk = damage(&host.disk, SECOND, 500_000);
    let plan = plan_repair_on(&disk).unwrap().unwrap();
    let worse = damage(&disk, SECOND, 1000);
    assert!(matches!(repair_on(&worse, &plan), Err(Error::Replanned { .. })));
    assert!(matches!(repair_on(&host.disk, &plan), Err(Error::Replanned { .. })));
}

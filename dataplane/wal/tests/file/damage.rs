//! What is cut off a log silently, and what is refused: every byte of a small log is flipped, and the log is cut at every byte.

use partita_wal::Error;
use partita_wal::check::check_on;
use partita_wal::simulated::{Loss, SimulatedDisk};
use proptest::prelude::*;

use crate::host::{Host, SHARD, fill, has, put, put_filled};

const ROWS: u64 = 6;

const GROUP_HEADER_BYTES: usize = 25;

/// A log of one segment with a group for each row, as a crash leaves it.
async fn small_log() -> Host {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    for number in 0..ROWS {
        put(&db, number, 40).await.unwrap();
    }
    let disk = host.disk.cut_power(Loss::Everything);
    Host { disk, ..host }
}

/// Where the newest group ends.
fn tail(disk: &SimulatedDisk, name: &str) -> usize {
    let content = disk.content(name).unwrap();
    let mut tail = 64;
    while &content[tail..tail + 3] == b"GRP" {
        let body = u32::from_le_bytes(content[tail + 12..tail + 16].try_into().unwrap());
        tail += GROUP_HEADER_BYTES + body as usize;
    }
    tail
}

fn with(disk: &SimulatedDisk, name: &str, content: Vec<u8>) -> SimulatedDisk {
    let changed = disk.copy();
    changed.put(name, Some(content));
    changed
}

const FIRST: &str = "000000000001.log";

/// The number of rows in a log that can be opened, or where it is damaged. Rows are always the first ones.
fn outcome(disk: &SimulatedDisk) -> Result<u64, (String, u64)> {
    let report = check_on(disk).unwrap();
    match report.damage {
        Some(damage) => Err((damage.file, damage.offset)),
        None => Ok(report.shards.get(SHARD).map_or(0, |records| records.rows)),
    }
}

#[tokio::test]
async fn a_log_that_was_cut_loses_its_last_groups_only() {
    let host = small_log().await;
    let content = host.disk.content(FIRST).unwrap();
    let tail = tail(&host.disk, FIRST);
    let mut last = 0;
    for length in 0..=tail {
        let cut = with(&host.disk, FIRST, content[..length].to_vec());
        let padded = {
            let mut bytes = content[..length].to_vec();
            bytes.resize(content.len(), 0);
            with(&host.disk, FIRST, bytes)
        };
        match outcome(&cut) {
            // The beginning of a segment is there before it has its name.
            Err(at) => assert!(length < 64 && at == (FIRST.to_owned(), 0), "{length}: {at:?}"),
            Ok(rows) => {
                assert!(length >= 64 && rows >= last && rows <= ROWS, "{length}: {rows} rows after {last}");
                last = rows;
                // What was not written reads as zeros, whole sectors at least.
                if length % 512 == 0 {
                    assert_eq!(outcome(&padded), Ok(rows), "{length}");
                }
            }
        }
    }
    assert_eq!(last, ROWS);
}

#[tokio::test]
async fn a_flipped_bit_is_refused_by_file_and_offset() {
    let host = small_log().await;
    let content = host.disk.content(FIRST).unwrap();
    let tail = tail(&host.disk, FIRST);
    for at in 0..tail {
        for bit in [0, 3, 7] {
            let mut flipped = content.clone();
            flipped[at] ^= 1 << bit;
            let (file, offset) = outcome(&with(&host.disk, FIRST, flipped)).unwrap_err();
            assert_eq!(file, FIRST);
            assert!(offset <= at as u64 && at as u64 - offset < 300, "{at}: {offset}");
        }
    }
}

/// Rows may be as empty as what a crash keeps from the disk.
#[tokio::test]
async fn a_flipped_bit_among_zeros_is_refused_and_a_torn_group_is_not() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    put(&db, 0, 40).await.unwrap();
    put_filled(&db, 1, 0, 4000).await.unwrap();
    let disk = host.disk.cut_power(Loss::Everything);
    let content = disk.content(FIRST).unwrap();
    let tail = tail(&disk, FIRST);
    for at in (64..tail).step_by(13) {
        let mut flipped = content.clone();
        flipped[at] ^= 1;
        assert!(outcome(&with(&disk, FIRST, flipped)).is_err(), "{at}");
    }
    for sector in (0..tail / 512 + 1).filter(|sector| (sector * 512).max(64) < tail) {
        let mut torn = content.clone();
        let lost = (sector * 512).max(64)..((sector + 1) * 512).min(tail);
        let was_zero = torn[lost.clone()].iter().all(|byte| *byte == 0);
        torn[lost].fill(0);
        match (was_zero, outcome(&with(&disk, FIRST, torn))) {
            (true, rows) => assert_eq!(rows, Ok(2)),
            // The first sector holds the first group, too.
            (false, rows) => assert_eq!(rows, Ok(u64::from(sector > 0)), "sector {sector}"),
        }
    }
}

#[tokio::test]
async fn an_older_segment_must_be_whole() {
    let host = Host::new();
    let db = host.start(SHARD).await.unwrap();
    fill(&db, 0..30).await;
    let disk = host.disk.cut_power(Loss::Everything);
    assert_eq!(outcome(&disk), Ok(30));
    let second = "000000000002.log";
    let content = disk.content(second).unwrap();
    let end = tail(&disk, second);
    for length in [0, 63, 64, 65, 70_000, end - 1] {
        let cut = with(&disk, second, content[..length].to_vec());
        assert!(outcome(&cut).is_err_and(|(file, _)| file == second), "{length}");
        assert!(
            matches!(host.reopen(cut).err(), Some(Error::Damaged { place, .. }) if place.contains(second))
        );
    }
    // At the end of a group: the next segment tells.
    let mut cut = content.clone();
    cut.truncate(64 + (end - 64) / 10 * 9);
    assert!(outcome(&with(&disk, second, cut)).is_err());
    let missing = disk.copy();
    missing.put(second, None);
    assert_eq!(outcome(&missing), Err((second.to_owned(), 0)));
}

#[tokio::test]
async fn a_log_of_a_newer_version_is_refused_by_version() {
    let host = small_log().await;
    let mut content = host.disk.content(FIRST).unwrap();
    content[8] = 3;
    let sum = {
        let mut hasher = crc32fast::Hasher::new_with_initial(0);
        hasher.update(&content[..60]);
        hasher.finalize()
    };
    content[60..64].copy_from_slice(&sum.to_le_bytes());
    let refused = host.reopen(with(&host.disk, FIRST, content)).err().unwrap();
    assert!(matches!(refused, Error::UnknownVersion { found: 3, known: 2, .. }), "{refused}");
}

#[tokio::test]
async fn files_of_two_logs_are_not_mixed() {
    let (host, other) = (small_log().await, small_log().await);
    let foreign = {
        // The simulation gives every disk the same random numbers; this one draws some more.
        let disk = SimulatedDisk::new(1 << 28);
        for _ in 0..3 {
            partita_wal::Disk::random(&disk);
        }
        let log =
            partita_wal::FileLog::open_on(std::sync::Arc::new(disk.clone()), crate::host::options()).unwrap();
        let host = Host { disk, log, ..other };
        let db = host.start("other").await.unwrap();
        put(&db, 1, 10).await.unwrap();
        host.disk.content(FIRST).unwrap()
    };
    let refused = host.reopen(with(&host.disk, FIRST, foreign)).err().unwrap();
    assert!(matches!(refused, Error::Damaged { offset: 0, .. }), "{refused}");
}

#[tokio::test]
async fn what_clients_store_never_looks_like_a_group() {
    let host = small_log().await;
    // A whole segment as the value of the last row, which is then torn.
    let segment = host.disk.content(FIRST).unwrap()[..1000].to_vec();
    let host = host.reopen(host.disk.copy()).unwrap();
    let db = host.start(SHARD).await.unwrap();
    put(&db, ROWS, 10).await.unwrap();
    db.put(crate::host::key(ROWS + 1), segment).await.unwrap();
    let second = "000000000002.log";
    crate::host::eventually(|| host.log.status().batches == 2).await;
    let mut content = host.disk.content(second).unwrap();
    content[512..1024].fill(0);
    let host = host.reopen(with(&host.disk, second, content)).unwrap();
    let db = host.start(SHARD).await.unwrap();
    assert!(has(&db, ROWS).await && !has(&db, ROWS + 1).await);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// The power is cut again and again at random, and something is written in between.
    #[test]
    fn rows_that_were_durable_survive_any_series_of_power_cuts(
        cuts in proptest::collection::vec((any::<u64>(), 0u64..5, 0usize..3000), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut host = Host::new();
            let mut number = 0;
            for (seed, rows, bytes) in cuts {
                let db = host.start(SHARD).await.unwrap();
                for before in 0..number {
                    assert!(has(&db, before).await, "{before}");
                }
                for _ in 0..rows {
                    put_filled(&db, number, (seed % 3) as u8, bytes).await.unwrap();
                    number += 1;
                }
                host.disk.hold();
                // Not waited for, and overwritten if it is there after all.
                let mut unfinished = slatedb::WriteBatch::new();
                unfinished.put(b"unfinished", vec![1; bytes * 3]);
                db.write(unfinished).await.unwrap();
                for _ in 0..seed % 7 {
                    tokio::task::yield_now().await;
                }
                let disk = host.disk.cut_power(Loss::Some(seed));
                let next = host.reopen(disk).unwrap();
                partita_wal::Log::close(host.log.as_ref()).await;
                host = next;
            }
        });
    }
}

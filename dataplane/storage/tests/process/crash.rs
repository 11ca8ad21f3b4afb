//! A process is killed while it writes; what it acknowledged must be there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use partita_model::TableId;
use partita_model::clock::UnixMillis;
use partita_storage::space::{TABLE_ROWS, split, table_key, table_prefix};
use partita_storage::{KeyRange, LogEntry, LogSequence, LogStart, Order, Shard, Visibility, WriteBatch};

use crate::child::{child, open, tell, variable};

const TABLE: TableId = TableId(1);
const READER: &str = "audit";

/// How many tasks write, and how many rows each of their batches has.
const WRITERS: u64 = 8;
const ROWS: usize = 4;

/// Rounds of two kills and a check, unless the environment names another number.
const ROUNDS: u64 = 3;

/// A batch is known by its number: the writer is `number % WRITERS`.
type Number = u64;

fn batch(number: Number) -> WriteBatch {
    let mut batch = WriteBatch::new();
    for row in 0..ROWS {
        let mut rest = (row as u64).to_be_bytes().to_vec();
        rest.extend(number.to_be_bytes());
        // Rows of one batch are far apart, and large enough that the log takes several of its blocks.
        batch.put(table_key(TABLE_ROWS, TABLE, &rest), vec![0x5a; 512]);
    }
    batch
}

pub(crate) async fn write_for_ever(folder: &Path, start: Number) {
    let shard = Arc::new(Shard::open(open(folder).await).await.unwrap());
    shard.register_reader(TABLE, READER, LogStart::Now).await.unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let shard = Arc::clone(&shard);
        tokio::spawn(async move {
            for number in (start + writer..).step_by(WRITERS as usize) {
                let payload = Bytes::copy_from_slice(&number.to_be_bytes());
                let written = shard
                    .commit(
                        batch(number),
                        vec![LogEntry { table: TABLE, at: UnixMillis(number), payload, attachment: None }],
                    )
                    .await
                    .unwrap();
                written.durable().await.unwrap();
                tell(&format!("acknowledged {number}\n"));
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

/// Lets a process write until it has acknowledged `enough` batches, and kills it. Returns the batches.
fn run_and_kill(folder: &Path, start: Number, enough: usize) -> BTreeSet<Number> {
    let mut process = child(&[], "crash", folder, start).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut acknowledged = BTreeSet::new();
    let mut note = |line: &str| {
        acknowledged
            .extend(line.rsplit_once("acknowledged ").and_then(|(_, number)| number.parse::<u64>().ok()));
        acknowledged.len()
    };
    for line in lines.by_ref() {
        if note(&line.unwrap()) >= enough {
            break;
        }
    }
    process.kill().unwrap();
    process.wait().unwrap();
    // What was still in the pipe was acknowledged too.
    let mut rest: Vec<_> = lines.map_while(Result::ok).collect();
    rest.retain(|line| line.contains("acknowledged "));
    // The last line may have been cut off in its number.
    rest.pop();
    rest.iter().for_each(|line| {
        note(line);
    });
    assert!(acknowledged.len() >= enough, "the process ended by itself");
    acknowledged
}

/// How many rows each batch has.
async fn batches(shard: &Shard) -> BTreeMap<Number, usize> {
    let snapshot = shard.store().snapshot(Visibility::Durable).await.unwrap();
    let range = KeyRange::prefix(table_prefix(TABLE_ROWS, TABLE).to_vec());
    let mut rows = snapshot.scan(range, Order::Ascending).await.unwrap();
    let mut batches = BTreeMap::new();
    while let Some(row) = rows.next().await.unwrap() {
        let (_, _, rest) = split(&row.key).unwrap();
        let number = u64::from_be_bytes(rest[8..].try_into().unwrap());
        *batches.entry(number).or_default() += 1;
    }
    batches
}

/// Reads the log from the cursor to its end, checks that nothing is missing in it, and moves the cursor.
async fn drain_log(shard: &Shard) -> Vec<Number> {
    let mut recorded = Vec::new();
    let mut last: Option<LogSequence> = None;
    loop {
        let records = shard.read_log(TABLE, READER, 1_000).await.unwrap();
        let Some(end) = records.last().map(|record| record.sequence) else { return recorded };
        for record in records {
            if let Some(last) = last {
                assert_eq!(record.sequence.0, last.0 + 1, "the log has a gap");
            }
            last = Some(record.sequence);
            recorded.push(u64::from_be_bytes(record.payload.as_ref().try_into().unwrap()));
        }
        shard.advance(TABLE, READER, end).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let rounds = variable("PARTITA_STORAGE_CRASH_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let (mut acknowledged, mut recorded) = (BTreeSet::new(), Vec::new());
    for round in 0..rounds {
        for kill in 0..2 {
            let start = (2 * round + kill) * 1_000_000;
            let enough = 1 + usize::try_from((round * 317 + kill * 101) % 700).unwrap();
            acknowledged.extend(run_and_kill(folder.path(), start, enough));
        }
        let shard = Shard::open(open(folder.path()).await).await.unwrap();
        let found = batches(&shard).await;
        assert!(found.values().all(|&rows| rows == ROWS), "a batch is torn");
        for number in &acknowledged {
            assert!(found.contains_key(number), "batch {number} was acknowledged and is not there");
        }
        recorded.extend(drain_log(&shard).await);
        let mut distinct = recorded.clone();
        distinct.sort_unstable();
        let there: Vec<_> = found.into_keys().collect();
        assert_eq!(distinct, there, "each batch has one change record");
        for writer in 0..WRITERS {
            let of_writer = recorded.iter().filter(|&number| number % WRITERS == writer);
            assert!(of_writer.is_sorted(), "the records of writer {writer} are out of order");
        }
        shard.store().close().await.unwrap();
    }
}

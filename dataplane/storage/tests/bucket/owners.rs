//! Two processes and one shard in a bucket, where nothing but the engine's fencing keeps them apart.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use partita_storage::{Error, KeyRange, Order, ShardStore, Visibility};

use crate::server::{Server, open, variable, write};

const ADDRESS: &str = "PARTITA_STORAGE_TEST_SERVER";
const FIRST: &str = "PARTITA_STORAGE_TEST_FIRST";

/// How many writes a process acknowledges before something happens to it.
const ENOUGH: usize = 20;

/// A process that writes for ever, on the shard in `server`.
struct Writer {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// Prints a line that is not lost when the process is killed afterwards.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}

impl Writer {
    fn start(server: &Server, first: u32) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "owners::writer_process", "--nocapture"])
            .env(ADDRESS, server.address.to_string())
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next keys that it acknowledges, until they are enough or it has ended.
    fn acknowledged(&mut self, enough: usize) -> BTreeSet<String> {
        let lines = self.lines.by_ref().map_while(Result::ok);
        // The last line of a killed process may have been cut off.
        let keys = lines.filter_map(|line| {
            let (_, key) = line.split_once("acknowledged ")?;
            Some(key.strip_suffix('.')?.to_owned())
        });
        keys.take(enough).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writer_process() {
    let Some(address) = variable(ADDRESS) else { return };
    let first: u32 = variable(FIRST).unwrap().parse().unwrap();
    let store = open(Server::bucket_at(address.parse().unwrap())).await;
    for number in first.. {
        let key = format!("{number:08}");
        match write(store.as_ref(), &key).await {
            Ok(()) => tell(&format!("acknowledged {key}.\n")),
            Err(error) => {
                assert!(matches!(error, Error::Fenced), "{error}");
                assert!(matches!(store.get(b"", Visibility::Durable).await, Err(Error::Fenced)));
                return;
            }
        }
    }
}

async fn keys(store: &dyn ShardStore) -> BTreeSet<String> {
    let snapshot = store.snapshot(Visibility::Durable).await.unwrap();
    let mut rows = snapshot.scan(KeyRange::all(), Order::Ascending).await.unwrap();
    let mut keys = BTreeSet::new();
    while let Some(row) = rows.next().await.unwrap() {
        keys.insert(String::from_utf8_lossy(&row.key).into_owned());
    }
    keys
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_fences_the_first_under_load() {
    let server = Server::start();
    let mut first = Writer::start(&server, 0);
    let mut acknowledged = first.acknowledged(ENOUGH);
    assert_eq!(acknowledged.len(), ENOUGH);
    let second = open(server.bucket()).await;
    // Whoever writes to the log first after the take-over decides the race: here both do.
    write(second.as_ref(), "second").await.unwrap();
    let before = keys(second.as_ref()).await;
    acknowledged.extend(first.acknowledged(usize::MAX));
    assert!(first.process.wait().unwrap().success(), "the first owner was told that it was fenced");
    assert!(acknowledged.is_subset(&before), "an acknowledged write is missing, or came after the take-over");
    assert_eq!(keys(second.as_ref()).await, before, "nothing of the first owner came after the take-over");
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let server = Server::start();
    let mut acknowledged = BTreeSet::new();
    for first in [0, 1_000_000, 2_000_000] {
        let mut writer = Writer::start(&server, first);
        acknowledged.extend(writer.acknowledged(ENOUGH));
        writer.process.kill().unwrap();
        writer.process.wait().unwrap();
        acknowledged.extend(writer.acknowledged(usize::MAX));
    }
    assert!(acknowledged.len() >= 3 * ENOUGH);
    let store = open(server.bucket()).await;
    assert!(acknowledged.is_subset(&keys(store.as_ref()).await), "an acknowledged write is missing");
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_owner_learns_that_it_was_fenced() {
    let server = Server::start();
    let first = open(server.bucket()).await;
    write(first.as_ref(), "a").await.unwrap();
    let second = open(server.bucket()).await;
    // It looks at the manifest now and then.
    assert!(matches!(first.ended().await, Error::Fenced));
    assert!(matches!(write(first.as_ref(), "b").await, Err(Error::Fenced)));
    assert_eq!(keys(second.as_ref()).await.len(), 1);
    second.close().await.unwrap();
}

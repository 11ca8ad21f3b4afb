//! Every file, many places: what is damaged is told, and nothing wrong is ever read.

use std::collections::BTreeMap;

use bytes::Bytes;
use object_store::memory::InMemory;

use super::*;
use crate::open::{Location, StoreOptions, open};
use crate::store::{KeyRange, Order, Visibility, WriteBatch};

const SHARD: &str = "shards/1";
/// Rows of each owner: some blocks of a file.
const ROWS: u32 = 150;
/// Places in each file that are tried, beside its first and its last bytes.
const PLACES: usize = 8;
/// The offset of the info and the version, at the end of a file of the engine's log.
const LOG_TAIL_BYTES: usize = 10;
/// Files of each folder that are tried: the log alone has a hundred.
const FILES: usize = 3;

type State = BTreeMap<Bytes, Bytes>;

fn options(objects: &Arc<InMemory>) -> StoreOptions {
    StoreOptions::new(Location::Objects(Arc::clone(objects) as Arc<dyn ObjectStore>), SHARD)
}

fn key(number: u32) -> Bytes {
    crate::space::table_key(crate::space::TABLE_ROWS, TableId(u64::from(number % 3)), &number.to_be_bytes())
}

/// A shard with three data files and a log, and what is in it.
async fn shard() -> (Arc<InMemory>, State) {
    let (objects, mut state) = (Arc::new(InMemory::new()), State::new());
    for owner in 0..4 {
        let store = open(options(&objects)).await.unwrap();
        for number in (0..ROWS).map(|number| number * (owner + 1)) {
            let value = Bytes::from(format!("{owner} {number} ").repeat(20));
            let mut batch = WriteBatch::new();
            batch.put(key(number), value.clone());
            state.insert(key(number), value);
            batch.delete(key(number + 1));
            state.remove(&key(number + 1));
            let written = store.write(batch).await.unwrap();
            if number % 40 == 0 || number == ROWS * (owner + 1) - owner - 1 {
                written.durable().await.unwrap();
            }
        }
        // A close moves the rows out of the log; the last owner crashes.
        if owner < 3 {
            store.close().await.unwrap();
        } else {
            store.barrier().await.unwrap();
        }
    }
    (objects, state)
}

async fn read_all(objects: &Arc<InMemory>) -> Result<State> {
    let store = open(options(objects)).await?;
    let read = async {
        let snapshot = store.snapshot(Visibility::Durable).await?;
        let mut rows = snapshot.scan(KeyRange::all(), Order::Ascending).await?;
        let mut state = State::new();
        while let Some(row) = rows.next().await? {
            state.insert(row.key, row.value);
        }
        Ok(state)
    };
    read.await
}

async fn files(objects: &Arc<InMemory>) -> Vec<(Path, Bytes)> {
    let all: Vec<_> = objects.list(Some(&Path::from(SHARD))).try_collect().await.unwrap();
    let mut folders = BTreeMap::<_, Vec<_>>::new();
    for found in all.into_iter().filter(|found| found.size > 0) {
        let folder = found.location.parts().nth(2).map(|part| part.as_ref().to_owned());
        folders.entry(folder).or_default().push(found.location);
    }
    let mut files = Vec::new();
    for mut folder in folders.into_values() {
        folder.sort();
        for path in folder.into_iter().rev().take(FILES) {
            let content = objects.get(&path).await.unwrap().bytes().await.unwrap();
            files.push((path, content));
        }
    }
    files
}

/// Some places of a file, others for each seed.
fn places(length: usize, seed: u64) -> Vec<usize> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let random = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % length
    });
    let edges = (0..length.min(4)).chain(length.saturating_sub(12)..length);
    edges.chain(random.take(PLACES)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_shard_has_no_damage() {
    let (objects, state) = shard().await;
    let stored: Arc<dyn ObjectStore> = Arc::clone(&objects) as _;
    let report = check(&stored, &Path::from(SHARD)).await.unwrap();
    assert_eq!(report.damages, []);
    assert!(report.files > 5 && report.bytes > 10_000, "{report:?}");
    assert_eq!(read_all(&objects).await.unwrap(), state);
}

/// Reads a shard of which one byte was changed: `None` when nothing is wrong, otherwise what the reader was told.
async fn told(
    objects: &InMemory,
    path: &Path,
    content: &[u8],
    state: &State,
    change: (usize, u8),
) -> Option<String> {
    let damaged = Arc::new(objects.fork());
    let mut bytes = content.to_vec();
    bytes[change.0] ^= change.1;
    damaged.put(path, bytes.into()).await.unwrap();
    match read_all(&damaged).await {
        Ok(found) => {
            assert!(found == *state, "{path}, byte {}: rows are wrong or missing", change.0);
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_changed_byte_makes_rows_wrong() {
    let (objects, state) = shard().await;
    let (mut refused, mut silent) = (0, Vec::new());
    for (number, (path, content)) in files(&objects).await.into_iter().enumerate() {
        // A claim is refused by its own words.
        let name = path.filename().filter(|name| *name != "claim").unwrap_or("shards/1");
        // The engine does not check the last bytes of a file of its own log, and panics on what they point to: the start then
        // fails, and says nothing of the file.
        let unchecked = if path.as_ref().contains("/wal/") { LOG_TAIL_BYTES } else { 0 };
        for (turn, place) in places(content.len() - unchecked, number as u64).into_iter().enumerate() {
            let change = (place, [0x01, 0x80, 0xff, 0x03][turn % 4]);
            match told(&objects, &path, &content, &state, change).await {
                None => {}
                Some(error) if error.contains(name) => refused += 1,
                Some(error) => silent.push(format!("{path}, byte {place}: {error}")),
            }
        }
    }
    assert!(silent.is_empty(), "{} errors do not name the file: {silent:#?}", silent.len());
    assert!(refused > 100, "{refused} changes were found");
}

use std::collections::BTreeMap;

use super::*;
use crate::open::{Location, StoreOptions, open};
use crate::space;
use crate::store::{KeyRange, Order, Visibility, WriteBatch};
use partita_model::TableId;

const SHARD: &str = "shards/1";
const ROWS: u32 = 400;

type State = BTreeMap<Bytes, Bytes>;

fn options(folder: &std::path::Path) -> StoreOptions {
    StoreOptions::new(Location::Folder(folder.to_owned()), SHARD)
}

fn key(number: u32) -> Bytes {
    space::table_key(space::TABLE_ROWS, TableId(7), &number.to_be_bytes())
}

/// A shard with one data file of several blocks.
async fn shard(folder: &std::path::Path) -> State {
    shard_of(folder, ROWS).await
}

async fn shard_of(folder: &std::path::Path, rows: u32) -> State {
    let store = open(options(folder)).await.unwrap();
    let mut state = State::new();
    let mut batch = WriteBatch::new();
    for number in 0..rows {
        let value = Bytes::from(number.to_string().repeat(50));
        batch.put(key(number), value.clone());
        state.insert(key(number), value);
    }
    store.write(batch).await.unwrap().durable().await.unwrap();
    store.close().await.unwrap();
    state
}

async fn read_all(folder: &std::path::Path) -> Result<State> {
    let store = open(options(folder)).await?;
    let mut rows = store.snapshot(Visibility::Durable).await?.scan(KeyRange::all(), Order::Ascending).await?;
    let mut state = State::new();
    while let Some(row) = rows.next().await? {
        state.insert(row.key, row.value);
    }
    drop(rows);
    for number in 0..ROWS {
        assert_eq!(store.get(&key(number), Visibility::Durable).await?, state.get(&key(number)).cloned());
    }
    store.close().await?;
    Ok(state)
}

fn data_file(folder: &std::path::Path) -> PathBuf {
    let mut files = std::fs::read_dir(folder.join(SHARD).join("compacted")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "one data file");
    file
}

fn flip(file: &std::path::Path, place: usize) {
    let mut content = std::fs::read(file).unwrap();
    content[place] ^= 0x10;
    std::fs::write(file, content).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_whole_needs_no_repair() {
    let folder = tempfile::tempdir().unwrap();
    let state = shard(folder.path()).await;
    let examined = examine(folder.path().to_owned(), SHARD).await.unwrap();
    assert!(examined.report().damages.is_empty() && examined.report().files > 1);
    assert!(matches!(examine(folder.path().to_owned(), SHARD).await, Err(Error::FolderInUse { .. })));
    examined.repair().await.unwrap();
    drop(examined);
    assert_eq!(read_all(folder.path()).await.unwrap(), state);
    let missing = examine(folder.path().to_owned(), "shards/2").await.unwrap_err();
    assert!(
        missing.to_string().contains("shards/2") && !folder.path().join("shards/2").exists(),
        "{missing}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_block_is_told_then_replaced_and_all_other_rows_stay() {
    for place in [10, 9_000, 20_000] {
        let folder = tempfile::tempdir().unwrap();
        let state = shard(folder.path()).await;
        let file = data_file(folder.path());
        flip(&file, place);
        let damaged = std::fs::read(&file).unwrap();
        let examined = examine(folder.path().to_owned(), SHARD).await.unwrap();
        let [damage] = &examined.report().damages.clone()[..] else { panic!("{:?}", examined.report()) };
        let Part::Rows { count: Some(count), tables: Some(tables), .. } = &damage.part else {
            panic!("{damage:?}")
        };
        let count = *count;
        assert_eq!(*tables, (TableId(7), TableId(7)));
        assert!(range(damage).unwrap().contains(&place));
        assert_eq!(examined.beyond_repair().count(), 0);
        let told: Vec<String> = examined.losses().map(|loss| loss.to_string()).collect();
        assert!(told[0].contains(&format!("its {count} rows")) && told[0].contains(&damage.file), "{told:?}");
        assert_eq!(std::fs::read(&file).unwrap(), damaged, "looking changes nothing");
        examined.repair().await.unwrap();
        drop(examined);
        let kept = folder.path().join(SHARD).join(KEPT).join(file.file_name().unwrap());
        assert_eq!(std::fs::read(&kept).unwrap(), damaged);
        let found = read_all(folder.path()).await.unwrap();
        assert_eq!(found.len() as u64 + count, state.len() as u64, "as many as was told");
        assert!(found.iter().all(|(key, value)| state.get(key) == Some(value)));
        let again = examine(folder.path().to_owned(), SHARD).await.unwrap();
        assert!(again.report().damages.is_empty(), "{:?}", again.report());
        drop(again);
        flip(&file, place);
        let worse = std::fs::read(&file).unwrap();
        examine(folder.path().to_owned(), SHARD).await.unwrap().repair().await.unwrap();
        let second = kept.with_file_name(format!("{}-2", kept.file_name().unwrap().display()));
        assert_eq!(std::fs::read(&kept).unwrap(), damaged, "what the first repair kept stays");
        assert_eq!(std::fs::read(second).unwrap(), worse);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_filter_costs_no_row() {
    let folder = tempfile::tempdir().unwrap();
    // A file of few rows has no filter.
    let state = shard_of(folder.path(), 3 * ROWS).await;
    let file = data_file(folder.path());
    let length = std::fs::read(&file).unwrap().len();
    let mut filters = 0;
    for place in (0..length).rev().step_by(100) {
        flip(&file, place);
        let examined = examine(folder.path().to_owned(), SHARD).await.unwrap();
        let found = examined.report().damages.iter().any(|damage| damage.part == Part::Filter);
        if found {
            filters += 1;
            examined.repair().await.unwrap();
            drop(examined);
            assert_eq!(read_all(folder.path()).await.unwrap(), state);
            break;
        }
        drop(examined);
        flip(&file, place);
    }
    assert_eq!(filters, 1, "the file has a filter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_repaired_is_said_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    shard(folder.path()).await;
    let mut manifests: Vec<_> = std::fs::read_dir(folder.path().join(SHARD).join("manifest"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    manifests.sort();
    let newest = manifests.last().unwrap();
    flip(newest, 60);
    let damaged = std::fs::read(newest).unwrap();
    let examined = examine(folder.path().to_owned(), SHARD).await.unwrap();
    assert_eq!(examined.losses().count(), 0);
    let beyond: Vec<_> = examined.beyond_repair().collect();
    assert!(matches!(beyond.as_slice(), [damage] if damage.part == Part::Manifest), "{beyond:?}");
    examined.repair().await.unwrap();
    drop(examined);
    assert_eq!(&std::fs::read(newest).unwrap(), &damaged);
    let refused = open(options(folder.path())).await.map(drop).unwrap_err();
    let name = newest.file_name().unwrap().to_str().unwrap();
    assert!(matches!(&refused, Error::Corrupt { what } if what.contains(name)), "{refused}");
}

use std::sync::Arc;

use partita_mapping::{Mapping, MappingId, Settings, Target, Url};
use partita_model::clock::UnixMillis;
use partita_model::descriptor::Generation;
use partita_protocol::definition::{TableDefinition, Tag};
use partita_protocol::output::TableStatus;
use partita_protocol::stream::StreamName;
use serde_json::json;

use super::*;
use crate::catalog::Parts;
use crate::history::History;
use crate::mappings::{MappingCatalog, MappingRecord, Stored};

fn definition(tags: usize) -> TableDefinition {
    let mut definition: TableDefinition = serde_json::from_value(json!({
        "AttributeDefinitions": [{ "AttributeName": "a", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    }))
    .unwrap();
    let tag = |n: usize| Tag { key: format!("k{n}"), value: format!("v{n}") };
    definition.tags = Some((0..tags).map(tag).collect());
    definition
}

fn table(name: &str) -> NewTable {
    NewTable {
        name: TableName::new(name),
        uuid: format!("uuid-of-{name}"),
        created: UnixMillis(1_700_000_000_123),
        definition: definition(2),
        history: History::begin(None, UnixMillis(1_700_000_000_123)),
        parts: Parts::default(),
    }
}

async fn insert(catalog: &SqliteCatalog, name: &str) -> TableRecord {
    catalog.insert_table(table(name), u64::MAX).await.unwrap()
}

fn scope(region: &str) -> Scope {
    Scope { region: region.to_owned(), account_id: "000000000000".to_owned() }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> SqliteCatalog {
        SqliteCatalog::open(&self.0.path().join("catalog.sqlite")).await.unwrap()
    }
}

#[tokio::test]
async fn what_was_stored_is_there_after_reopening() {
    let folder = Folder::new();
    let catalog = folder.open().await;
    let mut stored = insert(&catalog, "music").await;
    assert_eq!(
        (stored.status, stored.generation, stored.revision),
        (TableStatus::Creating, Generation(1), 1)
    );
    assert_eq!(stored.definition.tags, None, "tags are stored apart");
    stored.status = TableStatus::Active;
    stored.generation = Generation(2);
    let stored = catalog.update_table(stored).await.unwrap();
    catalog.close().await;

    let catalog = folder.open().await;
    assert_eq!(catalog.table(&stored.name).await.unwrap().unwrap(), stored);
    let tags = catalog.tags(stored.id).await.unwrap();
    assert_eq!(tags, Tags::from([("k0".to_owned(), "v0".to_owned()), ("k1".to_owned(), "v1".to_owned())]));
    assert_eq!(catalog.table(&TableName::new("other")).await.unwrap(), None);
}

/// A killed process leaves its files as they are at that moment: no lock is given back, no log is written into the database.
#[tokio::test]
async fn what_was_acknowledged_is_in_the_files_already() {
    let (folder, killed) = (Folder::new(), Folder::new());
    let catalog = folder.open().await;
    let mut stored = Vec::new();
    for n in 0..20 {
        stored.push(insert(&catalog, &format!("table-{n}")).await);
        for file in std::fs::read_dir(folder.0.path()).unwrap() {
            let file = file.unwrap();
            if !file.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(file.path(), killed.0.path().join(file.file_name())).unwrap();
            }
        }
        let revived = killed.open().await;
        for table in &stored {
            assert_eq!(revived.table(&table.name).await.unwrap().as_ref(), Some(table));
        }
        revived.close().await;
    }
}

#[tokio::test]
async fn commits_are_synced_and_the_log_is_written_ahead() {
    let folder = Folder::new();
    let catalog = folder.open().await;
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&catalog.pool).await.unwrap();
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&catalog.pool).await.unwrap();
    assert_eq!((journal.as_str(), synchronous), ("wal", 2), "2 is FULL");
}

#[tokio::test]
async fn table_ids_never_come_back() {
    let folder = Folder::new();
    let catalog = folder.open().await;
    let first = insert(&catalog, "music").await;
    catalog.remove_table(first.id).await.unwrap();
    let second = insert(&catalog, "music").await;
    assert!(second.id > first.id);
    catalog.remove_table(second.id).await.unwrap();
    catalog.remove_table(second.id).await.unwrap();
    catalog.close().await;
    let third = insert(&folder.open().await, "music").await;
    assert!(third.id > second.id, "also not after reopening an empty catalog");
}

#[tokio::test]
async fn a_removed_table_leaves_no_tags() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    let table = insert(&catalog, "music").await;
    catalog.remove_table(table.id).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tags").fetch_one(&catalog.pool).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn names_are_unique_and_tables_are_counted() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    catalog.insert_table(table("one"), 2).await.unwrap();
    let twice = catalog.insert_table(table("one"), 2).await.unwrap_err();
    assert!(matches!(twice, Error::TableExists(name) if name.as_str() == "one"));
    catalog.insert_table(table("two"), 2).await.unwrap();
    let third = catalog.insert_table(table("three"), 2).await.unwrap_err();
    assert!(matches!(third, Error::TooManyTables(2)));
    assert_eq!(catalog.count_tables().await.unwrap(), 2);
    let taken = catalog.insert_table(table("one"), 2).await.unwrap_err();
    assert!(matches!(taken, Error::TableExists(_)), "a taken name is told before the limit");
}

#[tokio::test]
async fn of_two_changes_of_one_state_the_second_is_refused() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    let read = insert(&catalog, "music").await;
    let mut first = read.clone();
    first.status = TableStatus::Active;
    assert_eq!(catalog.update_table(first).await.unwrap().revision, 2);
    let refused = catalog.update_table(read.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::TableChanged(name) if name == read.name));
    let kept = catalog.table(&read.name).await.unwrap().unwrap();
    assert_eq!(kept.status, TableStatus::Active);
}

#[tokio::test]
async fn names_are_paged_in_the_order_of_their_bytes() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    let given = ["b", "a.z", "a", "Z", "a_", "a-", "B", "0", "aa"];
    for name in given {
        insert(&catalog, name).await;
    }
    let mut expected = given.to_vec();
    expected.sort_unstable();
    let mut names = Vec::new();
    let mut tables = Vec::new();
    loop {
        let after = names.last().cloned();
        let page = catalog.table_names(after.as_ref(), 2).await.unwrap();
        let records = catalog.tables(after.as_ref(), 2).await.unwrap();
        tables.extend(records.into_iter().map(|table| table.name));
        if page.is_empty() {
            break;
        }
        names.extend(page);
    }
    assert_eq!(names.iter().map(TableName::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(tables, names);
    let after_absent = catalog.table_names(Some(&TableName::new("a0")), 1).await.unwrap();
    assert_eq!(after_absent, [TableName::new("a_")], "the name to begin after need not exist");
}

#[tokio::test]
async fn tags_are_changed_all_or_not_at_all() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    let id = insert(&catalog, "music").await.id;
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let change = TagChange {
        remove: vec!["k0".to_owned(), "absent".to_owned()],
        set: Tags::from([tag("k1", "new"), tag("k9", "")]),
    };
    catalog.change_tags(id, change).await.unwrap();
    let expected = Tags::from([tag("k1", "new"), tag("k9", "")]);
    assert_eq!(catalog.tags(id).await.unwrap(), expected);

    let many = (0..50).map(|n| (format!("m{n}"), String::new())).collect();
    let refused = catalog.change_tags(id, TagChange { remove: vec!["k9".to_owned()], set: many }).await;
    assert!(matches!(refused.unwrap_err(), Error::TooManyTags(50)));
    assert_eq!(catalog.tags(id).await.unwrap(), expected, "nothing of the refused change stays");
}

fn key(name: &str) -> ObjectKey {
    ObjectKey { kind: "Table".to_owned(), namespace: "ns".to_owned(), name: name.to_owned() }
}

fn object(key: ObjectKey) -> StoredObject {
    StoredObject { key, metadata: json!({ "labels": {} }), spec: json!({ "a": 1 }), status: json!(null) }
}

#[tokio::test]
async fn an_object_is_what_was_stored_last() {
    let folder = Folder::new();
    let catalog = folder.open().await;
    catalog.put_object(object(key("x"))).await.unwrap();
    let last = StoredObject { status: json!("ok"), ..object(key("x")) };
    catalog.put_object(last.clone()).await.unwrap();
    catalog.close().await;

    let catalog = folder.open().await;
    assert_eq!(catalog.object(&key("x")).await.unwrap(), Some(last));
    catalog.delete_object(&key("x")).await.unwrap();
    assert_eq!(catalog.object(&key("x")).await.unwrap(), None);
    catalog.delete_object(&key("x")).await.unwrap();
}

#[tokio::test]
async fn objects_are_listed_by_kind() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    for (kind, namespace, name) in [("B", "n", "b"), ("A", "n", "b"), ("A", "n", "a"), ("A", "m", "z")] {
        let key = ObjectKey { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() };
        catalog.put_object(object(key)).await.unwrap();
    }
    let listed = catalog.objects("A").await.unwrap();
    let keys: Vec<_> =
        listed.iter().map(|o| [&o.key.kind, &o.key.namespace, &o.key.name].map(String::as_str)).collect();
    assert_eq!(keys, [["A", "m", "z"], ["A", "n", "a"], ["A", "n", "b"]]);
    assert!(catalog.objects("C").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_several_processes_queue() {
    let folder = Folder::new();
    let catalogs = [Arc::new(folder.open().await), Arc::new(folder.open().await)];
    let writers: Vec<_> = (0..40)
        .map(|n| {
            let catalog = Arc::clone(&catalogs[n % 2]);
            tokio::spawn(async move { catalog.insert_table(table(&format!("t{n}")), 30).await })
        })
        .collect();
    let mut ids = Vec::new();
    let mut refused = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(table) => ids.push(table.id),
            Err(Error::TooManyTables(30)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), refused), (30, 10));
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    let name = insert(&catalog, "music").await.name;
    for damage in [
        "UPDATE tables SET status = 'LOST'",
        "UPDATE tables SET status = 'ACTIVE', definition = '{'",
        "UPDATE tables SET definition = '{}'",
        "UPDATE tables SET revision = -1",
    ] {
        sqlx::query(damage).execute(&catalog.pool).await.unwrap();
        let error = catalog.table(&name).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{damage}: {error}");
    }
}

fn mapping(number: u32) -> MappingRecord {
    let stream = StreamName { table: TableName::new("music"), label: "2026-10-08T23:20:48.000".to_owned() };
    let mapping = Mapping {
        id: MappingId::parse(&format!("14e0db71-5d35-4eb5-b481-{number:012}")).unwrap(),
        generation: 1,
        source: stream.arn(&scope("eu-west-1")),
        target: Target::Http {
            url: Url::parse(&format!("http://sink-{number}/")).unwrap(),
            headers: [].into(),
        },
        settings: Settings::default(),
        last_modified: UnixMillis(1),
    };
    MappingRecord { mapping, deleting: false }
}

#[tokio::test]
async fn a_mapping_that_cannot_be_read_hides_no_other_one() {
    let catalog = SqliteCatalog::in_memory().await.unwrap();
    let kept: Vec<MappingRecord> = (1..=5).map(mapping).collect();
    for record in &kept {
        assert_eq!(catalog.put_mapping(record.clone()).await.unwrap(), Stored::Done);
    }
    let damage = "UPDATE mappings SET mapping = '{}' WHERE id NOT LIKE '%4'";
    sqlx::query(damage).execute(&catalog.pool).await.unwrap();
    let fourth = &kept[3];
    for limit in [1, 2, 5] {
        assert_eq!(catalog.mappings(None, limit).await.unwrap(), std::slice::from_ref(fourth), "{limit}");
        assert_eq!(catalog.mappings(Some(&fourth.mapping.id), limit).await.unwrap(), []);
    }
    let error = catalog.mapping(&kept[0].mapping.id).await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }), "{error}");
}

#[tokio::test]
async fn the_first_owner_stays() {
    let folder = Folder::new();
    let catalog = folder.open().await;
    assert_eq!(catalog.claim(&scope("eu-west-1")).await.unwrap(), scope("eu-west-1"));
    catalog.close().await;

    let catalog = folder.open().await;
    assert_eq!(catalog.claim(&scope("us-east-1")).await.unwrap(), scope("eu-west-1"));
}

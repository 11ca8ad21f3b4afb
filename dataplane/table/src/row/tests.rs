use partita_model::{AttributeValue, Item, TableId};

use partita_model::key::partition_hash;

use super::*;

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn key(hash: &str, range: Option<&str>) -> ItemKey {
    let (hash, range) = (text(hash), range.map(text));
    ItemKey::new(TableId(7), KeyValues { hash: &hash, range: range.as_ref() }).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// These bytes are on disk: a change here loses every table there is.
#[test]
fn layout_is_the_documented_one() {
    let key = key("a", Some("b"));
    let hash = hex(&partition_hash(&text("a")));
    let partition = format!("01{:016x}{hash}0004{}", 7, "30610001");
    assert_eq!(hex(key.row()), format!("{partition}1030620001"));
    assert_eq!(hex(&key.index_row(3, &[0x21])), format!("{partition}20032130620001"));
    assert_eq!(hex(&key.collection()), format!("{partition}30"));
    assert_eq!(hex(&statistics(TableId(7), 5)), format!("06{:016x}05", 7));
    assert_eq!(hex(&descriptor(TableId(7))), format!("05{:016x}", 7));
    assert_eq!(hex(&collection_value(258)), "010000000000000102");
}

#[test]
fn rows_of_a_partition_are_contiguous_and_ordered() {
    let rows = [
        key("a", Some("b")).row().clone(),
        key("a", Some("c")).row().clone(),
        key("a", Some("c")).index_row(0, b"x"),
        key("a", Some("b")).index_row(0, b"y"),
        key("a", Some("b")).index_row(1, b"a"),
        key("a", None).collection(),
    ];
    assert!(rows.is_sorted());
    let prefix = &rows[0][..rows[0].len() - 5];
    assert!(rows.iter().all(|row| row.starts_with(prefix)));
}

#[test]
fn kind_is_found_behind_any_partition_key() {
    for hash in ["a", "\0\0", "\u{10ffff}", &"k".repeat(2048)] {
        let key = key(hash, Some("\u{10}\0"));
        assert_eq!(kind(key.row()), Some(RowKind::Item));
        assert_eq!(kind(&key.index_row(4, b"\x10")), Some(RowKind::IndexEntry(4)));
        assert_eq!(kind(&key.collection()), Some(RowKind::Collection));
    }
    assert_eq!(kind(b""), None);
    let row = key("a", None).row().clone();
    assert_eq!(kind(&row[..row.len() - 1]), None, "no kind byte");
    assert_eq!(kind(&[&row[..row.len() - 1], &[0x99]].concat()), None, "an unknown kind");
}

#[test]
fn seeking_passes_rows_of_other_kinds_only() {
    let key = key("a", Some("b"));
    let (item, first, second) = (key.row(), key.index_row(0, b"x"), key.index_row(1, b"x"));
    let collection = key.collection();
    let to_second = towards(item, RowKind::IndexEntry(1)).unwrap();
    assert!(to_second > first && to_second <= second);
    for row in [&first, &second, &collection] {
        let behind = towards(row, RowKind::Item).unwrap();
        assert!(behind > collection && behind.starts_with(&collection[..collection.len() - 1]));
    }
    assert!(towards(&collection, RowKind::IndexEntry(0)).unwrap() > collection);
}

#[test]
fn long_or_structured_keys_have_no_place() {
    let place = |hash| ItemKey::new(TableId(1), KeyValues { hash: &hash, range: None });
    assert_eq!(place(AttributeValue::Bool(true)), None);
    assert_eq!(place(text(&"x".repeat(1 << 16))), None);
}

#[test]
fn values_of_unknown_versions_are_corrupt() {
    let item = Item::from([("a".to_owned(), text("b"))]);
    let value = ItemValue::of(&item).bytes().clone();
    let read = |value: &[u8]| read_item(b"k", &Bytes::copy_from_slice(value));
    assert_eq!(hex(&value), "0101010161040162", "the row's version, then the item");
    assert_eq!(read(&value).unwrap().decode(), item);
    assert_eq!(ItemValue::read(b"k", value.clone()).unwrap(), ItemValue::of(&item));
    assert!(matches!(read(&[&[2], &value[1..]].concat()), Err(Error::CorruptRow { .. })));
    assert!(matches!(read(&value[..value.len() - 1]), Err(Error::CorruptItem { .. })));
    assert!(matches!(read(b""), Err(Error::CorruptRow { .. })));
    assert_eq!(read_collection(b"k", &collection_value(9)).unwrap(), 9);
    assert!(matches!(read_collection(b"k", &[1, 2]), Err(Error::CorruptRow { .. })));
}

use partita_model::schema::Projection;
use partita_model::{AttributeValue, IndexName, arbitrary};
use partita_model::{Item, ScalarType, TableDescriptor, TableId};
use proptest::prelude::*;

use super::*;
use crate::row::KeyValues;
use crate::tests::support::{item, key, n, s, table};

/// `p` (S) and `s` (N), with `by-g` (keys only) on `g` (S) and `h` (N), and `wide` (all) on `a` (S), `b` (N), `c` (B) and `d` (S).
fn descriptor() -> TableDescriptor {
    let index = |id, name: &str, hash: Vec<KeyAttribute>, range: Vec<KeyAttribute>, projection| GlobalIndex {
        id: TableId(id),
        active: true,
        name: IndexName::new(name),
        hash,
        range,
        projection,
        throughput: None,
    };
    let mut table = table(3, "t", key("p", ScalarType::S), Some(key("s", ScalarType::N)));
    let text = |name| key(name, ScalarType::S);
    let number = |name| key(name, ScalarType::N);
    table.global_indexes = vec![
        index(0x1001, "by-g", vec![text("g")], vec![number("h")], Projection::KeysOnly),
        index(
            0x1002,
            "wide",
            vec![text("a"), number("b")],
            vec![key("c", ScalarType::B), text("d")],
            Projection::All,
        ),
        index(0x1003, "hash", vec![text("g")], vec![], Projection::Include(vec!["x".to_owned()])),
    ];
    table
}

fn entry(index: usize, item: &Item) -> Option<Entry> {
    let descriptor = descriptor();
    let place = ItemKey::new(descriptor.id, KeyValues::of_item(&descriptor.key, item).unwrap()).unwrap();
    Entry::of_global(&descriptor.key, &descriptor.global_indexes[index], &place, &ItemValue::of(item))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// These bytes are on disks.
#[test]
fn rows_never_change() {
    let all = item([
        ("p", s("k")),
        ("s", n(1)),
        ("g", s("gg")),
        ("h", n(2)),
        ("a", s("A")),
        ("b", n(3)),
        ("c", AttributeValue::B(vec![0].into())),
        ("d", s("D")),
        ("x", s("X")),
    ]);
    let entries = [0, 1, 2].map(|index| entry(index, &all).unwrap());
    let rows = entries.each_ref().map(|entry| hex(&entry.row));
    assert_eq!(
        rows,
        [
            "010000000000001001\
         99d7a986d4ff7e3ce7e37bd245b42f11\
         0005\
         3067670001\
         50\
         228228\
         306b0001\
         228214",
            "010000000000001002\
         8822a1238ad345f7a5daf45739a657f4\
         0007\
         30410001\
         22823c\
         50\
         4000ff0001\
         30440001\
         306b0001\
         228214",
            "010000000000001003\
         99d7a986d4ff7e3ce7e37bd245b42f11\
         0005\
         3067670001\
         50\
         306b0001\
         228214",
        ]
    );
    let held = entries.each_ref().map(|entry| entry.value.item().decode());
    let keys = [("p", s("k")), ("s", n(1)), ("g", s("gg"))];
    assert_eq!(held[0], keys.iter().cloned().chain([("h", n(2))]).map(named).collect());
    assert_eq!(held[1], all);
    assert_eq!(held[2], keys.iter().cloned().chain([("x", s("X"))]).map(named).collect());
}

fn named((name, value): (&str, AttributeValue)) -> (String, AttributeValue) {
    (name.to_owned(), value)
}

#[test]
fn items_without_a_whole_key_are_not_held() {
    let fits = item([("p", s("k")), ("s", n(1)), ("g", s("g")), ("h", n(2))]);
    assert!(entry(0, &fits).is_some());
    let with = |name: &str, value: AttributeValue| {
        let mut item = fits.clone();
        item.insert(name.to_owned(), value);
        item
    };
    let mut without = fits.clone();
    without.remove("h");
    let longest = "x".repeat(2048);
    assert!(entry(0, &with("g", s(&longest))).is_some());
    for (item, why) in [
        (without, "missing"),
        (with("h", s("2")), "another type"),
        (with("h", AttributeValue::Null), "no key type"),
        (with("g", s("")), "empty"),
        (with("g", s(&(longest + "x"))), "too long"),
    ] {
        assert_eq!(entry(0, &item), None, "{why}");
    }
}

#[test]
fn sizes_of_a_key_count_together() {
    let with = |c: usize, d: usize| {
        let c = AttributeValue::B(vec![7; c].into());
        item([("p", s("k")), ("s", n(1)), ("a", s("a")), ("b", n(1)), ("c", c), ("d", s(&"d".repeat(d)))])
    };
    assert!(entry(1, &with(1000, 24)).is_some());
    assert_eq!(entry(1, &with(1000, 25)), None);
}

proptest! {
    /// Entries of one partition stand in the order of their sort attributes, then of the items they are of.
    #[test]
    fn entries_are_ordered_by_their_sort_attributes(
        (c1, c2) in (arbitrary::binary(), arbitrary::binary()),
        (d1, d2) in (arbitrary::text(), arbitrary::text()),
        (p1, p2) in (0..3, 0..3),
    ) {
        let with = |c: &bytes::Bytes, d: &str, p: i32| {
            let c = AttributeValue::B([&[1], c.as_ref()].concat().into());
            item([("p", s(&format!("k{p}"))), ("s", n(1)), ("a", s("a")), ("b", n(1)), ("c", c), ("d", s(&format!("x{d}")))])
        };
        let rows = [with(&c1, &d1, p1), with(&c2, &d2, p2)].map(|item| entry(1, &item).unwrap().row);
        let expected = (&c1, &d1, p1).cmp(&(&c2, &d2, p2));
        prop_assert_eq!(rows[0].cmp(&rows[1]), expected);
    }
}

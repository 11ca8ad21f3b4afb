use super::*;

/// Two items, of which the first is in both indexes and the second in none, and figures that are right.
fn contents() -> Contents {
    let (first, second) = (
        Item { value: Some("a-10".into()), count: Some(4), rank: Some(7) },
        Item { value: Some("b-20".into()), ..Item::default() },
    );
    let at = |key| ("c-1".to_owned(), key);
    let index = |name: &str, item: &Item| json!({"IndexName": name, "ItemCount": 1, "IndexSizeBytes": item.stored_bytes("c-1", 0)});
    let keys = Item { count: Some(4), ..Item::default() };
    let described = json!({"Table": {
        "ItemCount": 2,
        "TableSizeBytes": first.stored_bytes("c-1", 0) + second.stored_bytes("c-1", 1),
        "LocalSecondaryIndexes": [index("by-count", &keys), index("by-rank", &first)],
    }});
    let table = Rows::from([(at(0), first.clone()), (at(1), second)]);
    Contents { views: [table, Rows::from([(at(0), first)]), Rows::from([(at(0), keys)])], described }
}

#[test]
fn a_table_that_agrees_with_itself_passes() -> Result<()> {
    contents().check()
}

#[test]
fn what_is_half_there_is_found() {
    type Doctor = fn(&mut Contents);
    let doctors: [(&str, Doctor); 6] = [
        ("an item without its entry", |of| of.views[1].clear()),
        ("an entry without its item", |of| {
            of.views[2].insert(("c-1".into(), 3), Item { count: Some(1), ..Item::default() });
        }),
        ("an entry of an older item", |of| {
            of.views[1].values_mut().for_each(|item| item.value = Some("older-10".into()));
        }),
        ("an entry at an older sort key", |of| {
            of.views[2].values_mut().for_each(|item| item.count = Some(3))
        }),
        ("a wrong count", |of| of.described["Table"]["ItemCount"] = json!(3)),
        ("a wrong size of an index", |of| {
            of.described["Table"]["LocalSecondaryIndexes"][0]["IndexSizeBytes"] = json!(1);
        }),
    ];
    for (what, doctor) in doctors {
        let mut doctored = contents();
        doctor(&mut doctored);
        assert!(doctored.check().is_err(), "{what}");
    }
}

#[test]
fn a_collection_is_shown_in_each_view() {
    let contents = contents();
    let sizes: Vec<usize> = contents.of("c-1").map(|(_, items)| items.len()).collect();
    assert_eq!(sizes, [2, 1, 1]);
    assert!(contents.of("c-").chain(contents.of("c-11")).all(|(_, items)| items.is_empty()));
}

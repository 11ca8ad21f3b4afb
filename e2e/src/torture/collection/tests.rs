use super::*;

fn item(value: &str) -> Item {
    Item { value: Some(value.to_owned()), ..Item::default() }
}

fn archive() -> Archive {
    let mut archive = Archive::default();
    archive.add("c-1", BTreeMap::from([(0, item("a-1")), (2, item("b-1"))]));
    archive.add("c-2", BTreeMap::new());
    archive
}

fn table() -> Rows {
    [("c-1", 0, "a-1"), ("c-1", 2, "b-1"), ("c-9", 0, "z-1")]
        .map(|(name, key, value)| ((name.to_owned(), key), item(value)))
        .into()
}

#[test]
fn what_rests_stays_as_it_was() {
    let others = BTreeSet::from(["c-9"]);
    assert_eq!(archive().faults(&table(), &others), Vec::<String>::new());

    let mut lost = table();
    lost.remove(&("c-1".to_owned(), 2));
    let mut changed = table();
    changed.insert(("c-1".to_owned(), 0), item("older-1"));
    let mut back = table();
    back.insert(("c-2".to_owned(), 3), item("deleted-1"));
    let mut unheard = table();
    unheard.insert(("c-3".to_owned(), 0), item("evicted-1"));
    for doctored in [lost, changed, back, unheard] {
        assert_eq!(archive().faults(&doctored, &others).len(), 1, "{doctored:?}");
    }
}

#[test]
fn the_archive_gives_up_the_oldest() {
    let mut archive = archive();
    let heavy = item(&format!("c-{ARCHIVE_BYTES_MAX}"));
    assert!(archive.overflow().is_empty());
    archive.add("c-3", BTreeMap::from([(0, heavy)]));
    let names: Vec<String> = archive.overflow().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["c-1", "c-2", "c-3"]);
    assert_eq!(archive.bytes, 0);
}

#[test]
fn a_collection_rests_after_its_last_operation() {
    let stock = Stock::new();
    let mut rng = rand::SeedableRng::seed_from_u64(1);
    while locked(&stock.resting).is_empty() {
        stock.pick(&mut rng);
    }
    let resting = stock.take_resting();
    assert!(!stock.live().iter().any(|live| live.name == resting[0].name));
    assert_eq!(stock.live().len(), LIVE);
    stock.rest_all();
    assert_eq!(stock.take_resting().len(), LIVE);
}

use super::*;

fn item(value: &str) -> Item {
    Item { value: Some(value.to_owned()), count: Some(-20), rank: Some(100) }
}

#[test]
fn an_item_reads_as_it_was_written() -> Result<()> {
    for written in [item("w1-40"), Item::default(), Item { rank: None, ..item("w2-1") }] {
        let row = Row::read("c-1", &written.attributes("c-1", 3))?;
        assert_eq!(row, Row { key: 3, item: written });
    }
    Ok(())
}

#[test]
fn a_torn_item_is_refused() {
    let whole = item("w1-40").attributes("c-1", 3);
    let mut torn = vec![item("w1-40").attributes("c-2", 3)];
    for (name, other) in [
        ("v", json!({"S": "w2-40"})),
        ("padding", json!({"S": "w1-4"})),
        ("n", json!({"N": "-20.0"})),
        ("c", Value::Null),
        ("more", json!({"S": ""})),
    ] {
        let mut changed = whole.clone();
        changed[name] = other;
        torn.push(changed);
    }
    for attributes in torn {
        assert!(Row::read("c-1", &attributes).is_err(), "{attributes}");
    }
}

#[test]
fn bytes_are_those_of_the_developer_guide() {
    let numbers = [0, 7, 42, 100, 1000, -5, 123, 1230].map(number_bytes);
    assert_eq!(numbers, [1, 2, 2, 2, 2, 3, 3, 3]);
    // p, c-1; c, 3; v, w1-40; padding, 40; n, -20; r, 100.
    assert_eq!(item("w1-40").stored_bytes("c-1", 3), 100 + 4 + 3 + 6 + 47 + 4 + 3);
    assert_eq!(Item::default().stored_bytes("c-1", 0), 100 + 4 + 2);
}

#[test]
fn an_index_holds_what_it_projects() {
    assert_eq!(item("w1-40").seen_in(View::ByCount), Some(Item { count: Some(-20), ..Item::default() }));
    assert_eq!(item("w1-40").seen_in(View::ByRank), Some(item("w1-40")));
    let bare = Item { value: Some("w1-40".to_owned()), ..Item::default() };
    assert_eq!((bare.seen_in(View::ByRank), bare.seen_in(View::ByCount)), (None, None));
}

use partita_model::AttributeValue;
use proptest::prelude::*;

use super::*;
use crate::row::KeyValues;

const SETTING: TableId = TableId(9);

fn item(attribute: AttributeValue) -> StoredItem {
    StoredItem::of(&[("e".to_owned(), attribute)].into())
}

fn number(text: &str) -> StoredItem {
    item(AttributeValue::N(text.parse().unwrap()))
}

fn place() -> ItemKey {
    ItemKey::new(TableId(3), KeyValues { hash: &AttributeValue::S("k".to_owned()), range: None }).unwrap()
}

fn setting() -> TimeToLive {
    TimeToLive { id: SETTING, attribute: "e".to_owned() }
}

#[test]
fn a_row_stands_at_the_next_whole_second() {
    for (text, second) in [
        ("0", 0),
        ("1", 1),
        ("1795003200", 1_795_003_200),
        ("1795003200.000", 1_795_003_200),
        ("1795003200.001", 1_795_003_201),
        ("1.5E3", 1_500),
        ("1E-130", 1),
        ("0.00000000000000000000000000000000000000099999999999999999999999999999999999999", 1),
        ("253402300799", SECOND_MAX),
    ] {
        assert_eq!(second_of(&number(text), "e"), Some(second), "{text}");
    }
}

#[test]
fn what_is_no_time_that_can_come_has_no_row() {
    for text in ["-1", "-0.5", "-1E-130", "253402300800", "253402300799.5", "1795003200000", "1E125", "9E37"]
    {
        assert_eq!(second_of(&number(text), "e"), None, "{text}");
    }
    let text = AttributeValue::S("1795003200".to_owned());
    let set = AttributeValue::Ns(["1795003200".parse().unwrap()].into());
    for other in [text, set, AttributeValue::Null] {
        assert_eq!(second_of(&item(other), "e"), None);
    }
    assert_eq!(second_of(&number("5"), "another"), None);
}

#[test]
fn a_row_stays_as_it_is() {
    let mut batch = WriteBatch::new();
    let key = put_for(&setting(), place().row(), &number("258"), &mut batch).unwrap();
    let item = place().row().slice(TABLE_PREFIX_BYTES..);
    let expected = [b"\x07\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\x01\x02".as_slice(), &item].concat();
    assert_eq!(key, expected);
    assert_eq!(batch.keys().collect::<Vec<_>>(), [&key]);
    let row = ExpiryRow::read(TableId(3), key).unwrap();
    assert_eq!(row.item, place());
    assert!(row.is_of(&number("257.5"), "e") && !row.is_of(&number("257"), "e"));
}

#[test]
fn a_damaged_row_is_told_of() {
    let whole = key(SETTING, 5, place().row());
    for end in 0..whole.len() {
        // A cut at the very end leaves another item's row.
        if end < whole.len() - 2 {
            ExpiryRow::read(TableId(3), whole.slice(..end)).unwrap_err();
        }
    }
    ExpiryRow::read(TableId(3), place().row().clone()).unwrap_err();
}

#[test]
fn a_write_moves_the_row_of_its_item() {
    let moved = |before: Option<&str>, after: Option<&str>| {
        let images = Images { before: before.map(number), after: after.map(number) };
        let mut batch = WriteBatch::new();
        let put = follow(&setting(), place().row(), &images, &mut batch);
        (put, batch.keys().cloned().collect::<Vec<_>>())
    };
    let at = |second| key(SETTING, second, place().row());
    assert_eq!(moved(None, Some("5")), (Some(at(5)), vec![at(5)]));
    assert_eq!(moved(Some("5"), Some("7")), (Some(at(7)), vec![at(5), at(7)]));
    assert_eq!(moved(Some("5"), None), (None, vec![at(5)]));
    assert_eq!(moved(Some("5"), Some("-5")), (None, vec![at(5)]));
    // The same second, though the item may have changed.
    assert_eq!(moved(Some("5"), Some("4.5")), (None, vec![]));
    assert_eq!(moved(None, Some("-5")), (None, vec![]));
}

#[test]
fn due_is_what_has_passed_in_five_years() {
    let now = UnixMillis(1_795_003_200_999);
    let due = due(SETTING, now);
    let at = |second| key(SETTING, second, place().row());
    // The same time of day five years earlier, with one leap day between.
    let first = 1_795_003_200 - 1_826 * 86_400;
    for (second, inside) in
        [(0, false), (first - 1, false), (first, true), (1_795_003_200, true), (1_795_003_201, false)]
    {
        assert_eq!(due.contains(&at(second)), inside, "{second}");
    }
    assert!(super::due(SETTING, UnixMillis(0)).contains(&at(0)));
}

proptest! {
    /// Rounded up, so that a row is due when the time has passed and not before.
    #[test]
    fn a_second_is_the_first_at_which_the_time_has_passed(digits in 0..10_u128.pow(14), places in 0..6_u32) {
        let number = Number::from_parts(false, digits, -(places as i32)).unwrap();
        let scale = 10_u128.pow(places);
        let second = u128::from(whole_second(&number).unwrap_or(u64::MAX));
        if second <= u128::from(SECOND_MAX) {
            prop_assert!(second * scale >= digits && digits + scale > second * scale);
        } else {
            prop_assert!(digits.div_ceil(scale) > u128::from(SECOND_MAX));
        }
    }
}

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::arbitrary;

fn map(pairs: &[(&str, AttributeValue)]) -> BTreeMap<String, AttributeValue> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[test]
fn numbers_count_their_base_100_digits() {
    let digits_38 = "12345678901234567890123456789012345678";
    let cases = [
        ("0", 1),
        ("-0.0", 1),
        ("7", 2),
        ("70", 2),
        ("700", 2),
        ("99", 2),
        ("-99", 3),
        ("120", 3), // 1·100 + 20
        ("123", 3),
        ("1234", 3),
        ("2020", 3),
        ("12345", 4),
        ("0.5", 2),
        ("0.05", 2),
        ("0.25", 2),
        ("0.025", 3), // 2·100⁻¹ + 50·100⁻²
        ("2.5", 3),
        ("12.5", 3),
        ("2.71828", 5),
        ("-2.71828", 6),
        ("200.5", 4),
        ("1e125", 2),
        ("1e-130", 2),
        ("-1e-129", 3),
    ];
    for (text, bytes) in cases {
        assert_eq!(number_size(&text.parse().unwrap()), bytes, "{text}");
    }
    let long =
        |exponent: i32, sign: &str| number_size(&format!("{sign}{digits_38}e{exponent}").parse().unwrap());
    assert_eq!(long(0, ""), 20);
    assert_eq!(long(0, "-"), 21);
    assert_eq!(long(1, ""), 21);
    assert_eq!(long(1, "-"), 21);
}

#[test]
fn values_count_by_their_type() {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let cases = [
        (text(""), 0),
        (text("abc"), 3),
        (text("ä€😀"), 9),
        (AttributeValue::B(Bytes::from_static(&[0; 17])), 17),
        (AttributeValue::Bool(false), 1),
        (AttributeValue::Null, 1),
        (AttributeValue::L(vec![]), 3),
        (AttributeValue::L(vec![text("ab"), AttributeValue::Null]), 3 + 1 + 2 + 1 + 1),
        (AttributeValue::M(map(&[])), 3),
        (
            AttributeValue::M(map(&[("ü", text("ab")), ("n", AttributeValue::N(12.into()))])),
            3 + 1 + 2 + 2 + 1 + 1 + 2,
        ),
        (AttributeValue::L(vec![AttributeValue::L(vec![text("a")])]), 3 + 1 + (3 + 1 + 1)),
        (AttributeValue::Ss(BTreeSet::from(["a".to_owned(), "bcd".to_owned()])), 4),
        (AttributeValue::Ns(BTreeSet::from([0.into(), 1.into(), (-12).into()])), 1 + 2 + 3),
        (AttributeValue::Bs(BTreeSet::from([Bytes::from_static(b"ab"), Bytes::new()])), 2),
    ];
    for (value, bytes) in cases {
        assert_eq!(value_size(&value), bytes, "{value:?}");
    }
}

#[test]
fn items_count_names_and_values() {
    assert_eq!(item_size(&Item::new()), 0);
    assert_eq!(item_size(&map(&[("Username", "Fred".into())])), 12);
    assert_eq!(attribute_size("naïve", &AttributeValue::Bool(true)), 7);
    assert_eq!(item_size(&map(&[("pk", "k".into()), ("n", AttributeValue::N(42.into()))])), 6);
}

#[test]
fn nesting_counts_lists_and_maps() {
    let list = |inner: AttributeValue| AttributeValue::L(vec![inner]);
    assert_eq!(nesting_depth(&AttributeValue::Null), 0);
    assert_eq!(nesting_depth(&AttributeValue::Ss(BTreeSet::from(["a".to_owned()]))), 0);
    assert_eq!(nesting_depth(&AttributeValue::L(vec![])), 1);
    assert_eq!(nesting_depth(&list(AttributeValue::M(map(&[("a", list(true.into()))])))), 3);
    let deep = (0..40).fold(AttributeValue::Null, |value, _| list(value));
    assert_eq!(nesting_depth(&deep), 40);
}

proptest! {
    /// The rule said in another way: the digits as written, cut into pairs from the decimal point in both directions.
    #[test]
    fn number_size_is_that_of_pairs_around_the_point(n in arbitrary::number()) {
        let text = n.to_string();
        let unsigned = text.trim_start_matches('-');
        let (integer, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let padded = format!(
            "{}{integer}{fraction}{}",
            "0".repeat(integer.len() % 2),
            "0".repeat(fraction.len() % 2)
        );
        let pairs: Vec<&[u8]> = padded.as_bytes().chunks(2).collect();
        let is_set = |pair: &&[u8]| *pair != b"00";
        let size = match (pairs.iter().position(is_set), pairs.iter().rposition(is_set)) {
            (Some(first), Some(last)) => 1 + (last - first + 1) + usize::from(n.is_negative()),
            _ => 1,
        };
        prop_assert_eq!(number_size(&n), size.min(21));
    }
}

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::schema::ScalarType;
use crate::{Number, arbitrary};

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(text: &str) -> AttributeValue {
    AttributeValue::N(text.parse().unwrap())
}

fn b(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Bytes::copy_from_slice(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// These bytes are on disks: a change here loses rows.
#[test]
fn ordered_bytes_never_change() {
    let cases = [
        (s(""), "300001"),
        (s("ab"), "3061620001"),
        (s("a\0"), "306100ff0001"),
        (s("ÿ"), "30c3bf0001"),
        (b(b""), "400001"),
        (b(&[0x00, 0x01, 0xFF]), "4000ff01ff0001"),
        (n("0"), "21"),
        (n("1"), "228214"),
        (n("10"), "228314"),
        (n("12"), "228318"),
        (n("123"), "2284193c"),
        (n("1.5"), "22821e"),
        (n("-1"), "207deb"),
        (n("-123"), "207be6c3"),
        (n("1e-130"), "220014"),
        (n("1e125"), "22ff14"),
        (n("-1e125"), "2000eb"),
        (n("99999999999999999999999999999999999999e88"), "22ffc7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c6"),
    ];
    for (value, bytes) in cases {
        assert_eq!(hex(&encode_scalar(&value).unwrap()), bytes, "{value:?}");
    }
}

/// As on disk as the hash of one value.
#[test]
fn partition_hash_of_several_values_never_changes() {
    let of = |values: &[&AttributeValue]| hex(&partition_hash_of(values));
    let (ab, two) = (s("ab"), n("2"));
    assert_eq!(of(&[&ab]), hex(&partition_hash(&ab)));
    assert_eq!(of(&[&ab, &two]), "a0d049275d5f7c7ba091f7865ce16f2c");
    assert_eq!(of(&[&two, &ab]), "4d436f1b8f1629825edd2ba82127347a");
    assert_eq!(of(&[&ab, &two, &b(&[0, 1]), &s("")]), "14e1920ab3741a94a0f840af157ae35c");
    let spelled = [b"M".as_slice(), &encode_scalar(&ab).unwrap(), &encode_scalar(&two).unwrap()].concat();
    assert_eq!(partition_hash_of(&[&ab, &two]), xxh3_128(&spelled).to_be_bytes());
}

#[test]
fn partition_hash_is_one_hash_whatever_the_length() {
    for length in [0, 1, 126, 127, 128, 129, 2048] {
        let text = "k".repeat(length);
        let whole = xxh3_128(format!("S{text}").as_bytes()).to_be_bytes();
        assert_eq!(partition_hash(&s(&text)), whole, "{length}");
    }
}

/// Partitions are found by these hashes: a change here loses items. The values come from the reference implementation
/// of XXH3, by way of another language's binding.
#[test]
fn partition_hash_never_changes() {
    let cases = [
        (s("user#1"), "366c1077003a066aa3d0efc7bc37f590"),
        (s(""), "e686fc3dc9b2940389d130da47fb908c"),
        (n("0"), "e6e79766c9d6b00f980b63effa27ee07"),
        (n("42"), "929872cb9271f6bb04a2fd3d704790b1"),
        (n("-1.5"), "9d669924a1623277c3942103910fb2eb"),
        (b(&[0x00, 0xFF]), "275537a38568d50d700c3c996279b705"),
        // Longer than 240 bytes, where XXH3 goes another way.
        (s(&"x".repeat(300)), "783aed8a146a3f9abbbac157794499b2"),
    ];
    for (value, hash) in cases {
        assert_eq!(hex(&partition_hash(&value)), hash, "{value:?}");
    }
    assert_eq!(partition_hash(&n("42.0")), partition_hash(&n("4.2e1")));
    assert_ne!(partition_hash(&s("a")), partition_hash(&b(b"a")));
}

#[test]
fn other_types_have_no_ordered_bytes() {
    for value in [AttributeValue::Null, AttributeValue::Bool(true), AttributeValue::L(vec![])] {
        assert_eq!(encode_scalar(&value), None);
        assert_eq!(encode_prefix(&value), None);
        // Total all the same.
        assert_eq!(partition_hash(&value), partition_hash(&value.clone()));
    }
    assert_eq!(encode_prefix(&n("1")), None);
}

#[test]
fn decode_refuses_what_encode_does_not_make() {
    let cases: [&[u8]; 9] = [
        &[],
        &[0x31, 0x61, 0x00, 0x01], // no such type
        &[0x30],                   // no end
        &[0x30, 0x61],
        &[0x30, 0x61, 0x00],
        &[0x30, 0x61, 0x00, 0x02],       // neither escape nor end
        &[0x30, 0xFF, 0x00, 0x01],       // not UTF-8
        &[0x30, 0xC3, 0x00, 0x01],       // half a character
        &[0x40, 0x00, 0xFF, 0x00, 0xFF], // no end
    ];
    for bytes in cases {
        assert_eq!(decode_scalar(bytes), None, "{bytes:02x?}");
    }
}

fn schema() -> KeySchema {
    KeySchema {
        hash: KeyAttribute { name: "pk".to_owned(), scalar: ScalarType::S },
        range: Some(KeyAttribute { name: "sk".to_owned(), scalar: ScalarType::N }),
    }
}

fn item(pairs: &[(&str, AttributeValue)]) -> Item {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[test]
fn primary_key_is_taken_from_an_item_and_given_back() {
    let whole = item(&[("pk", s("a")), ("sk", n("12")), ("other", s("b"))]);
    let key = PrimaryKey::of_item(&schema(), &whole).unwrap();
    assert_eq!(key, PrimaryKey { hash: s("a"), range: Some(n("12")) });
    assert_eq!(key.to_item(&schema()), item(&[("pk", s("a")), ("sk", n("12"))]));
    assert_eq!(key.size(), 3);

    let hash_only = KeySchema { range: None, ..schema() };
    let key = PrimaryKey::of_item(&hash_only, &whole).unwrap();
    assert_eq!(key.range, None);
    assert_eq!(key.to_item(&hash_only), item(&[("pk", s("a"))]));
}

#[test]
fn primary_key_needs_every_part_of_its_type() {
    assert_eq!(PrimaryKey::of_item(&schema(), &item(&[("pk", s("a"))])), None);
    assert_eq!(PrimaryKey::of_item(&schema(), &item(&[("sk", n("1"))])), None);
    assert_eq!(PrimaryKey::of_item(&schema(), &item(&[("pk", s("a")), ("sk", s("1"))])), None);
    assert_eq!(PrimaryKey::of_item(&schema(), &item(&[("pk", b(b"a")), ("sk", n("1"))])), None);
}

fn cmp(a: &AttributeValue, b: &AttributeValue) -> Option<Ordering> {
    match (a, b) {
        (AttributeValue::S(a), AttributeValue::S(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (AttributeValue::N(a), AttributeValue::N(b)) => Some(a.cmp(b)),
        (AttributeValue::B(a), AttributeValue::B(b)) => Some(a.as_ref().cmp(b.as_ref())),
        _ => None,
    }
}

/// Two values of one type, often one the beginning of the other or one step away.
fn pair() -> impl Strategy<Value = (AttributeValue, AttributeValue)> {
    let neighbours = (arbitrary::number(), -3i128..=3, any::<bool>()).prop_map(|(a, step, flip)| {
        let moved = a.digits().saturating_add_signed(step);
        let b = Number::from_parts(a.is_negative() ^ flip, moved, i32::from(a.exponent())).unwrap_or(a);
        (AttributeValue::N(a), AttributeValue::N(b))
    });
    let begun = (arbitrary::text(), arbitrary::text())
        .prop_map(|(start, rest)| (AttributeValue::S(format!("{start}{rest}")), AttributeValue::S(start)));
    prop_oneof![
        (arbitrary::text(), arbitrary::text())
            .prop_map(|(a, b)| (AttributeValue::S(a), AttributeValue::S(b))),
        (arbitrary::binary(), arbitrary::binary())
            .prop_map(|(a, b)| (AttributeValue::B(a), AttributeValue::B(b))),
        (arbitrary::number(), arbitrary::number())
            .prop_map(|(a, b)| (AttributeValue::N(a), AttributeValue::N(b))),
        begun,
        neighbours,
    ]
}

proptest! {
    #[test]
    fn byte_order_is_value_order((a, b) in pair()) {
        prop_assert_eq!(Some(encode_scalar(&a).cmp(&encode_scalar(&b))), cmp(&a, &b));
    }

    #[test]
    fn byte_order_is_value_order_whatever_follows(
        (a, b) in pair(),
        after_a in arbitrary::binary(),
        after_b in arbitrary::binary(),
    ) {
        let row = |value: &AttributeValue, after: &Bytes| [encode_scalar(value).unwrap(), after.to_vec()].concat();
        let expected = cmp(&a, &b).map(|order| order.then_with(|| after_a.cmp(&after_b)));
        prop_assert_eq!(Some(row(&a, &after_a).cmp(&row(&b, &after_b))), expected);
    }

    #[test]
    fn decode_inverts_encode_and_leaves_the_rest(value in arbitrary::key_value(), after in arbitrary::binary()) {
        let bytes = [encode_scalar(&value).unwrap(), after.to_vec()].concat();
        prop_assert_eq!(decode_scalar(&bytes), Some((value, after.as_ref())));
    }

    #[test]
    fn decode_takes_only_what_encode_makes(
        tag in prop_oneof![Just(STRING), Just(BINARY), any::<u8>()],
        rest in prop_oneof![arbitrary::binary(), prop::collection::vec(any::<u8>(), 0..30).prop_map(Bytes::from)],
        end in any::<bool>(),
    ) {
        let mut bytes = [vec![tag], rest.to_vec()].concat();
        if end {
            bytes.extend([ESCAPE, END]);
        }
        if let Some((value, rest)) = decode_scalar(&bytes) {
            prop_assert_eq!([encode_scalar(&value).unwrap(), rest.to_vec()].concat(), bytes);
        }
    }

    #[test]
    fn prefix_bytes_begin_exactly_the_values_that_begin_with_it((value, prefix) in pair()) {
        let begins = match (&value, &prefix) {
            (AttributeValue::S(value), AttributeValue::S(prefix)) => value.starts_with(prefix.as_str()),
            (AttributeValue::B(value), AttributeValue::B(prefix)) => value.starts_with(prefix),
            _ => return Ok(()),
        };
        prop_assert_eq!(encode_scalar(&value).unwrap().starts_with(&encode_prefix(&prefix).unwrap()), begins);
    }
}

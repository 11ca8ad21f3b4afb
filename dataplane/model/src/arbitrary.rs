//! Generators for property tests, here and in other crates (feature `arbitrary`).
//!
//! They lean towards what breaks code: zero bytes and 0xFF in strings and binaries, values that begin one
//! another, numbers at the ends of the range, empty containers.

use std::collections::BTreeSet;

use bytes::Bytes;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use crate::number::{MAGNITUDE_MAX, MAGNITUDE_MIN};
use crate::{AttributeValue, Item, Number};

/// Lists and maps within each other that [`value`] goes.
const DEPTH: u32 = 4;

/// Any number, from zero to both ends of the range and any count of digits.
pub fn number() -> impl Strategy<Value = Number> {
    let digits = prop_oneof![
        2 => 0u128..1000,
        2 => (0u32..=38).prop_flat_map(|count| 0..10u128.pow(count)),
        1 => (0u32..=38).prop_map(|count| 10u128.pow(count) - 1),
    ];
    let magnitude = prop_oneof![
        4 => -3..=3,
        2 => i32::from(MAGNITUDE_MIN)..=i32::from(MAGNITUDE_MAX),
        1 => Just(i32::from(MAGNITUDE_MIN)),
        1 => Just(i32::from(MAGNITUDE_MAX)),
    ];
    (any::<bool>(), digits, magnitude).prop_map(|(negative, digits, magnitude)| {
        let first_digit = digits.checked_ilog10().map_or(0, |log| log as i32);
        Number::from_parts(negative, digits, magnitude - first_digit)
            .expect("at most 38 digits, with a magnitude in range")
    })
}

/// Any text, often short and with control characters, so that some begin others.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        vec(prop::sample::select(vec!['\0', '\u{1}', 'a', 'b', '\u{7F}', 'ÿ', '\u{FFFF}', '😀']), 0..4)
            .prop_map(String::from_iter),
        any::<String>(),
    ]
}

/// Any bytes, often short and of 0x00, 0x01, 0xFE, 0xFF.
pub fn binary() -> impl Strategy<Value = Bytes> {
    prop_oneof![vec(prop::sample::select(vec![0x00, 0x01, 0x61, 0xFE, 0xFF]), 0..4), vec(any::<u8>(), 0..40)]
        .prop_map(Bytes::from)
}

/// A value that can be a key; not empty.
pub fn key_value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        text().prop_filter("a key is not empty", |text| !text.is_empty()).prop_map(AttributeValue::S),
        number().prop_map(AttributeValue::N),
        binary().prop_filter("a key is not empty", |bytes| !bytes.is_empty()).prop_map(AttributeValue::B),
    ]
}

/// A value of any of the ten types.
pub fn value() -> impl Strategy<Value = AttributeValue> {
    leaf().prop_recursive(DEPTH, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(AttributeValue::L),
            btree_map(text(), inner, 0..5).prop_map(AttributeValue::M),
        ]
    })
}

/// An item of up to seven attributes with short names; not tied to a key schema.
pub fn item() -> impl Strategy<Value = Item> {
    btree_map(attribute_name(), value(), 0..8)
}

/// A name of 1 to 8 letters, digits and the like; the same names come back often.
pub fn attribute_name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-e]", 1 => "[a-zA-Z0-9_.-]{1,8}", 1 => "\\PC{1,8}"]
}

fn leaf() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        Just(AttributeValue::Null),
        any::<bool>().prop_map(AttributeValue::Bool),
        text().prop_map(AttributeValue::S),
        number().prop_map(AttributeValue::N),
        binary().prop_map(AttributeValue::B),
        set(text()).prop_map(AttributeValue::Ss),
        set(number()).prop_map(AttributeValue::Ns),
        set(binary()).prop_map(AttributeValue::Bs),
    ]
}

fn set<S>(member: S) -> impl Strategy<Value = BTreeSet<S::Value>>
where
    S: Strategy<Value: Ord>,
{
    btree_set(member, 1..5)
}

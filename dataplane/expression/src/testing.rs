//! Short ways to write values, items and substitutions in tests.

use std::collections::BTreeMap;

use bytes::Bytes;
use partita_model::{AttributeValue, Item, Number};

use crate::Substitutions;

pub(crate) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(Number::from(number))
}

pub(crate) fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn b(bytes: &'static [u8]) -> AttributeValue {
    AttributeValue::B(Bytes::from_static(bytes))
}

pub(crate) fn l<const N: usize>(elements: [AttributeValue; N]) -> AttributeValue {
    AttributeValue::L(elements.into())
}

pub(crate) fn m<const N: usize>(pairs: [(&str, AttributeValue); N]) -> AttributeValue {
    AttributeValue::M(item(pairs))
}

pub(crate) fn ss<const N: usize>(members: [&str; N]) -> AttributeValue {
    AttributeValue::Ss(members.into_iter().map(str::to_owned).collect())
}

pub(crate) fn ns<const N: usize>(members: [i64; N]) -> AttributeValue {
    AttributeValue::Ns(members.into_iter().map(Number::from).collect())
}

pub(crate) fn bs<const N: usize>(members: [&'static [u8]; N]) -> AttributeValue {
    AttributeValue::Bs(members.into_iter().map(Bytes::from_static).collect())
}

pub(crate) fn item<const N: usize>(pairs: [(&str, AttributeValue); N]) -> Item {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// One value of each type, by its type letters in lower case.
pub(crate) fn of_each_type() -> Item {
    item([
        ("s", s("text")),
        ("n", n(7)),
        ("b", b(b"bytes")),
        ("bool", AttributeValue::Bool(true)),
        ("null", AttributeValue::Null),
        ("m", m([("x", n(1)), ("y", l([n(10), n(20), n(30)]))])),
        ("l", l([n(1), s("two"), m([("three", n(3))])])),
        ("ss", ss(["red", "green"])),
        ("ns", ns([1, 2])),
        ("bs", bs([b"p", b"q"])),
    ])
}

/// Calls `test` with `#name` for every top-level attribute of [`of_each_type`] and `:value` for every value, and some more:
/// `#other` is `other`, `#dotted` is `a.b`, `#index` is `[3]`; `:zero`, `:one`, `:two` are numbers; `:a`, `:z` strings.
pub(crate) fn with_substitutions<T>(test: impl FnOnce(&Substitutions<'_>) -> T) -> T {
    let more_names = [("#other", "other"), ("#dotted", "a.b"), ("#index", "[3]")];
    let more_values = [(":zero", n(0)), (":one", n(1)), (":two", n(2)), (":a", s("a")), (":z", s("z"))];
    let each = of_each_type();
    let names: BTreeMap<String, String> = each
        .keys()
        .map(|name| (format!("#{name}"), name.clone()))
        .chain(more_names.map(|(key, name)| (key.to_owned(), name.to_owned())))
        .collect();
    let values: BTreeMap<String, AttributeValue> = each
        .into_iter()
        .map(|(name, value)| (format!(":{name}"), value))
        .chain(more_values.map(|(key, value)| (key.to_owned(), value)))
        .collect();
    test(&Substitutions::new(Some(&names), Some(&values)).unwrap())
}

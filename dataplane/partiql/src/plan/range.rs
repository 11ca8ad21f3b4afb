//! Ranges of sort keys, by the bytes that rows sort by.

use std::cmp::Ordering;

use partita_expression::RangeCondition;
use partita_model::AttributeValue;
use partita_model::key::{encode_prefix, encode_scalar};

/// Sort keys from `start` up to `end`, which is not included; without an end to the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: Vec<u8>,
    end: Option<Vec<u8>>,
}

impl Interval {
    /// All sort keys.
    pub(super) const ALL: Self = Self { start: Vec::new(), end: None };

    /// The keys that fulfil a condition on values that a key can have; `None` if a value is none.
    pub(super) fn of(condition: &RangeCondition) -> Option<Self> {
        let between = |start, end| Some(Self { start, end });
        match condition {
            RangeCondition::Eq(value) => between(encode_scalar(value)?, Some(after(value)?)),
            RangeCondition::Lt(value) => between(Vec::new(), Some(encode_scalar(value)?)),
            RangeCondition::Le(value) => between(Vec::new(), Some(after(value)?)),
            RangeCondition::Gt(value) => between(after(value)?, None),
            RangeCondition::Ge(value) => between(encode_scalar(value)?, None),
            RangeCondition::Between(lower, upper) => between(encode_scalar(lower)?, Some(after(upper)?)),
            RangeCondition::BeginsWith(prefix) => {
                let start = encode_prefix(prefix)?;
                let end = after_prefix(start.clone());
                between(start, end)
            }
        }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let begins_before_end =
            |one: &Self, other: &Self| other.end.as_ref().is_none_or(|end| one.start < *end);
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}

/// The first bytes after those of a value: no value's bytes begin another's.
fn after(value: &AttributeValue) -> Option<Vec<u8>> {
    let mut bytes = encode_scalar(value)?;
    bytes.push(0);
    Some(bytes)
}

/// The first bytes after all that begin with these; `None` if there are none.
fn after_prefix(mut prefix: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = prefix.pop() {
        if let Some(next) = last.checked_add(1) {
            prefix.push(next);
            return Some(prefix);
        }
    }
    None
}

/// The order of two values that a key can have; `None` if one is none or their types differ.
pub(super) fn order(one: &AttributeValue, other: &AttributeValue) -> Option<Ordering> {
    if one.attribute_type() != other.attribute_type() {
        return None;
    }
    Some(encode_scalar(one)?.cmp(&encode_scalar(other)?))
}

/// One range that both conditions say together, if a key condition can say it.
pub(super) fn both(one: &RangeCondition, other: &RangeCondition) -> Option<RangeCondition> {
    match (one, other) {
        (one, other) if one == other => Some(one.clone()),
        (RangeCondition::Ge(lower), RangeCondition::Le(upper))
        | (RangeCondition::Le(upper), RangeCondition::Ge(lower)) => {
            let ascending = order(lower, upper).is_some_and(|order| order.is_le());
            ascending.then(|| RangeCondition::Between(lower.clone(), upper.clone()))
        }
        _ => None,
    }
}

/// The values a condition compares with.
pub(super) fn values(condition: &RangeCondition) -> impl Iterator<Item = &AttributeValue> {
    let (first, second) = match condition {
        RangeCondition::Between(lower, upper) => (lower, Some(upper)),
        RangeCondition::Eq(value)
        | RangeCondition::Lt(value)
        | RangeCondition::Le(value)
        | RangeCondition::Gt(value)
        | RangeCondition::Ge(value)
        | RangeCondition::BeginsWith(value) => (value, None),
    };
    std::iter::once(first).chain(second)
}

#[cfg(test)]
mod tests {
    use partita_model::Number;
    use proptest::prelude::*;

    use super::*;

    fn n(number: i64) -> AttributeValue {
        AttributeValue::N(Number::from(number))
    }

    fn condition() -> impl Strategy<Value = RangeCondition> {
        let value = || (0..6i64).prop_map(n);
        prop_oneof![
            value().prop_map(RangeCondition::Eq),
            value().prop_map(RangeCondition::Lt),
            value().prop_map(RangeCondition::Le),
            value().prop_map(RangeCondition::Gt),
            value().prop_map(RangeCondition::Ge),
            (0..6i64, 0..6i64)
                .prop_map(|(one, other)| { RangeCondition::Between(n(one.min(other)), n(one.max(other))) }),
        ]
    }

    proptest! {
        #[test]
        fn ranges_overlap_if_they_share_a_key(one in condition(), other in condition()) {
            // Halves too, so that open ranges between two whole numbers are not empty.
            let keys = (-10..40i64).map(|tenths| AttributeValue::N(format!("{tenths}e-1").parse().unwrap()));
            let shared = keys.into_iter().any(|key| one.matches(&key) && other.matches(&key));
            let overlap = Interval::of(&one).unwrap().overlaps(&Interval::of(&other).unwrap());
            prop_assert!(!shared || overlap);
            // Empty ranges such as the keys above 3 and below 3 do not occur: each has its own bounds.
            let within = |key: &AttributeValue| one.matches(key) && other.matches(key);
            if let Some(joined) = both(&one, &other) {
                for key in (-10..70i64).map(|tenths| AttributeValue::N(format!("{tenths}e-1").parse().unwrap())) {
                    prop_assert_eq!(joined.matches(&key), within(&key));
                }
            }
        }
    }

    #[test]
    fn prefixes_overlap_what_begins_with_them() {
        let prefix = Interval::of(&RangeCondition::BeginsWith("ab".into())).unwrap();
        for (text, overlap) in [("ab", true), ("abz", true), ("a", false), ("ac", false), ("aa", false)] {
            let other = Interval::of(&RangeCondition::Eq(text.into())).unwrap();
            assert_eq!(prefix.overlaps(&other), overlap, "{text}");
        }
        assert!(prefix.overlaps(&Interval::ALL));
    }
}

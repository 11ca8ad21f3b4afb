//! Whether a condition holds for an item.
//!
//! A missing attribute is not an error: every test of it is false, except `attribute_not_exists` and `<>`. Nor is a type that
//! a test cannot take, once it comes from the item; the size of what has none differs from nothing, so even `<>` is false.

use std::borrow::Cow;
use std::cmp::Ordering;

use partita_model::{AttributeValue, Number};

use crate::Document;
use crate::ast::{Comparator, Node, Operand, Test, order};

pub(crate) fn holds(node: &Node, item: &impl Document) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().all(|node| holds(node, item)),
        Node::Any(nodes) => nodes.iter().any(|node| holds(node, item)),
        Node::Not(node) => !holds(node, item),
        Node::Test(test) => passes(test, item),
    }
}

fn passes(test: &Test, item: &impl Document) -> bool {
    match test {
        Test::Compare { comparator, left, right } => {
            !has_no_size(left, item)
                && !has_no_size(right, item)
                && compare(*comparator, value(left, item), value(right, item))
        }
        Test::Between { operand, lower, upper } => {
            let operand = value(operand, item);
            compare(Comparator::Ge, operand.clone(), value(lower, item))
                && compare(Comparator::Le, operand, value(upper, item))
        }
        Test::In { operand, list } => {
            let operand = value(operand, item);
            operand.is_some() && list.iter().any(|element| value(element, item) == operand)
        }
        Test::Exists(path) => item.find_type(path).is_some(),
        Test::NotExists(path) => item.find_type(path).is_none(),
        Test::HasType { operand: Operand::Path(path), expected } => item.find_type(path) == Some(*expected),
        Test::HasType { operand, expected } => {
            value(operand, item).is_some_and(|value| value.attribute_type() == *expected)
        }
        Test::BeginsWith { operand, prefix } => both(operand, prefix, item, begins_with),
        Test::Contains { operand, element } => both(operand, element, item, contains),
    }
}

fn both(
    first: &Operand,
    second: &Operand,
    item: &impl Document,
    test: impl Fn(&AttributeValue, &AttributeValue) -> bool,
) -> bool {
    match (value(first, item), value(second, item)) {
        (Some(first), Some(second)) => test(&first, &second),
        _ => false,
    }
}

/// The operand's value; `None` if it is missing, or the size of what has none.
fn value<'v>(operand: &'v Operand, item: &'v impl Document) -> Option<Cow<'v, AttributeValue>> {
    match operand {
        Operand::Path(path) => item.find(path),
        Operand::Value(value) => Some(Cow::Borrowed(value)),
        Operand::Size(sized) => {
            let size = size(&*value(sized, item)?)?;
            Some(Cow::Owned(AttributeValue::N(Number::from(size as u64))))
        }
    }
}

/// Whether the operand is the size of a value whose type has none.
fn has_no_size(operand: &Operand, item: &impl Document) -> bool {
    match operand {
        Operand::Size(sized) => value(sized, item).is_some_and(|value| size(&value).is_none()),
        Operand::Path(_) | Operand::Value(_) => false,
    }
}

fn compare(
    comparator: Comparator,
    left: Option<Cow<'_, AttributeValue>>,
    right: Option<Cow<'_, AttributeValue>>,
) -> bool {
    let equal = left.is_some() && left == right;
    let ordering = left.zip(right).and_then(|(left, right)| order(&left, &right));
    match comparator {
        Comparator::Eq => equal,
        Comparator::Ne => !equal,
        Comparator::Lt => ordering.is_some_and(Ordering::is_lt),
        Comparator::Le => ordering.is_some_and(Ordering::is_le),
        Comparator::Gt => ordering.is_some_and(Ordering::is_gt),
        Comparator::Ge => ordering.is_some_and(Ordering::is_ge),
    }
}

/// Characters of a string as Java and JavaScript count them (UTF-16 units), bytes of a binary, elements of anything else.
fn size(value: &AttributeValue) -> Option<usize> {
    match value {
        AttributeValue::S(text) => Some(text.encode_utf16().count()),
        AttributeValue::B(bytes) => Some(bytes.len()),
        AttributeValue::M(map) => Some(map.len()),
        AttributeValue::L(list) => Some(list.len()),
        AttributeValue::Ss(set) => Some(set.len()),
        AttributeValue::Ns(set) => Some(set.len()),
        AttributeValue::Bs(set) => Some(set.len()),
        AttributeValue::N(_) | AttributeValue::Bool(_) | AttributeValue::Null => None,
    }
}

pub(crate) fn begins_with(value: &AttributeValue, prefix: &AttributeValue) -> bool {
    match (value, prefix) {
        (AttributeValue::S(text), AttributeValue::S(prefix)) => text.starts_with(prefix.as_str()),
        (AttributeValue::B(bytes), AttributeValue::B(prefix)) => bytes.starts_with(prefix),
        _ => false,
    }
}

/// A part of a string or binary, a member of a set, an element of a list.
fn contains(value: &AttributeValue, element: &AttributeValue) -> bool {
    match (value, element) {
        (AttributeValue::S(text), AttributeValue::S(part)) => text.contains(part.as_str()),
        (AttributeValue::B(bytes), AttributeValue::B(part)) => {
            part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
        }
        (AttributeValue::Ss(set), AttributeValue::S(member)) => set.contains(member),
        (AttributeValue::Ns(set), AttributeValue::N(member)) => set.contains(member),
        (AttributeValue::Bs(set), AttributeValue::B(member)) => set.contains(member),
        (AttributeValue::L(list), element) => list.contains(element),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

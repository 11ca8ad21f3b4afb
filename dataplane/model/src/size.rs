//! How many bytes DynamoDB counts for a value, an attribute and an item. Limits and capacity units are
//! measured in these bytes; what an item takes on disk is another matter ([`crate::codec`]).
//!
//! The rules are those of the developer guide, "DynamoDB item sizes and formats"; a number's is exact where
//! the guide says "approximately".

use crate::{AttributeValue, Item, Number};

#[cfg(test)]
mod tests;

/// What a list or a map counts besides its elements.
pub(crate) const CONTAINER_BYTES: usize = 3;
/// What each element of a list, or pair of a map, counts besides its content.
pub(crate) const ELEMENT_BYTES: usize = 1;
/// A number never counts more.
const NUMBER_BYTES_MAX: usize = 21;

/// Bytes of the whole item, names included.
pub fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| attribute_size(name, value)).sum()
}

/// Bytes of one attribute: its name in UTF-8 and its value.
pub fn attribute_size(name: &str, value: &AttributeValue) -> usize {
    name.len() + value_size(value)
}

/// Bytes of a value.
pub fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number_size(number),
        AttributeValue::B(bytes) => bytes.len(),
        AttributeValue::Bool(_) | AttributeValue::Null => 1,
        AttributeValue::M(map) => {
            let pairs = map.iter().map(|(name, value)| ELEMENT_BYTES + attribute_size(name, value));
            CONTAINER_BYTES + pairs.sum::<usize>()
        }
        AttributeValue::L(list) => {
            CONTAINER_BYTES + list.iter().map(|value| ELEMENT_BYTES + value_size(value)).sum::<usize>()
        }
        AttributeValue::Ss(set) => set.iter().map(String::len).sum(),
        AttributeValue::Ns(set) => set.iter().map(number_size).sum(),
        AttributeValue::Bs(set) => set.iter().map(bytes::Bytes::len).sum(),
    }
}

/// Bytes of a number: 1 for zero; otherwise one, and one for each base-100 digit, and one if negative; at
/// most 21.
///
/// Base-100 digits lie at even powers of ten, so an even count of decimal digits that begins at an odd power
/// touches one more of them.
pub fn number_size(number: &Number) -> usize {
    if number.is_zero() {
        return 1;
    }
    digits_size(number.significant_digits() as usize, number.exponent(), number.is_negative())
}

/// Bytes of a number that is not zero, from how many significant digits it has and the power of ten they count in.
pub(crate) fn digits_size(significant: usize, exponent: i16, negative: bool) -> usize {
    let straddles = usize::from(exponent % 2 != 0);
    let pairs = (significant + straddles).div_ceil(2);
    (1 + pairs + usize::from(negative)).min(NUMBER_BYTES_MAX)
}

/// How many lists and maps lie within each other, the value itself counted: 0 for anything else, 1 for `[]`
/// or `[1]`, 2 for `[[]]`. Compare with [`crate::limits::NESTING_DEPTH_MAX`].
pub fn nesting_depth(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::M(map) => 1 + map.values().map(nesting_depth).max().unwrap_or(0),
        AttributeValue::L(list) => 1 + list.iter().map(nesting_depth).max().unwrap_or(0),
        _ => 0,
    }
}

//! The bytes of a number whose order is the order of the values. Keys and stored items share them; they never
//! change.
//!
//! ```text
//! zero      0x21
//! positive  0x22  magnitude  pair … pair
//! negative  0x20  then the same bytes, each complemented
//! ```
//!
//! - *magnitude*: the decimal exponent of the first digit plus 130, which is 0 to 255, in one byte.
//! - *pair*: the significant digits from the first on, two to a byte; an odd count is filled up with a zero.
//!   The byte is `2 × pair + 1`, and `2 × pair` for the last, so that a number that ends here sorts before
//!   one that goes on, and a reader knows where to stop.
//!
//! One to 21 bytes. The form is prefix-free: no number's bytes begin another's. Each number has exactly one
//! form, and [`read`] takes no other.

use super::{MAGNITUDE_MIN, Number, SIGNIFICANT_DIGITS_MAX};

/// First byte of a number below zero.
pub(crate) const NEGATIVE: u8 = 0x20;
/// The one byte of zero.
pub(crate) const ZERO: u8 = 0x21;
/// First byte of a number above zero.
pub(crate) const POSITIVE: u8 = 0x22;

const PAIRS_MAX: usize = SIGNIFICANT_DIGITS_MAX as usize / 2;

/// Appends the bytes of `number`.
pub(crate) fn write(number: &Number, out: &mut Vec<u8>) {
    if number.is_zero() {
        return out.push(ZERO);
    }
    let (class, mask) = if number.is_negative() { (NEGATIVE, 0xFF) } else { (POSITIVE, 0x00) };
    let magnitude = u8::try_from(number.magnitude() - MAGNITUDE_MIN).expect("a magnitude is -130 to 125");
    out.extend([class, magnitude ^ mask]);

    let count = number.significant_digits();
    let mut rest = if count.is_multiple_of(2) { number.digits } else { number.digits * 10 };
    let mut pairs = [0u8; PAIRS_MAX];
    let used = &mut pairs[..count.div_ceil(2) as usize]; // at most 38 digits, so at most 19 pairs
    for (place, byte) in used.iter_mut().rev().enumerate() {
        let pair = u8::try_from(rest % 100).expect("a remainder by 100 is below 100");
        *byte = (2 * pair + u8::from(place > 0)) ^ mask;
        rest /= 100;
    }
    out.extend_from_slice(used);
}

/// Takes one number off the front of `bytes` and returns it with what follows; `None` unless [`write`] makes
/// such bytes.
pub(crate) fn read(bytes: &[u8]) -> Option<(Number, &[u8])> {
    let (&class, rest) = bytes.split_first()?;
    let (negative, mask) = match class {
        ZERO => return Some((Number::ZERO, rest)),
        POSITIVE => (false, 0x00),
        NEGATIVE => (true, 0xFF),
        _ => return None,
    };
    let (&magnitude, mut rest) = rest.split_first()?;
    let magnitude = i32::from(magnitude ^ mask) + i32::from(MAGNITUDE_MIN);

    let mut digits = 0u128;
    for place in 0..PAIRS_MAX {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        let (pair, is_last) = ((byte ^ mask) >> 1, (byte ^ mask) & 1 == 0);
        // A first digit of zero, or a last pair of zeros, would be a second form of some number.
        if pair > 99 || (place == 0 && pair < 10) || (is_last && pair == 0) {
            return None;
        }
        digits = digits * 100 + u128::from(pair);
        if is_last {
            let exponent = magnitude - (2 * i32::try_from(place).ok()? + 1);
            return Number::from_parts(negative, digits, exponent).ok().map(|number| (number, rest));
        }
    }
    None
}

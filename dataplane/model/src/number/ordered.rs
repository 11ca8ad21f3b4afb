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
use crate::size::digits_size;

/// First byte of a number below zero.
pub(crate) const NEGATIVE: u8 = 0x20;
/// The one byte of zero.
pub(crate) const ZERO: u8 = 0x21;
/// First byte of a number above zero.
pub(crate) const POSITIVE: u8 = 0x22;

const PAIRS_MAX: usize = SIGNIFICANT_DIGITS_MAX as usize / 2;
/// So many pairs fit in a `u64`, whose arithmetic is far cheaper than that of a `u128`.
const SMALL_PAIRS_MAX: usize = 9;

/// The bytes of a number that is not zero, found to be well-formed.
struct Form<'b> {
    negative: bool,
    /// The decimal exponent of the first digit.
    magnitude: i16,
    /// Each byte of a pair.
    pairs: &'b [u8],
    /// What the bytes are complemented with.
    mask: u8,
}

/// Appends the bytes of `number`.
pub(crate) fn write(number: &Number, out: &mut Vec<u8>) {
    if number.is_zero() {
        return out.push(ZERO);
    }
    let (class, mask) = if number.is_negative() { (NEGATIVE, 0xFF) } else { (POSITIVE, 0x00) };
    let count = number.significant_digits();
    let magnitude = number.exponent() - MAGNITUDE_MIN + count as i16 - 1; // a count is at most 38
    let magnitude = u8::try_from(magnitude).expect("a magnitude is -130 to 125");
    out.extend([class, magnitude ^ mask]);

    let mut rest = if count.is_multiple_of(2) { number.digits } else { number.digits * 10 };
    let mut pairs = [0u8; PAIRS_MAX];
    let used = &mut pairs[..count.div_ceil(2) as usize]; // at most 38 digits, so at most 19 pairs
    for (place, byte) in used.iter_mut().rev().enumerate() {
        let pair;
        (rest, pair) = without_last_pair(rest);
        *byte = (2 * pair + u8::from(place > 0)) ^ mask;
    }
    out.extend_from_slice(used);
}

/// The digits but for the last two, and those two.
fn without_last_pair(digits: u128) -> (u128, u8) {
    match u64::try_from(digits) {
        Ok(digits) => (u128::from(digits / 100), (digits % 100) as u8),
        Err(_) => (digits / 100, (digits % 100) as u8),
    }
}

/// How many bytes [`write`] appends.
pub(crate) fn length(number: &Number) -> usize {
    if number.is_zero() { 1 } else { 2 + number.significant_digits().div_ceil(2) as usize }
}

/// Takes one number off the front of `bytes` and returns it with what follows; `None` unless [`write`] makes
/// such bytes.
pub(crate) fn read(bytes: &[u8]) -> Option<(Number, &[u8])> {
    let (form, rest) = split(bytes)?;
    Some((form.map_or(Number::ZERO, |form| form.number()), rest))
}

/// The size of the number at the front of `bytes`, as [`crate::size::number_size`] counts it, and what follows; `None` where
/// [`read`] is.
pub(crate) fn measure(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (form, rest) = split(bytes)?;
    let size = form.map_or(1, |form| {
        digits_size(usize::from(form.significant_digits()), form.exponent(), form.negative)
    });
    Some((size, rest))
}

/// Takes the bytes of one number off the front; no form means zero.
fn split(bytes: &[u8]) -> Option<(Option<Form<'_>>, &[u8])> {
    let (&class, rest) = bytes.split_first()?;
    let (negative, mask) = match class {
        ZERO => return Some((None, rest)),
        POSITIVE => (false, 0x00),
        NEGATIVE => (true, 0xFF),
        _ => return None,
    };
    let (&magnitude, rest) = rest.split_first()?;
    let magnitude = i16::from(magnitude ^ mask) + MAGNITUDE_MIN;
    for (place, byte) in rest.iter().take(PAIRS_MAX).enumerate() {
        let (pair, is_last) = ((byte ^ mask) >> 1, (byte ^ mask) & 1 == 0);
        // A first digit of zero, or a last pair of zeros, would be a second form of some number.
        if pair > 99 || (place == 0 && pair < 10) || (is_last && pair == 0) {
            return None;
        }
        if is_last {
            let (pairs, rest) = rest.split_at_checked(place + 1)?;
            return Some((Some(Form { negative, magnitude, pairs, mask }), rest));
        }
    }
    None
}

impl Form<'_> {
    fn pairs(&self) -> impl Iterator<Item = u8> {
        self.pairs.iter().map(|byte| (byte ^ self.mask) >> 1)
    }

    fn last_pair(&self) -> u8 {
        self.pairs.last().map_or(0, |byte| (byte ^ self.mask) >> 1)
    }

    /// Whether the last digit only fills up the last pair.
    fn is_filled_up(&self) -> bool {
        self.last_pair().is_multiple_of(10)
    }

    fn significant_digits(&self) -> u8 {
        2 * self.pairs.len() as u8 - u8::from(self.is_filled_up()) // at most 19 pairs
    }

    fn exponent(&self) -> i16 {
        self.magnitude + 1 - i16::from(self.significant_digits())
    }

    fn number(&self) -> Number {
        let digits = match self.pairs.len() {
            ..=SMALL_PAIRS_MAX => {
                let digits = self.pairs().fold(0, |sum, pair| sum * 100 + u64::from(pair));
                u128::from(if self.is_filled_up() { digits / 10 } else { digits })
            }
            _ => {
                let digits = self.pairs().fold(0, |sum, pair| sum * 100 + u128::from(pair));
                if self.is_filled_up() { digits / 10 } else { digits }
            }
        };
        Number::normal(self.negative, digits, i64::from(self.exponent()))
    }
}

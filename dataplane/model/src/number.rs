//! DynamoDB's numbers: decimals of up to 38 significant digits, exact, with a magnitude from 1E-130 to below
//! 1E+126.
//!
//! A [`Number`] is `±digits × 10^exponent` in normal form: `digits` does not end in a zero, and zero is
//! `+0 × 10^0`. Two numbers of equal value are therefore the same bits, so equality and hashing need no
//! arithmetic.

use std::cmp::Ordering;
use std::fmt;
use std::io::Write as _;
use std::ops::Neg;
use std::str::FromStr;

pub(crate) mod ordered;
#[cfg(test)]
mod tests;

/// Most significant digits of a number (documented limit of the Number type).
pub const SIGNIFICANT_DIGITS_MAX: u32 = 38;
/// Decimal exponent of the first digit of the largest magnitude, 9.99…E+125 (documented limit).
pub const MAGNITUDE_MAX: i16 = 125;
/// Decimal exponent of the first digit of the smallest magnitude but zero, 1E-130 (documented limit).
pub const MAGNITUDE_MIN: i16 = -130;

/// The first integer of more than [`SIGNIFICANT_DIGITS_MAX`] digits.
const DIGITS_BOUND: u128 = 10u128.pow(SIGNIFICANT_DIGITS_MAX);
/// Digits that fit in a `u64` whatever they are.
const SHORT_DIGITS_MAX: usize = 18;
/// A written exponent is cut off here: any text that fits in memory overflows or underflows long before.
const WRITTEN_EXPONENT_BOUND: i64 = 1_000_000_000_000;

/// A decimal number, always in normal form; see the module's page.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    exponent: i16,
    digits: u128,
}

/// Why a text is not a number DynamoDB can hold, or why a sum is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is not a decimal number. Empty when the text was.
    #[error("not a decimal number: {text:?}")]
    NotNumeric {
        /// What was given.
        text: String,
    },
    /// More than [`SIGNIFICANT_DIGITS_MAX`] digits between the first and the last that is not zero.
    #[error("more than {SIGNIFICANT_DIGITS_MAX} significant digits")]
    TooManyDigits,
    /// The magnitude is 1E+126 or larger.
    #[error("magnitude above 9.99E+{MAGNITUDE_MAX}")]
    Overflow,
    /// The magnitude is below 1E-130, and not zero.
    #[error("magnitude below 1E{MAGNITUDE_MIN}")]
    Underflow,
}

impl Number {
    /// Zero.
    pub const ZERO: Self = Self { negative: false, exponent: 0, digits: 0 };

    /// `±digits × 10^exponent`, brought to normal form. Fails if the value is out of DynamoDB's range, but
    /// never with [`NumberError::NotNumeric`]; a range error wins over too many digits.
    pub fn from_parts(negative: bool, digits: u128, exponent: i32) -> Result<Self, NumberError> {
        if digits == 0 {
            return Ok(Self::ZERO);
        }
        let (mut digits, mut exponent) = (digits, i64::from(exponent));
        while digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        Self::in_range(exponent + i64::from(digits.ilog10()))?;
        if digits >= DIGITS_BOUND {
            return Err(NumberError::TooManyDigits);
        }
        Ok(Self::normal(negative, digits, exponent))
    }

    /// The significant digits as an integer below 10^38 that does not end in a zero; 0 for zero.
    pub fn digits(&self) -> u128 {
        self.digits
    }

    /// The power of ten that [`Self::digits`] counts in; 0 for zero.
    pub fn exponent(&self) -> i16 {
        self.exponent
    }

    /// Whether the value is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Whether the value is zero.
    pub fn is_zero(&self) -> bool {
        self.digits == 0
    }

    /// How many digits lie between the first and the last that is not zero, both counted; 1 for zero.
    pub fn significant_digits(&self) -> u32 {
        // Most numbers fit in a `u64`, whose logarithm costs a fraction of the other.
        let log = match u64::try_from(self.digits) {
            Ok(digits) => digits.checked_ilog10(),
            Err(_) => self.digits.checked_ilog10(),
        };
        log.unwrap_or(0) + 1
    }

    /// The exact sum, or an error if no [`Number`] is equal to it. Nothing is ever rounded. A sum that has
    /// both too many digits and a magnitude out of range is refused for either.
    pub fn checked_add(&self, other: &Self) -> Result<Self, NumberError> {
        if self.is_zero() || other.is_zero() {
            return Ok(if self.is_zero() { *other } else { *self });
        }
        let (high, low) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        // If the exponents differ, the last digit of `low` is also the last of the sum. A sum of at most 38
        // digits is then below 10^38 in units of `low`, as `low` is, so `high` is below 2·10^38 and fits.
        // What does not fit has a sum of too many digits.
        let shift = u32::from(high.exponent.abs_diff(low.exponent));
        let high_digits = 10u128
            .checked_pow(shift)
            .and_then(|scale| high.digits.checked_mul(scale))
            .ok_or(NumberError::TooManyDigits)?;
        let (negative, digits) = if high.negative == low.negative {
            (high.negative, high_digits.checked_add(low.digits).ok_or(NumberError::TooManyDigits)?)
        } else if high_digits >= low.digits {
            (high.negative, high_digits - low.digits)
        } else {
            (low.negative, low.digits - high_digits)
        };
        Self::from_parts(negative, digits, i32::from(low.exponent))
    }

    /// The exact difference, or an error if no [`Number`] is equal to it. Nothing is ever rounded.
    pub fn checked_sub(&self, other: &Self) -> Result<Self, NumberError> {
        self.checked_add(&-*other)
    }

    /// Appends the text that [`Display`](fmt::Display) makes, faster for the numbers that are most frequent: those of few digits
    /// on either side of the point.
    pub fn push_text(&self, out: &mut Vec<u8>) {
        let Some((mut rest, places)) = self.short_parts() else {
            return write!(out, "{self}").expect("a vector takes any bytes");
        };
        if self.negative {
            out.push(b'-');
        }
        let start = out.len();
        // From the last digit on; at least one digit stands before the point.
        for written in 1.. {
            out.push(b'0' + (rest % 10) as u8);
            rest /= 10;
            if written == places {
                out.push(b'.');
            }
            if rest == 0 && written > places {
                break;
            }
        }
        out.get_mut(start..).unwrap_or_default().reverse();
    }

    /// The digits without the point, and how many of them stand behind it, if both are few.
    fn short_parts(&self) -> Option<(u64, usize)> {
        let digits = u64::try_from(self.digits).ok()?;
        match u32::try_from(self.exponent) {
            Ok(exponent) => Some((digits.checked_mul(10u64.checked_pow(exponent)?)?, 0)),
            Err(_) => {
                let places = usize::from(self.exponent.unsigned_abs());
                (places <= SHORT_DIGITS_MAX).then_some((digits, places))
            }
        }
    }

    /// The decimal exponent of the first digit, as scientific notation writes it; 0 for zero.
    fn magnitude(&self) -> i16 {
        self.exponent + self.significant_digits() as i16 - 1
    }

    fn in_range(magnitude: i64) -> Result<(), NumberError> {
        if magnitude > i64::from(MAGNITUDE_MAX) {
            Err(NumberError::Overflow)
        } else if magnitude < i64::from(MAGNITUDE_MIN) {
            Err(NumberError::Underflow)
        } else {
            Ok(())
        }
    }

    /// Takes parts that are in range and in normal form already.
    fn normal(negative: bool, digits: u128, exponent: i64) -> Self {
        debug_assert!(digits < DIGITS_BOUND && !digits.is_multiple_of(10));
        let exponent = i16::try_from(exponent).expect("a magnitude in range has an exponent of -167 to 125");
        Self { negative, exponent, digits }
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        // Left-aligned to 38 digits, the digits of numbers of one magnitude compare as integers.
        let aligned = |n: &Self| n.digits * 10u128.pow(SIGNIFICANT_DIGITS_MAX - n.significant_digits());
        self.magnitude().cmp(&other.magnitude()).then_with(|| aligned(self).cmp(&aligned(other)))
    }

    fn signum(&self) -> i8 {
        if self.is_zero() {
            0
        } else if self.negative {
            -1
        } else {
            1
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.signum().cmp(&other.signum()).then_with(|| match self.signum() {
            0 => Ordering::Equal,
            1 => self.cmp_magnitude(other),
            _ => other.cmp_magnitude(self),
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Neg for Number {
    type Output = Self;
    fn neg(self) -> Self {
        Self { negative: !self.negative && !self.is_zero(), ..self }
    }
}

/// The text DynamoDB returns: plain notation, never an exponent, no needless zeros.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let places = usize::from(self.exponent.unsigned_abs());
        if self.exponent >= 0 {
            return write!(f, "{sign}{}{:0<places$}", self.digits, "");
        }
        // A power beyond u128 is larger than any digits: all of them stand behind the point.
        let (integer, fraction) = 10u128
            .checked_pow(u32::from(self.exponent.unsigned_abs()))
            .map_or((0, self.digits), |scale| (self.digits / scale, self.digits % scale));
        write!(f, "{sign}{integer}.{fraction:0places$}")
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({self})")
    }
}

/// Reads an optional sign, digits with an optional point (at least one digit on either side of it), and an
/// optional exponent (`e` or `E`, an optional sign, digits). Neither white space nor `NaN` nor `Infinity` is
/// a number. A range error wins over too many digits.
impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        if let Some(number) = short(text) {
            return Ok(number);
        }
        let literal = Literal::read(text).ok_or_else(|| NumberError::NotNumeric { text: text.to_owned() })?;
        literal.value()
    }
}

/// Reads a number of few digits without an exponent, as most are, in 64-bit arithmetic; `None` of any other text.
fn short(text: &str) -> Option<Number> {
    let (negative, unsigned) = read_sign(text);
    let (mut digits, mut count, mut places) = (0u64, 0, None);
    for byte in unsigned.bytes() {
        match byte {
            b'0'..=b'9' if count < SHORT_DIGITS_MAX => {
                digits = digits * 10 + u64::from(byte - b'0');
                count += 1;
                places = places.map(|places: i16| places + 1);
            }
            b'.' if places.is_none() => places = Some(0),
            _ => return None,
        }
    }
    if digits == 0 {
        return (count > 0).then_some(Number::ZERO);
    }
    let mut exponent = -places.unwrap_or(0);
    while digits.is_multiple_of(10) {
        (digits, exponent) = (digits / 10, exponent + 1);
    }
    // So few digits are far from either end of the range.
    Some(Number { negative, exponent, digits: digits.into() })
}

/// A number as written. `integer` and `fraction` hold only ASCII digits.
struct Literal<'a> {
    negative: bool,
    integer: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Literal<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (negative, unsigned) = read_sign(mantissa);
        let (integer, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let mut digits = integer.bytes().chain(fraction.bytes()).peekable();
        digits.peek()?;
        digits.all(|b| b.is_ascii_digit()).then_some(Self { negative, integer, fraction, exponent })
    }

    fn value(&self) -> Result<Number, NumberError> {
        let written = || self.integer.bytes().chain(self.fraction.bytes()).map(|b| b - b'0');
        let Some(leading_zeros) = written().position(|digit| digit != 0) else {
            return Ok(Number::ZERO);
        };
        let trailing_zeros = written().rev().take_while(|digit| *digit == 0).count();
        let significant = self.integer.len() + self.fraction.len() - leading_zeros - trailing_zeros;

        // A length is below 2^63, and the exponent far below, so that these sums are exact.
        let exponent = self.exponent - self.fraction.len() as i64 + trailing_zeros as i64;
        Number::in_range(exponent + significant as i64 - 1)?;
        if significant > SIGNIFICANT_DIGITS_MAX as usize {
            return Err(NumberError::TooManyDigits);
        }
        let digits = written()
            .skip(leading_zeros)
            .take(significant)
            .fold(0, |sum, digit| sum * 10 + u128::from(digit));
        Ok(Number::normal(self.negative, digits, exponent))
    }
}

fn read_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn read_exponent(text: &str) -> Option<i64> {
    let (negative, unsigned) = read_sign(text);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size =
        unsigned.bytes().fold(0, |sum, b| (sum * 10 + i64::from(b - b'0')).min(WRITTEN_EXPONENT_BOUND));
    Some(if negative { -size } else { size })
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                Self::from_parts(value < <$integer>::MIN.max(0), u128::from(value.abs_diff(0)), 0)
                    .expect("a 64-bit integer has at most 20 digits")
            }
        }
    )*};
}
from_integer!(u64, i64, u32, i32);

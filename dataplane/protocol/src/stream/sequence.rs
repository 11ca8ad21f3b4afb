//! Positions in a stream.

use std::fmt;

use serde::{Serialize, Serializer};

/// Added to each position, so that all of them have 21 digits, the fewest that the service model allows. Sequence numbers are
/// in the hands of clients: this stays for ever.
const BASE: u128 = 100_000_000_000_000_000_000;

/// A position in a table's change log, as clients see it: a decimal number of 21 digits. Later changes have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceNumber(u64);

impl SequenceNumber {
    /// The number of a position. The same position always has the same number.
    pub fn of(position: u64) -> Self {
        Self(position)
    }

    /// The position.
    pub fn position(self) -> u64 {
        self.0
    }

    /// Reads a number of any length; `None` if `text` is no decimal number. What is less than every number that is given out
    /// stands for the first position, what is greater for the last.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // Digits alone fail to parse only if they are too many.
        let number = text.parse::<u128>().unwrap_or(u128::MAX);
        Some(Self(u64::try_from(number.saturating_sub(BASE)).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (BASE + u128::from(self.0)).fmt(f)
    }
}

impl Serialize for SequenceNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_never_change() {
        assert_eq!(SequenceNumber::of(0).to_string(), "100000000000000000000");
        assert_eq!(SequenceNumber::of(7).to_string(), "100000000000000000007");
        assert_eq!(SequenceNumber::of(u64::MAX).to_string(), "118446744073709551615");
    }

    #[test]
    fn numbers_that_were_never_given_out_are_before_or_after_all_others() {
        let position = |text: &str| SequenceNumber::read(text).map(SequenceNumber::position);
        assert_eq!(position("000000000000000000000"), Some(0));
        assert_eq!(position("099999999999999999999"), Some(0));
        assert_eq!(position(&"9".repeat(40)), Some(u64::MAX));
        for malformed in ["", "-00000000000000000001", "+00000000000000000001", "10000000000000000000x", "١"]
        {
            assert_eq!(position(malformed), None, "{malformed}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_ordered_as_positions_and_read_back(one: u64, other: u64) {
            let (low, high) = (one.min(other), one.max(other));
            let texts = [low, high].map(|position| SequenceNumber::of(position).to_string());
            prop_assert!(texts.iter().all(|text| text.len() == 21));
            prop_assert_eq!(texts[0].cmp(&texts[1]), low.cmp(&high));
            prop_assert_eq!(SequenceNumber::read(&texts[0]), Some(SequenceNumber::of(low)));
        }
    }
}

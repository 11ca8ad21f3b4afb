//! The times of a signature: ISO 8601 "basic" form (`20260131T235959Z`), and the HTTP date that may stand in for it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use partita_model::clock::UnixMillis;

/// The length of `20260131T235959Z`.
const BASIC_LENGTH: usize = 16;

/// The length of `20260131`.
const DAY_LENGTH: usize = 8;

/// A wrong day of the week is overlooked: it adds nothing to the date, and AWS's own examples have one.
const HTTP_DATE: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// A time as signatures write it: `20260131T235959Z`. Times outside jiff's years show as the nearest it has.
pub fn basic(time: UnixMillis) -> String {
    Written::of(time).basic().to_owned()
}

/// A time in the form of signatures, without an allocation: each request is held against one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written([u8; BASIC_LENGTH]);

impl Written {
    pub(crate) fn of(time: UnixMillis) -> Self {
        let civil = TimeZone::UTC.to_datetime(timestamp(time));
        let mut text = *b"00000000T000000Z";
        let mut put = |from: usize, digits: usize, number: u32| {
            let mut rest = number;
            for at in (from..from + digits).rev() {
                // A remainder of ten is one digit.
                text[at] = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        };
        // UNIX times begin in 1970, so that no part is negative.
        put(0, 4, u32::from(civil.year().unsigned_abs()));
        for (from, part) in [
            (4, civil.month()),
            (6, civil.day()),
            (9, civil.hour()),
            (11, civil.minute()),
            (13, civil.second()),
        ] {
            put(from, 2, u32::from(part.unsigned_abs()));
        }
        Self(text)
    }

    /// `20260131T235959Z`.
    pub(crate) fn basic(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits and letters are text")
    }

    /// `20260131`.
    pub(crate) fn day(&self) -> &str {
        self.basic().get(..DAY_LENGTH).expect("the day stands first")
    }
}

/// Reads the value of `X-Amz-Date` or `Date`.
pub(crate) fn parse(text: &str) -> Option<UnixMillis> {
    let time = parse_basic(text).or_else(|| HTTP_DATE.parse_timestamp(text).ok())?;
    u64::try_from(time.as_millisecond()).ok().map(UnixMillis)
}

fn parse_basic(text: &str) -> Option<Timestamp> {
    let text: &[u8; BASIC_LENGTH] = text.as_bytes().try_into().ok()?;
    let shaped = text.iter().enumerate().all(|(at, byte)| match at {
        8 => *byte == b'T',
        15 => *byte == b'Z',
        _ => byte.is_ascii_digit(),
    });
    if !shaped {
        return None;
    }
    let number = |from: usize, digits: usize| {
        // Four digits at most.
        text[from..from + digits].iter().fold(0i16, |sum, digit| sum * 10 + i16::from(digit - b'0'))
    };
    let small = |from| i8::try_from(number(from, 2)).ok();
    // A leap second counts as the one before it, which is the last that UNIX time knows.
    let second = small(13)?.min(if small(13)? == 60 { 59 } else { i8::MAX });
    let civil = DateTime::new(number(0, 4), small(4)?, small(6)?, small(9)?, small(11)?, second, 0).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

fn timestamp(time: UnixMillis) -> Timestamp {
    i64::try_from(time.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAP_DAY: UnixMillis = UnixMillis(1_709_210_096_000);

    #[test]
    fn both_forms_of_one_time_are_equal() {
        assert_eq!(parse("20240229T123456Z"), Some(LEAP_DAY));
        assert_eq!(parse("Thu, 29 Feb 2024 12:34:56 GMT"), Some(LEAP_DAY));
        assert_eq!(basic(LEAP_DAY), "20240229T123456Z");
        assert_eq!(Written::of(LEAP_DAY).day(), "20240229");
        assert_eq!(parse("20240229T123460Z"), parse("20240229T123459Z"), "a leap second");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "20240229",
            "20240230T000000Z",
            "20240229T240000Z",
            "20240229T006000Z",
            "20240229T000061Z",
            "20240229T123456",
            "20240229t123456z",
            "2024-02-29T12:34:56Z",
            "20240229T1234567",
            "2024022９T12345Z",
            "19691231T235959Z",
            "20240229T123456Z ",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_beyond_the_calendar_still_shows() {
        assert!(basic(UnixMillis(u64::MAX)).ends_with('Z'));
    }
}

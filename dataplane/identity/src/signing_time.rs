//! The times of a signature: ISO 8601 "basic" form (`20260131T235959Z`), and the HTTP date that may stand in for it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use partita_model::clock::UnixMillis;

const BASIC: &str = "%Y%m%dT%H%M%SZ";

/// A wrong day of the week is overlooked: it adds nothing to the date, and AWS's own examples have one.
const HTTP_DATE: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// A time as signatures write it: `20260131T235959Z`. Times outside jiff's years show as the nearest it has.
pub fn basic(time: UnixMillis) -> String {
    timestamp(time).strftime(BASIC).to_string()
}

/// `20260131`.
pub(crate) fn day(time: UnixMillis) -> String {
    timestamp(time).strftime("%Y%m%d").to_string()
}

/// Reads the value of `X-Amz-Date` or `Date`.
pub(crate) fn parse(text: &str) -> Option<UnixMillis> {
    let time = parse_basic(text).or_else(|| HTTP_DATE.parse_timestamp(text).ok())?;
    u64::try_from(time.as_millisecond()).ok().map(UnixMillis)
}

fn parse_basic(text: &str) -> Option<Timestamp> {
    // jiff's pattern reader is more tolerant than the format, so the shape is checked first.
    let shaped = text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let civil = shaped.then(|| DateTime::strptime(BASIC, text).ok()).flatten()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
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
        assert_eq!(day(LEAP_DAY), "20240229");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "20240229",
            "20240230T000000Z",
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

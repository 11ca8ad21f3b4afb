//! The `Date` header, written once a second.

use std::sync::{PoisonError, RwLock};

use http::HeaderValue;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use partita_model::clock::UnixMillis;

/// The date last written, and the second it is of.
#[derive(Debug, Default)]
pub(crate) struct HttpDate {
    last: RwLock<Option<(i64, HeaderValue)>>,
}

impl HttpDate {
    /// The time as HTTP writes it; `None` beyond the calendar's end.
    pub(crate) fn at(&self, now: UnixMillis) -> Option<HeaderValue> {
        let second = i64::try_from(now.0 / 1000).ok()?;
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = last.as_ref().filter(|(of, _)| *of == second) {
            return Some(text.clone());
        }
        drop(last);
        let time = Timestamp::from_second(second).ok()?;
        let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()?;
        let text = HeaderValue::try_from(text).ok()?;
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some((second, text.clone()));
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_own_text() {
        let date = HttpDate::default();
        for (ms, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (999, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_000, "Thu, 01 Jan 1970 00:00:01 GMT"),
            (1_767_268_800_123, "Thu, 01 Jan 2026 12:00:00 GMT"),
            // The clock may be set back.
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] {
            assert_eq!(date.at(UnixMillis(ms)).expect("a date"), text, "{ms}");
        }
        assert_eq!(date.at(UnixMillis(u64::MAX)), None);
    }
}

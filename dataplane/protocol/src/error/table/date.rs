//! Points in time inside sentences, in UTC. The service spells them as Java's date formats do.

use partita_model::clock::UnixMillis;

const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const SECONDS_OF_DAY: u64 = 86_400;

/// A point in time taken apart, in UTC.
struct Civil {
    year: u64,
    /// Zero is January.
    month: usize,
    day: u64,
    weekday: &'static str,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Civil {
    /// Howard Hinnant's `civil_from_days`, for the years from 1970 on.
    fn of(time: UnixMillis) -> Self {
        let seconds = time.0 / 1000;
        let (days, rest) = (seconds / SECONDS_OF_DAY, seconds % SECONDS_OF_DAY);
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = (month_from_march + 2) % 12;
        Self {
            year: era * 400 + year_of_era + u64::from(month < 2),
            month: usize::try_from(month).expect("a remainder of twelve fits"),
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            weekday: WEEKDAYS[usize::try_from(days % 7).expect("a remainder of seven fits")],
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }
}

/// `Thursday, October 8, 2026 at 11:20:48 PM Coordinated Universal Time`.
pub(super) fn long(time: UnixMillis) -> String {
    let Civil { year, month, day, weekday, hour, minute, second } = Civil::of(time);
    let (half, hour) = (if hour < 12 { "AM" } else { "PM" }, (hour + 11) % 12 + 1);
    let month = MONTHS[month];
    format!(
        "{weekday}, {month} {day}, {year} at {hour}:{minute:02}:{second:02} {half} Coordinated Universal Time"
    )
}

/// `Sat Feb 23 03:07:45 UTC 2019`.
pub(super) fn short(time: UnixMillis) -> String {
    let Civil { year, month, day, weekday, hour, minute, second } = Civil::of(time);
    let (weekday, month) = (first_three(weekday), first_three(MONTHS[month]));
    format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}")
}

fn first_three(word: &str) -> &str {
    word.get(..3).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis(seconds * 1000)
    }

    #[test]
    fn dates_read_as_java_writes_them() {
        assert_eq!(
            long(at(1_791_501_648)),
            "Thursday, October 8, 2026 at 11:20:48 PM Coordinated Universal Time"
        );
        assert_eq!(
            long(at(1_791_504_000)),
            "Friday, October 9, 2026 at 12:00:00 AM Coordinated Universal Time"
        );
        assert_eq!(
            long(at(1_791_547_200)),
            "Friday, October 9, 2026 at 12:00:00 PM Coordinated Universal Time"
        );
        assert_eq!(short(at(1_550_891_265)), "Sat Feb 23 03:07:45 UTC 2019");
        assert_eq!(short(at(951_782_400)), "Tue Feb 29 00:00:00 UTC 2000");
        assert_eq!(short(at(0)), "Thu Jan 01 00:00:00 UTC 1970");
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut before = Civil::of(at(0));
        for day in 1..146_097 {
            let civil = Civil::of(at(day * SECONDS_OF_DAY));
            let next_day =
                civil.day == before.day + 1 && civil.month == before.month && civil.year == before.year;
            let next_month = civil.day == 1 && civil.month == before.month + 1 && civil.year == before.year;
            let next_year =
                civil.day == 1 && civil.month == 0 && before.month == 11 && civil.year == before.year + 1;
            assert!(next_day || next_month || next_year, "day {day}");
            assert!(before.day >= 28 || next_day, "day {day}");
            before = civil;
        }
    }
}

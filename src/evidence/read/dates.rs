//! Days and instants as exports write them.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How the dates of one column are read.
#[derive(Clone, PartialEq, Debug)]
pub enum Dates {
    /// A form the person named, as `strptime` has it.
    Named(String),
    /// Any known form; `03/04/2026` with the day or the month first.
    Known { day_first: bool },
}

const WITH_TIME: [&str; 11] = [
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%a %b %d %H:%M:%S %z %Y",
    "%a, %d %b %Y %H:%M:%S %z",
    "%b %d, %Y %I:%M %p",
    "%B %d, %Y %H:%M",
    "%d.%m.%Y %H:%M",
];

const DAYS: [&str; 14] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d.%m.%Y",
    "%d.%m.%y",
];

const DAY_FIRST: [&str; 6] =
    ["%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d/%m/%y %H:%M"];

const MONTH_FIRST: [&str; 7] = [
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%m-%d-%Y",
    "%m/%d/%y %H:%M",
];

impl Dates {
    /// Tells from some of a column's values whether the day or the month comes first.
    ///
    /// Says with it whether that was in the values (`true`) or had to be assumed.
    pub fn of_column<'a>(values: impl Iterator<Item = &'a str> + Clone) -> (Self, bool) {
        let fits =
            |forms: &[&str]| values.clone().filter(|it| by_forms(it, forms).is_some()).count();
        let (day, month) = (fits(&DAY_FIRST), fits(&MONTH_FIRST));
        (Self::Known { day_first: day > month }, day != month || day == 0)
    }

    /// The instant a value stands for: a day is its beginning in UTC. `None` for what is no date.
    pub fn read(&self, value: &str) -> Option<Timestamp> {
        let value = value.trim();
        let day_first = match self {
            Self::Named(form) => return by_forms(value, &[form]),
            Self::Known { day_first } => *day_first,
        };
        let by_order: &[&str] = if day_first { &DAY_FIRST } else { &MONTH_FIRST };
        value
            .parse()
            .ok()
            .or_else(|| value.parse::<DateTime>().ok().and_then(in_utc))
            .or_else(|| by_forms(value, &DAYS))
            .or_else(|| by_forms(value, by_order))
            .or_else(|| by_forms(value, &WITH_TIME))
            .or_else(|| since_epoch(value))
    }
}

/// What people write where there is no date.
pub fn stands_for_none(value: &str) -> bool {
    matches!(
        value.trim().to_ascii_lowercase().as_str(),
        "" | "-" | "n/a" | "na" | "nan" | "nat" | "null" | "none" | "unknown"
    )
}

fn by_forms(value: &str, forms: &[&str]) -> Option<Timestamp> {
    forms.iter().find_map(|form| {
        let parts = BrokenDownTime::parse(form, value.trim()).ok()?;
        if let Ok(instant) = parts.to_timestamp() {
            return Some(instant);
        }
        let date = parts.to_date().ok()?;
        let time = parts.to_time().unwrap_or_default();
        in_utc(sensible(date)?.to_datetime(time))
    })
}

/// A two-digit year read as four digits is no year of ours.
fn sensible(date: Date) -> Option<Date> {
    (1000..=9000).contains(&date.year()).then_some(date)
}

fn in_utc(at: DateTime) -> Option<Timestamp> {
    sensible(at.date())?;
    at.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp())
}

/// Seconds or milliseconds since 1970, between 2001 and 2100.
fn since_epoch(value: &str) -> Option<Timestamp> {
    let number: i64 = value.parse().ok()?;
    let seconds = match value.len() {
        10 => SignedDuration::from_secs(number),
        13 => SignedDuration::from_millis(number),
        _ => return None,
    };
    Timestamp::UNIX_EPOCH.checked_add(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_many_exports_are_read() {
        let check = |value: &str, expected: &str| {
            let read = Dates::Known { day_first: false }.read(value).map(|it| it.to_string());
            assert_eq!(read.as_deref().unwrap_or("none"), expected, "{value}");
        };
        check("2026-03-31", "2026-03-31T00:00:00Z");
        check("2026-03-31T10:00:00+02:00", "2026-03-31T08:00:00Z");
        check("2026-03-31T10:00:00.250Z", "2026-03-31T10:00:00.25Z");
        check("2026-03-31 10:00:00", "2026-03-31T10:00:00Z");
        check("2026-03-31 10:00", "2026-03-31T10:00:00Z");
        check("2015-02-24 11:35:52 -0800", "2015-02-24T19:35:52Z");
        check("31-Jul-18", "2018-07-31T00:00:00Z");
        check("31 July 2018", "2018-07-31T00:00:00Z");
        check("Jul 4, 2018", "2018-07-04T00:00:00Z");
        check("July 4, 2018", "2018-07-04T00:00:00Z");
        check("31.07.2018", "2018-07-31T00:00:00Z");
        check("31.07.2018 09:30", "2018-07-31T09:30:00Z");
        check("07/31/2018", "2018-07-31T00:00:00Z");
        check("7/4/18", "2018-07-04T00:00:00Z");
        check("Tue Jul 31 12:00:00 +0000 2018", "2018-07-31T12:00:00Z");
        check("Tue, 31 Jul 2018 12:00:00 +0000", "2018-07-31T12:00:00Z");
        check("1533038400", "2018-07-31T12:00:00Z");
        check("1533038400000", "2018-07-31T12:00:00Z");
        check("20180731", "2018-07-31T00:00:00Z");
        check("31/07/2018", "none");
        check("2026-02-30", "none");
        check("soon", "none");
        check("5", "none");
    }

    #[test]
    fn the_order_of_day_and_month_is_taken_from_the_column() {
        let order = |values: &[&str]| Dates::of_column(values.iter().copied());
        assert_eq!(order(&["03/04/2018", "31/07/2018"]), (Dates::Known { day_first: true }, true));
        assert_eq!(order(&["03/04/2018", "07/31/2018"]), (Dates::Known { day_first: false }, true));
        assert_eq!(order(&["03/04/2018"]), (Dates::Known { day_first: false }, false));
        assert_eq!(order(&["2018-07-31"]), (Dates::Known { day_first: false }, true));
    }
}

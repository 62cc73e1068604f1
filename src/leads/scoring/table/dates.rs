//! Days, and times of day, as exports write them.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// What comes first where a date begins with neither the year nor a month's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    DayMonth,
    MonthDay,
}

/// The order in which all of these are dates; what fits both is read as day and month, unless
/// slashes stand between them.
pub fn order_of<'a>(cells: impl Iterator<Item = &'a str>) -> Order {
    let mut slashes = false;
    for cell in cells.filter(|it| it.len() <= 32) {
        let Some((first, second, separator)) = leading(cell) else { continue };
        slashes |= separator == '/';
        if first > 12 {
            return Order::DayMonth;
        }
        if second > 12 {
            return Order::MonthDay;
        }
    }
    if slashes { Order::MonthDay } else { Order::DayMonth }
}

/// Civil seconds since 1970, as if they were UTC; none where the text is no date.
pub fn read(text: &str, order: Order) -> Option<f64> {
    let text = text.trim();
    if !(8..=40).contains(&text.len()) || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let at = text.find(['T', ' ']).unwrap_or(text.len());
    let (day, rest) = text.split_at(at);
    let date = day_of(day, order)?;
    let time = match rest.trim_start_matches(['T', ' ']).trim() {
        "" => Time::midnight(),
        time => time_of(time)?,
    };
    seconds(date.to_datetime(time))
}

/// `2026-11-23`, or with its time where it has one.
pub fn written(seconds: f64) -> String {
    let Ok(at) = Timestamp::from_second(seconds as i64) else { return String::new() };
    let at = at.to_zoned(TimeZone::UTC).datetime();
    if at.time() == Time::midnight() { at.date().to_string() } else { at.to_string() }
}

fn seconds(at: DateTime) -> Option<f64> {
    at.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp().as_second() as f64)
}

/// The first two numbers of `13-02-2018`, and what stands between them.
fn leading(text: &str) -> Option<(i8, i8, char)> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    let mut parts = text.split(separator);
    let first = parts.next().filter(|it| it.len() <= 2)?.parse().ok()?;
    Some((first, parts.next()?.parse().ok()?, separator))
}

fn day_of(text: &str, order: Order) -> Option<Date> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let parts: Vec<&str> = text.split(separator).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let (first, second, third): (i16, i16, i16) =
        (first.parse().ok()?, second.parse().ok()?, third.parse().ok()?);
    let (year, month, day) = match order {
        _ if first >= 1_000 => (first, second, third),
        Order::DayMonth => (third, second, first),
        Order::MonthDay => (third, first, second),
    };
    let year = if (0..100).contains(&year) { year + 2_000 } else { year };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    // What is centuries away is a number that happens to look like a date.
    (1_900..2_200).contains(&date.year()).then_some(date)
}

/// A time of day; a zone or fractions of seconds after it do not matter here.
fn time_of(text: &str) -> Option<Time> {
    let lower = text.to_ascii_lowercase();
    let later = if lower.ends_with("pm") { 12 } else { 0 };
    let digits: String = lower.chars().take_while(|c| c.is_ascii_digit() || *c == ':').collect();
    let mut parts = digits.split(':').map(|it| it.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().flatten().unwrap_or(0).min(59);
    let time = Time::new(hour, minute, second, 0).ok()?;
    let twelve = lower.ends_with("am") && hour == 12;
    let hours = if twelve {
        -12
    } else if later == 12 && hour < 12 {
        12
    } else {
        0
    };
    Some(time.wrapping_add(i64::from(hours).hours()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_order_of_their_column() {
        let check = |text: &str, order, expected: Option<&str>| {
            assert_eq!(read(text, order).map(written).as_deref(), expected, "{text}");
        };
        check("2018-02-01", Order::DayMonth, Some("2018-02-01"));
        check("01-02-2018", Order::DayMonth, Some("2018-02-01"));
        check("01/02/2018", Order::MonthDay, Some("2018-01-02"));
        check("26-02-2018 19:58", Order::DayMonth, Some("2018-02-26T19:58:00"));
        check("2018-02-26T19:58:01.5Z", Order::DayMonth, Some("2018-02-26T19:58:01"));
        check("2/26/2018 7:58 PM", Order::MonthDay, Some("2018-02-26T19:58:00"));
        check("31-31-2018", Order::DayMonth, None);
        check("1234567", Order::DayMonth, None);
        check("12.5", Order::DayMonth, None);
        check("yesterday", Order::DayMonth, None);
    }

    #[test]
    fn the_order_is_what_all_of_a_column_fit() {
        let check = |cells: &[&str], expected| {
            assert_eq!(order_of(cells.iter().copied()), expected, "{cells:?}");
        };
        check(&["01-02-2018", "13-02-2018"], Order::DayMonth);
        check(&["01/02/2018", "02/13/2018"], Order::MonthDay);
        check(&["01.02.2018"], Order::DayMonth);
        check(&["01/02/2018"], Order::MonthDay);
    }
}

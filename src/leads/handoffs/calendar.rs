//! Counting in working time. Pure: local days and hours, whatever the clocks do.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::config::WorkingTime;

/// Whoever does not work within this many days does not work; time then goes on as it does for all.
const DAYS: i32 = 400;

/// The moment at which so much working time has passed.
pub fn after(time: &WorkingTime, from: Timestamp, seconds: i64) -> Timestamp {
    let mut left = SignedDuration::from_secs(seconds);
    for (opens, closes) in shifts(time, from) {
        let begins = opens.max(from);
        if begins >= closes {
            continue;
        }
        let there_is = closes.duration_since(begins);
        if left <= there_is {
            return begins + left;
        }
        left -= there_is;
    }
    from + SignedDuration::from_secs(seconds)
}

/// The first moment from then on at which somebody works.
pub fn opening(time: &WorkingTime, from: Timestamp) -> Timestamp {
    let open = shifts(time, from).find(|(_, closes)| *closes > from);
    open.map_or(from, |(opens, _)| opens.max(from))
}

/// The beginning of the next day on which somebody works.
pub fn next_day(time: &WorkingTime, from: Timestamp) -> Timestamp {
    let next = shifts(time, from).find(|(opens, _)| *opens > from);
    next.map_or(from + SignedDuration::from_hours(24), |(opens, _)| opens)
}

/// From when to when somebody works, day by day from that of a moment on.
fn shifts(time: &WorkingTime, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let first = from.to_zoned(time.zone.clone()).date();
    let day = move |ahead: i32| first.checked_add(ahead.days()).ok();
    (0..DAYS).filter_map(day).filter(|day| time.works_on(*day)).filter_map(|day| shift(time, day))
}

fn shift(time: &WorkingTime, day: Date) -> Option<(Timestamp, Timestamp)> {
    let at = |it| Some(day.to_datetime(it).to_zoned(time.zone.clone()).ok()?.timestamp());
    Some((at(time.from)?, at(time.to)?))
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Time, Weekday, date};
    use jiff::tz::TimeZone;

    use super::*;

    fn berlin() -> WorkingTime {
        WorkingTime {
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            days: vec![
                Weekday::Monday,
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
            ],
            from: Time::constant(9, 0, 0, 0),
            to: Time::constant(17, 0, 0, 0),
            holidays: vec![date(2026, 12, 25)],
            away: vec![(date(2026, 11, 9), date(2026, 11, 13))],
        }
    }

    fn at(text: &str) -> Timestamp {
        format!("{text}[Europe/Berlin]").parse::<jiff::Zoned>().unwrap().timestamp()
    }

    fn check(from: &str, hours: i64, expected: &str) {
        let found = after(&berlin(), at(from), hours * 3_600);
        assert_eq!(found, at(expected), "{hours} h from {from}");
    }

    #[test]
    fn time_passes_while_people_work() {
        check("2026-11-23T10:00", 4, "2026-11-23T14:00");
        check("2026-11-23T15:00", 4, "2026-11-24T11:00");
        check("2026-11-23T07:30", 1, "2026-11-23T10:00");
        check("2026-11-23T17:00", 1, "2026-11-24T10:00");
        check("2026-11-23T09:00", 8, "2026-11-23T17:00");
    }

    #[test]
    fn nobody_works_on_a_weekend_or_a_holiday_or_while_away() {
        check("2026-11-20T16:00", 2, "2026-11-23T10:00");
        check("2026-11-21T12:00", 1, "2026-11-23T10:00");
        // Christmas Day is a Friday, so that it goes on on Monday.
        check("2026-12-24T16:30", 1, "2026-12-28T09:30");
        // A week away.
        check("2026-11-06T16:00", 2, "2026-11-16T10:00");
    }

    #[test]
    fn a_working_day_is_as_long_when_the_clocks_change() {
        // Spring, 29 March 2026, and autumn, 25 October: both in the night to Sunday.
        check("2026-03-27T16:00", 2, "2026-03-30T10:00");
        check("2026-10-23T16:00", 2, "2026-10-26T10:00");
        let all_week = WorkingTime {
            days: vec![Weekday::Saturday, Weekday::Sunday],
            from: Time::constant(1, 0, 0, 0),
            to: Time::constant(5, 0, 0, 0),
            ..berlin()
        };
        let saturday = at("2026-03-28T04:00");
        // An hour on Saturday; then 02:00 to 03:00 is left out on Sunday.
        assert_eq!(after(&all_week, saturday, 3 * 3_600), at("2026-03-29T04:00"));
        let saturday = at("2026-10-24T04:00");
        let autumn = after(&all_week, saturday, 3 * 3_600);
        assert_eq!(autumn, at("2026-10-25T01:00") + SignedDuration::from_hours(2));
    }

    #[test]
    fn the_next_day_is_a_working_one() {
        let time = berlin();
        assert_eq!(next_day(&time, at("2026-11-20T08:00")), at("2026-11-20T09:00"));
        assert_eq!(next_day(&time, at("2026-11-20T12:00")), at("2026-11-23T09:00"));
        assert_eq!(opening(&time, at("2026-11-20T12:00")), at("2026-11-20T12:00"));
        assert_eq!(opening(&time, at("2026-11-20T18:00")), at("2026-11-23T09:00"));
    }

    #[test]
    fn where_nobody_ever_works_time_goes_on() {
        let never = WorkingTime { days: Vec::new(), ..berlin() };
        let from = at("2026-11-20T12:00");
        assert_eq!(after(&never, from, 3_600), from + SignedDuration::from_hours(1));
    }
}

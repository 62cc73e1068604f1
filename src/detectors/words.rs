//! Numbers and times as people read them.

use jiff::civil::DateTime;
use jiff::{SignedDuration, civil};

use super::Local;

pub use crate::words::{amount, percent};

/// `17 Aug 2026`.
pub fn day_of(at: Local) -> String {
    civil_of(at).strftime("%-d %b %Y").to_string()
}

pub fn weekday(at: Local) -> &'static str {
    use civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    match civil_of(at).weekday() {
        Monday => "Monday",
        Tuesday => "Tuesday",
        Wednesday => "Wednesday",
        Thursday => "Thursday",
        Friday => "Friday",
        Saturday => "Saturday",
        Sunday => "Sunday",
    }
}

/// Times beyond the calendar are cut at its ends.
pub fn civil_of(at: Local) -> DateTime {
    civil::date(1970, 1, 1).at(0, 0, 0, 0).saturating_add(SignedDuration::from_secs(at))
}

pub fn local_of(at: DateTime) -> Local {
    at.duration_since(civil::date(1970, 1, 1).at(0, 0, 0, 0)).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_as_many_digits_as_matter() {
        let check = |value: f64, currency, expected: &str| {
            assert_eq!(amount(value, currency), expected);
        };
        check(4120.4, Some("EUR"), "4,120 EUR");
        check(412.0, Some("EUR"), "412.00 EUR");
        check(0.0213, Some("EUR"), "0.0213 EUR");
        check(1_234_567.0, None, "1,234,567");
        check(-12.34, None, "-12.3");
        check(0.0, None, "0");
    }

    #[test]
    fn local_seconds_and_civil_times_are_each_others_inverse() {
        let at = civil::date(2026, 11, 22).at(9, 30, 0, 0);
        assert_eq!(civil_of(local_of(at)), at);
        assert_eq!(weekday(local_of(at)), "Sunday");
    }
}

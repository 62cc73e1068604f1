//! Figures, as people read them.

use jiff::Timestamp;

use crate::scorecards::{Ratio, Share};
use crate::slack::date;
use crate::words::count;

/// `3 % (95 % interval 1–6 %), over 5 drafts`
pub(super) fn ratio(ratio: &Ratio, piece: &str) -> Option<String> {
    // That it could be more than all of it is an accident of few drafts.
    let most = ratio.rate()?.max(1.0);
    let interval = ratio.interval().map(|(low, high)| {
        format!(" (95 % interval {}–{} %)", percent(low), percent(high.min(most)))
    });
    let (rate, interval) = (percent(ratio.rate()?), interval.unwrap_or_default());
    Some(format!("{rate} %{interval}, over {}", count(ratio.pieces, piece)))
}

/// `50 % (95 % interval 9–91 %), 1 of 2`
pub(super) fn share(share: Share) -> Option<String> {
    let (rate, (low, high)) = (share.rate()?, share.interval()?);
    Some(format!(
        "{} % (95 % interval {}–{} %), {} of {}",
        percent(rate),
        percent(low),
        percent(high),
        share.hits,
        share.of
    ))
}

/// In whole points of a hundred.
pub(super) fn points(share: f64) -> i64 {
    (share * 100.0).round() as i64
}

/// As [`points`], with a digit more below one: a rate that is not zero is not called so.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        below if below > 0.0 && below < 1.0 => format!("{below:.1}"),
        other => format!("{:.0}", other.round()),
    }
}

/// In the two units that say most.
pub fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", seconds.round()),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{} {hours} h", count(days, "day")),
    }
}

pub(super) fn at(when: Timestamp) -> String {
    date(when, &when.strftime("%-d %b %Y, %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_in_the_units_that_matter() {
        let check = |seconds: f64, expected: &str| assert_eq!(duration(seconds), expected);
        check(0.0, "0 s");
        check(29.4, "29 s");
        check(45.0, "1 min");
        check(3_599.0, "1 h 0 min");
        check(7_800.0, "2 h 10 min");
        check(200_000.0, "2 days 7 h");
    }
}

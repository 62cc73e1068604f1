//! Data that stopped coming: an outage of the tracking looks like success to everything that counts
//! losses, and like nothing at all to what only looks at readings.
//!
//! A series is silent when the time since its last reading exceeds what its own gaps reached before,
//! and when it fell to zero for longer than zeros ever lasted.

use super::words::{amount, day_of};
use super::{DAY_S, Finding, HOUR_S, Kind, Local, Point};

#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    pub metric: String,
    pub of: String,
    /// How late a reading may be before it is missed, in its usual steps, even if none ever was.
    pub patience: f64,
    /// What one unit of the metric is worth.
    pub unit_cost: Option<f64>,
}

impl Rule {
    pub fn new(metric: &str, of: &str) -> Self {
        Self { metric: metric.to_owned(), of: of.to_owned(), patience: 2.0, unit_cost: None }
    }
}

/// Readings from which a rhythm can be told.
const LEAST_READINGS: usize = 8;

/// Says that readings are overdue at `now`, or that nothing but zeros has come for too long.
pub fn find(points: &[Point], rule: &Rule, now: Local) -> Option<Finding> {
    let last = points.last()?;
    if points.len() < LEAST_READINGS {
        return None;
    }
    let mut gaps: Vec<Local> = points.windows(2).map(|it| it[1].at - it[0].at).collect();
    gaps.sort_unstable();
    let step = gaps[gaps.len() / 2].max(1);
    let longest = *gaps.last()?;
    // The newest reading covers its own step, so it is late only when a second one is.
    let allowed = ((rule.patience * step as f64) as Local).max(longest + longest / 4);
    let waited = now - last.at;
    if waited > allowed {
        return Some(finding(
            points,
            rule,
            last.at + step,
            step,
            waited as f64 / allowed as f64,
            false,
        ));
    }
    let (zeros, longest_before) = zeros(points);
    let allowed = (rule.patience * step as f64).max(longest_before as f64 * 1.5 + step as f64);
    let since = points.len() - zeros;
    let lasted = zeros as f64 * step as f64;
    (zeros > 0 && since > 0 && lasted >= allowed)
        .then(|| finding(points, rule, points[since].at, step, lasted / allowed, true))
}

/// How many zeros stand at the end, and how long zeros lasted at most before that, in seconds.
fn zeros(points: &[Point]) -> (usize, Local) {
    let at_end = points.iter().rev().take_while(|it| it.value == 0.0).count();
    let (mut longest, mut began) = (0, None);
    for point in &points[..points.len() - at_end] {
        match (point.value == 0.0, began) {
            (true, None) => began = Some(point.at),
            (false, Some(start)) => {
                longest = longest.max(point.at - start);
                began = None;
            }
            _ => {}
        }
    }
    (at_end, longest)
}

fn finding(
    points: &[Point],
    rule: &Rule,
    since: Local,
    step: Local,
    times: f64,
    zeros: bool,
) -> Finding {
    let before: Vec<f64> =
        points.iter().filter(|it| it.at < since).rev().take(28).map(|it| it.value).collect();
    let usual = before.iter().sum::<f64>() / before.len().max(1) as f64;
    let (low, high) = before
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(*it), high.max(*it)));
    let missing = ((times * 2.0).max(1.0)).floor();
    let of = if rule.of.is_empty() { String::new() } else { format!(" on {}", rule.of) };
    let every = match step {
        it if it >= DAY_S => "day",
        it if it >= HOUR_S => "hour",
        _ => "reading",
    };
    let what = if zeros { "Nothing but zero has come" } else { "No data has come" };
    Finding {
        kind: Kind::Silence,
        sentence: format!(
            "{what} for {}{of} since {}; it used to be about {} a{} {every}. Check the tracking \
             before you trust the numbers.",
            rule.metric,
            day_of(since),
            amount(usual, None),
            if every == "hour" { "n" } else { "" },
        ),
        value: 0.0,
        expected: usual,
        low,
        high,
        since,
        ended: None,
        cost: rule.unit_cost.map(|it| it * usual * missing),
        score: (times / (1.0 + times)).max(super::unusual::FIRES),
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::days;

    #[test]
    fn what_stops_coming_is_said_and_what_is_merely_late_is_not() {
        let rule = Rule::new("Conversions", "Brand DE");
        let points = days(&[9.0, 8.0, 7.0, 9.0, 8.0, 9.0, 7.0, 8.0, 9.0, 8.0]);
        assert_eq!(find(&points, &rule, 11 * DAY_S), None);
        let found = find(&points, &rule, 12 * DAY_S).unwrap();
        assert_eq!(
            found.sentence,
            "No data has come for Conversions on Brand DE since 11 Jan 1970; it used to be about 8.20 \
             a day. Check the tracking before you trust the numbers."
        );
    }

    #[test]
    fn zeros_are_silence_unless_they_are_usual() {
        let rule = Rule::new("Conversions", "");
        let mut values = vec![9.0, 8.0, 7.0, 9.0, 8.0, 9.0, 7.0, 8.0];
        values.extend([0.0, 0.0]);
        assert!(find(&days(&values), &rule, 9 * DAY_S).is_some());
        let weekends = [9.0, 8.0, 7.0, 9.0, 8.0, 0.0, 0.0, 8.0, 7.0, 9.0, 8.0, 9.0, 0.0, 0.0];
        assert_eq!(find(&days(&weekends), &rule, 13 * DAY_S), None);
    }
}

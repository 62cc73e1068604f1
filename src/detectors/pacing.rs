//! A budget that will not be spent, or is spent too soon.
//!
//! The days that are left are expected to go as the same weekdays went so far, and as much apart from
//! it as they did: the interval is that of the sum, with the days' errors taken as independent.

use super::significance::z;
use super::words::{amount, day_of, percent};
use super::{DAY_S, Finding, Kind, Local, Point};

#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    pub of: String,
    pub budget: f64,
    /// The first and the last day of the budget, as the local second in which each begins.
    pub first: Local,
    pub last: Local,
    /// The least miss worth a message, as a share of the budget.
    pub least: f64,
    pub currency: Option<String>,
}

/// Days of spending before anything is foretold.
const LEAST_DAYS: usize = 5;

/// What the budget is heading for, if that is a miss; `daily` is what was spent on each day, complete
/// days only.
pub fn find(daily: &[Point], rule: &Rule) -> Option<Finding> {
    let spent: Vec<&Point> =
        daily.iter().filter(|it| (rule.first..=rule.last).contains(&it.at)).collect();
    let newest = spent.last()?.at;
    let so_far: f64 = spent.iter().map(|it| it.value).sum();
    let known: Vec<&Point> = daily.iter().filter(|it| it.at <= newest).collect();
    if known.len() < LEAST_DAYS || rule.budget <= 0.0 {
        return None;
    }
    let known = &known[known.len().saturating_sub(28)..];
    let usual = |at: Local| {
        let same: Vec<f64> = known
            .iter()
            .filter(|it| (at - it.at).rem_euclid(7 * DAY_S) == 0)
            .map(|it| it.value)
            .collect();
        let of = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let all = of(&known.iter().map(|it| it.value).collect::<Vec<f64>>());
        if same.is_empty() { all } else { of(&same) }
    };
    let errors = known.iter().map(|it| (it.value - usual(it.at)).powi(2)).sum::<f64>();
    // A mean that was taken from the same values makes them look too close to it.
    let freedom = known.len().saturating_sub(7).max(1) as f64;
    let deviation = (errors / freedom).sqrt();
    let days_left = ((rule.last - newest) / DAY_S).max(0);
    let ahead: f64 = (1..=days_left).map(|it| usual(newest + it * DAY_S)).sum();
    let around = z(1) * deviation * (days_left as f64).sqrt();
    let end = so_far + ahead;
    let (low, high) = ((end - around).max(so_far), end + around);

    let miss = end / rule.budget - 1.0;
    let provable = low > rule.budget || high < rule.budget;
    if !provable || miss.abs() < rule.least {
        return None;
    }
    let currency = rule.currency.as_deref();
    let mut left = rule.budget - so_far;
    let gone = (1..=days_left).map(|it| newest + it * DAY_S).find(|day| {
        left -= usual(*day);
        left < 0.0
    });
    let sentence = match (miss > 0.0, gone) {
        (true, Some(day)) => format!(
            "{} will have spent its {} by {}, {} days early: it is at {} and heading for {}.",
            rule.of,
            amount(rule.budget, currency),
            day_of(day),
            (rule.last - day) / DAY_S,
            amount(so_far, currency),
            amount(end, currency),
        ),
        (true, None) => format!(
            "{} has spent {}, more than its {}.",
            rule.of,
            amount(so_far, currency),
            amount(rule.budget, currency),
        ),
        (false, _) => format!(
            "{} is heading for {} of its {}: {} would not be spent by {}.",
            rule.of,
            amount(end, currency),
            amount(rule.budget, currency),
            percent(-miss),
            day_of(rule.last),
        ),
    };
    Some(Finding {
        kind: Kind::Pacing,
        sentence,
        value: end,
        expected: rule.budget,
        low,
        high,
        since: newest,
        ended: None,
        cost: Some((end - rule.budget).abs()),
        score: miss.abs().min(1.0) / 2.0 + 0.5,
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::days;

    fn rule(budget: f64) -> Rule {
        let of = "Brand DE".to_owned();
        Rule { of, budget, first: 0, last: 29 * DAY_S, least: 0.1, currency: Some("EUR".into()) }
    }

    #[test]
    fn a_budget_that_is_missed_is_said_either_way_and_one_that_is_kept_is_not() {
        let even = days(&[100.0, 104.0, 96.0, 99.0, 101.0, 103.0, 97.0, 100.0, 102.0, 98.0]);
        assert_eq!(find(&even, &rule(3_000.0)), None);
        let over = find(&even, &rule(2_000.0)).unwrap();
        assert!(
            over.sentence.starts_with(
                "Brand DE will have spent its 2,000.00 EUR by 20 Jan 1970, 10 days early"
            ),
            "{}",
            over.sentence
        );
        let under = find(&even, &rule(6_000.0)).unwrap();
        assert!(
            under.sentence.contains("50.0 % would not be spent by 30 Jan 1970"),
            "{}",
            under.sentence
        );
        assert!(under.low < under.value && under.value < under.high);
    }

    #[test]
    fn days_that_vary_widely_prove_nothing() {
        let wild = days(&[10.0, 300.0, 20.0, 250.0, 5.0, 200.0, 0.0, 150.0, 30.0, 60.0]);
        assert_eq!(find(&wild, &rule(3_600.0)), None);
        assert_eq!(find(&days(&[100.0, 100.0]), &rule(300.0)), None);
    }
}

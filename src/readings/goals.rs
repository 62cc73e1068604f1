//! How far the goals of the manifest are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Unit;
use jiff::civil::Date;
use serde::Serialize;

use super::{Daily, Derived, Metric};
use crate::config::{Bound, Every, Goal, What};
use crate::words::{amount, percent};

/// A goal, and how far it is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reached {
    pub name: String,
    pub value: f64,
    #[serde(skip)]
    pub bound: Bound,
    pub goal: f64,
    pub currency: Option<String>,
    /// `November 2026`.
    pub period: String,
    /// The last day whose numbers count.
    pub until: Date,
    /// The share of the period's days that count, of one.
    pub gone: f64,
    pub state: State,
    /// Whether it grows as the days go by, as amounts do and rates do not.
    pub is_sum: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It holds, and nothing in the period can change that.
    Reached,
    /// At the rate of the days gone it will hold.
    OnCourse,
    /// At the rate of the days gone it will not hold.
    Behind,
    /// It does not hold, and nothing in the period can change that.
    Missed,
}

/// The metrics that goals are made of.
pub fn metrics(goals: &[Goal]) -> BTreeSet<&str> {
    let named = goals.iter().filter_map(|goal| match &goal.what {
        What::Metric { name, .. } => Some(name.as_str()),
        What::Measure(_) => None,
    });
    named.flat_map(parts).collect()
}

/// What a metric or rate of this name is made of.
pub fn parts(name: &str) -> Vec<&str> {
    Derived::named(name).map_or_else(|| vec![name], |rate| vec![rate.parts().0, rate.parts().1])
}

/// The first day that a goal needs, where it is judged up to a day.
pub fn first_day(goals: &[Goal], until: impl Fn(&str) -> Date) -> Option<Date> {
    let first = goals.iter().filter_map(|goal| match &goal.what {
        What::Metric { name, .. } => Some(goal.every.around(until(name)).0),
        What::Measure(_) => None,
    });
    first.min()
}

/// How far the goals of metrics are, each up to the last day that is settled.
pub fn reached(goals: &[Goal], lines: &[Daily], until: impl Fn(&str) -> Date) -> Vec<Reached> {
    goals.iter().filter_map(|goal| one(goal, lines, &until)).collect()
}

fn one(goal: &Goal, lines: &[Daily], until: &impl Fn(&str) -> Date) -> Option<Reached> {
    let What::Metric { name, of } = &goal.what else { return None };
    let until = until(name);
    let (first, last) = goal.every.around(until);
    let own: Vec<&Daily> =
        lines.iter().filter(|line| of.takes(&line.source, &line.campaign)).collect();
    let sum = |metric: &str| {
        let is_wanted = |line: &&&Daily| {
            line.metric == Metric::from(metric)
                && (line.currency.is_empty()
                    || goal.currency.as_ref().is_none_or(|it| *it == line.currency))
        };
        let wanted = own.iter().filter(is_wanted);
        let mut known: BTreeMap<&str, f64> = BTreeMap::new();
        for line in wanted {
            for (_, value) in line.days.range(first..=until) {
                *known.entry(&line.currency).or_default() += value;
            }
        }
        // Money of two currencies has no sum.
        match known.into_iter().collect::<Vec<_>>().as_slice() {
            [(currency, sum)] => Some((*sum, (*currency).to_owned())),
            _ => None,
        }
    };
    let (value, currency, is_sum) = match Derived::named(name) {
        None => {
            let (value, currency) = sum(name)?;
            (value, currency, true)
        }
        Some(rate) => {
            let (above, below) = rate.parts();
            let ((above, one), (below, other)) = (sum(above)?, sum(below)?);
            let factor = if rate == Derived::Cpm { 1_000.0 } else { 1.0 };
            let is_price = rate.is_price() && other.is_empty();
            let value = (below > 0.0).then(|| above / below * factor)?;
            (value, if is_price { one } else { String::new() }, false)
        }
    };
    let days = |from: Date, to: Date| {
        f64::from(from.until((Unit::Day, to)).map_or(0, |it| it.get_days()) + 1)
    };
    let gone = days(first, until) / days(first, last);
    let is_over = until == last;
    let kept = goal.bound.is_kept_by(value);
    let state = match (is_sum, goal.bound) {
        _ if is_over => {
            if kept {
                State::Reached
            } else {
                State::Missed
            }
        }
        (true, Bound::AtLeast(_)) if kept => State::Reached,
        (true, Bound::AtMost(_)) if !kept => State::Missed,
        (true, bound) if !bound.is_kept_by(value / gone) => State::Behind,
        (false, _) if !kept => State::Behind,
        _ => State::OnCourse,
    };
    Some(Reached {
        name: goal.name.clone(),
        value,
        bound: goal.bound,
        goal: goal.bound.value(),
        currency: Some(currency).filter(|it| !it.is_empty()),
        period: period(goal.every, first),
        until,
        gone,
        state,
        is_sum,
    })
}

fn period(every: Every, first: Date) -> String {
    match every {
        Every::Day => first.strftime("%A").to_string(),
        Every::Week => first.strftime("the week of %-d %B").to_string(),
        Every::Month => first.strftime("%B").to_string(),
        Every::Quarter => format!("quarter {} of {}", (first.month() - 1) / 3 + 1, first.year()),
    }
}

impl State {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::OnCourse => "on course",
            Self::Behind => "behind",
            Self::Missed => "missed",
        }
    }
}

impl Reached {
    /// `413 of at least 600 (68.8 %), after 50.0 % of November`.
    pub fn words(&self) -> String {
        let currency = self.currency.as_deref();
        let (value, goal) = (amount(self.value, currency), amount(self.goal, currency));
        let bound = match self.bound {
            Bound::AtLeast(_) => "at least",
            Bound::AtMost(_) => "at most",
        };
        let when = match self.gone {
            gone if gone >= 1.0 => format!("in {}", self.period),
            gone => format!("after {} of {}", percent(gone), self.period),
        };
        if self.is_sum {
            let share = percent(self.value / self.goal);
            format!("{value} of {bound} {goal} ({share}), {when}")
        } else {
            format!("{value}, where {bound} {goal} is the goal, {when}")
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;
    use crate::config::Of;

    /// Ten each day of November 2026, and a lead for every second of them.
    fn lines(days: i64) -> Vec<Daily> {
        let line = |metric: &str, currency: &str, each: f64| Daily {
            source: "ads".to_owned(),
            campaign: "Brand DE".to_owned(),
            metric: Metric::from(metric),
            currency: currency.to_owned(),
            days: (0..days).map(|ago| (date(2026, 11, 1) + ago.days(), each)).collect(),
        };
        vec![line("spend", "EUR", 10.0), line("accepted", "", 5.0)]
    }

    fn goal(metric: &str, bound: Bound, campaigns: &[&str]) -> Goal {
        let campaigns = campaigns.iter().map(|it| (*it).to_owned()).collect();
        let of = Of { sources: Vec::new(), campaigns };
        Goal {
            name: "Goal".to_owned(),
            what: What::Metric { name: metric.to_owned(), of },
            bound,
            currency: None,
            every: Every::Month,
            agent: None,
        }
    }

    fn check(goal: Goal, until: Date, expected: Option<(State, &str)>) {
        let days = i64::from(until.day());
        let reached = reached(&[goal], &lines(days), |_| until);
        let said = reached.first().map(|it| (it.state, it.words()));
        let expected = expected.map(|(state, words)| (state, words.to_owned()));
        assert_eq!(said, expected);
    }

    #[test]
    fn an_amount_is_held_against_the_days_gone() {
        let (middle, end) = (date(2026, 11, 15), date(2026, 11, 30));
        let words = "75 of at least 140 (53.6 %), after 50.0 % of November";
        let least = |it| goal("accepted", Bound::AtLeast(it), &[]);
        check(least(140.0), middle, Some((State::OnCourse, words)));
        let words = "75 of at least 160 (46.9 %), after 50.0 % of November";
        check(least(160.0), middle, Some((State::Behind, words)));
        let words = "75 of at least 75 (100 %), after 50.0 % of November";
        check(least(75.0), middle, Some((State::Reached, words)));
        let words = "150 of at least 160 (93.8 %), in November";
        check(least(160.0), end, Some((State::Missed, words)));

        let most = goal("spend", Bound::AtMost(100.0), &["Brand*"]);
        let words = "150.00 EUR of at most 100.00 EUR (150 %), after 50.0 % of November";
        check(most, middle, Some((State::Missed, words)));
    }

    #[test]
    fn a_rate_is_that_of_the_sums_and_other_campaigns_do_not_count() {
        let words = "2.00 EUR, where at most 3.00 EUR is the goal, after 50.0 % of November";
        let price = goal("cost_per_accepted", Bound::AtMost(3.0), &[]);
        check(price.clone(), date(2026, 11, 15), Some((State::OnCourse, words)));
        let other = goal("cost_per_accepted", Bound::AtMost(3.0), &["Speakers"]);
        check(other, date(2026, 11, 15), None);
    }
}

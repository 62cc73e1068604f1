//! How a team has its numbers judged: its metrics, its funnels and its budgets.

use jiff::civil::{Date, date};
use jiff::{ToSpan, Unit};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::raw::{Checked, problem};

/// What the manifest says of numbers; nothing, unless it does.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Numbers {
    pub metrics: Vec<MetricRule>,
    pub funnels: Vec<Funnel>,
    pub budgets: Vec<AdBudget>,
}

/// How a metric or a rate is judged, where that is not as it is built in.
#[derive(Clone, PartialEq, Debug)]
pub struct MetricRule {
    /// `spend`, `conversions`, `cpa` …, or one that the team brought.
    pub name: String,
    /// Whether anything is said of it.
    pub watch: bool,
    pub bad: Option<Bad>,
    /// The least change worth a message, as a share of what was expected.
    pub least: Option<f64>,
    /// The least estimated cost worth a message, in whole units of its currency.
    pub least_cost: Option<f64>,
    /// What one of it is worth, with the currency.
    pub worth: Option<(f64, String)>,
    pub settles_days: Option<i64>,
}

/// Which way a metric is bad news.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bad {
    Up,
    Down,
    #[default]
    Either,
}

/// Steps that people take one after the other, all its campaigns together.
#[derive(Clone, PartialEq, Debug)]
pub struct Funnel {
    pub name: String,
    /// Names of metrics, from the first step to the last.
    pub steps: Vec<String>,
    pub of: Of,
    /// The least loss of a step's rate worth a message, as a share of that rate.
    pub least: Option<f64>,
}

/// Money for a time.
#[derive(Clone, PartialEq, Debug)]
pub struct AdBudget {
    pub name: String,
    pub amount: f64,
    pub currency: String,
    pub of: Of,
    pub period: Period,
    /// The least miss worth a message, as a share of the amount.
    pub least: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    EachMonth,
    EachQuarter,
    /// Both days count.
    Days {
        first: Date,
        last: Date,
    },
}

/// Which numbers; all where nothing is named.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Of {
    #[serde(default)]
    pub sources: Vec<String>,
    /// Names of campaigns; `Brand*` for all that begin so.
    #[serde(default)]
    pub campaigns: Vec<String>,
}

/// A table `[[metric]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetric {
    name: Spanned<String>,
    #[serde(default = "yes")]
    watch: bool,
    bad: Option<Bad>,
    least: Option<Spanned<f64>>,
    least_cost: Option<Spanned<f64>>,
    worth: Option<Spanned<String>>,
    settles_days: Option<u16>,
}

/// A table `[[funnel]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFunnel {
    name: Spanned<String>,
    steps: Spanned<Vec<String>>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    campaigns: Vec<String>,
    least: Option<Spanned<f64>>,
}

/// A table `[[budget]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBudget {
    name: Spanned<String>,
    amount: Spanned<String>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    campaigns: Vec<String>,
    every: Option<Spanned<String>>,
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    least: Option<Spanned<f64>>,
}

impl Numbers {
    pub fn metric(&self, name: &str) -> Option<&MetricRule> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}

impl Of {
    pub fn takes(&self, source: &str, campaign: &str) -> bool {
        let named = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|pattern| fits(pattern, name))
        };
        named(&self.sources, source) && named(&self.campaigns, campaign)
    }
}

/// Whether a name is the pattern, or begins as a pattern that ends in a star does.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

impl Period {
    /// The first and the last day of the period that a day is in; none where it is in none.
    pub fn around(self, day: Date) -> Option<(Date, Date)> {
        let months = |first: Date, months: i32| (first, first + months.months() - 1.day());
        match self {
            Self::EachMonth => Some(months(day.first_of_month(), 1)),
            Self::EachQuarter => {
                let first = date(day.year(), (day.month() - 1) / 3 * 3 + 1, 1);
                Some(months(first, 3))
            }
            Self::Days { first, last } => (first..=last).contains(&day).then_some((first, last)),
        }
    }

    fn read(every: Option<&str>, from: Option<&str>, to: Option<&str>) -> Option<Self> {
        let day = |text: &str| text.trim().parse::<Date>().ok();
        match (every, from, to) {
            (Some("month"), None, None) => Some(Self::EachMonth),
            (Some("quarter"), None, None) => Some(Self::EachQuarter),
            (None, Some(from), Some(to)) => {
                let (first, last) = (day(from)?, day(to)?);
                let days = first.until((Unit::Day, last)).ok()?.get_days();
                (days > 0).then_some(Self::Days { first, last })
            }
            _ => None,
        }
    }
}

/// `12.50 EUR`.
pub(super) fn money(text: &str) -> Option<(f64, String)> {
    let (number, currency) = text.trim().split_once(' ')?;
    let number: f64 = number.replace(['_', ','], "").parse().ok()?;
    let currency = currency.trim();
    let is_code = currency.len() == 3 && currency.bytes().all(|it| it.is_ascii_uppercase());
    (is_code && number.is_finite() && number > 0.0).then(|| (number, currency.to_owned()))
}

/// Of tables of one kind no two have one name.
pub(super) fn check_name(
    kind: &str,
    name: &Spanned<String>,
    before: &[&Spanned<String>],
) -> Checked {
    if before.iter().any(|other| other.get_ref() == name.get_ref()) {
        let name_ = name.get_ref();
        return problem(
            name,
            format!("the {kind} {name_:?} is declared twice; rename one of them"),
        );
    }
    Ok(())
}

fn check_share(kind: &str, name: &Spanned<String>, least: Option<&Spanned<f64>>) -> Checked {
    match least {
        Some(least) if !(0.0..=10.0).contains(least.get_ref()) => {
            let sentence = format!(
                "the {kind} {:?} has the least change {}; write a share such as 0.25 for a quarter",
                name.get_ref(),
                least.get_ref()
            );
            problem(least, sentence)
        }
        _ => Ok(()),
    }
}

impl RawMetric {
    pub fn check(&self, before: &[Self]) -> Checked {
        let names: Vec<&Spanned<String>> = before.iter().map(|it| &it.name).collect();
        check_name("metric", &self.name, &names)?;
        check_share("metric", &self.name, self.least.as_ref())?;
        let name = self.name.get_ref();
        if let Some(least) =
            self.least_cost.as_ref().filter(|it| !(0.0..1e15).contains(it.get_ref()))
        {
            let sentence = format!(
                "the metric {name:?} has the least cost {}; write an amount of money, such as 50",
                least.get_ref()
            );
            return problem(least, sentence);
        }
        match &self.worth {
            Some(worth) if money(worth.get_ref()).is_none() => {
                let worth_ = worth.get_ref();
                problem(
                    worth,
                    format!(
                        "the metric {name:?} is worth {worth_:?}; write an amount with its currency, such as \"12.50 EUR\""
                    ),
                )
            }
            _ => Ok(()),
        }
    }

    /// The table, once it was checked.
    pub fn into_metric(self) -> MetricRule {
        MetricRule {
            name: self.name.into_inner(),
            watch: self.watch,
            bad: self.bad,
            least: self.least.map(Spanned::into_inner),
            least_cost: self.least_cost.map(Spanned::into_inner),
            worth: self.worth.and_then(|worth| money(worth.get_ref())),
            settles_days: self.settles_days.map(i64::from),
        }
    }
}

impl RawFunnel {
    pub fn check(&self, before: &[Self]) -> Checked {
        let names: Vec<&Spanned<String>> = before.iter().map(|it| &it.name).collect();
        check_name("funnel", &self.name, &names)?;
        check_share("funnel", &self.name, self.least.as_ref())?;
        if self.steps.get_ref().len() < 2 {
            let sentence = format!(
                "the funnel {:?} has fewer than two steps; list metrics from the first step to the last, such as [\"sessions\", \"purchases\"]",
                self.name.get_ref()
            );
            return problem(&self.steps, sentence);
        }
        Ok(())
    }

    /// The table, once it was checked.
    pub fn into_funnel(self) -> Funnel {
        Funnel {
            name: self.name.into_inner(),
            steps: self.steps.into_inner(),
            of: Of { sources: self.sources, campaigns: self.campaigns },
            least: self.least.map(Spanned::into_inner),
        }
    }
}

impl RawBudget {
    pub fn check(&self, before: &[Self]) -> Checked {
        let names: Vec<&Spanned<String>> = before.iter().map(|it| &it.name).collect();
        check_name("budget", &self.name, &names)?;
        check_share("budget", &self.name, self.least.as_ref())?;
        let name = self.name.get_ref();
        if money(self.amount.get_ref()).is_none() {
            let amount = self.amount.get_ref();
            return problem(
                &self.amount,
                format!(
                    "the budget {name:?} has the amount {amount:?}; write it with its currency, such as \"60000 EUR\""
                ),
            );
        }
        if self.period().is_none() {
            let at = self.every.as_ref().or(self.from.as_ref()).unwrap_or(&self.name);
            return problem(
                at,
                format!(
                    "the budget {name:?} has no time that can be read; write every = \"month\" or \"quarter\", or from = \"2026-11-01\" and to = \"2026-12-31\""
                ),
            );
        }
        Ok(())
    }

    fn period(&self) -> Option<Period> {
        fn text(it: Option<&Spanned<String>>) -> Option<&str> {
            it.map(|it| it.get_ref().as_str())
        }
        Period::read(text(self.every.as_ref()), text(self.from.as_ref()), text(self.to.as_ref()))
    }

    /// The table, once it was checked.
    pub fn into_budget(self) -> AdBudget {
        let (amount, currency) = money(self.amount.get_ref()).unwrap_or_default();
        AdBudget {
            amount,
            currency,
            period: self.period().unwrap_or(Period::EachMonth),
            name: self.name.into_inner(),
            of: Of { sources: self.sources, campaigns: self.campaigns },
            least: self.least.map(Spanned::into_inner),
        }
    }
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_of_the_month_the_quarter_or_its_days() {
        let check = |period: Period, day: Date, expected: Option<(Date, Date)>| {
            assert_eq!(period.around(day), expected);
        };
        let day = date(2028, 2, 14);
        check(Period::EachMonth, day, Some((date(2028, 2, 1), date(2028, 2, 29))));
        check(Period::EachQuarter, day, Some((date(2028, 1, 1), date(2028, 3, 31))));
        let days = Period::Days { first: date(2028, 2, 1), last: date(2028, 2, 14) };
        check(days, day, Some((date(2028, 2, 1), day)));
        check(days, date(2028, 2, 15), None);
    }

    #[test]
    fn money_has_its_currency() {
        let check = |text: &str, expected: Option<(f64, &str)>| {
            assert_eq!(money(text), expected.map(|(n, c)| (n, c.to_owned())), "{text}");
        };
        check("12.50 EUR", Some((12.5, "EUR")));
        check("60_000 EUR", Some((60_000.0, "EUR")));
        check("12.50", None);
        check("EUR 12.50", None);
        check("-3 EUR", None);
    }
}

//! What the team wants to reach, of its numbers and of its agents.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::numbers::{Of, check_name, money};
use super::raw::{Checked, problem};

/// A bound for a number over a period, or for what an agent is measured by.
#[derive(Clone, PartialEq, Debug)]
pub struct Goal {
    pub name: String,
    pub what: What,
    pub bound: Bound,
    /// The currency of the bound, where it is money.
    pub currency: Option<String>,
    pub every: Every,
    /// The agent that exists to reach it.
    pub agent: Option<String>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// A metric or rate of readings, of these sources and campaigns.
    Metric {
        name: String,
        of: Of,
    },
    Measure(Measure),
}

/// What an agent's scorecard measures. Shares are of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The share of what people decided on that was approved as it was put up.
    FirstPass,
    /// Words changed before an approval, as a share of the words written.
    Editing,
    /// Hours from when a text could be read until somebody decided on it, the median.
    TimeToDecision,
    /// The share of the alerts that people judged that was useful.
    AlertPrecision,
    /// The share of the leads that sales answered for that it kept.
    Acceptance,
    /// What models cost for each result that was accepted, in money.
    CostPerAccepted,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    Day,
    Week,
    #[default]
    Month,
    Quarter,
}

/// A table `[[goal]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    name: Spanned<String>,
    metric: Option<Spanned<String>>,
    measure: Option<Spanned<Measure>>,
    at_least: Option<Spanned<Amount>>,
    at_most: Option<Spanned<Amount>>,
    #[serde(default)]
    every: Every,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    campaigns: Vec<String>,
    agent: Option<Spanned<String>>,
}

/// `120`, `0.8` or `"45 EUR"`.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(f64),
    Money(String),
}

impl Bound {
    pub fn value(self) -> f64 {
        match self {
            Self::AtLeast(value) | Self::AtMost(value) => value,
        }
    }

    pub fn is_kept_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

impl Measure {
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstPass => "first_pass",
            Self::Editing => "editing",
            Self::TimeToDecision => "time_to_decision",
            Self::AlertPrecision => "alert_precision",
            Self::Acceptance => "acceptance",
            Self::CostPerAccepted => "cost_per_accepted",
        }
    }
}

impl Every {
    /// The first and the last day of the period that a day is in. Weeks begin on Monday.
    pub fn around(self, day: Date) -> (Date, Date) {
        let until = |first: Date, months: i32| (first, first + months.months() - 1.day());
        match self {
            Self::Day => (day, day),
            Self::Week => {
                let first = day - i64::from(day.weekday().since(Weekday::Monday)).days();
                (first, first + 6.days())
            }
            Self::Month => until(day.first_of_month(), 1),
            Self::Quarter => {
                let first = day.first_of_month() - i32::from((day.month() - 1) % 3).months();
                until(first, 3)
            }
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

impl Amount {
    fn read(&self) -> Option<(f64, Option<String>)> {
        match self {
            Self::Number(number) => number.is_finite().then_some((*number, None)),
            Self::Money(text) => money(text).map(|(number, currency)| (number, Some(currency))),
        }
    }
}

impl Raw {
    pub fn check(&self, before: &[Self], agents: &[&str]) -> Checked {
        let names: Vec<&Spanned<String>> = before.iter().map(|it| &it.name).collect();
        check_name("goal", &self.name, &names)?;
        let name = self.name.get_ref();
        match (&self.metric, &self.measure) {
            (Some(_), None) => {}
            (None, Some(measure)) if self.agent.is_none() => {
                let measured = measure.get_ref().name();
                return problem(
                    measure,
                    format!(
                        "the goal {name:?} measures {measured}, and not of whom; add agent with the name of one of this file"
                    ),
                );
            }
            (None, Some(_)) => {}
            _ => {
                return problem(
                    &self.name,
                    format!(
                        "the goal {name:?} must have either metric (a number that is brought in, such as \"accepted\") or measure (of an agent, such as \"first_pass\")"
                    ),
                );
            }
        }
        if let Some(agent) =
            self.agent.as_ref().filter(|it| !agents.contains(&it.get_ref().as_str()))
        {
            let wanted = agent.get_ref();
            return problem(
                agent,
                format!(
                    "the goal {name:?} names the agent {wanted:?}, which this file does not declare; add it under [[agent]]"
                ),
            );
        }
        match (&self.at_least, &self.at_most) {
            (Some(one), None) | (None, Some(one)) if one.get_ref().read().is_none() => problem(
                one,
                format!(
                    "the goal {name:?} has a bound that cannot be read; write a number such as 120, or money such as \"45 EUR\""
                ),
            ),
            (Some(_), None) | (None, Some(_)) => Ok(()),
            _ => problem(
                &self.name,
                format!("the goal {name:?} must have either at_least or at_most"),
            ),
        }
    }

    /// The table, once it was checked; none only where it was not.
    pub fn into_goal(self) -> Option<Goal> {
        let read = |bound: Option<Spanned<Amount>>| bound?.get_ref().read();
        let (bound, currency) = match (read(self.at_least), read(self.at_most)) {
            (Some((least, currency)), _) => (Bound::AtLeast(least), currency),
            (None, Some((most, currency))) => (Bound::AtMost(most), currency),
            (None, None) => return None,
        };
        let what = match (self.metric, self.measure) {
            (_, Some(measure)) => What::Measure(measure.into_inner()),
            (Some(metric), None) => What::Metric {
                name: metric.into_inner(),
                of: Of { sources: self.sources, campaigns: self.campaigns },
            },
            (None, None) => return None,
        };
        let (name, every) = (self.name.into_inner(), self.every);
        Some(Goal {
            name,
            what,
            bound,
            currency,
            every,
            agent: self.agent.map(Spanned::into_inner),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_is_whole() {
        let check = |every: Every, first: Date, last: Date| {
            assert_eq!(every.around(date(2028, 2, 16)), (first, last), "{every:?}");
        };
        check(Every::Day, date(2028, 2, 16), date(2028, 2, 16));
        check(Every::Week, date(2028, 2, 14), date(2028, 2, 20));
        check(Every::Month, date(2028, 2, 1), date(2028, 2, 29));
        check(Every::Quarter, date(2028, 1, 1), date(2028, 3, 31));
    }

    #[test]
    fn a_goal_has_one_number_and_one_bound() {
        let check = |text: &str, expected: &str| {
            let text = format!("name = \"Leads\"\n{text}");
            let raw: Raw = toml::from_str(&text).unwrap();
            let said = raw.check(&[], &["content"]).map_err(|problem| problem.sentence);
            let said = said.err().unwrap_or_default();
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{said}");
        };
        check("metric = \"accepted\"\nat_least = 120", "");
        check("metric = \"cpa\"\nat_most = \"45 EUR\"\nevery = \"week\"", "");
        check("measure = \"first_pass\"\nagent = \"content\"\nat_least = 0.8", "");
        check("at_least = 1", "either metric");
        check("metric = \"accepted\"", "either at_least or at_most");
        check("metric = \"accepted\"\nat_least = 1\nat_most = 2", "either at_least or at_most");
        check("metric = \"cpa\"\nat_most = \"cheap\"", "write a number such as 120");
        check("measure = \"editing\"\nat_most = 0.1", "and not of whom");
        check("metric = \"cpa\"\nagent = \"poet\"\nat_most = 3", "does not declare");
    }
}

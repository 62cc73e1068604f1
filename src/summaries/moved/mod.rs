//! What moved: spend, leads, conversions and what an accepted lead costs, beside the same weekday and the
//! goals of the manifest.
//!
//! [`read()`] takes each number up to the last day that platforms have settled, so that a number that only
//! looks low because it is young is not told as a drop. A source of which that day has not come is left out
//! on both sides, and named.
//!
//! - `figure` compares: a figure is a number of a day, of a week or of four weeks.
//! - `told` makes lines and the picture of it.
//!
//! **Invariant:** a number is called out of the ordinary only where it lies outside the interval of what was
//! to be expected.

mod figure;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use sqlx::PgPool;

use self::figure::{Days, Figure};
use super::store;
use crate::config::{Edition, Manifest};
use crate::detectors::{DAY_S, rules};
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::readings::goals::{self, Reached};
use crate::readings::{self, Daily, Derived, Metric, label};

pub use told::Told;

/// What is told of every team, in this order.
const TOLD: [&str; 4] = ["spend", "leads", "conversions", "cost_per_accepted"];

/// Weeks from which it is known which sources send on a weekday.
const USUAL_WEEKS: i64 = 4;

/// A source that sent in so many of them is missed where it sends nothing.
const USUAL_LEAST: usize = 3;

/// Campaigns that Details names under a number.
const CAMPAIGNS: usize = 5;

/// All of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Moved {
    figures: Vec<Figure>,
    /// Of a figure by its place, the campaigns that differ most from what is usual of them, by how much.
    campaigns: BTreeMap<usize, Vec<(String, f64)>>,
    goals: Vec<Reached>,
    /// Sources of which a day is missing, and which.
    missing: BTreeMap<String, Date>,
    /// The sources that were read, and when numbers last came of each.
    sources: Vec<(String, Option<Timestamp>)>,
    /// Names of numbers that are older than yesterday, because they are still corrected.
    settling: Vec<String>,
}

/// The day that a summary is about, and how it looks back.
#[derive(Clone, PartialEq, Debug)]
pub struct About {
    /// The day before the summary's.
    pub yesterday: Date,
    pub edition: Edition,
    /// In which days end.
    pub zone: TimeZone,
    pub now: Timestamp,
}

/// Reads what a workspace's numbers say of a day.
pub async fn read(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &Manifest,
    about: &About,
) -> Result<Moved> {
    let settled = |name: &str| {
        let days = rules::rule(&manifest.numbers, name, "", "").settles_s / DAY_S;
        about.yesterday - days.days()
    };
    let (length, step, stretches) = about.edition.stretch();
    let earliest = TOLD.iter().map(|name| settled(name)).min().unwrap_or(about.yesterday);
    let shown = if about.edition == Edition::Daily { figure::SHOWN_DAYS } else { stretches * step };
    let back = stretches * step + length + shown;
    let from = earliest - back.days();
    let from = goals::first_day(&manifest.goals, settled).map_or(from, |first| first.min(from));
    let wanted = metrics(manifest);
    let lines = readings::daily(db, workspace, &wanted, from, about.yesterday).await?;
    let taken: BTreeMap<String, Timestamp> =
        store::imports(db, workspace, about.now).await?.into_iter().collect();

    let mut moved = Moved::default();
    for name in TOLD {
        moved.add(name, settled(name), &lines, &taken, about);
    }
    moved.goals = goals::reached(&manifest.goals, &lines, settled);
    let told: BTreeSet<&str> = lines.iter().map(|line| line.source.as_str()).collect();
    moved.sources = told.into_iter().map(|it| (it.to_owned(), taken.get(it).copied())).collect();
    Ok(moved)
}

/// The metrics that are read: those that are told, and those of goals.
fn metrics(manifest: &Manifest) -> Vec<String> {
    let parts = TOLD.into_iter().flat_map(goals::parts).chain(goals::metrics(&manifest.goals));
    let all: BTreeSet<String> = parts.map(str::to_owned).collect();
    all.into_iter().collect()
}

impl Moved {
    /// Adds a metric or rate, once for each currency.
    fn add(
        &mut self,
        name: &str,
        last: Date,
        lines: &[Daily],
        taken: &BTreeMap<String, Timestamp>,
        about: &About,
    ) {
        let parts = Derived::named(name).map_or([name, name], |rate| {
            let (above, below) = rate.parts();
            [above, below]
        });
        let lines: Vec<&Daily> =
            lines.iter().filter(|line| parts.contains(&line.metric.0.as_str())).collect();
        let missing = missing(&lines, last, taken, &about.zone);
        let is_rate = Derived::named(name).is_some();
        // What is only half known has no rate.
        if is_rate && !missing.is_empty() {
            return;
        }
        self.missing.extend(missing.iter().map(|source| (source.clone(), last)));
        let complete: Vec<&Daily> =
            lines.into_iter().filter(|line| !missing.contains(&line.source)).collect();
        let above = |line: &&&Daily| line.metric.0 == parts[0];
        let currencies: BTreeSet<&str> =
            complete.iter().filter(above).map(|line| line.currency.as_str()).collect();
        // What a lead cost in two currencies is not known of each.
        if is_rate && currencies.len() > 1 {
            return;
        }
        for currency in currencies {
            let of = |metric: &str, currency: &str| {
                let own = |line: &&&Daily| line.metric.0 == metric && line.currency == currency;
                sum(complete.iter().filter(own).copied())
            };
            let rate = Derived::named(name).map(|rate| (rate, of(parts[1], "")));
            let days = Days { above: of(parts[0], currency), rate };
            let Some(figure) = Figure::of(&days, last, about.edition) else { continue };
            if !is_rate {
                let own = |line: &&&Daily| above(line) && line.currency == currency;
                let own: Vec<&Daily> = complete.iter().filter(own).copied().collect();
                self.campaigns.insert(self.figures.len(), differ(&own, last, about.edition));
            }
            if last < about.yesterday {
                self.settling.push(label(name).to_lowercase());
            }
            let is_money = Metric::from(name).is_money()
                || Derived::named(name).is_some_and(Derived::is_price);
            let currency = Some(currency.to_owned()).filter(|it| is_money && !it.is_empty());
            self.figures.push(Figure {
                name: name.to_owned(),
                label: label(name),
                currency,
                ..figure
            });
        }
        self.settling.dedup();
    }
}

/// The sources that send on such a weekday and of which a day is not there, or came before it was over. One
/// that never sends on a Sunday is not missed on one.
fn missing(
    lines: &[&Daily],
    last: Date,
    taken: &BTreeMap<String, Timestamp>,
    zone: &TimeZone,
) -> BTreeSet<String> {
    let mut known: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for line in lines {
        let weeks =
            (0..=USUAL_WEEKS).filter(|ago| line.days.contains_key(&(last - (ago * 7).days())));
        known.entry(&line.source).or_default().extend(weeks);
    }
    let over = last.tomorrow().ok().and_then(|day| day.to_zoned(zone.clone()).ok());
    let is_young = |source: &str| {
        let taken = taken.get(source);
        taken.zip(over.as_ref()).is_some_and(|(taken, over)| *taken < over.timestamp())
    };
    let is_missing = |source: &str, weeks: &BTreeSet<i64>| {
        let is_there = weeks.contains(&0);
        let before = weeks.len() - usize::from(is_there);
        before >= USUAL_LEAST && (!is_there || is_young(source))
    };
    let missing = known.iter().filter(|(source, weeks)| is_missing(source, weeks));
    missing.map(|(source, _)| (*source).to_owned()).collect()
}

fn sum<'a>(lines: impl Iterator<Item = &'a Daily>) -> BTreeMap<Date, f64> {
    let mut sums: BTreeMap<Date, f64> = BTreeMap::new();
    for (day, value) in lines.flat_map(|line| &line.days) {
        *sums.entry(*day).or_default() += value;
    }
    sums
}

/// The campaigns that differ most from what is usual of them, and by how much.
fn differ(lines: &[&Daily], last: Date, edition: Edition) -> Vec<(String, f64)> {
    let (length, step, stretches) = edition.stretch();
    let mut campaigns: BTreeMap<&str, BTreeMap<Date, f64>> = BTreeMap::new();
    for line in lines {
        let days = campaigns.entry(&line.campaign).or_default();
        for (day, value) in &line.days {
            *days.entry(*day).or_default() += value;
        }
    }
    let over = |days: &BTreeMap<Date, f64>, ago: i64| -> f64 {
        let last = last - (ago * step).days();
        days.range(last - (length - 1).days()..=last).map(|it| it.1).sum()
    };
    let mut all: Vec<(String, f64)> = campaigns
        .iter()
        .map(|(name, days)| {
            let mut before: Vec<f64> = (1..=stretches).map(|ago| over(days, ago)).collect();
            before.sort_by(f64::total_cmp);
            ((*name).to_owned(), over(days, 0) - before[before.len() / 2])
        })
        .filter(|(_, change)| *change != 0.0)
        .collect();
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    all.truncate(CAMPAIGNS);
    all
}

/// A number, for programs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Number<'a> {
    pub name: &'a str,
    pub until: Date,
    pub value: f64,
    pub currency: Option<&'a str>,
    /// The median of the same stretches before.
    pub usual: Option<f64>,
    pub stretches_before: usize,
    /// Between these it is nothing special, at 95 %.
    pub ordinary: Option<[f64; 2]>,
    pub has_moved: bool,
}

/// What moved, for programs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Figures<'a> {
    pub numbers: Vec<Number<'a>>,
    pub goals: &'a [Reached],
}

impl Moved {
    pub fn figures(&self) -> Figures<'_> {
        let numbers = self.figures.iter().map(|it| Number {
            name: &it.name,
            until: it.last,
            value: it.value,
            currency: it.currency.as_deref(),
            usual: it.usual(),
            stretches_before: it.before.len(),
            ordinary: it.ordinary.map(|range| [range.low, range.high]),
            has_moved: it.has_moved(),
        });
        Figures { numbers: numbers.collect(), goals: &self.goals }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_source_is_missed_on_the_weekdays_on_which_it_sends() {
        let sunday = date(2026, 11, 22);
        let sends = |days: &[i64]| Daily {
            source: "crm".to_owned(),
            campaign: String::new(),
            metric: Metric::from("leads"),
            currency: String::new(),
            days: days.iter().map(|ago| (sunday - ago.days(), 1.0)).collect(),
        };
        let check = |days: &[i64], taken: &str, expected: bool| {
            let taken = [("crm".to_owned(), taken.parse().unwrap())].into();
            let missing = missing(&[&sends(days)], sunday, &taken, &TimeZone::UTC);
            assert_eq!(!missing.is_empty(), expected, "{days:?}, {taken:?}");
        };
        let after = "2026-11-23T06:00:00Z";
        check(&[0, 7, 14, 21, 28], after, false);
        check(&[7, 14, 21, 28], after, true);
        check(&[1, 2, 3, 4, 5, 6], after, false);
        // What came at noon of that day is half a day.
        check(&[0, 7, 14, 21, 28], "2026-11-22T12:00:00Z", true);
    }
}

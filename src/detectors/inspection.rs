//! Looking at the lines of a workspace with all detectors, campaign by campaign.
//!
//! [`Inspection::look`] takes whole campaigns, in any order and any number of them; inspections of
//! different campaigns are put together by [`Inspection::and`], so that ten thousand series are looked
//! at on every core and are never in memory at once. [`Inspection::finish`] adds what only the whole
//! can tell: a source from which nothing comes, campaigns beside their siblings, funnels and budgets.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::backtest::Run;
use super::dropoff::{self, Step};
use super::unusual::{self, Expected, Rule};
use super::waste::{self, Sibling};
use super::{Bad, DAY_S, Finding, HOUR_S, Kind, Local, Point, local_of, pacing, rules, silence};
use crate::config::{AdBudget, Funnel, Numbers};
use crate::readings::{Derived, Grain, Line};

/// The rates that are watched besides what is reported.
const WATCHED: [Derived; 3] = [Derived::Cpc, Derived::Cpa, Derived::Roas];

/// The funnel of each campaign, as far as its steps are reported.
const STEPS: [&str; 4] = ["impressions", "clicks", "conversions", "accepted"];

/// The least loss of a step's rate worth a message, where the manifest does not say.
const LEAST_LOSS: f64 = 0.2;

/// The least miss of a budget worth a message, where the manifest does not say.
const LEAST_MISS: f64 = 0.1;

/// A series that ended with an unusual reading says nothing new after this.
const STALE_S: Local = 7 * DAY_S;

/// How late the data of a whole source may be: an export comes once a day.
const LATE_S: Local = 36 * HOUR_S;

/// Days over which siblings are compared, and before which sales have answered.
const WASTE_DAYS: i64 = 28;
const ANSWERED_DAYS: i64 = 7;

/// Readings that are shown around what was found.
const SHOWN_DAYS: usize = 42;
const SHOWN_HOURS: usize = 7 * 24;

/// A finding with what it is about.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    pub source: String,
    /// Or the name of the funnel or budget that the manifest declares.
    pub campaign: String,
    /// The name of a metric or of a rate.
    pub metric: String,
    /// Of the cost.
    pub currency: String,
    pub finding: Finding,
    /// Whether it is still of today. One that is over stands until a second reading in a row is as
    /// expected, so that nothing flickers.
    pub stands: bool,
    /// What to show of it, where it stands.
    pub shown: Option<Shown>,
}

/// The numbers behind a finding, for a picture.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// `until` says until when there should have been more.
    Readings {
        currency: Option<String>,
        readings: Vec<Reading>,
        until: Option<Local>,
    },
    Funnel {
        steps: Vec<Step>,
    },
    Siblings {
        currency: String,
        siblings: Vec<Sibling>,
    },
    /// What was spent on each day of the budget's time.
    Budget {
        currency: String,
        amount: f64,
        first: Local,
        last: Local,
        days: Vec<(Local, f64)>,
    },
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reading {
    pub at: Local,
    pub value: f64,
    pub expected: Option<Expected>,
    pub marked: bool,
}

/// A line that was looked at, without its readings.
#[derive(Clone, PartialEq, Debug)]
pub struct Outline {
    pub source: String,
    pub campaign: String,
    pub metric: String,
    pub zone: String,
    /// The end of its newest hour or day.
    pub until: Local,
}

/// What came of an inspection: the findings, the costliest first, and what was looked at.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Looked {
    pub found: Vec<Found>,
    pub outlines: Vec<Outline>,
}

#[derive(Clone, Debug)]
pub struct Inspection {
    numbers: Arc<Numbers>,
    now: Timestamp,
    looked: Looked,
    /// Of each source, where its newest line ends, and whether that line is missed.
    newest: BTreeMap<String, (Local, Option<Found>)>,
    /// Of each source and currency, what its campaigns came to; and the same a day before.
    siblings: BTreeMap<(String, String), [Vec<Sibling>; 2]>,
    /// Of each declared funnel and budget, what its days came to.
    funnels: Vec<Days>,
    budgets: Vec<Days>,
}

/// What came on each day, one number a step.
type Days = BTreeMap<Local, Vec<f64>>;

/// One campaign, as the detectors want it.
struct Campaign<'a> {
    source: &'a str,
    name: &'a str,
    lines: Vec<(&'a Line, Vec<Point>)>,
    now: Local,
}

impl Inspection {
    pub fn new(numbers: Arc<Numbers>, now: Timestamp) -> Self {
        Self {
            now,
            looked: Looked::default(),
            newest: BTreeMap::new(),
            siblings: BTreeMap::new(),
            funnels: vec![Days::new(); numbers.funnels.len()],
            budgets: vec![Days::new(); numbers.budgets.len()],
            numbers,
        }
    }

    /// Looks at whole campaigns: all lines of each.
    pub fn look(&mut self, lines: &[Line]) {
        let mut campaigns: BTreeMap<(&str, &str, &str), Vec<&Line>> = BTreeMap::new();
        for line in lines {
            let of = (line.source.as_str(), line.campaign.as_str(), line.zone.as_str());
            campaigns.entry(of).or_default().push(line);
        }
        for ((source, name, zone), lines) in campaigns {
            let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
            let now = local_of(self.now.to_zoned(zone).datetime());
            let lines = lines.into_iter().map(|it| (it, complete(it, now))).collect();
            self.look_at(&Campaign { source, name, lines, now });
        }
    }

    fn look_at(&mut self, campaign: &Campaign<'_>) {
        for (line, points) in &campaign.lines {
            let Some(last) = points.last() else { continue };
            self.looked.outlines.push(Outline {
                source: line.source.clone(),
                campaign: line.campaign.clone(),
                metric: line.metric.0.clone(),
                zone: line.zone.clone(),
                until: last.at + length(line.grain),
            });
        }
        let watched = |name: &str| self.numbers.metric(name).is_none_or(|it| it.watch);
        let mut found = Vec::new();
        for (line, points) in &campaign.lines {
            if watched(&line.metric.0) {
                let rule =
                    rules::rule(&self.numbers, &line.metric.0, &line.campaign, &line.currency);
                found.extend(campaign.unusual(&line.metric.0, points, &rule));
                found.extend(campaign.silent(line, points, &rule));
            }
        }
        for (derived, above, points) in campaign.rates() {
            if watched(derived.name()) {
                let rule =
                    rules::rule(&self.numbers, derived.name(), campaign.name, &above.currency);
                found.extend(campaign.unusual(derived.name(), &points, &rule));
            }
        }
        found.extend(campaign.drop_off());
        self.looked.found.extend(found);
        self.note_newest(campaign);
        self.note_siblings(campaign);
        self.note_days(campaign);
    }

    /// A source is missed where its newest line ends.
    fn note_newest(&mut self, campaign: &Campaign<'_>) {
        for (line, points) in &campaign.lines {
            let Some(last) = points.last() else { continue };
            let end = last.at + length(line.grain);
            if self.newest.get(campaign.source).is_some_and(|it| it.0 >= end) {
                continue;
            }
            let label = rules::rule(&self.numbers, &line.metric.0, "", "").metric;
            let rule = silence::Rule::new(&label, &line.source);
            let finding = silence::find(points, &rule, campaign.now);
            let found = finding.map(|finding| Found {
                stands: finding.since < end || end + LATE_S < campaign.now,
                shown: Some(shown(points, None, Some(campaign.now))),
                ..campaign.found(&line.metric.0, "", finding)
            });
            self.newest.insert(campaign.source.to_owned(), (end, found));
        }
    }

    /// What campaigns came to before sales have answered; not where nobody says what became of leads.
    fn note_siblings(&mut self, campaign: &Campaign<'_>) {
        let lines = |metric: &'static str| {
            campaign.lines.iter().filter(move |(line, _)| line.metric.0 == metric)
        };
        let leads = if lines("leads").next().is_some() { "leads" } else { "conversions" };
        if lines("accepted").next().is_none() {
            return;
        }
        let today = campaign.now.div_euclid(DAY_S) * DAY_S;
        for (spend, _) in lines("spend") {
            let of = (campaign.source.to_owned(), spend.currency.clone());
            for (ago, siblings) in (0..).zip(self.siblings.entry(of).or_default()) {
                let to = today - (ANSWERED_DAYS + ago) * DAY_S;
                let from = to - WASTE_DAYS * DAY_S;
                let sum = |metric| -> f64 {
                    lines(metric)
                        .filter(|(line, _)| metric != "spend" || line.currency == spend.currency)
                        .flat_map(|(_, points)| points)
                        .filter(|point| (from..to).contains(&point.at))
                        .map(|point| point.value)
                        .sum()
                };
                siblings.push(Sibling {
                    name: campaign.name.to_owned(),
                    spend: sum("spend"),
                    leads: sum(leads),
                    accepted: sum("accepted"),
                });
            }
        }
    }

    fn note_days(&mut self, campaign: &Campaign<'_>) {
        for (funnel, days) in self.numbers.funnels.iter().zip(&mut self.funnels) {
            if funnel.of.takes(campaign.source, campaign.name) {
                campaign.add_steps(&funnel.steps, days);
            }
        }
        for (budget, days) in self.numbers.budgets.iter().zip(&mut self.budgets) {
            if !budget.of.takes(campaign.source, campaign.name) {
                continue;
            }
            for (line, points) in &campaign.lines {
                if line.metric.0 == "spend" && line.currency == budget.currency {
                    add(days, 0, 1, points.iter().filter(|it| is_over(it.at, campaign.now)));
                }
            }
        }
    }

    /// What both have looked at, which must be different campaigns.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.looked.found.extend(other.looked.found);
        self.looked.outlines.extend(other.looked.outlines);
        for (source, newest) in other.newest {
            match self.newest.get(&source) {
                Some(known) if known.0 >= newest.0 => {}
                _ => {
                    self.newest.insert(source, newest);
                }
            }
        }
        for (of, [today, before]) in other.siblings {
            let known = self.siblings.entry(of).or_default();
            known[0].extend(today);
            known[1].extend(before);
        }
        for (known, days) in self.funnels.iter_mut().zip(other.funnels) {
            merge(known, days);
        }
        for (known, days) in self.budgets.iter_mut().zip(other.budgets) {
            merge(known, days);
        }
        self
    }

    /// Everything that the team would have been made to read up to now.
    pub fn finish(mut self) -> Looked {
        let mut found = std::mem::take(&mut self.looked.found);
        found.extend(std::mem::take(&mut self.newest).into_values().filter_map(|it| it.1));
        found.extend(self.wasteful());
        found.extend(self.numbers.funnels.iter().zip(&self.funnels).filter_map(funnel_found));
        let today = |zone| self.now.to_zoned(zone).date();
        for (budget, days) in self.numbers.budgets.iter().zip(&self.budgets) {
            found.extend(budget_found(budget, days, today(TimeZone::UTC)));
        }
        found.sort_by(|a, b| {
            let cost = |it: &Found| it.finding.cost.unwrap_or(0.0);
            cost(b).total_cmp(&cost(a)).then_with(|| a.finding.since.cmp(&b.finding.since))
        });
        let mut outlines = self.looked.outlines;
        outlines.sort_by(|a, b| {
            let key = |it: &Outline| (it.source.clone(), it.campaign.clone(), it.metric.clone());
            key(a).cmp(&key(b))
        });
        Looked { found, outlines }
    }

    fn wasteful(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let today = self.now.to_zoned(TimeZone::UTC).datetime();
        let since =
            local_of(today).div_euclid(DAY_S) * DAY_S - (ANSWERED_DAYS + WASTE_DAYS) * DAY_S;
        for ((source, currency), [siblings, before]) in &self.siblings {
            let rule = waste::Rule { currency: Some(currency.clone()), ..waste::Rule::default() };
            let is_waste = |it: &(String, Finding)| it.1.kind == Kind::Waste;
            let mut wasteful = waste::find(siblings, &rule, since);
            wasteful.retain(is_waste);
            // What was provable yesterday and is not today stands until tomorrow.
            let known: Vec<String> = wasteful.iter().map(|it| it.0.clone()).collect();
            let before = waste::find(before, &rule, since - DAY_S).into_iter().filter(is_waste);
            wasteful.extend(before.filter(|it| !known.contains(&it.0)));
            found.extend(wasteful.into_iter().map(|(campaign, finding)| Found {
                source: source.clone(),
                campaign,
                metric: Derived::CostPerAccepted.name().to_owned(),
                currency: currency.clone(),
                finding,
                stands: true,
                shown: Some(Shown::Siblings {
                    currency: currency.clone(),
                    siblings: siblings.clone(),
                }),
            }));
        }
        found
    }
}

impl Campaign<'_> {
    fn unusual(&self, metric: &str, points: &[Point], rule: &Rule) -> Vec<Found> {
        let currency = rule.cost_currency.as_deref().or(rule.currency.as_deref()).unwrap_or("");
        let of = Derived::named(metric).map_or(metric, |it| it.parts().0);
        let newest = self
            .lines
            .iter()
            .filter(|(line, _)| line.metric.0 == of)
            .filter_map(|(_, points)| points.last())
            .map(|point| point.at)
            .max()
            .unwrap_or(Local::MIN);
        let stands = |finding: &Finding| {
            newest > self.now - STALE_S && finding.ended.is_none_or(|ended| newest <= ended)
        };
        let findings = unusual::inspect(points, rule, self.now);
        let found = findings.into_iter().map(|finding| {
            let stands = stands(&finding);
            let shown = stands.then(|| shown(points, Some(rule), None));
            Found { stands, shown, ..self.found(metric, currency, finding) }
        });
        found.collect()
    }

    /// A campaign that ended ends all of its lines, and is no outage; so a line is missed where others
    /// of its campaign go on.
    fn silent(&self, line: &Line, points: &[Point], rule: &Rule) -> Option<Found> {
        let end = |(line, points): &(&Line, Vec<Point>)| {
            points.last().map(|point| point.at + length(line.grain))
        };
        let own = points.last()?.at + length(line.grain);
        let newest = self.lines.iter().filter_map(end).max()?;
        // A campaign that is paused has zeros everywhere.
        let goes_on = |it: &(&Line, Vec<Point>)| it.1.last().is_some_and(|it| it.value != 0.0);
        let is_zero = points.last()?.value == 0.0 && self.lines.iter().any(goes_on);
        if newest <= own && !is_zero {
            return None;
        }
        let unit_cost = rule.unit_cost.filter(|_| rule.bad == Bad::Down);
        let silent = silence::Rule { unit_cost, ..silence::Rule::new(&rule.metric, &rule.of) };
        let finding = silence::find(points, &silent, self.now)?;
        // Where all of its lines are at an end, the campaign is, or the source is late.
        let stands = finding.since < newest;
        let shown = stands.then(|| shown(points, Some(rule), (newest > own).then_some(newest)));
        let currency = rule.cost_currency.as_deref().unwrap_or("");
        Some(Found { stands, shown, ..self.found(&line.metric.0, currency, finding) })
    }

    /// The daily rates of this campaign, each with the line above.
    fn rates(&self) -> Vec<(Derived, &Line, Vec<Point>)> {
        let mut rates = Vec::new();
        for derived in WATCHED {
            let (above, below) = derived.parts();
            let daily = |metric: &'static str| {
                let of = move |it: &&(&Line, Vec<Point>)| it.0.metric.0 == metric;
                self.lines.iter().filter(of).filter(|it| it.0.grain == Grain::Day)
            };
            for (line, points) in daily(above) {
                let fits = |it: &&(&Line, Vec<Point>)| {
                    it.0.currency.is_empty() || it.0.currency == line.currency
                };
                let Some((_, other)) = daily(below).find(fits) else { continue };
                rates.push((derived, *line, rate(derived, points, other)));
            }
        }
        rates
    }

    /// The step of the campaign's own funnel that lost, if one provably did.
    fn drop_off(&self) -> Option<Found> {
        let reported = |step: &&&str| self.lines.iter().any(|(line, _)| line.metric.0 == **step);
        let steps: Vec<String> = STEPS.iter().filter(reported).map(|it| (*it).to_owned()).collect();
        let mut days = Days::new();
        self.add_steps(&steps, &mut days);
        let found = lost(self.name, &steps, &days, LEAST_LOSS)?;
        Some(Found { source: self.source.to_owned(), ..found })
    }

    /// Adds what came to each step, of days that are over.
    fn add_steps(&self, steps: &[String], days: &mut Days) {
        for (number, step) in steps.iter().enumerate() {
            for (line, points) in self.lines.iter().filter(|it| it.0.metric.0 == *step) {
                let settled = self.now - settles_s(&line.metric.0);
                let over = points.iter().filter(|it| is_over(it.at, settled));
                add(days, number, steps.len(), over);
            }
        }
    }

    fn found(&self, metric: &str, currency: &str, finding: Finding) -> Found {
        Found {
            source: self.source.to_owned(),
            campaign: self.name.to_owned(),
            metric: metric.to_owned(),
            currency: currency.to_owned(),
            finding,
            stands: true,
            shown: None,
        }
    }
}

fn funnel_found((funnel, days): (&Funnel, &Days)) -> Option<Found> {
    lost(&funnel.name, &funnel.steps, days, funnel.least.unwrap_or(LEAST_LOSS))
}

/// The step of a funnel that lost; what was provable yesterday and is not today stands until tomorrow.
fn lost(name: &str, steps: &[String], days: &Days, least: f64) -> Option<Found> {
    // A day counts where all steps of it are known.
    let known: Vec<(Local, &Vec<f64>)> = days
        .iter()
        .filter(|(_, counts)| counts.iter().all(|it| !it.is_nan()))
        .map(|(at, counts)| (*at, counts))
        .collect();
    let labels: Vec<String> = steps
        .iter()
        .map(|it| crate::readings::Metric::from(it.as_str()).label().to_lowercase())
        .collect();
    let rule = dropoff::Rule { least, ..dropoff::Rule::default() };
    let at = |known: &[(Local, &Vec<f64>)]| {
        let (funnel, since) = dropoff::of_days(name, &labels, known)?;
        let (step, finding) = dropoff::find(&funnel, &rule, since)?;
        Some((steps[step].clone(), finding, funnel))
    };
    let before = known.len().checked_sub(1).map(|end| &known[..end]);
    let (metric, finding, funnel) = at(&known).or_else(|| at(before?))?;
    Some(Found {
        source: String::new(),
        campaign: name.to_owned(),
        metric,
        currency: String::new(),
        finding,
        stands: true,
        shown: Some(Shown::Funnel { steps: funnel.steps }),
    })
}

fn budget_found(budget: &AdBudget, days: &Days, today: Date) -> Option<Found> {
    let (first, last) = budget.period.around(today)?;
    let midnight = |date: Date| local_of(date.at(0, 0, 0, 0));
    let (first, last) = (midnight(first), midnight(last));
    let rule = pacing::Rule {
        of: budget.name.clone(),
        budget: budget.amount,
        first,
        last,
        least: budget.least.unwrap_or(LEAST_MISS),
        currency: Some(budget.currency.clone()),
    };
    let daily: Vec<Point> =
        days.iter().map(|(at, spent)| Point { at: *at, value: spent[0] }).collect();
    // What was in sight yesterday and is not today stands until tomorrow.
    let before = &daily[..daily.len().saturating_sub(1)];
    let finding = pacing::find(&daily, &rule).or_else(|| pacing::find(before, &rule))?;
    let days = daily.iter().filter(|it| (first..=last).contains(&it.at));
    let shown = Shown::Budget {
        currency: budget.currency.clone(),
        amount: budget.amount,
        first,
        last,
        days: days.map(|it| (it.at, it.value)).collect(),
    };
    Some(Found {
        source: String::new(),
        campaign: budget.name.clone(),
        metric: "spend".to_owned(),
        currency: budget.currency.clone(),
        finding,
        stands: true,
        shown: Some(shown),
    })
}

/// A day that is not over counts for what is bad when it is high, and not yet for the rest: half a day
/// is no drop.
fn complete(line: &Line, now: Local) -> Vec<Point> {
    let is_bad_when_high = line.metric.facts().is_some_and(|facts| facts.bad == Bad::Up);
    let length = length(line.grain);
    let points = line.points.iter().map(|(at, value)| Point { at: *at, value: *value });
    let counts = |it: &Point| match is_bad_when_high {
        true => it.at <= now,
        false => it.at + length <= now,
    };
    points.filter(counts).collect()
}

/// A rate over time, out of the readings of its two parts; where there is nothing below the line,
/// there is no reading.
fn rate(derived: Derived, above: &[Point], below: &[Point]) -> Vec<Point> {
    let below: BTreeMap<Local, f64> = below.iter().map(|it| (it.at, it.value)).collect();
    let factor = if derived == Derived::Cpm { 1_000.0 } else { 1.0 };
    above
        .iter()
        .filter_map(|it| {
            let share = below.get(&it.at).filter(|below| **below > 0.0)?;
            Some(Point { at: it.at, value: it.value / share * factor })
        })
        .collect()
}

/// The readings around what was found, as the detector saw them.
fn shown(points: &[Point], rule: Option<&Rule>, until: Option<Local>) -> Shown {
    let bad = rule.map_or(Bad::Either, |it| it.bad);
    let run = Run::of(points, bad, rule.map_or(0.0, |it| it.least));
    let most = if run.step_s < DAY_S { SHOWN_HOURS } else { SHOWN_DAYS };
    let tail = &run.judged[run.judged.len().saturating_sub(most)..];
    let reading = |it: &unusual::Judged| Reading {
        at: it.at,
        value: it.value,
        expected: it.expected.filter(|_| rule.is_some()),
        marked: it.fires && rule.is_some(),
    };
    let currency = rule.and_then(|it| it.currency.clone());
    Shown::Readings { currency, readings: tail.iter().map(reading).collect(), until }
}

fn add<'a>(days: &mut Days, step: usize, steps: usize, points: impl Iterator<Item = &'a Point>) {
    for point in points {
        let day = point.at.div_euclid(DAY_S) * DAY_S;
        let counts = days.entry(day).or_insert_with(|| vec![f64::NAN; steps]);
        counts[step] = if counts[step].is_nan() { 0.0 } else { counts[step] } + point.value;
    }
}

fn merge(known: &mut Days, more: Days) {
    for (day, more) in more {
        match known.get_mut(&day) {
            Some(counts) => {
                for (count, more) in counts.iter_mut().zip(more) {
                    *count = if count.is_nan() { more } else { *count + more.max(0.0) };
                }
            }
            None => {
                known.insert(day, more);
            }
        }
    }
}

fn settles_s(metric: &str) -> Local {
    let facts = crate::readings::Metric::from(metric).facts();
    facts.map_or(0, |it| it.settles_days * DAY_S)
}

/// Whether the day of a reading is over.
fn is_over(at: Local, now: Local) -> bool {
    at.div_euclid(DAY_S) * DAY_S + DAY_S <= now
}

fn length(grain: Grain) -> Local {
    match grain {
        Grain::Hour => HOUR_S,
        Grain::Day => DAY_S,
    }
}

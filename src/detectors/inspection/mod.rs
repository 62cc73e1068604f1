//! Looking at the lines of a workspace with all detectors, campaign by campaign.
//!
//! [`Inspection::look`] takes whole campaigns, in any order and any number of them; inspections of
//! different campaigns are put together by [`Inspection::and`], so that ten thousand series are looked
//! at on every core and are never in memory at once. [`Inspection::finish`] adds what only the whole
//! can tell: a source from which nothing comes, campaigns beside their siblings, funnels and budgets.

mod days;
mod shown;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::days::{Days, LEAST_LOSS, add, budget_found, funnel_found, lost, merge};
use self::shown::shown;
use super::unusual::{self, Rule};
use super::waste::{self, Sibling};
use super::{Bad, DAY_S, Finding, HOUR_S, Kind, Local, Point, local_of, rules, silence};
use crate::config::Numbers;
use crate::readings::{Derived, Grain, Line, upper};

pub use self::shown::{Reading, Shown};

/// The rates that are watched besides what is reported.
const WATCHED: [Derived; 3] = [Derived::Cpc, Derived::Cpa, Derived::Roas];

/// The funnel of each campaign, as far as its steps are reported.
const STEPS: [&str; 4] = ["impressions", "clicks", "conversions", "accepted"];

/// A series from which nothing came for so long shows nothing any more.
pub const STALE_S: Local = 7 * DAY_S;

/// How late the data of a whole source may be: an export comes once a day.
const LATE_S: Local = 36 * HOUR_S;

/// Days over which siblings are compared, and before which sales have answered.
const WASTE_DAYS: i64 = 28;
const ANSWERED_DAYS: i64 = 7;

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

/// One campaign, as the detectors want it.
struct Campaign<'a> {
    source: &'a str,
    name: &'a str,
    lines: Vec<Watched<'a>>,
    now: Local,
}

/// A line with the rule that it is watched by, and those of its readings that count.
struct Watched<'a> {
    line: &'a Line,
    rule: Rule,
    points: Vec<Point>,
}

/// A rate over time, with its rule.
struct Rate {
    derived: Derived,
    rule: Rule,
    points: Vec<Point>,
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
            let lines = lines.into_iter().map(|it| Watched::new(&self.numbers, it, now)).collect();
            self.look_at(&Campaign { source, name, lines, now });
        }
    }

    fn look_at(&mut self, campaign: &Campaign<'_>) {
        for watched in &campaign.lines {
            let Some(until) = watched.end() else { continue };
            self.looked.outlines.push(Outline {
                source: watched.line.source.clone(),
                campaign: watched.line.campaign.clone(),
                metric: watched.line.metric.0.clone(),
                zone: watched.line.zone.clone(),
                until,
            });
        }
        let is_watched = |name: &str| self.numbers.metric(name).is_none_or(|it| it.watch);
        let mut found = Vec::new();
        for watched in campaign.lines.iter().filter(|it| is_watched(it.metric())) {
            found.extend(campaign.unusual(watched.metric(), &watched.points, &watched.rule));
            found.extend(campaign.silent(watched));
        }
        let rates = campaign.rates(&self.numbers);
        for rate in rates.iter().filter(|it| is_watched(it.derived.name())) {
            found.extend(campaign.unusual(rate.derived.name(), &rate.points, &rate.rule));
        }
        found.extend(campaign.drop_off());
        self.looked.found.extend(found);
        self.note_newest(campaign);
        self.note_siblings(campaign);
        self.note_days(campaign);
    }

    /// A source is missed where its newest line ends.
    fn note_newest(&mut self, campaign: &Campaign<'_>) {
        for watched in &campaign.lines {
            let Some(end) = watched.end() else { continue };
            if self.newest.get(campaign.source).is_some_and(|it| it.0 >= end) {
                continue;
            }
            let points = &watched.points;
            let rule = silence::Rule::new(&watched.rule.metric, campaign.source);
            // Zeros are numbers that came: what they mean is for the campaigns to say.
            let finding = silence::find(points, &rule, campaign.now).filter(|it| it.since >= end);
            let found = finding.map(|finding| Found {
                stands: end + LATE_S < campaign.now,
                shown: Some(shown(points, None, Some(campaign.now))),
                ..campaign.found(watched.metric(), "", finding)
            });
            self.newest.insert(campaign.source.to_owned(), (end, found));
        }
    }

    /// What campaigns came to before sales have answered; not where nobody says what became of leads.
    fn note_siblings(&mut self, campaign: &Campaign<'_>) {
        let lines = |metric: &'static str| campaign.lines_of(metric);
        let leads = if lines("leads").next().is_some() { "leads" } else { "conversions" };
        if lines("accepted").next().is_none() {
            return;
        }
        let today = campaign.now.div_euclid(DAY_S) * DAY_S;
        for Watched { line: spend, .. } in lines("spend") {
            let of = (campaign.source.to_owned(), spend.currency.clone());
            for (ago, siblings) in (0..).zip(self.siblings.entry(of).or_default()) {
                let to = today - (ANSWERED_DAYS + ago) * DAY_S;
                let from = to - WASTE_DAYS * DAY_S;
                let sum = |metric| -> f64 {
                    lines(metric)
                        .filter(|it| metric != "spend" || it.line.currency == spend.currency)
                        .flat_map(|it| &it.points)
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
            let spend = campaign.lines_of("spend").filter(|it| it.line.currency == budget.currency);
            for watched in spend {
                add(days, 0, 1, watched.points.iter().filter(|it| is_over(it.at, campaign.now)));
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
        let newest = self
            .lines_of(upper(metric))
            .filter_map(|it| it.points.last())
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
    fn silent(&self, watched: &Watched<'_>) -> Option<Found> {
        let Watched { rule, points, .. } = watched;
        let own = watched.end()?;
        let newest = self.lines.iter().filter_map(Watched::end).max()?;
        // A campaign that is paused has zeros everywhere.
        let goes_on = |it: &Watched<'_>| it.points.last().is_some_and(|it| it.value != 0.0);
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
        Some(Found { stands, shown, ..self.found(watched.metric(), currency, finding) })
    }

    /// The daily rates of this campaign.
    fn rates(&self, numbers: &Numbers) -> Vec<Rate> {
        let mut rates = Vec::new();
        for derived in WATCHED {
            let (above, below) = derived.parts();
            let daily = |metric: &'static str| {
                self.lines_of(metric).filter(|it| it.line.grain == Grain::Day)
            };
            for Watched { line, points, .. } in daily(above) {
                let fits = |it: &&Watched<'_>| {
                    it.line.currency.is_empty() || it.line.currency == line.currency
                };
                let Some(other) = daily(below).find(fits) else { continue };
                let points = rate(derived, points, &other.points);
                let rule = rules::rule(numbers, derived.name(), self.name, &line.currency);
                rates.push(Rate { derived, rule, points });
            }
        }
        rates
    }

    /// The step of the campaign's own funnel that lost, if one provably did.
    fn drop_off(&self) -> Option<Found> {
        let reported = |step: &&&str| self.lines_of(step).next().is_some();
        let steps: Vec<String> = STEPS.iter().filter(reported).map(|it| (*it).to_owned()).collect();
        let mut days = Days::new();
        self.add_steps(&steps, &mut days);
        let found = lost(self.name, &steps, &days, LEAST_LOSS)?;
        Some(Found { source: self.source.to_owned(), ..found })
    }

    /// Adds what came to each step, of days that are over.
    fn add_steps(&self, steps: &[String], days: &mut Days) {
        for (number, step) in steps.iter().enumerate() {
            for watched in self.lines_of(step) {
                let settled = self.now - watched.rule.settles_s;
                let over = watched.points.iter().filter(|it| is_over(it.at, settled));
                add(days, number, steps.len(), over);
            }
        }
    }

    fn lines_of<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = &'a Watched<'a>> {
        self.lines.iter().filter(move |it| it.metric() == metric)
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

impl<'a> Watched<'a> {
    /// A day that is not over counts for what is bad when it is high, and not yet for the rest: half a
    /// day is no drop.
    fn new(numbers: &Numbers, line: &'a Line, now: Local) -> Self {
        let rule = rules::rule(numbers, &line.metric.0, &line.campaign, &line.currency);
        let length = length(line.grain);
        let counts = |it: &Point| match rule.bad {
            Bad::Up => it.at <= now,
            Bad::Down | Bad::Either => it.at + length <= now,
        };
        let points = line.points.iter().map(|(at, value)| Point { at: *at, value: *value });
        let points = points.filter(counts).collect();
        Self { line, rule, points }
    }

    fn metric(&self) -> &str {
        &self.line.metric.0
    }

    /// Where its newest hour or day ends.
    fn end(&self) -> Option<Local> {
        Some(self.points.last()?.at + length(self.line.grain))
    }
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

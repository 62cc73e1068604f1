//! The rule of a metric, out of what is declared about it; and a campaign looked at with all of them.

use super::unusual::{self, Rule};
use super::{Bad, DAY_S, Finding, Local, Point, local_of, silence};
use crate::readings::{BadWay, Derived, Grain, Line, Metric, rate};

/// The rates that are watched besides what is reported.
const WATCHED: [Derived; 3] = [Derived::Cpc, Derived::Cpa, Derived::Roas];

/// A finding with what it is about.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    pub source: String,
    pub campaign: String,
    /// The name of a metric or of a rate.
    pub metric: String,
    pub currency: String,
    pub finding: Finding,
}

/// The rule for a metric or rate of this name; of an unknown one, both ways are bad.
pub fn rule(name: &str, of: &str, currency: &str) -> Rule {
    let currency = Some(currency).filter(|it| !it.is_empty()).map(str::to_owned);
    let base = Rule { of: of.to_owned(), ..Rule::of_unknown(name) };
    if let Some(derived) = Derived::named(name) {
        return Rule {
            metric: derived.label().to_owned(),
            bad: bad(derived.bad()),
            least: derived.least(),
            currency: currency.filter(|_| derived.is_price()),
            ..base
        };
    }
    let metric = Metric::from(name);
    let Some(facts) = metric.facts() else {
        return Rule { metric: metric.label(), currency, ..base };
    };
    Rule {
        metric: facts.label.to_owned(),
        bad: bad(facts.bad),
        least: facts.least,
        unit_cost: metric.is_money().then_some(1.0),
        currency,
        settles_s: facts.settles_days * DAY_S,
        ..base
    }
}

/// Everything that a workspace's lines would have made the team read up to `now`, costliest first.
pub fn inspect(lines: &[Line], now: Local) -> Vec<Found> {
    let mut found = Vec::new();
    for line in lines {
        let points = points(&line.points);
        let rule = rule(&line.metric.0, &line.campaign, &line.currency);
        let about = |finding| found_in(line, &line.metric.0, finding);
        found.extend(unusual::inspect(&points, &rule, now).into_iter().map(about));
        if let Some(silent) = silence_rule(lines, line, &rule) {
            found.extend(silence::find(&points, &silent, now).map(about));
        }
    }
    for (derived, above, below) in pairs(lines) {
        let points = points(&rate(derived, &above.points, &below.points));
        let rule = rule(derived.name(), &above.campaign, &above.currency);
        let settles_s = [above, below]
            .iter()
            .filter_map(|it| it.metric.facts())
            .map(|it| it.settles_days * DAY_S)
            .max();
        let rule = Rule { settles_s: settles_s.unwrap_or(0), ..rule };
        let about = |finding| found_in(above, derived.name(), finding);
        found.extend(unusual::inspect(&points, &rule, now).into_iter().map(about));
    }
    found.sort_by(|a, b| {
        let cost = |it: &Found| it.finding.cost.unwrap_or(0.0);
        cost(b).total_cmp(&cost(a)).then_with(|| a.finding.since.cmp(&b.finding.since))
    });
    found
}

/// Who is missed when a line ends. A campaign that ended ends all of its lines, and is no outage; so a
/// line is missed where others of its campaign go on, and a source where its newest line ends.
fn silence_rule(lines: &[Line], line: &Line, rule: &Rule) -> Option<silence::Rule> {
    let last = |it: &Line| it.points.last().map(|point| point.0);
    let of_source = || lines.iter().filter(|it| it.source == line.source);
    let goes_on = of_source().any(|it| it.campaign == line.campaign && last(it) > last(line));
    let newest = of_source().map(last).max().flatten();
    let speaks = of_source().find(|it| last(it) == newest).is_some_and(|it| std::ptr::eq(it, line));
    let unit_cost = rule.unit_cost.filter(|_| rule.bad == Bad::Down);
    match () {
        () if goes_on => {
            Some(silence::Rule { unit_cost, ..silence::Rule::new(&rule.metric, &rule.of) })
        }
        () if speaks => Some(silence::Rule::new(&rule.metric, &line.source)),
        () => None,
    }
}

pub fn points(readings: &[(jiff::civil::DateTime, f64)]) -> Vec<Point> {
    readings.iter().map(|(at, value)| Point { at: local_of(*at), value: *value }).collect()
}

/// The two lines that make a rate, of the same campaign, grain and currency.
fn pairs(lines: &[Line]) -> Vec<(Derived, &Line, &Line)> {
    let mut pairs = Vec::new();
    for derived in WATCHED {
        let (above, below) = derived.parts();
        for line in lines.iter().filter(|it| it.metric.0 == above && it.grain == Grain::Day) {
            let other = lines.iter().find(|it| {
                it.metric.0 == below
                    && (&it.source, &it.campaign, it.grain)
                        == (&line.source, &line.campaign, line.grain)
                    && (it.currency.is_empty() || it.currency == line.currency)
            });
            pairs.extend(other.map(|it| (derived, line, it)));
        }
    }
    pairs
}

fn found_in(line: &Line, metric: &str, finding: Finding) -> Found {
    Found {
        source: line.source.clone(),
        campaign: line.campaign.clone(),
        metric: metric.to_owned(),
        currency: line.currency.clone(),
        finding,
    }
}

fn bad(way: BadWay) -> Bad {
    match way {
        BadWay::Up => Bad::Up,
        BadWay::Down => Bad::Down,
        BadWay::Either => Bad::Either,
    }
}

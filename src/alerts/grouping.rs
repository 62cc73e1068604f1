//! From findings to groups: what moved together, by campaign and cause. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::alert::{Cause, Key, Line, Picture};
use crate::config::Severity;
use crate::detectors::{DAY_S, Found, Kind, Local, Looked, Outline, civil_of};
use crate::readings::{self, Derived};

/// Campaigns that are named among what did not move.
const STEADY: usize = 5;

/// What stands now of one campaign and cause.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Group {
    pub key: Key,
    pub picture: Picture,
}

/// What stands of what was found, by campaign and cause.
pub(super) fn groups(looked: Looked) -> Vec<Group> {
    let Looked { mut found, outlines } = looked;
    found.retain(|it| it.stands);
    let outlines = Outlines::new(&outlines);
    gathered(muted(found), &outlines)
}

/// Several groups of one source as one.
pub(super) fn together(groups: Vec<Group>) -> Option<Group> {
    let worst = groups.iter().max_by(|a, b| {
        let stake = |it: &Group| it.picture.at_stake();
        stake(a).total_cmp(&stake(b)).then_with(|| b.key.cmp(&a.key))
    })?;
    let key = worst.key.of_many();
    let shown = worst.picture.shown.clone();
    let (until, severity) = groups.iter().fold(
        (worst.picture.data_until, Severity::Unusual),
        |(until, severity), group| {
            (until.max(group.picture.data_until), severity.max(group.picture.severity))
        },
    );
    let mut cost: BTreeMap<String, f64> = BTreeMap::new();
    for (currency, more) in groups.iter().flat_map(|group| group.picture.cost.iter()) {
        *cost.entry(currency.clone()).or_default() += more;
    }
    let mut lines: Vec<Line> = groups.into_iter().flat_map(|group| group.picture.lines).collect();
    worst_first(&mut lines);
    let cost = cost.into_iter().collect();
    let steady = Vec::new();
    let picture = Picture { lines, severity, cost, steady, data_until: until, shown };
    Some(Group { key, picture })
}

/// What was looked at, by source and metric.
struct Outlines<'a> {
    by_metric: BTreeMap<(&'a str, &'a str), Vec<&'a Outline>>,
    by_campaign: BTreeMap<(&'a str, &'a str), Vec<&'a Outline>>,
    until: BTreeMap<&'a str, Timestamp>,
}

impl<'a> Outlines<'a> {
    fn new(outlines: &'a [Outline]) -> Self {
        let mut it = Self {
            by_metric: BTreeMap::new(),
            by_campaign: BTreeMap::new(),
            until: BTreeMap::new(),
        };
        let mut newest: BTreeMap<&str, &Outline> = BTreeMap::new();
        for outline in outlines {
            let source = outline.source.as_str();
            it.by_metric.entry((source, &outline.metric)).or_default().push(outline);
            it.by_campaign.entry((source, &outline.campaign)).or_default().push(outline);
            let known = newest.entry(source).or_insert(outline);
            if known.until < outline.until {
                *known = outline;
            }
        }
        it.until = newest.into_iter().map(|(source, it)| (source, instant(it))).collect();
        it
    }
}

fn instant(outline: &Outline) -> Timestamp {
    let zone = TimeZone::get(&outline.zone).unwrap_or(TimeZone::UTC);
    civil_of(outline.until).to_zoned(zone).map(|it| it.timestamp()).unwrap_or_default()
}

/// Without the drops that follow from data that stopped coming.
fn muted(found: Vec<Found>) -> Vec<Found> {
    let silent: BTreeMap<(String, String), Local> = found
        .iter()
        .filter(|it| it.finding.kind == Kind::Silence)
        .map(|it| ((it.source.clone(), it.campaign.clone()), it.finding.since))
        .collect();
    let follows = |it: &Found| {
        it.finding.kind != Kind::Silence
            && cause(it) == Cause::Results
            && silent
                .get(&(it.source.clone(), it.campaign.clone()))
                .is_some_and(|since| it.finding.since >= since - DAY_S)
    };
    found.into_iter().filter(|it| !follows(it)).collect()
}

fn gathered(found: Vec<Found>, outlines: &Outlines<'_>) -> Vec<Group> {
    let mut by_key: BTreeMap<Key, Vec<Found>> = BTreeMap::new();
    let moved: BTreeSet<(String, String)> =
        found.iter().map(|it| (it.campaign.clone(), it.metric.clone())).collect();
    for one in found {
        let (source, campaign) = (one.source.clone(), one.campaign.clone());
        // What a result costs moves with the spend.
        let spend = (campaign.clone(), "spend".to_owned());
        let cause = match cause(&one) {
            Cause::Results if rests_on_spend(&one.metric) && moved.contains(&spend) => {
                Cause::Delivery
            }
            cause => cause,
        };
        by_key.entry(Key { source, campaign, cause }).or_default().push(one);
    }
    let group = |(key, mut found): (Key, Vec<Found>)| {
        let data_until = match outlines.until.get(key.source.as_str()) {
            Some(until) => *until,
            // Funnels and budgets are of no source.
            None => outlines.until.values().max().copied().unwrap_or_default(),
        };
        let steady = steady(&key, &found, outlines, &moved);
        let severity = found.iter().map(severity).max().unwrap_or(Severity::Unusual);
        let cost = cost(&found);
        found.sort_by(|a, b| {
            worse(a.finding.cost, a.finding.score, b.finding.cost, b.finding.score)
        });
        let shown = found.first_mut().and_then(|it| it.shown.take());
        let lines: Vec<Line> = found.into_iter().map(line).collect();
        Group { key, picture: Picture { lines, severity, cost, steady, data_until, shown } }
    };
    by_key.into_iter().map(group).collect()
}

/// Whether a rate has the spend above or below its line.
pub(super) fn rests_on_spend(metric: &str) -> bool {
    Derived::named(metric).is_some_and(|rate| {
        let (above, below) = rate.parts();
        above == "spend" || below == "spend"
    })
}

fn cause(found: &Found) -> Cause {
    match (found.finding.kind, found.metric.as_str()) {
        (Kind::Silence, _) => Cause::Silence,
        (Kind::Waste | Kind::Expensive, _) => Cause::Quality,
        (Kind::Pacing, _) => Cause::Budget,
        (Kind::DropOff, _) => Cause::Results,
        (
            Kind::Unusual,
            "spend" | "impressions" | "clicks" | "link_clicks" | "cpc" | "cpm" | "ctr" | "sessions"
            | "users",
        ) => Cause::Delivery,
        (Kind::Unusual, _) => Cause::Results,
    }
}

fn severity(found: &Found) -> Severity {
    let finding = &found.finding;
    let ratio = finding.value / finding.expected;
    let doubled = !ratio.is_finite() || !(0.5..2.0).contains(&ratio);
    if finding.kind == Kind::Silence || doubled { Severity::Severe } else { Severity::Unusual }
}

/// Of one campaign the costliest line counts: lost revenue and lost conversions are the same loss.
fn cost(found: &[Found]) -> Vec<(String, f64)> {
    let mut most: BTreeMap<String, f64> = BTreeMap::new();
    for one in found.iter().filter(|it| !it.currency.is_empty()) {
        if let Some(cost) = one.finding.cost {
            let before = most.entry(one.currency.clone()).or_default();
            *before = before.max(cost);
        }
    }
    most.into_iter().collect()
}

/// The campaigns of the source whose same metric did not move; where there are none, the other metrics.
fn steady(
    key: &Key,
    found: &[Found],
    outlines: &Outlines<'_>,
    moved: &BTreeSet<(String, String)>,
) -> Vec<String> {
    let did_move =
        |campaign: &str, metric: &str| moved.contains(&(campaign.to_owned(), metric.to_owned()));
    let Some(metric) = found.first().map(|it| it.metric.as_str()) else { return Vec::new() };
    let siblings: BTreeSet<String> = outlines
        .by_metric
        .get(&(key.source.as_str(), readings::upper(metric)))
        .into_iter()
        .flatten()
        .filter(|it| it.campaign != key.campaign && !did_move(&it.campaign, metric))
        .map(|it| it.campaign.clone())
        .collect();
    let metrics: BTreeSet<String> = outlines
        .by_campaign
        .get(&(key.source.as_str(), key.campaign.as_str()))
        .into_iter()
        .flatten()
        .filter(|it| !did_move(&it.campaign, &it.metric))
        .map(|it| readings::label(&it.metric))
        .collect();
    let all = if siblings.is_empty() { metrics } else { siblings };
    let more = all.len().saturating_sub(STEADY);
    let mut named: Vec<String> = all.into_iter().take(STEADY).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named
}

fn line(found: Found) -> Line {
    let finding = found.finding;
    let name = readings::label(&found.metric);
    let rule = match finding.kind {
        Kind::Silence => format!("silence of {name}"),
        Kind::Unusual => format!("unusual {name}"),
        Kind::Waste | Kind::Expensive => "waste".to_owned(),
        Kind::DropOff => format!("drop-off before {name}"),
        Kind::Pacing => "pacing".to_owned(),
    };
    Line {
        campaign: found.campaign,
        metric: found.metric,
        kind: finding.kind,
        sentence: finding.sentence,
        since: finding.since,
        cost: finding.cost,
        currency: found.currency,
        score: finding.score,
        rule,
        notes: finding.notes,
    }
}

fn worst_first(lines: &mut [Line]) {
    lines.sort_by(|a, b| worse(a.cost, a.score, b.cost, b.score));
}

/// What costs more comes first; of what costs the same, what is further out.
fn worse(
    cost: Option<f64>,
    score: f64,
    other_cost: Option<f64>,
    other_score: f64,
) -> std::cmp::Ordering {
    let (one, other) = (cost.unwrap_or(0.0), other_cost.unwrap_or(0.0));
    other.total_cmp(&one).then_with(|| other_score.total_cmp(&score))
}

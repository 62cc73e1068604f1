//! From findings to groups: what moved together, by campaign and cause. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::alert::{Cause, Key, Line, Picture};
use crate::config::Severity;
use crate::detectors::rules::{self, Found};
use crate::detectors::{DAY_S, HOUR_S, Kind, Local, civil_of, local_of};
use crate::readings::{self, BadWay, Derived, Grain, Metric};

/// A series that ended with an unusual reading says nothing new after this.
const STALE_S: Local = 7 * DAY_S;

/// How late the data of a whole source may be.
const LATE_S: Local = 36 * HOUR_S;

/// Campaigns that are named among what did not move.
const STEADY: usize = 5;

/// What stands now of one campaign and cause.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Group {
    pub key: Key,
    pub picture: Picture,
}

/// What stands at `now`, by campaign and cause.
pub(super) fn groups(lines: &[readings::Line], now: Timestamp) -> Vec<Group> {
    let mut zones: BTreeMap<&str, Vec<readings::Line>> = BTreeMap::new();
    for line in lines {
        zones.entry(&line.zone).or_default().push(line.clone());
    }
    let mut groups = Vec::new();
    for (zone, lines) in zones {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let local = local_of(now.to_zoned(zone.clone()).datetime());
        let lines: Vec<readings::Line> =
            lines.into_iter().map(|line| complete(line, local)).collect();
        let found = rules::inspect(&lines, local);
        let standing = found.into_iter().filter(|it| stands(it, &lines, local)).collect();
        groups.extend(gathered(muted(standing), &lines, &zone));
    }
    groups
}

/// Several groups of one source as one.
pub(super) fn together(groups: Vec<Group>) -> Option<Group> {
    let first = groups.first()?;
    let key = Key { campaign: String::new(), ..first.key.clone() };
    let (until, severity) = groups.iter().fold(
        (first.picture.data_until, Severity::Unusual),
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
    let picture = Picture { lines, severity, cost, steady: Vec::new(), data_until: until };
    Some(Group { key, picture })
}

/// A day that is not over counts for what is bad when it is high, and not yet for the rest: half a day
/// is no drop.
fn complete(mut line: readings::Line, now: Local) -> readings::Line {
    let length = length(line.grain);
    if line.metric.facts().is_none_or(|facts| facts.bad != BadWay::Up) {
        line.points.retain(|(at, _)| local_of(*at) + length <= now);
    }
    line
}

/// Whether a finding is still of today. One that is over stands until a second reading in a row is as
/// expected, so that nothing flickers.
fn stands(found: &Found, lines: &[readings::Line], now: Local) -> bool {
    if found.finding.kind == Kind::Silence {
        let of_source = lines.iter().filter(|it| it.source == found.source);
        let ends = of_source
            .filter_map(|it| it.points.last().map(|(at, _)| local_of(*at) + length(it.grain)));
        // An export comes once a day, so a whole source is not missed before it should have come.
        return ends.max().is_none_or(|end| found.finding.since < end || end + LATE_S < now);
    }
    let metric = Derived::named(&found.metric).map_or(found.metric.as_str(), |it| it.parts().0);
    let newest = lines
        .iter()
        .filter(|it| it.source == found.source && it.campaign == found.campaign)
        .filter(|it| it.metric.0 == metric)
        .filter_map(|it| it.points.last())
        .map(|(at, _)| local_of(*at))
        .max();
    let Some(newest) = newest else { return false };
    newest > now - STALE_S && found.finding.ended.is_none_or(|ended| newest <= ended)
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

fn gathered(found: Vec<Found>, lines: &[readings::Line], zone: &TimeZone) -> Vec<Group> {
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
    let group = |(key, found): (Key, Vec<Found>)| {
        let data_until = data_until(&key.source, lines, zone);
        let steady = steady(&key, &found, lines, &moved);
        let severity = found.iter().map(severity).max().unwrap_or(Severity::Unusual);
        let cost = cost(&found);
        let mut lines: Vec<Line> = found.into_iter().map(line).collect();
        worst_first(&mut lines);
        Group { key, picture: Picture { lines, severity, cost, steady, data_until } }
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
        (
            _,
            "spend" | "impressions" | "clicks" | "link_clicks" | "cpc" | "cpm" | "ctr" | "sessions"
            | "users",
        ) => Cause::Delivery,
        _ => Cause::Results,
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
    lines: &[readings::Line],
    moved: &BTreeSet<(String, String)>,
) -> Vec<String> {
    let did_move =
        |campaign: &str, metric: &str| moved.contains(&(campaign.to_owned(), metric.to_owned()));
    let Some(metric) = found.first().map(|it| it.metric.as_str()) else { return Vec::new() };
    let part = Derived::named(metric).map_or(metric, |it| it.parts().0);
    let of_source = || lines.iter().filter(|it| it.source == key.source);
    let siblings: BTreeSet<String> = of_source()
        .filter(|it| it.campaign != key.campaign && it.metric.0 == part)
        .filter(|it| !did_move(&it.campaign, metric))
        .map(|it| it.campaign.clone())
        .collect();
    let metrics: BTreeSet<String> = of_source()
        .filter(|it| it.campaign == key.campaign && !did_move(&it.campaign, &it.metric.0))
        .map(|it| it.metric.label())
        .collect();
    let all = if siblings.is_empty() { metrics } else { siblings };
    let more = all.len().saturating_sub(STEADY);
    let mut named: Vec<String> = all.into_iter().take(STEADY).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named
}

fn data_until(source: &str, lines: &[readings::Line], zone: &TimeZone) -> Timestamp {
    let ends = lines.iter().filter(|it| it.source == source);
    let newest = ends
        .filter_map(|it| it.points.last().map(|(at, _)| local_of(*at) + length(it.grain)))
        .max();
    let civil = newest.map(civil_of).unwrap_or_default();
    civil.to_zoned(zone.clone()).map(|it| it.timestamp()).unwrap_or_default()
}

fn line(found: Found) -> Line {
    let finding = found.finding;
    let name = Derived::named(&found.metric)
        .map_or_else(|| Metric(found.metric.clone()).label(), |it| it.label().to_owned());
    let rule = match finding.kind {
        Kind::Silence => format!("silence of {name}"),
        _ => format!("unusual {name}"),
    };
    Line {
        campaign: found.campaign,
        metric: found.metric,
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
    let cost = |line: &Line| line.cost.unwrap_or(0.0);
    lines.sort_by(|a, b| cost(b).total_cmp(&cost(a)).then_with(|| b.score.total_cmp(&a.score)));
}

fn length(grain: Grain) -> Local {
    match grain {
        Grain::Hour => HOUR_S,
        Grain::Day => DAY_S,
    }
}

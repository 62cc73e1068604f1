//! A reading that is far from what was to be expected.
//!
//! [`Watch`] takes the readings of one series in their order and says of each how far out it is:
//! `fine` for series of an hour or less, `daily` for those of a day or more. Both measure a distance
//! from medians or forecasts of what came before (`expectation`), and divide it by what the series'
//! own distances reached so far (`tail`): raw deviations mean nothing across series, for one series'
//! ordinary Monday is another one's catastrophe. `events` makes one message of a burst.
//!
//! The idea of judging errors by their own running tail is that of A. Siffer et al., *Anomaly Detection
//! in Streams with Extreme Value Theory* (KDD 2017), here with an empirical quantile in place of a
//! fitted tail; that of scoring what a simple forecaster leaves is that of A. Lavin, S. Ahmad,
//! *Evaluating Real-time Anomaly Detection Algorithms* (ICMLA 2015), whose benchmark measures it.
//!
//! **Invariant.** The same constants for every series; nothing is learnt from labels.
//! **Invariant.** A reading that is not there (a gap) changes nothing but the note.

mod daily;
mod events;
mod expectation;
mod fine;
mod tail;

use self::daily::Daily;
use self::events::Events;
use self::fine::Fine;
use super::words::{amount, day_of, percent};
use serde::{Deserialize, Serialize};

use super::{Bad, DAY_S, Finding, HOUR_S, Kind, Local, Point};

pub use self::events::FIRES;

/// Which readings of a metric are worth a message.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// What the metric is called in a sentence, and what it belongs to: "Spend", "Brand DE".
    pub metric: String,
    pub of: String,
    pub bad: Bad,
    /// The least change worth a message, as a share of what was expected: 0.4.
    pub least: f64,
    /// The least cost worth a message, in money; 0 where all of them are.
    pub least_cost: f64,
    /// What one unit of the metric is worth in money, 1 for money itself; unknown for others.
    pub unit_cost: Option<f64>,
    pub currency: Option<String>,
    /// The currency of that worth.
    pub cost_currency: Option<String>,
    /// Seconds for which the platform still restates a reading: it is not judged before.
    pub settles_s: i64,
}

impl Rule {
    /// For a series of which nothing is known: both ways, by a quarter.
    pub fn of_unknown(metric: &str) -> Self {
        Self {
            metric: metric.to_owned(),
            of: String::new(),
            bad: Bad::Either,
            least: 0.25,
            least_cost: 0.0,
            unit_cost: None,
            currency: None,
            cost_currency: None,
            settles_s: 0,
        }
    }
}

/// What was expected of a reading, with the interval in which it is nothing special.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Expected {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// How far out a reading is, in units of its limit.
#[derive(Clone, Copy, Debug)]
struct Seen {
    distance: f64,
    expected: Option<Expected>,
    learning: bool,
    value: f64,
}

/// What is said of one reading.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Judged {
    pub at: Local,
    pub value: f64,
    pub expected: Option<Expected>,
    /// From 0 to 1; [`FIRES`] and more begins an event.
    pub score: f64,
    pub fires: bool,
    pub note: Option<Note>,
}

/// Why a reading is judged with care, or not at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// Too little came before.
    ShortHistory,
    /// Nothing came for a while before it.
    AfterGap,
    /// A new campaign that is still growing: more of it is no news.
    Ramp,
    /// The platform still corrects it.
    Restating,
}

impl Note {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::ShortHistory => "The history is too short to say what is usual.",
            Self::AfterGap => "Readings are missing before this one.",
            Self::Ramp => "The campaign is new and still growing, so growth is not judged.",
            Self::Restating => "The platform still corrects this reading, so it is not judged yet.",
        }
    }
}

/// Readings after which a series counts as new no more.
const RAMP_READINGS: u32 = 28;
/// Growth over seven readings that makes a ramp of a new series.
const RAMP_GROWTH: f64 = 1.5;
/// Missing readings that make a gap.
const GAP_STEPS: i64 = 3;

/// One series, watched from its first reading on.
#[derive(Clone, Debug)]
pub struct Watch {
    model: Model,
    events: Events,
    step_s: i64,
    least: f64,
    bad: Bad,
    last: Option<Local>,
    /// The last eight values, while the series is new.
    first: Vec<f64>,
    readings: u32,
}

#[derive(Clone, Debug)]
enum Model {
    Fine(Box<Fine>),
    Daily(Box<Daily>),
}

impl Watch {
    /// `step_s` is the usual time from one reading to the next.
    pub fn new(step_s: i64, bad: Bad, least: f64) -> Self {
        let (model, calm_s) = if is_daily(step_s) {
            (Model::Daily(Box::new(Daily::new(bad, least))), daily::CALM_S)
        } else {
            (Model::Fine(Box::new(Fine::new(bad))), fine::CALM_S)
        };
        Self {
            model,
            events: Events::new(calm_s, is_daily(step_s)),
            step_s,
            least,
            bad,
            last: None,
            first: Vec::new(),
            readings: 0,
        }
    }

    pub fn next(&mut self, point: Point) -> Judged {
        let gap = self.last.is_some_and(|it| point.at - it > GAP_STEPS * self.step_s);
        let ramp = self.is_ramp(point.value);
        let seen = match &mut self.model {
            Model::Fine(fine) => fine.next(point),
            Model::Daily(daily) => daily.next(point),
        };
        let mut distance = seen.distance;
        if ramp {
            distance = distance.min(0.99);
        }
        if let (Model::Fine(_), Some(expected)) = (&self.model, seen.expected) {
            distance = self.with_least_change(distance, seen.value, expected.value);
        }
        let (score, fires) = self.events.score(point.at, distance);
        self.last = Some(point.at);
        let note = match () {
            () if seen.learning => Some(Note::ShortHistory),
            () if gap => Some(Note::AfterGap),
            () if ramp => Some(Note::Ramp),
            () => None,
        };
        let Point { at, value } = point;
        Judged { at, value, expected: seen.expected, score, fires, note }
    }

    /// Only where a metric declares which way is bad: then its readings are amounts, and a share of one
    /// means something.
    fn with_least_change(&self, distance: f64, value: f64, expected: f64) -> f64 {
        let change = (value - expected).abs();
        let too_small = self.bad != Bad::Either && change < self.least * expected.abs();
        if too_small { distance.min(0.99) } else { distance }
    }

    fn is_ramp(&mut self, value: f64) -> bool {
        self.readings += 1;
        if self.readings > RAMP_READINGS || !is_daily(self.step_s) || self.bad == Bad::Down {
            return false;
        }
        self.first.push(value);
        let n = self.first.len();
        n >= 14 && {
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let (then, now) = (mean(&self.first[n - 14..n - 7]), mean(&self.first[n - 7..n]));
            then > 0.0 && now > then * RAMP_GROWTH && value > then
        }
    }
}

fn is_daily(step_s: i64) -> bool {
    step_s > 12 * HOUR_S
}

/// The usual time from one reading to the next: the median of the first ones.
pub fn step_of(times: impl Iterator<Item = Local>) -> i64 {
    let times: Vec<Local> = times.take(32).collect();
    let mut steps: Vec<i64> =
        times.windows(2).map(|it| it[1] - it[0]).filter(|it| *it > 0).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(DAY_S)
}

/// Everything that a series would have made the team read, oldest first; the last may still go on.
/// Readings later than `now - settles_s` are learnt, and not judged.
pub fn inspect(points: &[Point], rule: &Rule, now: Local) -> Vec<Finding> {
    let step_s = step_of(points.iter().map(|it| it.at));
    let mut watch = Watch::new(step_s, rule.bad, rule.least);
    let mut findings: Vec<Finding> = Vec::new();
    let mut open = false;
    for point in points {
        let judged = watch.next(*point);
        if point.at > now - rule.settles_s {
            continue;
        }
        let Some(expected) = judged.expected else { continue };
        if judged.fires {
            let worse = open.then(|| findings.pop()).flatten();
            findings.push(told(rule, &judged, expected, step_s, worse));
            open = true;
        } else if open && (expected.low..=expected.high).contains(&point.value) {
            open = false;
            if let Some(last) = findings.last_mut() {
                last.ended = Some(point.at);
            }
        } else if open && let Some(last) = findings.last_mut() {
            last.cost = added(last.cost, cost(rule, point.value, expected.value));
        }
    }
    findings.retain(|it| it.cost.is_none_or(|cost| cost >= rule.least_cost));
    findings
}

/// What is known of the newest reading, to be shown whether or not it is unusual.
pub fn newest(points: &[Point], rule: &Rule, now: Local) -> Option<Judged> {
    let step_s = step_of(points.iter().map(|it| it.at));
    let mut watch = Watch::new(step_s, rule.bad, rule.least);
    let mut judged = points.iter().map(|it| watch.next(*it)).last()?;
    if judged.at > now - rule.settles_s {
        judged.note = Some(Note::Restating);
    }
    Some(judged)
}

fn told(
    rule: &Rule,
    judged: &Judged,
    expected: Expected,
    step_s: i64,
    worse: Option<Finding>,
) -> Finding {
    let now = cost(rule, judged.value, expected.value);
    if let Some(worse) = worse {
        // What was usual is told by the beginning of an event; its later days have moved it.
        return Finding { cost: added(worse.cost, now), score: judged.score, ..worse };
    }
    let since = judged.at;
    Finding {
        kind: Kind::Unusual,
        sentence: sentence(rule, judged, expected, step_s),
        value: judged.value,
        expected: expected.value,
        low: expected.low,
        high: expected.high,
        since,
        ended: None,
        cost: now,
        score: judged.score,
        notes: judged.note.iter().map(|it| it.in_words().to_owned()).collect(),
    }
}

fn sentence(rule: &Rule, judged: &Judged, expected: Expected, step_s: i64) -> String {
    let currency = rule.currency.as_deref();
    let usual =
        if is_daily(step_s) { daily::usual_for(judged.at) } else { fine::usual_for(judged.at) };
    let ratio = judged.value / expected.value;
    let change = match () {
        () if judged.value == 0.0 => "nothing, instead of".to_owned(),
        () if !ratio.is_finite() || ratio <= 0.0 => "far from".to_owned(),
        () if (1.9..2.1).contains(&ratio) => "twice".to_owned(),
        () if ratio >= 2.1 => format!("{ratio:.1} times"),
        () if ratio >= 1.0 => format!("{} above", percent(ratio - 1.0)),
        () => format!("{} below", percent(1.0 - ratio)),
    };
    let of = if rule.of.is_empty() { String::new() } else { format!(" on {}", rule.of) };
    let many = rule.metric.ends_with('s') && rule.metric != "ROAS";
    let were = if many { "were" } else { "was" };
    format!(
        "{}{of} {were} {} on {}, {change} the usual {} for {usual} (between {} and {}).",
        rule.metric,
        amount(judged.value, currency),
        day_of(judged.at),
        amount(expected.value, currency),
        amount(expected.low, currency),
        amount(expected.high, currency),
    )
}

fn cost(rule: &Rule, value: f64, expected: f64) -> Option<f64> {
    rule.unit_cost.map(|it| it * (value - expected).abs())
}

fn added(before: Option<f64>, now: Option<f64>) -> Option<f64> {
    match (before, now) {
        (Some(before), Some(now)) => Some(before + now),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;

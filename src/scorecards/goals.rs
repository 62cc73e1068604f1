//! Goals of agents: where each stands against what it exists for, and whether it moves there.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use sqlx::PgPool;

use super::measured::{self, Aspect, Compared, Measured, Sample};
use crate::config::{Bound, Every, Goal, Manifest, Measure, What};
use crate::detectors::{DAY_S, rules};
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::readings;
use crate::readings::goals::{self, Reached};

/// A goal of an agent, as it stands in the period that is under way and stood in the one before.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Standing {
    pub name: String,
    pub measure: Measure,
    #[serde(skip)]
    pub bound: Bound,
    #[serde(skip)]
    pub every: Every,
    pub currency: Option<String>,
    /// None where there is nothing of it to measure.
    pub now: Option<Level>,
    pub before: Option<Level>,
    pub moves: Moves,
    /// By how much it differs from the period before.
    pub change: Option<Compared>,
}

/// A measure over a period: shares of one, hours, or money.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Level {
    pub value: f64,
    pub interval_95: Option<(f64, f64)>,
    /// Of so many.
    pub of: u64,
    pub is_reached: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moves {
    Toward,
    Away,
    /// The interval leaves open in which direction.
    Unclear,
    /// Too little in one of the periods.
    TooFew,
}

/// Where the goals of all agents stand, by the agent's name.
pub(super) async fn standings(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &Manifest,
    until: Timestamp,
) -> Result<BTreeMap<String, Vec<Standing>>> {
    let today = until.to_zoned(manifest.zone.clone()).date();
    let of_agents = manifest.goals.iter().filter_map(|goal| match (&goal.what, &goal.agent) {
        (What::Measure(measure), Some(agent)) => Some((goal, *measure, agent)),
        _ => None,
    });
    let mut read: BTreeMap<&str, [BTreeMap<String, Measured>; 2]> = BTreeMap::new();
    let mut standings: BTreeMap<String, Vec<Standing>> = BTreeMap::new();
    for (goal, measure, agent) in of_agents {
        let period = goal.every.name();
        if !read.contains_key(period) {
            let (first, _) = goal.every.around(today);
            let (before, _) = goal.every.around(first.yesterday()?);
            let under_way = midnight(first, &manifest.zone)?..until;
            let over = midnight(before, &manifest.zone)?..under_way.start;
            let (now, before) =
                tokio::try_join!(of_all(db, workspace, &under_way), of_all(db, workspace, &over),)?;
            read.insert(period, [now, before]);
        }
        if let Some([under_way, over]) = read.get(period) {
            let standing = stands(goal, measure, under_way.get(agent), over.get(agent));
            standings.entry(agent.clone()).or_default().push(standing);
        }
    }
    Ok(standings)
}

/// How far a goal of the team's numbers is that an agent exists to reach, and how far it came the time
/// before.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Progress {
    pub now: Reached,
    pub before: Option<Reached>,
}

/// How far the goals of metrics are, by the agent's name; each up to the last day that is settled.
pub(super) async fn progress(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &Manifest,
    until: Timestamp,
) -> Result<BTreeMap<String, Vec<Progress>>> {
    let yesterday = until.to_zoned(manifest.zone.clone()).date().yesterday()?;
    let settled = |name: &str| {
        yesterday - (rules::rule(&manifest.numbers, name, "", "").settles_s / DAY_S).days()
    };
    let mut wanted: Vec<(&Goal, &str, Date)> = Vec::new();
    for goal in &manifest.goals {
        if let (What::Metric { name, .. }, Some(agent)) = (&goal.what, &goal.agent) {
            wanted.push((goal, agent, goal.every.around(settled(name)).0.yesterday()?));
        }
    }
    let Some(from) = wanted.iter().map(|(goal, _, day)| goal.every.around(*day).0).min() else {
        return Ok(BTreeMap::new());
    };
    let metrics: Vec<String> =
        goals::metrics(&manifest.goals).into_iter().map(str::to_owned).collect();
    let lines = readings::daily(db, workspace, &metrics, from, yesterday).await?;
    let mut all: BTreeMap<String, Vec<Progress>> = BTreeMap::new();
    for (goal, agent, day_before) in wanted {
        let one = std::slice::from_ref(goal);
        if let Some(now) = goals::reached(one, &lines, settled).pop() {
            let before = goals::reached(one, &lines, |_| day_before).pop();
            all.entry(agent.to_owned()).or_default().push(Progress { now, before });
        }
    }
    Ok(all)
}

async fn of_all(
    db: &PgPool,
    workspace: WorkspaceId,
    within: &Range<Timestamp>,
) -> Result<BTreeMap<String, Measured>> {
    let mut all: BTreeMap<String, Measured> = BTreeMap::new();
    for ((agent, _), measured) in measured::read(db, workspace, within).await? {
        *all.entry(agent).or_default() += measured;
    }
    Ok(all)
}

fn midnight(day: Date, zone: &TimeZone) -> Result<Timestamp> {
    Ok(day.to_zoned(zone.clone())?.timestamp())
}

fn stands(
    goal: &Goal,
    measure: Measure,
    now: Option<&Measured>,
    before: Option<&Measured>,
) -> Standing {
    let (aspect, currency) = (Aspect::from(measure), goal.currency.as_deref());
    let now = now.and_then(|it| it.sample(aspect, currency));
    let before = before.and_then(|it| it.sample(aspect, currency));
    let change = now.zip(before).and_then(|(now, before)| now.against(before));
    let moves = match change {
        Some(Compared::Changed(change)) if change.is_clear() => {
            let is_up = change.low > 0.0;
            if is_up == matches!(goal.bound, Bound::AtLeast(_)) {
                Moves::Toward
            } else {
                Moves::Away
            }
        }
        Some(Compared::Changed(_) | Compared::NoRatio { .. }) => Moves::Unclear,
        Some(Compared::TooFew { .. }) | None => Moves::TooFew,
    };
    Standing {
        name: goal.name.clone(),
        measure,
        bound: goal.bound,
        every: goal.every,
        currency: goal.currency.clone(),
        now: now.and_then(|it| level(it, measure, goal.bound)),
        before: before.and_then(|it| level(it, measure, goal.bound)),
        moves,
        change,
    }
}

/// In the unit of the goal: the time to a decision is in hours.
fn level(sample: Sample<'_>, measure: Measure, bound: Bound) -> Option<Level> {
    let unit = if measure == Measure::TimeToDecision { 3_600.0 } else { 1.0 };
    let value = sample.value()? / unit;
    let interval_95 = sample.interval().map(|(low, high)| (low / unit, high / unit));
    Some(Level { value, interval_95, of: sample.count(), is_reached: bound.is_kept_by(value) })
}

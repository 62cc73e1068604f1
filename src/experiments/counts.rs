//! What was counted, day by day, as the looks that a readout is made of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::statistics::arm::Arm;
use super::statistics::degenerate::Degenerate;
use super::statistics::file::daily::{Counts, Days};
use super::statistics::file::figures::{self, Figures};
use super::statistics::plan::{Counted, Look, Plan, Rule};
use super::statistics::readout::{self, Readout, Segment, SegmentReadout};

/// More segments than these are a list of everybody; and their names stand in sentences.
const MOST_SEGMENTS: usize = 40;
const LONGEST_SEGMENT: usize = 60;

/// What the counts of a test come to.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// None where nothing came yet.
    pub readout: Option<Result<Readout, Degenerate>>,
    /// The newest day that is read.
    pub last_day: Option<Date>,
    /// The newest day of which there are counts.
    pub newest: Option<Date>,
    /// Days after the end that was agreed on: kept, and not read.
    pub unread_days: usize,
    /// Guardrails that stopped coming, with the last day they came.
    pub quiet: Vec<(String, Option<Date>)>,
    /// Exploratory, where the rule lets anything be read.
    pub segments: Vec<SegmentReadout>,
}

/// Checks what came on each day: every problem at once, in sentences.
pub fn check(plan: &Plan, counts: &Counts) -> Vec<String> {
    let mut problems = check_days(plan, &counts.days, "");
    for (segment, days) in &counts.segments {
        problems.extend(check_days(plan, days, &format!(", {segment}")));
        if segment.chars().count() > LONGEST_SEGMENT {
            problems.push(format!(
                "{segment:?} is long for a segment: at most {LONGEST_SEGMENT} characters"
            ));
        }
        for (day, arms) in days {
            let whole = counts.days.get(day);
            for (arm, figures) in arms {
                let of = |it: &Figures| it.get("users").copied().unwrap_or_default();
                match whole.and_then(|it| it.get(arm)) {
                    None => problems.push(format!(
                        "{day}, {arm}: there is only the segment {segment}; send a row without a segment beside it, which is what counts"
                    )),
                    Some(whole) if of(figures) > of(whole) => problems.push(format!(
                        "{day}, {arm}: {} users of the segment {segment} are more than the {} of all",
                        of(figures),
                        of(whole)
                    )),
                    Some(_) => {}
                }
            }
        }
    }
    if counts.segments.len() > MOST_SEGMENTS {
        problems.push(format!(
            "{} segments are more than can be told apart: at most {MOST_SEGMENTS}",
            counts.segments.len()
        ));
    }
    problems
}

fn check_days(plan: &Plan, days: &Days, of: &str) -> Vec<String> {
    let rows = days.iter().flat_map(|(day, arms)| arms.iter().map(move |it| (day, it)));
    let said = rows.filter_map(|(day, (arm, figures))| {
        let sentence = check_row(plan, figures).err()?;
        Some(format!("{day}, {arm}{of}: {sentence}"))
    });
    said.collect()
}

/// Reads a test that began on `start` with what was counted since.
pub fn read(plan: &Plan, start: Date, counts: &Counts) -> Reading {
    let days = &counts.days;
    let mut looks: Vec<(Date, Look)> = Vec::new();
    let mut sums: BTreeMap<String, Figures> = BTreeMap::new();
    for (day, arms) in days {
        for (arm, figures) in arms {
            add(plan, sums.entry(arm.clone()).or_default(), figures);
        }
        looks.push((*day, look(plan, *day, &sums)));
    }
    let running = |day: Date| start.until(day).map_or(1.0, |it| f64::from(it.get_days()) + 1.0);
    let end = looks.iter().position(|(day, look)| is_end(plan, look, running(*day)));
    let all = looks.len();
    if let Some(end) = end {
        looks.truncate(end + 1);
    }
    let last_day = looks.last().map(|(day, _)| *day);
    let readout = last_day.map(|day| {
        let looks: Vec<Look> = looks.iter().map(|(_, look)| look.clone()).collect();
        readout::read(plan, &looks, Some(running(day)))
    });
    let segments = match &readout {
        Some(Ok(readout)) if readout.may_be_seen(plan) => segments(plan, counts, last_day),
        _ => Vec::new(),
    };
    Reading {
        readout,
        segments,
        last_day,
        newest: days.keys().last().copied(),
        unread_days: all - looks.len(),
        quiet: quiet(plan, days, last_day),
    }
}

/// The segments up to the last day that is read.
fn segments(plan: &Plan, counts: &Counts, last_day: Option<Date>) -> Vec<SegmentReadout> {
    let Some(last_day) = last_day else { return Vec::new() };
    let summed = counts.segments.iter().map(|(name, days)| {
        let mut sums: BTreeMap<String, Figures> = BTreeMap::new();
        for (arm, figures) in days.range(..=last_day).flat_map(|(_, arms)| arms) {
            add(plan, sums.entry(arm.clone()).or_default(), figures);
        }
        let arms = look(plan, last_day, &sums).arms;
        Segment { name: name.clone(), arms: arms.into_iter().map(|it| it.primary).collect() }
    });
    readout::explore(plan, &summed.collect::<Vec<_>>())
}

/// Sums over nothing.
fn none(plan: &Plan) -> Counted {
    let nothing = |kind| {
        let figures = figures::of(kind).iter().map(|name| ((*name).to_owned(), 0.0)).collect();
        figures::arm(kind, 0.0, &figures)
    };
    let empty = |kind| nothing(kind).unwrap_or(Arm::Proportion { n: 0.0, sum: 0.0 });
    Counted {
        primary: empty(plan.metric.kind),
        guardrails: plan.guardrails.iter().map(|it| empty(it.metric.kind)).collect(),
    }
}

fn look(plan: &Plan, day: Date, sums: &BTreeMap<String, Figures>) -> Look {
    let arms = plan.arms.iter().map(|arm| {
        let counted = sums.get(&arm.name).and_then(|figures| counted(plan, figures).ok());
        counted.unwrap_or_else(|| none(plan))
    });
    Look { label: day.strftime("%-d %b").to_string(), arms: arms.collect() }
}

/// Adds a day. A guardrail counts the users of those days on which it came, so that one that stops
/// coming does not look like one that fell.
fn add(plan: &Plan, sum: &mut Figures, figures: &Figures) {
    for (name, value) in figures {
        *sum.entry(name.clone()).or_default() += value;
    }
    let users = figures.get("users").copied().unwrap_or_default();
    for guardrail in &plan.guardrails {
        let prefix = format!("{}.", guardrail.metric.name);
        let name = format!("{prefix}users");
        let came = figures.keys().any(|it| it.starts_with(&prefix));
        if came && !figures.contains_key(&name) {
            *sum.entry(name).or_default() += users;
        }
    }
}

fn counted(plan: &Plan, figures: &Figures) -> Result<Counted, String> {
    let users = figures.get("users").copied().ok_or("it has no users")?;
    let own: Figures = figures
        .iter()
        .filter(|(name, _)| !is_of_guardrail(plan, name))
        .map(|(name, value)| (name.clone(), *value))
        .collect();
    let primary = figures::arm(plan.metric.kind, users, &own)?;
    let guardrails = plan.guardrails.iter().zip(none(plan).guardrails).map(|(guardrail, none)| {
        let prefix = format!("{}.", guardrail.metric.name);
        let own: Figures = figures
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), *value)))
            .collect();
        if own.is_empty() {
            return Ok(none);
        }
        let users = own.get("users").copied().unwrap_or(users);
        figures::arm(guardrail.metric.kind, users, &own)
            .map_err(|sentence| format!("{}: {sentence}", guardrail.metric.name))
    });
    Ok(Counted { primary, guardrails: guardrails.collect::<Result<_, String>>()? })
}

fn check_row(plan: &Plan, figures: &Figures) -> Result<(), String> {
    if let Some((name, value)) = figures.iter().find(|(_, it)| !it.is_finite() || **it < 0.0) {
        return Err(format!("{name} is {value}, and counts are zero or more"));
    }
    let Counted { primary, guardrails } = counted(plan, figures)?;
    for arm in std::iter::once(primary).chain(guardrails) {
        if let Arm::Proportion { n, sum } = arm
            && sum > n
        {
            return Err(format!("{sum} conversions of {n} users; count each user once"));
        }
    }
    Ok(())
}

fn is_of_guardrail(plan: &Plan, name: &str) -> bool {
    plan.guardrails.iter().any(|it| {
        name.strip_prefix(it.metric.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
    })
}

/// Whether the end that was agreed on is reached: what comes after it is not looked at, or it would be
/// a test that is read until it pleases.
fn is_end(plan: &Plan, look: &Look, running: f64) -> bool {
    let users: f64 = look.arms.iter().map(|it| it.primary.users()).sum();
    let reached = matches!(plan.rule, Rule::FixedHorizon { users: horizon } if users >= horizon);
    reached || plan.longest_days.is_some_and(|longest| running >= longest)
}

fn quiet(plan: &Plan, days: &Days, last_day: Option<Date>) -> Vec<(String, Option<Date>)> {
    let Some(last_day) = last_day else { return Vec::new() };
    let last_of = |prefix: &str| {
        let came = |arms: &BTreeMap<String, Figures>| {
            arms.values().flat_map(BTreeMap::keys).any(|name| name.starts_with(prefix))
        };
        let came = days.range(..=last_day).filter(|(_, arms)| came(arms));
        came.map(|(day, _)| *day).next_back()
    };
    let named: BTreeSet<&str> = plan.guardrails.iter().map(|it| it.metric.name.as_str()).collect();
    named
        .into_iter()
        .map(|name| (name.to_owned(), last_of(&format!("{name}."))))
        .filter(|(_, last)| last.is_none_or(|it| it < last_day))
        .collect()
}

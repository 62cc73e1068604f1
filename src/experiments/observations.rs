//! Taking what was counted: each day and arm once, all of a delivery or nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::TestPlan;
use super::running::{self, Running, not_started};
use super::statistics::file::daily::{self, Counts, Days, Row};
use super::statistics::plan::Plan;
use super::store::{self, Became, Put};
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::SubjectKind;
use crate::error::{Refusal, Result};
use crate::ids::{ExperimentId, WorkspaceId};
use crate::jobs::{self, Job};
use crate::reviews;
use crate::words::count;

/// How many problems are told at once.
const PROBLEMS: usize = 20;

/// Counts of a test, as they come in.
#[derive(Clone, Debug)]
pub struct Delivery<'a> {
    pub workspace: WorkspaceId,
    pub test: ExperimentId,
    pub origin: Origin<'a>,
    pub by: Actor,
    pub now: Timestamp,
    /// Where the team is.
    pub today: Date,
}

/// Where counts come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin<'a> {
    /// The source that sends them, by its token.
    Sender(&'a str),
    /// A file that somebody brings.
    File,
    /// The source whose readings are brought over.
    Readings(&'a str),
}

impl<'a> Origin<'a> {
    const fn name(self) -> &'a str {
        match self {
            Self::Sender(name) | Self::Readings(name) => name,
            Self::File => "file",
        }
    }
}

/// The form that counts have.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// CSV with a header: `date`, `arm`, `users` and the figures.
    Csv(&'a [u8]),
    /// JSON objects with the same names.
    Objects(&'a [serde_json::Map<String, serde_json::Value>]),
    /// Read already.
    Days(&'a Days),
}

/// What came of a delivery, a day and arm counting once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Observed {
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
}

/// Takes counts of a running test; the same ones again change nothing.
pub async fn observe(db: &PgPool, delivery: &Delivery<'_>, body: Body<'_>) -> Result<Observed> {
    let Delivery { workspace, test, now, .. } = *delivery;
    let plan = plan_for(db, delivery).await?.plan();
    let counts = read(&plan, body)?;

    let mut tx = db.begin().await?;
    let running = store::lock(&mut tx, workspace, test).await?;
    let running = running.ok_or_else(|| not_started(test))?;
    check(&running, delivery, &plan, &counts)?;
    let source = delivery.origin.name();
    let put = Put { workspace, test, source, now };
    let mut observed = Observed::default();
    for row in all_of(&counts) {
        match store::put(&mut tx, &put, &row).await? {
            Became::New => observed.new += 1,
            Became::Changed => observed.changed += 1,
            Became::Unchanged => observed.unchanged += 1,
        }
    }
    if observed.new + observed.changed > 0 {
        store::counted(&mut tx, &put, delivery.origin != Origin::File).await?;
        audit::append(&mut tx, event(delivery, source, &counts, observed)?).await?;
        jobs::enqueue(&mut tx, workspace, Job::ShowTest { test }).await?;
    }
    tx.commit().await?;

    tracing::info!(
        experiment.id = test.0,
        observations.new = observed.new,
        observations.changed = observed.changed,
        "counts of a test came in"
    );
    Ok(observed)
}

/// The plan by which counts are read; refuses where the test does not take any.
async fn plan_for(db: &PgPool, delivery: &Delivery<'_>) -> Result<TestPlan> {
    let Delivery { workspace, test, .. } = *delivery;
    let running = store::running(db, workspace, test).await?.ok_or_else(|| not_started(test))?;
    let review = reviews::of_subject(db, workspace, SubjectKind::TestPlan, test.0).await?;
    if let Some(review) = review
        && let Some(review) = reviews::find(db, workspace, review).await?
    {
        running::check_running(&running, review.state)?;
    }
    let content = reviews::content(db, workspace, running.revision).await?;
    let hash: [u8; 32] = Sha256::digest(&content.bytes).into();
    if hash != running.content_hash {
        return Err(Refusal::NotWhatWasApproved.into());
    }
    TestPlan::from_bytes(&content.bytes)
}

fn read(plan: &Plan, body: Body<'_>) -> Result<Counts> {
    let read = match body {
        Body::Csv(bytes) => daily::rows(plan, bytes),
        Body::Objects(objects) => of_objects(plan, objects),
        Body::Days(days) => Ok(Counts { days: days.clone(), ..Counts::default() }),
    };
    let counts = read.map_err(|sentence| refused(vec![sentence]))?;
    if counts.days.is_empty() && counts.segments.is_empty() {
        let sentence = "There are no counts in it; a row has date, arm, users and the figures";
        return Err(refused(vec![sentence.to_owned()]).into());
    }
    Ok(counts)
}

fn of_objects(
    plan: &Plan,
    objects: &[serde_json::Map<String, serde_json::Value>],
) -> Result<Counts, String> {
    let mut counts = Counts::default();
    for (at, object) in objects.iter().enumerate() {
        let number = at + 1;
        let text = |name: &str| object.get(name).and_then(|it| it.as_str()).unwrap_or_default();
        let date = text("date");
        let day: Date = date
            .parse()
            .map_err(|_| format!("Object {number}: {date:?} is no date such as 2026-11-22"))?;
        let arm = text("arm");
        if !plan.arms.iter().any(|it| it.name == arm) {
            return Err(format!("Object {number}: {}", daily::no_such_arm(plan, arm)));
        }
        let mut figures = BTreeMap::new();
        for (name, value) in object {
            match value.as_f64() {
                Some(value) => {
                    figures.insert(name.clone(), value);
                }
                None if value.is_null() || ["date", "arm", "segment"].contains(&name.as_str()) => {}
                None => return Err(format!("Object {number}: {value} of {name:?} is no number")),
            }
        }
        let segment = text("segment").to_owned();
        let row = Row { day, arm: arm.to_owned(), segment, figures };
        counts.add(row).map_err(|sentence| format!("Object {number}: {sentence}"))?;
    }
    Ok(counts)
}

/// Refuses what this test does not take, all problems at once.
fn check(
    running: &Running,
    delivery: &Delivery<'_>,
    plan: &Plan,
    counts: &Counts,
) -> Result<(), Refusal> {
    let days = &counts.days;
    // It may have ended since it was looked at.
    running::check_running(running, reviews::State::Open)?;
    let mut problems = Vec::new();
    if let Some(counts) = &running.counts_from
        && !matches!(delivery.origin, Origin::Readings(_))
    {
        problems.push(format!(
            "Test {} is counted by the readings of “{counts}”, as its plan says, so counts of it are not taken; send readings, and it follows",
            running.id
        ));
    }
    if let (Origin::Sender(sends), Some(known)) = (delivery.origin, &running.source)
        && sends != known
    {
        problems.push(format!(
            "Counts of test {} come from “{known}”, and two sources would count twice",
            running.id
        ));
    }
    let (first, today) = (running.starts_on, delivery.today);
    if let Some(early) = days.keys().find(|day| **day < first) {
        problems.push(format!(
            "{early} is before {first}, the day on which the plan was approved; what was known before does not count"
        ));
    }
    if let Some(late) = days.keys().find(|day| **day > today) {
        problems.push(format!("{late} is still to come; today is {today}"));
    }
    problems.extend(super::counts::check(plan, counts));
    if problems.is_empty() { Ok(()) } else { Err(refused(problems)) }
}

fn refused(mut problems: Vec<String>) -> Refusal {
    let more = problems.len().saturating_sub(PROBLEMS);
    problems.truncate(PROBLEMS);
    let mut told: Vec<String> =
        problems.iter().map(|it| format!("{it}.").replace("..", ".")).collect();
    if more > 0 {
        told.push(format!("And {} more.", count(more as u64, "problem")));
    }
    told.push("Nothing was taken.".to_owned());
    Refusal::Unreadable(told.join("\n"))
}

/// Every row, those of the whole first.
fn all_of(counts: &Counts) -> Vec<Row> {
    let whole = [(String::new(), &counts.days)];
    let parts = counts.segments.iter().map(|(segment, days)| (segment.clone(), days));
    let all = whole.into_iter().chain(parts).flat_map(|(segment, days)| {
        days.iter().flat_map(move |(day, arms)| {
            let segment = segment.clone();
            arms.iter().map(move |(arm, figures)| Row {
                day: *day,
                arm: arm.clone(),
                segment: segment.clone(),
                figures: figures.clone(),
            })
        })
    });
    all.collect()
}

fn event(
    delivery: &Delivery<'_>,
    source: &str,
    counts: &Counts,
    observed: Observed,
) -> Result<Event> {
    let days = &counts.days;
    let bytes = match counts.segments.is_empty() {
        true => serde_json::to_vec(days)?,
        false => serde_json::to_vec(&(days, &counts.segments))?,
    };
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let mut details = BTreeMap::from([
        ("source", Value::name(source)),
        ("new", i64::try_from(observed.new)?.into()),
        ("changed", i64::try_from(observed.changed)?.into()),
        ("counts_sha256", Value::hash(&hash)),
    ]);
    for (name, day) in [("first_day", days.keys().next()), ("last_day", days.keys().last())] {
        if let Some(day) = day {
            details.insert(name, Value::name(day.to_string()));
        }
    }
    Ok(Event {
        workspace: delivery.workspace,
        at: delivery.now,
        actor: delivery.by.clone(),
        act: "test_plan.counted",
        subject: Subject::new(SubjectKind::TestPlan.name(), delivery.test),
        details,
    })
}

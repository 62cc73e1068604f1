//! A test that runs: how it starts, what is in force, and how it ends.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};

use super::counts::Reading;
use super::{Choice, TestDecision, TestPlan, store};
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::SubjectKind;
use crate::error::{Refusal, Result};
use crate::ids::{ExperimentId, PersonId, ReviewId, RevisionId, TestDecisionId, WorkspaceId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Review, State};

/// A test from its approval on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    pub id: ExperimentId,
    pub started_at: Timestamp,
    /// The first day that counts, where the team is.
    pub starts_on: Date,
    pub revision: RevisionId,
    /// SHA-256 of the plan that was approved.
    pub content_hash: [u8; 32],
    pub source: Option<String>,
    /// The source whose readings count it, where its plan says so.
    pub counts_from: Option<String>,
    /// Why they were not taken the last time.
    pub trouble: Option<String>,
    pub counted_at: Option<Timestamp>,
    pub ended: Option<Ended>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    pub at: Timestamp,
    pub by: EndedBy,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndedBy {
    Decision(TestDecisionId),
    Plan(ExperimentId),
}

/// Something about a test that people have not decided on yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    pub review: ReviewId,
    pub title: String,
    pub requested_by: PersonId,
}

/// A test as it stands: its plan, as it was approved, and what its counts come to.
#[derive(Clone, Debug)]
pub struct Test {
    pub running: Running,
    pub plan: TestPlan,
    pub review: Review,
    pub reading: Reading,
}

/// Starts a test whose plan was approved and released. A repeat does nothing.
///
/// # Errors
///
/// Faults where the stored plan is not the one that was approved.
pub async fn begin(app: &App, review: &Review) -> Result<()> {
    let now = app.now();
    let id = ExperimentId(review.subject_id);
    let plan = frozen(&app.db, app.workspace.id, review.revision, &review.content_hash).await?;
    let today = now.to_zoned(app.manifest.zone.clone()).date();

    let mut tx = app.db.begin().await?;
    let goes_on = plan.instead_of.as_ref().filter(|it| it.counts_go_on).map(|it| it.test);
    let before = match goes_on {
        Some(test) => store::lock(&mut tx, app.workspace.id, test).await?,
        None => None,
    };
    // A test that has ended meanwhile has no counts to go on with.
    let before = before.filter(|it| it.ended.is_none());
    let first_day = before.as_ref().map_or(today, |it| it.starts_on);
    let counts_from = plan.by_readings.as_ref().map(|it| it.source.as_str());
    if !store::start(&mut tx, review, counts_from, first_day, now).await? {
        return Ok(());
    }
    if let Some(before) = &before {
        store::carry_over(&mut tx, app.workspace.id, before.id, id).await?;
    }
    if let Some(instead) = &plan.instead_of
        && store::replace(&mut tx, app.workspace.id, instead.test, id, now).await?
    {
        let details = BTreeMap::from([("by", Value::id(id))]);
        let replaced = event(app, instead.test, now, "test_plan.replaced", details);
        audit::append(&mut tx, replaced).await?;
        jobs::enqueue(&mut tx, app.workspace.id, Job::ShowTest { test: instead.test }).await?;
    }
    let mut details = BTreeMap::from([
        ("revision", Value::id(review.revision)),
        ("content_sha256", Value::hash(&review.content_hash)),
        ("first_day", Value::name(first_day.to_string())),
    ]);
    if let Some(before) = &before {
        details.insert("counts_of", Value::id(before.id));
    }
    audit::append(&mut tx, event(app, id, now, "test_plan.started", details)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowTest { test: id }).await?;
    tx.commit().await?;

    tracing::info!(experiment.id = id.0, "a test has started");
    Ok(())
}

/// Ends a test by a decision that was approved and released. A repeat does nothing, and nor does a
/// decision on a test that has ended already.
pub async fn conclude(app: &App, review: &Review) -> Result<()> {
    let now = app.now();
    let id = TestDecisionId(review.subject_id);
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    let decision = TestDecision::from_bytes(&content.bytes)?;

    let mut tx = app.db.begin().await?;
    if !store::end(&mut tx, app.workspace.id, decision.test, id, now).await? {
        return Ok(());
    }
    let mut details = BTreeMap::from([
        ("decision", Value::id(id)),
        ("review", Value::id(review.id)),
        ("choice", decision.choice.name().into()),
        ("against_rule", decision.against_rule.into()),
        ("plan_sha256", Value::name(&decision.plan_sha256)),
    ]);
    if let Choice::Ship { arm } = &decision.choice {
        details.insert("arm", Value::name(arm));
    }
    audit::append(&mut tx, event(app, decision.test, now, "test_plan.decided", details)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowTest { test: decision.test }).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::LearnFromTest { test: decision.test }).await?;
    tx.commit().await?;

    tracing::info!(experiment.id = decision.test.0, "a test was decided");
    Ok(())
}

/// Has running tests looked at once a day, so that what readings say of them is brought over, and their
/// cards say what day it is and what has not come.
pub async fn due(tx: &mut PgConnection, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    let tests = store::take_due(tx, workspace, now).await?;
    if !tests.is_empty() {
        jobs::enqueue(tx, workspace, Job::CountByReadings).await?;
    }
    for test in tests {
        jobs::enqueue(tx, workspace, Job::ShowTest { test }).await?;
    }
    Ok(())
}

/// A test as it stands; none where it has not started.
pub async fn find(db: &PgPool, workspace: WorkspaceId, test: ExperimentId) -> Result<Option<Test>> {
    let Some(running) = store::running(db, workspace, test).await? else { return Ok(None) };
    let plan = frozen(db, workspace, running.revision, &running.content_hash).await?;
    let review = review_of(db, workspace, test).await?;
    let counts = store::counts(db, workspace, test).await?;
    let reading = super::counts::read(&plan.plan(), running.starts_on, &counts);
    Ok(Some(Test { running, plan, review, reading }))
}

/// The plan that is in force.
pub(super) async fn plan_of(app: &App, test: ExperimentId) -> Result<TestPlan> {
    let running = store::running(&app.db, app.workspace.id, test).await?;
    let running = running.ok_or_else(|| not_started(test))?;
    frozen(&app.db, app.workspace.id, running.revision, &running.content_hash).await
}

pub(super) fn not_started(test: ExperimentId) -> Refusal {
    Refusal::Missing(format!(
        "There is no test {test} that has started. The number stands on the card of each test; one starts when its plan is approved."
    ))
}

impl Test {
    /// Whether it still counts and may be decided; else what became of it.
    pub(super) fn check_running(&self) -> Result<(), Refusal> {
        check_running(&self.running, self.review.state)
    }
}

/// Whether a test still runs, by itself and by the review of its plan.
pub(super) fn check_running(running: &Running, state: State) -> Result<(), Refusal> {
    let id = running.id;
    let day = |at: Timestamp| at.strftime("%-d %B %Y").to_string();
    match (running.ended, state) {
        (Some(Ended { at, by: EndedBy::Decision(_) }), _) => Err(Refusal::Missing(format!(
            "Test {id} was decided on {}, so nothing was recorded. Plan another one with /test.",
            day(at)
        ))),
        (Some(Ended { at, by: EndedBy::Plan(other) }), _) => Err(Refusal::Missing(format!(
            "Test {id} ended on {}: test {other} took its place, so nothing was recorded here.",
            day(at)
        ))),
        (None, State::Revoked { at }) => Err(Refusal::Missing(format!(
            "The plan of test {id} was revoked on {}, so nothing was recorded. Plan another one with /test.",
            day(at)
        ))),
        (None, _) => Ok(()),
    }
}

/// An approved plan, byte for byte.
async fn frozen(
    db: &PgPool,
    workspace: WorkspaceId,
    revision: RevisionId,
    hash: &[u8; 32],
) -> Result<TestPlan> {
    let content = reviews::content(db, workspace, revision).await?;
    let is: [u8; 32] = Sha256::digest(&content.bytes).into();
    if is != *hash {
        return Err(Refusal::NotWhatWasApproved.into());
    }
    TestPlan::from_bytes(&content.bytes)
}

async fn review_of(db: &PgPool, workspace: WorkspaceId, test: ExperimentId) -> Result<Review> {
    let id = reviews::of_subject(db, workspace, SubjectKind::TestPlan, test.0).await?;
    let review: Option<ReviewId> = id;
    let missing = || anyhow::anyhow!("test {test} has no review");
    let review = review.ok_or_else(missing)?;
    Ok(reviews::find(db, workspace, review).await?.ok_or_else(missing)?)
}

fn event(
    app: &App,
    test: ExperimentId,
    at: Timestamp,
    act: &'static str,
    details: BTreeMap<&'static str, Value>,
) -> Event {
    Event {
        workspace: app.workspace.id,
        at,
        actor: Actor::Bot,
        act,
        subject: Subject::new(SubjectKind::TestPlan.name(), test),
        details,
    }
}

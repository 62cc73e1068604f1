//! Putting a text up for decisions: the first one opens a review, each further one reopens it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use sqlx::PgConnection;

use super::review::State;
use super::{Author, Check, Decision, Opening, Review, Verdict, Written, act, diff, store};
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::{Facts, SubjectKind, Terms};
use crate::error::{Refusal, Result};
use crate::ids::{ReviewId, RevisionId, WorkspaceId};
use crate::jobs::{self, Job};

/// Stores the first revision of a subject and opens the review that its policies ask for.
pub async fn open(
    app: &App,
    tx: &mut PgConnection,
    opening: &Opening<'_>,
    written: &Written<'_>,
) -> Result<ReviewId> {
    let now = app.now();
    let terms = terms(app, opening.subject, opening.agent, written.facts)?;

    let subject = (opening.subject, opening.subject_id);
    let revision = store::insert_revision(tx, app.workspace.id, subject, written, now).await?;
    let review = store::insert_review(tx, app, opening, revision.id, &terms, now).await?;
    record_checks(app, tx, subject, revision.id, written, &terms, now).await?;
    let details = BTreeMap::from([
        ("review", Value::id(review)),
        ("revision", Value::id(revision.id)),
        ("content_sha256", Value::hash(&revision.hash)),
        ("policy_version", Value::name(&app.manifest.version)),
        ("requested_by", Value::id(opening.requested_by)),
    ]);
    let event = Event {
        workspace: app.workspace.id,
        at: now,
        actor: actor(written.author),
        act: "review.opened",
        subject: Subject::new(opening.subject.name(), opening.subject_id),
        details,
    };
    audit::append(tx, event).await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowReview { review }).await?;
    Ok(review)
}

/// Puts another text of the same subject up, which reopens the review. Decisions on the text before
/// do not count for this one, but for approvals that the policy keeps through such a change.
pub async fn revise(
    app: &App,
    tx: &mut PgConnection,
    review: &Review,
    written: &Written<'_>,
) -> Result<Review> {
    let now = app.now();
    let terms = terms(app, review.subject, review.agent.as_deref(), written.facts)?;

    let before = store::text_of(tx, app.workspace.id, review.revision).await?;
    let subject = (review.subject, review.subject_id);
    let revision = store::insert_revision(tx, app.workspace.id, subject, written, now).await?;
    let mut revised = Review {
        title: written.title.unwrap_or(&review.title).to_owned(),
        revision: revision.id,
        number: revision.number,
        content_hash: revision.hash,
        words: revision.words,
        edited_by: match written.author {
            Author::Agent(_) => None,
            Author::Person(person) => Some(person.clone()),
        },
        terms,
        policy_version: app.manifest.version.clone(),
        state: State::Open,
        asked_at: now,
        shown_at: None,
        reminders: 0,
        escalated_at: None,
        remark: None,
        ..review.clone()
    };
    let kept = kept(review, &revised, &before, written.text);
    store::keep_decisions(tx, &revised, &kept, now).await?;
    revised.decisions = kept;
    revised.state = revised.after(&revised.decisions);
    store::put_up(tx, &revised, revised.next_at(now)).await?;
    record_checks(app, tx, subject, revision.id, written, &revised.terms, now).await?;
    let details = BTreeMap::from([
        ("review", Value::id(review.id)),
        ("revision", Value::id(revised.revision)),
        ("instead_of", Value::id(review.revision)),
        ("content_sha256", Value::hash(&revised.content_hash)),
        ("policy_version", Value::name(&revised.policy_version)),
        ("kept", Value::list(revised.decisions.iter().map(|one| Value::id(&one.person)))),
        ("state", revised.state.name().into()),
    ]);
    let event = Event {
        workspace: app.workspace.id,
        at: now,
        actor: actor(written.author),
        act: act!(review.subject, "revised"),
        subject: Subject::new(review.subject.name(), review.subject_id),
        details,
    };
    audit::append(tx, event).await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowReview { review: review.id }).await?;
    if let Some(release) = revised.release_due(app.now()) {
        jobs::enqueue(tx, app.workspace.id, release).await?;
    }
    Ok(revised)
}

/// A review whose text whoever made it may still change, locked until the transaction ends.
pub async fn to_revise(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<Review> {
    let review = store::lock_alone(tx, workspace, review).await?.ok_or(Refusal::NoSuchReview)?;
    review.check_changeable()?;
    Ok(review)
}

/// A review whose text is to be changed still, locked until the transaction ends; none where somebody
/// changed it already, or took the request back.
pub async fn to_rework(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<Option<Review>> {
    let review = store::lock_alone(tx, workspace, review).await?;
    Ok(review.filter(|review| matches!(review.state, State::ChangesRequested { .. })))
}

/// Notes on the card what is to be known of how a review stands.
pub async fn remark(app: &App, review: ReviewId, sentence: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::remark(&mut tx, app.workspace.id, review, sentence).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowReview { review }).await?;
    tx.commit().await?;
    Ok(())
}

impl Review {
    /// What is approved and need not be held back goes out at once.
    pub(super) fn release_due(&self, now: Timestamp) -> Option<Job> {
        self.release_at().filter(|at| *at <= now).map(|_| Job::Release { review: self.id })
    }
}

fn terms(app: &App, kind: SubjectKind, agent: Option<&str>, facts: &Facts) -> Result<Terms> {
    Ok(app.manifest.terms(kind, agent, facts).ok_or(Refusal::NoPolicy { kind })?)
}

/// The approvals of the text before that the policy keeps through this change.
fn kept(before: &Review, after: &Review, old: &str, new: &str) -> Vec<Decision> {
    let change = diff::change(old, new);
    before
        .decisions
        .iter()
        .filter(|one| one.verdict == Verdict::Approve)
        .filter(|one| !after.excludes(&one.person) && after.terms.keeps(&one.groups, change))
        .map(|one| Decision { content_hash: after.content_hash, ..one.clone() })
        .collect()
}

/// Two entries: what the checks found, and which policies that means.
async fn record_checks(
    app: &App,
    tx: &mut PgConnection,
    (kind, id): (SubjectKind, i64),
    revision: RevisionId,
    written: &Written<'_>,
    terms: &Terms,
    now: Timestamp,
) -> Result<()> {
    let event = |actor, act, details| Event {
        workspace: app.workspace.id,
        at: now,
        actor,
        act,
        subject: Subject::new(kind.name(), id),
        details,
    };
    let outcomes = |passed| {
        let those = written.checks.iter().filter(move |check: &&Check| check.passed == passed);
        Value::list(those.map(|check| Value::name(&check.rule)))
    };
    let checked = BTreeMap::from([
        ("revision", Value::id(revision)),
        ("passed", outcomes(true)),
        ("failed", outcomes(false)),
    ]);
    audit::append(tx, event(actor(written.author), act!(kind, "checked"), checked)).await?;

    let facts = written.facts;
    let mut evaluated = BTreeMap::from([
        ("revision", Value::id(revision)),
        ("labels", Value::list(facts.labels.iter().map(|label| Value::name(label.words())))),
        ("policies", Value::list(terms.rules.iter().map(Value::name))),
        (
            "needs",
            Value::map(terms.needs.iter().map(|need| (&need.group, i64::from(need.count).into()))),
        ),
        ("policy_version", Value::name(&app.manifest.version)),
    ]);
    for (name, amount) in [("budget", facts.budget), ("audience", facts.audience)] {
        if let Some(amount) = amount {
            evaluated.insert(name, i64::try_from(amount)?.into());
        }
    }
    audit::append(tx, event(Actor::Bot, "policy.evaluated", evaluated)).await?;
    Ok(())
}

fn actor(author: Author<'_>) -> Actor {
    match author {
        Author::Agent(agent) => Actor::Agent(agent.to_owned()),
        Author::Person(person) => Actor::Person(person.clone()),
    }
}

/// What of the checks' outcome is stored with the revision.
pub(super) fn stored(written: &Written<'_>) -> (serde_json::Value, serde_json::Value) {
    (json!(written.checks), json!(written.facts))
}

//! Reviews: people decide on exactly the text they saw.
//!
//! What an agent made is kept as a [`Revision`](open) whose canonical bytes have a SHA-256. A review
//! asks for decisions on one revision under one policy; it copies what the policy asked for when it
//! was opened, so that a later change of the manifest changes no review that is under way. A
//! decision names the revision and its hash, the groups the person was in, and the policy version.
//!
//! - [`Review`] holds the rules, as pure methods.
//! - [`open`] begins a review in the transaction that makes the revision.
//! - [`decide`] records a verdict; [`check`] says beforehand whether it could.
//! - [`under`] puts the state of a review, and its buttons, under a card that shows the subject.
//!
//! **Invariant:** a decision and its audit entry are committed together, before the click is
//! acknowledged.
//!
//! **Invariant:** a person decides at most once on a revision: a constraint, not a check.
//!
//! **Invariant:** if membership cannot be read, nobody decides; nothing is guessed.

mod approved;
mod content;
mod message;
mod review;
mod standing;
mod store;

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::app::App;
use crate::audit::{self, Actor, Commitment, Event, Subject, Value};
use crate::config::SubjectKind;
use crate::error::{Refusal, Result};
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId, RevisionId};
use crate::jobs::{self, Job};
use crate::slack;

pub use approved::{Approved, approved, released};
pub use content::canonical;
pub use message::{REASON, home, reason_modal, under};
pub use review::{Review, State};
pub use standing::{Memberships, Standing};
pub use store::{Content, Waiting, content, find};

/// What a person says about a revision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Approve,
    RequestChanges,
    Reject,
}

/// One person's recorded verdict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    pub person: PersonId,
    pub verdict: Verdict,
    /// The policy's groups that the person was in at that moment.
    pub groups: Vec<String>,
    /// Why; always there unless the verdict is approval.
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// What a person decided with a click or a form, on what they saw.
#[derive(Clone, Debug)]
pub struct Ballot {
    pub review: ReviewId,
    pub saw: RevisionId,
    pub verdict: Verdict,
    pub comment: Option<String>,
}

/// What a new review is about.
pub struct Opening<'a> {
    pub subject: SubjectKind,
    pub subject_id: i64,
    /// What lists call it.
    pub title: &'a str,
    /// What is decided on: encoded by [`canonical`].
    pub content: &'a serde_json::Value,
    /// Agent, engine, prompt, model and data, as they are shown.
    pub provenance: &'a serde_json::Value,
    pub requested_by: &'a PersonId,
    pub agent: &'a str,
    pub channel: &'a ChannelId,
    pub thread: Option<&'a MessageTs>,
}

impl Verdict {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::RequestChanges => "request_changes",
            Self::Reject => "reject",
        }
    }

    pub const fn past(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::RequestChanges => "asked for changes",
            Self::Reject => "rejected",
        }
    }

    const fn act(self, subject: SubjectKind) -> &'static str {
        match (subject, self) {
            (SubjectKind::Finding, Self::Approve) => "finding.approved",
            (SubjectKind::Finding, Self::RequestChanges) => "finding.changes_requested",
            (SubjectKind::Finding, Self::Reject) => "finding.rejected",
        }
    }
}

/// Stores the first revision of a subject and opens the review that its policy asks for.
pub async fn open(app: &App, tx: &mut PgConnection, opening: Opening<'_>) -> Result<ReviewId> {
    let now = app.now();
    let policy = app
        .manifest
        .policy(opening.subject)
        .ok_or_else(|| anyhow::anyhow!("the manifest has no policy on {}", opening.subject))?;

    let revision = store::insert_revision(tx, app.workspace.id, &opening, now).await?;
    let review = store::insert_review(tx, app, &opening, revision.id, policy, now).await?;
    let details = BTreeMap::from([
        ("review", Value::id(review)),
        ("revision", Value::id(revision.id)),
        ("content_sha256", Value::hash(&revision.hash)),
        ("policy", Value::name(&policy.name)),
        ("policy_version", Value::name(&app.manifest.version)),
        ("requested_by", Value::id(opening.requested_by)),
    ]);
    audit::append(
        tx,
        Event {
            workspace: app.workspace.id,
            at: now,
            actor: Actor::Agent(opening.agent.to_owned()),
            act: "review.opened",
            subject: Subject::new(opening.subject.name(), opening.subject_id),
            details,
        },
    )
    .await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowReview { review }).await?;
    Ok(review)
}

/// What waits for a person's decision, oldest first: open reviews in whose groups they are.
pub async fn waiting_for(app: &App, person: &PersonId) -> Result<Vec<Waiting>> {
    let open = store::open_for(&app.db, app.workspace.id, person).await?;
    let mut names: Vec<String> = open.iter().flat_map(|one| one.groups.clone()).collect();
    names.sort();
    names.dedup();
    let standing = standing::in_groups(app, &names, person).await?;
    Ok(open
        .into_iter()
        .filter(|one| one.groups.iter().any(|group| standing.groups.contains(group)))
        .collect())
}

/// Says whether `person` could decide now, on the revision they saw. Records nothing.
pub async fn check(
    app: &App,
    review: ReviewId,
    saw: RevisionId,
    person: &PersonId,
) -> Result<Review> {
    let review =
        store::find(&app.db, app.workspace.id, review).await?.ok_or(Refusal::NoSuchReview)?;
    let standing = standing::of(app, &review, person).await?;
    review.check_decision_by(person, &standing, saw)?;
    Ok(review)
}

/// Records a person's verdict, once, and sets in motion what follows from it.
///
/// `delivery` is Slack's id of the click: a repeat of one that was acted on changes nothing.
pub async fn decide(
    app: &App,
    delivery: Option<&str>,
    ballot: Ballot,
    person: &PersonId,
) -> Result<()> {
    let Some(review) = attempt(app, delivery, &ballot, person, None).await? else { return Ok(()) };
    // Slack is asked between two transactions, not within one; and only if it was not lately.
    let standing = standing::of(app, &review, person).await?;
    attempt(app, delivery, &ballot, person, Some(standing)).await?;
    Ok(())
}

/// Decides, unless it is not known where the person stands: then nothing is recorded, and the review
/// comes back.
async fn attempt(
    app: &App,
    delivery: Option<&str>,
    ballot: &Ballot,
    person: &PersonId,
    standing: Option<Standing>,
) -> Result<Option<Review>> {
    let now = app.now();

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(None);
    }
    let review = store::lock(&mut tx, app.workspace.id, ballot.review).await?;
    let known = match standing {
        Some(standing) => Some(standing),
        None => standing::known(app, &review, person)?,
    };
    let Some(standing) = known else {
        tx.rollback().await?;
        return Ok(Some(review));
    };
    review.check_decision_by(person, &standing, ballot.saw)?;

    let decision = Decision {
        person: person.clone(),
        verdict: ballot.verdict,
        groups: standing.groups,
        comment: ballot.comment.clone(),
        at: now,
    };
    let state = review.after(&decision);
    store::record(&mut tx, &review, &decision, state).await?;
    let reason = match &decision.comment {
        Some(comment) => {
            Some(audit::keep_text(&mut tx, app.workspace.id, Some(person), comment).await?)
        }
        None => None,
    };
    audit::append(&mut tx, event(&review, &decision, state, reason)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowReview { review: review.id }).await?;
    tx.commit().await?;

    tracing::info!(
        review.id = review.id.0,
        verdict = ballot.verdict.name(),
        "a decision was recorded"
    );
    Ok(None)
}

/// Says whether `person` is one of those whom a review concerns after it was decided: who asked for it,
/// or a member of a group that decides on it.
pub async fn check_concerned(app: &App, review: ReviewId, person: &PersonId) -> Result<bool> {
    let review =
        store::find(&app.db, app.workspace.id, review).await?.ok_or(Refusal::NoSuchReview)?;
    let standing = standing::of(app, &review, person).await?;
    let is_member = !standing.is_guest && !standing.is_bot;
    Ok(is_member && (*person == review.requested_by || !standing.groups.is_empty()))
}

fn event(review: &Review, decision: &Decision, state: State, reason: Option<Commitment>) -> Event {
    let mut details = BTreeMap::from([
        ("review", Value::id(review.id)),
        ("revision", Value::id(review.revision)),
        ("content_sha256", Value::hash(&review.content_hash)),
        ("policy", Value::name(&review.policy)),
        ("policy_version", Value::name(&review.policy_version)),
        ("groups", Value::list(decision.groups.iter().map(Value::name))),
        ("state", state.name().into()),
    ]);
    if let Some(reason) = reason {
        details.insert("reason", reason.into());
    }
    Event {
        workspace: review.workspace,
        at: decision.at,
        actor: Actor::Person(decision.person.clone()),
        act: decision.verdict.act(review.subject),
        subject: Subject::new(review.subject.name(), review.subject_id),
        details,
    }
}

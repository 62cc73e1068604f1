//! Opinions: what anyone of the workspace says of what was made.
//!
//! A person finds a thing **useful** or not, and may **dispute** it, with a reason and, where it has
//! parts, the part that is wrong. Neither is a decision: nothing is approved, stopped or released by it.
//! It stands on the card, in the trail and in the scorecard of the agent that made the thing, and whoever
//! approved what is disputed afterwards is told.
//!
//! This is a room of its own, and an opinion names its subject by kind and number, because any kind of
//! thing may be judged: `subjects.rs` says on whose cards the buttons stand, and what their parts are.
//!
//! - [`rate`] says useful or not, changes it, and at a second press takes it back.
//! - [`dispute`] and [`withdraw`] say that something is wrong in it, and that it is not after all.
//! - [`of`] reads what stands; `message` shows it, and [`tell_approvers`] tells of it.
//!
//! **Invariant:** of a person one rating and one dispute of a subject stand at a time: a constraint.
//!
//! **Invariant:** no row goes: what was said and taken back stays known, but for a reason that is erased.

mod message;
mod store;

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::error::{Refusal, Result};
use crate::ids::{PersonId, ReviewId, RevisionId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Review, act};
use crate::slack;

pub use message::{PART, beside, dispute_modal, tell_approvers};
pub use store::of;

/// Whether a thing helped whoever read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rating {
    Useful,
    NotUseful,
}

/// What stands of what people said of one subject.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Opinions {
    pub useful: u64,
    pub not_useful: u64,
    /// The oldest first, also those that were withdrawn.
    pub disputes: Vec<Dispute>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dispute {
    pub by: PersonId,
    /// None where it was erased.
    pub reason: Option<String>,
    /// The part of the subject that it is about.
    pub part: Option<String>,
    pub at: Timestamp,
    pub withdrawn_at: Option<Timestamp>,
}

/// A part of a subject that can be disputed by itself: for a finding, a quote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What it is known by, whatever else changes: `passage 12`.
    pub name: String,
    pub text: String,
}

/// What a person had before them when they pressed.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub review: ReviewId,
    pub revision: RevisionId,
    pub person: &'a PersonId,
}

/// Says that a thing is useful or not, instead of what the person said of it before; the same again
/// takes it back.
pub async fn rate(app: &App, delivery: Option<&str>, seen: Seen<'_>, rating: Rating) -> Result<()> {
    let now = app.now();
    let review = look(app, seen).await?;

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(());
    }
    store::lock(&mut tx, &review, seen.person).await?;
    let before = store::end_rating(&mut tx, &review, seen.person, now).await?;
    let mut details = BTreeMap::new();
    if let Some(before) = before {
        details.insert("instead_of", before.name().into());
    }
    let act = if before == Some(rating) {
        act!(review.subject, "rating_withdrawn")
    } else {
        store::insert_rating(&mut tx, &review, seen, rating, now).await?;
        match rating {
            Rating::Useful => act!(review.subject, "found_useful"),
            Rating::NotUseful => act!(review.subject, "found_not_useful"),
        }
    };
    record(&mut tx, &review, seen.person, act, details, now).await?;
    tx.commit().await?;

    tracing::info!(review.id = review.id.0, opinion = act, "an opinion was recorded");
    Ok(())
}

/// Says whether a person could dispute what they see. Records nothing.
pub async fn check_dispute(app: &App, seen: Seen<'_>) -> Result<Review> {
    let review = look(app, seen).await?;
    let opinions = of(&app.db, review.workspace, review.subject, review.subject_id).await?;
    if opinions.standing().any(|dispute| dispute.by == *seen.person) {
        return Err(Refusal::AlreadyDisputed.into());
    }
    Ok(review)
}

/// Says that something is wrong in it.
pub async fn dispute(
    app: &App,
    delivery: Option<&str>,
    seen: Seen<'_>,
    reason: &str,
    part: Option<&str>,
) -> Result<()> {
    let now = app.now();
    let review = look(app, seen).await?;

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(());
    }
    store::lock(&mut tx, &review, seen.person).await?;
    if !store::insert_dispute(&mut tx, &review, seen, reason, part, now).await? {
        return Err(Refusal::AlreadyDisputed.into());
    }
    let kept = audit::keep_text(&mut tx, app.workspace.id, Some(seen.person), reason).await?;
    let mut details = BTreeMap::from([("reason", kept.into())]);
    if let Some(part) = part {
        details.insert("part", Value::name(part));
    }
    let act = act!(review.subject, "disputed");
    record(&mut tx, &review, seen.person, act, details, now).await?;
    tx.commit().await?;

    tracing::info!(review.id = review.id.0, "a dispute was recorded");
    Ok(())
}

/// Takes a person's own dispute back.
pub async fn withdraw(
    app: &App,
    delivery: Option<&str>,
    review: ReviewId,
    person: &PersonId,
) -> Result<()> {
    let now = app.now();
    let review = reviews::find(&app.db, app.workspace.id, review).await?;
    let review = review.ok_or(Refusal::NoSuchReview)?;

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(());
    }
    store::lock(&mut tx, &review, person).await?;
    if !store::end_dispute(&mut tx, &review, person, now).await? {
        return Err(Refusal::NoDisputeOfYours.into());
    }
    let act = act!(review.subject, "dispute_withdrawn");
    record(&mut tx, &review, person, act, BTreeMap::new(), now).await?;
    tx.commit().await?;

    tracing::info!(review.id = review.id.0, "a dispute was withdrawn");
    Ok(())
}

impl Rating {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Useful => "useful",
            Self::NotUseful => "not_useful",
        }
    }

    fn read(name: &str) -> Option<Self> {
        [Self::Useful, Self::NotUseful].into_iter().find(|one| one.name() == name)
    }
}

impl Opinions {
    /// The disputes that were not withdrawn.
    pub fn standing(&self) -> impl Iterator<Item = &Dispute> {
        self.disputes.iter().filter(|dispute| dispute.withdrawn_at.is_none())
    }
}

/// What the person saw, if it is for them to judge, and still what there is.
async fn look(app: &App, seen: Seen<'_>) -> Result<Review> {
    let review = reviews::find(&app.db, app.workspace.id, seen.review).await?;
    let review = review.ok_or(Refusal::NoSuchReview)?;
    if !reviews::is_member(app, seen.person).await? {
        return Err(Refusal::OnlyMembersJudge.into());
    }
    if review.revision != seen.revision {
        return Err(Refusal::Outdated.into());
    }
    Ok(review)
}

/// The entry in the trail, and the card as it then is.
async fn record(
    tx: &mut PgConnection,
    review: &Review,
    person: &PersonId,
    act: &'static str,
    mut details: BTreeMap<&'static str, Value>,
    at: Timestamp,
) -> Result<()> {
    details.insert("review", Value::id(review.id));
    details.insert("revision", Value::id(review.revision));
    details.insert("content_sha256", Value::hash(&review.content_hash));
    let event = Event {
        workspace: review.workspace,
        at,
        actor: Actor::Person(person.clone()),
        act,
        subject: Subject::new(review.subject.name(), review.subject_id),
        details,
    };
    audit::append(tx, event).await?;
    jobs::enqueue(tx, review.workspace, Job::ShowReview { review: review.id }).await
}

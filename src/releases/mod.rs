//! Releases: the approved bytes leave the house.
//!
//! A review that is approved is released once. Whoever works with the result is told by a message for
//! each **sink**: a webhook, or, where none is configured, a file in the outbox.
//!
//! - [`release`] takes the proof of the approval, records the release, and writes down a **dispatch**
//!   for each sink, all in one transaction.
//! - [`deliver`] makes one attempt at a dispatch. What fails is tried again by the queue, over days;
//!   then it is *dead*: the channel is told, and [`send_again`] brings it back to life.
//! - [`revoke`] calls a release back: what has not gone out never does, and every receiver is told.
//! - [`of`] says how far a release came, for cards.
//!
//! A message is a CloudEvent, signed after Standard Webhooks; `envelope.rs` has its form, `webhook.rs`
//! how it is sent, `outbox.rs` how it is kept in a file.
//!
//! **Invariant:** only an [`Approved`] is released, and a review at most once: a constraint.
//!
//! **Invariant:** what goes out hashes to what was decided on; it is hashed again before each attempt.
//!
//! **Invariant:** everything about a release happens under the lock of its row. So a dispatch that was
//! cancelled is not sent, and a `revoked` waits for the outcome of a `released` that is under way.
//!
//! **Invariant:** a receiver may get a message twice, with the same id; it is never lost in silence.

mod dispatch;
mod envelope;
mod message;
mod outbox;
mod sink;
mod store;
mod webhook;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::app::App;
use crate::audit::{self, Actor, Subject, Value};
use crate::config::SubjectKind;
use crate::error::{Error, Refusal, Result};
use crate::ids::{DispatchId, PersonId, ReleaseId, ReviewId, RevisionId, WorkspaceId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Approved, act};

use dispatch::store as dispatches;
pub use dispatch::{deliver, give_up, revive, send_again};
pub use message::{buttons, in_words, show, show_refused};
pub use sink::{SinkKind, Sinks};
pub use store::{list, of};

/// What was handed over.
#[derive(Clone, Debug)]
pub struct Release {
    pub id: ReleaseId,
    pub workspace: WorkspaceId,
    pub review: ReviewId,
    pub revision: RevisionId,
    pub content_hash: [u8; 32],
    pub subject: SubjectKind,
    pub subject_id: i64,
    pub title: String,
    /// Of the revision, from one.
    pub number: i32,
    pub policies: Vec<String>,
    pub policy_version: String,
    pub approvals: Vec<Approval>,
    pub at: Timestamp,
    pub revoked: Option<Revocation>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Approval {
    pub person: PersonId,
    pub groups: Vec<String>,
    pub at: Timestamp,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revocation {
    pub at: Timestamp,
    pub by: PersonId,
    pub reason: String,
}

/// One message to one receiver.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub id: DispatchId,
    pub release: ReleaseId,
    pub event: Event,
    pub sink: SinkKind,
    pub webhook_id: String,
    pub state: State,
    pub attempts: i32,
    /// Where the last attempt went.
    pub address: Option<String>,
    /// Since when the channel knows that it did not arrive.
    pub undelivered_at: Option<Timestamp>,
}

/// What receivers are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    Released,
    Revoked,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// With what came of the last attempt, and when the next is.
    Waiting {
        error: Option<String>,
        next_at: Option<Timestamp>,
    },
    Delivered {
        at: Timestamp,
    },
    /// Given up; people were told.
    Dead {
        at: Timestamp,
        error: String,
    },
    /// It was called back before it went out.
    Cancelled {
        at: Timestamp,
    },
}

/// A release, and how far it came.
#[derive(Clone, Debug)]
pub struct Released {
    pub release: Release,
    pub dispatches: Vec<Dispatch>,
}

impl Event {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Revoked => "revoked",
        }
    }
}

impl State {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Delivered { .. } => "delivered",
            Self::Dead { .. } => "dead",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

impl Release {
    /// As the audit trail files it: with the rest of what happened to the subject.
    fn subject(&self) -> Subject {
        Subject::new(self.subject.name(), self.subject_id)
    }
}

/// Hands over what was approved in a review, once. Nothing happens if it is not approved any more.
pub async fn release(app: &App, review: ReviewId) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let approved = match reviews::approved(&mut tx, app.workspace.id, review, now).await {
        Ok(Some(approved)) => approved,
        Ok(None) => return Ok(()),
        Err(Error::Refused(Refusal::NotWhatWasApproved)) => {
            drop(tx);
            return refuse(app, review).await;
        }
        Err(error) => return Err(error),
    };

    let Some(release) = store::insert_release(&mut tx, &approved, now).await? else {
        return Ok(());
    };
    reviews::released(&mut tx, &approved, now).await?;
    let dispatches =
        dispatches::insert(&mut tx, app.workspace.id, release, app.sinks.open(), now).await?;
    audit::append(&mut tx, released_event(app, &approved, now)).await?;
    enqueue(&mut tx, app, release, dispatches).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowReview { review }).await?;
    tx.commit().await?;

    tracing::info!(review.id = review.0, release.id = release.0, "what was approved is released");
    Ok(())
}

/// Calls back what was released, for somebody who may: what has not gone out never does, and whoever was
/// to receive it is told. A repeat of a delivery does nothing.
pub async fn revoke(
    app: &App,
    delivery: Option<&str>,
    review: ReviewId,
    person: &PersonId,
    reason: &str,
) -> Result<()> {
    let now = app.now();

    let mut tx = app.db.begin().await?;
    // The release before its review: an attempt that ends has the release, and waits for the job that
    // shows the review.
    let release = store::lock_of(&mut tx, app.workspace.id, review).await?;
    let revoked = reviews::revoke(app, &mut tx, delivery, review, person, reason).await?;
    let (Some(_), Some(release)) = (revoked, release) else {
        tx.commit().await?;
        return Ok(());
    };
    let by = Revocation { at: now, by: person.clone(), reason: reason.to_owned() };
    store::revoke(&mut tx, release, &by).await?;
    dispatches::cancel_released(&mut tx, app.workspace.id, release, now).await?;
    let told = dispatches::insert_revocations(&mut tx, app.workspace.id, release, now).await?;
    enqueue(&mut tx, app, release, told).await?;
    for dispatch in dispatches::told(&mut tx, app.workspace.id, release).await? {
        jobs::enqueue(&mut tx, app.workspace.id, Job::ShowDispatch { dispatch }).await?;
    }
    tx.commit().await?;

    tracing::info!(review.id = review.0, release.id = release.0, "a release was called back");
    Ok(())
}

/// The bytes are not those that people decided on: that is recorded, and said, once.
async fn refuse(app: &App, review: ReviewId) -> Result<()> {
    let now = app.now();
    let Some(found) = reviews::find(&app.db, app.workspace.id, review).await? else {
        return Ok(());
    };
    let mut tx = app.db.begin().await?;
    if !store::insert_refusal(&mut tx, app.workspace.id, review, found.revision, now).await? {
        return Ok(());
    }
    let details = BTreeMap::from([
        ("review", Value::id(review)),
        ("revision", Value::id(found.revision)),
        ("why", "content_changed".into()),
    ]);
    audit::append(
        &mut tx,
        audit::Event {
            workspace: app.workspace.id,
            at: now,
            actor: Actor::Bot,
            act: act!(found.subject, "release_refused"),
            subject: Subject::new(found.subject.name(), found.subject_id),
            details,
        },
    )
    .await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowReleaseRefused { review }).await?;
    tx.commit().await?;

    tracing::error!(
        review.id = review.0,
        revision.id = found.revision.0,
        "a release was refused: what is stored is not what was decided on"
    );
    Ok(())
}

async fn enqueue(
    tx: &mut PgConnection,
    app: &App,
    release: ReleaseId,
    dispatches: Vec<DispatchId>,
) -> Result<()> {
    for dispatch in dispatches {
        jobs::enqueue(tx, app.workspace.id, Job::Dispatch { release, dispatch }).await?;
    }
    Ok(())
}

fn released_event(app: &App, approved: &Approved, now: Timestamp) -> audit::Event {
    let review = approved.review();
    let sinks = app.sinks.open().iter().map(|sink| sink.name().into());
    audit::Event {
        workspace: review.workspace,
        at: now,
        actor: Actor::Bot,
        act: act!(review.subject, "released"),
        subject: Subject::new(review.subject.name(), review.subject_id),
        details: BTreeMap::from([
            ("review", Value::id(review.id)),
            ("revision", Value::id(review.revision)),
            ("content_sha256", Value::hash(approved.hash())),
            ("sinks", Value::list(sinks)),
        ]),
    }
}

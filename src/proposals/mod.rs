//! Proposals: texts that people, or agents that run elsewhere, put up for a decision.
//!
//! A [`Proposal`] says what it is (a draft, a test plan, a hand-off, a budget change), its text, what it
//! would spend and whom it would reach. It goes through the same reviews as what our own agents make:
//! its labels and amounts choose the policies (`checks`), and its revisions are what is decided on.
//!
//! - [`propose`] puts up what a person wrote in the form of `/countersign propose`; [`rewrite`] changes
//!   it, and [`edited`] is somebody's wording who decides.
//! - [`propose_as`] puts up what an agent sent, [`revise_as`] changes it, and [`status`] says how it
//!   stands. Such an agent is asked for changes by being told of them when it asks: nothing is pushed.
//!
//! **Invariant:** a proposal exists exactly when its review does.
//!
//! **Invariant:** an agent puts up at most one proposal under a key, however often it asks.

mod checks;
mod form;
mod message;
mod outside;
mod proposal;
mod provenance;
mod store;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sqlx::PgConnection;

use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::SubjectKind;
use crate::error::Result;
use crate::ids::{PersonId, ProposalId, ReviewId, RevisionId};
use crate::reviews::{self, Author, Edit, Opening, Review};
use crate::slack::inbound::Values;
use crate::slack::{self, Modal, Place};

pub use form::proposed;
pub use message::{PROPOSE, REWRITE, card, is_up, propose_form};
pub use outside::{Receipt, Request, Status, Submission, propose_as, revise_as, status};
pub use proposal::{KIND, KINDS, Proposal, TEXT};
pub use provenance::Provenance;

use checks::Prepared;

/// Puts up what a person wrote, where they asked for it. A repeat of a delivery does nothing, and says
/// so by `false`.
pub async fn propose(
    app: &App,
    delivery: Option<&str>,
    proposal: &Proposal,
    person: &PersonId,
    place: &Place,
) -> Result<bool> {
    let now = app.now();
    let prepared = Prepared::new(proposal, json!({}))?;

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(false);
    }
    let kind = proposal.subject;
    let id = store::insert(&mut tx, app.workspace.id, kind, None, now).await?;
    let id = id.ok_or_else(|| anyhow::anyhow!("a proposal without a key was taken for another"))?;
    let opening = Opening {
        subject: kind,
        subject_id: id.0,
        title: &proposal.title,
        agent: None,
        requested_by: person,
        channel: &place.channel,
        thread: place.thread.as_ref(),
    };
    open(app, &mut tx, id, &opening, &prepared, Author::Person(person)).await?;
    tx.commit().await?;

    tracing::info!(proposal.id = id.0, proposal.kind = kind.name(), "a person put something up");
    Ok(true)
}

/// The form in which whoever asked changes the text under review.
pub async fn rewrite_form(app: &App, review: &Review) -> Result<Modal> {
    let (proposal, _) = under_review(app, review.revision).await?;
    Ok(message::rewrite_form(&app.manifest, review, &proposal))
}

/// Puts up what whoever asked made of the text they saw.
pub async fn rewrite(
    app: &App,
    delivery: Option<&str>,
    (review, saw): (ReviewId, RevisionId),
    person: &PersonId,
    values: &Values,
) -> Result<()> {
    let (before, provenance) = under_review(app, saw).await?;
    let proposal = form::changed(values, &before)?;
    let prepared = Prepared::new(&proposal, provenance)?;
    let written = prepared.written(Author::Person(person));
    reviews::rewrite(app, delivery, review, saw, person, &written).await
}

/// The form in which somebody who decides words the text under review anew.
pub async fn edit_form(app: &App, review: &Review) -> Result<Modal> {
    let (proposal, _) = under_review(app, review.revision).await?;
    Ok(message::edit_form(&app.manifest, review, &proposal))
}

/// Puts up what somebody who decides made of the text they saw.
pub async fn edited(app: &App, edit: &Edit<'_>, values: &Values) -> Result<Review> {
    let (before, provenance) = under_review(app, edit.saw).await?;
    let proposal = form::changed(values, &before)?;
    let prepared = Prepared::new(&proposal, provenance)?;
    reviews::edit(app, edit, &prepared.written(Author::Person(edit.person))).await
}

/// A revision of a proposal, and how it was made.
async fn under_review(app: &App, revision: RevisionId) -> Result<(Proposal, Json)> {
    let content = reviews::content(&app.db, app.workspace.id, revision).await?;
    Ok((Proposal::from_bytes(&content.bytes)?, content.provenance))
}

/// The review of a new proposal, and its entry in the trail.
async fn open(
    app: &App,
    tx: &mut PgConnection,
    id: ProposalId,
    opening: &Opening<'_>,
    prepared: &Prepared,
    author: Author<'_>,
) -> Result<ReviewId> {
    let actor = match author {
        Author::Agent(agent) => Actor::Agent(agent.to_owned()),
        Author::Person(person) => Actor::Person(person.clone()),
    };
    let event = Event {
        workspace: app.workspace.id,
        at: app.now(),
        actor,
        act: act(opening.subject),
        subject: Subject::new(opening.subject.name(), id),
        details: BTreeMap::from([
            ("channel", Value::id(opening.channel)),
            ("requested_by", Value::id(opening.requested_by)),
        ]),
    };
    audit::append(tx, event).await?;
    reviews::open(app, tx, opening, &prepared.written(author)).await
}

const fn act(kind: SubjectKind) -> &'static str {
    reviews::act!(kind, "proposed")
}

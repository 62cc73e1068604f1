//! What agents that run elsewhere send and ask.

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::checks::Prepared;
use super::{Proposal, Provenance, TEXT, open, store};
use crate::app::App;
use crate::error::{Refusal, Result};
use crate::ids::{PersonId, ProposalId, ReviewId};
use crate::reviews::{self, Author, Content, Opening, Review, State};
use crate::slack::Place;

/// How many proposals of one agent may wait for people at once.
const WAITING: i64 = 100;

/// An agent's request, by which its repetition is known.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub agent: &'a str,
    /// Chosen by the agent.
    pub key: &'a str,
    /// SHA-256 of what was asked for.
    pub hash: [u8; 32],
}

/// What an agent puts up.
#[derive(Clone, Debug)]
pub struct Submission {
    pub proposal: Proposal,
    pub provenance: Provenance,
    /// Whoever asked the agent for it, who does not decide on it.
    pub requested_by: PersonId,
    pub place: Place,
}

/// What was put up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub id: ProposalId,
    pub review: ReviewId,
    /// From one.
    pub revision: i32,
    pub content_hash: [u8; 32],
}

/// How a proposal stands.
#[derive(Clone, Debug)]
pub struct Status {
    pub id: ProposalId,
    pub proposal: Proposal,
    pub content: Content,
    pub review: Review,
    /// What people asked to be changed so far.
    pub requests: Vec<reviews::ChangeRequest>,
}

impl<'a> Request<'a> {
    /// The same content asked for again, in whichever order its members come, is the same request.
    pub fn new(agent: &'a str, key: &'a str, body: &Json) -> Self {
        Self { agent, key, hash: Sha256::digest(reviews::canonical(body)).into() }
    }

    /// The answer to a request that was acted on before; none if it is new.
    ///
    /// # Errors
    ///
    /// Refuses where something else was put up under the same key.
    pub async fn answered(&self, app: &App) -> Result<Option<Receipt>> {
        let Some(earlier) = store::earlier(&app.db, app.workspace.id, self).await? else {
            return Ok(None);
        };
        if earlier.request_hash != self.hash {
            return Err(Refusal::KeyReused.into());
        }
        let (workspace, kind, id) = (app.workspace.id, earlier.kind, earlier.id);
        let review = reviews::of_subject(&app.db, workspace, kind, id.0).await?;
        let review = review.ok_or_else(|| anyhow::anyhow!("proposal {id} has no review"))?;
        let content_hash = reviews::first_hash(&app.db, workspace, kind, id.0).await?;
        Ok(Some(Receipt { id, review, revision: 1, content_hash }))
    }
}

/// Puts up what an agent sent, once for each key.
pub async fn propose_as(
    app: &App,
    request: &Request<'_>,
    submission: &Submission,
) -> Result<Receipt> {
    let now = app.now();
    let agent = request.agent;
    let Submission { proposal, provenance, requested_by, place } = submission;
    provenance.check()?;
    if reviews::waiting_of(&app.db, app.workspace.id, agent).await? >= WAITING {
        return Err(Refusal::TooManyWait { count: WAITING }.into());
    }
    let prepared = Prepared::new(proposal, provenance.of(agent)?)?;

    let mut tx = app.db.begin().await?;
    let kind = proposal.subject;
    let id = store::insert(&mut tx, app.workspace.id, kind, Some(request), now).await?;
    let Some(id) = id else {
        // Another delivery of it was faster, and is committed by now.
        tx.rollback().await?;
        let answered = request.answered(app).await?;
        return Ok(answered.ok_or_else(|| anyhow::anyhow!("a key is taken by nothing"))?);
    };
    let opening = Opening {
        subject: kind,
        subject_id: id.0,
        title: &proposal.title,
        agent: Some(agent),
        requested_by,
        channel: &place.channel,
        thread: place.thread.as_ref(),
    };
    let review = open(app, &mut tx, id, &opening, &prepared, Author::Agent(agent)).await?;
    tx.commit().await?;

    tracing::info!(proposal.id = id.0, agent.name = agent, "an agent put something up");
    let content_hash = reviews::first_hash(&app.db, app.workspace.id, kind, id.0).await?;
    Ok(Receipt { id, review, revision: 1, content_hash })
}

/// Puts up an agent's new text in the place of `revision`, which it read. The same text again changes
/// nothing.
pub async fn revise_as(
    app: &App,
    agent: &str,
    status: &Status,
    revision: i32,
    proposal: &Proposal,
    provenance: Option<&Provenance>,
) -> Result<Receipt> {
    let stored = match provenance {
        Some(provenance) => {
            provenance.check()?;
            provenance.of(agent)?
        }
        None => status.content.provenance.clone(),
    };
    let prepared = Prepared::new(proposal, stored)?;

    if *proposal == status.proposal {
        return status.repeated();
    }
    let mut tx = app.db.begin().await?;
    let review = reviews::to_revise(&mut tx, app.workspace.id, status.review.id).await?;
    if review.number != revision {
        return Err(Refusal::Superseded { number: review.number }.into());
    }
    let written = prepared.written(Author::Agent(agent));
    let revised = reviews::revise(app, &mut tx, &review, &written).await?;
    tx.commit().await?;

    tracing::info!(proposal.id = status.id.0, agent.name = agent, "an agent changed its text");
    Ok(Receipt {
        id: status.id,
        review: revised.id,
        revision: revised.number,
        content_hash: revised.content_hash,
    })
}

/// How a proposal of this agent's stands; none if there is no such one.
pub async fn status(app: &App, agent: &str, id: ProposalId) -> Result<Option<Status>> {
    let workspace = app.workspace.id;
    let Some(kind) = store::kind_of(&app.db, workspace, agent, id).await? else { return Ok(None) };
    let Some(review) = reviews::of_subject(&app.db, workspace, kind, id.0).await? else {
        return Ok(None);
    };
    let Some(review) = reviews::find(&app.db, workspace, review).await? else { return Ok(None) };
    let content = reviews::content(&app.db, workspace, review.revision).await?;
    let proposal = Proposal::from_bytes(&content.bytes)?;
    let requests = reviews::requests(&app.db, workspace, review.id).await?;
    Ok(Some(Status { id, proposal, content, review, requests }))
}

impl Status {
    /// The answer to whoever sends what is there already: ours may have been lost on its way. Where people
    /// asked for changes, it changes nothing of what they asked.
    fn repeated(&self) -> Result<Receipt> {
        let review = &self.review;
        if matches!(review.state, State::ChangesRequested { .. }) {
            let sentence = format!(
                "This is revision {} again, of which people asked for changes. GET it, and change what they name.",
                review.number
            );
            return Err(Refusal::Inputs(vec![(TEXT, sentence)]).into());
        }
        Ok(Receipt {
            id: self.id,
            review: review.id,
            revision: review.number,
            content_hash: review.content_hash,
        })
    }
}

//! The proof that a subject may be released.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::review::{Review, State};
use super::{Content, store};
use crate::error::{Refusal, Result};
use crate::ids::{ReviewId, WorkspaceId};

/// An approved review, locked, with exactly the bytes that were decided on. Only [`approved`] makes
/// one, so what takes it cannot happen without the decisions.
#[derive(Clone, Debug)]
pub struct Approved {
    review: Review,
    content: Content,
}

impl Approved {
    pub fn review(&self) -> &Review {
        &self.review
    }

    /// The canonical bytes, whose SHA-256 is [`Self::hash`].
    pub fn bytes(&self) -> &[u8] {
        &self.content.bytes
    }

    pub fn hash(&self) -> &[u8; 32] {
        &self.review.content_hash
    }

    /// Which revision it is, from one.
    pub fn number(&self) -> i32 {
        self.review.number
    }
}

/// The proof for a review, which stays locked until the transaction ends; none where it is not, or
/// not any more, approved, or is held back still.
///
/// # Errors
///
/// Refuses where the bytes are not those that people decided on.
pub async fn approved(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
    now: Timestamp,
) -> Result<Option<Approved>> {
    let Some(review) = store::lock_alone(tx, workspace, review).await? else { return Ok(None) };
    if review.release_at().is_none_or(|at| at > now) {
        return Ok(None);
    }
    let content = store::content(&mut *tx, workspace, review.revision).await?;
    let hash: [u8; 32] = Sha256::digest(&content.bytes).into();
    let is_what_was_decided_on = review.content_hash == hash
        && review.decisions.iter().all(|decision| decision.content_hash == hash)
        && matches!(review.after(&review.decisions), State::Approved { .. });
    if !is_what_was_decided_on {
        return Err(Refusal::NotWhatWasApproved.into());
    }
    Ok(Some(Approved { review, content }))
}

/// Marks what the proof is of as released.
pub async fn released(tx: &mut PgConnection, approved: &Approved, now: Timestamp) -> Result<()> {
    let review = Review { state: State::Released { at: now }, ..approved.review.clone() };
    store::set_state(tx, &review, None).await
}

//! The proof that a review is approved, with the bytes that were decided on.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{Review, State, Verdict, store};
use crate::error::{Refusal, Result};
use crate::ids::{ReviewId, WorkspaceId};

/// An approved review, locked, with exactly the bytes that people decided on.
pub struct Approved {
    review: Review,
    bytes: Vec<u8>,
    hash: [u8; 32],
    number: i32,
}

impl Approved {
    pub fn review(&self) -> &Review {
        &self.review
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    pub fn number(&self) -> i32 {
        self.number
    }
}

/// Takes the proof of an approval; none if the review is not approved any more. Refused if the bytes
/// that are stored are not those that were decided on.
pub async fn approved(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<Option<Approved>> {
    let review = store::lock(tx, workspace, review).await?;
    if !matches!(review.state, State::Approved { .. }) {
        return Ok(None);
    }
    let (bytes, number) = store::bytes(tx, workspace, review.revision).await?;
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    let decided = store::decided_hashes(tx, workspace, review.id).await?;
    let approvals = review.decisions.iter().filter(|one| one.verdict == Verdict::Approve).count();
    if approvals == 0 || decided.iter().any(|decided| *decided != hash) {
        return Err(Refusal::ContentChanged.into());
    }
    Ok(Some(Approved { review, bytes, hash, number }))
}

/// Notes that it was released.
pub async fn released(_tx: &mut PgConnection, _approved: &Approved, _now: Timestamp) -> Result<()> {
    Ok(())
}

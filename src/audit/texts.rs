//! Texts beside the trail: kept while they may be kept, committed to for ever.
//!
//! A commitment is HMAC-SHA-256 of the text under 32 random bytes, the salt. Whoever has both can show
//! that this is the text which the trail means; once both are erased, the commitment says nothing, not
//! even to someone who guesses the text.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::RngExt;
use sha2::Sha256;
use sqlx::PgConnection;

use super::store;
use crate::database::Writes;
use crate::error::Result;
use crate::ids::{PersonId, WorkspaceId};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment(pub [u8; 32]);

/// 32 random bytes that stay with the text and go with it.
#[derive(Clone)]
pub struct Salt([u8; 32]);

impl Salt {
    pub fn random() -> Self {
        Self(rand::rng().random())
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What goes into the trail in place of `text`.
pub fn commitment(salt: &Salt, text: &str) -> Commitment {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&salt.0)
        .expect("HMAC takes keys of every length");
    mac.update(text.as_bytes());
    Commitment(mac.finalize().into_bytes().into())
}

/// Keeps a text beside the trail and returns what the trail is to hold of it. `person` is whom it is
/// about or from, so that it can be erased with that person's data.
pub async fn keep_text(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    person: Option<&PersonId>,
    text: &str,
) -> Result<Commitment> {
    let mut writes = Writes::default();
    let commitment = keep_text_with(&mut writes, workspace, person, text);
    writes.commit(db).await?;
    Ok(commitment)
}

/// The same among other writes.
pub fn keep_text_with(
    writes: &mut Writes,
    workspace: WorkspaceId,
    person: Option<&PersonId>,
    text: &str,
) -> Commitment {
    let salt = Salt::random();
    let commitment = commitment(&salt, text);
    store::keep_text(writes, workspace, person, &salt, &commitment, text);
    commitment
}

/// The text behind a commitment, unless it was erased.
pub async fn text(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    commitment: &Commitment,
) -> Result<Option<String>> {
    Ok(store::text(db, workspace, commitment).await?)
}

/// Erases the texts of one person, with their salts, and returns how many there were.
pub async fn erase_texts(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    person: &PersonId,
) -> Result<u64> {
    Ok(store::erase_texts(db, workspace, person).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_to_one_text_under_one_salt() {
        // RFC 4231, test case 2, with the key filled up to 32 bytes: HMAC fills it up with zeros itself.
        let mut salt = [0; 32];
        salt[..4].copy_from_slice(b"Jefe");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let text = "what do ya want for nothing?";

        let made = commitment(&Salt::from_bytes(salt), text);
        assert_eq!(format!("{made:?}"), expected);
        assert_ne!(made, commitment(&Salt::from_bytes(salt), "what do ya want for something?"));
        assert_ne!(made, commitment(&Salt::random(), text));
    }
}

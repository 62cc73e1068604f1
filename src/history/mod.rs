//! What happened to one card, in sentences: who asked, who was asked, who changed and decided what and
//! when, why, under which policy, on which exact text.
//!
//! All of it is read from the audit trail. [`find`] gathers the entries on the card's subject, on its
//! review, and on what those name (the run that made it, for one); `sentences` is the table of what
//! each act is called; `message` puts the lines together for Slack and for a terminal. This is a room
//! of its own, not part of `audit`, because it knows the acts of every feature, and which review a
//! card's number means.
//!
//! **Invariant:** nothing is left out because this version has no words for it: such an act is told by
//! its name and its details.

mod message;
mod sentences;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgPool;

use crate::audit::{self, Actor, Commitment, Entry, Subject};
use crate::error::{Refusal, Result};
use crate::ids::{ChannelId, HandOffId, MessageTs, PersonId, ReviewId, WorkspaceId};
use crate::{leads, reviews, slack};

pub use message::{plain, post};

/// Details that name another thing of which the trail has a history of its own, by its kind.
const LINKS: &[&str] = &["run", "review", "release", "delivery", "hand_off"];

/// How a person says which card is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Named {
    /// By the number that it shows.
    Review(ReviewId),
    /// By a link to its message.
    Message(ChannelId, MessageTs),
}

/// Everything that was recorded about one card, oldest first.
#[derive(Clone, Debug)]
pub struct History {
    pub subject: Subject,
    pub review: Option<ReviewId>,
    pub entries: Vec<Entry>,
    /// What stands behind the commitments in them, by their hexadecimal form; nothing where the text
    /// was erased.
    texts: BTreeMap<String, String>,
}

impl History {
    /// Whether a person did any of it.
    pub fn has_acted(&self, person: &PersonId) -> bool {
        self.entries.iter().any(|entry| entry.actor == Actor::Person(person.clone()))
    }
}

/// Gathers what was recorded about a card.
///
/// # Errors
///
/// Refuses a card that does not exist here.
pub async fn find(db: &PgPool, workspace: WorkspaceId, named: &Named) -> Result<History> {
    let (subject, review) = subject_of(db, workspace, named).await?;
    let mut db = db.acquire().await?;
    let mut entries = audit::history(&mut db, workspace, &subject).await?;
    let mut linked: BTreeSet<(String, String)> = entries.iter().flat_map(links).collect();
    linked.extend(review.map(|review| ("review".to_owned(), review.to_string())));
    for (kind, id) in linked {
        let subject = Subject { kind: Cow::Owned(kind), id };
        entries.extend(audit::history(&mut db, workspace, &subject).await?);
    }
    // What waits for its leaf was recorded last.
    entries.sort_by_key(|entry| (entry.leaf.unwrap_or(u64::MAX), entry.id));
    entries.dedup_by_key(|entry| entry.id);

    let mut texts = BTreeMap::new();
    for commitment in entries.iter().flat_map(|entry| entry.details.values()) {
        let Some(hex) = commitment.as_str().filter(|text| text.len() == 64) else { continue };
        let mut bytes = [0; 32];
        if hex::decode_to_slice(hex, &mut bytes).is_err() {
            continue;
        }
        if let Some(text) = audit::text(&mut db, workspace, &Commitment(bytes)).await? {
            texts.insert(hex.to_owned(), text);
        }
    }
    Ok(History { subject, review, entries, texts })
}

async fn subject_of(
    db: &PgPool,
    workspace: WorkspaceId,
    named: &Named,
) -> Result<(Subject, Option<ReviewId>)> {
    let review = match named {
        Named::Review(review) => *review,
        Named::Message(channel, ts) => {
            let subject = slack::subject_of(db, workspace, channel, ts).await?;
            let Some((kind, id)) = subject.as_deref().and_then(as_subject) else {
                let sentence = "That link is not to one of my cards. Copy the link of the card itself: ⋮, Copy link.";
                return Err(Refusal::Missing(sentence.to_owned()).into());
            };
            match id.parse() {
                Ok(review) if kind == "review" => ReviewId(review),
                Ok(hand_off) if kind == "lead_note" => {
                    let lead = leads::handoffs::lead_of(db, workspace, HandOffId(hand_off)).await?;
                    return Ok((Subject::new("lead", lead), None));
                }
                _ => return Ok((Subject { kind: Cow::Owned(kind), id }, None)),
            }
        }
    };
    let found = reviews::find(db, workspace, review).await?;
    let found = found.ok_or_else(|| {
        Refusal::Missing(format!(
            "There is no review {review} here. Give the number that a card shows, or a link to it."
        ))
    })?;
    Ok((Subject::new(found.subject.name(), found.subject_id), Some(review)))
}

/// `finding:12`, also from `finding:12/2`, the message that continues it.
fn as_subject(shown: &str) -> Option<(String, String)> {
    let (kind, id) = shown.split_once(':')?;
    let id = id.split(['/', ':']).next()?;
    Some((kind.to_owned(), id.to_owned()))
}

fn links(entry: &Entry) -> impl Iterator<Item = (String, String)> {
    LINKS.iter().filter_map(|kind| {
        let id = entry.details.get(*kind)?.as_str()?;
        Some(((*kind).to_owned(), id.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_continuation_is_part_of_its_card() {
        let expected = Some(("finding".to_owned(), "12".to_owned()));
        for shown in ["finding:12", "finding:12/2", "finding:12:unreachable"] {
            assert_eq!(as_subject(shown), expected);
        }
    }
}

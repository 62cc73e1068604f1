//! A passage where it stands: in its document, with what comes before and after it.

use jiff::Timestamp;
use sqlx::PgPool;

use super::search::Rights;
use super::store;
use crate::error::Result;
use crate::ids::{DocumentId, PassageId, WorkspaceId};

/// Characters shown on each side of a passage, at most.
const AROUND: usize = 600;

/// A passage with the document around it, as it was when it was brought in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Surroundings {
    pub document: DocumentId,
    /// The id its document was imported with.
    pub external_id: String,
    pub title: String,
    pub source: String,
    pub url: Option<String>,
    pub author: Option<String>,
    pub written_at: Option<Timestamp>,
    pub imported_at: Option<Timestamp>,
    pub before: Stretch,
    pub text: String,
    pub after: Stretch,
    pub standing: Standing,
}

/// What stands on one side of a passage.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stretch {
    /// Cut between words where the document is longer.
    pub text: String,
    /// Whether the document goes on beyond it.
    pub goes_on: bool,
}

/// What became of the document that a passage stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    Current,
    /// A newer version of it was brought in.
    Replaced,
    /// Its source does not have it any more.
    Retired,
}

/// Where a passage stands. `None` if there is no such passage, or none that these rights may see.
pub async fn surroundings(
    db: &PgPool,
    workspace: WorkspaceId,
    rights: &Rights,
    passage: PassageId,
) -> Result<Option<Surroundings>> {
    // One more, to know whether the document goes on.
    let around = i32::try_from(AROUND + 1)?;
    store::surroundings(db, workspace, rights, passage, around).await
}

impl Stretch {
    /// From the characters before a passage: the last ones are shown.
    pub(super) fn before(text: &str) -> Self {
        let Some(surplus) = text.chars().count().checked_sub(AROUND).filter(|it| *it > 0) else {
            return Self { text: text.trim().to_owned(), goes_on: false };
        };
        let begin = text.char_indices().nth(surplus).map_or(0, |(at, _)| at);
        let cut = &text[begin..];
        let word = cut.find(char::is_whitespace).unwrap_or(0);
        Self { text: cut[word..].trim().to_owned(), goes_on: true }
    }

    /// From the characters after a passage: the first ones are shown.
    pub(super) fn after(text: &str) -> Self {
        let Some((end, _)) = text.char_indices().nth(AROUND) else {
            return Self { text: text.trim().to_owned(), goes_on: false };
        };
        let cut = &text[..end];
        let word = cut.rfind(char::is_whitespace).unwrap_or(end);
        Self { text: cut[..word].trim().to_owned(), goes_on: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_is_cut_between_words() {
        let short = "Two words.\n";
        let whole = Stretch { text: "Two words.".to_owned(), goes_on: false };
        assert_eq!(Stretch::before(short), whole);
        assert_eq!(Stretch::after(short), whole);

        let long = "größe ".repeat(200);
        for cut in [Stretch::before(&long), Stretch::after(&long)] {
            assert!(cut.goes_on);
            assert!(cut.text.chars().count() <= AROUND);
            assert!(cut.text.split(' ').all(|word| word == "größe"), "{}", cut.text);
        }
        assert_eq!(Stretch::after(&"x".repeat(700)).text.len(), AROUND);
    }
}

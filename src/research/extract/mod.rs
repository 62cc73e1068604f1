//! An answer without a model: what the documents themselves say, grouped and quoted.
//!
//! `question` tells what is asked about and whether likes or dislikes are asked for, `polarity`
//! how a sentence sounds, `sentences` which ones answer, `themes` what they have in common.
//! The same question and hits always give the same extract.
//!
//! **Invariant.** Every quote and every theme's title stands word for word in a passage that is
//! named with it. Nothing is written here, only chosen.

mod polarity;
mod question;
mod sentences;
mod themes;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use self::sentences::Candidate;
use crate::evidence::{Hit, Searched};
use crate::ids::{DocumentId, PassageId};

pub use self::polarity::Polarity;
pub use self::question::Asked;

/// Documents to search for, so that themes can be counted and not only quoted.
pub const DOCUMENTS: usize = 200;

/// Passages of one document to search for.
pub const PASSAGES_PER_DOCUMENT: usize = 2;

/// How much of what is asked about the best sentence must hold, weighed by how rare words are.
const RELEVANT: f32 = 0.45;

/// What the documents say to a question.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Extract {
    /// The theme of most documents first.
    pub themes: Vec<Theme>,
    /// Documents with at least one sentence that answers.
    pub documents: usize,
    /// Nothing that was found answers the question: there are no themes then.
    pub nothing_relevant: bool,
    /// Whether dislikes or likes were asked for, and so preferred.
    pub polarity: Option<Polarity>,
    /// Words of the question that were looked for.
    pub words: Vec<String>,
    /// Those of them that no document has.
    pub missing_words: Vec<String>,
}

/// What several documents say something about.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    /// A phrase as the documents have it.
    pub title: String,
    /// All documents that say something about it.
    pub documents: Vec<DocumentId>,
    pub passages: Vec<PassageId>,
    /// Documents by the month they were written in, where they have a date.
    pub months: Vec<(Date, usize)>,
    /// The best first; near-duplicates only once.
    pub quotes: Vec<Quote>,
}

/// A sentence or two, word for word.
#[derive(Clone, PartialEq, Debug)]
pub struct Quote {
    pub passage: PassageId,
    pub document: DocumentId,
    pub external_id: String,
    pub source: String,
    pub date: Option<Date>,
    pub text: String,
    /// In the document's text, counted in characters.
    pub chars: (usize, usize),
    /// Other documents that say nearly the same.
    pub also: Vec<DocumentId>,
}

/// Groups and quotes what a search found. `hits` should come from [`Asked::search_text`].
pub fn extract(asked: &Asked, searched: &Searched) -> Extract {
    let words = asked.weighed(searched);
    let mut extract = Extract {
        polarity: asked.polarity,
        words: words.iter().map(|it| it.text.clone()).collect(),
        missing_words: words
            .iter()
            .filter(|it| it.documents == 0)
            .map(|it| it.text.clone())
            .collect(),
        ..Extract::default()
    };
    let candidates = sentences::candidates(asked, &words, searched);
    let best = candidates.iter().map(|it| it.coverage).fold(0.0, f32::max);
    if candidates.is_empty() || best < RELEVANT {
        extract.nothing_relevant = true;
        return extract;
    }
    let groups = sentences::group(candidates);
    let mut documents: Vec<DocumentId> =
        groups.iter().flat_map(|it| it.members.iter().map(|it| it.document)).collect();
    documents.sort();
    documents.dedup();
    extract.documents = documents.len();
    extract.themes = themes::find(&words, &groups, searched);
    extract
}

impl Quote {
    fn of(candidate: &Candidate, hit: &Hit, also: Vec<DocumentId>) -> Self {
        Self {
            passage: hit.passage,
            document: hit.document,
            external_id: hit.external_id.clone(),
            source: hit.source_name.clone(),
            date: hit.written_at.map(|it| it.to_zoned(TimeZone::UTC).date()),
            text: candidate.text.clone(),
            chars: candidate.chars,
            also,
        }
    }
}

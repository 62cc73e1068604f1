//! An answer without a model: what the documents themselves say, grouped and quoted.
//!
//! `question` tells what is asked about and whether likes or dislikes are asked for, `polarity`
//! how a clause sounds, `sentences` which ones answer, `themes` what they have in common and
//! `generic` what is too general to be one, `trend` how a theme moved over time.
//! [`answer`] does all of it; [`read`] and [`Reading::extract`] are its pure parts, and give the
//! same extract for the same question and hits.
//!
//! **Invariant.** Every quote and every theme's title stands word for word in a passage that is
//! named with it, after its personal data was masked. Nothing is written here, only chosen.

mod generic;
mod polarity;
mod question;
mod sentences;
#[cfg(test)]
mod tests;
mod themes;
mod trend;

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use sqlx::PgPool;

use self::question::Word;
use self::sentences::{Candidate, Sentences};
use crate::error::Result;
use crate::evidence::{self, Hit, Question, Rights, Searched};
use crate::ids::{DocumentId, PassageId, WorkspaceId};
use crate::research::masking;

pub use self::polarity::Polarity;
pub use self::question::Asked;
pub(super) use self::question::{Stem, says_something, words};
pub use self::trend::{Course, Trend, trend};

/// Documents to search for, so that themes can be counted and not only quoted; more where a
/// question has no subject that would narrow them down.
const DOCUMENTS: usize = 300;
const DOCUMENTS_WITHOUT_SUBJECT: usize = 600;

/// Passages of one document to search for.
const PASSAGES_PER_DOCUMENT: usize = 2;

/// How much of the subject the best passage must hold, weighed by how rare the words are.
const RELEVANT: f32 = 0.5;

/// What the documents say to a question.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Extract {
    /// The theme of most documents first.
    pub themes: Vec<Theme>,
    /// The best quotes that belong to none of the themes.
    pub others: Vec<Quote>,
    /// Documents with at least one sentence that answers.
    pub documents: usize,
    /// Nothing that was found answers the question: there are no themes then.
    pub nothing_relevant: bool,
    /// Whether dislikes or likes were asked for and found, and so are all that is quoted.
    pub polarity: Option<Polarity>,
    /// Dislikes or likes were asked for and nobody voices any: these are what else is said.
    pub without_polarity: bool,
    /// Words of the question that were looked for.
    pub words: Vec<String>,
    /// Those of them that no document has; what is said of the others was looked for.
    pub missing_words: Vec<String>,
    /// All documents that answer, by the month they were written in, where they have a date.
    pub months: Vec<(Date, usize)>,
}

/// What several documents say something about.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    /// A phrase as the documents have it, in small letters.
    pub title: String,
    /// All documents that say something about it.
    pub documents: Vec<DocumentId>,
    pub passages: Vec<PassageId>,
    /// Documents by the month they were written in, where they have a date.
    pub months: Vec<(Date, usize)>,
    /// How it moved against the other documents that answer, where there are enough to tell.
    pub trend: Option<Trend>,
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

/// Searches what the asker may see, and extracts the answer.
pub async fn answer(
    db: &PgPool,
    workspace: WorkspaceId,
    rights: &Rights,
    asked: &Asked,
) -> Result<(Searched, Extract)> {
    let text = asked.search_text();
    let question = Question {
        text: &text,
        limit: if asked.subject.is_empty() { DOCUMENTS_WITHOUT_SUBJECT } else { DOCUMENTS },
        passages_per_document: PASSAGES_PER_DOCUMENT,
    };
    let mut searched = evidence::search(db, workspace, rights, question).await?;
    masking::hits(&mut searched.hits);
    let reading = read(asked, &searched);
    let vocabulary = reading.vocabulary();
    let frequencies = evidence::frequencies(db, workspace, rights, &vocabulary).await?;
    let extract = reading.extract(&frequencies);
    Ok((searched, extract))
}

/// The sentences of what a search found, before it is decided which of them answer.
pub struct Reading<'a> {
    asked: &'a Asked,
    searched: &'a Searched,
    words: Vec<Word>,
    sentences: Sentences,
}

/// Reads what was found for [`Asked::search_text`].
pub fn read<'a>(asked: &'a Asked, searched: &'a Searched) -> Reading<'a> {
    let words = asked.weighed(searched);
    let sentences = Sentences::of(&words, searched);
    Reading { asked, searched, words, sentences }
}

impl Reading<'_> {
    /// Words whose [`evidence::frequencies`] tell what is special about the answers.
    pub fn vocabulary(&self) -> Vec<String> {
        self.sentences.frequent_words()
    }

    /// Groups and quotes the sentences that answer.
    pub fn extract(&self, frequencies: &HashMap<String, usize>) -> Extract {
        let missing = self.words.iter().filter(|it| it.documents == 0);
        let mut extract = Extract {
            words: self.words.iter().map(|it| it.text.clone()).collect(),
            missing_words: missing.map(|it| it.text.clone()).collect(),
            ..Extract::default()
        };
        let answering = |polarity| {
            self.sentences.that_answer(
                polarity,
                self.asked.why,
                &self.words,
                frequencies,
                self.searched,
            )
        };
        let mut candidates = Vec::new();
        if self.sentences.best_coverage() >= RELEVANT {
            extract.polarity = self.asked.polarity;
            candidates = answering(extract.polarity);
            if candidates.is_empty() && extract.polarity.is_some() && !self.words.is_empty() {
                (extract.polarity, extract.without_polarity) = (None, true);
                candidates = answering(None);
            }
        }
        if candidates.is_empty() {
            extract.nothing_relevant = true;
            return extract;
        }
        let documents: BTreeMap<DocumentId, &Hit> =
            candidates.iter().map(|it| (it.document, &self.searched.hits[it.hit])).collect();
        extract.documents = documents.len();
        extract.months = by_month(documents.into_values());
        let groups = sentences::group(candidates);
        (extract.themes, extract.others) =
            themes::find(self.asked, &groups, frequencies, self.searched);
        for theme in &mut extract.themes {
            theme.trend = trend(&theme.months, &extract.months);
        }
        extract
    }
}

/// How many of these were written in which month, in UTC.
fn by_month<'a>(hits: impl Iterator<Item = &'a Hit>) -> Vec<(Date, usize)> {
    let mut months: BTreeMap<Date, usize> = BTreeMap::new();
    for at in hits.filter_map(|it| it.written_at) {
        *months.entry(at.to_zoned(TimeZone::UTC).date().first_of_month()).or_default() += 1;
    }
    months.into_iter().collect()
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

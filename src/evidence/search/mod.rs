//! Search: a question in, passages out, best first.
//!
//! Postgres finds the terms of the question (`to_tsvector`, in every language of the evidence) and
//! gives the lists of their occurrences, only from segments the asker may see; `rank` scores them
//! with BM25 here. Scoring in SQL was measured: summing 700,000 occurrences of five terms takes
//! Postgres 320 ms, this takes 6 ms, and that leaves room for a second round with terms from the
//! best documents of the first.
//!
//! **Invariant.** All statements of one search see one snapshot of the database.

mod feedback;
mod rank;
mod store;
mod top;
mod words;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use sqlx::PgPool;

use self::rank::{Ranked, Ranking, Segment};
use self::words::{Term, Word};
use super::language::Language;
use super::source::{Source, Visibility};
use crate::error::Result;
use crate::ids::{DocumentId, PassageId, SourceId, WorkspaceId};

/// Words of a question beyond these are not looked for.
const MOST_WORDS: usize = 64;

/// Characters of a question beyond these are not read.
const LONGEST_QUESTION: usize = 4_000;

/// What an asker may see. Sources visible to everyone always belong to it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rights {
    pub(super) channels: Vec<String>,
    pub(super) groups: Vec<String>,
    /// Only these, by name: what an agent may read.
    pub(super) only: Option<Vec<String>>,
    pub(super) all: bool,
}

impl Rights {
    /// What may be shown in a public channel.
    pub fn of_everyone() -> Self {
        Self::default()
    }

    /// What a person sees: by the channels and groups that person belongs to.
    pub fn of_person(channels: Vec<String>, groups: Vec<String>) -> Self {
        Self { channels, groups, ..Self::default() }
    }

    /// Whoever has the database: for the command line.
    pub fn of_operator() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// Whether a source may be seen with them.
    pub fn include(&self, source: &Source) -> bool {
        let is_one_of =
            |theirs: &[String], ours: &[String]| theirs.iter().any(|name| ours.contains(name));
        let is_within = self.only.as_ref().is_none_or(|only| only.contains(&source.name));
        let is_visible = match &source.visibility {
            Visibility::Everyone => true,
            Visibility::Channels(channels) => is_one_of(channels, &self.channels),
            Visibility::Groups(groups) => is_one_of(groups, &self.groups),
        };
        is_within && (self.all || is_visible)
    }

    /// The same, but only within these sources.
    pub fn within(self, sources: Vec<String>) -> Self {
        Self { only: Some(sources), ..self }
    }
}

/// A question, and how much of an answer is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub text: &'a str,
    /// Documents.
    pub limit: usize,
    /// Passages of one document.
    pub passages_per_document: usize,
}

impl<'a> Question<'a> {
    /// One passage of each document.
    pub fn new(text: &'a str, limit: usize) -> Self {
        Self { text, limit, passages_per_document: 1 }
    }
}

/// A passage that answers, in the order of how well.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    pub passage: PassageId,
    pub document: DocumentId,
    /// The id its document was imported with.
    pub external_id: String,
    pub source: SourceId,
    pub source_name: String,
    /// Of the document, comparable within one search only.
    pub score: f32,
    /// Of the passage alone, by the question's own words.
    pub passage_score: f32,
    pub text: String,
    pub language: Language,
    /// In the document's text, counted in characters.
    pub chars: (usize, usize),
    pub title: String,
    pub url: Option<String>,
    pub author: Option<String>,
    pub written_at: Option<Timestamp>,
}

/// What a search found and where it looked.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Searched {
    pub hits: Vec<Hit>,
    /// Documents that hold at least one word of the question.
    pub matching: usize,
    /// Documents and sources that the asker may see, and that were searched.
    pub documents: usize,
    pub sources: Vec<String>,
    /// The words that were looked for, as the question has them.
    pub words: Vec<SearchedWord>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SearchedWord {
    pub text: String,
    /// How many of the documents searched hold it.
    pub documents: usize,
}

/// Finds the passages that answer a question, among those the asker may see.
pub async fn search(
    db: &PgPool,
    workspace: WorkspaceId,
    rights: &Rights,
    question: Question<'_>,
) -> Result<Searched> {
    let mut tx = db.begin().await?;
    store::see_one_snapshot(&mut tx).await?;
    let visible = store::visible_segments(&mut tx, workspace, rights).await?;
    let segments: Vec<Segment> = visible.iter().map(|it| Segment::new(it.id, &it.layout)).collect();
    let mut sources: Vec<String> = visible.iter().map(|it| it.source.clone()).collect();
    sources.sort();
    sources.dedup();

    let readable = |it: &char| *it != '\0';
    let text: String = question.text.chars().filter(readable).take(LONGEST_QUESTION).collect();
    let languages = Languages::of(&visible, &text);
    let terms = store::terms(&mut tx, &text, &languages.all, languages.main.as_str()).await?;
    let mut words = Word::group(terms);
    words.truncate(MOST_WORDS);
    let mut ranking = Ranking::over(segments);
    store::load_postings(&mut tx, workspace, &mut ranking, &words).await?;
    ranking.count(&mut words);
    let asked = words.iter().map(|it| SearchedWord {
        text: it.text.clone(),
        documents: it.holding.unwrap_or_default(),
    });
    let asked = asked.collect();
    let first = ranking.rank(&words, feedback::DOCUMENTS.max(question.limit));
    let mut expanded = feedback::expand(&mut tx, workspace, &ranking, &words, &first.best).await?;
    store::load_postings(&mut tx, workspace, &mut ranking, &expanded).await?;
    ranking.count(&mut expanded);
    let second = ranking.rank(&expanded, question.limit);
    let passages: Vec<Ranked> = second
        .best
        .iter()
        .flat_map(|it| ranking.best_passages(it, &words, question.passages_per_document))
        .collect();
    let hits = store::hits(&mut tx, workspace, rights, &passages).await?;
    tx.commit().await?;
    Ok(Searched {
        hits,
        matching: first.matching,
        documents: ranking.documents(),
        sources,
        words: asked,
    })
}

/// In how many passages that the asker may see each of these words stands.
///
/// Words that no language counts (`the`, `and`) are left out.
pub async fn frequencies(
    db: &PgPool,
    workspace: WorkspaceId,
    rights: &Rights,
    words: &[String],
) -> Result<HashMap<String, usize>> {
    let mut tx = db.begin().await?;
    store::see_one_snapshot(&mut tx).await?;
    let visible = store::visible_segments(&mut tx, workspace, rights).await?;
    let languages = Languages::of(&visible, "");
    let text = words.join(" ");
    let terms = store::terms(&mut tx, &text, &languages.all, languages.main.as_str()).await?;
    // Many languages have the same term for a word, which still stands in each passage once.
    let terms: BTreeSet<(String, Term)> = terms.into_iter().collect();
    let distinct: BTreeSet<Term> = terms.iter().map(|(_, term)| term.clone()).collect();
    let distinct: Vec<Term> = distinct.into_iter().collect();
    let segments = visible.iter().map(|it| it.id);
    let passages = store::passages_holding(&mut tx, workspace, segments, &distinct).await?;
    tx.commit().await?;
    let mut frequencies: HashMap<String, usize> = HashMap::new();
    for (word, term) in terms {
        *frequencies.entry(word).or_default() += passages.get(&term).copied().unwrap_or_default();
    }
    Ok(frequencies)
}

/// The languages of what is visible, and the one the question is taken to be in.
struct Languages {
    all: Vec<String>,
    main: String,
}

impl Languages {
    fn of(visible: &[store::VisibleSegment], question: &str) -> Self {
        let mut passages: Vec<(String, usize)> = Vec::new();
        for segment in visible {
            for (position, language) in segment.languages.iter().enumerate() {
                let more = if position == 0 { segment.layout.len() } else { 0 };
                match passages.iter_mut().find(|(it, _)| it == language) {
                    Some((_, count)) => *count += more,
                    None => passages.push((language.clone(), more)),
                }
            }
        }
        passages.sort_by(|(a, more), (b, less)| less.cmp(more).then(a.cmp(b)));
        let all: Vec<String> = passages.into_iter().map(|(language, _)| language).collect();
        let told = Language::of(question).map(|it| it.as_str().to_owned());
        let main = told.filter(|it| all.contains(it)).or_else(|| all.first().cloned());
        Self { main: main.unwrap_or_else(|| Language::ENGLISH.as_str().to_owned()), all }
    }
}

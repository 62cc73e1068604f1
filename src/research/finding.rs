//! A finding: what people decide on, in full.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::extract::Extract;
use crate::error::Result;
use crate::evidence::{Searched, Source};
use crate::ids::{PassageId, PersonId};

/// The engine that quotes and writes nothing.
const EXTRACT: &str = "extract";

/// What a research run found. Its canonical JSON is what decisions are bound to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    pub kind: String,
    pub v: u32,
    pub question: String,
    /// What wrote it: `extract` quotes and adds nothing.
    pub engine: String,
    /// What is to be known before reading on, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// What an editor put before the quotes, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    pub themes: Vec<Theme>,
    /// Quotes that belong to none of the themes.
    pub others: Vec<Quote>,
    /// Documents with a sentence that answers, and documents that were searched.
    pub answering: u64,
    pub searched: u64,
    pub sources: Vec<Read>,
}

/// A person's own words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    pub by: PersonId,
    pub text: String,
}

/// Passages that speak of the same thing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Theme {
    pub title: String,
    /// How many documents, of those that were looked at, belong to it.
    pub documents: u64,
    pub quotes: Vec<Quote>,
}

/// Words that stand, character by character, in a document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quote {
    pub text: String,
    pub passage: PassageId,
    /// The document's id in its source.
    pub document: String,
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Date>,
    /// Other documents that say nearly the same.
    pub also: u64,
}

/// A source that was searched, and how old it was then.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Read {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Date>,
}

impl Finding {
    /// The finding that an extract amounts to; none where nothing relevant was found.
    pub fn new(
        question: &str,
        searched: &Searched,
        sources: &[Source],
        extract: &Extract,
    ) -> Option<Self> {
        if extract.nothing_relevant {
            return None;
        }
        Some(Self {
            kind: "finding".to_owned(),
            v: 1,
            question: question.to_owned(),
            engine: EXTRACT.to_owned(),
            remark: remark(extract),
            note: None,
            themes: extract.themes.iter().map(Theme::from).collect(),
            others: extract.others.iter().map(Quote::from).collect(),
            answering: extract.documents as u64,
            searched: searched.documents as u64,
            sources: searched_sources(searched, sources),
        })
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The passages that are quoted, in the order of the card.
    pub fn passages(&self) -> impl Iterator<Item = PassageId> {
        self.quotes().map(|quote| quote.passage)
    }

    /// All quotes, in the order of the card.
    pub fn quotes(&self) -> impl Iterator<Item = &Quote> {
        self.themes.iter().flat_map(|theme| &theme.quotes).chain(&self.others)
    }

    /// The finding as people read it, without markup: by this revisions are compared.
    pub fn text(&self) -> String {
        let mut lines = vec![self.question.clone()];
        lines.extend(self.remark.clone());
        lines.extend(self.note.as_ref().map(|note| note.text.clone()));
        for theme in &self.themes {
            lines.push(theme.title.clone());
            lines.extend(theme.quotes.iter().map(Quote::line));
        }
        lines.extend(self.others.iter().map(Quote::line));
        lines.join("\n")
    }

    /// Adds the quotes of `more` that are not there yet.
    pub fn add(&mut self, more: Self) {
        let there: Vec<String> = self.quotes().map(|quote| quote.text.clone()).collect();
        let is_new = |quote: &Quote| !there.contains(&quote.text);
        for mut theme in more.themes {
            theme.quotes.retain(is_new);
            if !theme.quotes.is_empty() {
                self.themes.push(theme);
            }
        }
        self.others.extend(more.others.into_iter().filter(is_new));
        self.answering = self.answering.max(more.answering);
    }

    /// Keeps only the quotes for which `keep` holds, by their place in the order of the card.
    pub fn keep_quotes(&mut self, mut keep: impl FnMut(usize, &Quote) -> bool) {
        let mut index = 0;
        let mut kept = |quote: &Quote| {
            index += 1;
            keep(index - 1, quote)
        };
        for theme in &mut self.themes {
            theme.quotes.retain(&mut kept);
        }
        self.others.retain(&mut kept);
        self.themes.retain(|theme| !theme.quotes.is_empty());
    }

    pub fn engine_in_words(&self) -> &'static str {
        match self.engine.as_str() {
            EXTRACT => "which quotes and adds nothing",
            _ => "engine unknown to this version",
        }
    }
}

impl Quote {
    fn line(&self) -> String {
        format!("“{}” ({} {})", self.text, self.source, self.document)
    }
}

/// The sources that a search looked into.
pub fn searched_sources(searched: &Searched, sources: &[Source]) -> Vec<Read> {
    sources
        .iter()
        .filter(|source| searched.sources.contains(&source.name))
        .map(|source| Read {
            name: source.name.clone(),
            newest: source.newest_document.map(day),
            imported: source.imported_at.map(day),
        })
        .collect()
}

impl From<&super::extract::Theme> for Theme {
    fn from(theme: &super::extract::Theme) -> Self {
        Self {
            title: theme.title.clone(),
            documents: theme.documents.len() as u64,
            quotes: theme.quotes.iter().map(Quote::from).collect(),
        }
    }
}

impl From<&super::extract::Quote> for Quote {
    fn from(quote: &super::extract::Quote) -> Self {
        Self {
            text: quote.text.clone(),
            passage: quote.passage,
            document: quote.external_id.clone(),
            source: quote.source.clone(),
            written: quote.date,
            also: quote.also.len() as u64,
        }
    }
}

/// What the extract could not give as it was asked for.
fn remark(extract: &Extract) -> Option<String> {
    let mut sentences = Vec::new();
    if extract.without_polarity {
        sentences
            .push("Nobody says so in so many words; this is what is said about it.".to_owned());
    }
    if !extract.missing_words.is_empty() {
        sentences.push(format!("No document has: {}.", extract.missing_words.join(", ")));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// The day of a moment, in UTC: documents rarely say more than a day.
fn day(at: jiff::Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

//! A finding: what people decide on, in full.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::extract::{Extract, Trend};
use super::masking;
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
    /// What was asked before, where the question was read together with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// What wrote it: `extract` quotes and adds nothing; else the model, as its provider calls it.
    pub engine: String,
    /// Why it is an extract although the agent has a model, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fell_back: Option<String>,
    /// What is to be known before reading on, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// What an editor put before the quotes, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// What a model wrote, as far as it stood up to its checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    pub themes: Vec<Theme>,
    /// Quotes that belong to none of the themes.
    pub others: Vec<Quote>,
    /// Documents with a sentence that answers, and documents that were searched.
    pub answering: u64,
    pub searched: u64,
    pub sources: Vec<Read>,
    /// How much personal data is masked in what is quoted.
    #[serde(default, skip_serializing_if = "is_none")]
    pub masked: u64,
    /// Quotes that the channel may not see, and that were left out when the finding was shared.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: u64,
}

/// A model's answer, of which everything stands in the passages it quotes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    pub claims: Vec<Claim>,
    /// What the passages do not say, in the model's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<String>,
    /// What the model wrote and nothing supports, by the reason for which it was cut.
    pub cut: Vec<Cut>,
    /// The prompt with its version, and the hashes of its file and of what was sent.
    pub prompt: String,
    pub prompt_sha256: String,
    pub sent_sha256: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claim {
    pub text: String,
    pub quotes: Vec<Quote>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cut {
    pub why: String,
    pub statements: u64,
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
    /// How that moved over time, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<String>,
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
    /// Why it should be trusted less than it could be, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

impl Finding {
    /// The finding that an extract amounts to; none where nothing relevant was found.
    pub fn new(question: &str, reading: &Reading<'_>) -> Option<Self> {
        let Reading { extract, searched, .. } = reading;
        if extract.nothing_relevant {
            return None;
        }
        let mut finding = Self {
            kind: "finding".to_owned(),
            v: 1,
            question: question.to_owned(),
            follows: None,
            engine: EXTRACT.to_owned(),
            fell_back: None,
            remark: remark(extract),
            note: None,
            answer: None,
            themes: extract.themes.iter().map(Theme::from).collect(),
            others: extract.others.iter().map(Quote::from).collect(),
            answering: extract.documents as u64,
            searched: searched.documents as u64,
            sources: reading.read(),
            masked: 0,
            left_out: 0,
        };
        finding.count_masked();
        Some(finding)
    }

    /// Puts what a model wrote in the place of the extract.
    pub fn answered(&mut self, engine: &str, answer: Answer) {
        engine.clone_into(&mut self.engine);
        self.answer = Some(answer);
        (self.themes, self.others) = (Vec::new(), Vec::new());
        self.count_masked();
    }

    fn count_masked(&mut self) {
        self.masked = self.quotes().map(|quote| masking::count(&quote.text)).sum();
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
        let claims = self.answer.iter().flat_map(|answer| &answer.claims);
        let claimed = claims.flat_map(|claim| &claim.quotes);
        let grouped = self.themes.iter().flat_map(|theme| &theme.quotes);
        claimed.chain(grouped).chain(&self.others)
    }

    /// The sources that are quoted.
    pub fn quoted_sources(&self) -> BTreeSet<&str> {
        self.quotes().map(|quote| quote.source.as_str()).collect()
    }

    /// The finding as people read it, without markup: by this revisions are compared.
    pub fn text(&self) -> String {
        self.lines(Quote::line).join("\n")
    }

    /// What is said in it, without where that stands.
    pub fn words(&self) -> String {
        self.lines(|quote| quote.text.clone()).join("\n")
    }

    fn lines(&self, line: impl Fn(&Quote) -> String) -> Vec<String> {
        let mut lines = vec![self.question.clone()];
        lines.extend(self.remark.clone());
        lines.extend(self.note.as_ref().map(|note| note.text.clone()));
        if let Some(answer) = &self.answer {
            lines.extend(answer.summary.clone());
            for claim in &answer.claims {
                lines.push(claim.text.clone());
                lines.extend(claim.quotes.iter().map(&line));
            }
            lines.extend(answer.unanswered.clone());
        }
        for theme in &self.themes {
            lines.push(theme.title.clone());
            lines.extend(theme.quotes.iter().map(&line));
        }
        lines.extend(self.others.iter().map(&line));
        lines
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
        if let Some(answer) = &mut self.answer {
            for claim in &mut answer.claims {
                claim.quotes.retain(&mut kept);
            }
            let claims = answer.claims.len();
            answer.claims.retain(|claim| !claim.quotes.is_empty());
            if answer.claims.len() < claims {
                // It summed up what is not there any more.
                answer.summary = None;
            }
        }
        for theme in &mut self.themes {
            theme.quotes.retain(&mut kept);
        }
        self.others.retain(&mut kept);
        self.themes.retain(|theme| !theme.quotes.is_empty());
        self.count_masked();
    }

    /// Keeps what rests on these sources alone, and no number that others had a part in.
    pub fn keep_sources(&mut self, sources: &BTreeSet<&str>) {
        let is_seen = |quote: &Quote| sources.contains(quote.source.as_str());
        if self.quotes().all(is_seen) {
            self.sources.retain(|source| sources.contains(source.name.as_str()));
            return;
        }
        if let Some(answer) = &mut self.answer {
            // A claim may be worded by any of its quotes.
            answer.claims.retain(|claim| claim.quotes.iter().all(is_seen));
            (answer.summary, answer.unanswered) = (None, None);
        }
        self.keep_quotes(|_, quote| is_seen(quote));
        for theme in &mut self.themes {
            theme.documents = theme.quotes.len() as u64;
            theme.trend = None;
            theme.quotes.iter_mut().for_each(|quote| quote.also = 0);
        }
        self.others.iter_mut().for_each(|quote| quote.also = 0);
        self.answering =
            self.quotes().map(|quote| &quote.document).collect::<BTreeSet<_>>().len() as u64;
        self.sources.retain(|source| sources.contains(source.name.as_str()));
    }

    pub fn engine_in_words(&self) -> String {
        match (self.engine.as_str(), &self.answer) {
            (EXTRACT, _) => "which quotes and adds nothing".to_owned(),
            (model, Some(answer)) => format!("with the model {model}, prompt {}", answer.prompt),
            (model, None) => format!("with the model {model}"),
        }
    }

    /// What scorecards count it by: the prompt with its version, or the engine that needs none.
    pub fn version(&self) -> &str {
        self.answer.as_ref().map_or(&self.engine, |answer| &answer.prompt)
    }

    /// How many claims a model's answer keeps, and how many statements were cut of it.
    pub fn claims(&self) -> Value {
        let kept = self.answer.as_ref().map_or(0, |answer| answer.claims.len());
        let cuts = self.answer.iter().flat_map(|answer| &answer.cut);
        json!({"kept": kept, "cut": cuts.map(|cut| cut.statements).sum::<u64>()})
    }
}

impl Quote {
    fn line(&self) -> String {
        format!("“{}” ({} {})", self.text, self.source, self.document)
    }
}

/// What a finding is made of: what was searched, what it says, and how old it is.
pub struct Reading<'a> {
    pub searched: &'a Searched,
    pub extract: &'a Extract,
    /// All sources of the workspace.
    pub sources: &'a [Source],
    pub now: Timestamp,
}

impl Reading<'_> {
    /// The sources that the search looked into.
    pub fn read(&self) -> Vec<Read> {
        let Searched { sources, .. } = self.searched;
        self.sources
            .iter()
            .filter(|source| sources.contains(&source.name))
            .map(|source| Read {
                name: source.name.clone(),
                newest: source.newest_document.map(day),
                imported: source.imported_at.map(day),
                warning: source.warning(self.now),
            })
            .collect()
    }
}

impl From<&super::extract::Theme> for Theme {
    fn from(theme: &super::extract::Theme) -> Self {
        Self {
            title: theme.title.clone(),
            documents: theme.documents.len() as u64,
            trend: theme.trend.map(Trend::sentence),
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

/// The day of a moment, in UTC: documents rarely say more than a day.
fn day(at: jiff::Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

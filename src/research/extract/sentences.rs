//! The sentences that answer, and which of them say the same.

use std::collections::{BTreeSet, HashSet};

use super::polarity::{self, Polarity};
use super::question::{Asked, Stem, Word, says_something, words};
use crate::evidence::{self, Searched};
use crate::ids::DocumentId;

/// Words a quote has at least and at most.
const SHORTEST: usize = 3;
const LONGEST: usize = 45;

/// Share of words two sentences have in common when they say the same.
const NEARLY_THE_SAME: f32 = 0.7;

/// A sentence that could be quoted.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// Position among the hits.
    pub hit: usize,
    pub document: DocumentId,
    /// Word for word as the passage has it.
    pub text: String,
    /// In the document's text, counted in characters.
    pub chars: (usize, usize),
    /// Stems of the words that say something.
    pub stems: BTreeSet<String>,
    /// How much of the question's subject it holds, from 0 to 1.
    pub coverage: f32,
    pub score: f32,
}

/// Candidates that say nearly the same, the best one first.
pub struct Group {
    pub members: Vec<Candidate>,
}

impl Group {
    pub fn best(&self) -> &Candidate {
        &self.members[0]
    }
}

/// The sentences that hold some of the subject and have the polarity asked for, best first.
pub fn candidates(asked: &Asked, subject: &[Word], searched: &Searched) -> Vec<Candidate> {
    let stemmer = Stem::new();
    let mut candidates = Vec::new();
    let mut seen = HashSet::new();
    let top = searched.hits.iter().map(|it| it.score).fold(f32::MIN_POSITIVE, f32::max);
    for (position, hit) in searched.hits.iter().enumerate() {
        let sentences = evidence::sentences(&hit.text, hit.language);
        for (begin, end) in sentences {
            let text = hit.text[begin..end].trim();
            let length = text.split_whitespace().count();
            if !(SHORTEST..=LONGEST).contains(&length) || !seen.insert((hit.document, text)) {
                continue;
            }
            let stems: BTreeSet<String> =
                words(text).filter(|it| says_something(it)).map(|it| stemmer.stem(&it)).collect();
            let held = |it: &&Word| stems.contains(&it.stem);
            let coverage: f32 = subject.iter().filter(held).map(|it| it.weight).sum();
            let Some(liking) = liking(asked.polarity, text) else { continue };
            if !subject.is_empty() && coverage <= 0.0 {
                continue;
            }
            let before = hit.chars.0 + hit.text[..begin].chars().count();
            let indent = hit.text[begin..end].len() - hit.text[begin..end].trim_start().len();
            let starts = before + hit.text[begin..begin + indent].chars().count();
            let subject_share = if subject.is_empty() { 0.5 } else { coverage };
            candidates.push(Candidate {
                hit: position,
                document: hit.document,
                text: text.to_owned(),
                chars: (starts, starts + text.chars().count()),
                coverage: if subject.is_empty() { 1.0 } else { coverage },
                score: subject_share * 2.0
                    + liking
                    + tellingness(&stems, length)
                    + hit.score / top / 2.0,
                stems,
            });
        }
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.hit.cmp(&b.hit)));
    candidates
}

/// Brings together what says nearly the same. Candidates come best first, and so do groups.
pub fn group(candidates: Vec<Candidate>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for candidate in candidates {
        match groups.iter_mut().find(|it| similar(&it.best().stems, &candidate.stems)) {
            Some(group) => group.members.push(candidate),
            None => groups.push(Group { members: vec![candidate] }),
        }
    }
    groups
}

fn similar(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let common = a.intersection(b).count() as f32;
    let all = (a.len() + b.len()) as f32 - common;
    all == 0.0 || common / all >= NEARLY_THE_SAME
}

/// How well a sentence has the polarity asked for; `None` when it has the other one.
fn liking(asked: Option<Polarity>, text: &str) -> Option<f32> {
    let found = polarity::of(text);
    let wanted = match asked {
        None => return Some(found.unsigned_abs().min(3) as f32 * 0.1),
        Some(Polarity::Negative) => -found,
        Some(Polarity::Positive) => found,
    };
    (wanted > 0).then_some(wanted.min(3) as f32 * 0.3)
}

/// Sentences of some length with several things to say are better quotes than exclamations.
fn tellingness(stems: &BTreeSet<String>, length: usize) -> f32 {
    let said = (stems.len().min(8) as f32) / 8.0;
    let too_long = length.saturating_sub(30) as f32 / 30.0;
    said - too_long
}

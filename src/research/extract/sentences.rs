//! The sentences that answer, and which of them say the same.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::polarity::{self, Polarity};
use super::question::{Stem, Word, says_something, words};
use super::themes;
use crate::evidence::{self, Hit, Searched};
use crate::ids::DocumentId;

/// Words a quote has at least and at most.
const SHORTEST: usize = 4;
const LONGEST: usize = 45;

/// A sentence of fewer words takes the one before it along, when both together are short.
const TOO_SHORT_ALONE: usize = 8;
const SHORT_TOGETHER: usize = 25;

/// Share of words two sentences have in common when they say the same.
const NEARLY_THE_SAME: f32 = 0.6;

/// Words that are worth knowing the frequency of, at most.
const VOCABULARY: usize = 300;

/// How much more often than elsewhere a word must stand beside the subject to belong to it, and
/// in how many documents.
const RELATED: f32 = 2.5;
const RELATED_DOCUMENTS: usize = 3;

const NEARLY_ALL: f32 = 0.8;
const MANY: usize = 8;

/// What a sentence with a reason in it gains when the question is why.
const REASON: f32 = 0.5;

/// How much less a sentence counts that speaks of the subject by another word.
const BY_ANOTHER_WORD: f32 = 0.55;

/// All sentences of the hits, with how much of the subject they hold.
pub struct Sentences {
    all: Vec<Sentence>,
    /// Of each hit, by how much of the subject it holds.
    coverage: Vec<f32>,
    stem: Stem,
}

struct Sentence {
    hit: usize,
    /// In the passage, in bytes.
    bytes: (usize, usize),
    words: Vec<String>,
    stems: BTreeSet<String>,
    coverage: f32,
}

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

impl Sentences {
    pub fn of(subject: &[Word], searched: &Searched) -> Self {
        let stem = Stem::of(searched.hits.iter().map(|it| it.language));
        let subject: Vec<(String, f32)> =
            subject.iter().map(|it| (stem.stem(&it.text), it.weight)).collect();
        let covered = |stems: &BTreeSet<String>| -> f32 {
            subject.iter().filter(|(it, _)| stems.contains(it)).map(|(_, weight)| weight).sum()
        };
        let (mut all, mut coverage) = (Vec::new(), Vec::new());
        for (position, hit) in searched.hits.iter().enumerate() {
            let mut whole: BTreeSet<String> = words(&hit.title).map(|it| stem.stem(&it)).collect();
            for bytes in evidence::sentences(&hit.text, hit.language) {
                let words: Vec<String> = words(&hit.text[bytes.0..bytes.1]).collect();
                let stems: BTreeSet<String> =
                    words.iter().filter(|it| says_something(it)).map(|it| stem.stem(it)).collect();
                let every: BTreeSet<String> = words.iter().map(|it| stem.stem(it)).collect();
                let coverage = covered(&every);
                whole.extend(every);
                all.push(Sentence { hit: position, bytes, words, stems, coverage });
            }
            coverage.push(if subject.is_empty() { 1.0 } else { covered(&whole) });
        }
        Self { all, coverage, stem }
    }

    /// How much of the subject the best passage holds, from 0 to 1.
    pub fn best_coverage(&self) -> f32 {
        self.coverage.iter().copied().fold(0.0, f32::max)
    }

    /// Words that several sentences have, first those beside the subject and the frequent ones.
    pub fn frequent_words(&self) -> Vec<String> {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for sentence in &self.all {
            let distinct: BTreeSet<&String> = sentence.words.iter().collect();
            for word in distinct.into_iter().filter(|it| says_something(it)) {
                let (all, beside) = counts.entry(word).or_default();
                *all += 1;
                *beside += usize::from(sentence.coverage > 0.0);
            }
        }
        let mut frequent: Vec<(&str, usize)> = counts
            .into_iter()
            .filter(|(_, (all, _))| *all > 1)
            .map(|(word, (all, beside))| (word, all + 5 * beside))
            .collect();
        frequent.sort_by_key(|(word, weight)| (std::cmp::Reverse(*weight), *word));
        frequent.into_iter().take(VOCABULARY).map(|(word, _)| word.to_owned()).collect()
    }

    /// The sentences that hold some of the subject and have the polarity asked for, best first.
    pub fn that_answer(
        &self,
        polarity: Option<Polarity>,
        why: bool,
        subject: &[Word],
        frequencies: &HashMap<String, usize>,
        searched: &Searched,
    ) -> Vec<Candidate> {
        // By other words, people are only taken to speak of the subject where they judge it.
        let related = match subject.is_empty() || polarity.is_none() {
            true => BTreeSet::new(),
            false => self.related_stems(frequencies, searched),
        };
        let top = searched.hits.iter().map(|it| it.score).fold(f32::MIN_POSITIVE, f32::max);
        let enough = self.enough();
        let mut seen = HashSet::new();
        let mut candidates = Vec::new();
        for (position, sentence) in self.all.iter().enumerate() {
            let hit = &searched.hits[sentence.hit];
            let direct =
                subject.is_empty() || (sentence.coverage > 0.0 && sentence.coverage >= enough);
            let indirect =
                !sentence.stems.is_disjoint(&related) && self.coverage[sentence.hit] >= enough;
            if !(SHORTEST..=LONGEST).contains(&sentence.words.len()) || !(direct || indirect) {
                continue;
            }
            let about = |clause: &str| {
                subject.is_empty()
                    || words(clause).any(|it| {
                        let stem = self.stem.stem(&it);
                        related.contains(&stem)
                            || subject.iter().any(|it| self.stem.stem(&it.text) == stem)
                    })
            };
            let text = hit.text[sentence.bytes.0..sentence.bytes.1].trim();
            let Some(liking) = liking(polarity, text, about) else { continue };
            let held = match () {
                () if subject.is_empty() => 0.5,
                () if direct => sentence.coverage,
                () => self.coverage[sentence.hit] * BY_ANOTHER_WORD,
            };
            let reason = if why && polarity::gives_reason(&sentence.words) { REASON } else { 0.0 };
            let telling = tellingness(sentence, text) + reason;
            let score = held * 2.0 + liking + telling + hit.score / top / 2.0;
            let candidate = self.candidate(position, hit, why, score);
            if seen.insert((candidate.document, candidate.chars.1)) {
                candidates.push(candidate);
            }
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.hit.cmp(&b.hit)));
        candidates
    }

    /// How much of the subject a sentence must hold: nearly all that any holds where many do.
    fn enough(&self) -> f32 {
        let best = self.all.iter().map(|it| it.coverage).fold(0.0, f32::max);
        let holding = self.all.iter().filter(|it| it.coverage >= best * NEARLY_ALL).count();
        if holding >= MANY { best * NEARLY_ALL } else { best / 2.0 }
    }

    /// Stems that stand beside the subject far more often than elsewhere: `bass` beside `sound`.
    fn related_stems(
        &self,
        frequencies: &HashMap<String, usize>,
        searched: &Searched,
    ) -> BTreeSet<String> {
        let about: Vec<bool> = self.coverage.iter().map(|it| *it >= 0.5).collect();
        let subject_hits = about.iter().filter(|it| **it).count() as f32;
        let base = subject_hits / searched.documents.max(1) as f32;
        let mut together: HashMap<&str, BTreeSet<usize>> = HashMap::new();
        for sentence in self.all.iter().filter(|it| about[it.hit]) {
            for word in &sentence.words {
                together.entry(word).or_default().insert(sentence.hit);
            }
        }
        let related = together.into_iter().filter_map(|(word, hits)| {
            let elsewhere = *frequencies.get(word)? as f32;
            let share = hits.len() as f32 / elsewhere.max(hits.len() as f32);
            let special = hits.len() >= RELATED_DOCUMENTS
                && share / base >= RELATED
                && themes::can_be_theme(word);
            special.then(|| self.stem.stem(word))
        });
        related.collect()
    }

    fn candidate(&self, position: usize, hit: &Hit, why: bool, score: f32) -> Candidate {
        let sentence = &self.all[position];
        let (mut begin, end) = sentence.bytes;
        let mut stems = sentence.stems.clone();
        let (short, together) = match why {
            true => (LONGEST / 3, LONGEST),
            false => (TOO_SHORT_ALONE, SHORT_TOGETHER),
        };
        if sentence.words.len() < short
            && let Some(before) = position.checked_sub(1).map(|it| &self.all[it])
            && before.hit == sentence.hit
            && before.words.len() + sentence.words.len() <= together
        {
            begin = before.bytes.0;
            stems.extend(before.stems.iter().cloned());
        }
        let indent = hit.text[begin..end].len() - hit.text[begin..end].trim_start().len();
        let text = hit.text[begin..end].trim();
        let starts = hit.chars.0 + hit.text[..begin + indent].chars().count();
        Candidate {
            hit: sentence.hit,
            document: hit.document,
            text: text.to_owned(),
            chars: (starts, starts + text.chars().count()),
            stems,
            score,
        }
    }
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

/// How well a sentence has the polarity asked for, judged by the clauses about the subject;
/// `None` when it has not.
fn liking(asked: Option<Polarity>, text: &str, about: impl Fn(&str) -> bool) -> Option<f32> {
    let clauses = polarity::clauses(text);
    let found: i32 = clauses.iter().filter(|it| about(it)).map(|it| polarity::of(it)).sum();
    let wanted = match asked {
        None => return Some(found.unsigned_abs().min(3) as f32 * 0.1),
        Some(Polarity::Negative) => -found,
        Some(Polarity::Positive) => found,
    };
    (wanted > 0).then_some(wanted.min(3) as f32 * 0.35)
}

/// Sentences of some length with several things to say are better quotes than exclamations, and
/// those with markup or addresses in them are worse.
fn tellingness(sentence: &Sentence, text: &str) -> f32 {
    let said = sentence.stems.len().min(7) as f32 / 7.0;
    let too_long = sentence.words.len().saturating_sub(28) as f32 / 20.0;
    let ugly = text.contains("&#") || text.contains("://") || text.contains('|');
    said - too_long - if ugly { 0.7 } else { 0.0 }
}

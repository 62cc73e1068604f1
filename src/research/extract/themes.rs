//! What sentences that answer have in common.
//!
//! A theme is a word or two that several documents use in their answers, more than elsewhere.
//! Themes are taken greedily: each covers as many documents as possible that none before covers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::question::{Stem, Word, says_something, words};
use super::sentences::Group;
use super::{Quote, Theme, polarity};
use crate::evidence::Searched;
use crate::ids::DocumentId;

/// Themes shown at most.
const MOST_THEMES: usize = 5;

/// Quotes of a theme at most.
const MOST_QUOTES: usize = 3;

/// A phrase several groups use: its forms as they stand there, and who uses it.
#[derive(Default)]
struct Phrase {
    forms: BTreeMap<String, usize>,
    groups: BTreeSet<usize>,
    documents: BTreeSet<DocumentId>,
    words: usize,
}

pub fn find(subject: &[Word], groups: &[Group], searched: &Searched) -> Vec<Theme> {
    let phrases = phrases(subject, groups);
    let mut left: BTreeSet<usize> = (0..groups.len()).collect();
    let mut themes = Vec::new();
    while themes.len() < MOST_THEMES && !left.is_empty() {
        let best = phrases
            .iter()
            .map(|(stems, phrase)| (gain(phrase, &left, groups), stems, phrase))
            .filter(|(gain, _, _)| *gain > 0.0)
            .max_by(|(a, first, _), (b, second, _)| a.total_cmp(b).then(second.cmp(first)));
        let Some((_, _, phrase)) = best else { break };
        let members: Vec<usize> = phrase.groups.intersection(&left).copied().collect();
        themes.push(theme(title(phrase), &members, groups, searched));
        left.retain(|it| !members.contains(it));
    }
    if themes.is_empty() {
        // Nothing is shared: the best sentences stand for themselves.
        let members: Vec<usize> = (0..groups.len().min(MOST_QUOTES)).collect();
        let title = subject.first().map_or_else(|| first_words(groups), |it| it.text.clone());
        themes.push(theme(title, &members, groups, searched));
    }
    themes.sort_by_key(|it| std::cmp::Reverse(it.documents.len()));
    themes
}

/// Words and pairs of neighbours that say something, by their stems.
fn phrases(subject: &[Word], groups: &[Group]) -> HashMap<Vec<String>, Phrase> {
    let stemmer = Stem::new();
    let asked: BTreeSet<&str> = subject.iter().map(|it| it.stem.as_str()).collect();
    let mut phrases: HashMap<Vec<String>, Phrase> = HashMap::new();
    for (number, group) in groups.iter().enumerate() {
        for member in &group.members {
            let all: Vec<String> = words(&member.text).collect();
            for length in 1..=2 {
                for run in all.windows(length) {
                    if !run.iter().all(|it| says_something(it) && !polarity::judges(it)) {
                        continue;
                    }
                    let stems: Vec<String> = run.iter().map(|it| stemmer.stem(it)).collect();
                    if stems.iter().all(|it| asked.contains(it.as_str())) {
                        continue;
                    }
                    let phrase = phrases.entry(stems).or_default();
                    *phrase.forms.entry(run.join(" ")).or_default() += 1;
                    phrase.groups.insert(number);
                    phrase.documents.insert(member.document);
                    phrase.words = length;
                }
            }
        }
    }
    phrases.retain(|_, it| it.documents.len() > 1 && it.groups.len() > 1);
    phrases
}

/// What a theme of this phrase would add: documents not covered yet, with a preference for
/// phrases that say more than one word does.
fn gain(phrase: &Phrase, left: &BTreeSet<usize>, groups: &[Group]) -> f32 {
    let members: Vec<usize> = phrase.groups.intersection(left).copied().collect();
    if members.len() < 2 {
        return 0.0;
    }
    let documents: BTreeSet<DocumentId> =
        members.iter().flat_map(|it| groups[*it].members.iter().map(|it| it.document)).collect();
    let specific = if phrase.words > 1 { 1.8 } else { 1.0 };
    documents.len() as f32 * specific
}

fn title(phrase: &Phrase) -> String {
    let most = phrase.forms.iter().max_by_key(|(form, times)| (**times, std::cmp::Reverse(*form)));
    most.map(|(form, _)| form.clone()).unwrap_or_default()
}

fn first_words(groups: &[Group]) -> String {
    let text = groups.first().map(|it| it.best().text.as_str()).unwrap_or_default();
    text.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}

fn theme(title: String, members: &[usize], groups: &[Group], searched: &Searched) -> Theme {
    let candidates = members.iter().flat_map(|it| &groups[*it].members);
    let (mut documents, mut passages, mut months) = (vec![], vec![], BTreeMap::new());
    for candidate in candidates {
        let hit = &searched.hits[candidate.hit];
        if !documents.contains(&hit.document) {
            documents.push(hit.document);
            if let Some(at) = hit.written_at {
                let month = at.to_zoned(TimeZone::UTC).date().first_of_month();
                *months.entry(month).or_insert(0_usize) += 1;
            }
        }
        if !passages.contains(&hit.passage) {
            passages.push(hit.passage);
        }
    }
    let mut quotes: Vec<Quote> = Vec::new();
    for group in members.iter().map(|it| &groups[*it]) {
        let best = group.best();
        if quotes.len() == MOST_QUOTES {
            break;
        }
        if quotes.iter().any(|it| it.document == best.document) {
            continue;
        }
        let also = group.members.iter().skip(1).map(|it| it.document);
        let mut also: Vec<DocumentId> = also.filter(|it| *it != best.document).collect();
        also.dedup();
        quotes.push(Quote::of(best, &searched.hits[best.hit], also));
    }
    let months: Vec<(Date, usize)> = months.into_iter().collect();
    Theme { title, documents, passages, months, quotes }
}

//! What sentences that answer have in common.
//!
//! A theme is a word or two that several documents use in their answers, more than elsewhere.
//! Themes are taken greedily: each covers as many documents as possible that none before covers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::question::{Asked, Stem, says_something, words};
use super::sentences::Group;
use super::{Quote, Theme, by_month, generic, polarity};
use crate::evidence::Searched;
use crate::ids::DocumentId;

/// Themes shown at most.
const MOST_THEMES: usize = 5;

/// Documents that could share a word by chance.
const CHANCE: f32 = 1.5;

/// How much less often than elsewhere a theme may stand in the answers, as a logarithm, and how
/// much it counts that it is rare altogether: what all documents speak of is no theme.
const AS_OFTEN: f32 = -0.1;
const RARE: f32 = 0.2;
const AS_OFTEN_IN_ALL: f32 = 0.2;

/// Two words say more than one, and three a little more than two.
const MORE_WORDS: [f32; LONGEST_PHRASE] = [1.0, 1.5, 1.6];
const LONGEST_PHRASE: usize = 3;

/// A single word that stands in more of all passages than this is what they are all about.
const TOO_COMMON: f32 = 0.15;

/// A theme has at least so many documents: two where few answer, else three, or one of so many.
const FEW_ANSWERS: usize = 12;
const ONE_OF: usize = 80;

/// The share of a word's documents that makes a longer phrase its better name.
const MOST: f32 = 0.5;

/// Words that make a phrase with the one that follows, and are no theme themselves.
const BEFORE_ANOTHER: [&str; 9] =
    ["customer", "user", "guest", "passenger", "client", "free", "long", "high", "low"];

/// Words of a subject that a title takes.
const LONGEST_SUBJECT: usize = 3;

/// Quotes of a theme at most.
const MOST_QUOTES: usize = 3;

/// A phrase several groups use: its forms as they stand there, and who uses it.
#[derive(Default)]
struct Phrase {
    forms: BTreeMap<String, usize>,
    groups: BTreeSet<usize>,
    documents: BTreeSet<DocumentId>,
    /// Stems of its words that the question does not have.
    own: Vec<String>,
    /// Passages that hold the rarest of its words, among all the asker may see.
    elsewhere: usize,
    length: usize,
    /// How much more often it stands here than elsewhere, and how rare it is there.
    special: f32,
}

/// Themes, and the best quotes that belong to none.
pub fn find(
    asked: &Asked,
    groups: &[Group],
    frequencies: &HashMap<String, usize>,
    searched: &Searched,
) -> (Vec<Theme>, Vec<Quote>) {
    let phrases = phrases(asked, groups, frequencies, searched);
    let mut left: BTreeSet<usize> = (0..groups.len()).collect();
    let mut themes = Vec::new();
    let mut taken: BTreeSet<&String> = BTreeSet::new();
    while themes.len() < MOST_THEMES && !left.is_empty() {
        let best = phrases
            .iter()
            .filter(|(_, phrase)| phrase.own.iter().all(|it| !taken.contains(it)))
            .map(|(stems, phrase)| (gain(phrase, &left, groups), stems, phrase))
            .filter(|(gain, _, _)| *gain > 0.0)
            .max_by(|(a, first, _), (b, second, _)| a.total_cmp(b).then(second.cmp(first)));
        let Some((_, stems, phrase)) = best else { break };
        let phrase = longer(stems, phrase, &phrases, &left, groups);
        let members: Vec<usize> = phrase.groups.intersection(&left).copied().collect();
        taken.extend(&phrase.own);
        themes.push(theme(title(phrase), &members, groups, searched));
        left.retain(|it| !members.contains(it));
    }
    let said = |groups: &mut dyn Iterator<Item = &Group>| -> usize {
        let documents = groups.flat_map(|it| it.members.iter().map(|it| it.document));
        documents.collect::<BTreeSet<DocumentId>>().len()
    };
    let untold = said(&mut left.iter().map(|it| &groups[*it]));
    if untold * 3 >= said(&mut groups.iter())
        && let Some(title) = subject_as_written(asked, groups, searched)
    {
        // Many share nothing else: what they all speak of is the subject.
        themes.push(theme(title, &left.iter().copied().collect::<Vec<_>>(), groups, searched));
        left.clear();
    }
    themes.sort_by_key(|it| Reverse(it.documents.len()));
    let left: Vec<usize> = left.into_iter().collect();
    (themes, quotes(&left, groups, searched))
}

/// Words and runs of neighbours that say something, by their stems.
fn phrases(
    asked: &Asked,
    groups: &[Group],
    frequencies: &HashMap<String, usize>,
    searched: &Searched,
) -> HashMap<Vec<String>, Phrase> {
    let stemmer = Stem::of(searched.hits.iter().map(|it| it.language));
    let whole = asked.subject.is_empty();
    let asked: BTreeSet<String> = words(&asked.search_text()).map(|it| stemmer.stem(&it)).collect();
    let mut phrases: HashMap<Vec<String>, Phrase> = HashMap::new();
    for (number, group) in groups.iter().enumerate() {
        for member in &group.members {
            let all: Vec<String> = words(&member.text).collect();
            for run in (1..=LONGEST_PHRASE).flat_map(|length| all.windows(length)) {
                if !is_phrase(run) {
                    continue;
                }
                let stems: Vec<String> = run.iter().map(|it| stemmer.stem(it)).collect();
                let own = run.iter().zip(&stems);
                let own: Vec<(&String, &String)> =
                    own.filter(|(word, it)| !asked.contains(*it) && can_be_theme(word)).collect();
                let known = own.iter().map(|(word, _)| frequencies.get(*word).copied());
                let Some(elsewhere) = known.collect::<Option<Vec<_>>>() else { continue };
                let Some(rarest) = elsewhere.into_iter().min() else { continue };
                let own = own.iter().map(|(_, stem)| (*stem).clone()).collect();
                let phrase = phrases.entry(stems.clone()).or_default();
                phrase.own = own;
                *phrase.forms.entry(run.join(" ")).or_default() += 1;
                phrase.groups.insert(number);
                phrase.documents.insert(member.document);
                phrase.elsewhere = phrase.elsewhere.max(rarest);
                phrase.length = run.len();
            }
        }
    }
    let answers: BTreeSet<DocumentId> =
        groups.iter().flat_map(|it| it.members.iter().map(|it| it.document)).collect();
    for phrase in phrases.values_mut() {
        let here = phrase.documents.len() as f32;
        let share = phrase.elsewhere as f32 / searched.documents.max(1) as f32;
        let expected = share * answers.len() as f32;
        let more_often = (here / (expected + CHANCE)).ln();
        let rare = -share.max(f32::MIN_POSITIVE).ln();
        // Without a subject the answers are a cut through everything: they differ little from it.
        let more_often = more_often + if whole { AS_OFTEN_IN_ALL } else { 0.0 };
        phrase.special = match more_often < AS_OFTEN {
            true => 0.0,
            false if phrase.length == 1 && share > TOO_COMMON => 0.0,
            false => (more_often + RARE * rare) * MORE_WORDS[phrase.length - 1],
        };
    }
    // What only copies of one text say is no theme.
    let least = least_documents(answers.len());
    phrases.retain(|_, it| it.groups.len() > 1 && it.documents.len() >= least && it.special > 0.0);
    phrases
}

/// Whether these words, which stand side by side, can be what an answer is about.
fn is_phrase(run: &[String]) -> bool {
    let Some((last, before)) = run.split_last() else { return false };
    let goes_before = |it: &String| BEFORE_ANOTHER.contains(&it.as_str()) || can_be_theme(it);
    can_be_theme(last) && before.iter().all(goes_before)
}

fn least_documents(answers: usize) -> usize {
    if answers < FEW_ANSWERS { 2 } else { (answers / ONE_OF).max(3) }
}

/// Whether an answer can be about this word.
pub fn can_be_theme(word: &str) -> bool {
    let how = word.ends_with("ly");
    says_something(word) && !how && !generic::says_nothing(word) && !polarity::judges(word)
}

/// What a theme of this phrase would add: documents not covered yet, by how special it is to the
/// answers. (Their product is the phrase's part of the divergence between answers and the rest.)
fn gain(phrase: &Phrase, left: &BTreeSet<usize>, groups: &[Group]) -> f32 {
    let members = phrase.groups.intersection(left).count();
    let documents = documents(phrase, left, groups);
    if members < 2 || documents.len() < 2 {
        return 0.0;
    }
    documents.len() as f32 * phrase.special
}

/// Documents not covered yet in which a phrase stands.
fn documents(phrase: &Phrase, left: &BTreeSet<usize>, groups: &[Group]) -> BTreeSet<DocumentId> {
    let groups = phrase.groups.intersection(left).map(|it| &groups[*it]);
    groups.flat_map(|it| it.members.iter().map(|it| it.document)).collect()
}

/// A longer phrase instead, where it has most of the documents: "customer service", not "service".
fn longer<'a>(
    stems: &[String],
    phrase: &'a Phrase,
    phrases: &'a HashMap<Vec<String>, Phrase>,
    left: &BTreeSet<usize>,
    groups: &[Group],
) -> &'a Phrase {
    let least = documents(phrase, left, groups).len() as f32 * MOST;
    let longer = phrases
        .iter()
        .filter(|(it, _)| it.len() > stems.len() && stems.iter().all(|stem| it.contains(stem)))
        .map(|(stems, it)| (documents(it, left, groups).len(), stems, it))
        .filter(|(documents, _, _)| *documents > 1 && *documents as f32 >= least)
        .max_by(|(a, first, _), (b, second, _)| a.cmp(b).then(second.cmp(first)));
    longer.map_or(phrase, |(_, _, it)| it)
}

/// The subject as the sentences have it: the form that most have, longer ones preferred.
fn subject_as_written(asked: &Asked, groups: &[Group], searched: &Searched) -> Option<String> {
    let stemmer = Stem::of(searched.hits.iter().map(|it| it.language));
    let subject: Vec<String> = asked.subject.iter().map(|it| stemmer.stem(it)).collect();
    let mut forms: BTreeMap<String, usize> = BTreeMap::new();
    for member in groups.iter().flat_map(|it| &it.members) {
        let all: Vec<String> = words(&member.text).collect();
        for length in 1..=LONGEST_SUBJECT {
            for run in all.windows(length) {
                if run.iter().all(|it| subject.contains(&stemmer.stem(it))) {
                    *forms.entry(run.join(" ")).or_default() += length;
                }
            }
        }
    }
    let most = forms.into_iter().max_by_key(|(form, times)| (*times, Reverse(form.clone())));
    most.map(|(form, _)| form)
}

fn title(phrase: &Phrase) -> String {
    let most = phrase.forms.iter().max_by_key(|(form, times)| (**times, Reverse(*form)));
    most.map(|(form, _)| form.clone()).unwrap_or_default()
}

fn theme(title: String, members: &[usize], groups: &[Group], searched: &Searched) -> Theme {
    let candidates = members.iter().flat_map(|it| &groups[*it].members);
    let (mut documents, mut passages, mut hits) = (vec![], vec![], vec![]);
    for hit in candidates.map(|it| &searched.hits[it.hit]) {
        if !documents.contains(&hit.document) {
            documents.push(hit.document);
            hits.push(hit);
        }
        if !passages.contains(&hit.passage) {
            passages.push(hit.passage);
        }
    }
    let months = by_month(hits.into_iter());
    let quotes = quotes(members, groups, searched);
    Theme { title, documents, passages, months, trend: None, quotes }
}

/// The best quotes of these groups, from as many documents.
fn quotes(members: &[usize], groups: &[Group], searched: &Searched) -> Vec<Quote> {
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
    quotes
}

//! What sentences that answer have in common.
//!
//! A theme is a word or two that several documents use in their answers, more than elsewhere.
//! Themes are taken greedily: each covers as many documents as possible that none before covers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::question::{Asked, Stem, says_something, words};
use super::sentences::Group;
use super::{Quote, Theme, polarity};
use crate::evidence::Searched;
use crate::ids::DocumentId;

/// Themes shown at most.
const MOST_THEMES: usize = 5;

/// Documents that could share a word by chance.
const CHANCE: f32 = 1.5;

/// Two words say more than one.
const PAIR: f32 = 1.3;

/// Quotes of a theme at most.
const MOST_QUOTES: usize = 3;

/// Words that say nothing about what an answer is about, whatever it is about.
static NO_THEME: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "able absolutely actually add added almost already always around away back became become bit bought buy \
     buying came come comes day days definitely different directly doing done due either else end enough \
     especially etc even ever expect expected far felt first full go goes going gone got guess half \
     hour hours idea instead intended item items keep kept kind last least less little long longer look \
     looked looking looks made making maybe means minute minutes money month months morning move moved \
     much need needed needs never new next night nothing number old order ordered original overall part \
     past pay per piece place plus point pretty probably product products purchase purchased \
     purchasing put quite rather ready receive received right room second seems self sent set several \
     simply since sort start started starting started stay still stuff sure take taken takes taking \
     thought three till time times today together told took tried try trying turn turned turning two \
     unless version via wanted wanting week weeks well went whatever whole wish within without wonder \
     won't work worked working worth year years yes yesterday one's i've i'd i'll you're we've we're \
     let's couldn't wouldn't shouldn't hadn't you've they're that'll amount basically completely condition course sometimes overall extra \
     four five six ten happen happened happens hope ok okay oh multiple option options"
        .split_whitespace()
        .collect()
});

/// A phrase several groups use: its forms as they stand there, and who uses it.
#[derive(Default)]
struct Phrase {
    forms: BTreeMap<String, usize>,
    groups: BTreeSet<usize>,
    documents: BTreeSet<DocumentId>,
    /// Passages that hold the rarest of its words, among all the asker may see.
    elsewhere: usize,
    pair: bool,
    /// How much more often it stands here than elsewhere, as a logarithm.
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
    if themes.is_empty()
        && let Some(title) = subject_as_written(asked, groups, searched)
    {
        // Nothing else is shared: what all speak of is the subject.
        themes.push(theme(title, &left.iter().copied().collect::<Vec<_>>(), groups, searched));
        left.clear();
    }
    themes.sort_by_key(|it| std::cmp::Reverse(it.documents.len()));
    let left: Vec<usize> = left.into_iter().collect();
    (themes, quotes(&left, groups, searched))
}

/// Words and pairs of neighbours that say something, by their stems.
fn phrases(
    asked: &Asked,
    groups: &[Group],
    frequencies: &HashMap<String, usize>,
    searched: &Searched,
) -> HashMap<Vec<String>, Phrase> {
    let stemmer = Stem::of(searched.hits.iter().map(|it| it.language));
    let asked: BTreeSet<String> = words(&asked.search_text()).map(|it| stemmer.stem(&it)).collect();
    let mut phrases: HashMap<Vec<String>, Phrase> = HashMap::new();
    for (number, group) in groups.iter().enumerate() {
        for member in &group.members {
            let all: Vec<String> = words(&member.text).collect();
            for length in 1..=2 {
                for run in all.windows(length) {
                    if !run.iter().all(|it| can_be_theme(it)) {
                        continue;
                    }
                    let stems: Vec<String> = run.iter().map(|it| stemmer.stem(it)).collect();
                    let own = run.iter().zip(&stems).filter(|(_, it)| !asked.contains(*it));
                    let known = own.map(|(word, _)| frequencies.get(word.as_str()).copied());
                    let Some(elsewhere) = known.collect::<Option<Vec<_>>>() else { continue };
                    let Some(rarest) = elsewhere.into_iter().min() else { continue };
                    let phrase = phrases.entry(stems).or_default();
                    *phrase.forms.entry(run.join(" ")).or_default() += 1;
                    phrase.groups.insert(number);
                    phrase.documents.insert(member.document);
                    phrase.elsewhere = phrase.elsewhere.max(rarest);
                    phrase.pair = length > 1;
                }
            }
        }
    }
    let answers: BTreeSet<DocumentId> =
        groups.iter().flat_map(|it| it.members.iter().map(|it| it.document)).collect();
    for phrase in phrases.values_mut() {
        let here = phrase.documents.len() as f32;
        let share = phrase.elsewhere as f32 / searched.documents.max(1) as f32;
        let expected = share * answers.len() as f32;
        let special = (here / (expected + CHANCE)).ln();
        phrase.special = special * if phrase.pair { PAIR } else { 1.0 };
    }
    // What only copies of one text say is no theme.
    phrases.retain(|_, it| it.groups.len() > 1 && it.documents.len() > 1 && it.special > 0.0);
    phrases
}

/// Whether an answer can be about this word.
pub fn can_be_theme(word: &str) -> bool {
    let how = word.ends_with("ly");
    says_something(word) && !how && !NO_THEME.contains(word) && !polarity::judges(word)
}

/// What a theme of this phrase would add: documents not covered yet, by how special it is to the
/// answers. (Their product is the phrase's part of the divergence between answers and the rest.)
fn gain(phrase: &Phrase, left: &BTreeSet<usize>, groups: &[Group]) -> f32 {
    let members: Vec<&usize> = phrase.groups.intersection(left).collect();
    let documents: BTreeSet<DocumentId> =
        members.iter().flat_map(|it| groups[**it].members.iter().map(|it| it.document)).collect();
    if members.len() < 2 || documents.len() < 2 {
        return 0.0;
    }
    documents.len() as f32 * phrase.special
}

/// The subject in the form that most of the sentences have.
fn subject_as_written(asked: &Asked, groups: &[Group], searched: &Searched) -> Option<String> {
    let stemmer = Stem::of(searched.hits.iter().map(|it| it.language));
    let subject: Vec<String> = asked.subject.iter().map(|it| stemmer.stem(it)).collect();
    let mut forms: BTreeMap<String, usize> = BTreeMap::new();
    for member in groups.iter().flat_map(|it| &it.members) {
        for word in words(&member.text).filter(|it| subject.contains(&stemmer.stem(it))) {
            *forms.entry(word).or_default() += 1;
        }
    }
    let most =
        forms.into_iter().max_by_key(|(form, times)| (*times, std::cmp::Reverse(form.clone())));
    most.map(|(form, _)| form)
}

fn title(phrase: &Phrase) -> String {
    let most = phrase.forms.iter().max_by_key(|(form, times)| (**times, std::cmp::Reverse(*form)));
    most.map(|(form, _)| form.clone()).unwrap_or_default()
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
    let months: Vec<(Date, usize)> = months.into_iter().collect();
    Theme { title, documents, passages, months, quotes: quotes(members, groups, searched) }
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

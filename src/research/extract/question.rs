//! What a question asks about, apart from how it asks.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use rust_stemmers::{Algorithm, Stemmer};

use super::polarity::{self, Polarity};
use crate::evidence::{Language, Searched};

/// Words that questions are made of, and that say nothing about their subject.
static ASKING: LazyLock<HashSet<&str>> =
    LazyLock::new(|| ASKING_WORDS.split_whitespace().collect());

const ASKING_WORDS: &str = "a about above after again all also am an and any anyone anything are aren't as \
    ask asked asking at be because been before being between both but by can can't could customer \
    customers did didn't do does doesn't doing don't during each ever every everyone feel few find \
    for from get getting give gives had has have having he heard her here him his how i if \
    i'm in into is isn't it it's its just know leave let's lot main make many may me mention \
    mentioned mentions might more most much must my no nor not of off often on once one only opinion \
    opinions or other our out over own particularly people person please really regarding respondents \
    review reviewer reviewers reviews said say saying says see seem shall she should show so some \
    somebody someone something such summarise summarize summary talk tell than that that's the their \
    them then there there's these they thing things think thinking this those through to too top \
    towards under up us use used user users uses using very want wants was wasn't way we were what \
    what's when where whether which while who whom whose why will with would you your yours \
    common frequent frequently usually biggest reason reasons buyer buyers client clients \
    passenger passengers guest guests answer answers respond responses feedback comment comments \
    document documents evidence according today now lately recently new major key question \
    questions inquiry inquiries topic topics";

/// A subject can do without words that no document has, as long as it keeps one word in so many.
const KEEPS_ONE_IN: usize = 3;

/// A word that stands in fewer documents than this weighs no more than the ones that stand in more:
/// a name or a slip must not hide what is said of the rest.
const FEW: usize = 5;

/// After these, a question without any telling word says what it is about: "ask about top up".
const ABOUT: [&str; 4] = ["about", "regarding", "concerning", "on"];

/// How a question begins that goes on from another.
static FOLLOWING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:and|also|but|or|so|then|what about|how about|what else|why|only|more|same|which of)\b")
        .expect("the pattern is fixed and tested")
});

/// How much a word counts that was spoken of before.
const CONTEXT: f32 = 0.3;

/// A question taken apart.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// What it is about, as it stands there; empty when it asks for likes or dislikes in general.
    pub subject: Vec<String>,
    /// What was spoken of before, where the question goes on from there: it counts for less.
    pub context: Vec<String>,
    /// Whether it asks for what is disliked or what is liked.
    pub polarity: Option<Polarity>,
    /// Whether it asks for reasons.
    pub why: bool,
}

/// A word of the subject, and how much it says.
#[derive(Clone, PartialEq, Debug)]
pub struct Word {
    pub text: String,
    /// Visible documents that hold it.
    pub documents: usize,
    /// All weights of a question sum to 1.
    pub weight: f32,
}

impl Asked {
    pub fn of(question: &str) -> Self {
        let (mut subject, mut polarity) = (Vec::new(), None);
        for word in words(question) {
            if let Some(asked_for) = polarity::asked_for(&word) {
                polarity = polarity.or(Some(asked_for));
            } else if says_something(&word) && !subject.contains(&word) {
                subject.push(word);
            }
        }
        if subject.is_empty() && polarity.is_none() {
            subject = what_follows_about(question);
        }
        let why = words(question).any(|it| matches!(it.as_str(), "why" | "reason" | "reasons"));
        Self { subject, context: Vec::new(), polarity, why }
    }

    /// The question read together with the one that it follows, where it cannot stand alone: "and for
    /// parents?" after "what do people dislike about the sound?".
    pub fn after(mut self, question: &str, before: &Self) -> Self {
        let goes_on = FOLLOWING.is_match(question.trim_start());
        if self.subject.len() > 1 && !goes_on {
            return self;
        }
        let known = before.subject.iter().chain(&before.context);
        let new = known.filter(|word| !self.subject.contains(word)).cloned();
        if self.subject.is_empty() {
            self.subject = new.collect();
        } else {
            self.context = new.collect();
        }
        self.polarity = self.polarity.or(before.polarity);
        self
    }

    /// What to search for: the subject; where there is none, what praise or complaint sounds like.
    pub fn search_text(&self) -> String {
        match (self.subject.is_empty(), self.polarity) {
            (false, _) => {
                let words: Vec<&str> =
                    self.subject.iter().chain(&self.context).map(String::as_str).collect();
                words.join(" ")
            }
            (true, Some(Polarity::Negative)) => polarity::COMPLAINTS.to_owned(),
            (true, Some(Polarity::Positive)) => polarity::PRAISE.to_owned(),
            (true, None) => String::new(),
        }
    }

    /// The words of the subject with their weights: the rarer, the heavier.
    ///
    /// Words that no document has weigh nothing, unless they are most of the subject: then nothing
    /// answers it.
    pub(super) fn weighed(&self, searched: &Searched) -> Vec<Word> {
        let rarity = |documents: usize| {
            let (all, holding) = (searched.documents as f32, documents as f32);
            (1.0 + (all - holding.min(all) + 0.5) / (holding + 0.5)).ln().max(0.1)
        };
        let subject = self.subject.iter().map(|text| (text, 1.0));
        let context = self.context.iter().map(|text| (text, CONTEXT));
        let mut words: Vec<Word> = subject
            .chain(context)
            .filter_map(|(text, share)| {
                let found = searched.words.iter().find(|it| it.text.to_lowercase() == *text)?;
                let documents = found.documents;
                Some(Word { text: text.clone(), documents, weight: share * rarity(documents) })
            })
            .collect();
        let known = words.iter().filter(|it| it.documents > 0).count();
        let ignores_missing = known > 0 && known * KEEPS_ONE_IN >= words.len();
        let common = words.iter().filter(|it| it.documents >= FEW).map(|it| it.weight);
        let heaviest = common.reduce(f32::max).unwrap_or(f32::MAX);
        for word in &mut words {
            word.weight = match word.documents {
                0 if ignores_missing => 0.0,
                0 => word.weight,
                documents if documents < FEW => word.weight.min(heaviest),
                _ => word.weight,
            };
        }
        let all: f32 = words.iter().map(|it| it.weight).sum();
        words.iter_mut().for_each(|it| it.weight /= all);
        words
    }
}

fn what_follows_about(question: &str) -> Vec<String> {
    let all: Vec<String> = words(question).collect();
    let Some(at) = all.iter().rposition(|it| ABOUT.contains(&it.as_str())) else {
        return Vec::new();
    };
    let mut subject: Vec<String> = Vec::new();
    for word in &all[at + 1..] {
        if word.chars().count() > 1 && !subject.contains(word) {
            subject.push(word.clone());
        }
    }
    // A lone function word is no subject: "what is this about it".
    if subject.len() > 1 { subject } else { Vec::new() }
}

/// Brings the forms of a word together, as the language of most hits does.
pub struct Stem(Option<Stemmer>);

impl Stem {
    pub fn of(languages: impl Iterator<Item = Language>) -> Self {
        let mut counts: BTreeMap<Language, usize> = BTreeMap::new();
        languages.for_each(|it| *counts.entry(it).or_default() += 1);
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(language, _)| language);
        Self(algorithm(most.unwrap_or(Language::ENGLISH)).map(Stemmer::create))
    }

    pub fn stem(&self, word: &str) -> String {
        let word = word.trim_end_matches("'s");
        self.0.as_ref().map_or_else(|| word.to_owned(), |it| it.stem(word).into_owned())
    }
}

fn algorithm(language: Language) -> Option<Algorithm> {
    Some(match language.as_str() {
        "arabic" => Algorithm::Arabic,
        "danish" => Algorithm::Danish,
        "dutch" => Algorithm::Dutch,
        "english" => Algorithm::English,
        "finnish" => Algorithm::Finnish,
        "french" => Algorithm::French,
        "german" => Algorithm::German,
        "greek" => Algorithm::Greek,
        "hungarian" => Algorithm::Hungarian,
        "italian" => Algorithm::Italian,
        "norwegian" => Algorithm::Norwegian,
        "portuguese" => Algorithm::Portuguese,
        "romanian" => Algorithm::Romanian,
        "russian" => Algorithm::Russian,
        "spanish" => Algorithm::Spanish,
        "swedish" => Algorithm::Swedish,
        "tamil" => Algorithm::Tamil,
        "turkish" => Algorithm::Turkish,
        _ => return None,
    })
}

/// What is no word of anybody's: markup's names for characters, addresses, names of accounts.
static NO_WORDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"&#?[a-z0-9]{1,8};|https?://\S+|@\w+").expect("the pattern is fixed and tested")
});

/// The words of a text in small letters; apostrophes and inner hyphens belong to them.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let plain = text.replace('’', "'").to_lowercase();
    let plain = NO_WORDS.replace_all(&plain, " ");
    let inside = |it: char| it.is_alphanumeric() || it == '\'' || it == '-';
    let words: Vec<String> = plain
        .split(|it| !inside(it))
        .map(|it| it.trim_matches(['\'', '-']).to_owned())
        .filter(|it| !it.is_empty())
        .collect();
    words.into_iter()
}

/// Whether a word can be part of a subject or a theme.
pub fn says_something(word: &str) -> bool {
    let plain = word.trim_end_matches("'s");
    word.chars().count() > 1
        && word.chars().any(char::is_alphabetic)
        && !ASKING.contains(word)
        && !ASKING.contains(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_told_from_how_they_are_asked_about() {
        let check = |question: &str, subject: &[&str], polarity: Option<Polarity>| {
            let asked = Asked::of(question);
            assert_eq!(
                (asked.subject.as_slice(), asked.polarity),
                (
                    subject.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>().as_slice(),
                    polarity
                )
            );
        };
        let (good, bad) = (Some(Polarity::Positive), Some(Polarity::Negative));
        check("what do people dislike about the sound?", &["sound"], bad);
        check("Why do people cancel?", &["cancel"], None);
        check("What do customers love most?", &[], good);
        check("complaints about delivery times", &["delivery", "times"], bad);
        check("How’s the set-up for older parents?", &["set-up", "older", "parents"], None);
        check("delays at @airline &amp; https://example.org/x", &["delays"], None);
        check("What do customers ask about top up?", &["top", "up"], None);
        check("What is it about?", &[], None);
        check("Why are passengers angry about luggage?", &["luggage"], bad);
        check("", &[], None);
    }
}

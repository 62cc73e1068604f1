//! How many documents a claim says there are, and whom it speaks for.
//!
//! "Two customers", "both reviews", "three of the tickets": such a number counts what the claim
//! rests on, so it is true when exactly that many different documents are quoted with the claim,
//! or when a passage counts people or documents the same way ("two customers told us"). It counts
//! passages or quotes by their number, sources by theirs. What two documents say may come from one
//! person, which nobody can tell here; one document never makes two.
//!
//! "Most customers", "all reviewers", "nobody" speak for people who were not read: only a passage
//! may do so.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    Documents,
    Passages,
    Sources,
}

/// What a claim, or the claims that a summary rests on, quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Quoted {
    pub documents: usize,
    pub passages: usize,
    pub sources: usize,
}

/// People and what they write, in the languages whose number words are known.
const VOICES: &str = "customers?|clients?|users?|people|persons?|reviewers?|reviews?|tickets?|\
    respondents?|buyers?|shoppers?|guests?|passengers?|travell?ers?|subscribers?|members?|owners?|\
    participants?|interviewees?|commenters?|comments?|complaints?|documents?|answers?|responses?|\
    interviews?|messages?|posts?|tweets?|quer(?:y|ies)|reports?|notes?|voices|others|of them|\
    kunden|kundinnen|nutzer|leute|personen|bewertungen|dokumente|rezensionen|beschwerden|befragte|\
    clients?|utilisateurs|personnes|avis|documents|clientes|usuarios|personas|reseñas|opiniones|\
    clienti|utenti|persone|recensioni|usuários|pessoas|avaliações|klanten|gebruikers|mensen|\
    beoordelingen";

/// What voices do, right after their number: "one said", "two complain".
const SPEAKING: &str = "\\p{L}+ed|says?|said|finds?|found|writes?|wrote|tells?|told|reports?|calls?|\
    complains?|describes?|notes?|mentions?|asks?|wants?|likes?|praises?|returns?|had|has|have|was|\
    were|is|are|would|felt|feels?|paid|pays?|got|gets?|thinks?|thought|left|leaves?|sent|bought";
const PASSAGES: &str = "passages?|excerpts?|quotes?|quotations?|citations?|statements?";
const SOURCES: &str = "sources?|data sources?";

static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"^(?:[\x20-]of\x20(?:the|these|those|our|all))?(?:\x20[\p{{L}}'-]+){{0,2}}?\x20(?:(?P<sources>{SOURCES})|(?P<passages>{PASSAGES})|(?P<voices>{VOICES}))\b|^\x20(?:{SPEAKING})\b"
    ))
    .expect("the pattern is fixed and tested")
});
static BOTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"\bboth(?:\x20of)?(?:\x20the)?\x20(?:{VOICES})\b"))
        .expect("the pattern is fixed and tested")
});
/// "One" that counts nothing.
static PRONOUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:no|the|this|that|which|each|every|any|another|(?:an?|the)\x20\p{L}+|only)\x20one\b|\bone\x20(?:of|another|by|can|cannot|could|day)\b|\bone's\b")
        .expect("the pattern is fixed and tested")
});
static FOR_ALL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b(?:most|all|every|each|no|none|nearly\x20all|almost\x20all|almost\x20every|the\x20vast\x20majority|the\x20majority|a\x20majority|majority|half|the\x20overwhelming\x20majority)
          \x20(?:of\x20)?(?:the\x20|our\x20|these\x20)?(?:\p{L}+\x20)?(?:customers?|clients?|users?|people|persons?|reviewers?|respondents?|buyers?|shoppers?|guests?|passengers?|travell?ers?|subscribers?|reviews|tickets|complaints|documents|answers|responses)\b
          |\b(?:everyone|everybody|nobody|no\x20one|universally|unanimously|unanimous)\b
          |\b(?:alle|die\x20meisten|sämtliche|keine?)\x20(?:kunden|kundinnen|nutzer|leute|befragten)\b|\b(?:jeder|niemand)\b
          |\b(?:tous\x20les|toutes\x20les|la\x20plupart\x20des|aucun)\x20(?:clients?|utilisateurs?|personnes|avis)\b
          |\b(?:todos\x20los|la\x20mayoría\x20de\x20los|ningún)\x20(?:clientes?|usuarios?)\b",
    )
    .expect("the pattern is fixed and tested")
});

/// What the number at this place counts, if it counts voices, passages or sources.
pub fn counted(readable: &str, place: &Range<usize>) -> Option<Counted> {
    let found = AFTER.captures(&readable[place.end..])?;
    Some(match () {
        () if found.name("sources").is_some() => Counted::Sources,
        () if found.name("passages").is_some() => Counted::Passages,
        () => Counted::Documents,
    })
}

/// Whether a text says that there are two of those who speak.
pub fn says_both(readable: &str) -> bool {
    BOTH.is_match(readable)
}

/// Whether "one" at this place is no number.
pub fn is_pronoun(readable: &str, place: &Range<usize>) -> bool {
    PRONOUN.find_iter(readable).any(|it| it.start() <= place.start && place.end <= it.end())
}

/// Words by which a text speaks for people beyond those who were read.
pub fn for_all(readable: &str) -> impl Iterator<Item = &str> {
    FOR_ALL.find_iter(readable).map(|it| it.as_str())
}

impl Quoted {
    pub fn of(self, counted: Counted) -> usize {
        match counted {
            Counted::Documents => self.documents,
            Counted::Passages => self.passages,
            Counted::Sources => self.sources,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{numbers, words};
    use super::*;

    #[test]
    fn what_a_number_counts_is_told_by_what_follows() {
        let check = |text: &str, expected: Option<Counted>| {
            let readable = numbers::readable(text);
            let numbers = numbers::of(&readable, words::Language::English);
            assert_eq!(counted(&readable, &numbers[0].place), expected, "{text}");
        };
        let (documents, passages, sources) =
            (Some(Counted::Documents), Some(Counted::Passages), Some(Counted::Sources));
        check("Two customers left", documents);
        check("Three of the reviews say so", documents);
        check("4 angry long-time users wrote", documents);
        check("One complained", documents);
        check("two passages", passages);
        check("two sources", sources);
        check("two weeks", None);
        check("two stars in the review", None);
    }

    #[test]
    fn who_speaks_for_all_is_told() {
        let check = |text: &str, expected: bool| {
            assert_eq!(for_all(&numbers::readable(text)).next().is_some(), expected, "{text}");
        };
        check("Most customers dislike it", true);
        check("The majority of our unhappy users left", true);
        check("Everyone likes it", true);
        check("Die meisten Kunden sind zufrieden", true);
        check("It is most of all too quiet", false);
        check("Some customers want all colours", false);
    }

    #[test]
    fn one_is_not_always_a_number() {
        let check = |text: &str, expected: bool| {
            let readable = numbers::readable(text);
            let place = readable.find("one").map(|it| it..it + 3).unwrap();
            assert_eq!(is_pronoun(&readable, &place), expected, "{text}");
        };
        check("the old one broke", true);
        check("the one that broke", true);
        check("no one answered", true);
        check("one of the reviews", true);
        check("one month free", false);
    }
}

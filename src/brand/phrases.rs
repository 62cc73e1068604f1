//! Finding phrases whatever is done to them: hyphens, dots and spaces between letters, digits for letters.
//!
//! The folded text is searched without anything but its letters and digits, for all phrases at once; what
//! is found is then looked at where it stands. It counts when it begins and ends as a word does, and when
//! nothing between its letters is more than a trick: no end of a sentence, no new paragraph, and no gap
//! that could be two words by chance ("the rapist" is nobody's therapist: a space within a word counts when
//! the word has six letters, or when all of its letters stand alone).

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::fold::{Folded, fold};

/// Many phrases, each with what it stands for.
#[derive(Clone, Debug)]
pub struct Phrases {
    plain: AhoCorasick,
    /// For words in which digits stand for letters: `i` and `l` are one there, as `1` may be either.
    disguised: AhoCorasick,
    phrases: Vec<Phrase>,
}

#[derive(Clone, Debug)]
struct Phrase {
    of: usize,
    /// Letters of each word.
    words: Vec<usize>,
    is_open: bool,
}

/// A phrase that was found, in bytes of the folded text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub of: usize,
    pub range: Range<usize>,
}

/// A folded text without anything but letters and digits.
#[derive(Clone, Default, Debug)]
pub struct Squeezed {
    plain: Letters,
    /// The same with letters for digits and signs, where the text has words that mix them.
    disguised: Option<Letters>,
    /// Words that mix them, in the folded text.
    mixed: Vec<Range<usize>>,
}

#[derive(Clone, Default, Debug)]
struct Letters {
    text: String,
    /// Of each byte, where its letter stands in the folded text.
    places: Vec<u32>,
}

impl Phrases {
    /// Phrases with what they stand for; a star at the end takes any ending.
    pub fn new<'a>(phrases: impl IntoIterator<Item = (usize, &'a str)>) -> Self {
        let (mut squeezed, mut kept) = (Vec::new(), Vec::new());
        for (of, text) in phrases {
            let is_open = text.trim_end().ends_with('*');
            let folded = fold(text);
            let words: Vec<&str> = super::claims::words(&folded).collect();
            if words.is_empty() {
                continue;
            }
            squeezed.push(words.concat());
            let words = words.iter().map(|word| word.len()).collect();
            kept.push(Phrase { of, words, is_open });
        }
        let disguised: Vec<String> = squeezed.iter().map(|text| undisguised(text)).collect();
        Self { plain: automaton(&squeezed), disguised: automaton(&disguised), phrases: kept }
    }

    /// Every place where one stands, in the order of the text.
    pub fn find(&self, folded: &Folded, squeezed: &Squeezed) -> Vec<Found> {
        let mut found = Vec::new();
        let plain = &squeezed.plain;
        for one in self.plain.find_overlapping_iter(&plain.text) {
            let phrase = &self.phrases[one.pattern().as_usize()];
            found.extend(phrase.at(folded.text(), &plain.places[one.start()..one.end()]));
        }
        if let Some(letters) = &squeezed.disguised {
            for one in self.disguised.find_overlapping_iter(&letters.text) {
                let phrase = &self.phrases[one.pattern().as_usize()];
                let places = &letters.places[one.start()..one.end()];
                if squeezed.mixes_in(places) {
                    found.extend(phrase.at(folded.text(), places));
                }
            }
        }
        found.sort_by_key(|one| (one.range.start, std::cmp::Reverse(one.range.end)));
        found.dedup();
        found
    }
}

impl Squeezed {
    pub fn of(folded: &Folded, original: &str) -> Self {
        let characters = folded.text().char_indices();
        let mixed = mixed(folded, original);
        let disguised = (!mixed.is_empty()).then(|| {
            let mut words = mixed.iter().peekable();
            Letters::of(characters.clone().map(|(at, c)| {
                while words.next_if(|word| word.end <= at).is_some() {}
                let is_mixed = words.peek().is_some_and(|word| word.start <= at);
                let c = if is_mixed { letter_for(c) } else { c };
                (at, if c == 'l' { 'i' } else { c })
            }))
        });
        Self { plain: Letters::of(characters), disguised, mixed }
    }

    fn mixes_in(&self, places: &[u32]) -> bool {
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return false };
        let (first, last) = (*first as usize, *last as usize);
        self.mixed.iter().any(|word| word.start <= last && word.end > first)
    }
}

impl Letters {
    fn of(characters: impl Iterator<Item = (usize, char)>) -> Self {
        let mut letters = Self::default();
        for (at, c) in characters.filter(|(_, c)| c.is_alphanumeric()) {
            letters.text.push(c);
            letters.places.resize(letters.text.len(), at as u32);
        }
        letters
    }
}

impl Phrase {
    /// Where it stands, if what stands there is this phrase: `places` are those of its letters.
    fn at(&self, folded: &str, places: &[u32]) -> Option<Found> {
        let start = *places.first()? as usize;
        let last = *places.last()? as usize;
        let end = last + folded[last..].chars().next()?.len_utf8();
        let before = folded[..start].chars().next_back();
        let after = folded[end..].chars().next();
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        if is_letter(before) || (is_letter(after) && !self.is_open) {
            return None;
        }

        let (mut word, mut within) = (0, 0);
        let (mut spaces, mut letters) = (0, self.words.first().copied()?);
        let mut is_spelled = false;
        for pair in places.windows(2) {
            let (one, next) = (pair[0] as usize, pair[1] as usize);
            within += 1;
            let gap = if one == next {
                ""
            } else {
                &folded[one + folded[one..].chars().next()?.len_utf8()..next]
            };
            if within == self.words[word] {
                if !is_gap_between_words(gap) {
                    return None;
                }
                (word, within, spaces) = (word + 1, 0, 0);
                letters = self.words[word];
            } else if !gap.is_empty() {
                spaces += usize::from(gap.contains([' ', '\n']));
                let is_spaced = gap.contains([' ', '\n']);
                let alone = spaces == within;
                is_spelled |= is_spaced && alone && letters < SPLIT;
                let may_be_split = letters >= SPLIT || (alone && is_spaced);
                let is_short = gap.chars().count() <= GAP;
                let is_two_words = is_spaced && (!may_be_split || ends_something(gap));
                if !is_short || is_two_words || (gap == "'" && letters < SPLIT) {
                    return None;
                }
            }
        }
        // In "s e c u r e" nobody wrote "cure".
        let goes_on =
            is_spelled && (is_single(&folded[..start], true) || is_single(&folded[end..], false));
        (!goes_on).then_some(Found { of: self.of, range: start..end })
    }
}

/// Letters that a word has at least when a space in it is more than chance.
const SPLIT: usize = 6;

/// What may stand between two letters, at most.
const GAP: usize = 3;

fn automaton(phrases: &[String]) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .build(phrases)
        .expect("phrases of a kit are far below what an automaton holds")
}

fn undisguised(text: &str) -> String {
    text.replace('l', "i")
}

/// What a digit or a sign stands for in a word that mixes them with letters.
fn letter_for(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    }
}

/// Words that hold letters, and signs or digits or an odd capital I between them.
fn mixed(folded: &Folded, original: &str) -> Vec<Range<usize>> {
    let text = folded.text();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '@' | '$' | '!' | '|');
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if is_part(c) {
            start.get_or_insert(at);
            continue;
        }
        let Some(from) = start.take() else { continue };
        let word = text[from..at].trim_end_matches('!');
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let is_disguised = letters >= 2
            && (word.chars().any(|c| letter_for(c) != c)
                || has_odd_capital(folded, original, from..at));
        if is_disguised {
            words.push(from..from + word.len());
        }
    }
    words
}

/// "cIinicaI": a capital I in the midst of small letters.
fn has_odd_capital(folded: &Folded, original: &str, word: Range<usize>) -> bool {
    if !folded.text()[word.clone()].contains('i') {
        return false;
    }
    let written = &original[folded.origin(word)];
    let mut former = ' ';
    written.chars().any(|c| {
        let is_odd = c == 'I' && former.is_lowercase();
        former = c;
        is_odd
    })
}

fn is_gap_between_words(gap: &str) -> bool {
    gap.chars().count() <= GAP && !ends_something(gap) && !gap.contains('\n')
}

/// A mark with a space after it, as at the end of a sentence or of a part of it.
fn ends_something(gap: &str) -> bool {
    gap.contains(['.', '!', '?', ';', ':', ',']) && gap.contains([' ', '\n'])
}

/// Whether a letter stands alone at this end of the text, after a space.
fn is_single(text: &str, at_end: bool) -> bool {
    let word = if at_end {
        text.strip_suffix(' ').map(|text| text.rsplit([' ', '\n']).next().unwrap_or_default())
    } else {
        text.strip_prefix(' ').map(|text| text.split([' ', '\n']).next().unwrap_or_default())
    };
    word.is_some_and(|word| {
        let mut letters = word.chars().filter(|c| c.is_alphabetic());
        let first = letters.next();
        first.is_some() && letters.next().is_none() && !matches!(first, Some('a' | 'i'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], text: &str) -> Vec<String> {
        let phrases = Phrases::new(phrases.iter().copied().enumerate());
        let folded = Folded::of(text);
        let squeezed = Squeezed::of(&folded, text);
        let found = phrases.find(&folded, &squeezed).into_iter();
        found.map(|one| text[folded.origin(one.range)].to_owned()).collect()
    }

    #[test]
    fn a_phrase_is_found_whatever_is_done_to_it() {
        let check = |phrase: &str, text: &str, expected: &[&str]| {
            assert_eq!(found(&[phrase], text), expected, "{phrase} in {text}");
        };
        check("guarantee*", "It is Guaranteed.", &["Guarantee"]);
        check(
            "risk-free",
            "riskfree, risk free, RISK–FREE, risk_free",
            &["riskfree", "risk free", "RISK–FREE", "risk_free"],
        );
        check(
            "guarantee*",
            "gua\u{200b}ran-teed and g.u.a.r.a.n.t.e.e.",
            &["gua\u{200b}ran-tee", "g.u.a.r.a.n.t.e.e"],
        );
        check("cures", "it c u r e s all", &["c u r e s"]);
        check("guarantee*", "we guaran teed it", &["guaran tee"]);
        check("guarantee*", "gu4rant33d, gu@rantee", &["gu4rant33", "gu@rantee"]);
        check(
            "clinically proven",
            "cIinicaIIy proven and c1inically pr0ven",
            &["cIinicaIIy proven", "c1inically pr0ven"],
        );
        check("100% satisfaction", "100 % satisfaction", &["100 % satisfaction"]);
    }

    #[test]
    fn what_is_no_phrase_is_not_found() {
        let check = |phrase: &str, text: &str| {
            assert_eq!(found(&[phrase], text), Vec::<String>::new(), "{phrase} in {text}");
        };
        check("cure", "secure, cured, s e c u r e, manicure");
        check("no risk", "the casino risk is theirs. Say no. Risk is a game; no, risk it");
        check("cures", "cu res");
        check("risk-free", "there is a risk. Free delivery, risk, free");
        check("therapist", "theatre, a pist");
        check("best", "be st, bests, abest");
        check("we re best", "");
        check("only 3", "only 30");
    }
}

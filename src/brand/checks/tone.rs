//! Tone: long sentences, hard words, exclamation marks, capitals. What customers said and code count for
//! none of it.
//!
//! Reading ease is Flesch's (1948): 206.835 − 1.015 × words a sentence − 84.6 × syllables a word; for German
//! that of Amstad (1978): 180 − words a sentence − 58.5 × syllables a word. Syllables are groups of vowels,
//! less the silent e of English.

use std::sync::LazyLock;

use regex::Regex;

use super::{Context, Hit, Tested};
use crate::brand::claims::{Language, words};
use crate::brand::kit::Kit;
use crate::brand::report::Rule;
use crate::brand::text::Text;
use crate::words;

/// Words that a text must have before its ease of reading says anything.
const ENOUGH: usize = 30;

pub fn sentence_length(kit: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    let Some(max) = kit.tone.sentence_words_max else { return Err("the kit sets no limit") };
    let hits = own_sentences(text).filter_map(|range| {
        let sentence = &text.folded.text()[range.clone()];
        let number = words(sentence).count();
        (number > max as usize).then(|| {
            let reason = format!(
                "This sentence has {}, and at most {max} read well.",
                words::count(number, "word")
            );
            Hit::new(Rule::SentenceLength, text.folded.origin(range.clone()), reason)
                .suggest("Make two of it.")
        })
    });
    Ok(hits.collect())
}

pub fn reading_ease(kit: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    let Some(min) = kit.tone.reading_ease_min else { return Err("the kit sets no limit") };
    let folded = text.folded.text();
    let (mut sentences, mut number, mut syllables) = (0, 0, 0);
    for range in own_sentences(text) {
        sentences += 1;
        for word in words(&folded[range.clone()])
            .filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()))
        {
            number += 1;
            syllables += syllables_of(word, kit.language);
        }
    }
    if number < ENOUGH {
        return Err("the text is too short to tell");
    }
    let ease = ease(number, sentences, syllables, kit.language);
    if ease >= min {
        return Ok(Vec::new());
    }
    let reason = format!("Its reading ease is {ease:.0}, and at least {min:.0} is asked for.");
    let first = text.original.trim().lines().next().unwrap_or_default();
    let hit = Hit::new(Rule::ReadingEase, 0..text.original.len(), reason)
        .quoted(first.chars().take(80).collect::<String>())
        .suggest("Shorter sentences and shorter words.");
    Ok(vec![hit])
}

pub fn exclamation_marks(kit: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    let Some(max) = kit.tone.exclamation_marks_max else { return Err("the kit sets no limit") };
    let is_own = |found: &regex::Match<'_>| {
        // "<!channel>" and an image in Markdown exclaim nothing.
        let folded = text.folded.text();
        let is_code =
            folded[..found.start()].ends_with('<') || folded[found.end()..].starts_with(['[', '=']);
        !is_code && !text.is_quoted(&found.range()) && !text.is_code(&found.range())
    };
    let hits =
        EXCLAMATION.find_iter(text.folded.text()).filter(is_own).skip(max as usize).map(|found| {
            let reason = match max {
                0 => "We do not use exclamation marks.".to_owned(),
                max => format!("We use at most {max} in a text."),
            };
            Hit::new(Rule::ExclamationMarks, text.folded.origin(found.range()), reason)
                .suggest("End with a full stop.")
        });
    Ok(hits.collect())
}

pub fn capitals(kit: &Kit, text: &Text<'_>, _: &Context<'_>) -> Tested {
    let Some(max) = kit.tone.capital_words_max else { return Err("the kit sets no limit") };
    let is_shouted = |found: &regex::Match<'_>| {
        let word = found.as_str();
        let is_known = COMMON.contains(&word) || kit.compiled.capitals.contains(word);
        let folded = text.folded.image(&found.range());
        !is_known
            && !word.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C'))
            && !text.is_quoted(&folded)
            && !text.is_code(&folded)
            && !is_within_field(text.original, found.range())
    };
    let hits = CAPITALS.find_iter(text.original).filter(is_shouted).skip(max as usize).map(|found| {
        let word = found.as_str();
        let lower: String = word.chars().take(1).chain(word.chars().skip(1).flat_map(char::to_lowercase)).collect();
        Hit::new(Rule::Capitals, found.range(), "Words in capitals shout.")
            .suggest(format!("Write “{lower}”; if it is a name or an abbreviation, add it to `capitals_allowed` in the brand kit."))
    });
    Ok(hits.collect())
}

/// Sentences that are the company's own.
fn own_sentences<'t>(text: &'t Text<'_>) -> impl Iterator<Item = &'t std::ops::Range<usize>> {
    let overlaps = |all: &[std::ops::Range<usize>], one: &std::ops::Range<usize>| {
        all.iter().any(|other| other.start < one.end && one.start < other.end)
    };
    text.sentences
        .iter()
        .filter(move |one| !overlaps(&text.quoted, one) && !overlaps(&text.code, one))
}

/// Part of an address, a hashtag, a placeholder or an identifier.
fn is_within_field(text: &str, range: std::ops::Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    let is_joined = |c: Option<char>| {
        c.is_some_and(|c| {
            c.is_alphanumeric()
                || matches!(c, '_' | '/' | '#' | '@' | '[' | ']' | '{' | '}' | '<' | '>')
        })
    };
    let is_numbered = text[range.end..]
        .strip_prefix('-')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    is_joined(before) || is_joined(after) || is_numbered
}

fn ease(words: usize, sentences: usize, syllables: usize, language: Language) -> f64 {
    let (words, sentences, syllables) = (words as f64, sentences as f64, syllables as f64);
    let (length, weight) = (words / sentences, syllables / words);
    match language {
        Language::English => 206.835 - 1.015 * length - 84.6 * weight,
        Language::German => 180.0 - length - 58.5 * weight,
    }
}

fn syllables_of(word: &str, language: Language) -> usize {
    let is_vowel = |byte: u8| matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let mut count = 0;
    let mut former = false;
    for byte in word.bytes() {
        let vowel = is_vowel(byte);
        count += usize::from(vowel && !former);
        former = vowel;
    }
    // "wove", "softens" keeps its e, "washed" does not.
    let ends_silent = language == Language::English
        && (word.ends_with('e') && !word.ends_with("le") && !word.ends_with("ee")
            || word.ends_with("ed") && !word.ends_with("ted") && !word.ends_with("ded"));
    if ends_silent && count > 1 {
        count -= 1;
    }
    count.max(1)
}

static EXCLAMATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("!+").expect("the pattern is fixed and tested"));

static CAPITALS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\p{Lu}{3,}\b").expect("the pattern is fixed and tested"));

/// Abbreviations that are read everywhere.
const COMMON: &[&str] = &[
    "VAT", "FAQ", "PDF", "SMS", "USA", "GDPR", "DSGVO", "EUR", "USD", "GBP", "CEO", "CFO", "CMO",
    "CTO", "CRM", "API", "URL", "QR", "ISO", "DIN", "GMT", "UTC", "CET", "CEST", "MEZ", "DIY",
    "LED", "RSVP", "TÜV", "B2B", "AGB", "HTML", "KPI", "ROI", "SEO", "TBD", "TODO", "TBC", "TBA",
    "FIXME", "XXL", "XXS", "XXX", "USP", "DHL", "UPS", "CTA", "GmbH",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formulas_are_those_of_their_source() {
        // Flesch's own scale: 100 words in 5 sentences with 150 syllables are plain English.
        assert!((ease(100, 5, 150, Language::English) - 59.635).abs() < 1e-9);
        assert!((ease(100, 5, 150, Language::German) - 72.25).abs() < 1e-9);
    }

    #[test]
    fn syllables_are_counted_nearly_as_people_do() {
        let check = |word: &str, expected: usize| {
            assert_eq!(syllables_of(word, Language::English), expected, "{word}");
        };
        check("linen", 2);
        check("washed", 1);
        check("wanted", 2);
        check("table", 2);
        check("time", 1);
        check("the", 1);
        check("quality", 3);
    }
}

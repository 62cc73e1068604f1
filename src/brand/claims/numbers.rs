//! Numbers that claim something, and those that do not.
//!
//! A number is a claim unless it is part of a date, a time, a version, an identifier, an order or a
//! section, an address on the web, a list's own numbering, or an ordinal.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Claim, Language, What};
use crate::brand::fold::pattern;

/// A number, with what it counts and whether it is a bound.
#[derive(Clone, PartialEq, Debug)]
pub struct Number {
    pub value: f64,
    pub unit: Unit,
    pub bound: Bound,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unit {
    Percent,
    Times,
    Money(&'static str),
    /// The word that follows, without its plural.
    Word(String),
    None,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    Exactly,
    /// "less than", "up to", "at most".
    Below,
    /// "more than", "over", "at least".
    Above,
}

impl Number {
    pub fn proves(&self, claim: &Self) -> bool {
        let is_same_value = (self.value - claim.value).abs() <= self.value.abs() * 1e-9;
        let is_same_unit = match (&self.unit, &claim.unit) {
            (Unit::Word(_) | Unit::None, Unit::None) | (Unit::None, Unit::Word(_)) => true,
            (proof, claim) => proof == claim,
        };
        is_same_value && is_same_unit && self.bound == claim.bound
    }
}

/// Every number and amount that claims something.
pub fn find(folded: &str, language: Language) -> Vec<Claim> {
    let mut claims: Vec<Claim> = AMOUNT
        .find_iter(folded)
        .filter(|found| !is_no_amount(found.as_str()))
        .map(|found| Claim { what: What::Amount(amount(found.as_str())), range: found.range() })
        .collect();
    if !folded.bytes().any(|byte| byte.is_ascii_digit()) {
        return claims;
    }
    let harmless: Vec<Range<usize>> =
        HARMLESS.find_iter(folded).map(|found| found.range()).collect();
    let is_taken = |range: &Range<usize>, by: &[Range<usize>]| {
        let from = by.partition_point(|other| other.end <= range.start);
        by.get(from).is_some_and(|other| other.start < range.end)
    };
    let amounts: Vec<Range<usize>> = claims.iter().map(|claim| claim.range.clone()).collect();
    for found in NUMBER.find_iter(folded) {
        let range = found.range();
        if is_taken(&range, &harmless) || is_taken(&range, &amounts) {
            continue;
        }
        claims.extend(read(folded, range, language));
    }
    claims
}

/// The number at `range`, if it claims something.
fn read(folded: &str, range: Range<usize>, language: Language) -> Option<Claim> {
    let before = &folded[..range.start];
    let after = &folded[range.end..];
    // In "200x220" the second is one of two sides.
    let is_side =
        before.strip_suffix('x').is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_digit()));
    if !is_side && before.ends_with(|c: char| c.is_alphabetic() || c == '_' || c == '/') {
        return None;
    }
    let value = value(&folded[range.clone()], language)?;
    let money_before = before.trim_end_matches(' ').chars().next_back().and_then(sign);
    let (factor, rest) = factor(after);
    let (unit, taken) = match money_before {
        Some(money) => (Unit::Money(money), after.len() - rest.len()),
        None => {
            let (unit, rest) = unit(rest)?;
            (unit, after.len() - rest.len())
        }
    };
    let bound = bound(before);
    if is_year(&folded[range.clone()], before, &unit, bound) {
        return None;
    }
    let start = match money_before {
        Some(_) => before
            .trim_end_matches(' ')
            .char_indices()
            .next_back()
            .map_or(range.start, |(at, _)| at),
        None => range.start,
    };
    let number = Number { value: value * factor, unit, bound };
    Some(Claim { what: What::Number(number), range: start..range.end + taken })
}

/// The separators of the language: 1,200.5 in English, 1.200,5 in German.
fn value(text: &str, language: Language) -> Option<f64> {
    let (group, point) = match language {
        Language::English => (',', '.'),
        Language::German => ('.', ','),
    };
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '\'')).collect();
    let is_grouped = |separator| {
        let mut parts = text.split(separator);
        parts.next().is_some_and(|first| first.len() <= 3)
            && parts.all(|part| part.split(['.', ',']).next().is_some_and(|part| part.len() == 3))
    };
    let plain = if text.contains(group) && is_grouped(group) {
        text.replace(group, "").replace(point, ".")
    } else if text.matches(point).count() > 1 {
        text.replace(point, "")
    } else {
        text.replace([group, point], ".")
    };
    plain.parse().ok()
}

/// "k", "million": by how much the number is more, and what follows.
fn factor(after: &str) -> (f64, &str) {
    let rest = after.strip_prefix([' ', '-']).unwrap_or(after);
    for (word, factor) in [
        ("thousand", 1e3),
        ("million", 1e6),
        ("billion", 1e9),
        ("tausend", 1e3),
        ("k", 1e3),
        ("m", 1e6),
        ("bn", 1e9),
    ] {
        // A single letter belongs to its number only where nothing stands between them.
        let from = if word.len() <= 2 { after } else { rest };
        if let Some(rest) = from.strip_prefix(word)
            && !rest.starts_with(|c: char| c.is_alphanumeric())
            && (word != "m" || !rest.trim_start().starts_with(['x', 'l', 'w', 'h']))
        {
            // "28m" is as often metres: a million of money or of people is written so, too.
            return if word == "m" && !rest.trim_start().starts_with("customers") {
                (1.0, after)
            } else {
                (factor, rest)
            };
        }
    }
    (1.0, after)
}

/// What is counted, and what follows; none where letters make it an identifier.
fn unit(after: &str) -> Option<(Unit, &str)> {
    let gap = after.len() - after.trim_start_matches([' ', '-']).len();
    let rest = &after[gap.min(1)..];
    if let Some(rest) = rest.strip_prefix('%') {
        return Some((Unit::Percent, rest));
    }
    if let Some(money) = rest.chars().next().and_then(sign) {
        return Some((Unit::Money(money), &rest[rest.chars().next()?.len_utf8()..]));
    }
    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let (word, following) = rest.split_at(end);
    let unit = match word {
        "" => return Some((Unit::None, after)),
        "percent" | "prozent" => Unit::Percent,
        "per" if following.starts_with(" cent") => return Some((Unit::Percent, &following[5..])),
        "x" if gap == 0 => Unit::Times,
        "times" | "fold" | "mal" => Unit::Times,
        "x" | "to" | "and" | "or" | "of" | "bis" | "und" => return Some((Unit::None, after)),
        "eur" | "euro" | "euros" => Unit::Money("€"),
        "usd" | "dollar" | "dollars" => Unit::Money("$"),
        "gbp" | "pound" | "pounds" => Unit::Money("£"),
        word if gap == 0
            && word.starts_with('x')
            && word[1..].bytes().all(|b| b.is_ascii_digit()) =>
        {
            return Some((Unit::None, after));
        }
        word if gap == 0 && !ATTACHED.contains(&word) => return None,
        word => Unit::Word(singular(word)),
    };
    Some((unit, following))
}

fn singular(word: &str) -> String {
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}

fn sign(c: char) -> Option<&'static str> {
    Some(match c {
        '€' => "€",
        '$' => "$",
        '£' => "£",
        '¥' => "¥",
        _ => return None,
    })
}

fn bound(before: &str) -> Bound {
    let before = before.trim_end_matches([' ', '€', '$', '£', '¥', '(']);
    let ends = |words: &[&str]| {
        words.iter().any(|word| {
            before.strip_suffix(word).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
        })
    };
    if ends(&[
        "less than",
        "fewer than",
        "under",
        "below",
        "up to",
        "at most",
        "no more than",
        "<",
        "weniger als",
        "unter",
        "bis zu",
    ]) {
        Bound::Below
    } else if ends(&[
        "more than",
        "over",
        "above",
        "at least",
        "no less than",
        ">",
        "mehr als",
        "uber",
        "mindestens",
    ]) {
        Bound::Above
    } else {
        Bound::Exactly
    }
}

/// "in 2026", "since 2019", "Spring 2026", "2026:".
fn is_year(text: &str, before: &str, unit: &Unit, bound: Bound) -> bool {
    let is_four = text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    let names_time = || {
        let word =
            before.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        BEFORE_YEARS.contains(&word)
    };
    let is_counted = matches!(unit, Unit::Percent | Unit::Times | Unit::Money(_));
    is_four
        && !is_counted
        && bound == Bound::Exactly
        && (matches!(unit, Unit::None) || names_time())
}

fn is_no_amount(found: &str) -> bool {
    // "2 in 1" names a kind of thing, "twice a week" is how often.
    found.ends_with(" 1") || found.ends_with(" one")
}

/// An amount in words, numerals in digits, so that "four out of five" is "4 of 5".
fn amount(found: &str) -> String {
    let words = found.split_whitespace().filter(|word| !matches!(*word, "every" | "out" | "our"));
    let plain = words.map(|word| match word {
        "in" => "of",
        word => NUMERALS
            .iter()
            .position(|numeral| *numeral == word)
            .map_or(word, |at| ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"][at]),
    });
    plain.collect::<Vec<_>>().join(" ")
}

const NUMERALS: [&str; 10] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// What may stand right behind a number and is a unit.
const ATTACHED: &[&str] = &[
    "cm", "mm", "km", "m", "m2", "g", "kg", "gsm", "mg", "l", "ml", "h", "min", "s", "c", "f",
    "kw", "kwh", "w", "v", "gb", "mb", "tb", "mp", "dpi", "px", "in", "ft", "lb", "oz",
];

/// Words after which four digits are a year.
const BEFORE_YEARS: &[&str] = &[
    "in",
    "since",
    "from",
    "by",
    "of",
    "until",
    "till",
    "before",
    "after",
    "during",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "early",
    "late",
    "mid",
    "year",
    "the",
    "season",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "seit",
    "im",
    "jahr",
    "fruhling",
    "sommer",
    "herbst",
];

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d{1,2})?\b|\d+(?:[.,]\d+)?"));

static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine) (?:out of|of|in) (?:every )?(?:our )?(?:\d{1,2}\b|one\b|two\b|three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|ten\b)",
        r"|\b(?:twice|(?:two|three|four|five|six|seven|eight|nine|ten) times) (?:as|more|less|the|longer|softer|warmer|cooler|faster|stronger|better|cheaper|lighter)\b",
        r"|\b(?:millions|thousands|hundreds|dozens) of\b",
        r"|\b(?:two|three) (?:thirds|quarters) of\b|\b(?:half|a third|a quarter) (?:of|the)\b",
        r"|\b(?:doubles|triples|halves) (?:the|your|its)\b",
        r"|\b(?:most|the majority) (?:of )?(?:our )?(?:customers|people|guests|sleepers|users|clients|women|men|households|experts|doctors)\b",
        r"|\b24/7\b",
    ))
});

static HARMLESS: LazyLock<Regex> = LazyLock::new(|| {
    const MONTH: &str = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|januar|februar|marz|mai|juni|juli|oktober|dezember)";
    let months = format!(
        r"\b\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of )?{MONTH}\b(?:,? \d{{4}}\b)?|\b{MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?|\b{MONTH} \d{{4}}\b"
    );
    let others = [
        // Dates, times and opening hours.
        r"\b\d{4}-\d{2}(?:-\d{2})?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b",
        r"\b\d{1,2}:\d{2}(?::\d{2})?\b|\b\d{1,2} ?(?:am\b|pm\b|a\.m\.|p\.m\.|uhr\b|o'clock\b)",
        r"\b(?:open|hours|weekdays|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|daily)\b[^.\n]{0,25}?\b\d{1,2}(?: ?- ?| to | and )\d{1,2}\b",
        // Addresses on the web and of mail.
        r"\b(?:javascript|data):\S+|\bhttps?://\S+|\bwww\.\S+|\S+@\S+\.\S+",
        // Versions, and numbers after what they number.
        r"\b\d+(?:\.\d+){2,}\b",
        r"\b(?:version|release|ios|android|windows|python|chapter|section|step|page|figure|table|part|no|nr|number|order|invoice|ticket|ref|reference|case|article|item|room|question|review|survey|lot|level|phase|week|day|quarter|volume|issue|episode|size|code|parcel|tracking|scene|shot|paragraph|annex|directive|regulation|iso|din|en)\.?(?: (?:no\.?|number|nr\.?|code))?[ #:]{0,2}(?:[a-z]{1,3}-?)?\d[\w/-]*",
        r"[#№] ?\d[\w-]*",
        // Identifiers: letters and digits in one.
        r"\b[a-z][a-z]*-?\d[\w-]*(?:\.\d+)*|\b\d+-\d+-\d+[\d-]*\b|\b\d{7,}\b",
        // Ordinals, footnotes, and what numbers a list or the seconds of a script.
        r"\b\d+(?:st|nd|rd|th)\b|\[\d{1,3}(?:, ?\d{1,3})*\]|\b\d{1,3}:\d{1,3}\b|\b\d in (?:1|one)\b|(?m:^ ?\(?\d{1,2}[.)] )|(?m:^ ?[\[(]?\d{1,3} ?- ?\d{1,3} ?(?:s|sec|seconds)\b)",
        r"\b\d{1,2} (?:tips|ways|steps|reasons|things|ideas|questions|parts|rules|mistakes|lessons|facts|myths)\b",
    ];
    let all = [&[months.as_str()][..], &others].concat().join("|");
    pattern(&all)
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::fold::fold;

    #[test]
    fn numbers_that_claim_nothing_are_left_alone() {
        let check = |text: &str, expected: &[&str]| {
            let folded = fold(text);
            let mut found = find(&folded, Language::English);
            found.sort_by_key(|claim| claim.range.start);
            let found: Vec<&str> = found.into_iter().map(|one| &folded[one.range]).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("On 18 November 2026, at 9:30, since 2019, in Spring 2026 and by May 3rd", &[]);
        check("2026-11-18, 18.11.2026, 11/18/2026, version 2.1, v1.2.3, 10.0.0.1", &[]);
        check("Order 123456, ticket #88, R-1001, WH-1000XM4, step 2, section 7, iOS 17", &[]);
        check("1. First\n2) Second\nthe 3rd time, see [4]", &[]);
        check("https://larch.example/2026/50-percent and a50@example.org", &[]);
        check("3 ways to fold a sheet, open from 9 to 18, a 2 in 1 cover, twice a week", &[]);
        check("It has 200 threads and 30% more", &["200 threads", "30%"]);
        check("€1,200.50 or 49 euros or $5", &["€1,200.50", "49 euros", "$5"]);
        check(
            "over 2000 customers, 10k customers, 3x softer",
            &["2000 customers", "10k customers", "3x"],
        );
        check(
            "Nine out of ten people, twice as soft, 24/7",
            &["nine out of ten", "twice as", "24/7"],
        );
        check("28cm deep and 130 x 180 cm, 200x220", &["28cm", "130", "180 cm", "200", "220"]);
    }
}

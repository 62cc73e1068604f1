//! The forms that personal data has.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Kind;
use super::checksums::{is_card, is_iban};

type Found = (Kind, Range<usize>);

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[\p{L}\p{N}._%+'-]*[\p{L}\p{N}_%+-]@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,}",
    )
});
static IBAN: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"));
static CARD: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d(?:[ -]?\d){12,18}\b"));
static IPV4: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d{1,3}(?:\.\d{1,3}){3,}\b"));
static IPV6: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}\b"));
static SSN: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d{3}-\d{2}-\d{4}\b"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:\+|\b00)[1-9](?:[ ./()-]{0,2}\d){6,14}\b|\(\d{2,5}\)(?:[ ./-]?\d){5,10}\b|\b0\d{1,5}[ /-](?:[ ./-]?\d){4,10}\b|\b(?:\d{3}[ .-])?\d{3}[ .-]\d{4}(?:[ .-]\d{2,4})?\b",
    )
});
static AFTER_PHONE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:tel|phone|mobile|mobil|call|fax|whatsapp|handy|telefon)\b[^\d+(\n]{0,12}(\+?\(?\d(?:[ ./()-]{0,2}\d){5,14})\b",
    )
});

/// Everything that has such a form, in no order; some of it may overlap.
pub fn find(text: &str) -> Vec<Found> {
    let all = |regex: &'static Regex| regex.find_iter(text).map(|it| it.range());
    let mut found: Vec<Found> = Vec::new();
    found.extend(all(&EMAIL).map(|it| (Kind::Email, it)));
    found.extend(all(&IBAN).filter_map(|it| iban_within(text, it)).map(|it| (Kind::Iban, it)));
    found.extend(all(&CARD).filter(|it| is_card(&text[it.clone()])).map(|it| (Kind::Card, it)));
    found.extend(all(&SSN).filter(|it| is_ssn(&text[it.clone()])).map(|it| (Kind::NationalId, it)));
    let is_ipv4 = |it: &Range<usize>| text[it.clone()].parse::<Ipv4Addr>().is_ok();
    found.extend(all(&IPV4).filter(is_ipv4).map(|it| (Kind::Ip, it)));
    let is_ipv6 = |it: &Range<usize>| text[it.clone()].parse::<Ipv6Addr>().is_ok();
    found.extend(all(&IPV6).filter(is_ipv6).map(|it| (Kind::Ip, it)));
    let said = AFTER_PHONE.captures_iter(text).filter_map(|it| it.get(1)).map(|it| it.range());
    let phones = all(&PHONE).filter(|it| stands_alone(text, it)).chain(said);
    let is_free = |it: &Range<usize>| !found.iter().any(|(_, other)| overlap(it, other));
    let phones: Vec<Found> = phones.filter(is_free).map(|it| (Kind::Phone, it)).collect();
    found.extend(phones);
    found
}

/// Where these names stand as whole words, in any case.
pub fn find_names(text: &str, names: &[String]) -> Vec<Found> {
    let known: Vec<String> = names
        .iter()
        .map(|it| it.trim())
        .filter(|it| it.chars().count() > 1)
        .map(regex::escape)
        .collect();
    if known.is_empty() {
        return Vec::new();
    }
    let alternatives = known.join("|").replace(' ', r"\s+");
    match Regex::new(&format!(r"(?i)\b(?:{alternatives})\b")) {
        Ok(regex) => regex.find_iter(text).map(|it| (Kind::Name, it.range())).collect(),
        // Too many names for one expression: each alone.
        Err(_) => known
            .iter()
            .filter_map(|name| Regex::new(&format!(r"(?i)\b{name}\b")).ok())
            .flat_map(|regex| regex.find_iter(text).map(|it| it.range()).collect::<Vec<_>>())
            .map(|range| (Kind::Name, range))
            .collect(),
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and tested")
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The longest beginning of a match that is an IBAN: words after it may look like its last group.
fn iban_within(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let ends = text[range.clone()].char_indices().map(|(at, it)| range.start + at + it.len_utf8());
    let ends: Vec<usize> = ends.collect();
    ends.into_iter().rev().map(|end| range.start..end).find(|it| {
        let next = text[it.end..].chars().next();
        !next.is_some_and(char::is_alphanumeric) && is_iban(&text[it.clone()])
    })
}

/// Areas that were never given out are no numbers of people.
fn is_ssn(text: &str) -> bool {
    let area = &text[..3];
    area != "000" && area != "666" && !area.starts_with('9')
}

/// Prices, dates, ISBNs and parts of longer numbers look like phone numbers, but for what stands
/// around them.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].trim_end_matches([' ', '(']).chars().next_back();
    let directly_before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    let number = &text[range.clone()];
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let glued = |it: Option<char>| {
        it.is_some_and(|it| it.is_alphanumeric() || matches!(it, '.' | ',' | '-' | '/' | '_' | '#'))
    };
    let money = before.is_some_and(|it| matches!(it, '£' | '$' | '€' | '¥'));
    let continues = after.is_some_and(|it| it.is_alphanumeric() || it == '%')
        || (matches!(after, Some('-' | '.' | ',' | '/'))
            && text[range.end + 1..].starts_with(|it: char| it.is_ascii_digit()));
    let thousands = number.split(' ').skip(1).all(|it| it.len() == 3)
        && number.contains(' ')
        && !number.starts_with(['+', '0', '(']);
    digits >= 7 && !glued(directly_before) && !money && !continues && !thousands
}

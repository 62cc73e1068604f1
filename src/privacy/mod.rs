//! Personal data, found by its form and masked before a text leaves for a model or a channel.
//!
//! [`mask`] puts a marker such as `[email]` where an address, a number or a name it was given
//! stood, and tells where, so that what is shown can still be compared with the original: outside
//! the markers it is the original, character by character.
//!
//! **Invariant.** A masked text holds nothing of what was masked.
//!
//! What this does not find: names nobody told it, postal addresses, dates of birth, and anything
//! written so that its form is lost ("anna at example dot org").

mod checksums;
mod rules;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What was masked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Email,
    /// An IBAN whose checksum is right.
    Iban,
    /// A payment card whose checksum is right.
    Card,
    Phone,
    /// An Internet address, version 4 or 6.
    Ip,
    /// A national id in one of the forms that can be told from other numbers.
    NationalId,
    /// One of the names that were given.
    Name,
}

/// A text without its personal data.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Masked {
    pub text: String,
    pub counts: BTreeMap<Kind, usize>,
    /// In the order of the text.
    pub spans: Vec<Span>,
}

/// Where a marker stands, and what it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    pub kind: Kind,
    /// In the original, in bytes.
    pub original: Range<usize>,
    /// The marker in the masked text, in bytes.
    pub masked: Range<usize>,
}

impl Kind {
    pub const ALL: [Self; 7] =
        [Self::Email, Self::Iban, Self::Card, Self::Phone, Self::Ip, Self::NationalId, Self::Name];

    pub fn marker(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Iban => "[iban]",
            Self::Card => "[card]",
            Self::Phone => "[phone]",
            Self::Ip => "[ip]",
            Self::NationalId => "[id]",
            Self::Name => "[name]",
        }
    }
}

impl Masked {
    /// How many things were masked.
    pub fn total(&self) -> usize {
        self.spans.len()
    }
}

/// Masks what has the form of personal data.
pub fn mask(text: &str) -> Masked {
    mask_with_names(text, &[])
}

/// Masks these names too, wherever they stand as whole words, in any case.
pub fn mask_with_names(text: &str, names: &[String]) -> Masked {
    let mut found = rules::find(text);
    found.extend(rules::find_names(text, names));
    // Where two overlap, the one that begins first and reaches further stands for both.
    found.sort_by_key(|(_, range)| (range.start, std::cmp::Reverse(range.end)));
    let mut masked = Masked::default();
    let mut end = 0;
    for (kind, range) in found {
        if range.start < end {
            continue;
        }
        masked.text.push_str(&text[end..range.start]);
        let begin = masked.text.len();
        masked.text.push_str(kind.marker());
        end = range.end;
        *masked.counts.entry(kind).or_default() += 1;
        let marker = begin..masked.text.len();
        masked.spans.push(Span { kind, original: range, masked: marker });
    }
    masked.text.push_str(&text[end..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text).text, expected);
    }

    #[test]
    fn addresses_and_numbers_of_people_are_masked() {
        check("Write to Anna.Lee+x@mail.example.co.uk, please.", "Write to [email], please.");
        check(
            "IBAN DE89 3704 0044 0532 0130 00 or GB82WEST12345698765432.",
            "IBAN [iban] or [iban].",
        );
        check("Card 4111 1111 1111 1111, 5500-0000-0000-0004!", "Card [card], [card]!");
        check(
            "Call +49 30 901820 or (212) 555-0142 or 030/901820.",
            "Call [phone] or [phone] or [phone].",
        );
        check("Call me at 555-0142-119 today", "Call me at [phone] today");
        check("tel: 0151 23456789", "tel: [phone]");
        check("from 192.168.0.17 and 2001:db8::8a2e:370:7334", "from [ip] and [ip]");
        check("SSN 078-05-1120", "SSN [id]");
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "It took 12 days and cost 1,299.00 in 2026.",
            "Order 4111111111111112 came on 2026-03-31 at 10:30:15.",
            "Version 1.2.3.4.5 and 999.1.1.1, model WH-1000XM4",
            "between 2018 and 2026, 100-200 people, 5 000 000 views",
            "ratio 16:9, time 12:30, section 3.2.1",
            "£4 111.50 and 50% of 20,000",
            "ISBN 978-3-16-148410-0",
            "a@b and @handle and user@",
            "GB82WEST12345698765433 has a wrong checksum",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn given_names_are_masked_as_whole_words() {
        let names = ["Ann Lee".to_owned(), "Müller".to_owned(), String::new()];
        let masked = mask_with_names("ann lee met Mr. MÜLLER and Annabel, not Müllerin.", &names);
        assert_eq!(masked.text, "[name] met Mr. [name] and Annabel, not Müllerin.");
        assert_eq!(masked.counts, BTreeMap::from([(Kind::Name, 2)]));
    }

    #[test]
    fn outside_the_markers_the_text_is_the_original() {
        let text = "ü: a@example.org, then +44 20 7946 0958; ß.";
        let masked = mask(text);
        assert_eq!(masked.total(), 2);
        let (mut original, mut shown) = (0, 0);
        for span in &masked.spans {
            assert_eq!(text[original..span.original.start], masked.text[shown..span.masked.start]);
            assert_eq!(&masked.text[span.masked.clone()], span.kind.marker());
            (original, shown) = (span.original.end, span.masked.end);
        }
        assert_eq!(text[original..], masked.text[shown..]);
        assert_eq!(mask(&masked.text).text, masked.text);
    }
}

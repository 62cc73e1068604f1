//! Claims that need proof: numbers and superlatives, where they stand, and what makes two of them the same.

mod numbers;
mod superlatives;

use std::collections::BTreeSet;
use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};

pub use numbers::Number;

/// Something that a text claims, in bytes of the folded text.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    pub what: What,
    pub range: Range<usize>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum What {
    Number(Number),
    /// "half of", "nine of 10", "24/7": an amount in words, numerals in digits.
    Amount(String),
    /// "softest", "most bought", "number one".
    Superlative(String),
}

/// The language of a kit, as far as words and numbers are read by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    English,
    German,
}

/// All claims of a folded text, in its order.
pub fn claims(folded: &str, language: Language) -> Vec<Claim> {
    let mut claims = numbers::find(folded, language);
    claims.extend(superlatives::find(folded));
    claims.sort_by_key(|claim| claim.range.start);
    claims
}

impl What {
    /// Whether proof of `self` proves `other`: the same number with the same unit and the same "less than"
    /// or "over", or the same words.
    pub fn proves(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(proof), Self::Number(claim)) => proof.proves(claim),
            (Self::Amount(proof), Self::Amount(claim)) => proof == claim,
            (Self::Superlative(proof), Self::Superlative(claim)) => proof == claim,
            _ => false,
        }
    }
}

impl Language {
    pub fn stemmer(self) -> Stemmer {
        Stemmer::create(match self {
            Self::English => Algorithm::English,
            Self::German => Algorithm::German,
        })
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// Stems of the words that say something.
pub fn stems(folded: &str, stemmer: &Stemmer) -> BTreeSet<String> {
    words(folded)
        .filter(|word| word.len() > 2 && !STOP_WORDS.contains(word))
        .filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()))
        .map(|word| stemmer.stem(word).into_owned())
        .collect()
}

pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Words that are in every text, so that sharing them shows nothing; those that make a claim, too.
const STOP_WORDS: &[&str] = &[
    "the", "and", "for", "with", "that", "this", "from", "are", "was", "were", "our", "your",
    "you", "its", "their", "has", "have", "had", "not", "but", "all", "any", "can", "will", "into",
    "out", "per", "than", "less", "more", "over", "under", "most", "least", "within", "about",
    "only", "one", "two", "who", "what", "which", "when", "they", "them", "every", "each", "also",
    "through", "percent", "euro", "euros", "der", "die", "das", "und", "mit", "von", "ein", "eine",
    "ist", "sind", "unser", "unsere", "mehr", "als",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::fold::fold;

    #[test]
    fn proof_proves_the_same_and_nothing_else() {
        let check = |proof: &str, claim: &str, expected: bool| {
            let (proof, claim) = (fold(proof), fold(claim));
            let proofs = claims(&proof, Language::English);
            let claims = claims(&claim, Language::English);
            assert!(!claims.is_empty(), "no claim in {claim}");
            let is_proven = |one: &Claim| proofs.iter().any(|proof| proof.what.proves(&one.what));
            assert_eq!(claims.iter().all(is_proven), expected, "{proof} for {claim}: {claims:?}");
        };
        check("lets through less than 1 % of light", "under 1% of the light", true);
        check("lets through less than 1 % of light", "1% of the light", false);
        check("lets through less than 1 % of light", "more than 1% of the light", false);
        check("4 % of the light", "4 percent of it", true);
        check("4 % of the light", "4 euros", false);
        check("4 % of the light", "40 %", false);
        check("within 30 days", "30-day returns", true);
        check("within 30 days", "30 nights", false);
        check("from 1,200 customers", "1200 customers", true);
        check("over 10,000 customers", "more than 10k customers", true);
        check("4 of 5 customers", "four out of five customers", true);
        check("4 of 5 customers", "nine out of ten customers", false);
        check("our most bought blanket", "the most bought throw", true);
        check("our most bought blanket", "the most loved throw", false);
        check("the softest linen", "our softest sheets", true);
        check("130 x 180 cm", "130 x 180 cm", true);
    }
}

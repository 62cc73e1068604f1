//! Superlatives that claim something, and those that do not: "best regards" and "the latest edition".

use std::sync::LazyLock;

use regex::Regex;

use super::{Claim, What};
use crate::brand::fold::pattern;

/// Every superlative that claims something, in bytes of the folded text.
pub fn find(folded: &str) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for found in SUPERLATIVE.captures_iter(folded) {
        let Some(whole) = found.name("word").or_else(|| found.name("set")) else { continue };
        let word = whole.as_str();
        let before = &folded[..whole.start()];
        let after = &folded[whole.end()..];
        let is_claim = if found.name("set").is_some() {
            !is_a_number_of_something(word, before, after)
        } else {
            is_superlative(word, before, after)
        };
        if is_claim {
            claims.push(Claim { what: What::Superlative(canonical(word)), range: whole.range() });
        }
    }
    claims
}

/// "number one", however it is written; otherwise the words with single spaces.
fn canonical(word: &str) -> String {
    let plain = word.replace(['-', '\n'], " ");
    match plain.as_str() {
        text if text.ends_with('1') => "number one".to_owned(),
        text => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

fn is_superlative(word: &str, before: &str, after: &str) -> bool {
    let (former, one_before) = last_two(before);
    let next = after.trim_start_matches([' ', '-']).split(|c: char| !c.is_alphanumeric()).next();
    let next = next.unwrap_or_default();
    let is_named =
        matches!(former, "the" | "our" | "your" | "its" | "their" | "my" | "a" | "very" | "s");
    if word == "best" {
        let is_idiom = matches!(
            next,
            "before"
                | "regards"
                | "wishes"
                | "practice"
                | "practices"
                | "man"
                | "friend"
                | "friends"
                | "guess"
        ) || after.trim_start().starts_with("of luck");
        // "do our best", "at its best", "what suits you best".
        let is_effort = matches!(
            one_before,
            "do" | "does" | "did" | "doing" | "try" | "trying" | "tries" | "at"
        ) && is_named;
        let is_adverb = !is_named && !before.trim_end().is_empty() && !ends_sentence(before);
        return !is_idiom
            && !is_effort
            && former != "at"
            && (is_named || !is_adverb || NOUNS.contains(&next));
    }
    if let Some(quality) = word.strip_prefix("most ") {
        // "most of", "most people" is an amount, or none.
        return is_named || POPULAR.contains(&quality);
    }
    if ALWAYS.contains(&word) {
        return !PLACES.contains(&next);
    }
    // Any other word in -est claims something where it is said of a thing: "our silkiest".
    is_named && word.len() > 5 && !NEVER.contains(&word) && !PLACES.contains(&next)
}

/// "order #1", "Number one: measure the bed".
fn is_a_number_of_something(word: &str, before: &str, after: &str) -> bool {
    let is_number = word.ends_with('1') || word.starts_with("number") || word.starts_with("no");
    let (former, _) = last_two(before);
    is_number
        && (COUNTED.contains(&former) || after.starts_with([':', '.', ')']) && word != "number one")
        || (word == "number one" && after.starts_with(':'))
        || (word.ends_with('1') && after.starts_with(|c: char| c.is_alphanumeric() || c == '/'))
}

fn last_two(before: &str) -> (&str, &str) {
    let mut words =
        before.split(|c: char| !c.is_alphanumeric()).rev().filter(|word| !word.is_empty());
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

fn ends_sentence(before: &str) -> bool {
    before.trim_end_matches(' ').ends_with(['.', '!', '?', '\n', ':', '"'])
}

/// Things of which "best" without an article is said, in headlines.
const NOUNS: &[&str] = &[
    "linen", "sheets", "bedding", "curtains", "blanket", "blankets", "quality", "price", "prices",
    "sleep", "product", "products", "service", "deal", "deals", "offer", "offers", "choice",
    "value", "results", "ever", "in", "seller", "sellers", "selling", "on",
];

/// What "most" claims something of, also without an article.
const POPULAR: &[&str] = &[
    "popular",
    "loved",
    "trusted",
    "comfortable",
    "advanced",
    "effective",
    "reliable",
    "durable",
    "beautiful",
    "innovative",
    "bought",
    "sold",
    "powerful",
    "affordable",
    "efficient",
    "wanted",
    "recommended",
    "awarded",
    "luxurious",
    "sustainable",
];

const ALWAYS: &[&str] = &[
    "finest",
    "greatest",
    "largest",
    "biggest",
    "fastest",
    "quickest",
    "strongest",
    "softest",
    "warmest",
    "coolest",
    "lightest",
    "darkest",
    "safest",
    "smartest",
    "simplest",
    "easiest",
    "cheapest",
    "healthiest",
    "happiest",
    "toughest",
    "smoothest",
    "cosiest",
    "coziest",
    "comfiest",
    "thinnest",
    "thickest",
    "purest",
    "cleanest",
    "freshest",
    "quietest",
    "loveliest",
    "prettiest",
    "nicest",
    "bestselling",
];

/// Words in -est that compare nothing, or only in time and place.
const NEVER: &[&str] = &[
    "latest",
    "nearest",
    "interest",
    "forest",
    "request",
    "harvest",
    "honest",
    "modest",
    "earliest",
    "protest",
    "invest",
    "contest",
    "arrest",
    "suggest",
    "digest",
    "manifest",
    "closest",
    "eldest",
    "priest",
    "breast",
    "conquest",
    "bequest",
    "newest",
    "guest",
    "quest",
    "budapest",
    "longest",
    "highest",
    "lowest",
    "widest",
    "deepest",
    "shortest",
    "tallest",
    "oldest",
    "youngest",
    "northwest",
    "southwest",
    "midwest",
    "tempest",
];

/// Of these the -est is measured, not claimed.
const PLACES: &[&str] = &[
    "side",
    "edge",
    "point",
    "shelf",
    "setting",
    "temperature",
    "part",
    "end",
    "level",
    "wash",
    "corner",
    "day",
    "way",
];

const COUNTED: &[&str] = &[
    "order", "ticket", "issue", "item", "step", "question", "room", "case", "page", "invoice",
    "tip", "rule",
];

static SUPERLATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?P<set>#1\b|\bno\. ?1\b|\bnr\. ?1\b|\bnumber[ -]one\b",
        r"|\bworld[- ](?:class|leading|best)\b|\b(?:industry|market)[- ]leading\b|\bbest[- ]in[- ]class\b",
        r"|\bunrivall?ed\b|\bunbeatable\b|\bunmatched\b|\bunparallell?ed\b|\bunsurpassed\b|\bunbeaten\b",
        r"|\bsecond to none\b|\bone of a kind\b|\btop[- ]rated\b|\baward[- ]winning\b|\bbest[- ]selling\b",
        r"|\bleading (?:brand|provider|supplier|manufacturer|maker|company|platform|solution|choice)\b",
        r"|\b(?:the|our) (?:only|first) \w+ (?:that|to|which|with|on)\b",
        r"|\bthe (?:perfect|ultimate)\b|\blike no other\b|\bnothing (?:beats|compares)\b)",
        r"|\b(?P<word>best|most \w+|\w+est)\b",
    ))
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::fold::fold;

    #[test]
    fn superlatives_are_told_from_idioms() {
        let check = |text: &str, expected: &[&str]| {
            let folded = fold(text);
            let found: Vec<&str> =
                find(&folded).into_iter().map(|one| &folded[one.range]).collect();
            assert_eq!(found, expected, "{text}");
        };
        check(
            "The best linen. Best sheets ever! Our softest, most loved throw",
            &["best", "best", "softest", "most loved"],
        );
        check("the world's best blanket, world-class", &["best", "world-class"]);
        check("number one in linen, #1 for curtains, No. 1", &["number one", "#1", "no. 1"]);
        check("the only sheet that stays", &["the only sheet that"]);
        check("our silkiest satin", &["silkiest"]);
        check("Best regards, best before May, we do our best, at its best, it suits you best", &[]);
        check("the latest edition, most of it, most people, at most, your guest, of interest", &[]);
        check("measure the longest side; order #1; number one: measure; #10", &[]);
        check("request, harvest, forest, honest, the nearest shop, at the lowest temperature", &[]);
        check("wash best at 30, it is best over a sheet", &[]);
    }
}

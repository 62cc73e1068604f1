//! Whether what a model says of a record stands in it.

use std::collections::BTreeSet;

/// Words that are numbers, which a record must have as it has digits.
const NUMBERS: [&str; 20] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "twenty", "thirty", "fifty", "hundred", "thousand", "million", "dozen", "twice", "half",
];

/// Words that a sentence may begin with though they stand nowhere: none of them is a name.
const OPENERS: [&str; 72] = [
    "a",
    "after",
    "all",
    "also",
    "although",
    "an",
    "and",
    "another",
    "as",
    "at",
    "because",
    "before",
    "behind",
    "below",
    "besides",
    "between",
    "both",
    "but",
    "by",
    "each",
    "either",
    "every",
    "everything",
    "few",
    "fewer",
    "first",
    "for",
    "from",
    "here",
    "how",
    "however",
    "if",
    "in",
    "it",
    "its",
    "last",
    "less",
    "look",
    "more",
    "most",
    "much",
    "neither",
    "no",
    "none",
    "not",
    "nothing",
    "now",
    "of",
    "on",
    "only",
    "or",
    "other",
    "otherwise",
    "our",
    "over",
    "since",
    "so",
    "some",
    "still",
    "that",
    "the",
    "their",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "under",
    "what",
    "with",
];

/// Whether every number and name of a text stands in a record, and it is no longer than so many characters;
/// otherwise what does not hold.
pub fn stands_in(text: &str, known: &str, longest: usize) -> Result<(), &'static str> {
    if text.chars().count() > longest {
        return Err("it is too long");
    }
    if text.contains('@') || text.contains("://") {
        return Err("it has an address in it");
    }
    let known_words: BTreeSet<String> = words(known).map(|it| it.1.to_lowercase()).collect();
    let stands = |word: &str| known_words.contains(&word.to_lowercase());
    for (begins, word) in words(text) {
        let is_number = word.contains(|it: char| it.is_ascii_digit())
            || NUMBERS.contains(&word.to_lowercase().as_str());
        if is_number && !stands(word) {
            return Err("a number in it does not stand in the record");
        }
        let is_opener = begins && OPENERS.contains(&word.to_lowercase().as_str());
        let is_name = word.starts_with(char::is_uppercase) && !is_opener;
        if is_name && !stands(word) {
            return Err("a name in it does not stand in the record");
        }
    }
    Ok(())
}

/// The words of a text, each with whether a sentence begins with it.
fn words(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut begins = true;
    text.split_whitespace().filter_map(move |word| {
        let is_first = begins;
        begins = word.ends_with(['.', '!', '?', ':']);
        let word = word.trim_matches(|it: char| !it.is_alphanumeric());
        let word = word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(word);
        (!word.is_empty()).then_some((is_first, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_stand_in_the_record_is_not_shown() {
        let known = "Company: Acme\nPeople there: 120\nWhy: visited pricing three times this week, +14\nCampaign: Brand DE: 62,199 EUR in 30 days";
        let check = |text: &str, expected: Result<(), &str>| {
            assert_eq!(stands_in(text, known, 500), expected, "{text}");
        };
        check("They looked at pricing three times this week. Acme has 120 people.", Ok(()));
        check("Acme's team came by Brand DE, which cost 62,199 EUR.", Ok(()));
        let number = Err("a number in it does not stand in the record");
        check("Acme has 121 people.", number);
        check("They looked at pricing four times.", number);
        check("The campaign cost 62 thousand EUR.", number);
        let name = Err("a name in it does not stand in the record");
        check("They compare us with Dunemoor.", name);
        check("Dunemoor is what they compare us with.", name);
        check("They looked at pricing. Dunemoor did, too.", name);
        check(
            "In all, they looked at pricing three times. Visited pricing, then the campaign.",
            Ok(()),
        );
        check("Write to anna@acme.example today.", Err("it has an address in it"));
        check(&"long ".repeat(120), Err("it is too long"));
    }
}

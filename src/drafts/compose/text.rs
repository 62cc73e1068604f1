//! Small things that are asked of texts.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::brand::{self, Context, Finding, Kit, Rule, Text};

/// Rules that a sentence breaks wherever it stands. Whether a number is proven is for the whole
/// text, in which the brief bears it out.
const ALWAYS: [Rule; 8] = [
    Rule::BannedClaim,
    Rule::UnprovenSuperlative,
    Rule::ExpiredProof,
    Rule::PersonalData,
    Rule::Links,
    Rule::Placeholder,
    Rule::SlackControl,
    Rule::HiddenCharacters,
];

/// What keeps a sentence of somebody's from being said at all.
pub fn unsayable(kit: &Kit, text: &str, on: Date) -> Vec<Finding> {
    let report = brand::check(kit, text, &Context::on(on));
    report.findings.into_iter().filter(|finding| ALWAYS.contains(&finding.rule)).collect()
}

/// A text as the checks read it: small letters, without look-alikes and hidden characters.
pub fn folded(kit: &Kit, text: &str) -> String {
    Text::of(text, kit, None).folded.text().to_owned()
}

/// Whether a text says a phrase, word by word, whatever stands between the words. A star at its end
/// takes any ending.
pub fn says(kit: &Kit, text: &str, phrase: &str) -> bool {
    let is_open = phrase.trim_end().ends_with('*');
    let (text, phrase) = (folded(kit, text), folded(kit, phrase));
    let (text, phrase): (Vec<&str>, Vec<&str>) = (words(&text).collect(), words(&phrase).collect());
    let Some((last, first)) = phrase.split_last() else { return false };
    text.windows(phrase.len()).any(|run| {
        let (end, begin) = run.split_last().unwrap_or((&"", &[]));
        begin == first && (end == last || is_open && end.starts_with(last))
    })
}

/// Its sentences as they are written.
pub fn sentences(kit: &Kit, text: &str) -> Vec<String> {
    let prepared = Text::of(text, kit, None);
    prepared.sentences.iter().map(|range| prepared.written(range).trim().to_owned()).collect()
}

/// Stems of the words that say something; numbers as they are.
pub fn stems(kit: &Kit, text: &str) -> BTreeSet<String> {
    let stemmer = kit.language.stemmer();
    let folded = folded(kit, text);
    words(&folded)
        .filter(|word| word.len() > 3 || word.starts_with(|c: char| c.is_ascii_digit()))
        .map(|word| stemmer.stem(word).into_owned())
        .collect()
}

/// On one line, with single spaces.
pub fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a full stop, if it ends without any.
pub fn sentence(text: &str) -> String {
    let text = line(text);
    if text.is_empty() || text.ends_with(['.', '!', '?', '…', ':', '”', '"']) {
        return text;
    }
    format!("{text}.")
}

pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

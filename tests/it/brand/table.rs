//! Reading the table of cases, for the tests and the benchmark.

use countersign::brand::{self, Context, Kit, Sent};
use jiff::civil::{Date, date};
use serde::Deserialize;

const CASES: &str = include_str!("cases.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub text: String,
    #[serde(default)]
    pub finds: Vec<String>,
    pub known: Option<String>,
    channel: Option<String>,
    audience: Option<String>,
    on: Option<Date>,
    #[serde(default)]
    given: Vec<String>,
    #[serde(default)]
    sent: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

pub fn cases() -> Vec<Case> {
    toml::from_str::<Cases>(CASES).unwrap().case
}

impl Case {
    /// What is found, as the table writes it.
    pub fn found(&self, kit: &Kit) -> Vec<String> {
        let sent: Vec<Sent> = self.sent.iter().map(|text| Sent::new("a text", text)).collect();
        let given: Vec<&str> = self.given.iter().map(String::as_str).collect();
        let context = Context {
            on: self.on.unwrap_or(date(2026, 11, 22)),
            channel: self.channel.as_deref().map(|name| kit.channel(name).unwrap()),
            audience: self.audience.as_deref().map(|name| kit.audience(name).unwrap()),
            sent: &sent,
            given: &given,
        };
        let report = brand::check(kit, &self.text, &context);
        let found = report.findings.iter().map(|one| {
            let bytes = &self.text[one.bytes.clone()];
            let chars: String =
                self.text.chars().skip(one.chars.start).take(one.chars.len()).collect();
            assert_eq!(bytes, chars);
            format!("{}: {bytes}", one.rule.name())
        });
        found.collect()
    }
}

/// How many of what was found were expected.
pub fn right(found: &[String], expected: &[String]) -> usize {
    let mut left: Vec<&String> = expected.iter().collect();
    let is_right = |one: &&String| {
        let at = left.iter().position(|expected| matches(one, expected));
        at.map(|at| left.remove(at)).is_some()
    };
    found.iter().filter(is_right).count()
}

/// Exactly those words; any, where the table names the rule alone; for a sentence its beginning.
fn matches(found: &str, expected: &str) -> bool {
    let Some((rule, words)) = expected.split_once(": ") else {
        return found.split_once(": ").is_some_and(|(rule, _)| rule == expected);
    };
    let Some((found_rule, found_words)) = found.split_once(": ") else { return false };
    rule == found_rule
        && (words == found_words || (rule == "sentence_length" && found_words.starts_with(words)))
}

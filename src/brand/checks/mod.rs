//! The checks: pure functions from a prepared text to what is wrong with it, one file a rule or a few that
//! belong together. [`check`] runs them all.

pub(super) mod banned;
mod length;
mod links;
mod marks;
mod personal;
pub(super) mod proof;
mod repetition;
mod sms;
mod terms;
mod tone;
pub(super) mod topics;

use std::ops::Range;

use jiff::civil::Date;

use super::kit::{Audience, Channel, Kit};
use super::labels;
use super::report::{Finding, Outcome, Passing, Report, Rule};
use super::text::Text;
pub use repetition::{Fingerprint, Sent};
pub use sms::Segments;

/// What is known of a text besides its words.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The day on which it is to be said; proof points expire.
    pub on: Date,
    pub channel: Option<&'a Channel>,
    pub audience: Option<&'a Audience>,
    /// What was sent lately.
    pub sent: &'a [Sent],
    /// What the person who asked gave as facts, such as the offer of a brief: numbers that stand there with
    /// the same unit need no other proof.
    pub given: &'a [&'a str],
}

impl Context<'_> {
    pub const fn on(day: Date) -> Self {
        Self { on: day, channel: None, audience: None, sent: &[], given: &[] }
    }
}

/// Something found, before its place is counted out.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub rule: Rule,
    /// In bytes of the original.
    pub bytes: Range<usize>,
    /// What is shown of it, where that is not what stands there.
    pub quote: Option<String>,
    pub reason: String,
    pub suggestion: Option<String>,
}

impl Hit {
    pub fn new(rule: Rule, bytes: Range<usize>, reason: impl Into<String>) -> Self {
        Self { rule, bytes, quote: None, reason: reason.into(), suggestion: None }
    }

    pub fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    pub fn quoted(mut self, quote: impl Into<String>) -> Self {
        self.quote = Some(quote.into());
        self
    }
}

/// What one check found, or why it could not test.
type Tested = Result<Vec<Hit>, &'static str>;
type Check = fn(&Kit, &Text<'_>, &Context<'_>) -> Tested;

/// Every rule with the check that tests it.
const CHECKS: [(Rule, Check); Rule::ALL.len()] = [
    (Rule::BannedClaim, banned::check),
    (Rule::UnprovenNumber, proof::numbers),
    (Rule::UnprovenSuperlative, proof::superlatives),
    (Rule::ExpiredProof, proof::expired),
    (Rule::Disclaimer, topics::disclaimers),
    (Rule::PersonalData, personal::check),
    (Rule::Links, links::check),
    (Rule::Placeholder, marks::placeholders),
    (Rule::SlackControl, marks::slack_control),
    (Rule::HiddenCharacters, marks::hidden),
    (Rule::Length, length::check),
    (Rule::Repetition, repetition::check),
    (Rule::Terms, terms::check),
    (Rule::SentenceLength, tone::sentence_length),
    (Rule::ReadingEase, tone::reading_ease),
    (Rule::ExclamationMarks, tone::exclamation_marks),
    (Rule::Capitals, tone::capitals),
];

/// Holds a text against every rule of the kit.
pub fn check(kit: &Kit, text: &str, context: &Context<'_>) -> Report {
    let prepared = Text::of(text, kit, context.channel);
    let mut outcomes = Vec::with_capacity(CHECKS.len());
    let mut hits = Vec::new();
    for (rule, check) in CHECKS {
        let result = match check(kit, &prepared, context) {
            Ok(found) if found.is_empty() => Passing::Passed,
            Ok(found) => {
                let findings = found.len();
                hits.extend(found);
                Passing::Failed { findings }
            }
            Err(why) => Passing::NotTested { why },
        };
        outcomes.push(Outcome { rule, result });
    }
    let labels = labels::of(kit, &prepared, context.channel);
    Report { findings: placed(text, hits), outcomes, labels, kit: kit.version.clone() }
}

/// Tests one rule alone.
pub fn test(rule: Rule, kit: &Kit, text: &Text<'_>, context: &Context<'_>) -> Passing {
    let check = CHECKS.iter().find(|(one, _)| *one == rule).map(|(_, check)| check);
    match check.map(|check| check(kit, text, context)) {
        Some(Ok(found)) if found.is_empty() => Passing::Passed,
        Some(Ok(found)) => Passing::Failed { findings: found.len() },
        Some(Err(why)) => Passing::NotTested { why },
        None => Passing::NotTested { why: "no check tests it" },
    }
}

/// Findings in the order of the text, their places counted in characters as well.
fn placed(text: &str, mut hits: Vec<Hit>) -> Vec<Finding> {
    hits.sort_by_key(|hit| {
        (hit.bytes.start, std::cmp::Reverse(hit.rule.severity()), hit.bytes.end)
    });
    let (mut at, mut characters) = (0, 0);
    let findings = hits.into_iter().map(|hit| {
        characters += text[at..hit.bytes.start].chars().count();
        at = hit.bytes.start;
        let found = &text[hit.bytes.clone()];
        let chars = characters..characters + found.chars().count();
        Finding {
            rule: hit.rule,
            severity: hit.rule.severity(),
            chars,
            quote: hit.quote.unwrap_or_else(|| found.to_owned()),
            bytes: hit.bytes,
            reason: hit.reason,
            suggestion: hit.suggestion,
        }
    });
    findings.collect()
}

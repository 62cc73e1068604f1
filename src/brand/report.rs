//! What the checks found: findings with their places, and which rules passed.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::{Serialize, Serializer};

use crate::config::Label;

/// A rule that texts are held against.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    BannedClaim,
    UnprovenNumber,
    UnprovenSuperlative,
    ExpiredProof,
    Disclaimer,
    PersonalData,
    Links,
    Placeholder,
    SlackControl,
    HiddenCharacters,
    Length,
    Repetition,
    Terms,
    SentenceLength,
    ReadingEase,
    ExclamationMarks,
    Capitals,
}

/// How much a finding weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is a matter of taste; a person may let it stand.
    Warning,
    /// It must not go out like this.
    Error,
}

/// Something that a rule found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    pub rule: Rule,
    pub severity: Severity,
    /// Where in the text, in bytes.
    #[serde(serialize_with = "pair")]
    pub bytes: Range<usize>,
    /// Where in the text, in characters.
    #[serde(serialize_with = "pair")]
    pub chars: Range<usize>,
    /// What stands there; of personal data only its kind.
    pub quote: String,
    /// What is wrong with it, and why.
    pub reason: String,
    /// What to write instead, or to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// How a rule came out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Outcome {
    pub rule: Rule,
    #[serde(flatten)]
    pub result: Passing,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Passing {
    Passed,
    Failed {
        findings: usize,
    },
    /// Nothing to test it by, and why.
    NotTested {
        why: &'static str,
    },
}

/// What a text was found to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// In the order of the text, errors before warnings where two begin at the same place.
    pub findings: Vec<Finding>,
    /// Every rule, in the order of [`Rule::ALL`].
    pub outcomes: Vec<Outcome>,
    pub labels: BTreeSet<Label>,
    /// The version of the kit that it was held against.
    pub kit: String,
}

impl Rule {
    pub const ALL: [Self; 17] = [
        Self::BannedClaim,
        Self::UnprovenNumber,
        Self::UnprovenSuperlative,
        Self::ExpiredProof,
        Self::Disclaimer,
        Self::PersonalData,
        Self::Links,
        Self::Placeholder,
        Self::SlackControl,
        Self::HiddenCharacters,
        Self::Length,
        Self::Repetition,
        Self::Terms,
        Self::SentenceLength,
        Self::ReadingEase,
        Self::ExclamationMarks,
        Self::Capitals,
    ];

    /// As it is stored and typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BannedClaim => "banned_claim",
            Self::UnprovenNumber => "unproven_number",
            Self::UnprovenSuperlative => "unproven_superlative",
            Self::ExpiredProof => "expired_proof",
            Self::Disclaimer => "disclaimer",
            Self::PersonalData => "personal_data",
            Self::Links => "links",
            Self::Placeholder => "placeholder",
            Self::SlackControl => "slack_control",
            Self::HiddenCharacters => "hidden_characters",
            Self::Length => "length",
            Self::Repetition => "repetition",
            Self::Terms => "terms",
            Self::SentenceLength => "sentence_length",
            Self::ReadingEase => "reading_ease",
            Self::ExclamationMarks => "exclamation_marks",
            Self::Capitals => "capitals",
        }
    }

    /// As people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::BannedClaim => "banned claim",
            Self::UnprovenNumber => "number without proof",
            Self::UnprovenSuperlative => "superlative without proof",
            Self::ExpiredProof => "expired proof",
            Self::Disclaimer => "missing disclaimer",
            Self::PersonalData => "personal data",
            Self::Links => "link",
            Self::Placeholder => "placeholder",
            Self::SlackControl => "Slack control sequence",
            Self::HiddenCharacters => "hidden characters",
            Self::Length => "length",
            Self::Repetition => "repetition",
            Self::Terms => "word to avoid",
            Self::SentenceLength => "long sentence",
            Self::ReadingEase => "reading ease",
            Self::ExclamationMarks => "exclamation mark",
            Self::Capitals => "capitals",
        }
    }

    /// What a text that passes it is.
    pub const fn passed(self) -> &'static str {
        match self {
            Self::BannedClaim => "Says nothing that is banned",
            Self::UnprovenNumber => "Every number has a proof point",
            Self::UnprovenSuperlative => "Every superlative has a proof point",
            Self::ExpiredProof => "No proof point has expired",
            Self::Disclaimer => "Every disclaimer that it needs is there",
            Self::PersonalData => "No personal data found (names and addresses are not looked for)",
            Self::Links => "Every link goes where it may",
            Self::Placeholder => "Nothing is left to fill in",
            Self::SlackControl => "No Slack control sequences",
            Self::HiddenCharacters => "No hidden characters",
            Self::Length => "Fits the channel",
            Self::Repetition => "Not too much like what was sent lately",
            Self::Terms => "Uses our words",
            Self::SentenceLength => "Sentences are short enough",
            Self::ReadingEase => "Easy enough to read",
            Self::ExclamationMarks => "No more exclamation marks than we allow",
            Self::Capitals => "No words in capitals",
        }
    }

    pub const fn severity(self) -> Severity {
        match self {
            Self::Terms
            | Self::SentenceLength
            | Self::ReadingEase
            | Self::ExclamationMarks
            | Self::Capitals
            | Self::Repetition => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Report {
    /// Whether nothing must be changed before it goes out; warnings may stand.
    pub fn passes(&self) -> bool {
        self.errors().next().is_none()
    }

    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Warning)
    }

    /// Rules that passed, and rules that were tested.
    pub fn score(&self) -> (usize, usize) {
        let count = |which: fn(&Passing) -> bool| {
            self.outcomes.iter().filter(|outcome| which(&outcome.result)).count()
        };
        (
            count(|result| *result == Passing::Passed),
            count(|result| !matches!(result, Passing::NotTested { .. })),
        )
    }

    /// The findings of one rule.
    pub fn of(&self, rule: Rule) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.rule == rule)
    }
}

fn pair<S: Serializer>(range: &Range<usize>, serializer: S) -> Result<S::Ok, S::Error> {
    (range.start, range.end).serialize(serializer)
}

//! An answer that a model writes: what it is asked, and what of its answer can be shown.
//!
//! `ask` says what goes into the prompt `prompts/research.answer.md` and what shape must come
//! back; [`Partial`] reads claims while they are being written; [`check`] keeps of an answer what
//! its passages bear out. `ground` is what claims rest on, `quotes` finds a quote in its passage,
//! `numbers`, `words`, `dates` and `counts` tell what a claim says in figures, `common` whether it
//! is about its passages at all; `plain` makes a model's words harmless or refuses them, and `why`
//! has a sentence for everything that was cut.
//!
//! All of it is pure: no database, no network, no clock.
//!
//! **Invariant.** A claim that is kept has a quote, and every quote is a part of its passage,
//! character by character: of a model's quote only the place is taken, never the text.
//! **Invariant.** A number in what is kept stands in a passage that is quoted with it, or counts
//! the documents that are.
//! **Invariant.** What is kept has no link, no mention, no markup and no character that does not
//! show. Nothing is cut without being counted.

mod ask;
mod check;
mod common;
mod counts;
mod dates;
mod ground;
mod numbers;
mod partial;
mod plain;
mod quotes;
#[cfg(test)]
mod tests;
mod why;
mod words;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::PassageId;

pub use self::ask::{inputs, schema};
pub use self::check::{CheckedClaim, Checker, check};
pub use self::partial::Partial;
pub use self::why::{Part, Why};

/// The prompt that asks for the answer.
pub const PROMPT: &str = "research.answer";

/// A question asked before in the same conversation, and what was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Earlier {
    pub question: String,
    pub answer: String,
}

/// A passage as the model is given it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Passage {
    /// From 1 on. The model knows passages by it; ids of ours are never shown to it.
    pub number: usize,
    pub id: PassageId,
    /// Without personal data: masking it is the caller's part. Quotes are parts of this text.
    pub text: String,
    pub source: String,
    /// The document's id in its source; the model is not shown it either.
    pub document: String,
    pub title: String,
    pub written: Option<Date>,
}

/// What of a model's answer can be shown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Checked {
    pub summary: Option<String>,
    pub claims: Vec<Claim>,
    /// What the passages leave open, in the model's words.
    pub unanswered: Option<String>,
    /// What was cut, in the order of the answer.
    pub cut: Vec<Cut>,
    /// Quotes that stand in another passage than the model said, and are shown with the right one.
    pub moved: usize,
}

/// A sentence or two of the model's, with the quotes that bear it out: always at least one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claim {
    pub text: String,
    pub quotes: Vec<QuoteOf>,
}

/// A part of a passage, character by character.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuoteOf {
    pub passage: PassageId,
    pub text: String,
}

/// Something of the answer that is not shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cut {
    pub part: Part,
    /// How it began, as the model wrote it: not safe to show without `slack::escape`.
    pub text: String,
    pub why: Why,
}

impl Checked {
    /// Whether no claim is left. There is no summary then either.
    pub fn is_nothing(&self) -> bool {
        self.claims.is_empty()
    }

    /// How many claims were cut; quotes that were cut from claims which hold are not among them.
    pub fn claims_cut(&self) -> usize {
        self.cut.iter().filter(|it| it.part == Part::Claim).count()
    }
}

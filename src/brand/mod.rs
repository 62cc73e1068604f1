//! The brand: what a company may say and how, and whether a text keeps to it.
//!
//! A [`Kit`] is declared in one TOML file and checked when it is read. [`check`] holds a text against it:
//! a text is folded once, so that look-alike letters, hidden characters and hyphens hide nothing,
//! and every rule then tells what it found, where, why, and what to write instead. The score is how many
//! of the rules that could be tested it passed, with the list; there is no single opaque number. [`labels()`]
//! says what a text is about, for choosing who decides on it.
//!
//! **Invariant:** a finding's place is a place in the text as it was written, never in the folded one.
//!
//! **Invariant:** no check reads the clock, the database or the network: the same text, kit and context give
//! the same report.
//!
//! What this does not find: claims in words that no rule knows, irony, pictures, and names of people.

mod checks;
mod claims;
mod fold;
mod kit;
mod labels;
mod message;
mod phrases;
mod report;
mod sentences;
mod text;
mod told;

pub use checks::{Context, Fingerprint, Segments, Sent, check, test};
pub use claims::Language;
pub use kit::{
    Audience, Banned, Channel, Disclaimer, Example, Kit, Limits, Message, Part, Product, Proof,
    Stage, Term, Tone, Topic, Voice,
};
pub use labels::labels;
pub use message::{lines, post, rules_passed, summary};
pub use report::{Finding, Outcome, Passing, Report, Rule, Severity};
pub use text::Text;
pub use told::told;

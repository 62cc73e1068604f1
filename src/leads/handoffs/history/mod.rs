//! What happened to a hand-off: who did what, when and why, what it was before, and what was learned.

mod store;

use jiff::Timestamp;

use super::hand_off::HandOff;
use crate::ids::{HandOffEventId, PersonId};

pub use store::{answers_before, happened, insert, insert_feedback, undo};

/// Something that happens to a hand-off.
pub struct New<'a> {
    pub what: &'static str,
    pub person: Option<&'a PersonId>,
    pub reason: Option<&'a str>,
    pub at: Timestamp,
    /// The hand-off that it changed.
    pub before: Option<&'a HandOff>,
}

impl New<'_> {
    pub fn by_itself(what: &'static str, at: Timestamp) -> Self {
        Self { what, person: None, reason: None, at, before: None }
    }
}

/// Something that happened.
pub struct Happened {
    pub id: HandOffEventId,
    pub what: String,
    pub person: Option<PersonId>,
    pub reason: Option<String>,
    pub at: Timestamp,
    pub before: Option<HandOff>,
}

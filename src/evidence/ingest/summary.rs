//! What an import tells while it runs and when it is done.

use serde::{Deserialize, Serialize};

/// Refusals that are kept with their reasons; the rest is counted.
const REFUSALS_KEPT: usize = 100;

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    pub records: u64,
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    /// The same id with the same content a second time.
    pub repeated: u64,
    /// Of the new and changed ones, those without any text: they are kept but cannot be found.
    pub without_text: u64,
    pub passages: u64,
    /// Documents that the source does not have any more.
    pub retired: u64,
    pub refused: u64,
    /// Of the refused ones, those whose ids are not known.
    #[serde(skip_serializing_if = "is_zero")]
    pub unreadable: u64,
    /// The first hundred refusals.
    pub refusals: Vec<Refused>,
    /// What was found by looking at the file, and what people should know of it.
    pub notes: Vec<String>,
    /// How many records had been stored before by an import that was cut off.
    pub resumed_after: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refused {
    pub line: u64,
    pub reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    pub bytes: u64,
    /// Where it is known.
    pub bytes_total: Option<u64>,
    pub records: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Summary {
    pub(super) fn refuse(&mut self, line: u64, reason: &str) {
        self.refused += 1;
        if self.refusals.len() < REFUSALS_KEPT {
            self.refusals.push(Refused { line, reason: reason.to_owned() });
        }
    }

    pub(super) fn repeat(&mut self, line: u64, id: &str, first: i64, same: bool) {
        if same {
            self.repeated += 1;
        } else {
            let reason = format!(
                "its id “{id}” stands on line {first} already, with other content; the first one \
                 was kept"
            );
            self.refuse(line, &reason);
        }
    }
}

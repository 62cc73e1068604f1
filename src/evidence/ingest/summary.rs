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
    /// Adds what a later import into the same source did.
    pub(super) fn add(&mut self, later: Self) {
        self.records += later.records;
        self.new += later.new;
        self.changed += later.changed;
        self.unchanged += later.unchanged;
        self.repeated += later.repeated;
        self.without_text += later.without_text;
        self.passages += later.passages;
        self.retired += later.retired;
        self.refused += later.refused;
        self.unreadable += later.unreadable;
        let room = REFUSALS_KEPT.saturating_sub(self.refusals.len());
        self.refusals.extend(later.refusals.into_iter().take(room));
        for note in later.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

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

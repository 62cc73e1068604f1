//! What came of taking leads in.

use serde::Serialize;

/// How many refusals a summary names.
const NAMED: usize = 20;

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Summary {
    pub records: u64,
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub activities: u64,
    /// Activities that were known.
    pub repeated: u64,
    pub merged: u64,
    pub deleted: u64,
    /// About something else than leads, or about leads that were deleted.
    pub left_out: u64,
    pub refused: u64,
    pub refusals: Vec<Refused>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Refused {
    pub line: u64,
    pub reason: String,
}

impl Summary {
    pub(super) fn refuse(&mut self, line: u64, reason: String) {
        self.refused += 1;
        if self.refusals.len() < NAMED {
            self.refusals.push(Refused { line, reason });
        }
    }

    /// Adds what came of more records.
    pub fn add(&mut self, more: Self) {
        self.records += more.records;
        self.new += more.new;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.activities += more.activities;
        self.repeated += more.repeated;
        self.merged += more.merged;
        self.deleted += more.deleted;
        self.left_out += more.left_out;
        self.refused += more.refused;
        let room = NAMED.saturating_sub(self.refusals.len());
        self.refusals.extend(more.refusals.into_iter().take(room));
    }

    pub(super) fn did_something_since(&self, before: &Self) -> bool {
        let sum = |it: &Self| it.new + it.changed + it.activities + it.merged + it.deleted;
        sum(self) > sum(before)
    }
}

//! What a lead is worth, with every reason in words. Pure: no clock, no database, no Slack.
//!
//! What is known of a lead are its [`Attributes`], which are, and its [`Activity`]s, which happened.
//! A [`Score`] is a number of points and the reasons that they are the sum of:
//!
//! - [`rules`]: points for fit and behaviour, as the manifest declares them; they work from the first
//!   day;
//! - [`learned`]: what the leads that were won or lost tell, read from a [`table`] of them.
//!
//! [`acts`] makes columns of what leads did, [`excluded`] says what never counts, [`evaluate`] how good a
//! learned score is, [`comparison`] whether it may take over from the rules, and [`drift`] whether leads
//! are still what they were. [`segments`] finds the kinds of leads that are won more seldom than the others.
//!
//! **Invariant.** The points of a score are the sum of the points of its reasons, as people read them.
//! **Invariant.** What happens after `now` changes no score.

pub mod acts;
pub mod comparison;
pub mod drift;
pub mod evaluate;
pub mod excluded;
pub mod learned;
pub mod rules;
pub mod segments;
pub mod table;
mod value;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use value::Value;

/// What is known of a lead, by the name of the attribute. What is not known is not in it.
pub type Attributes = BTreeMap<String, Value>;

/// Something that a lead did, or that was done with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Activity {
    /// What it was: `page_view`, `form`, `email_open`, as the source calls it.
    pub kind: String,
    pub at: Timestamp,
    /// What of: the path of a page, the name of a form; empty where there is none.
    pub detail: String,
}

/// What a lead is worth, and why.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Score {
    pub points: i32,
    /// The weightiest first.
    pub reasons: Vec<Reason>,
}

/// One reason of a score: `visited pricing three times this week, +14`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    pub words: String,
    pub points: i32,
}

impl Score {
    /// The sum of these; what came to nothing is not a reason.
    pub fn of(reasons: impl IntoIterator<Item = Reason>) -> Self {
        let mut reasons: Vec<Reason> = reasons.into_iter().filter(|it| it.points != 0).collect();
        reasons.sort_by_key(|it| std::cmp::Reverse(it.points.unsigned_abs()));
        Self { points: reasons.iter().map(|it| it.points).sum(), reasons }
    }

    /// The same with one reason more.
    pub fn and(self, reason: Reason) -> Self {
        Self::of(self.reasons.into_iter().chain([reason]))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A true minus sign, so that it is no hyphen of the words before it.
        let sign = if self.points < 0 { '\u{2212}' } else { '+' };
        write!(f, "{}, {sign}{}", self.words, self.points.unsigned_abs())
    }
}

/// `company size`, of `company_size`.
fn words_of(name: &str) -> String {
    name.replace(['_', '.', '-'], " ")
}

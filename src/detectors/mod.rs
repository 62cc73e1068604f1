//! What is worth a message in a series of numbers. Pure: readings and a rule in, findings out.
//!
//! Five detectors, one file or folder each, none of which knows Slack, the database or the clock:
//!
//! - [`unusual`]: a reading that is far from what the hour, the weekday and the last days let expect;
//! - [`waste`]: much money for leads of provably lower quality than those of the siblings;
//! - [`dropoff`]: the step of a funnel whose rate changed;
//! - [`pacing`]: a budget that will not be spent, or is spent too soon;
//! - [`silence`]: data that stopped coming.
//!
//! [`rules`] makes the rule of a metric out of what [`readings`](crate::readings) and the team declare
//! of it; [`Inspection`] looks at the lines of a workspace, campaign by campaign, with all of them; and
//! [`backtest`] runs the same code over the past, so that a team sees what a rule would have said before
//! it is turned on.
//!
//! Times are [`Local`] seconds: the civil time of the account, counted as if it were UTC, so that
//! "Sunday" and "9:00" mean what the team means by them.
//!
//! **Invariant.** What is said of a reading depends on that reading and on earlier ones, never on
//! later ones.
//! **Invariant.** A difference is claimed only where its interval excludes none at all; otherwise the
//! finding says that it cannot be told.

pub mod backtest;
pub mod dropoff;
pub mod pacing;
pub mod rules;
pub mod significance;
pub mod silence;
pub mod unusual;
pub mod waste;

mod inspection;
mod words;

use serde::{Deserialize, Serialize};

pub use self::inspection::{Found, Inspection, Looked, Outline, Reading, STALE_S, Shown};
pub use crate::config::Bad;

pub use self::words::{amount, civil_of, day_of, local_of, percent};

/// Seconds of the account's civil time since 1970, as if it were UTC.
pub type Local = i64;

pub const HOUR_S: i64 = 3_600;
pub const DAY_S: i64 = 24 * HOUR_S;

/// One reading, as a detector wants it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    pub at: Local,
    pub value: f64,
}

/// What is said when a detector found something: everything a card needs, and the sentence first.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    pub kind: Kind,
    pub sentence: String,
    /// What was measured and what was expected, with its interval, in the metric's own unit.
    pub value: f64,
    pub expected: f64,
    pub low: f64,
    pub high: f64,
    pub since: Local,
    /// The first reading that was as expected again; none while it goes on.
    pub ended: Option<Local>,
    /// What it has cost so far, in the currency of the rule; an estimate.
    pub cost: Option<f64>,
    /// From 0 to 1; from 0.5 on it is worth a message.
    pub score: f64,
    /// What the reader must know to judge it: short history, a gap, a ramp.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Unusual,
    Waste,
    /// Costly, but no worse in quality as far as can be told.
    Expensive,
    DropOff,
    Pacing,
    Silence,
}

/// Points a day apart, for the tests of detectors.
#[cfg(test)]
fn days(values: &[f64]) -> Vec<Point> {
    (0..).zip(values).map(|(day, value)| Point { at: day * DAY_S, value: *value }).collect()
}

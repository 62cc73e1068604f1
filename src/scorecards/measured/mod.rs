//! What came of a stretch of work: of one agent, of one version of it, of one period.
//!
//! [`read`] counts it for all agents and their versions at once; [`Measured`] is the sums, which add up,
//! so that an agent is the sum of its versions. Of an [`Aspect`] a [`Sample`] is taken, and
//! [`Sample::against`] holds one against another.
//!
//! - A text counts for the version that wrote its first revision, whoever worked on it afterwards.
//! - What a model's calls cost counts for the prompt that began the work; repairs of it are part of that.
//!
//! **Invariant:** a difference is told with its interval, or not at all.

mod change;
mod ratio;
mod share;
mod store;
mod waits;

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::Timestamp;
use serde::Serialize;

use super::Decisions;
use crate::config::Measure;

pub(super) use change::ENOUGH;
pub use change::{Change, Compared, Sample, Unit};
pub use ratio::Ratio;
pub use share::Share;
pub(super) use store::read;
pub use waits::Waits;

/// Sums of what was recorded.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Measured {
    /// When the first and the last thing of it was made.
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// What it put up for a decision.
    pub put_up: u64,
    /// Decisions of people on its words, without those that were taken back.
    pub decisions: Decisions,
    /// Of what people decided on: how much was approved in the words in which it was put up.
    pub first_pass: Share,
    /// From when a text could be read until somebody decided on it.
    #[serde(rename = "median_decision_s")]
    pub waits: Waits,
    /// Words that people changed, of those that it wrote; a piece is a draft that was approved.
    pub editing: Ratio,
    /// Rules of the brand kit that its first texts kept, of those that could be tested.
    pub brand: Ratio,
    /// Claims that were cut because nothing supports them, of those that a model wrote.
    pub unsupported: Ratio,
    /// Of what it put up: how much somebody disputes.
    pub disputed_share: Share,
    /// Of its alerts that people judged: how many were useful.
    pub alert_precision: Share,
    /// Of its leads that sales answered for: how many it kept.
    pub acceptance: Share,
    /// Of its calls of models that ended: how many failed.
    pub calls_failed: Share,
    /// What models cost for each result that was accepted, by currency; a piece is a run or a brief.
    pub cost_per_accepted: BTreeMap<String, Ratio>,
}

/// What of it can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    FirstPass,
    Editing,
    TimeToDecision,
    Brand,
    Unsupported,
    Disputed,
    AlertPrecision,
    Acceptance,
    CostPerAccepted,
    CallsFailed,
}

impl Aspect {
    pub const ALL: [Self; 10] = [
        Self::FirstPass,
        Self::Editing,
        Self::TimeToDecision,
        Self::Brand,
        Self::Unsupported,
        Self::Disputed,
        Self::AlertPrecision,
        Self::Acceptance,
        Self::CostPerAccepted,
        Self::CallsFailed,
    ];
}

impl From<Measure> for Aspect {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::FirstPass => Self::FirstPass,
            Measure::Editing => Self::Editing,
            Measure::TimeToDecision => Self::TimeToDecision,
            Measure::AlertPrecision => Self::AlertPrecision,
            Measure::Acceptance => Self::Acceptance,
            Measure::CostPerAccepted => Self::CostPerAccepted,
        }
    }
}

impl Measured {
    /// Costs are those in `currency`; without one, those of the only currency there is.
    pub fn sample(&self, aspect: Aspect, currency: Option<&str>) -> Option<Sample<'_>> {
        Some(match aspect {
            Aspect::FirstPass => Sample::Share(self.first_pass),
            Aspect::Editing => Sample::Ratio(&self.editing),
            Aspect::TimeToDecision => Sample::Waits(&self.waits),
            Aspect::Brand => Sample::Ratio(&self.brand),
            Aspect::Unsupported => Sample::Ratio(&self.unsupported),
            Aspect::Disputed => Sample::Share(self.disputed_share),
            Aspect::AlertPrecision => Sample::Share(self.alert_precision),
            Aspect::Acceptance => Sample::Share(self.acceptance),
            Aspect::CallsFailed => Sample::Share(self.calls_failed),
            Aspect::CostPerAccepted => {
                let costs = &self.cost_per_accepted;
                let only = costs.values().next().filter(|_| costs.len() == 1);
                Sample::Ratio(currency.map_or(only, |currency| costs.get(currency))?)
            }
        })
    }
}

impl AddAssign for Measured {
    fn add_assign(&mut self, other: Self) {
        let (first, last) = (other.first_at, other.last_at);
        self.first_at = self.first_at.into_iter().chain(first).min();
        self.last_at = self.last_at.into_iter().chain(last).max();
        self.put_up += other.put_up;
        self.decisions.approved += other.decisions.approved;
        self.decisions.changes_requested += other.decisions.changes_requested;
        self.decisions.rejected += other.decisions.rejected;
        self.waits.join(other.waits);
        self.first_pass += other.first_pass;
        self.disputed_share += other.disputed_share;
        self.alert_precision += other.alert_precision;
        self.acceptance += other.acceptance;
        self.calls_failed += other.calls_failed;
        self.editing += other.editing;
        self.brand += other.brand;
        self.unsupported += other.unsupported;
        for (currency, ratio) in other.cost_per_accepted {
            *self.cost_per_accepted.entry(currency).or_default() += ratio;
        }
    }
}

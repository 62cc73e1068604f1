//! The noun: an alert, what was found, and what may be done with it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::{Route, Severity};
use crate::detectors::{Kind, Local, Shown};
use crate::error::Refusal;
use crate::ids::{AlertId, PersonId};

/// Something that moved, as it stands in the database.
#[derive(Clone, PartialEq, Debug)]
pub struct Alert {
    pub id: AlertId,
    pub key: Key,
    pub picture: Picture,
    pub route: Route,
    pub state: State,
    pub opened_at: Timestamp,
    /// The end of the quiet hours in which it was opened.
    pub quiet_until: Option<Timestamp>,
    pub called_at: Option<Timestamp>,
    pub escalated_at: Option<Timestamp>,
}

/// What tells alerts apart: of each, one is open at a time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    /// Empty for what the manifest declares over sources: funnels and budgets.
    pub source: String,
    /// Empty where the source has none; [`MANY`] where it is about several at once.
    pub campaign: String,
    pub cause: Cause,
}

/// What an alert on several campaigns at once has in place of a campaign's name.
const MANY: &str = "*";

/// What lines that move together have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    /// Data stopped coming.
    Silence,
    /// What ads bring: conversions, revenue, leads, and what they cost.
    Results,
    /// What ads cost, and who sees them.
    Delivery,
    /// Leads that sales do not want.
    Quality,
    /// A budget that will be missed.
    Budget,
}

/// What was found, as a card shows it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Picture {
    /// The worst first.
    pub lines: Vec<Line>,
    pub severity: Severity,
    /// Estimated, by currency.
    pub cost: Vec<(String, f64)>,
    /// What else was looked at, and did not move.
    pub steady: Vec<String>,
    /// The end of the newest hour or day that was looked at.
    pub data_until: Timestamp,
    /// The numbers behind the first line.
    pub shown: Option<Shown>,
}

/// One metric of one campaign that moved.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Line {
    pub campaign: String,
    pub metric: String,
    pub kind: Kind,
    pub sentence: String,
    /// Local seconds, as the detectors count them: what was told is known by it.
    pub since: Local,
    pub cost: Option<f64>,
    pub currency: String,
    pub score: f64,
    pub rule: String,
    pub notes: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum State {
    Open,
    Acknowledged {
        by: PersonId,
        at: Timestamp,
    },
    Snoozed {
        by: PersonId,
        until: Timestamp,
    },
    Resolved {
        by: PersonId,
        at: Timestamp,
    },
    /// By itself.
    Ended {
        at: Timestamp,
        /// No numbers came any more that could have shown it.
        #[serde(default)]
        unseen: bool,
    },
    NotUseful {
        by: PersonId,
        at: Timestamp,
    },
}

/// What is due for an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Due {
    Nothing,
    /// The snooze is over.
    Wake,
    Escalate,
    /// The quiet hours are over.
    Call,
}

impl Key {
    /// The same cause in several campaigns of the source at once.
    pub fn of_many(&self) -> Self {
        Self { campaign: MANY.to_owned(), ..self.clone() }
    }

    pub fn is_of_many(&self) -> bool {
        self.campaign == MANY
    }
}

impl Cause {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Results => "results",
            Self::Delivery => "delivery",
            Self::Quality => "quality",
            Self::Budget => "budget",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        [Self::Silence, Self::Results, Self::Delivery, Self::Quality, Self::Budget]
            .into_iter()
            .find(|one| one.name() == name)
    }
}

impl State {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Snoozed { .. } => "snoozed",
            Self::Resolved { .. } => "resolved",
            Self::Ended { .. } => "ended",
            Self::NotUseful { .. } => "not_useful",
        }
    }

    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Resolved { .. } | Self::Ended { .. } | Self::NotUseful { .. })
    }

    fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Open | Self::Ended { .. } => None,
            Self::Acknowledged { by, .. }
            | Self::Snoozed { by, .. }
            | Self::Resolved { by, .. }
            | Self::NotUseful { by, .. } => Some(by),
        }
    }
}

impl Picture {
    /// What is at stake: the largest sum of one currency.
    pub fn at_stake(&self) -> f64 {
        self.cost.iter().map(|(_, cost)| *cost).fold(0.0, f64::max)
    }
}

impl Alert {
    /// Whether it may still be acted on.
    pub fn check_open(&self) -> Result<(), Refusal> {
        match self.state.is_over() {
            true => Err(Refusal::AlertIsOver { by: self.state.person().cloned() }),
            false => Ok(()),
        }
    }

    pub fn check_acknowledgement(&self) -> Result<(), Refusal> {
        self.check_open()?;
        match &self.state {
            State::Acknowledged { by, .. } => Err(Refusal::AlertAcknowledged { by: by.clone() }),
            _ => Ok(()),
        }
    }

    /// What is due now; the most far-reaching first.
    pub(super) fn due(&self, now: Timestamp) -> Due {
        let passed = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        match &self.state {
            State::Snoozed { until, .. } if *until <= now => Due::Wake,
            State::Open if passed(self.escalates_at()) => Due::Escalate,
            State::Open if passed(self.calls_at()) => Due::Call,
            _ => Due::Nothing,
        }
    }

    /// When something is due next.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Snoozed { until, .. } => Some(*until),
            State::Open => [self.escalates_at(), self.calls_at()].into_iter().flatten().min(),
            _ => None,
        }
    }

    fn escalates_at(&self) -> Option<Timestamp> {
        let (after_s, _) = self.route.escalate.as_ref().filter(|_| self.escalated_at.is_none())?;
        // Nobody is called in quiet hours, nor is it held against them that they slept.
        let from = self.quiet_until.unwrap_or(self.opened_at);
        from.checked_add(SignedDuration::from_secs(*after_s)).ok()
    }

    fn calls_at(&self) -> Option<Timestamp> {
        self.quiet_until.filter(|_| self.called_at.is_none() && self.route.owner.is_some())
    }
}

//! The noun: a lead that was given to sales, and what may be done with it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::calendar;
use super::summary::Summary;
use crate::config::{Sales, WorkingTime};
use crate::error::Refusal;
use crate::ids::{HandOffId, LeadId, PersonId};

/// How long what a person did can be taken back.
pub const UNDO: SignedDuration = SignedDuration::from_mins(5);

/// A hand-off, as it stands in the database.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HandOff {
    pub id: HandOffId,
    pub lead: LeadId,
    /// The score with which it crossed the threshold.
    pub points: i32,
    pub threshold: i32,
    pub score_version: String,
    pub state: State,
    /// Whom it was given to, or who has claimed it; none where the group as a whole is asked.
    pub owner: Option<PersonId>,
    pub owned_since: Timestamp,
    /// Who was asked before, and did not answer.
    pub asked: Vec<PersonId>,
    pub opened_at: Timestamp,
    /// By when somebody is to claim it.
    pub due_at: Option<Timestamp>,
    pub claimed_at: Option<Timestamp>,
    pub reminded_at: Option<Timestamp>,
    pub escalated_at: Option<Timestamp>,
    /// What a model said of the lead when it was handed over; never part of what an undo brings back.
    #[serde(skip)]
    pub summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum State {
    Waiting,
    Claimed {
        by: PersonId,
        at: Timestamp,
    },
    /// Sales finds it worth an offer.
    Qualified {
        by: PersonId,
        at: Timestamp,
    },
    Snoozed {
        by: PersonId,
        until: Timestamp,
        /// Whether it was claimed before, and is again after.
        claimed: bool,
    },
    Returned {
        by: PersonId,
        at: Timestamp,
        code: Code,
    },
    Won {
        by: PersonId,
        at: Timestamp,
    },
    Lost {
        by: PersonId,
        at: Timestamp,
    },
    /// Nobody's doing here: the lead is none any more.
    Gone {
        why: Gone,
        at: Timestamp,
    },
}

/// Why sales gave a lead back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    NotAFit,
    BadData,
    TooEarly,
    Duplicate,
    NoAnswer,
    Other,
}

/// Why a lead is none any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    Deleted,
    DoNotContact,
    Merged,
    Customer,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Snooze {
    /// Two hours of working time.
    Hours,
    /// The beginning of the next working day.
    Day,
    Week,
}

/// What is due for a hand-off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    Nothing,
    /// The snooze is over.
    Wake,
    Remind,
    Reassign,
    Escalate,
}

impl Code {
    pub const ALL: [Self; 6] = [
        Self::NotAFit,
        Self::BadData,
        Self::TooEarly,
        Self::Duplicate,
        Self::NoAnswer,
        Self::Other,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAFit => "not_a_fit",
            Self::BadData => "bad_data",
            Self::TooEarly => "too_early",
            Self::Duplicate => "duplicate",
            Self::NoAnswer => "no_answer",
            Self::Other => "other",
        }
    }

    /// As people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotAFit => "not a fit",
            Self::BadData => "bad data",
            Self::TooEarly => "too early",
            Self::Duplicate => "a duplicate",
            Self::NoAnswer => "no answer",
            Self::Other => "something else",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Gone {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::DoNotContact => "do_not_contact",
            Self::Merged => "merged",
            Self::Customer => "customer",
        }
    }
}

impl State {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Claimed { .. } => "claimed",
            Self::Qualified { .. } => "qualified",
            Self::Snoozed { .. } => "snoozed",
            Self::Returned { .. } => "returned",
            Self::Won { .. } => "won",
            Self::Lost { .. } => "lost",
            Self::Gone { .. } => "gone",
        }
    }

    pub const fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Returned { .. } | Self::Won { .. } | Self::Lost { .. } | Self::Gone { .. }
        )
    }

    /// Whether somebody has taken it on.
    pub const fn is_claimed(&self) -> bool {
        matches!(
            self,
            Self::Claimed { .. } | Self::Qualified { .. } | Self::Snoozed { claimed: true, .. }
        )
    }
}

impl Snooze {
    /// Until when, for somebody who works at these times.
    pub fn end(self, time: &WorkingTime, now: Timestamp) -> Timestamp {
        match self {
            Self::Hours => calendar::after(time, now, 2 * 3_600),
            Self::Day => calendar::next_day(time, now),
            Self::Week => calendar::opening(time, now + SignedDuration::from_hours(7 * 24)),
        }
    }
}

impl HandOff {
    pub fn check_open(&self) -> Result<(), Refusal> {
        match &self.state {
            State::Gone { why, .. } => Err(Refusal::LeadIsGone { why: why.name() }),
            State::Returned { by, .. } | State::Won { by, .. } | State::Lost { by, .. } => {
                Err(Refusal::LeadIsAnswered { by: by.clone(), state: self.state.name() })
            }
            _ => Ok(()),
        }
    }

    /// Whether it is still there to be claimed by somebody.
    pub fn check_claim(&self) -> Result<(), Refusal> {
        self.check_open()?;
        match (&self.owner, self.state.is_claimed()) {
            (Some(owner), true) => Err(Refusal::LeadIsClaimed { by: owner.clone() }),
            _ => Ok(()),
        }
    }

    /// Whether somebody may answer for it: whoever claimed it, or those who may stand in.
    pub fn check_answer_by(&self, person: &PersonId, is_manager: bool) -> Result<(), Refusal> {
        self.check_open()?;
        match &self.owner {
            Some(owner) if self.state.is_claimed() && owner != person && !is_manager => {
                Err(Refusal::LeadIsAnothers { by: owner.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Only who has claimed it reads by what it is reached.
    pub fn check_reveal_to(&self, person: &PersonId) -> Result<(), Refusal> {
        self.check_open()?;
        match &self.owner {
            Some(owner) if self.state.is_claimed() && owner == person => Ok(()),
            Some(owner) if self.state.is_claimed() => {
                Err(Refusal::LeadIsAnothers { by: owner.clone() })
            }
            _ => Err(Refusal::LeadIsUnclaimed),
        }
    }

    /// What is due now; the most far-reaching first.
    pub fn due(&self, sales: &Sales, now: Timestamp) -> Due {
        let passed = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        match &self.state {
            State::Snoozed { until, .. } if *until <= now => Due::Wake,
            State::Waiting if passed(self.escalates_at(sales)) => Due::Escalate,
            State::Waiting if passed(self.reassigns_at(sales)) => Due::Reassign,
            State::Waiting if passed(self.reminds_at(sales)) => Due::Remind,
            _ => Due::Nothing,
        }
    }

    /// When something is due next.
    pub fn next_at(&self, sales: &Sales) -> Option<Timestamp> {
        match &self.state {
            State::Snoozed { until, .. } => Some(*until),
            State::Waiting => {
                let times =
                    [self.reminds_at(sales), self.reassigns_at(sales), self.escalates_at(sales)];
                times.into_iter().flatten().min()
            }
            _ => None,
        }
    }

    fn reminds_at(&self, sales: &Sales) -> Option<Timestamp> {
        let after = sales.remind_after_s.filter(|_| self.reminded_at.is_none())?;
        Some(calendar::after(self.time(sales), self.owned_since, after))
    }

    fn reassigns_at(&self, sales: &Sales) -> Option<Timestamp> {
        let after = sales.reassign_after_s.filter(|_| self.owner.is_some())?;
        Some(calendar::after(self.time(sales), self.owned_since, after))
    }

    /// The manager is told by the team's time, for it does not matter to a lead whose turn it was.
    fn escalates_at(&self, sales: &Sales) -> Option<Timestamp> {
        let after = sales.escalate_after_s.filter(|_| self.escalated_at.is_none())?;
        Some(calendar::after(&sales.time, self.opened_at, after))
    }

    /// When whoever is asked works.
    fn time<'a>(&self, sales: &'a Sales) -> &'a WorkingTime {
        let seller = sales.people.iter().find(|it| Some(&it.person) == self.owner.as_ref());
        seller.map_or(&sales.time, |seller| &seller.time)
    }
}

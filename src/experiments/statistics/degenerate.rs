//! Why counts say nothing: each reason a type and a sentence.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// The arm that is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Control,
    Treatment,
}

/// What keeps two arms from being compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Degenerate {
    NoUsers(Which),
    /// One user has no variance.
    OneUser(Which),
    /// Everybody in an arm did the same, or its sums contradict each other.
    NoVariance(Which),
    /// A relative effect is a share of the control's mean, which is zero.
    ZeroBaseline,
    /// A ratio over nothing.
    ZeroDenominator(Which),
    /// Projected on all traffic, of which the arm has no share or no days.
    ZeroTraffic,
    NotANumber(Which),
    Negative(Which),
    /// More conversions than users.
    MoreThanUsers(Which),
    /// The parts of a ratio, or before and after, count different users.
    UsersDiffer(Which),
    /// One arm is a proportion and the other a mean, for instance.
    DifferentKinds,
    /// A risk, power or prior that is not between what it must be between.
    Setting(&'static str),
    /// Numbers so large, or so far apart, that the result has no digits.
    OutOfRange,
}

impl Degenerate {
    /// More data may mend it.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NoUsers(_)
                | Self::OneUser(_)
                | Self::NoVariance(_)
                | Self::ZeroBaseline
                | Self::ZeroDenominator(_)
        )
    }

    /// The short name by which other tools, GrowthBook's among them, know the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoUsers(_) => "NO_UNITS_IN_VARIATION",
            Self::OneUser(_) | Self::NoVariance(_) => "ZERO_NEGATIVE_VARIANCE",
            Self::ZeroBaseline => "ZERO_NEGATIVE_BASELINE_VARIATION",
            Self::ZeroDenominator(_) => "ZERO_DENOMINATOR",
            Self::ZeroTraffic => "ZERO_SCALED_VARIATION_WEIGHT",
            Self::NotANumber(_) => "NOT_A_NUMBER",
            Self::Negative(_) => "NEGATIVE_COUNT",
            Self::MoreThanUsers(_) => "MORE_THAN_USERS",
            Self::UsersDiffer(_) => "USERS_DIFFER",
            Self::DifferentKinds => "DIFFERENT_KINDS",
            Self::Setting(_) => "SETTING",
            Self::OutOfRange => "OUT_OF_RANGE",
        }
    }
}

impl fmt::Display for Degenerate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUsers(arm) => {
                write!(f, "{arm} has no users yet, so there is nothing to compare.")
            }
            Self::OneUser(arm) => {
                write!(f, "{arm} has one user only; a comparison needs at least two in each arm.")
            }
            Self::NoVariance(arm) => write!(
                f,
                "Everybody in {} did the same, so how much the result varies is not known yet. Wait for more data.",
                arm.within()
            ),
            Self::ZeroBaseline => f.write_str(
                "The control's value is zero, so a change in percent has no meaning. Ask for the absolute difference, or wait for more data.",
            ),
            Self::ZeroDenominator(arm) => write!(
                f,
                "What the ratio of {} is divided by is zero, so there is no ratio yet.",
                arm.within()
            ),
            Self::ZeroTraffic => f.write_str(
                "The arm's share of the traffic, or the number of days, is zero, so nothing can be projected.",
            ),
            Self::NotANumber(arm) => {
                write!(f, "A figure of {} is not a number. Check the import.", arm.within())
            }
            Self::Negative(arm) => {
                write!(f, "A count of {} is below zero. Check the import.", arm.within())
            }
            Self::MoreThanUsers(arm) => write!(
                f,
                "{arm} has more conversions than users. Count each user once, or compare means instead."
            ),
            Self::UsersDiffer(arm) => write!(
                f,
                "The sums of {} are over different numbers of users. Check the import.",
                arm.within()
            ),
            Self::DifferentKinds => f.write_str(
                "The arms measure different kinds of things, so they cannot be compared.",
            ),
            Self::Setting(what) => write!(f, "{what}."),
            Self::OutOfRange => f.write_str(
                "The figures are too large, or too far apart, to be computed with. Check their units.",
            ),
        }
    }
}

impl Serialize for Degenerate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Degenerate", 2)?;
        fields.serialize_field("code", self.code())?;
        fields.serialize_field("sentence", &self.to_string())?;
        fields.end()
    }
}

impl Which {
    fn within(self) -> &'static str {
        match self {
            Self::Control => "the control",
            Self::Treatment => "the treatment",
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "The control",
            Self::Treatment => "The treatment",
        })
    }
}

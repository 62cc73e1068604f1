//! What is agreed on before a test starts: what is measured, and how it will be decided.

use serde::{Deserialize, Serialize};

use super::arm::Arm;
use super::bayesian::Better;
use super::degenerate::Degenerate;
use super::estimate::Difference;
use super::fixed::check_share;
use super::sequential;

/// The plan of a test. The first arm is the control.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    pub name: String,
    pub metric: Metric,
    pub difference: Difference,
    pub rule: Rule,
    /// The risk of a false winner.
    pub alpha: f64,
    /// The chance to find the least effect, if it is there.
    pub power: f64,
    /// The least effect worth having: above zero, and towards the better side.
    pub least_effect: f64,
    pub guardrails: Vec<Guardrail>,
    pub arms: Vec<PlannedArm>,
    pub longest_days: Option<f64>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    pub name: String,
    pub kind: Kind,
    pub better: Better,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The share of users that did it.
    Conversion,
    /// How often a user did it.
    Count,
    /// What a user brought.
    Revenue,
    /// One sum over another, such as clicks per view.
    Ratio,
}

/// How the test is decided; said before the start, and not changed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Rule {
    /// Once, when so many users of all arms were counted.
    FixedHorizon { users: f64 },
    /// At any time, by a sequence that is narrowest at so many users of two arms.
    AlwaysValid { tuned_for: f64 },
}

/// What must not get worse by more than is tolerated.
#[derive(Clone, PartialEq, Debug)]
pub struct Guardrail {
    pub metric: Metric,
    /// From zero up, on the scale of the plan.
    pub tolerated: f64,
}

#[derive(Clone, PartialEq, Debug)]
pub struct PlannedArm {
    pub name: String,
    /// Of the traffic; only how they compare matters.
    pub share: f64,
}

/// What was counted up to a point in time, an entry for each arm of the plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Look {
    /// A date, mostly; it is shown to people.
    pub label: String,
    pub arms: Vec<Counted>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Counted {
    pub primary: Arm,
    /// In the order of the plan's.
    pub guardrails: Vec<Arm>,
}

impl Plan {
    /// Refuses a plan by which nothing could be decided.
    pub fn check(&self) -> Result<(), Degenerate> {
        check_share(self.alpha, "The risk alpha lies between 0 and 1")?;
        check_share(self.power, "The power lies between 0 and 1")?;
        let positive = |it: f64| it.is_finite() && it > 0.0;
        let refused = |sentence| Err(Degenerate::Setting(sentence));
        if !positive(self.least_effect) {
            return refused("The least effect worth having is above zero");
        }
        if self.arms.len() < 2 {
            return refused("A test has a control and at least one arm that is set against it");
        }
        if !self.arms.iter().all(|it| positive(it.share)) {
            return refused("Each arm has a share of the traffic");
        }
        let names: std::collections::BTreeSet<&str> =
            self.arms.iter().map(|it| it.name.as_str()).collect();
        if names.len() < self.arms.len() {
            return refused("Each arm has a name of its own");
        }
        if !self.guardrails.iter().all(|it| it.tolerated.is_finite() && it.tolerated >= 0.0) {
            return refused("What a guardrail tolerates is zero or more");
        }
        if self.longest_days.is_some_and(|days| !positive(days)) {
            return refused("The longest duration is above zero");
        }
        match self.rule {
            Rule::FixedHorizon { users } | Rule::AlwaysValid { tuned_for: users } => {
                if !positive(users) {
                    return refused("The planned number of users is above zero");
                }
            }
        }
        Ok(())
    }

    pub fn treatments(&self) -> &[PlannedArm] {
        self.arms.get(1..).unwrap_or_default()
    }

    /// The risk of each comparison, if each had to bear its part alone.
    pub(super) fn alpha_of_one(&self) -> f64 {
        self.alpha / self.treatments().len().max(1) as f64
    }

    /// What the sequences of the primary metric and of the guardrails are tuned for.
    pub(super) fn tuned_for(&self) -> f64 {
        match self.rule {
            Rule::AlwaysValid { tuned_for } => tuned_for,
            Rule::FixedHorizon { users } => users * 2.0 / self.arms.len().max(2) as f64,
        }
    }
}

impl Rule {
    /// The rule that may be read at any time, if nobody said for how many users.
    pub fn always_valid() -> Self {
        Self::AlwaysValid { tuned_for: sequential::TUNED_FOR }
    }
}

impl Metric {
    /// Turns an effect so that above zero is better.
    pub(super) fn gain(&self, effect: f64) -> f64 {
        match self.better {
            Better::Higher => effect,
            Better::Lower => -effect,
        }
    }
}

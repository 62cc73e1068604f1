//! How many users a plan takes, and how many days.

use serde::Serialize;

use super::arm::Arm;
use super::degenerate::{Degenerate, Which};
use super::distributions::{normal, root};
use super::estimate::Difference;
use super::fixed::finite;
use super::plan::{Plan, Rule};
use super::sequential;

/// What is known of the metric before the test, of one user.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Baseline {
    pub mean: f64,
    pub variance: f64,
}

/// The users that a test takes, all arms together, until it has found the least effect with the
/// agreed power.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Sizing {
    /// Read once, at the end.
    pub fixed: f64,
    /// Read at any time. Most tests with a larger effect end long before.
    pub always_valid: f64,
}

impl Baseline {
    pub fn of_proportion(share: f64) -> Self {
        Self { mean: share, variance: share * (1.0 - share) }
    }

    /// As an arm has it, the control mostly.
    pub fn of(arm: &Arm) -> Result<Self, Degenerate> {
        arm.check(Which::Control)?;
        if arm.users() < 2.0 {
            return Err(Degenerate::NoUsers(Which::Control));
        }
        let moments = arm.moments(0.0);
        Ok(Self { mean: moments.unadjusted, variance: moments.variance() })
    }
}

impl Sizing {
    pub fn of_rule(&self, rule: Rule) -> f64 {
        match rule {
            Rule::FixedHorizon { .. } => self.fixed,
            Rule::AlwaysValid { .. } => self.always_valid,
        }
    }

    /// How much longer the rule that may be read at any time takes, as a factor.
    pub fn cost(&self) -> f64 {
        self.always_valid / self.fixed
    }
}

/// Sizes a plan: with `V/n` the variance of the effect at `n` users, the least effect has to be
/// `z_power` standard errors beyond the boundary, which is `z_{α/2}` at a fixed horizon and grows with
/// the users for a sequence. Several arms share the risk equally.
pub fn size(plan: &Plan, baseline: Baseline) -> Result<Sizing, Degenerate> {
    plan.check()?;
    let least = match plan.difference {
        Difference::Absolute => plan.least_effect,
        Difference::Relative => plan.least_effect * baseline.mean.abs(),
    };
    let good = baseline.variance.is_finite() && baseline.variance > 0.0 && least.is_finite();
    if !good {
        return Err(Degenerate::NoVariance(Which::Control));
    }
    if least == 0.0 {
        return Err(Degenerate::ZeroBaseline);
    }
    let shares: f64 = plan.arms.iter().map(|it| it.share).sum();
    let (control, treatments) = (plan.arms[0].share / shares, plan.treatments());
    let smallest = treatments.iter().map(|it| it.share / shares).fold(1.0, f64::min);
    // Of the difference, times the users of all arms.
    let variance = baseline.variance * (1.0 / control + 1.0 / smallest);
    let alpha = plan.alpha_of_one();
    let power = normal::isf(1.0 - plan.power);
    let needs = |boundary: f64| variance * ((boundary + power) / least).powi(2);
    let fixed = needs(normal::isf(alpha / 2.0));
    // A sequence looks at two arms.
    let of_two = control + smallest;
    let short = |users: f64| {
        needs(sequential::width_in_errors(users * of_two, alpha, plan.tuned_for())) - users
    };
    // No arm can be compared with fewer.
    let few = 2.0 * plan.arms.len() as f64;
    let mut enough = 2.0 * few.max(fixed);
    while short(enough) > 0.0 && enough < 1e18 {
        enough *= 2.0;
    }
    let always_valid = if short(few) > 0.0 { root(few, enough, short) } else { few };
    let (fixed, always_valid) = (finite(fixed)?.max(few), finite(always_valid)?);
    Ok(Sizing { fixed: fixed.ceil(), always_valid: always_valid.ceil() })
}

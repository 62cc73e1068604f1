//! What the rule says.

use serde::Serialize;

use super::{ArmReadout, Comparison, Progress};
use crate::experiments::statistics::bayesian::Better;
use crate::experiments::statistics::degenerate::Degenerate;
use crate::experiments::statistics::estimate::Estimate;
use crate::experiments::statistics::fixed::Tested;
use crate::experiments::statistics::plan::{Guardrail, Plan, Rule};
use crate::experiments::statistics::split::Split;

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is decided yet.
    Continue,
    /// The arm is better.
    Ship { arm: String },
    /// No arm is found to be better, or none by as much as is worth having.
    StopNoEffect,
    /// Every arm is worse than the control.
    StopWorse,
    /// Every arm that could have won does more harm than is tolerated.
    StopGuardrail { arm: String, guardrail: String },
    /// Users were not split as planned, so no effect means anything.
    InvalidSplit,
    /// The counts allow no comparison, and waiting does not mend it.
    NoReading { reason: Degenerate },
}

/// Whether a guardrail holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// More harm than is tolerated is excluded.
    Safe,
    /// The data allow both.
    Unclear,
    /// It is certain enough that the harm is more than is tolerated.
    Broken,
}

pub(super) fn decide(
    plan: &Plan,
    split: &Split,
    arms: &[ArmReadout],
    progress: &Progress,
) -> Verdict {
    if split.is_off() {
        return Verdict::InvalidSplit;
    }
    let reason = arms.iter().find_map(|it| match &it.compared {
        super::Compared::Reason(reason) => Some(*reason),
        super::Compared::Comparison(_) => None,
    });
    if let Some(reason) = reason.filter(|it| !it.may_pass() || progress.is_over) {
        return Verdict::NoReading { reason };
    }
    let (broken, standing): (Vec<&ArmReadout>, Vec<&ArmReadout>) =
        arms.iter().partition(|it| it.breaks_a_guardrail());
    if let (Some(first), true) = (broken.first(), standing.is_empty()) {
        let guardrail = first.guardrails.iter().find(|it| it.holding == Holding::Broken);
        let guardrail = guardrail.map(|it| it.guardrail.clone()).unwrap_or_default();
        return Verdict::StopGuardrail { arm: first.arm.clone(), guardrail };
    }
    // A fixed horizon is read once.
    let may_be_read = matches!(plan.rule, Rule::AlwaysValid { .. }) || progress.is_over;
    if !may_be_read {
        return Verdict::Continue;
    }
    let compared: Vec<(&ArmReadout, &Comparison)> =
        standing.iter().filter_map(|it| Some((*it, it.comparison()?))).collect();
    let best = compared
        .iter()
        .filter(|(_, it)| it.is_better(&plan.metric, plan.alpha))
        .max_by(|(_, a), (_, b)| plan.metric.gain(a.effect).total_cmp(&plan.metric.gain(b.effect)));
    if let Some((arm, _)) = best {
        return Verdict::Ship { arm: arm.arm.clone() };
    }
    let all = compared.len() == standing.len() && !compared.is_empty();
    if all && compared.iter().all(|(_, it)| it.is_worse(&plan.metric, plan.alpha)) {
        return Verdict::StopWorse;
    }
    if progress.is_over || (all && compared.iter().all(|(_, it)| excludes_the_least(plan, it))) {
        return Verdict::StopNoEffect;
    }
    Verdict::Continue
}

/// Even the best that the data allow is less than is worth having.
pub(super) fn excludes_the_least(plan: &Plan, comparison: &Comparison) -> bool {
    match plan.metric.better {
        Better::Higher => comparison.interval.is_below(plan.least_effect),
        Better::Lower => comparison.interval.is_above(-plan.least_effect),
    }
}

pub(super) fn holding(
    plan: &Plan,
    guardrail: &Guardrail,
    estimate: &Estimate,
    tested: &Tested,
    adjusted: f64,
) -> Holding {
    let metric = &guardrail.metric;
    let beyond = metric.gain(estimate.effect) + guardrail.tolerated;
    let excluded = match metric.better {
        Better::Higher => tested.interval.is_above(-guardrail.tolerated),
        Better::Lower => tested.interval.is_below(guardrail.tolerated),
    };
    match () {
        () if adjusted < plan.alpha && beyond < 0.0 => Holding::Broken,
        () if excluded => Holding::Safe,
        () => Holding::Unclear,
    }
}

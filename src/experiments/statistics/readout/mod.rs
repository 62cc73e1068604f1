//! What a test says now, by the rule that was agreed on before.
//!
//! [`read`] takes a plan and what was counted up to each look so far, and gives a [`Readout`]: each arm
//! against the control, the guardrails, whether the split is as planned, and the verdict of the
//! rule, with sentences for people. People decide; the verdict is what the rule says.
//!
//! **Invariants.** A split that is off stops everything else. A fixed horizon names no winner before
//! it is reached. Guardrails are watched every day, so they are always read by a sequence that
//! may be. What keeps arms from being compared is said, and no number is shown in its place.

mod peeking;
mod segments;
#[cfg(test)]
mod tests;
mod verdict;
mod wording;

use serde::Serialize;

pub use peeking::{Called, Peeking};
pub use segments::{Explored, Segment, SegmentReadout, explore};
pub use verdict::{Holding, Verdict};
pub(in crate::experiments) use wording::digits;

use super::arm::Arm;
use super::bayesian;
use super::degenerate::Degenerate;
use super::estimate::{self, Estimate, Interval};
use super::fixed::{self, Side, Tested};
use super::multiple;
use super::plan::{Guardrail, Look, Metric, Plan, Rule};
use super::sequential;
use super::sizing::{self, Baseline, Sizing};
use super::split::{self, Split};

/// The state of a test. Effects are on the plan's scale.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Readout {
    pub verdict: Verdict,
    /// For people, the most important first.
    pub sentences: Vec<String>,
    /// Each treatment against the control; none if the split is off.
    pub arms: Vec<ArmReadout>,
    pub split: Split,
    pub progress: Progress,
    pub peeking: Option<Peeking>,
    /// What the plan takes, from what the control shows so far.
    pub sizing: Option<Sizing>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ArmReadout {
    pub arm: String,
    pub users: f64,
    /// Nothing, with the reason, if it cannot be compared yet.
    #[serde(flatten)]
    pub compared: Compared,
    pub guardrails: Vec<GuardrailReadout>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    Comparison(Comparison),
    Reason(Degenerate),
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Comparison {
    pub control_mean: f64,
    pub treatment_mean: f64,
    pub effect: f64,
    /// By the rule, and for all arms at once.
    pub interval: Interval,
    /// By the rule, for this arm alone.
    pub p_value: f64,
    /// The same, adjusted for all arms by Holm's method.
    pub adjusted_p_value: f64,
    /// That the arm is better than the control at all, without a prior.
    pub chance: f64,
    /// What a t-test says that is read as if this were its only look.
    pub plain: Tested,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GuardrailReadout {
    pub guardrail: String,
    pub holding: Holding,
    pub effect: Option<f64>,
    pub interval: Option<Interval>,
    pub adjusted_p_value: Option<f64>,
    pub reason: Option<Degenerate>,
}

#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Progress {
    /// Of all arms.
    pub users: f64,
    pub days: Option<f64>,
    /// Of the way to the horizon, or to what the sequence needs for the least effect.
    pub share: Option<f64>,
    pub days_left: Option<f64>,
    /// The horizon, or the longest duration, is reached.
    pub is_over: bool,
}

/// Reads a test after its looks so far, of which each counts from the start. `days` is how long it runs.
pub fn read(plan: &Plan, looks: &[Look], days: Option<f64>) -> Result<Readout, Degenerate> {
    plan.check()?;
    let now = looks.last().filter(|it| it.arms.len() == plan.arms.len());
    let Some(now) = now else {
        return Err(Degenerate::Setting("There are counts for each arm of the plan"));
    };
    if now.arms.iter().any(|it| it.guardrails.len() != plan.guardrails.len()) {
        return Err(Degenerate::Setting("There are counts for each guardrail of the plan"));
    }
    let users: Vec<f64> = now.arms.iter().map(|it| it.primary.users()).collect();
    let shares: Vec<f64> = plan.arms.iter().map(|it| it.share).collect();
    let split = split::check(&users, &shares)?;
    let sizing = Baseline::of(&now.arms[0].primary).and_then(|it| sizing::size(plan, it)).ok();
    let progress = progress(plan, users.iter().sum(), days, sizing.as_ref());
    let (arms, peeking) = match split.is_off() {
        true => (Vec::new(), None),
        false => (compare(plan, now), peeking::look_back(plan, looks, days)),
    };
    let verdict = verdict::decide(plan, &split, &arms, &progress);
    let mut readout =
        Readout { verdict, sentences: Vec::new(), arms, split, progress, peeking, sizing };
    readout.sentences = wording::sentences(plan, &readout);
    Ok(readout)
}

fn compare(plan: &Plan, now: &Look) -> Vec<ArmReadout> {
    let control = &now.arms[0];
    let compared: Vec<Result<Comparison, Degenerate>> =
        now.arms[1..].iter().map(|arm| comparison(plan, &control.primary, &arm.primary)).collect();
    // Arms that cannot be compared yet have no evidence.
    let p: Vec<f64> = compared.iter().map(|it| it.as_ref().map_or(1.0, |it| it.p_value)).collect();
    let adjusted = multiple::holm(&p);
    let parts = plan.treatments().iter().zip(&now.arms[1..]).zip(compared).zip(adjusted);
    parts
        .map(|(((planned, arm), compared), adjusted)| ArmReadout {
            arm: planned.name.clone(),
            users: arm.primary.users(),
            compared: match compared {
                Ok(comparison) => {
                    Compared::Comparison(Comparison { adjusted_p_value: adjusted, ..comparison })
                }
                Err(reason) => Compared::Reason(reason),
            },
            guardrails: guardrails(plan, &control.guardrails, &arm.guardrails),
        })
        .collect()
}

fn comparison(plan: &Plan, control: &Arm, arm: &Arm) -> Result<Comparison, Degenerate> {
    let estimate = estimate::estimate(control, arm, plan.difference)?;
    let Tested { p_value, interval } = by_rule(plan, &estimate)?;
    let better = plan.metric.better;
    let posterior = bayesian::posterior(&estimate, plan.difference, None, better, plan.alpha)?;
    Ok(Comparison {
        control_mean: estimate.baseline,
        treatment_mean: arm.mean().unwrap_or_default(),
        effect: estimate.effect,
        interval,
        p_value,
        adjusted_p_value: p_value,
        chance: posterior.chance,
        plain: fixed::t_test(&estimate, Side::Both, plan.alpha)?,
    })
}

/// The p-value of one arm, and its interval with this arm's part of the risk.
fn by_rule(plan: &Plan, estimate: &Estimate) -> Result<Tested, Degenerate> {
    let alpha = plan.alpha_of_one();
    match plan.rule {
        Rule::FixedHorizon { .. } => fixed::t_test(estimate, Side::Both, alpha),
        Rule::AlwaysValid { tuned_for } => {
            sequential::confidence_sequence(estimate, alpha, tuned_for)
        }
    }
}

fn guardrails(plan: &Plan, control: &[Arm], arm: &[Arm]) -> Vec<GuardrailReadout> {
    let read: Vec<Result<(Estimate, Tested), Degenerate>> = plan
        .guardrails
        .iter()
        .zip(control.iter().zip(arm))
        .map(|(guardrail, (control, arm))| guardrail_test(plan, guardrail, control, arm))
        .collect();
    let p: Vec<f64> = read.iter().map(|it| it.as_ref().map_or(1.0, |it| it.1.p_value)).collect();
    let adjusted = multiple::holm(&p);
    let parts = plan.guardrails.iter().zip(read).zip(adjusted);
    parts
        .map(|((guardrail, read), adjusted)| {
            let name = guardrail.metric.name.clone();
            match read {
                Ok((estimate, tested)) => GuardrailReadout {
                    guardrail: name,
                    holding: verdict::holding(plan, guardrail, &estimate, &tested, adjusted),
                    effect: Some(estimate.effect),
                    interval: Some(tested.interval),
                    adjusted_p_value: Some(adjusted),
                    reason: None,
                },
                Err(reason) => GuardrailReadout {
                    guardrail: name,
                    holding: Holding::Unclear,
                    effect: None,
                    interval: None,
                    adjusted_p_value: None,
                    reason: Some(reason),
                },
            }
        })
        .collect()
}

/// The effect on a guardrail, its interval, and the p-value of its being exactly as bad as is tolerated.
fn guardrail_test(
    plan: &Plan,
    guardrail: &Guardrail,
    control: &Arm,
    arm: &Arm,
) -> Result<(Estimate, Tested), Degenerate> {
    let estimate = estimate::estimate(control, arm, plan.difference)?;
    let tolerated = guardrail.worst();
    let against = estimate.against(tolerated);
    let tested = sequential::confidence_sequence(&against, plan.alpha, plan.tuned_for())?;
    Ok((estimate, Tested { interval: tested.interval.shifted(tolerated), ..tested }))
}

fn progress(plan: &Plan, users: f64, days: Option<f64>, sizing: Option<&Sizing>) -> Progress {
    let goal = match plan.rule {
        Rule::FixedHorizon { users } => Some(users),
        Rule::AlwaysValid { .. } => sizing.map(|it| it.always_valid),
    };
    let share = goal.map(|goal| (users / goal).min(1.0));
    let too_long = match (days, plan.longest_days) {
        (Some(days), Some(longest)) => days >= longest,
        _ => false,
    };
    let reached = matches!(plan.rule, Rule::FixedHorizon { users: goal } if users >= goal);
    let is_over = reached || too_long;
    let per_day = days.filter(|days| *days > 0.0 && users > 0.0).map(|days| users / days);
    let by_users = goal.zip(per_day).map(|(goal, per_day)| ((goal - users) / per_day).max(0.0));
    let by_days = plan.longest_days.zip(days).map(|(longest, days)| (longest - days).max(0.0));
    let days_left = match (by_users, by_days) {
        _ if is_over => Some(0.0),
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    };
    let days_left = days_left.map(f64::ceil).filter(|it| it.is_finite());
    Progress { users, days, share, days_left, is_over }
}

impl Guardrail {
    /// The worst effect that is tolerated.
    fn worst(&self) -> f64 {
        -self.metric.gain(self.tolerated)
    }
}

impl Readout {
    /// Whether effects may be looked at: a fixed horizon is read once, and before that they would only
    /// tempt.
    pub fn may_be_seen(&self, plan: &Plan) -> bool {
        let is_early = matches!(plan.rule, Rule::FixedHorizon { .. }) && !self.progress.is_over;
        !is_early && self.arms.iter().any(|it| it.comparison().is_some())
    }
}

impl ArmReadout {
    pub fn comparison(&self) -> Option<&Comparison> {
        match &self.compared {
            Compared::Comparison(comparison) => Some(comparison),
            Compared::Reason(_) => None,
        }
    }

    pub fn breaks_a_guardrail(&self) -> bool {
        self.guardrails.iter().any(|it| it.holding == Holding::Broken)
    }
}

impl Comparison {
    fn is_better(&self, metric: &Metric, alpha: f64) -> bool {
        self.adjusted_p_value < alpha && metric.gain(self.effect) > 0.0
    }

    fn is_worse(&self, metric: &Metric, alpha: f64) -> bool {
        self.adjusted_p_value < alpha && metric.gain(self.effect) < 0.0
    }
}

//! What would have happened, had a plain test been read at every look.

use serde::Serialize;

use crate::experiments::statistics::estimate;
use crate::experiments::statistics::fixed::{self, Side};
use crate::experiments::statistics::looks;
use crate::experiments::statistics::plan::{Look, Plan};

/// The most looks that the risk is computed for; it rises ever slower.
const MOST_LOOKS: u32 = 100;

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Peeking {
    /// One a day, if fewer are known.
    pub looks: u32,
    /// Those of which the counts are known.
    pub known: u32,
    /// The risk of a false winner at one of so many evenly spaced looks with a plain test.
    pub risk: f64,
    /// The first look at which a plain test would have been called.
    pub called: Option<Called>,
    /// A plain test says at the last look that there is an effect.
    pub says_so_now: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Called {
    pub label: String,
    pub arm: String,
    /// As better than the control; otherwise as worse.
    pub better: bool,
}

pub(super) fn look_back(plan: &Plan, looks: &[Look], days: Option<f64>) -> Option<Peeking> {
    let called: Vec<Option<Called>> = looks.iter().map(|look| plain(plan, look)).collect();
    let days = days.filter(|it| *it < f64::from(MOST_LOOKS)).map_or(0, |it| it.ceil() as u32);
    let known = u32::try_from(looks.len()).unwrap_or(MOST_LOOKS).min(MOST_LOOKS);
    let count = known.max(days);
    let risk = looks::risk_of_peeking(count, plan.alpha).ok()?;
    let says_so_now = called.last().is_some_and(Option::is_some);
    let called = called.into_iter().flatten().next();
    Some(Peeking { looks: count, known, risk, called, says_so_now })
}

/// What a plain t-test would have been taken for at a look, of the first arm of which it says anything.
fn plain(plan: &Plan, look: &Look) -> Option<Called> {
    let (control, arms) = look.arms.split_first()?;
    arms.iter().zip(plan.treatments()).find_map(|(arm, planned)| {
        let estimate = estimate::estimate(&control.primary, &arm.primary, plan.difference).ok()?;
        let tested = fixed::t_test(&estimate, Side::Both, plan.alpha).ok()?;
        (tested.p_value < plan.alpha).then(|| Called {
            label: look.label.clone(),
            arm: planned.name.clone(),
            better: plan.metric.gain(estimate.effect) > 0.0,
        })
    })
}

//! Parts of those who were counted, looked at one by one: exploratory, corrected for their number, and
//! never the result.

use serde::Serialize;

use super::wording::{digits, p_value, range, size, whole};
use super::{Tested, by_rule};
use crate::experiments::statistics::arm::Arm;
use crate::experiments::statistics::degenerate::Degenerate;
use crate::experiments::statistics::estimate::{self, Interval};
use crate::experiments::statistics::multiple;
use crate::experiments::statistics::plan::Plan;

/// What was counted of a segment so far: the primary metric of each arm of the plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Segment {
    pub name: String,
    pub arms: Vec<Arm>,
}

/// An arm against the control within one segment.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SegmentReadout {
    pub segment: String,
    pub arm: String,
    /// Of both arms.
    pub users: f64,
    #[serde(flatten)]
    pub compared: Result<Explored, Degenerate>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Explored {
    pub effect: f64,
    /// By the plan's rule, all intervals of all segments together.
    pub interval: Interval,
    /// By Holm's method over all segments and arms.
    pub adjusted_p_value: f64,
}

/// Compares the arms within each segment; all comparisons share the plan's risk.
pub fn explore(plan: &Plan, segments: &[Segment]) -> Vec<SegmentReadout> {
    let mut shared = plan.clone();
    shared.alpha = plan.alpha / segments.len().max(1) as f64;
    let mut found: Vec<SegmentReadout> = Vec::new();
    for segment in segments {
        let Some((control, treatments)) = segment.arms.split_first() else { continue };
        for (planned, arm) in plan.treatments().iter().zip(treatments) {
            found.push(SegmentReadout {
                segment: segment.name.clone(),
                arm: planned.name.clone(),
                users: control.users() + arm.users(),
                compared: compare(&shared, control, arm),
            });
        }
    }
    let p = found.iter().map(|it| it.compared.as_ref().map_or(1.0, |it| it.adjusted_p_value));
    let adjusted = multiple::holm(&p.collect::<Vec<f64>>());
    for (one, adjusted) in found.iter_mut().zip(adjusted) {
        if let Ok(explored) = &mut one.compared {
            explored.adjusted_p_value = adjusted;
        }
    }
    found
}

fn compare(plan: &Plan, control: &Arm, arm: &Arm) -> Result<Explored, Degenerate> {
    let estimate = estimate::estimate(control, arm, plan.difference)?;
    let Tested { p_value, interval } = by_rule(plan, &estimate)?;
    Ok(Explored { effect: estimate.effect, interval, adjusted_p_value: p_value })
}

impl SegmentReadout {
    /// `mobile: benefit +12 % …`.
    pub fn sentence(&self, plan: &Plan) -> String {
        let Self { segment, arm, users, .. } = self;
        match &self.compared {
            Err(reason) => format!("{segment}: {arm}: {reason}"),
            Ok(it) => {
                let stands = match it.adjusted_p_value < plan.alpha {
                    true => "a difference stands after the correction",
                    false => "no difference stands after the correction",
                };
                format!(
                    "{segment}: {arm} {} ({} % interval {}, {} users); {stands} (p {}).",
                    size(plan, &plan.metric, it.effect),
                    digits(100.0 * (1.0 - plan.alpha), 3),
                    range(plan, &plan.metric, it.interval),
                    whole(*users),
                    p_value(it.adjusted_p_value)
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::statistics::bayesian::Better;
    use crate::experiments::statistics::estimate::Difference;
    use crate::experiments::statistics::plan::{Kind, Metric, PlannedArm, Rule};

    fn plan() -> Plan {
        Plan {
            name: "Subject line".to_owned(),
            metric: Metric {
                name: "open rate".to_owned(),
                kind: Kind::Conversion,
                better: Better::Higher,
            },
            difference: Difference::Relative,
            rule: Rule::FixedHorizon { users: 100.0 },
            alpha: 0.05,
            power: 0.8,
            least_effect: 0.1,
            guardrails: Vec::new(),
            arms: ["a", "b"].map(|name| PlannedArm { name: name.to_owned(), share: 1.0 }).to_vec(),
            longest_days: None,
        }
    }

    fn segment(name: &str, conversions: [f64; 2]) -> Segment {
        let arms = conversions.map(|sum| Arm::Proportion { n: 2_000.0, sum });
        Segment { name: name.to_owned(), arms: arms.to_vec() }
    }

    #[test]
    fn more_segments_take_more_evidence() {
        let one = explore(&plan(), &[segment("mobile", [200.0, 245.0])]);
        let p = |it: &SegmentReadout| it.compared.as_ref().unwrap().adjusted_p_value;
        assert!(p(&one[0]) < 0.05);
        let even = ["b", "c", "d", "e"].map(|name| segment(name, [200.0, 201.0]));
        let many = [vec![segment("mobile", [200.0, 245.0])], even.to_vec()].concat();
        let found = explore(&plan(), &many);
        assert!((p(&found[0]) - 5.0 * p(&one[0])).abs() < 1e-9);
        assert!(found[0].sentence(&plan()).contains("no difference stands"));
        let wide = |it: &SegmentReadout| it.compared.as_ref().unwrap().interval.lower.unwrap();
        assert!(wide(&found[0]) < 0.0 && wide(&one[0]) > 0.0);
    }

    #[test]
    fn a_segment_of_nobody_says_so() {
        let nobody = Arm::Proportion { n: 0.0, sum: 0.0 };
        let segment = Segment { name: "tv".to_owned(), arms: vec![nobody; 2] };
        let found = explore(&plan(), &[segment]);
        let said = found[0].sentence(&plan());
        assert!(said.starts_with("tv: b: ") && !said.contains("NaN"), "{said}");
    }
}

//! A test as a file: its plan, and what was counted.
//!
//! TOML or JSON of the same shape. The first arm is the control.
//!
//! ```toml
//! name = "Subject line: urgency v benefit"
//! metric = { name = "sign-up rate", kind = "conversion", better = "higher" }
//! rule = "always_valid"    # or "fixed_horizon"
//! users = 40000            # of all arms: the horizon, or where a sequence of two arms is narrowest
//! difference = "relative"  # or "absolute"
//! least_effect = 0.05      # the least effect worth having
//! alpha = 0.05
//! power = 0.8
//! longest_days = 28
//! days = 9                 # so far; left out with daily counts
//!
//! [[guardrails]]
//! name = "unsubscribe rate"
//! kind = "conversion"
//! better = "lower"
//! tolerated = 0.1
//!
//! [[arms]]
//! name = "urgency"
//! share = 0.5
//! users = 12000
//! conversions = 1410
//! guardrails."unsubscribe rate".conversions = 31
//! ```
//!
//! Which figures an arm has besides its users depends on the kind ([`figures`]). With [`daily`] counts they
//! stand in a CSV with the columns `date`, `arm`, `users` and the figures, those of a guardrail as
//! `NAME.FIGURE`: what came on that day. The same row twice changes nothing; two that differ are refused.

pub mod daily;
pub mod figures;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::figures::Figures;
use super::bayesian::Better;
use super::estimate::Difference;
use super::plan::{Counted, Guardrail, Kind, Look, Metric, Plan, PlannedArm, Rule};
use super::sequential;

/// What stands in a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Test {
    pub plan: Plan,
    /// Each counts from the start; one, unless there are daily counts.
    pub looks: Vec<Look>,
    pub days: Option<f64>,
}

/// Reads a file, and daily counts if there are any.
///
/// # Errors
///
/// With a sentence that says what to change.
pub fn read(text: &str, daily: Option<&[u8]>) -> Result<Test, String> {
    let written: Written = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).map_err(|it| it.to_string())?,
        false => toml::from_str(text).map_err(|it| it.to_string())?,
    };
    let plan = written.plan()?;
    plan.check().map_err(|it| it.to_string())?;
    match daily {
        Some(daily) => {
            let (looks, days) = daily::read(&plan, daily)?;
            Ok(Test { plan, looks, days: Some(days) })
        }
        None => {
            let looks = vec![written.look(&plan)?];
            Ok(Test { plan, looks, days: written.days })
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    metric: WrittenMetric,
    rule: WrittenRule,
    users: Option<f64>,
    #[serde(default)]
    difference: Difference,
    least_effect: f64,
    #[serde(default = "usual_alpha")]
    alpha: f64,
    #[serde(default = "usual_power")]
    power: f64,
    longest_days: Option<f64>,
    days: Option<f64>,
    #[serde(default)]
    guardrails: Vec<WrittenGuardrail>,
    arms: Vec<WrittenArm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMetric {
    name: String,
    kind: Kind,
    #[serde(default)]
    better: Better,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGuardrail {
    name: String,
    kind: Kind,
    #[serde(default)]
    better: Better,
    #[serde(default)]
    tolerated: f64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenRule {
    FixedHorizon,
    AlwaysValid,
}

#[derive(Deserialize)]
struct WrittenArm {
    name: String,
    #[serde(default = "equal")]
    share: f64,
    #[serde(default)]
    guardrails: BTreeMap<String, Figures>,
    #[serde(flatten)]
    figures: Figures,
}

impl Written {
    fn plan(&self) -> Result<Plan, String> {
        let rule = match (self.rule, self.users) {
            (WrittenRule::FixedHorizon, Some(users)) => Rule::FixedHorizon { users },
            (WrittenRule::FixedHorizon, None) => {
                return Err("A fixed horizon is a number of users; add users = …".to_owned());
            }
            (WrittenRule::AlwaysValid, users) => {
                Rule::AlwaysValid { tuned_for: users.unwrap_or(sequential::TUNED_FOR) }
            }
        };
        let metric = &self.metric;
        Ok(Plan {
            name: self.name.clone(),
            metric: Metric { name: metric.name.clone(), kind: metric.kind, better: metric.better },
            difference: self.difference,
            rule,
            alpha: self.alpha,
            power: self.power,
            least_effect: self.least_effect,
            guardrails: self.guardrails.iter().map(WrittenGuardrail::guardrail).collect(),
            arms: self.arms.iter().map(WrittenArm::planned).collect(),
            longest_days: self.longest_days,
        })
    }

    fn look(&self, plan: &Plan) -> Result<Look, String> {
        let counted = |arm: &WrittenArm| {
            let of_guardrail = |name: &str| arm.guardrails.get(name).cloned();
            counted(plan, &arm.name, &arm.figures, of_guardrail)
        };
        let arms = self.arms.iter().map(counted).collect::<Result<_, _>>()?;
        Ok(Look { label: "now".to_owned(), arms })
    }
}

/// An arm's figures as what a plan asks for.
fn counted(
    plan: &Plan,
    arm: &str,
    figures: &Figures,
    of_guardrail: impl Fn(&str) -> Option<Figures>,
) -> Result<Counted, String> {
    let users = figures.get("users").copied();
    let users = users.ok_or_else(|| format!("{arm} has no users; add users = …"))?;
    let primary = figures::arm(plan.metric.kind, users, figures);
    let primary = primary.map_err(|sentence| format!("{arm}: {sentence}"))?;
    let guardrail = |guardrail: &Guardrail| {
        let name = &guardrail.metric.name;
        let figures = of_guardrail(name)
            .ok_or_else(|| format!("{arm} has no figures for the guardrail {name:?}"))?;
        // A guardrail counts the arm's users, unless it says otherwise.
        let users = figures.get("users").copied().unwrap_or(users);
        figures::arm(guardrail.metric.kind, users, &figures)
            .map_err(|sentence| format!("{arm}, {name}: {sentence}"))
    };
    let guardrails = plan.guardrails.iter().map(guardrail).collect::<Result<_, _>>()?;
    Ok(Counted { primary, guardrails })
}

impl WrittenGuardrail {
    fn guardrail(&self) -> Guardrail {
        let Self { name, kind, better, tolerated } = self;
        let metric = Metric { name: name.clone(), kind: *kind, better: *better };
        Guardrail { metric, tolerated: *tolerated }
    }
}

impl WrittenArm {
    fn planned(&self) -> PlannedArm {
        PlannedArm { name: self.name.clone(), share: self.share }
    }
}

fn usual_alpha() -> f64 {
    0.05
}

fn usual_power() -> f64 {
    0.8
}

fn equal() -> f64 {
    1.0
}

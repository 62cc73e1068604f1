//! A test plan as people decide on it: what is tried, on whom, what is measured, and how it is decided.

use serde::{Deserialize, Serialize};

use super::by_readings::ByReadings;
use super::number::{Number, percent};
use super::statistics::bayesian::Better;
use super::statistics::estimate::Difference;
use super::statistics::plan::{Guardrail, Kind, Metric, Plan, PlannedArm, Rule};
use super::statistics::readout::digits;
use super::statistics::sizing::{self, Baseline, Sizing};
use crate::error::Result;
use crate::ids::ExperimentId;
use crate::words::{grouped, listed};

/// The canonical JSON of this is what approvals are bound to. It is told from a plan that was put up as a
/// text by its `kind`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TestPlan {
    kind: PlanKind,
    v: u32,
    pub name: String,
    pub hypothesis: String,
    /// Who sees it.
    pub audience: String,
    /// The first is the control.
    pub arms: Vec<Variant>,
    pub metric: Measure,
    pub guardrails: Vec<Guard>,
    pub least_effect: Number,
    pub difference: Scale,
    pub alpha: Number,
    pub power: Number,
    pub longest_days: u32,
    pub rule: Decided,
    /// Of all arms: the horizon, or where a sequence of them all is narrowest.
    pub users: u64,
    pub expected: Expected,
    /// Where its counts come from, where they are not sent in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_readings: Option<ByReadings>,
    /// The test that this plan is to take the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<InsteadOf>,
}

/// What the content of a revision says it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum PlanKind {
    #[serde(rename = "test")]
    Test,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Variant {
    pub name: String,
    /// Of the traffic; only how they compare matters.
    pub share: u32,
    /// What is shown, word for word, where it is a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Measure {
    pub name: String,
    pub kind: Kind,
    pub better: Better,
}

/// What must not get worse by more than is tolerated, on the scale of the plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Guard {
    pub measure: Measure,
    pub tolerated: Number,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    Relative,
    Absolute,
}

/// How it is decided, said before the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    FixedHorizon,
    AlwaysValid,
}

/// What is known of the metric before the start, of one user.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Expected {
    pub mean: Number,
    /// The standard deviation.
    pub spread: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_a_day: Option<u64>,
    pub known: Known,
    /// Where it comes from and how sure that is, in a sentence or two.
    pub says: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    Measured,
    Given,
    Assumed,
}

/// A running test whose plan is to be replaced.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InsteadOf {
    pub test: ExperimentId,
    pub content_sha256: String,
    pub why: String,
    /// What is different, a line each.
    pub changes: Vec<String>,
    /// Whether what was counted so far counts on: see [`TestPlan::instead`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counts_go_on: bool,
}

impl TestPlan {
    /// A plan whose size is not known yet; [`Self::sized`] finds it.
    pub fn new(draft: Draft) -> Self {
        let Draft { name, hypothesis, audience, arms, metric, guardrails, .. } = draft;
        Self {
            kind: PlanKind::Test,
            v: 1,
            name,
            hypothesis,
            audience,
            arms,
            metric,
            guardrails,
            least_effect: Number(draft.least_effect),
            difference: draft.difference,
            alpha: Number(draft.alpha),
            power: Number(draft.power),
            longest_days: draft.longest_days,
            rule: draft.rule,
            users: 1,
            expected: Expected {
                mean: Number(0.0),
                spread: Number(0.0),
                users_a_day: None,
                known: Known::Assumed,
                says: String::new(),
            },
            by_readings: draft.by_readings,
            instead_of: None,
        }
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// With the number of users that the rule takes, by what is expected.
    pub fn sized(mut self, expected: Expected) -> Result<Self, String> {
        self.expected = expected;
        let mut plan = self.plan();
        plan.rule = Rule::FixedHorizon { users: 1.0 };
        let once = sizing::size(&plan, self.baseline()).map_err(|reason| reason.to_string())?;
        if once.fixed >= MOST_USERS {
            return Err(format!(
                "To find so small an effect takes {} users. Ask for a larger one, or accept more risk.",
                grouped(once.fixed as u64)
            ));
        }
        self.users = once.fixed as u64;
        Ok(self)
    }

    /// With the texts of the arms that have these names.
    pub fn with_texts<'a>(mut self, texts: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        for (name, text) in texts {
            if let Some(arm) = self.arms.iter_mut().find(|it| it.name == name) {
                arm.text = Some(text.to_owned());
            }
        }
        self
    }

    /// The arms that are texts, by their names.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.arms.iter().filter_map(|it| Some((it.name.as_str(), it.text.as_deref()?)))
    }

    /// As the statistics know it.
    pub fn plan(&self) -> Plan {
        let users = self.users as f64;
        let rule = match self.rule {
            Decided::FixedHorizon => Rule::FixedHorizon { users },
            Decided::AlwaysValid => Rule::AlwaysValid {
                tuned_for: (users * 2.0 / self.arms.len().max(2) as f64).max(1.0),
            },
        };
        let arms = self.arms.iter();
        Plan {
            name: self.name.clone(),
            metric: self.metric.metric(),
            difference: self.difference(),
            rule,
            alpha: self.alpha.0,
            power: self.power.0,
            least_effect: self.least_effect.0,
            guardrails: self.guardrails.iter().map(Guard::guardrail).collect(),
            arms: arms
                .map(|it| PlannedArm { name: it.name.clone(), share: f64::from(it.share) })
                .collect(),
            longest_days: Some(f64::from(self.longest_days)),
        }
    }

    /// What either rule takes.
    pub fn sizing(&self) -> Option<Sizing> {
        sizing::size(&self.plan(), self.baseline()).ok()
    }

    /// The days that so many users take; none where nobody knows how many come.
    pub fn days_for(&self, users: f64) -> Option<u64> {
        let a_day = self.expected.users_a_day.filter(|it| *it > 0)?;
        Some((users / a_day as f64).ceil() as u64)
    }

    pub fn control(&self) -> &str {
        self.arms.first().map_or("", |it| &it.name)
    }

    /// All of it as people read it, without markup: by this revisions are compared.
    pub fn in_full(&self) -> String {
        let mut lines = vec![self.name.clone(), self.hypothesis.clone()];
        lines.extend(self.lines().into_iter().map(|(name, value)| format!("{name}: {value}")));
        lines.extend(self.texts().map(|(name, text)| format!("{name}:\n{text}")));
        lines.join("\n")
    }

    /// What was agreed on, a name and a value each.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("Who sees it", self.audience.clone()),
            ("Variants", self.variants()),
            ("Primary metric", self.metric.in_words()),
            ("Least effect worth having", self.effect(self.least_effect.0)),
            ("Decided", self.rule.in_words().to_owned()),
            (
                "Risk and power",
                format!(
                    "{} risk of a false winner, {} power",
                    percent(self.alpha.0),
                    percent(self.power.0)
                ),
            ),
            ("Longest duration", crate::words::count(u64::from(self.longest_days), "day")),
        ];
        if !self.guardrails.is_empty() {
            let guards: Vec<String> =
                self.guardrails.iter().map(|it| it.in_words(self.difference)).collect();
            lines.insert(3, ("Guardrails", guards.join("\n")));
        }
        if let Some(by) = &self.by_readings {
            lines.push(("Counted by", by.in_words()));
        }
        lines
    }

    /// How this plan differs from another, a line each; what follows from its numbers alone is left out.
    pub fn changes_from(&self, before: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        if self.hypothesis != before.hypothesis {
            changes.push("Hypothesis: worded anew".to_owned());
        }
        let (now, then) = (self.lines(), before.lines());
        let of = |lines: &[(&str, String)], name: &str| {
            lines.iter().find(|(one, _)| *one == name).map(|(_, value)| value.clone())
        };
        for (name, value) in &now {
            let was = of(&then, name);
            if was.as_ref() != Some(value) {
                let was = was.unwrap_or_else(|| "none".to_owned());
                changes.push(format!("{name}: {} instead of {}", one_line(value), one_line(&was)));
            }
        }
        for (name, was) in &then {
            if of(&now, name).is_none() {
                changes.push(format!("{name}: none instead of {}", one_line(was)));
            }
        }
        changes
    }

    /// This plan in the place of another, with how they differ.
    ///
    /// Where the plan is read at any time and nothing that the reading rests on is changed, the old
    /// counts go on: an always-valid sequence holds at every moment, so also beyond an end that was
    /// thought of before. What it is tuned for must not depend on the counts, so the size stays, too.
    pub fn instead(mut self, before: &Self, mut instead: InsteadOf) -> Self {
        instead.changes = self.changes_from(before);
        instead.counts_go_on = self.is_read_as(before);
        if instead.counts_go_on {
            self.users = before.users;
            self.expected = before.expected.clone();
        }
        self.instead_of = Some(instead);
        self
    }

    /// Whether the same counts are read in the same way, at any time.
    fn is_read_as(&self, before: &Self) -> bool {
        self.rule == Decided::AlwaysValid
            && before.rule == Decided::AlwaysValid
            && self.audience == before.audience
            && self.arms == before.arms
            && self.metric == before.metric
            && self.guardrails == before.guardrails
            && self.least_effect == before.least_effect
            && self.difference == before.difference
            && self.alpha == before.alpha
            && self.by_readings == before.by_readings
    }

    /// An effect on the plan's scale, without its sign: `10 %`, `0.5 points`.
    pub fn effect(&self, effect: f64) -> String {
        effect_in_words(effect, self.difference, self.metric.kind)
    }

    fn variants(&self) -> String {
        let all: u32 = self.arms.iter().map(|it| it.share).sum();
        let equal = self.arms.iter().all(|it| it.share == self.arms[0].share);
        let named: Vec<String> = self
            .arms
            .iter()
            .enumerate()
            .map(|(index, arm)| {
                let share = percent(f64::from(arm.share) / f64::from(all.max(1)));
                match (index, equal) {
                    (0, true) => format!("{} (control)", arm.name),
                    (0, false) => format!("{} (control, {share})", arm.name),
                    (_, true) => arm.name.clone(),
                    (_, false) => format!("{} ({share})", arm.name),
                }
            })
            .collect();
        let split = if equal { ", split equally" } else { "" };
        format!("{}{split}", listed(&named))
    }

    fn difference(&self) -> Difference {
        match self.difference {
            Scale::Relative => Difference::Relative,
            Scale::Absolute => Difference::Absolute,
        }
    }

    fn baseline(&self) -> Baseline {
        let spread = self.expected.spread.0;
        Baseline { mean: self.expected.mean.0, variance: spread * spread }
    }
}

/// A plan as it was filled in, before its size is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    pub name: String,
    pub hypothesis: String,
    pub audience: String,
    pub arms: Vec<Variant>,
    pub metric: Measure,
    pub guardrails: Vec<Guard>,
    pub least_effect: f64,
    pub difference: Scale,
    pub alpha: f64,
    pub power: f64,
    pub longest_days: u32,
    pub rule: Decided,
    /// What the metric is today, and its spread, where somebody said so.
    pub today: Option<(f64, Option<f64>)>,
    pub users_a_day: Option<u64>,
    pub by_readings: Option<ByReadings>,
}

/// More than there are people.
const MOST_USERS: f64 = 1e10;

impl Measure {
    fn metric(&self) -> Metric {
        Metric { name: self.name.clone(), kind: self.kind, better: self.better }
    }

    fn in_words(&self) -> String {
        let better = better(self.better);
        match kind_in_words(self.kind) {
            kind if self.name.contains(kind) => format!("{} ({better} is better)", self.name),
            kind => format!("{} ({kind}, {better} is better)", self.name),
        }
    }
}

impl Guard {
    fn guardrail(&self) -> Guardrail {
        Guardrail { metric: self.measure.metric(), tolerated: self.tolerated.0 }
    }

    /// As it is typed: `unsubscribe rate, conversion rate, up at most 10 %`.
    pub fn as_typed(&self, scale: Scale) -> String {
        let kind = kind_in_words(self.measure.kind);
        format!("{}, {kind}, {} at most {}", self.measure.name, self.way(), self.limit(scale))
    }

    /// `unsubscribe rate, up by at most 10 %`.
    fn in_words(&self, scale: Scale) -> String {
        format!("{}, {} by at most {}", self.measure.name, self.way(), self.limit(scale))
    }

    fn way(&self) -> &'static str {
        match self.measure.better {
            Better::Higher => "down",
            Better::Lower => "up",
        }
    }

    fn limit(&self, scale: Scale) -> String {
        effect_in_words(self.tolerated.0, scale, self.measure.kind)
    }
}

impl Decided {
    pub const ALL: [Self; 2] = [Self::FixedHorizon, Self::AlwaysValid];

    pub const fn name(self) -> &'static str {
        match self {
            Self::FixedHorizon => "fixed_horizon",
            Self::AlwaysValid => "always_valid",
        }
    }

    pub const fn in_words(self) -> &'static str {
        match self {
            Self::FixedHorizon => "once, at a fixed number of users",
            Self::AlwaysValid => "at any time, by an interval that holds however often it is read",
        }
    }
}

pub const fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Conversion => "conversion rate",
        Kind::Count => "count per user",
        Kind::Revenue => "revenue per visitor",
        Kind::Ratio => "ratio of two sums",
    }
}

const fn better(better: Better) -> &'static str {
    match better {
        Better::Higher => "higher",
        Better::Lower => "lower",
    }
}

fn effect_in_words(effect: f64, scale: Scale, kind: Kind) -> String {
    match (scale, kind) {
        (Scale::Relative, _) => percent(effect),
        (Scale::Absolute, Kind::Conversion) => format!("{} points", digits(100.0 * effect, 4)),
        (Scale::Absolute, _) => digits(effect, 4),
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', "; ")
}

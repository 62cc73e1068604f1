//! What people decide about a running test: to ship an arm, or to stop. It is put up for review, with the
//! reason and the numbers that it rests on; going against the rule is allowed, and stays on record.

use serde::{Deserialize, Serialize};

use super::counts::Reading;
use super::running::Test;
use super::statistics::readout::Verdict;
use crate::error::{Refusal, Result};
use crate::ids::ExperimentId;

/// The canonical JSON of this is what decisions on it are bound to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TestDecision {
    kind: DecisionKind,
    v: u32,
    pub test: ExperimentId,
    pub name: String,
    /// Of the plan by which it is decided.
    pub plan_sha256: String,
    pub choice: Choice,
    pub reason: String,
    /// What the rule that was agreed on says, with the numbers, in sentences.
    pub rule_says: Vec<String>,
    pub against_rule: bool,
    /// The newest day that was counted; none where nothing came.
    pub as_of: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum DecisionKind {
    #[serde(rename = "test_decision")]
    TestDecision,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    Ship { arm: String },
    Stop,
}

impl Choice {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ship { .. } => "ship",
            Self::Stop => "stop",
        }
    }

    /// `Ship benefit`.
    pub fn in_words(&self) -> String {
        match self {
            Self::Ship { arm } => format!("Ship {arm}"),
            Self::Stop => "Stop".to_owned(),
        }
    }

    /// Whether it is something else than the rule says.
    pub fn is_against(&self, verdict: Option<&Verdict>) -> bool {
        match (self, verdict) {
            (Self::Ship { arm }, Some(Verdict::Ship { arm: best })) => arm != best,
            (Self::Ship { .. }, _) => true,
            (Self::Stop, Some(Verdict::Ship { .. } | Verdict::Continue)) => true,
            // Before the first counts it says nothing.
            (Self::Stop, None) => false,
            (
                Self::Stop,
                Some(
                    Verdict::StopNoEffect
                    | Verdict::StopWorse
                    | Verdict::StopGuardrail { .. }
                    | Verdict::InvalidSplit
                    | Verdict::NoReading { .. },
                ),
            ) => false,
        }
    }
}

impl TestDecision {
    /// Refuses to ship where there is no effect to ship on.
    pub fn new(test: &Test, choice: Choice, reason: &str) -> Result<Self, Refusal> {
        let verdict = test.reading.verdict();
        if let Choice::Ship { arm } = &choice {
            if !test.plan.arms.iter().any(|it| it.name == *arm) {
                return Err(Refusal::UnknownAction);
            }
            check_shippable(verdict)?;
        }
        Ok(Self {
            kind: DecisionKind::TestDecision,
            v: 1,
            test: test.running.id,
            name: test.plan.name.clone(),
            plan_sha256: hex::encode(test.running.content_hash),
            against_rule: choice.is_against(verdict),
            choice,
            reason: reason.to_owned(),
            rule_says: test.reading.sentences(),
            as_of: test.reading.last_day.map(|day| day.to_string()),
        })
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// What lists call it.
    pub fn title(&self) -> String {
        format!("{}: {}", self.name, self.choice.in_words())
    }

    /// All of it as people read it, without markup: by this revisions are compared.
    pub fn in_full(&self) -> String {
        let mut lines = vec![self.title(), self.reason.clone()];
        lines.extend(self.rule_says.iter().cloned());
        lines.join("\n")
    }
}

/// Whether anything may be shipped, whatever the rule says of it.
pub fn check_shippable(verdict: Option<&Verdict>) -> Result<(), Refusal> {
    let sentence = match verdict {
        Some(Verdict::InvalidSplit) => {
            "The traffic split is off, so no effect can be read from the counts, and there is nothing to ship on. Stop the test, mend the cause, and start anew."
        }
        Some(Verdict::NoReading { .. }) => {
            "The counts allow no comparison, so there is nothing to ship on. The card says why."
        }
        None => {
            "Nothing was counted yet, so there is nothing to ship on. Wait for the first counts."
        }
        Some(_) => return Ok(()),
    };
    Err(Refusal::Missing(sentence.to_owned()))
}

impl Reading {
    pub fn verdict(&self) -> Option<&Verdict> {
        self.readout.as_ref()?.as_ref().ok().map(|it| &it.verdict)
    }

    /// What the rule says, and what it rests on; or why it says nothing.
    pub fn sentences(&self) -> Vec<String> {
        match &self.readout {
            None => vec!["Nothing was counted yet.".to_owned()],
            Some(Ok(readout)) => readout.sentences.clone(),
            Some(Err(reason)) => vec![format!("No reading: {reason}")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_against_the_rule_is_known() {
        let ship = |arm: &str| Choice::Ship { arm: arm.to_owned() };
        let check = |choice: Choice, verdict: Option<Verdict>, against: bool| {
            assert_eq!(choice.is_against(verdict.as_ref()), against, "{choice:?} {verdict:?}");
        };
        let ship_b = || Some(Verdict::Ship { arm: "b".to_owned() });
        check(ship("b"), ship_b(), false);
        check(ship("c"), ship_b(), true);
        check(Choice::Stop, ship_b(), true);
        check(ship("b"), Some(Verdict::Continue), true);
        check(Choice::Stop, Some(Verdict::Continue), true);
        check(Choice::Stop, Some(Verdict::StopNoEffect), false);
        check(ship("b"), Some(Verdict::StopNoEffect), true);
        check(Choice::Stop, Some(Verdict::InvalidSplit), false);
        check(Choice::Stop, None, false);
    }
}

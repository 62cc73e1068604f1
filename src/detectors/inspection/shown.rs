//! The numbers behind a finding.

use serde::{Deserialize, Serialize};

use crate::detectors::backtest::Run;
use crate::detectors::dropoff::Step;
use crate::detectors::unusual::{Expected, Judged, Rule};
use crate::detectors::waste::Sibling;
use crate::detectors::{Bad, DAY_S, Local, Point};

/// Readings that are shown around what was found.
const SHOWN_DAYS: usize = 42;
const SHOWN_HOURS: usize = 7 * 24;

/// The numbers behind a finding, for a picture.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// `until` says until when there should have been more.
    Readings {
        currency: Option<String>,
        readings: Vec<Reading>,
        until: Option<Local>,
    },
    Funnel {
        steps: Vec<Step>,
    },
    Siblings {
        currency: String,
        siblings: Vec<Sibling>,
    },
    /// What was spent on each day of the budget's time.
    Budget {
        currency: String,
        amount: f64,
        first: Local,
        last: Local,
        days: Vec<(Local, f64)>,
    },
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reading {
    pub at: Local,
    pub value: f64,
    pub expected: Option<Expected>,
    pub marked: bool,
}

/// The readings around what was found, as the detector saw them.
pub(super) fn shown(points: &[Point], rule: Option<&Rule>, until: Option<Local>) -> Shown {
    let bad = rule.map_or(Bad::Either, |it| it.bad);
    let run = Run::of(points, bad, rule.map_or(0.0, |it| it.least));
    let most = if run.step_s < DAY_S { SHOWN_HOURS } else { SHOWN_DAYS };
    let tail = &run.judged[run.judged.len().saturating_sub(most)..];
    let reading = |it: &Judged| Reading {
        at: it.at,
        value: it.value,
        expected: it.expected.filter(|_| rule.is_some()),
        marked: it.fires && rule.is_some(),
    };
    let currency = rule.and_then(|it| it.currency.clone());
    Shown::Readings { currency, readings: tail.iter().map(reading).collect(), until }
}

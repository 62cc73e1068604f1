//! The effect of a treatment, and how surely it is known.

use serde::Deserialize;

use super::arm::{self, Arm, Moments};
use super::degenerate::{Degenerate, Which};

/// As what the effect is told.
#[derive(Clone, Copy, PartialEq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// As a share of the control's mean.
    #[default]
    Relative,
    /// In the metric's own unit.
    Absolute,
}

/// An effect with its standard error, before any decision about it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    pub effect: f64,
    pub standard_error: f64,
    /// Welch and Satterthwaite's, on the absolute scale.
    pub degrees: f64,
    /// The users of both arms.
    pub users: f64,
    /// The control's mean, not adjusted.
    pub baseline: f64,
    /// CUPED's coefficient, where there was something to adjust by.
    pub theta: Option<f64>,
}

/// A range of effects; a side that nothing bounds is `None`.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
pub struct Interval {
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// Compares a treatment with its control.
///
/// The relative effect is `(mean_b − mean_a) / mean_a`, its variance by the delta method
/// `var_b / (mean_a² n_b) + var_a mean_b² / (mean_a⁴ n_a)`. A proportion's variance is `p (1 − p)`.
/// Under CUPED the difference is that of the adjusted means, over the unadjusted mean of the control.
pub fn estimate(
    control: &Arm,
    treatment: &Arm,
    difference: Difference,
) -> Result<Estimate, Degenerate> {
    check(control, treatment)?;
    let theta = arm::theta(control, treatment);
    let (a, b) = (control.moments(theta), treatment.moments(theta));
    let varies = varies(&a, &b);
    if a.unadjusted == 0.0 && (difference == Difference::Relative || varies.is_err()) {
        return Err(Degenerate::ZeroBaseline);
    }
    varies?;

    let (per, of_control) = match difference {
        Difference::Relative => (a.unadjusted, b.unadjusted / a.unadjusted),
        Difference::Absolute => (1.0, 1.0),
    };
    let variance = (b.variance() / b.n + a.weighted(of_control) / a.n) / (per * per);
    let estimate = Estimate {
        effect: (b.mean - a.mean) / per,
        standard_error: variance.sqrt(),
        degrees: degrees(&a, &b),
        users: a.n + b.n,
        baseline: a.unadjusted,
        theta: (theta != 0.0).then_some(theta),
    };
    estimate.checked()
}

impl Estimate {
    /// Sets another effect against the data than none.
    pub fn against(self, null: f64) -> Self {
        Self { effect: self.effect - null, ..self }
    }

    pub fn statistic(&self) -> f64 {
        self.effect / self.standard_error
    }

    pub(super) fn around(&self, width: f64) -> Interval {
        Interval { lower: Some(self.effect - width), upper: Some(self.effect + width) }
    }

    fn checked(self) -> Result<Self, Degenerate> {
        let positive = self.standard_error > 0.0 && self.degrees > 0.0;
        let numbers = [self.effect, self.standard_error, self.degrees, self.statistic()];
        let finite = numbers.iter().all(|it| it.is_finite());
        if positive && finite { Ok(self) } else { Err(Degenerate::OutOfRange) }
    }
}

impl Interval {
    pub fn holds(&self, effect: f64) -> bool {
        self.lower.is_none_or(|it| it <= effect) && self.upper.is_none_or(|it| it >= effect)
    }

    /// Every effect of the interval is above that.
    pub fn is_above(&self, effect: f64) -> bool {
        self.lower.is_some_and(|it| it > effect)
    }

    pub fn is_below(&self, effect: f64) -> bool {
        self.upper.is_some_and(|it| it < effect)
    }

    pub(super) fn shifted(self, by: f64) -> Self {
        let shift = |it: Option<f64>| it.map(|it| it + by);
        Self { lower: shift(self.lower), upper: shift(self.upper) }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        let scale = |it: Option<f64>| it.map(|it| it * factor);
        Self { lower: scale(self.lower), upper: scale(self.upper) }
    }
}

fn check(control: &Arm, treatment: &Arm) -> Result<(), Degenerate> {
    control.check(Which::Control)?;
    treatment.check(Which::Treatment)?;
    if !control.is_as(treatment) {
        return Err(Degenerate::DifferentKinds);
    }
    for (arm, which) in [(control, Which::Control), (treatment, Which::Treatment)] {
        if arm.users() == 0.0 {
            return Err(Degenerate::NoUsers(which));
        }
        if arm.users() < 2.0 {
            return Err(Degenerate::OneUser(which));
        }
        // A ratio over nothing.
        if arm.mean().is_none() {
            return Err(Degenerate::ZeroDenominator(which));
        }
    }
    Ok(())
}

fn varies(a: &Moments, b: &Moments) -> Result<(), Degenerate> {
    let still = |it: &Moments| it.variance() <= 0.0;
    match (still(a), still(b)) {
        (true, _) => Err(Degenerate::NoVariance(Which::Control)),
        (_, true) => Err(Degenerate::NoVariance(Which::Treatment)),
        _ => Ok(()),
    }
}

fn degrees(a: &Moments, b: &Moments) -> f64 {
    let (from_a, from_b) = (a.variance() / a.n, b.variance() / b.n);
    let sum = from_a + from_b;
    sum * sum / (from_b * from_b / (b.n - 1.0) + from_a * from_a / (a.n - 1.0))
}

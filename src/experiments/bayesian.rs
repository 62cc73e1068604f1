//! The effect as a belief: a normal likelihood with a normal prior, which gives a normal posterior.

use serde::Deserialize;

use super::degenerate::Degenerate;
use super::distributions::normal;
use super::estimate::{Difference, Estimate, Interval};
use super::fixed::check_share;

/// What was believed of the effect before the data.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Prior {
    pub mean: f64,
    pub variance: f64,
    /// On which scale it was stated; it is brought to that of the effect by the control's mean.
    pub stated_as: Difference,
}

/// Whether more of the metric is better, or less.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    #[default]
    Higher,
    Lower,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Posterior {
    pub effect: f64,
    pub standard_deviation: f64,
    pub interval: Interval,
    /// That the treatment is better than the control.
    pub chance: f64,
    /// What is lost on average if the control is kept, though the treatment is better.
    pub risk_of_control: f64,
    /// What is lost on average if the treatment is shipped, though the control is better.
    pub risk_of_treatment: f64,
}

/// The posterior of an effect; without a prior, the data speak alone.
pub fn posterior(
    estimate: &Estimate,
    difference: Difference,
    prior: Option<Prior>,
    better: Better,
    alpha: f64,
) -> Result<Posterior, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    let variance = estimate.standard_error * estimate.standard_error;
    let (effect, standard_deviation) = match prior {
        None => (estimate.effect, estimate.standard_error),
        Some(prior) => {
            let Prior { mean, variance: before, .. } = prior.on(difference, estimate.baseline)?;
            let precision = 1.0 / variance + 1.0 / before;
            let effect = (estimate.effect / variance + mean / before) / precision;
            (effect, precision.sqrt().recip())
        }
    };
    let z = effect / standard_deviation;
    let width = normal::isf(alpha / 2.0) * standard_deviation;
    let interval = Interval { lower: Some(effect - width), upper: Some(effect + width) };
    let (above, below) = (standard_deviation * excess(z), standard_deviation * excess(-z));
    let (chance, risk_of_control, risk_of_treatment) = match better {
        Better::Higher => (normal::cdf(z), above, below),
        Better::Lower => (normal::cdf(-z), below, above),
    };
    let numbers = [effect, standard_deviation, chance, above, below];
    if numbers.iter().any(|it| !it.is_finite()) || standard_deviation <= 0.0 {
        return Err(Degenerate::OutOfRange);
    }
    let risks = (risk_of_control, risk_of_treatment);
    let (risk_of_control, risk_of_treatment) = risks;
    Ok(Posterior {
        effect,
        standard_deviation,
        interval,
        chance,
        risk_of_control,
        risk_of_treatment,
    })
}

impl Prior {
    fn on(self, difference: Difference, baseline: f64) -> Result<Self, Degenerate> {
        let good = self.mean.is_finite() && self.variance.is_finite() && self.variance > 0.0;
        if !good {
            return Err(Degenerate::Setting("The prior has a mean and a variance above zero"));
        }
        let factor = match (self.stated_as, difference) {
            (Difference::Absolute, Difference::Relative) => baseline.abs().recip(),
            (Difference::Relative, Difference::Absolute) => baseline.abs(),
            _ => return Ok(self),
        };
        let (mean, variance) = (self.mean * factor, self.variance * factor * factor);
        if !(variance.is_finite() && variance > 0.0) {
            return Err(Degenerate::ZeroBaseline);
        }
        Ok(Self { mean, variance, stated_as: difference })
    }
}

/// `E[max(Z + z, 0)]` for a standard normal `Z`.
fn excess(z: f64) -> f64 {
    (normal::pdf(z) + z * normal::cdf(z)).max(0.0)
}

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

#[cfg(test)]
mod tests {
    use super::super::distributions::assert_close;
    use super::*;

    fn estimate(effect: f64, standard_error: f64) -> Estimate {
        let (degrees, users, baseline) = (900.0, 1_000.0, 4.0);
        Estimate { effect, standard_error, degrees, users, baseline, theta: None }
    }

    fn posterior_of(estimate: &Estimate, prior: Option<Prior>, better: Better) -> Posterior {
        posterior(estimate, Difference::Absolute, prior, better, 0.05).unwrap()
    }

    #[test]
    fn without_a_prior_the_data_speak_alone() {
        let found = posterior_of(&estimate(0.0, 2.0), None, Better::Higher);
        assert_close(found.chance, 0.5, 1e-15);
        // E[max(Z, 0)] is 1/√(2π).
        assert_close(found.risk_of_control, 2.0 / (2.0 * std::f64::consts::PI).sqrt(), 1e-14);
        assert_close(found.risk_of_control, found.risk_of_treatment, 1e-15);
        let found = posterior_of(&estimate(1.5, 1.0), None, Better::Higher);
        // What a choice costs differs by the effect.
        assert_close(found.risk_of_control - found.risk_of_treatment, 1.5, 1e-14);
        assert_close(found.chance, 0.933_192_798_731_141_9, 1e-13);
    }

    #[test]
    fn a_prior_as_sure_as_the_data_meets_them_half_way() {
        let prior = Prior { mean: 0.0, variance: 4.0, stated_as: Difference::Absolute };
        let found = posterior_of(&estimate(1.0, 2.0), Some(prior), Better::Higher);
        assert_close(found.effect, 0.5, 1e-15);
        assert_close(found.standard_deviation, 2.0_f64.sqrt(), 1e-15);
        // The same, stated as a share of a control of 4.
        let relative = Prior { mean: 0.0, variance: 0.25, stated_as: Difference::Relative };
        let same = posterior_of(&estimate(1.0, 2.0), Some(relative), Better::Higher);
        assert_close(same.chance, found.chance, 1e-15);
    }

    #[test]
    fn where_less_is_better_the_chance_turns_round() {
        let up = posterior_of(&estimate(0.8, 1.0), None, Better::Higher);
        let down = posterior_of(&estimate(0.8, 1.0), None, Better::Lower);
        assert_close(up.chance + down.chance, 1.0, 1e-15);
        assert_close(up.risk_of_control, down.risk_of_treatment, 1e-15);
    }

    #[test]
    fn small_risks_keep_their_digits() {
        // φ(z)/z² (1 − 3/z² + 15/z⁴ − 105/z⁶ + 945/z⁸), asymptotically.
        let found = posterior_of(&estimate(20.0, 1.0), None, Better::Higher);
        let s = 1.0 / 400.0;
        let series = 1.0 + s * (-3.0 + s * (15.0 + s * (-105.0 + s * 945.0)));
        assert_close(found.risk_of_treatment, normal::pdf(20.0) / 400.0 * series, 1e-8);
    }

    #[test]
    fn a_prior_without_a_variance_is_refused() {
        for variance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let prior = Some(Prior { mean: 0.0, variance, stated_as: Difference::Absolute });
            let found =
                posterior(&estimate(1.0, 1.0), Difference::Absolute, prior, Better::Higher, 0.05);
            assert!(found.is_err());
        }
    }
}

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
    // As shares, whose squares do not vanish.
    let (share_a, share_b) = (from_a / (from_a + from_b), from_b / (from_a + from_b));
    (share_b * share_b / (b.n - 1.0) + share_a * share_a / (a.n - 1.0)).recip()
}

#[cfg(test)]
mod tests {
    use super::super::arm::Sums;
    use super::super::distributions::assert_close;
    use super::*;

    fn proportion(n: f64, sum: f64) -> Arm {
        Arm::Proportion { n, sum }
    }

    /// The sums of the users' values.
    fn mean(values: &[f64]) -> Sums {
        let n = values.len() as f64;
        let sum_squares = values.iter().map(|it| it * it).sum();
        Sums::Mean { n, sum: values.iter().sum(), sum_squares }
    }

    fn products(one: &[f64], two: &[f64]) -> f64 {
        one.iter().zip(two).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn proportions_are_as_by_hand() {
        // 1/4 against 1/2 of 16: variances 3/16 and 1/4.
        let (a, b) = (proportion(16.0, 4.0), proportion(16.0, 8.0));
        let absolute = estimate(&a, &b, Difference::Absolute).unwrap();
        assert_close(absolute.effect, 0.25, 1e-15);
        assert_close(absolute.standard_error, (7.0_f64 / 256.0).sqrt(), 1e-15);
        // (7/16)² / ((1/16 + 9/256) / 15) = 49 · 15 / 25
        assert_close(absolute.degrees, 29.4, 1e-13);
        let relative = estimate(&a, &b, Difference::Relative).unwrap();
        assert_close(relative.effect, 1.0, 1e-15);
        // var_b/(a² n) + var_a b²/(a⁴ n) = (1/4 · 16 + 3/16 · 64) / 16
        assert_close(relative.standard_error, 1.0, 1e-15);
        assert_close(relative.degrees, absolute.degrees, 1e-15);
    }

    #[test]
    fn a_mean_is_as_welch_has_it() {
        // Welch's test of two small samples, by hand: means 3 and 7, variances 5/2 and 10.
        let a = [1.0, 2.0, 3.0, 4.0, 5.0];
        let b = [3.0, 5.0, 7.0, 9.0, 11.0];
        let arm = |values: &[f64]| match mean(values) {
            Sums::Mean { n, sum, sum_squares } => Arm::Mean { n, sum, sum_squares },
            Sums::Proportion { .. } => unreachable!(),
        };
        let found = estimate(&arm(&a), &arm(&b), Difference::Absolute).unwrap();
        assert_close(found.effect, 4.0, 1e-15);
        assert_close(found.standard_error, 2.5_f64.sqrt(), 1e-14);
        assert_close(found.degrees, 6.25 / (4.0 / 4.0 + 0.25 / 4.0), 1e-14);
    }

    #[test]
    fn a_ratio_over_ones_is_a_mean() {
        let (values, ones) = ([2.0, 0.0, 1.0, 5.0, 3.0], [1.0; 5]);
        let (other, twice) = ([1.0, 0.0, 4.0, 2.0, 6.0], [2.0; 5]);
        let ratio = |m: &[f64], d: &[f64]| Arm::Ratio {
            n: 5.0,
            m: mean(m),
            d: mean(d),
            m_d_sum_of_products: products(m, d),
        };
        let plain = |m: &[f64]| match mean(m) {
            Sums::Mean { n, sum, sum_squares } => Arm::Mean { n, sum, sum_squares },
            Sums::Proportion { .. } => unreachable!(),
        };
        let expected = estimate(&plain(&values), &plain(&other), Difference::Relative).unwrap();
        let found = estimate(&ratio(&values, &ones), &ratio(&other, &ones), Difference::Relative);
        let found = found.unwrap();
        assert_close(found.effect, expected.effect, 1e-14);
        assert_close(found.standard_error, expected.standard_error, 1e-13);
        // Over twos, both arms are half, and the share of one of the other is the same.
        let halved =
            estimate(&ratio(&values, &twice), &ratio(&other, &twice), Difference::Relative);
        assert_close(halved.unwrap().standard_error, expected.standard_error, 1e-13);
    }

    #[test]
    fn what_was_before_explains_what_it_can() {
        // Half of each user's value is what it was before, so that half of the spread is explained.
        let before_a = [1.0, 3.0, 5.0, 7.0, 9.0, 11.0];
        let before_b = [2.0, 4.0, 6.0, 8.0, 10.0, 12.0];
        let noise = [0.5, -0.5, -0.5, 0.5, 0.25, -0.25];
        let after = |before: &[f64; 6], plus: f64| -> Vec<f64> {
            before.iter().zip(noise).map(|(it, noise)| 3.0 + it / 2.0 + plus + noise).collect()
        };
        let (after_a, after_b) = (after(&before_a, 0.0), after(&before_b, 1.0));
        let cuped = |post: &[f64], pre: &[f64]| Arm::Cuped {
            n: 6.0,
            post: mean(post),
            pre: mean(pre),
            post_pre_sum_of_products: products(post, pre),
        };
        let (a, b) = (cuped(&after_a, &before_a), cuped(&after_b, &before_b));
        let found = estimate(&a, &b, Difference::Absolute).unwrap();
        let theta = found.theta.unwrap();

        // The same by hand: residuals after theta times what was before.
        let adjusted = |post: &[f64], pre: &[f64]| -> Vec<f64> {
            post.iter().zip(pre).map(|(post, pre)| post - theta * pre).collect()
        };
        let plain = |values: &[f64]| match mean(values) {
            Sums::Mean { n, sum, sum_squares } => Arm::Mean { n, sum, sum_squares },
            Sums::Proportion { .. } => unreachable!(),
        };
        let by_hand = estimate(
            &plain(&adjusted(&after_a, &before_a)),
            &plain(&adjusted(&after_b, &before_b)),
            Difference::Absolute,
        )
        .unwrap();
        assert_close(found.effect, by_hand.effect, 1e-12);
        assert_close(found.standard_error, by_hand.standard_error, 1e-11);
        let unadjusted =
            estimate(&plain(&after_a), &plain(&after_b), Difference::Absolute).unwrap();
        assert!(found.standard_error < unadjusted.standard_error / 3.0);
    }

    #[test]
    fn what_never_varied_before_adjusts_nothing() {
        let flat = |post: &[f64]| Arm::Cuped {
            n: 4.0,
            post: mean(post),
            pre: mean(&[2.0; 4]),
            post_pre_sum_of_products: 2.0 * post.iter().sum::<f64>(),
        };
        let found = estimate(
            &flat(&[1.0, 2.0, 3.0, 4.0]),
            &flat(&[2.0, 4.0, 5.0, 9.0]),
            Difference::Absolute,
        );
        let found = found.unwrap();
        assert_eq!(found.theta, None);
        assert_close(found.effect, 2.5, 1e-15);
    }
}

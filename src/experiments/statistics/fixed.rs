//! Tests that are read once, at a horizon that was fixed before.

use serde::{Deserialize, Serialize};

use super::degenerate::{Degenerate, Which};
use super::distributions::{normal, student};
use super::estimate::{Estimate, Interval};

/// What would be news.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Any effect.
    #[default]
    Both,
    /// An effect above the null.
    Greater,
    /// An effect below it.
    Lesser,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Tested {
    pub p_value: f64,
    /// Covers the true effect with one less `alpha`.
    pub interval: Interval,
}

/// Welch's t-test of the hypothesis that there is no effect.
pub fn t_test(estimate: &Estimate, side: Side, alpha: f64) -> Result<Tested, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    let degrees = estimate.degrees;
    tested(estimate, side, alpha, |t| student::sf(t, degrees), |p| student::isf(p, degrees))
}

/// The same with the normal distribution, for large numbers of users.
pub fn z_test(estimate: &Estimate, side: Side, alpha: f64) -> Result<Tested, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    tested(estimate, side, alpha, normal::sf, normal::isf)
}

/// The z-test of two proportions with the variance pooled over both, two-sided, and Newcombe's hybrid
/// score interval of their difference (Newcombe, Statistics in Medicine 17, 1998, method 10).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Proportions {
    pub z: f64,
    pub p_value: f64,
    pub interval: Interval,
}

/// Each arm as its users and how many of them did it.
pub fn proportions(
    (n_a, sum_a): (f64, f64),
    (n_b, sum_b): (f64, f64),
    alpha: f64,
) -> Result<Proportions, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    for (n, sum, which) in [(n_a, sum_a, Which::Control), (n_b, sum_b, Which::Treatment)] {
        if !(n.is_finite() && sum.is_finite()) {
            return Err(Degenerate::NotANumber(which));
        }
        if n < 0.0 || sum < 0.0 {
            return Err(Degenerate::Negative(which));
        }
        if n == 0.0 {
            return Err(Degenerate::NoUsers(which));
        }
        if sum > n {
            return Err(Degenerate::MoreThanUsers(which));
        }
    }
    let (p_a, p_b) = (sum_a / n_a, sum_b / n_b);
    let pooled = (sum_a + sum_b) / (n_a + n_b);
    let variance = pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b);
    if variance <= 0.0 {
        return Err(Degenerate::NoVariance(Which::Control));
    }
    let difference = p_b - p_a;
    let z = difference / variance.sqrt();
    let ((low_a, high_a), (low_b, high_b)) = (wilson(p_a, n_a, alpha), wilson(p_b, n_b, alpha));
    let interval = Interval {
        lower: Some(difference - (p_b - low_b).hypot(high_a - p_a)),
        upper: Some(difference + (high_b - p_b).hypot(p_a - low_a)),
    };
    let p_value = 2.0 * normal::sf(finite(z)?.abs());
    let Tested { p_value, interval } = Tested { p_value, interval }.checked()?;
    Ok(Proportions { z, p_value, interval })
}

/// Wilson's score interval of a proportion (JASA 22, 1927).
fn wilson(p: f64, n: f64, alpha: f64) -> (f64, f64) {
    let z = normal::isf(alpha / 2.0);
    let middle = p + z * z / (2.0 * n);
    let width = z * ((p * (1.0 - p) + z * z / (4.0 * n)) / n).sqrt();
    let over = 1.0 + z * z / n;
    ((middle - width) / over, (middle + width) / over)
}

fn tested(
    estimate: &Estimate,
    side: Side,
    alpha: f64,
    sf: impl Fn(f64) -> f64,
    isf: impl Fn(f64) -> f64,
) -> Result<Tested, Degenerate> {
    let t = estimate.statistic();
    let both = estimate
        .around(isf(alpha / if side == Side::Both { 2.0 } else { 1.0 }) * estimate.standard_error);
    let tested = match side {
        Side::Both => Tested { p_value: (2.0 * sf(t.abs())).min(1.0), interval: both },
        Side::Greater => Tested { p_value: sf(t), interval: Interval { upper: None, ..both } },
        Side::Lesser => Tested { p_value: sf(-t), interval: Interval { lower: None, ..both } },
    };
    tested.checked()
}

impl Tested {
    /// Refuses what has no digits.
    pub(super) fn checked(self) -> Result<Self, Degenerate> {
        let sides = [self.interval.lower, self.interval.upper];
        let sound = sides.into_iter().flatten().all(f64::is_finite) && self.p_value.is_finite();
        if sound { Ok(self) } else { Err(Degenerate::OutOfRange) }
    }
}

/// A number that came out, if it is one.
pub(super) fn finite(value: f64) -> Result<f64, Degenerate> {
    if value.is_finite() { Ok(value) } else { Err(Degenerate::OutOfRange) }
}

pub(super) fn check_share(value: f64, sentence: &'static str) -> Result<(), Degenerate> {
    // Nearer to the ends than that nobody means it, and quantiles end.
    let inside = (1e-12..=1.0 - 1e-12).contains(&value);
    if inside { Ok(()) } else { Err(Degenerate::Setting(sentence)) }
}

#[cfg(test)]
mod tests {
    use super::super::arm::Arm;
    use super::super::distributions::assert_close;
    use super::super::estimate::{Difference, estimate};
    use super::*;

    #[test]
    fn a_paper_on_t_tests_comes_out_again() {
        // Student's sleep data (Biometrika 6, 1908): sums of the extra hours of ten and ten people, as
        // every textbook tests them by Welch: t = 1.8608, df = 17.776, p = 0.07939.
        let one = Arm::Mean { n: 10.0, sum: 7.5, sum_squares: 34.43 };
        let two = Arm::Mean { n: 10.0, sum: 23.3, sum_squares: 90.37 };
        let estimate = estimate(&one, &two, Difference::Absolute).unwrap();
        assert_close(estimate.statistic(), 1.860_8, 1e-4);
        assert_close(estimate.degrees, 17.776, 1e-4);
        let tested = t_test(&estimate, Side::Both, 0.05).unwrap();
        assert_close(tested.p_value, 0.079_39, 1e-4);
        assert_close(tested.interval.lower.unwrap(), -0.205_483_2, 1e-5);
        assert_close(tested.interval.upper.unwrap(), 3.365_483_2, 1e-5);
    }

    #[test]
    fn sides_share_the_risk() {
        let a = Arm::Proportion { n: 900.0, sum: 90.0 };
        let b = Arm::Proportion { n: 950.0, sum: 120.0 };
        let estimate = estimate(&a, &b, Difference::Relative).unwrap();
        let of = |side| t_test(&estimate, side, 0.05).unwrap();
        let (both, greater, lesser) = (of(Side::Both), of(Side::Greater), of(Side::Lesser));
        assert_close(both.p_value, 2.0 * greater.p_value, 1e-14);
        assert_close(greater.p_value + lesser.p_value, 1.0, 1e-14);
        assert_eq!((greater.interval.upper, lesser.interval.lower), (None, None));
        // A one-sided bound is the side of a two-sided interval with twice the risk.
        let wide = t_test(&estimate, Side::Both, 0.1).unwrap().interval;
        assert_close(greater.interval.lower.unwrap(), wide.lower.unwrap(), 1e-14);
        assert_close(lesser.interval.upper.unwrap(), wide.upper.unwrap(), 1e-14);
    }

    #[test]
    fn a_p_value_of_1e_300_keeps_its_digits() {
        let a = Arm::Proportion { n: 1e6, sum: 500_000.0 };
        let b = Arm::Proportion { n: 1e6, sum: 526_110.0 };
        let estimate = estimate(&a, &b, Difference::Absolute).unwrap();
        let tested = z_test(&estimate, Side::Both, 0.05).unwrap();
        // The asymptotic series of the normal tail (Abramowitz and Stegun 26.2.12).
        let z = estimate.statistic();
        let (mut term, mut series) = (1.0, 1.0);
        for k in 1..12 {
            term *= -f64::from(2 * k - 1) / (z * z);
            series += term;
        }
        let expected = 2.0 * normal::pdf(z) / z * series;
        assert!(expected > 0.0 && expected < 1e-280);
        assert_close(tested.p_value, expected, 1e-10);
    }

    #[test]
    fn newcombes_interval_is_that_of_his_paper() {
        // Table II of Newcombe 1998, contrast (a): 56/70 against 48/80, method 10: 0.0524 to 0.3339.
        let tested = proportions((80.0, 48.0), (70.0, 56.0), 0.05).unwrap();
        assert_close(tested.interval.lower.unwrap(), 0.052_4, 1e-3);
        assert_close(tested.interval.upper.unwrap(), 0.333_9, 1e-3);
        // And (b): 9/10 against 3/10: 0.1705 to 0.8090.
        let tested = proportions((10.0, 3.0), (10.0, 9.0), 0.05).unwrap();
        assert_close(tested.interval.lower.unwrap(), 0.170_5, 1e-3);
        assert_close(tested.interval.upper.unwrap(), 0.809_0, 1e-3);
    }
}

//! Tests that are read once, at a horizon that was fixed before.

use serde::Deserialize;

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

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tested {
    pub p_value: f64,
    /// Covers the true effect with one less `alpha`.
    pub interval: Interval,
}

/// Welch's t-test of the hypothesis that there is no effect.
pub fn t_test(estimate: &Estimate, side: Side, alpha: f64) -> Result<Tested, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    let degrees = estimate.degrees;
    Ok(tested(estimate, side, alpha, |t| student::sf(t, degrees), |p| student::isf(p, degrees)))
}

/// The same with the normal distribution, for large numbers of users.
pub fn z_test(estimate: &Estimate, side: Side, alpha: f64) -> Result<Tested, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    Ok(tested(estimate, side, alpha, normal::sf, normal::isf))
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
    Ok(Proportions { z, p_value: 2.0 * normal::sf(z.abs()), interval })
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
) -> Tested {
    let t = estimate.statistic();
    let both = estimate
        .around(isf(alpha / if side == Side::Both { 2.0 } else { 1.0 }) * estimate.standard_error);
    match side {
        Side::Both => Tested { p_value: (2.0 * sf(t.abs())).min(1.0), interval: both },
        Side::Greater => Tested { p_value: sf(t), interval: Interval { upper: None, ..both } },
        Side::Lesser => Tested { p_value: sf(-t), interval: Interval { lower: None, ..both } },
    }
}

pub(super) fn check_share(value: f64, sentence: &'static str) -> Result<(), Degenerate> {
    let inside = value > 0.0 && value < 1.0;
    if inside { Ok(()) } else { Err(Degenerate::Setting(sentence)) }
}

//! Student's t, for any number of degrees of freedom above zero.
//!
//! Its tail is an incomplete beta function: `P(T > t) = I_x(ν/2, 1/2) / 2` at `x = ν / (ν + t²)`
//! (DLMF 8.17), by a continued fraction where that converges fast and by its mirror image elsewhere.
//! The factor before it is formed from `ln(1 + t²/ν)` and a ratio of gamma functions,
//! never from logarithms of large gammas, whose difference would cost nine digits at a million users.

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

use super::normal;

/// From here on the normal distribution is the same to the last digit, but in tails nobody asks for.
const NORMAL_FROM: f64 = 1e10;

const EXPANDED_FROM: f64 = 1e6;

/// The chance of more than `t`.
pub fn sf(t: f64, degrees: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - sf(-t, degrees);
    }
    if degrees >= NORMAL_FROM {
        return normal::sf(t);
    }
    if degrees >= EXPANDED_FROM && t.powi(4) < 4e-4 * degrees {
        return expanded(t, degrees);
    }
    by_beta(t, degrees)
}

/// The expansion about the normal (Abramowitz and Stegun 26.7.10) to the second order; what is left
/// out is below 1e-12 of the tail where it is used. The fraction would take thousands of rounds.
fn expanded(t: f64, degrees: f64) -> f64 {
    let first = t * (t * t + 1.0) / (4.0 * degrees);
    let second = t * (3.0 * t.powi(6) - 7.0 * t.powi(4) - 5.0 * t * t - 3.0);
    normal::sf(t) + normal::pdf(t) * (first + second / (96.0 * degrees * degrees))
}

fn by_beta(t: f64, degrees: f64) -> f64 {
    let (a, squared) = (degrees / 2.0, t * t);
    if squared == f64::INFINITY {
        return 0.0;
    }
    let (x, y) = (degrees / (degrees + squared), squared / (degrees + squared));
    // x^a y^(1/2) / B(a, 1/2)
    let factor = (-a * (squared / degrees).ln_1p() + 0.5 * y.ln() - ln_beta_with_half(a)).exp();
    if x < (a + 1.0) / (a + 2.5) {
        factor * continued_fraction(a, 0.5, x, y) / 2.0
    } else {
        0.5 - factor * continued_fraction(0.5, a, y, x) / 2.0
    }
}

/// The chance of at most `t`.
pub fn cdf(t: f64, degrees: f64) -> f64 {
    sf(-t, degrees)
}

/// The point that is exceeded with the chance `p`, for `p` between 0 and 1.
pub fn isf(p: f64, degrees: f64) -> f64 {
    if p > 0.5 {
        return -isf(1.0 - p, degrees);
    }
    let z = normal::isf(p);
    if degrees >= NORMAL_FROM || p == 0.5 {
        return z;
    }
    let mut low = 0.0;
    let mut high = z.max(1.0);
    while sf(high, degrees) > p {
        low = high;
        high *= 2.0;
    }
    // Cornish and Fisher's first term, then Newton's steps on the logarithm, kept between the ends.
    let mut t = z + z * (z * z + 1.0) / (4.0 * degrees);
    for _ in 0..200 {
        if !(t > low && t < high) {
            t = low + (high - low) / 2.0;
        }
        let tail = sf(t, degrees);
        if tail > p {
            low = t;
        } else {
            high = t;
        }
        let step = (tail / p).ln() * tail / pdf(t, degrees);
        t += step;
        if step.abs() <= 1e-15 * t.abs() || high - low <= f64::EPSILON * high {
            break;
        }
    }
    t.clamp(low, high)
}

fn pdf(t: f64, degrees: f64) -> f64 {
    let exponent = -(degrees + 1.0) / 2.0 * (t * t / degrees).ln_1p();
    (exponent - 0.5 * degrees.ln() - ln_beta_with_half(degrees / 2.0)).exp()
}

/// `ln B(a, 1/2)`. For large `a` by the series of `ln Γ(a + 1/2) − ln Γ(a)` (DLMF 5.11.8).
fn ln_beta_with_half(a: f64) -> f64 {
    let gammas = if a < 20.0 {
        ln_gamma(a + 0.5) - ln_gamma(a)
    } else {
        let s = (a * a).recip();
        let series = -1.0 / 8.0
            + s * (1.0 / 192.0 + s * (-1.0 / 640.0 + s * (17.0 / 14_336.0 - s * 31.0 / 18_432.0)));
        0.5 * a.ln() + series / a
    };
    0.5 * PI.ln() - gammas
}

/// DiDonato and Morris (ACM TOMS 18, 1992, equation 9) by the method of Lentz, for `x + y = 1`. It
/// takes some `√a` rounds, and the form with `y` keeps its digits where `x` is nearly one.
fn continued_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let first = a * y - b * x + 1.0;
    let beta = |m: f64| {
        let last = (a + m) * (first + m * (1.0 + y)) / (a + 2.0 * m + 1.0);
        m + m * (b - m) * x / (a + 2.0 * m - 1.0) + last
    };
    let mut value = away_from_zero(a * first / (a + 1.0));
    let (mut c, mut d) = (value, 0.0);
    for round in 1..1_000_000 {
        let m = f64::from(round);
        let below = a + 2.0 * m - 1.0;
        let alpha = (a + m - 1.0) / below * (a + b + m - 1.0) / below * m * (b - m) * x * x;
        let beta = beta(m);
        d = away_from_zero(beta + alpha * d).recip();
        c = away_from_zero(beta + alpha / c);
        value *= c * d;
        let change = (c * d - 1.0).abs();
        if change <= f64::EPSILON || change.is_nan() {
            break;
        }
    }
    value.recip()
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use super::*;

    #[test]
    fn few_degrees_agree_with_closed_forms() {
        for t in [1e-3, 0.3, 1.0, 1.8, 4.0, 50.0, 1e6_f64] {
            // One degree is Cauchy's distribution.
            assert_close(sf(t, 1.0), (1.0 / t).atan() / PI, 1e-13);
            // Two: (1 − t/√(2 + t²)) / 2, without the difference.
            let root = (2.0 + t * t).sqrt();
            assert_close(sf(t, 2.0), 1.0 / (root * (root + t)), 1e-13);
            assert_close(cdf(-t, 2.0), sf(t, 2.0), 0.0);
        }
        // Four: by parts, with s = t/√(4 + t²), 1/2 − s(3 − s²)/4.
        let s = 3.0 / 13.0_f64.sqrt();
        assert_close(sf(3.0, 4.0), 0.5 - s * (3.0 - s * s) / 4.0, 1e-12);
    }

    #[test]
    fn many_degrees_agree_with_the_expansion_about_the_normal() {
        for (t, degrees) in [(0.5, 1e6), (1.7, 2e6), (2.5, 3e6), (4.2, 1e6), (6.0, 4e7_f64)] {
            assert_close(by_beta(t, degrees), expanded(t, degrees), 1e-11);
        }
    }

    #[test]
    fn far_tails_keep_their_digits() {
        // An even number of degrees gives a finite sum of one sign (A&S 26.7.4, rearranged about the
        // tail): checked against the leading term of the tail for t² far above the degrees.
        let (t, degrees): (f64, f64) = (1e8, 30.0);
        let leading = (degrees / (t * t)).powf(15.0) / (30.0 * ln_beta_with_half(15.0).exp());
        assert_close(sf(t, degrees), leading, 1e-12);
        assert!(sf(1e8, 36.0) > 0.0 && sf(1e8, 36.0) < 1e-250);
    }

    #[test]
    fn quantiles_undo_tails_also_of_a_million_degrees() {
        for degrees in [1.0, 2.5, 9.0, 120.0, 1e5, 3e6, 2e9] {
            for p in [1e-250, 1e-12, 0.005, 0.025, 0.3, 0.5, 0.9] {
                if degrees < 3.0 && p < 1e-100 {
                    continue;
                }
                assert_close(sf(isf(p, degrees), degrees), p, 1e-11);
            }
        }
        // Printed tables of t.
        assert_close(isf(0.025, 10.0), 2.228_138_851_986_274, 1e-13);
        assert_close(isf(0.005, 1.0), 63.656_741_162_871_54, 1e-12);
    }
}

//! Student's noncentral t: what a t-test meets when there is an effect.

use super::normal;

/// The chance that a noncentral t exceeds `t`: of `(Z + shift) / S`, where `S²` is a chi-square over
/// its degrees of freedom.
///
/// By its definition, `E[Φ(shift − t·S)]`, with the trapezoidal rule over `ln S`. There the density
/// is `exp(ν (y − e^{2y}/2))` up to a constant, which vanishes fast at both ends, and the rule
/// converges exponentially (Trefethen and Weideman, SIAM Review 56, 2014).
pub fn noncentral_t_sf(t: f64, degrees: f64, shift: f64) -> f64 {
    // ν (y + 1/2 − e^{2y}/2), zero at its top; expm1 keeps the digits near it.
    let exponent = |y: f64| degrees * (y - 0.5 * (2.0 * y).exp_m1());
    let spread = (2.0 * degrees).sqrt().recip();
    let step = (spread / 4.0).min(1.0 / (8.0 * (1.0 + t.abs())));
    let (mut weights, mut sum) = (0.0, 0.0);
    let mut add = |y: f64| {
        let exponent = exponent(y);
        let weight = exponent.exp();
        weights += weight;
        sum += weight * normal::cdf(shift - t * y.exp());
        exponent > NEGLIGIBLE
    };
    let mut position = 0.0;
    while add(position * step) {
        position += 1.0;
    }
    position = -1.0;
    while add(position * step) {
        position -= 1.0;
    }
    sum / weights
}

/// `exp(−45)` is 3e-20.
const NEGLIGIBLE: f64 = -45.0;

#[cfg(test)]
mod tests {
    use super::super::{assert_close, student};
    use super::*;

    #[test]
    fn without_a_shift_it_is_students() {
        for degrees in [1.0, 2.0, 7.5, 60.0, 5e5] {
            for t in [-2.0, 0.0, 0.7, 1.96, 4.0] {
                assert_close(noncentral_t_sf(t, degrees, 0.0), student::sf(t, degrees), 1e-12);
            }
        }
    }

    #[test]
    fn at_zero_it_is_the_normal() {
        assert_close(noncentral_t_sf(0.0, 3.0, 1.3), normal::cdf(1.3), 1e-13);
        assert_close(noncentral_t_sf(0.0, 900.0, -2.0), normal::cdf(-2.0), 1e-13);
    }

    #[test]
    fn two_degrees_agree_with_the_integral_over_an_exponential() {
        // S² is an exponential with mean one: P = ∫ Φ(δ − t√u) e^{−u} du, by parts
        // Φ(δ) − ∫ φ(δ − t√u) t/(2√u) e^{−u} du; with s = √u a normal integral in closed form.
        let (t, shift) = (1.7_f64, 0.9_f64);
        let k = (2.0 + t * t).sqrt();
        let inside = t / k * (-shift * shift / (k * k)).exp() * normal::cdf(t * shift / k);
        assert_close(noncentral_t_sf(t, 2.0, shift), normal::cdf(shift) - inside, 1e-12);
    }
}

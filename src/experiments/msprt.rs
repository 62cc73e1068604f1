//! The mixture sequential probability ratio test of pairs of observations with a known deviation.

use super::degenerate::Degenerate;

/// After so many pairs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reading {
    /// Of the means, treatment less control.
    pub difference: f64,
    /// The evidence against no difference, averaged over effects as they are expected.
    pub likelihood_ratio: f64,
    /// The least that one over the evidence ever was: it may be read after every pair.
    pub p_value: f64,
}

/// Reads the test after every pair: `deviation` is that of an observation, effects are expected to be
/// normal about zero with the deviation `tau`.
///
/// Johari, Koomen, Pekelis and Walsh (Operations Research 70, 2022, equation 11): with
/// `V = 2σ²`, `Λₙ = √(V / (V + nτ²)) exp(n²τ²d² / (2V (V + nτ²)))`.
pub fn read(
    control: &[f64],
    treatment: &[f64],
    deviation: f64,
    tau: f64,
) -> Result<Vec<Reading>, Degenerate> {
    let positive = |it: f64| it.is_finite() && it > 0.0;
    if !positive(deviation) || !positive(tau) {
        return Err(Degenerate::Setting("Both deviations are above zero"));
    }
    let (variance, expected) = (2.0 * deviation * deviation, tau * tau);
    let (mut sum, mut least, mut n) = (0.0, 1.0_f64, 0.0);
    let mut readings = Vec::with_capacity(control.len().min(treatment.len()));
    for (a, b) in control.iter().zip(treatment) {
        n += 1.0;
        sum += b - a;
        let total = variance + n * expected;
        let evidence =
            0.5 * (variance / total).ln() + sum * sum * expected / (2.0 * variance * total);
        if !evidence.is_finite() {
            return Err(Degenerate::OutOfRange);
        }
        least = least.min((-evidence).exp());
        // Evidence beyond what a number can hold stays the largest that it can.
        let likelihood_ratio = evidence.exp().min(f64::MAX);
        readings.push(Reading { difference: sum / n, likelihood_ratio, p_value: least });
    }
    Ok(readings)
}

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

#[cfg(test)]
mod tests {
    use super::super::distributions::assert_close;
    use super::*;

    #[test]
    fn two_pairs_are_as_by_hand() {
        // V = 2, τ² = 1: after one pair Λ = √(2/3) exp(d² / (2 · 2 · 3)), after two √(1/2) exp(4d²/16).
        let read = read(&[0.0, 1.0], &[3.0, 3.0], 1.0, 1.0).unwrap();
        assert_close(read[0].likelihood_ratio, (2.0_f64 / 3.0).sqrt() * 0.75_f64.exp(), 1e-14);
        assert_close(read[1].difference, 2.5, 1e-15);
        assert_close(read[1].likelihood_ratio, 0.5_f64.sqrt() * (25.0_f64 / 16.0).exp(), 1e-14);
        assert_close(read[1].p_value, 1.0 / read[1].likelihood_ratio, 1e-14);
    }

    #[test]
    fn evidence_that_was_there_is_not_taken_back() {
        let read = read(&[0.0; 6], &[4.0, 4.0, 4.0, -8.0, -8.0, 4.0], 1.0, 1.0).unwrap();
        assert!(read.windows(2).all(|pair| pair[1].p_value <= pair[0].p_value));
        assert!(read[5].likelihood_ratio < 1.0 && read[5].p_value < 0.1);
    }
}

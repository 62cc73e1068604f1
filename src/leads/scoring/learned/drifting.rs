//! One dynamic logistic regression: weights that drift, and how unsure they are, moved by each outcome
//! (an extended Kalman filter).

use super::trees::chance;

#[derive(Clone, Debug)]
pub struct Drifting {
    pub weights: Vec<f64>,
    /// The lower half counts; the upper half is kept the same, so that a row is in one piece.
    covariance: Vec<f64>,
    /// By how much the variance of each weight grows with each outcome.
    speed: f64,
    spread: Vec<f64>,
}

/// No outcome is so surely foreseen that it could not move a weight.
const LEAST_WEIGHT: f64 = 1e-4;
/// Chances are kept from none and one by this, in log-odds.
const FURTHEST: f64 = 12.0;

impl Drifting {
    /// Weights of none; that of what all leads have in common is as unsure as `common`.
    pub fn new(width: usize, variance: f64, common: f64, speed: f64) -> Self {
        let mut covariance = vec![0.0; width * width];
        for place in 0..width {
            covariance[place * width + place] = if place == 0 { common } else { variance };
        }
        Self { weights: vec![0.0; width], covariance, speed, spread: vec![0.0; width] }
    }

    pub fn log_odds(&self, row: &[(usize, f64)]) -> f64 {
        let sum: f64 = row.iter().map(|(place, value)| self.weights[*place] * value).sum();
        sum.clamp(-FURTHEST, FURTHEST)
    }

    /// Moves the weights by an outcome; the return is the chance that it had.
    pub fn learn(&mut self, row: &[(usize, f64)], won: bool) -> f64 {
        let width = self.weights.len();
        if self.speed > 0.0 {
            for place in 0..width {
                self.covariance[place * width + place] += self.speed;
            }
        }
        let chance = chance(self.log_odds(row));
        self.spread.fill(0.0);
        for (place, value) in row {
            let own = &self.covariance[place * width..(place + 1) * width];
            for (spread, own) in self.spread.iter_mut().zip(own) {
                *spread += own * value;
            }
        }
        let weight = (chance * (1.0 - chance)).max(LEAST_WEIGHT);
        let unsure: f64 = row.iter().map(|(place, value)| self.spread[*place] * value).sum();
        let gain = 1.0 / (1.0 + weight * unsure.max(0.0));
        let miss = f64::from(u8::from(won)) - chance;
        for (to, spread) in self.weights.iter_mut().zip(&self.spread) {
            *to += gain * miss * spread;
        }
        for (place, own) in self.covariance.chunks_exact_mut(width).enumerate() {
            let by = gain * weight * self.spread[place];
            for (to, spread) in own.iter_mut().zip(&self.spread) {
                *to -= by * spread;
            }
            // Rounding must not make a variance negative.
            own[place] = own[place].max(1e-12);
        }
        if won { chance } else { 1.0 - chance }
    }
}

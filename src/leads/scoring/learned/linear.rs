//! Ridge logistic regression by Newton's method: the steady half of the score.

use serde::{Deserialize, Serialize};

use super::design::Design;
use super::encode::Encoded;
use super::trees::chance;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Linear {
    pub design: Design,
    pub weights: Vec<f32>,
}

/// A symmetric matrix, row by row.
pub struct Square {
    pub size: usize,
    pub cells: Vec<f64>,
}

/// How often Newton's method steps at most, and when it has arrived.
const STEPS: usize = 12;
const ARRIVED: f64 = 1e-6;

impl Linear {
    /// Weights that tell these leads apart; the more `ridge`, the closer to none.
    pub fn fit(design: Design, encoded: &Encoded, won: &[bool], ridge: f64) -> Self {
        let mut rows = Vec::with_capacity(encoded.rows);
        let mut row = Vec::new();
        for at in 0..encoded.rows {
            design.row(encoded, at, &mut row);
            rows.push(row.clone());
        }
        let weights = newton(&rows, won, design.width, &|place| {
            // What all leads have in common is not drawn towards anything.
            (0.0, if place == 0 { 1e-9 } else { ridge })
        });
        Self { design, weights: weights.into_iter().map(|it| it as f32).collect() }
    }

    /// Adds what each source contributes; the return is what all leads have in common.
    pub fn contribute(
        &self,
        encoded: &Encoded,
        row: usize,
        weight: f64,
        places: &mut Vec<(usize, f64)>,
        to: &mut [f64],
    ) -> f64 {
        self.design.row(encoded, row, places);
        let mut common = 0.0;
        for (place, value) in places.iter() {
            let part = weight * f64::from(self.weights[*place]) * value;
            match self.design.sources[*place] {
                Some(source) => to[source] += part,
                None => common += part,
            }
        }
        common
    }
}

/// The weights of a logistic regression, each drawn towards `pull(place).0` by `pull(place).1`.
pub fn newton(
    rows: &[Vec<(usize, f64)>],
    won: &[bool],
    width: usize,
    pull: &dyn Fn(usize) -> (f64, f64),
) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..width).map(|place| pull(place).0).collect();
    for _ in 0..STEPS {
        let mut bend = Square::new(width);
        let mut slope = vec![0.0; width];
        for (row, won) in rows.iter().zip(won) {
            let log_odds: f64 = row.iter().map(|(place, value)| weights[*place] * value).sum();
            let chance = chance(log_odds);
            let (miss, weight) =
                (f64::from(u8::from(*won)) - chance, (chance * (1.0 - chance)).max(1e-6));
            for (at, (place, value)) in row.iter().enumerate() {
                slope[*place] += miss * value;
                for (other, other_value) in &row[..=at] {
                    // Places ascend within a row but for switches of not known, hence both ways.
                    let (low, high) = (*other.min(place), *other.max(place));
                    bend.cells[high * width + low] += weight * value * other_value;
                }
            }
        }
        for place in 0..width {
            let (to, by) = pull(place);
            slope[place] -= by * (weights[place] - to);
            bend.cells[place * width + place] += by;
        }
        let step = bend.solve(slope);
        let longest = step.iter().fold(0.0_f64, |longest, it| longest.max(it.abs()));
        // A step that is too long would throw it far off where chances are near none or one.
        let damp = (5.0 / longest.max(5.0)).min(1.0);
        for (weight, step) in weights.iter_mut().zip(step) {
            *weight += damp * step;
        }
        if longest < ARRIVED {
            break;
        }
    }
    weights
}

impl Square {
    pub fn new(size: usize) -> Self {
        Self { size, cells: vec![0.0; size * size] }
    }

    /// Solves by Cholesky's method; only the lower half is read.
    pub fn solve(mut self, mut right: Vec<f64>) -> Vec<f64> {
        let n = self.size;
        for row in 0..n {
            for column in 0..=row {
                let (above, own) = self.cells.split_at_mut(row * n);
                let own = &mut own[..n];
                let other =
                    if column < row { &above[column * n..column * n + n] } else { &own[..] };
                let sum: f64 = (0..column).map(|k| own[k] * other[k]).sum();
                let value = own[column] - sum;
                own[column] =
                    if column == row { value.max(1e-12).sqrt() } else { value / other[column] };
            }
        }
        for row in 0..n {
            let sum: f64 = (0..row).map(|k| self.cells[row * n + k] * right[k]).sum();
            right[row] = (right[row] - sum) / self.cells[row * n + row];
        }
        for row in (0..n).rev() {
            let sum: f64 = (row + 1..n).map(|k| self.cells[k * n + row] * right[k]).sum();
            right[row] = (right[row] - sum) / self.cells[row * n + row];
        }
        right
    }
}

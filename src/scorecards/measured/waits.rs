//! How long people took, in seconds.

use serde::ser::{Serialize, Serializer};

use crate::experiments::statistics::distributions::normal;

/// Each wait there was, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Waits(Vec<i32>);

impl Waits {
    pub fn new(mut seconds: Vec<i32>) -> Self {
        seconds.sort_unstable();
        Self(seconds)
    }

    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    pub fn median_s(&self) -> Option<f64> {
        let middle = self.0.len() / 2;
        let upper = f64::from(*self.0.get(middle)?);
        Some(match self.0.len() % 2 {
            1 => upper,
            _ => f64::midpoint(upper, f64::from(self.0[middle - 1])),
        })
    }

    /// The logarithm of the median with its standard error, which is read from how far two of the
    /// waits around it are apart: Price & Bonett 2001, Estimating the variance of the sample median
    /// (<https://doi.org/10.1080/00949650108812071>), as Bonett & Price 2020 take it for ratios
    /// (<https://doi.org/10.3102/1076998619898920>). What took under a second counts as one. None below
    /// five waits.
    pub fn log_median(&self) -> Option<(f64, f64)> {
        let n = self.0.len();
        if n < FEWEST {
            return None;
        }
        let log = |seconds: f64| seconds.max(1.0).ln();
        let at = |rank: usize| log(f64::from(self.0[rank - 1]));
        let rank = ((n as f64 - Z * (n as f64).sqrt()) / 2.0).round().max(1.0) as usize;
        let width = at(n - rank + 1) - at(rank);
        let outside = normal::isf(at_most(rank - 1, n));
        Some((log(self.median_s()?), width / (2.0 * outside)))
    }

    pub(super) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_unstable();
    }
}

const FEWEST: usize = 5;

/// The standard normal's quantile for 95 %, on both sides.
const Z: f64 = 1.959_963_984_540_054;

/// The chance of at most `hits` heads in `n` throws of a coin.
fn at_most(hits: usize, n: usize) -> f64 {
    // In logarithms: half to the power of a hundred thousand is no number.
    let mut log_of_one = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = log_of_one.exp();
    for hit in 1..=hits {
        log_of_one += ((n - hit + 1) as f64 / hit as f64).ln();
        sum += log_of_one.exp();
    }
    sum
}

/// The median alone: one by one they are nobody's business.
impl Serialize for Waits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.median_s().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_between_two_where_there_are_two() {
        let check = |waits: &[i32], expected: Option<f64>| {
            assert_eq!(Waits::new(waits.to_vec()).median_s(), expected, "{waits:?}");
        };
        check(&[], None);
        check(&[7], Some(7.0));
        check(&[9, 1, 4], Some(4.0));
        check(&[9, 1, 4, 5], Some(4.5));
    }

    #[test]
    fn chances_of_a_coin_are_those_of_the_binomial() {
        // scipy.stats.binom.cdf (SciPy 1.17.1).
        let check = |hits, n, expected: f64| {
            let chance = at_most(hits, n);
            assert!((chance / expected - 1.0).abs() < 1e-9, "{hits} of {n}: {chance}");
        };
        check(0, 5, 0.03125);
        check(2, 13, 0.011_230_468_75);
        check(49_690, 100_000, 0.025_147_028_677_331);
    }
}

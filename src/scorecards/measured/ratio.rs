//! So much of so much, over pieces of work of different sizes.

use std::ops::AddAssign;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::experiments::statistics::distributions::student;

/// The sums over pieces of work by which a ratio and its error are known: of what was counted in each
/// (`part`), and of what it was counted in (`whole`).
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Ratio {
    pub pieces: u64,
    pub part: f64,
    pub whole: f64,
    /// The sums of the squares, and of the products.
    pub part_squared: f64,
    pub whole_squared: f64,
    pub product: f64,
}

impl Ratio {
    /// None where there is nothing to have a part of.
    pub fn rate(&self) -> Option<f64> {
        (self.whole > 0.0).then(|| self.part / self.whole)
    }

    /// The variance of the rate, linearised: `n/(n-1) · Σ(part - rate · whole)² / (Σ whole)²`
    /// (Cochran 1977, Sampling Techniques, 3rd edition, equation 6.13, without its correction for a
    /// finite population). None for a single piece.
    pub fn variance(&self) -> Option<f64> {
        let (rate, n) = (self.rate()?, self.pieces as f64);
        let squares =
            self.part_squared - 2.0 * rate * self.product + rate * rate * self.whole_squared;
        (self.pieces > 1).then(|| n / (n - 1.0) * squares.max(0.0) / (self.whole * self.whole))
    }

    /// The 95 % interval of the rate, by Student's t. None where all pieces are alike, which says
    /// nothing of how others would differ.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let (rate, variance) = (self.rate()?, self.variance()?);
        let half = student::isf(0.025, self.pieces as f64 - 1.0) * variance.sqrt();
        (half > 1e-6 * rate).then(|| ((rate - half).max(0.0), rate + half))
    }
}

impl AddAssign for Ratio {
    fn add_assign(&mut self, other: Self) {
        self.pieces += other.pieces;
        self.part += other.part;
        self.whole += other.whole;
        self.part_squared += other.part_squared;
        self.whole_squared += other.whole_squared;
        self.product += other.product;
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ratio = serializer.serialize_struct("Ratio", 5)?;
        ratio.serialize_field("pieces", &self.pieces)?;
        ratio.serialize_field("part", &self.part)?;
        ratio.serialize_field("whole", &self.whole)?;
        ratio.serialize_field("rate", &self.rate())?;
        ratio.serialize_field("interval_95", &self.interval())?;
        ratio.end()
    }
}

#[cfg(test)]
impl Ratio {
    pub fn of(pieces: &[(f64, f64)]) -> Self {
        let mut ratio = Self::default();
        for &(part, whole) in pieces {
            ratio += Self {
                pieces: 1,
                part,
                whole,
                part_squared: part * part,
                whole_squared: whole * whole,
                product: part * whole,
            };
        }
        ratio
    }
}

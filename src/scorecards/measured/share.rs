//! How many of how many, and how sure that is.

use std::ops::AddAssign;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// The standard normal's quantile for 95 %, on both sides.
const Z: f64 = 1.959_963_984_540_054;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    pub of: u64,
    pub hits: u64,
}

impl Share {
    /// None where there is nothing to have a share of.
    pub fn rate(self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// The 95 % interval of the rate, by Wilson's score (1927,
    /// <https://doi.org/10.1080/01621459.1927.10502953>), which holds for few trials and for rates near
    /// 0 and 1.
    pub fn interval(self) -> Option<(f64, f64)> {
        let (rate, n) = (self.rate()?, self.of as f64);
        let shrunk = 1.0 + Z * Z / n;
        let centre = (rate + Z * Z / (2.0 * n)) / shrunk;
        let half = Z / shrunk * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some(((centre - half).max(0.0), (centre + half).min(1.0)))
    }
}

impl AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.of += other.of;
        self.hits += other.hits;
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut share = serializer.serialize_struct("Share", 4)?;
        share.serialize_field("hits", &self.hits)?;
        share.serialize_field("of", &self.of)?;
        share.serialize_field("rate", &self.rate())?;
        share.serialize_field("interval_95", &self.interval())?;
        share.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_trials_leave_much_open() {
        let check = |hits, of, expected: Option<(f64, f64)>| {
            let rounded = |x: f64| (x * 10_000.0).round() / 10_000.0;
            let interval = Share { of, hits }.interval();
            assert_eq!(interval.map(|(low, high)| (rounded(low), rounded(high))), expected);
        };
        check(0, 0, None);
        // Newcombe 1998, table I, method 3: <https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C857::AID-SIM777%3E3.0.CO;2-E>.
        check(81, 263, Some((0.2553, 0.3662)));
        check(15, 148, Some((0.0624, 0.1605)));
        check(0, 20, Some((0.0, 0.1611)));
        check(1, 29, Some((0.0061, 0.1718)));
        check(2, 2, Some((0.3424, 1.0)));
    }
}

//! Intervals, so that nothing is claimed that chance explains.
//!
//! Shares: E. B. Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, JASA
//! 22 (1927). Differences of shares: R. G. Newcombe, *Interval Estimation for the Difference Between
//! Independent Proportions*, Statistics in Medicine 17 (1998), method 10. Ratios of event rates: the
//! conditional binomial of J. Przyborowski, H. Wilenski, *Homogeneity of Results in Testing Samples
//! from Poisson Series*, Biometrika 31 (1940), with Wilson's interval for it. Several comparisons at
//! once: Bonferroni.

use statrs::distribution::{ContinuousCDF, Normal};

/// How sure a claim must be, over all comparisons that are made together.
pub const CONFIDENCE: f64 = 0.95;

/// Of so many trials, so many succeeded.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Share {
    pub successes: f64,
    pub trials: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    pub fn excludes(&self, value: f64) -> bool {
        value < self.low || value > self.high
    }
}

/// The two-sided normal quantile for [`CONFIDENCE`] over so many comparisons.
pub fn z(comparisons: usize) -> f64 {
    let error = (1.0 - CONFIDENCE) / comparisons.max(1) as f64;
    Normal::standard().inverse_cdf(1.0 - error / 2.0)
}

impl Share {
    pub fn rate(self) -> f64 {
        if self.trials > 0.0 { self.successes / self.trials } else { 0.0 }
    }

    /// Wilson's interval. More successes than trials, as platforms report them, count as all.
    pub fn interval(self, z: f64) -> Interval {
        let (n, p) = (self.trials.max(f64::MIN_POSITIVE), self.rate().clamp(0.0, 1.0));
        let z2 = z * z;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        Interval { estimate: p, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
    }

    /// Newcombe's interval for this rate minus the other.
    pub fn minus(self, other: Self, z: f64) -> Interval {
        let (a, b) = (self.interval(z), other.interval(z));
        let estimate = a.estimate - b.estimate;
        let below = (a.estimate - a.low).hypot(b.high - b.estimate);
        let above = (a.high - a.estimate).hypot(b.estimate - b.low);
        Interval { estimate, low: estimate - below, high: estimate + above }
    }
}

/// So many events for so much of what they cost, or took.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rate {
    pub events: f64,
    pub exposure: f64,
}

impl Rate {
    /// The interval for this rate divided by the other.
    pub fn over(self, other: Self, z: f64) -> Interval {
        let all = Share { successes: self.events, trials: self.events + other.events };
        let share = all.interval(z);
        let ratio = |p: f64| {
            let odds = if p >= 1.0 { f64::INFINITY } else { p / (1.0 - p) };
            odds * other.exposure / self.exposure
        };
        Interval { estimate: ratio(share.estimate), low: ratio(share.low), high: ratio(share.high) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 5e-4
    }

    #[test]
    fn wilson_and_newcombe_give_the_published_intervals() {
        // Newcombe 1998, table II, example (a): 56/70 against 48/80.
        let (a, b) =
            (Share { successes: 56.0, trials: 70.0 }, Share { successes: 48.0, trials: 80.0 });
        let it = a.minus(b, z(1));
        assert!(
            close(it.estimate, 0.2) && close(it.low, 0.0524) && close(it.high, 0.3339),
            "{it:?}"
        );
        // Newcombe's paper on single proportions: 81 of 263.
        let it = Share { successes: 81.0, trials: 263.0 }.interval(z(1));
        assert!(close(it.low, 0.2553) && close(it.high, 0.3662), "{it:?}");
    }

    #[test]
    fn a_ratio_of_equal_rates_includes_one_and_more_comparisons_widen_it() {
        let rate = |events| Rate { events, exposure: 1_000.0 };
        let one = rate(120.0).over(rate(100.0), z(1));
        let many = rate(120.0).over(rate(100.0), z(10));
        assert!(!one.excludes(1.0) && close(one.estimate, 1.2));
        assert!(many.low < one.low && many.high > one.high);
        assert!(rate(200.0).over(rate(100.0), z(10)).excludes(1.0));
    }

    #[test]
    fn nothing_at_all_excludes_nothing() {
        let none = Share { successes: 0.0, trials: 0.0 };
        assert!(!none.minus(none, z(1)).excludes(0.0));
    }
}

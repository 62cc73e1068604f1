//! How many users a test needs, and what it would find with those it has.

use super::degenerate::Degenerate;
use super::distributions::{noncentral_t_sf, normal, root, student};
use super::fixed::{check_share, finite};

/// Cohen's distance between two proportions, by the arcsine that makes their variances equal.
pub fn cohen_h(p1: f64, p2: f64) -> f64 {
    2.0 * (p2.sqrt().asin() - p1.sqrt().asin())
}

/// The risks of a two-sided test, and how many users the second arm gets for one of the first.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Design {
    pub alpha: f64,
    pub power: f64,
    pub ratio: f64,
}

impl Design {
    /// The first arm's users for a difference of `effect` standard deviations, by the normal
    /// distribution. The far tail counts too.
    pub fn users_by_z(&self, effect: f64) -> Result<f64, Degenerate> {
        self.check(effect)?;
        finite(self.solve(|n| self.by_z(effect, n)))
    }

    /// The same by Student's t, whose degrees of freedom grow with the users.
    pub fn users_by_t(&self, effect: f64) -> Result<f64, Degenerate> {
        self.check(effect)?;
        finite(self.solve(|n| self.by_t(effect, n)))
    }

    /// Of two proportions, their variances as they would be: `(z_α + z_β)² (p₁q₁ + p₂q₂/r) / (p₂ − p₁)²`
    /// (Fleiss, Levin and Paik, 2003).
    pub fn users_unpooled(&self, p1: f64, p2: f64) -> Result<f64, Degenerate> {
        self.check_proportions(p1, p2)?;
        let z = normal::isf(self.alpha / 2.0) + normal::isf(1.0 - self.power);
        let (_, alternative) = self.deviations(p1, p2);
        finite((z * alternative / (p2 - p1)).powi(2))
    }

    /// Of two proportions, with the pooled variance where the hypothesis is that they are equal.
    pub fn users_pooled(&self, p1: f64, p2: f64) -> Result<f64, Degenerate> {
        self.check_proportions(p1, p2)?;
        let (null, alternative) = self.deviations(p1, p2);
        let z = normal::isf(self.alpha / 2.0) * null + normal::isf(1.0 - self.power) * alternative;
        finite((z / (p2 - p1)).powi(2))
    }

    /// The chance that a test with `n` users in its first arm finds the effect.
    pub fn power_by_z(&self, effect: f64, n: f64) -> Result<f64, Degenerate> {
        self.check_users(effect, n)?;
        finite(self.by_z(effect, n))
    }

    pub fn power_by_t(&self, effect: f64, n: f64) -> Result<f64, Degenerate> {
        self.check_users(effect, n)?;
        finite(self.by_t(effect, n))
    }

    /// Of two proportions by the z-test with the pooled variance.
    pub fn power_pooled(&self, p1: f64, p2: f64, n: f64) -> Result<f64, Degenerate> {
        self.check_proportions(p1, p2)?;
        self.check_users(p2 - p1, n)?;
        let (null, alternative) = self.deviations(p1, p2);
        let critical = normal::isf(self.alpha / 2.0) * null / alternative;
        let shift = (p2 - p1).abs() * n.sqrt() / alternative;
        finite(normal::cdf(shift - critical) + normal::cdf(-shift - critical))
    }

    fn by_z(&self, effect: f64, n: f64) -> f64 {
        let shift = effect.abs() * self.both(n).sqrt();
        let critical = normal::isf(self.alpha / 2.0);
        normal::cdf(shift - critical) + normal::cdf(-shift - critical)
    }

    fn by_t(&self, effect: f64, n: f64) -> f64 {
        let degrees = n * (1.0 + self.ratio) - 2.0;
        if degrees <= 0.0 {
            return 0.0;
        }
        let shift = effect.abs() * self.both(n).sqrt();
        let critical = student::isf(self.alpha / 2.0, degrees);
        noncentral_t_sf(critical, degrees, shift) + noncentral_t_sf(critical, degrees, -shift)
    }

    /// The least difference, in standard deviations, that `n` users in the first arm find, by t.
    pub fn effect_by_t(&self, n: f64) -> Result<f64, Degenerate> {
        self.check_users(1.0, n)?;
        let guess =
            (normal::isf(self.alpha / 2.0) + normal::isf(1.0 - self.power)) / self.both(n).sqrt();
        let mut high = guess.max(f64::MIN_POSITIVE);
        while self.by_t(high, n) < self.power {
            high *= 2.0;
        }
        finite(root(0.0, high, |effect| self.by_t(effect, n) - self.power))
    }

    /// The number of one sample that tells as much as both.
    fn both(&self, n: f64) -> f64 {
        n * self.ratio / (1.0 + self.ratio)
    }

    /// Of a difference of proportions, times √n of the first arm: if they are equal, and if not.
    fn deviations(&self, p1: f64, p2: f64) -> (f64, f64) {
        let pooled = (p1 + self.ratio * p2) / (1.0 + self.ratio);
        let null = pooled * (1.0 - pooled) * (1.0 + 1.0 / self.ratio);
        let alternative = p1 * (1.0 - p1) + p2 * (1.0 - p2) / self.ratio;
        (null.sqrt(), alternative.sqrt())
    }

    fn solve(&self, power: impl Fn(f64) -> f64) -> f64 {
        let least = 2.0 / (1.0 + self.ratio);
        let mut high = 2.0 * least + 2.0;
        while power(high) < self.power && high < 1e18 {
            high *= 2.0;
        }
        root(least, high, |n| power(n) - self.power)
    }

    fn check(&self, effect: f64) -> Result<(), Degenerate> {
        check_share(self.alpha, "The risk alpha lies between 0 and 1")?;
        check_share(self.power, "The power lies between 0 and 1")?;
        if self.power <= self.alpha {
            return Err(Degenerate::Setting("The power is above the risk alpha"));
        }
        if !(1e-6..=1e6).contains(&self.ratio) {
            return Err(Degenerate::Setting("The second arm gets a share of the users"));
        }
        // With less than this it would take more people than there are atoms in them.
        if !(1e-8..=1e3).contains(&effect.abs()) {
            return Err(Degenerate::Setting(
                "The effect to be found is not zero, and not a thousand deviations",
            ));
        }
        Ok(())
    }

    fn check_users(&self, effect: f64, n: f64) -> Result<(), Degenerate> {
        self.check(effect)?;
        let enough = n.is_finite() && n >= 2.0 && n * self.ratio >= 2.0;
        let sentence = "A test needs at least two users in each arm";
        if enough { Ok(()) } else { Err(Degenerate::Setting(sentence)) }
    }

    fn check_proportions(&self, p1: f64, p2: f64) -> Result<(), Degenerate> {
        check_share(p1, "A proportion lies between 0 and 1")?;
        check_share(p2, "A proportion lies between 0 and 1")?;
        self.check(p2 - p1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::distributions::assert_close;
    use super::*;

    const USUAL: Design = Design { alpha: 0.05, power: 0.8, ratio: 1.0 };

    #[test]
    fn cohens_tables_come_out_again() {
        // Cohen, Statistical Power Analysis, 1988, table 2.4.1: at d = 0.2, 0.5 and 0.8, two-sided 5 %,
        // power 0.80, there are 393, 64 and 26 in each group.
        for (d, n) in [(0.2, 393.0), (0.5, 64.0), (0.8, 26.0)] {
            let users = USUAL.users_by_t(d).unwrap();
            assert!((users.ceil() - n).abs() <= 1.0, "{users} is not {n}");
            assert_close(USUAL.power_by_t(d, users).unwrap(), 0.8, 1e-12);
            assert_close(USUAL.effect_by_t(users).unwrap(), d, 1e-12);
        }
        // Table 6.2.1: h of .50 and .60 is 0.20.
        assert_close(cohen_h(0.5, 0.6), 0.201_357_920_790_33, 1e-10);
    }

    #[test]
    fn sizes_of_proportions_are_as_by_hand() {
        // z = 1.959964 + 0.841621; (0.1 · 0.9 + 0.2 · 0.8) / 0.01 = 25.
        let z = 2.801_585_218_112_969_f64;
        assert_close(USUAL.users_unpooled(0.1, 0.2).unwrap(), 25.0 * z * z, 1e-13);
        // Fleiss, Levin and Paik: 199 with the pooled variance, without a correction.
        assert_eq!(USUAL.users_pooled(0.1, 0.2).unwrap().ceil(), 199.0);
        let n = USUAL.users_pooled(0.1, 0.2).unwrap();
        // The far tail, which the closed form leaves out, is 1e-7 here.
        assert_close(USUAL.power_pooled(0.1, 0.2, n).unwrap(), 0.8, 1e-5);
    }

    #[test]
    fn more_users_find_more_and_the_ratio_counts() {
        let power = |n| USUAL.power_by_t(0.1, n).unwrap();
        assert!(power(100.0) < power(200.0) && power(200.0) < power(4_000.0));
        // A group twice as large needs fewer in the first, and more altogether.
        let doubled = Design { ratio: 2.0, ..USUAL };
        let (equal, uneven) = (USUAL.users_by_z(0.1).unwrap(), doubled.users_by_z(0.1).unwrap());
        assert_close(uneven, equal * 0.75, 1e-12);
    }

    #[test]
    fn what_cannot_be_sized_is_refused() {
        assert!(USUAL.users_by_t(0.0).is_err());
        assert!(USUAL.users_by_t(f64::NAN).is_err());
        assert!(USUAL.users_pooled(0.1, 0.1).is_err());
        assert!(USUAL.users_pooled(0.0, 0.1).is_err());
        assert!(USUAL.power_by_t(0.1, 1.0).is_err());
        assert!(Design { power: 0.04, ..USUAL }.users_by_z(0.1).is_err());
        assert!(Design { ratio: 0.0, ..USUAL }.users_by_z(0.1).is_err());
        assert!(Design { alpha: 1.0, ..USUAL }.users_by_z(0.1).is_err());
    }
}

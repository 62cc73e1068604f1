//! Reading a test several times at known points: what that does to its risk, and boundaries that
//! keep it.
//!
//! The sum that a test is made of is followed from look to look as a density, by the recursion of
//! Armitage, McPherson and Rowe (JRSS A 132, 1969): what has not crossed moves on by a normal step.

use super::degenerate::Degenerate;
use super::distributions::{normal, root};
use super::fixed::check_share;

/// Lower boundaries of a one-sided test lie here, in standard errors: nothing gets there.
const NOWHERE: f64 = 8.0;

/// How the density is summed up.
#[derive(Clone, Copy, PartialEq)]
enum Sum {
    /// As in the programs of Reboussin, DeMets, Kim and Lan (Controlled Clinical Trials 21, 2000), with
    /// their step of 0.05 deviations. Boundaries are then theirs; the exact ones differ by 1e-4 in the
    /// risk that a look spends.
    AsOthers,
    /// Simpson's rule, which is exact enough with a step of 0.2.
    Simpson,
}

/// Further than this many deviations no step goes.
const REACH: f64 = 9.0;

/// The risk that a test without an effect is called significant at one of `looks` evenly spaced looks,
/// if each is read as if it were the only one at two-sided `alpha`.
pub fn risk_of_peeking(looks: u32, alpha: f64) -> Result<f64, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    let critical = normal::isf(alpha / 2.0);
    let mut walk: Option<Walk> = None;
    for look in 1..=looks {
        let bound = critical * f64::from(look).sqrt();
        let next = match &walk {
            None => Walk::begin(Sum::Simpson, 1.0, -bound, bound),
            Some(walk) => walk.step(1.0, -bound, bound),
        };
        walk = Some(next);
    }
    Ok(walk.map_or(0.0, |walk| 1.0 - walk.still_inside()))
}

/// The two-sided boundaries, in standard errors, at looks after these shares of the planned
/// information: Lan and DeMets (Biometrika 70, 1983) with the spending function `α tᵠ`, each side on its
/// own with half of the risk.
pub fn spending_boundaries(
    shares: &[f64],
    alpha: f64,
    exponent: f64,
) -> Result<Vec<f64>, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    let rising = shares.iter().zip(shares.iter().skip(1)).all(|(a, b)| a < b);
    let sound = shares.iter().all(|it| it.is_finite() && *it > 0.0 && *it <= 1.0);
    if !rising || !sound {
        return Err(Degenerate::Setting(
            "Looks come one after another, each with more users than the one before",
        ));
    }
    let mut boundaries: Vec<f64> = Vec::with_capacity(shares.len());
    let mut walk: Option<Walk> = None;
    let (mut before, mut spent) = (0.0, 0.0);
    for share in shares {
        let may_spend = alpha / 2.0 * share.powf(exponent);
        let (more, deviation) = (share - before, share.sqrt());
        let (z, next) = match &walk {
            None => {
                let z = normal::isf(may_spend).min(NOWHERE);
                (z, Walk::begin(Sum::AsOthers, *share, -NOWHERE * deviation, z * deviation))
            }
            Some(walk) => {
                let crosses = |z: f64| walk.beyond(more, z * deviation) - (may_spend - spent);
                let z = if crosses(NOWHERE) > 0.0 { NOWHERE } else { root(0.0, NOWHERE, crosses) };
                (z, walk.step(more, -NOWHERE * deviation, z * deviation))
            }
        };
        boundaries.push(z);
        walk = Some(next);
        (before, spent) = (*share, may_spend);
    }
    Ok(boundaries)
}

/// The density of a sum that has not crossed yet.
struct Walk {
    rule: Sum,
    from: f64,
    step: f64,
    density: Vec<f64>,
}

impl Walk {
    fn begin(rule: Sum, variance: f64, lower: f64, upper: f64) -> Self {
        let deviation = variance.sqrt();
        Self::over(rule, deviation, lower, upper, |y| normal::pdf(y / deviation) / deviation)
    }

    /// Moves on by a step of that variance, and loses what is outside.
    fn step(&self, variance: f64, lower: f64, upper: f64) -> Self {
        let deviation = variance.sqrt();
        Self::over(self.rule, deviation, lower, upper, |y| {
            let (from, to) = (y - REACH * deviation, y + REACH * deviation);
            self.sum(from, to, |x| normal::pdf((y - x) / deviation)) / deviation
        })
    }

    /// How much will be above a boundary after a step of that variance.
    fn beyond(&self, variance: f64, upper: f64) -> f64 {
        let deviation = variance.sqrt();
        self.sum(upper - REACH * deviation, f64::INFINITY, |x| normal::sf((upper - x) / deviation))
    }

    fn still_inside(&self) -> f64 {
        self.sum(f64::NEG_INFINITY, f64::INFINITY, |_| 1.0)
    }

    fn over(
        rule: Sum,
        deviation: f64,
        lower: f64,
        upper: f64,
        density: impl Fn(f64) -> f64,
    ) -> Self {
        let width = (upper - lower) / deviation;
        let intervals = match rule {
            Sum::AsOthers => (width / 0.05).ceil().clamp(20.0, 1_000.0),
            Sum::Simpson => 2.0 * (width / 0.4).ceil().clamp(10.0, 500.0),
        };
        let step = (upper - lower) / intervals;
        let places = 0..=intervals as u32;
        let density = places.map(|place| density(lower + f64::from(place) * step)).collect();
        Self { rule, from: lower, step, density }
    }

    /// The density times something, summed up where that is not zero.
    fn sum(&self, from: f64, to: f64, times: impl Fn(f64) -> f64) -> f64 {
        let last = self.density.len() - 1;
        let weight = |place: usize| match self.rule {
            Sum::AsOthers if place == 0 || place == last => 0.5,
            Sum::AsOthers => 1.0,
            Sum::Simpson if place == 0 || place == last => 1.0 / 3.0,
            Sum::Simpson if place % 2 == 1 => 4.0 / 3.0,
            Sum::Simpson => 2.0 / 3.0,
        };
        // A number of places, cut to those there are.
        let place = |at: f64| ((at - self.from) / self.step).clamp(0.0, last as f64);
        let (first, until) = (place(from).floor() as usize, place(to).ceil() as usize);
        let value = |place: usize| {
            weight(place) * self.density[place] * times(self.from + place as f64 * self.step)
        };
        (first..=until).map(value).sum::<f64>() * self.step
    }
}

#[cfg(test)]
mod tests {
    use super::super::distributions::assert_close;
    use super::*;

    #[test]
    fn peeking_is_as_risky_as_its_discoverers_found() {
        // Armitage, McPherson and Rowe 1969, table 2, for two-sided 5 %.
        let published =
            [(1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248)];
        for (looks, risk) in published {
            let found = risk_of_peeking(looks, 0.05).unwrap();
            assert!((found - risk).abs() < 6e-4, "{looks} looks: {found}, not {risk}");
        }
        assert_eq!(risk_of_peeking(0, 0.05).unwrap(), 0.0);
    }

    #[test]
    fn boundaries_fall_from_look_to_look() {
        let shares = [0.2, 0.4, 0.6, 0.8, 1.0];
        let boundaries = spending_boundaries(&shares, 0.05, 2.0).unwrap();
        // The first has no look before it: half of 0.05 · 0.2² is spent.
        assert_close(boundaries[0], normal::isf(0.001), 1e-14);
        assert!(boundaries.windows(2).all(|pair| pair[0] > pair[1]), "{boundaries:?}");
        // The looks cost something, and not much.
        assert!(boundaries[4] > 1.96 && boundaries[4] < 2.25, "{boundaries:?}");
        let alone = spending_boundaries(&[1.0], 0.05, 2.0).unwrap();
        assert_close(alone[0], normal::isf(0.025), 1e-14);
    }

    #[test]
    fn two_looks_spend_what_they_may() {
        // P(first ≤ z₁, second > z₂) by a fine sum over the first look, independent of the walk.
        let boundaries = spending_boundaries(&[0.5, 1.0], 0.05, 2.0).unwrap();
        let (steps, low) = (40_000, -9.0);
        let step = (boundaries[0] - low) / f64::from(steps);
        let spent: f64 = (0..steps)
            .map(|place| {
                let z = low + (f64::from(place) + 0.5) * step;
                let after = (boundaries[1] - z * 0.5_f64.sqrt()) / 0.5_f64.sqrt();
                normal::pdf(z) * normal::sf(after) * step
            })
            .sum();
        assert_close(spent, 0.025 * 0.75, 2e-4);
    }

    #[test]
    fn looks_that_do_not_follow_each_other_are_refused() {
        for shares in [[0.5, 0.5], [0.6, 0.5], [0.0, 0.5], [0.5, 1.5], [f64::NAN, 1.0]] {
            assert!(spending_boundaries(&shares, 0.05, 2.0).is_err());
        }
    }
}

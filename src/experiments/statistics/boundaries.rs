//! Boundaries that a sum stays below for ever, with a chance that is chosen: the uniform boundaries of
//! Howard, Ramdas, McAuliffe and Sekhon (Annals of Statistics 49, 2021), for sums `s` with the
//! intrinsic time `v`.

use statrs::function::gamma::{gamma_lr, ln_gamma};

use super::degenerate::Degenerate;
use super::distributions::{normal, root};
use super::estimate::Interval;
use super::fixed::{check_share, finite};

/// For which time a mixture is tightest.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tuned {
    pub time: f64,
    pub alpha: f64,
}

/// The normal mixture for sums that may cross on either side (equation 14, in closed form).
pub fn normal_mixture(v: f64, alpha: f64, tuned: Tuned) -> Result<f64, Degenerate> {
    check(v, alpha, tuned)?;
    let rho = tuned.rho_of_two_sides();
    Ok(((v + rho) * ((v / rho).ln_1p() - 2.0 * alpha.ln())).sqrt())
}

/// The normal mixture for sums that may cross upwards only (proposition 6).
pub fn one_sided_normal_mixture(v: f64, alpha: f64, tuned: Tuned) -> Result<f64, Degenerate> {
    check(v, alpha, tuned)?;
    let rho = tuned.rho_of_one_side()?;
    let evidence = |s: f64| {
        let total = v + rho;
        0.5 * (4.0 * rho / total).ln() + s * s / (2.0 * total) + normal::cdf(s / total.sqrt()).ln()
    };
    crossing(v, alpha, evidence)
}

/// The gamma-exponential mixture, for sums whose steps have heavier tails of the scale `c`
/// (proposition 9).
pub fn gamma_exponential_mixture(
    v: f64,
    alpha: f64,
    tuned: Tuned,
    c: f64,
) -> Result<f64, Degenerate> {
    check(v, alpha, tuned)?;
    if !(1e-3..=1e3).contains(&c) {
        return Err(Degenerate::Setting("The scale c lies between a thousandth and a thousand"));
    }
    let c2 = c * c;
    let rho = tuned.rho_of_one_side()? / c2;
    let constant = rho * rho.ln() - ln_gamma(rho) - gamma_lr(rho, rho).ln();
    let evidence = |s: f64| {
        let (shape, at) = (v / c2 + rho, (c * s + v) / c2);
        constant + ln_gamma(shape) + gamma_lr(shape, at + rho).ln() - shape * (at + rho).ln() + at
    };
    crossing(v, alpha, evidence)
}

/// Polynomial stitching (equation 10): no mixture, but a closed form of the order `√(v log log v)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stitching {
    /// The time from which on it is to be tight.
    pub from: f64,
    pub c: f64,
    pub s: f64,
    pub eta: f64,
}

impl Stitching {
    pub fn bound(&self, v: f64, alpha: f64) -> Result<f64, Degenerate> {
        check(v, alpha, Tuned { time: self.from, alpha })?;
        let good = self.s > 1.0 && self.eta > 1.0 && self.c >= 0.0;
        if !good {
            return Err(Degenerate::Setting(
                "Stitching takes s and eta above one, and c from zero",
            ));
        }
        let k1 = (self.eta.powf(0.25) + self.eta.powf(-0.25)) / 2.0_f64.sqrt();
        let k2 = (self.eta.sqrt() + 1.0) / 2.0;
        let v = v.max(self.from);
        let epochs = (self.eta * v / self.from).ln();
        let constant = (zeta(self.s) / self.eta.ln().powf(self.s)).ln();
        let l = self.s * epochs.ln() + constant - alpha.ln();
        let linear = k2 * self.c * l;
        finite((k1 * k1 * v * l + linear * linear).sqrt() + linear)
    }
}

/// The interval of a proportion that may be read after every trial: every `p` against which the
/// beta-binomial mixture (proposition 7) has not found enough evidence.
pub fn proportion(
    successes: f64,
    trials: f64,
    alpha: f64,
    tuned: Tuned,
) -> Result<Interval, Degenerate> {
    check(trials, alpha, tuned)?;
    if !(successes >= 0.0 && successes <= trials) {
        return Err(Degenerate::Setting("The successes are some of the trials"));
    }
    let failures = trials - successes;
    let rho = tuned.rho_of_two_sides();
    let evidence = |p: f64| {
        let q = 1.0 - p;
        // What the mixture is as much worth as, in trials of the one and the other outcome.
        let r = (rho - 1.0).max(1e-3);
        let (of_failures, of_successes) = (q * r, p * r);
        ln_beta(of_failures + failures, of_successes + successes)
            - ln_beta(of_failures, of_successes)
            - successes * p.ln()
            - failures * q.ln()
    };
    let observed = successes / trials;
    // Against what was observed there is no evidence, and against the far end all there could be.
    let beyond = |p: f64| match p {
        p if p == observed => -1.0,
        p if p <= 0.0 || p >= 1.0 => 1.0,
        p => evidence(p) + alpha.ln(),
    };
    let lower = if successes > 0.0 { root(0.0, observed, beyond) } else { 0.0 };
    let upper = if failures > 0.0 { root(observed, 1.0, beyond) } else { 1.0 };
    Ok(Interval { lower: Some(lower), upper: Some(upper) })
}

impl Tuned {
    fn rho_of_two_sides(self) -> f64 {
        rho(self.time, self.alpha)
    }

    fn rho_of_one_side(self) -> Result<f64, Degenerate> {
        let below_half = self.alpha < 0.5;
        let sentence = "A one-sided mixture is tuned for a risk below one half";
        if below_half {
            Ok(rho(self.time, 2.0 * self.alpha))
        } else {
            Err(Degenerate::Setting(sentence))
        }
    }
}

/// The mixture's parameter that makes it tightest at a time (equation 25, nearly).
fn rho(time: f64, alpha: f64) -> f64 {
    let log = -2.0 * alpha.ln();
    time / (log + log.ln_1p())
}

/// Where the evidence, which rises with the sum, reaches one over the risk.
fn crossing(v: f64, alpha: f64, evidence: impl Fn(f64) -> f64) -> Result<f64, Degenerate> {
    let enough = -alpha.ln();
    let mut high = v.max(1.0);
    while evidence(high) <= enough && high < 1e300 {
        high *= 2.0;
    }
    finite(evidence(high))?;
    finite(root(0.0, high, |s| evidence(s) - enough))
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// Riemann's, above one, by Euler and Maclaurin's sum (DLMF 25.2.9).
fn zeta(s: f64) -> f64 {
    let n = 20.0_f64;
    let head: f64 = (1..20).map(|k| f64::from(k).powf(-s)).sum();
    let third = s * (s + 1.0) * (s + 2.0);
    let corrections = n.powf(-s) / 2.0 + s * n.powf(-s - 1.0) / 12.0
        - third * n.powf(-s - 3.0) / 720.0
        + third * (s + 3.0) * (s + 4.0) * n.powf(-s - 5.0) / 30_240.0;
    head + n.powf(1.0 - s) / (s - 1.0) + corrections
}

/// Above zero, and such that gamma functions have digits.
fn usable(it: f64) -> bool {
    (1e-9..=1e12).contains(&it)
}

fn check(v: f64, alpha: f64, tuned: Tuned) -> Result<(), Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    check_share(tuned.alpha, "The risk that a mixture is tuned for lies between 0 and 1")?;
    if usable(v) && usable(tuned.time) {
        return Ok(());
    }
    Err(Degenerate::Setting("The time, and the one that is tuned for, are above zero"))
}

#[cfg(test)]
mod tests {
    use super::super::distributions::assert_close;
    use super::*;

    const TUNED: Tuned = Tuned { time: 100.0, alpha: 0.05 };

    #[test]
    fn on_its_boundary_a_mixture_has_just_enough_evidence() {
        let bound = normal_mixture(60.0, 0.05, TUNED).unwrap();
        let rho = TUNED.rho_of_two_sides();
        let evidence = (rho / (60.0 + rho)).sqrt() * (bound * bound / (2.0 * (60.0 + rho))).exp();
        assert_close(evidence, 20.0, 1e-12);
        // One side alone is nearer than both with the same risk, and further than with twice of it.
        let one = one_sided_normal_mixture(60.0, 0.05, TUNED).unwrap();
        assert!(one < bound);
    }

    #[test]
    fn light_tails_are_the_limit_of_heavy_ones() {
        let normal = one_sided_normal_mixture(50.0, 0.05, TUNED).unwrap();
        let nearly = gamma_exponential_mixture(50.0, 0.05, TUNED, 0.02).unwrap();
        let heavy = gamma_exponential_mixture(50.0, 0.05, TUNED, 1.0).unwrap();
        assert!((nearly / normal - 1.0).abs() < 0.02, "{nearly} {normal}");
        assert!(heavy > nearly);
    }

    #[test]
    fn zeta_is_known_at_two_and_four() {
        let pi = std::f64::consts::PI;
        assert_close(zeta(2.0), pi * pi / 6.0, 1e-13);
        assert_close(zeta(4.0), pi.powi(4) / 90.0, 1e-13);
        let bound = Stitching { from: 1.0, c: 0.0, s: 1.4, eta: 2.0 };
        // The constants of the paper: 1.7 √(v (log log (2v) + 0.72 log(5.2/α))) (equation 11).
        let found = bound.bound(400.0, 0.05).unwrap();
        let paper = 1.7 * (400.0 * ((800.0_f64.ln()).ln() + 0.72 * (5.2_f64 / 0.05).ln())).sqrt();
        assert!((found / paper - 1.0).abs() < 0.01, "{found} {paper}");
    }

    #[test]
    fn a_proportion_is_mirrored_by_its_failures() {
        let one = proportion(12.0, 100.0, 0.05, TUNED).unwrap();
        let other = proportion(88.0, 100.0, 0.05, TUNED).unwrap();
        assert_close(one.lower.unwrap(), 1.0 - other.upper.unwrap(), 1e-9);
        assert_close(one.upper.unwrap(), 1.0 - other.lower.unwrap(), 1e-9);
        assert!(one.holds(0.12) && !one.holds(0.3));
        let none = proportion(0.0, 25.0, 0.05, TUNED).unwrap();
        assert_eq!(none.lower, Some(0.0));
        assert!(none.upper.unwrap() < 0.3);
    }
}

//! Tests that may be read as often as one likes.
//!
//! The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas
//! (arXiv 2103.06476): intervals of which, with the chance one less `alpha`, *all* cover the true
//! effect at once, so that stopping at the sight of one is no cheating.

use super::degenerate::Degenerate;
use super::estimate::Estimate;
use super::fixed::{Tested, check_share, finite};

/// The users, of both arms, at which the interval is to be narrowest if nothing else is said.
pub const TUNED_FOR: f64 = 5_000.0;

/// The interval of equation 9 and the p-value of equation 155, with ρ after equation 161 such that the
/// interval is narrowest at `tuned_for` users.
pub fn confidence_sequence(
    estimate: &Estimate,
    alpha: f64,
    tuned_for: f64,
) -> Result<Tested, Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    if !(tuned_for.is_finite() && tuned_for > 0.0) {
        return Err(Degenerate::Setting(
            "The number of users that the sequence is tuned for is above zero",
        ));
    }
    let width = estimate.standard_error * width_in_errors(estimate.users, alpha, tuned_for);
    let n_rho2 = estimate.users * rho2(alpha, tuned_for);
    let statistic = estimate.statistic();
    // The logarithm of the evidence against no effect, so that no amount of it overflows.
    let evidence = n_rho2 / (n_rho2 + 1.0) * statistic * statistic / 2.0 - 0.5 * n_rho2.ln_1p();
    let p_value = (-finite(evidence)?).exp().min(1.0);
    Tested { p_value, interval: estimate.around(width) }.checked()
}

/// Half the interval in standard errors at so many users. A fixed horizon's is 1.96 at 5 %.
pub fn width_in_errors(users: f64, alpha: f64, tuned_for: f64) -> f64 {
    let n_rho2 = users * rho2(alpha, tuned_for);
    let log = 0.5 * n_rho2.ln_1p() - alpha.ln();
    (2.0 * (1.0 + n_rho2.recip()) * log).sqrt()
}

fn rho2(alpha: f64, tuned_for: f64) -> f64 {
    let log = -2.0 * alpha.ln();
    (log + log.ln_1p()) / tuned_for
}

#[cfg(test)]
mod tests {
    use super::super::distributions::{assert_close, root};
    use super::*;

    #[test]
    fn it_is_narrowest_near_what_it_is_tuned_for() {
        // The width times the standard error, which falls with √n, relative to a horizon of that size;
        // by search, the best ρ for n users is that of equation 161, nearly.
        let cost = |tuned: f64| width_in_errors(10_000.0, 0.05, tuned);
        let (less, tuned, more) = (cost(5_000.0), cost(10_000.0), cost(20_000.0));
        assert!(tuned < less && tuned < more, "{less} {tuned} {more}");
        assert!(tuned > 2.5 && tuned < 3.1, "{tuned}");
    }

    #[test]
    fn its_p_value_is_the_risk_at_which_the_interval_ends() {
        let (degrees, users, baseline) = (999.0, 1_000.0, 1.0);
        let estimate =
            Estimate { effect: 3.2, standard_error: 1.0, degrees, users, baseline, theta: None };
        let rho2 = rho2(0.05, 1_000.0) * users;
        // For a fixed ρ, the risk whose boundary is 3.2 errors away.
        let width =
            |alpha: f64| (2.0 * (1.0 + 1.0 / rho2) * (0.5 * rho2.ln_1p() - alpha.ln())).sqrt();
        let risk = root(1e-9, 1.0, |alpha| width(alpha) - 3.2);
        let tested = confidence_sequence(&estimate, 0.05, 1_000.0).unwrap();
        assert_close(tested.p_value, risk, 1e-9);
    }
}

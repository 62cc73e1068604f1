//! Tails and quantiles of the distributions that tests stand on.
//!
//! Every tail is computed as a tail, never as one less the rest, so that a p-value of 1e-300 keeps
//! its digits. What `statrs` has is used where its tails hold; its Student's t does not, neither far
//! out nor beyond some 1e5 degrees of freedom, so that one is ours.

mod noncentral;
pub mod normal;
pub mod student;

pub use noncentral::noncentral_t_sf;
#[cfg(test)]
pub(super) use tests::assert_close;

/// The chance that a chi-square with so many degrees of freedom exceeds `x`.
pub fn chi_square_sf(x: f64, degrees: usize) -> f64 {
    match (degrees, x > 0.0) {
        (0, _) | (_, false) => 1.0,
        (_, true) if x == f64::INFINITY => 0.0,
        (1, true) => 2.0 * normal::sf(x.sqrt()),
        (_, true) => statrs::function::gamma::gamma_ur(degrees as f64 / 2.0, x / 2.0),
    }
}

/// Where a function that crosses zero once between `low` and `high` does so, to the last digits.
///
/// Brent's method (Algorithms for Minimization without Derivatives, 1973).
pub(super) fn root(low: f64, high: f64, of: impl Fn(f64) -> f64) -> f64 {
    let (mut x_before, mut x, mut x_across) = (low, high, 0.0);
    let (mut f_before, mut f, mut f_across) = (of(low), of(high), 0.0);
    if f_before == 0.0 {
        return x_before;
    }
    let (mut step_before, mut step) = (0.0_f64, 0.0_f64);
    for _ in 0..300 {
        if f != 0.0 && (f_before > 0.0) != (f > 0.0) {
            (x_across, f_across) = (x_before, f_before);
            step = x - x_before;
            step_before = step;
        }
        if f_across.abs() < f.abs() {
            (x_before, x, x_across) = (x, x_across, x);
            (f_before, f, f_across) = (f, f_across, f);
        }
        let least = f64::MIN_POSITIVE + 2.0 * f64::EPSILON * x.abs();
        let half = (x_across - x) / 2.0;
        if f == 0.0 || half.abs() < least {
            break;
        }
        let mut tried = f64::INFINITY;
        if step_before.abs() > least && f.abs() < f_before.abs() {
            tried = if x_before == x_across {
                -f * (x - x_before) / (f - f_before)
            } else {
                let before = (f_before - f) / (x_before - x);
                let across = (f_across - f) / (x_across - x);
                -f * (f_across * across - f_before * before)
                    / (across * before * (f_across - f_before))
            };
        }
        (step_before, step) =
            match 2.0 * tried.abs() < step_before.abs().min(3.0 * half.abs() - least) {
                true => (step, tried),
                false => (half, half),
            };
        (x_before, f_before) = (x, f);
        x += if step.abs() > least { step } else { least.copysign(half) };
        f = of(x);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chi_square_agrees_with_tables_and_closed_forms() {
        // With two degrees of freedom the tail is exp(-x/2).
        assert_close(chi_square_sf(10.0, 2), (-5.0_f64).exp(), 1e-13);
        assert_close(chi_square_sf(1_000.0, 2), (-500.0_f64).exp(), 1e-12);
        // With four, (1 + x/2) exp(-x/2).
        assert_close(chi_square_sf(600.0, 4), 301.0 * (-300.0_f64).exp(), 1e-12);
        // The 5 % points of printed tables.
        assert_close(chi_square_sf(3.841_458_820_694_124, 1), 0.05, 1e-12);
        assert_close(chi_square_sf(0.0, 3), 1.0, 0.0);
    }

    #[test]
    fn a_root_is_found_to_the_last_digits() {
        assert_close(root(0.0, 10.0, |x| x * x - 2.0), 2.0_f64.sqrt(), 1e-15);
        assert_close(root(-5.0, 90.0, |x| 1.0 - x.exp()).abs(), 0.0, 1e-14);
    }

    pub(in crate::experiments::statistics) fn assert_close(is: f64, should: f64, relative: f64) {
        let within = relative * should.abs() + if should == 0.0 { relative } else { 0.0 };
        assert!((is - should).abs() <= within, "{is:e} is not {should:e} within {relative:e}");
    }
}

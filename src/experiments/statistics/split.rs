//! Whether users were split as planned. Where they were not, something lost or moved them, and no
//! effect that is then measured is the effect of the treatment (Fabijan et al., KDD 2019).

use super::degenerate::Degenerate;
use super::distributions::chi_square_sf;
use super::fixed::finite;

/// Below this the split is off. It is read every day, and must not cry wolf.
pub const OFF_BELOW: f64 = 0.001;

#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
pub struct Split {
    pub chi_square: f64,
    pub p_value: f64,
}

impl Split {
    pub fn is_off(&self) -> bool {
        self.p_value < OFF_BELOW
    }
}

/// Pearson's chi-square of the users of each arm against the planned shares.
pub fn check(users: &[f64], weights: &[f64]) -> Result<Split, Degenerate> {
    let good = |it: &f64| it.is_finite() && *it >= 0.0;
    let all: f64 = users.iter().sum();
    let weight: f64 = weights.iter().sum();
    if users.len() != weights.len() || users.len() < 2 {
        return Err(Degenerate::Setting("A split has at least two arms, each with its share"));
    }
    if !(weights.iter().all(good) && weight > 0.0 && weight.is_finite()) {
        return Err(Degenerate::Setting("The planned shares are numbers above zero"));
    }
    if !(users.iter().all(good) && all.is_finite()) {
        return Err(Degenerate::Setting("The users of an arm are a number that is not below zero"));
    }
    if all == 0.0 {
        return Ok(Split { chi_square: 0.0, p_value: 1.0 });
    }
    let planned: Vec<(f64, f64)> =
        users.iter().zip(weights).map(|(is, share)| (*is, share / weight * all)).collect();
    if planned.iter().any(|(is, should)| *should == 0.0 && *is > 0.0) {
        return Err(Degenerate::Setting("An arm without a share of the traffic has users"));
    }
    let taking = planned.iter().filter(|(_, should)| *should > 0.0);
    let degrees = taking.clone().count().saturating_sub(1);
    let chi_square =
        finite(taking.map(|(is, should)| (is - should) * (is - should) / should).sum())?;
    Ok(Split { chi_square, p_value: chi_square_sf(chi_square, degrees) })
}

#[cfg(test)]
mod tests {
    use super::super::distributions::assert_close;
    use super::*;

    #[test]
    fn a_split_is_held_against_its_plan() {
        // χ² = 40²/500 · 2 = 6.4, of which the tables have p = 0.0114.
        let split = check(&[540.0, 460.0], &[0.5, 0.5]).unwrap();
        assert_close(split.chi_square, 6.4, 1e-15);
        assert_close(split.p_value, 0.011_412_036, 1e-6);
        assert!(!split.is_off());
        assert!(check(&[5_400.0, 4_600.0], &[1.0, 1.0]).unwrap().is_off());
        // Three arms have two degrees, whose tail is exp(−χ²/2).
        let split = check(&[110.0, 90.0, 100.0], &[1.0, 1.0, 1.0]).unwrap();
        assert_close(split.p_value, (-1.0_f64).exp(), 1e-13);
    }

    #[test]
    fn shares_need_not_add_up_to_one() {
        let one = check(&[700.0, 310.0], &[0.7, 0.3]).unwrap();
        let other = check(&[700.0, 310.0], &[7.0, 3.0]).unwrap();
        assert_close(one.p_value, other.p_value, 1e-12);
    }

    #[test]
    fn what_is_no_split_is_refused_with_a_sentence() {
        for (users, weights) in [
            (vec![1.0], vec![1.0]),
            (vec![1.0, 2.0], vec![1.0]),
            (vec![1.0, -2.0], vec![0.5, 0.5]),
            (vec![1.0, f64::NAN], vec![0.5, 0.5]),
            (vec![f64::INFINITY, 1.0], vec![0.5, 0.5]),
            (vec![1.0, 2.0], vec![0.0, 0.0]),
            (vec![1.0, 2.0], vec![1.0, 0.0]),
            (vec![1.0, 2.0], vec![1.0, f64::NAN]),
        ] {
            let refused = check(&users, &weights).unwrap_err().to_string();
            assert!(refused.ends_with('.'), "{refused}");
        }
        assert_eq!(check(&[0.0, 0.0], &[0.5, 0.5]).unwrap().p_value, 1.0);
    }
}

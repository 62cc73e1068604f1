//! The mean of observations between 0 and 1, whatever their distribution, with intervals that may be
//! read after every one of them: Waudby-Smith and Ramdas, *Estimating means of bounded random
//! variables by betting* (JRSS B 86, 2024).

use super::degenerate::Degenerate;
use super::fixed::check_share;

/// An interval for each number of observations.
pub type Sequence = Vec<(f64, f64)>;

/// The grid of means that the betting interval is searched on.
const GRID: u32 = 1_000;

/// Theorem 1: the predictable mixture of Hoeffding's bound.
pub fn hoeffding(x: &[f64], alpha: f64) -> Result<Sequence, Degenerate> {
    check(x, alpha)?;
    let log = (2.0 / alpha).ln();
    let bets: Vec<f64> = (1..=x.len()).map(|t| (8.0 * log / time(t)).sqrt().min(1.0)).collect();
    let margin = |sum: &mut f64, bet: f64, _: f64| *sum += bet * bet / 8.0;
    Ok(both_sides(x, log, |_| bets.clone(), margin))
}

/// Theorem 2: the predictable mixture of an empirical Bernstein bound, which is narrower where the
/// observations vary little.
pub fn empirical_bernstein(x: &[f64], alpha: f64) -> Result<Sequence, Degenerate> {
    check(x, alpha)?;
    let log = (2.0 / alpha).ln();
    let bets = |x: &[f64]| bets(x, alpha / 2.0).iter().map(|it| it.min(0.5)).collect();
    let margin = |sum: &mut f64, bet: f64, from_mean: f64| {
        *sum += from_mean * from_mean * (-(-bet).ln_1p() - bet);
    };
    Ok(both_sides(x, log, bets, margin))
}

/// Section 4: every mean against which no capital was won by hedged bets, on a grid of thousandths.
pub fn betting(x: &[f64], alpha: f64) -> Result<Sequence, Degenerate> {
    check(x, alpha)?;
    let bets = bets(x, alpha / 2.0);
    let step = 1.0 / f64::from(GRID);
    let mut possible = vec![(f64::INFINITY, f64::NEG_INFINITY); x.len()];
    for place in 0..=GRID {
        let mean = f64::from(place) * step;
        let (mut up, mut down) = (0.5, 0.5);
        for ((x, bet), (lowest, highest)) in x.iter().zip(&bets).zip(&mut possible) {
            up *= 1.0 + bet.min(0.5 / mean) * (x - mean);
            down *= 1.0 - bet.min(0.5 / (1.0 - mean)) * (x - mean);
            if f64::max(up, down) <= 1.0 / alpha {
                *lowest = lowest.min(mean);
                *highest = highest.max(mean);
            }
        }
    }
    let widened = |(low, high): (f64, f64)| match low <= high {
        true => ((low - step).max(0.0), (high + step).min(1.0)),
        false => (0.0, 1.0),
    };
    Ok(possible.into_iter().map(widened).collect())
}

/// Bets that would win most if the variance were what it was so far (equation 26).
fn bets(x: &[f64], alpha: f64) -> Vec<f64> {
    let log = (1.0 / alpha).ln();
    let (mut sum, mut squares) = (0.5, 0.25);
    let mut variance = 0.25;
    let mut bets = Vec::with_capacity(x.len());
    for (before, x) in x.iter().enumerate() {
        bets.push((2.0 * log / (time(before + 1) * variance)).sqrt());
        sum += x;
        let n = before as f64 + 2.0;
        let from_mean = x - (sum / n).min(1.0);
        squares += from_mean * from_mean;
        variance = squares / n;
    }
    bets
}

/// The lower side, and the upper one as the lower one of what is missing to 1.
fn both_sides(
    x: &[f64],
    log: f64,
    bets: impl Fn(&[f64]) -> Vec<f64>,
    margin: impl Fn(&mut f64, f64, f64),
) -> Sequence {
    let lower = |x: &[f64]| -> Vec<f64> {
        let (mut weights, mut weighted, mut penalty) = (0.0, 0.0, log);
        let (mut sum, mut mean) = (0.0, 0.0);
        let bound = |(t, (x, bet)): (usize, (&f64, f64))| {
            weights += bet;
            weighted += bet * x;
            margin(&mut penalty, bet, x - mean);
            sum += x;
            mean = sum / (t as f64 + 1.0);
            ((weighted - penalty) / weights).max(0.0)
        };
        x.iter().zip(bets(x)).enumerate().map(bound).collect()
    };
    let missing: Vec<f64> = x.iter().map(|it| 1.0 - it).collect();
    lower(x).into_iter().zip(lower(&missing)).map(|(low, high)| (low, 1.0 - high)).collect()
}

fn time(t: usize) -> f64 {
    let t = t as f64;
    t * t.ln_1p()
}

fn check(x: &[f64], alpha: f64) -> Result<(), Degenerate> {
    check_share(alpha, "The risk alpha lies between 0 and 1")?;
    let inside = x.iter().all(|it| (0.0..=1.0).contains(it));
    if inside { Ok(()) } else { Err(Degenerate::Setting("Observations lie between 0 and 1")) }
}

#[cfg(test)]
mod tests {
    use super::super::distributions::assert_close;
    use super::*;

    #[test]
    fn the_first_observations_are_as_by_hand() {
        // The first bet is at most one: (x − log(2/α) − 1/8), which is below zero.
        let found = hoeffding(&[0.5; 3], 0.05).unwrap();
        assert_eq!(found[0], (0.0, 1.0));
        // Ones only: after n bets λᵢ the lower side is 1 − (log(2/α) + Σ λ²/8) / Σ λ.
        let log = 40.0_f64.ln();
        let bets: Vec<f64> =
            (1..=30).map(|t| f64::min(1.0, (8.0 * log / time(t)).sqrt())).collect();
        let sum: f64 = bets.iter().sum();
        let squares: f64 = bets.iter().map(|it| it * it).sum();
        let found = hoeffding(&[1.0; 30], 0.05).unwrap();
        assert_close(found[29].0, 1.0 - (log + squares / 8.0) / sum, 1e-13);
        assert_eq!(found[29].1, 1.0);
    }

    #[test]
    fn what_varies_little_is_known_sooner() {
        let steady: Vec<f64> = (0..200).map(|it| 0.4 + 0.01 * f64::from(it % 3)).collect();
        let width = |sequence: Sequence| sequence[199].1 - sequence[199].0;
        let (crude, fine) =
            (hoeffding(&steady, 0.05).unwrap(), empirical_bernstein(&steady, 0.05).unwrap());
        let won = betting(&steady, 0.05).unwrap();
        assert!(fine[199].0 < 0.41 && fine[199].1 > 0.41);
        assert!(won[199].0 < 0.41 && won[199].1 > 0.41);
        assert!(width(fine.clone()) < width(crude) / 2.0);
        assert!(width(won) < width(fine));
    }

    #[test]
    fn what_is_not_between_zero_and_one_is_refused() {
        assert!(hoeffding(&[0.5, 1.5], 0.05).is_err());
        assert!(betting(&[f64::NAN], 0.05).is_err());
        assert!(empirical_bernstein(&[], 0.05).unwrap().is_empty());
    }
}

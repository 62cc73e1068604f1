//! How good chances are: whether they tell leads apart, whether they are near, whether they mean what
//! they say.

use serde::{Deserialize, Serialize};

use crate::detectors::significance::{Interval, Share, z};

/// What is measured of some chances, with intervals of 95 %.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Figures {
    pub rows: usize,
    pub won: usize,
    /// The chance that a lead that was won is put before one that was not.
    pub auc: Range,
    /// The mean square by which chances were off.
    pub brier: Range,
    /// The same of a chance that knows nothing but the share of those that were won.
    pub base_brier: f64,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Range {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Leads with nearly the same chance, and how many of them were won.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Step {
    pub rows: usize,
    pub foreseen: f64,
    pub won: Range,
}

/// How many steps a table of calibration has.
const STEPS: usize = 10;

impl From<Interval> for Range {
    fn from(it: Interval) -> Self {
        Self { value: it.estimate, low: it.low, high: it.high }
    }
}

impl Range {
    fn around(value: f64, error: f64) -> Self {
        let half = z(1) * error;
        Self { value, low: (value - half).max(0.0), high: (value + half).min(1.0) }
    }

    /// The mean of several, as if they were of different leads.
    pub fn mean(all: &[Self]) -> Self {
        let count = all.len().max(1) as f64;
        let value = all.iter().map(|it| it.value).sum::<f64>() / count;
        let squares: f64 = all.iter().map(|it| ((it.high - it.low) / 2.0 / z(1)).powi(2)).sum();
        Self::around(value, squares.sqrt() / count)
    }
}

impl Figures {
    /// Of chances, of the chances of whoever knows only the share, and of what came of it.
    pub fn of(chances: &[f64], base: &[f64], won: &[bool]) -> Self {
        let brier: Vec<f64> = off(chances, won);
        let mean = brier.iter().sum::<f64>() / won.len().max(1) as f64;
        let spread = brier.iter().map(|it| (it - mean).powi(2)).sum::<f64>()
            / (won.len() as f64 - 1.0).max(1.0);
        Self {
            rows: won.len(),
            won: won.iter().filter(|it| **it).count(),
            auc: auc(chances, won),
            brier: Range::around(mean, (spread / won.len().max(1) as f64).sqrt()),
            base_brier: off(base, won).iter().sum::<f64>() / won.len().max(1) as f64,
        }
    }
}

fn off(chances: &[f64], won: &[bool]) -> Vec<f64> {
    let pairs = chances.iter().zip(won);
    pairs.map(|(chance, won)| (chance - f64::from(u8::from(*won))).powi(2)).collect()
}

/// The area under the ROC curve, with the interval of DeLong, DeLong and Clarke-Pearson, *Comparing the
/// Areas under Two or More Correlated Receiver Operating Characteristic Curves* (Biometrics 1988), by
/// the midranks of Sun and Xu (2014). A half where there is nothing to tell apart.
pub fn auc(chances: &[f64], won: &[bool]) -> Range {
    let of = |class: bool| -> Vec<f64> {
        let pairs = chances.iter().zip(won);
        pairs.filter(|(_, won)| **won == class).map(|(chance, _)| *chance).collect()
    };
    let (winners, losers) = (of(true), of(false));
    if winners.is_empty() || losers.is_empty() {
        return Range { value: 0.5, low: 0.0, high: 1.0 };
    }
    let all: Vec<f64> = winners.iter().chain(&losers).copied().collect();
    let (ranks, m, n) = (midranks(&all), winners.len() as f64, losers.len() as f64);
    let part = |ranks: &[f64], own: &[f64], others: f64| -> Vec<f64> {
        ranks.iter().zip(midranks(own)).map(|(rank, own)| (rank - own) / others).collect()
    };
    let above = part(&ranks[..winners.len()], &winners, n);
    let below: Vec<f64> = part(&ranks[winners.len()..], &losers, m);
    let value = above.iter().sum::<f64>() / m;
    let variance = |parts: &[f64]| {
        let mean = parts.iter().sum::<f64>() / parts.len() as f64;
        parts.iter().map(|it| (it - mean).powi(2)).sum::<f64>()
            / (parts.len() as f64 - 1.0).max(1.0)
    };
    Range::around(value, (variance(&above) / m + variance(&below) / n).sqrt())
}

/// The ranks from one on; what is equal shares the mean of its ranks.
fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let value = values[order[first]];
        let end = first + order[first..].partition_point(|at| values[*at] <= value);
        for at in &order[first..end] {
            ranks[*at] = (first + end + 1) as f64 / 2.0;
        }
        first = end;
    }
    ranks
}

/// Leads in steps of about equally many, the least likely first.
pub fn calibration(chances: &[f64], won: &[bool]) -> Vec<Step> {
    let mut order: Vec<usize> = (0..won.len()).collect();
    order.sort_by(|a, b| chances[*a].total_cmp(&chances[*b]));
    order
        .chunks(won.len().div_ceil(STEPS).max(1))
        .map(|rows| {
            let count = rows.len() as f64;
            let successes = rows.iter().filter(|row| won[**row]).count() as f64;
            let share = Share { successes, trials: count };
            Step {
                rows: rows.len(),
                foreseen: rows.iter().map(|row| chances[*row]).sum::<f64>() / count,
                won: share.interval(z(1)).into(),
            }
        })
        .collect()
}

/// By how much chances are off on the whole: the mean distance of the steps, weighed by their leads
/// (expected calibration error).
pub fn calibration_error(steps: &[Step]) -> f64 {
    let rows: usize = steps.iter().map(|it| it.rows).sum();
    let off = |it: &Step| it.rows as f64 * (it.foreseen - it.won.value).abs();
    steps.iter().map(off).sum::<f64>() / rows.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_that_of_the_paper_that_it_is_from() {
        // By hand: of 3 x 2 pairs, 4.5 are in order.
        let it = auc(&[0.9, 0.4, 0.6, 0.4, 0.1], &[true, true, false, false, true]);
        assert!((it.value - 0.416_666_666).abs() < 1e-6, "{it:?}");
        let (chances, won) = ([0.1, 0.4, 0.35, 0.8], [false, false, true, true]);
        assert!((auc(&chances, &won).value - 0.75).abs() < 1e-12);
        assert_eq!(auc(&[0.3, 0.3], &[true, false]).value, 0.5);
        assert_eq!(auc(&[0.3, 0.3], &[true, true]).value, 0.5);
    }

    #[test]
    fn chances_that_mean_what_they_say_are_not_off() {
        let chances: Vec<f64> = (0..1_000).map(|it| if it % 2 == 0 { 0.1 } else { 0.5 }).collect();
        let won: Vec<bool> =
            (0..1_000).map(|it| if it % 2 == 0 { it % 20 == 0 } else { it % 4 == 1 }).collect();
        assert!(calibration_error(&calibration(&chances, &won)) < 1e-9);
    }
}

//! Whether a learned score may take over from the rules.
//!
//! Both are held against each other in the order of time: each lead is foreseen before its outcome is
//! known, by what was learnt from those before it. Points of rules are no chances, so they are made
//! into ones by a line that learns along. The learned score may take over if enough leads have ended,
//! and if it is off by less than the rules and by less than the share of those that were won, both by
//! more than chance explains, and tells leads apart no worse than the rules.

use serde::{Deserialize, Serialize};

use super::evaluate::figures::{Figures, Range, Step, calibration};
use super::learned::drifting::Drifting;
use super::learned::online;
use super::learned::{Explained, Scale, chance};
use super::table::Table;
use crate::config::scoring::Learning;
use crate::detectors::significance::z;
use crate::words;

/// The two of them, and whoever knows only the share of those that were won.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comparison {
    pub learned: Figures,
    pub rules: Figures,
    /// By how much less the learned score is off than the rules, and than the share.
    pub against_rules: Range,
    pub against_base: Range,
    pub verdict: Verdict,
    /// Whether the chances of the learned score mean what they say.
    pub calibration: Vec<Step>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    TakesOver,
    /// The manifest says that it never does.
    NotAllowed,
    TooFewEnded {
        ended: usize,
        least: usize,
    },
    NotBetterThanBase,
    NotBetterThanRules,
}

/// The share of leads at the beginning that are only learnt from.
const BEGINNING: usize = 5;
/// How unsure the line is that makes chances of points.
const VARIANCE: f64 = 1.0;
/// Points are on a scale of about a hundred.
const UNIT: f64 = 25.0;
/// How many points double the odds, at least and at most.
const DOUBLES: (f64, f64) = (5.0, 20.0);

/// Compares over leads in the order in which they ended, with the points that the rules gave each.
pub fn compare(table: &Table, won: &[bool], points: &[f64], learning: &Learning) -> Comparison {
    let learned: Vec<f64> =
        online::foresee(table, won, &|_| ()).iter().map(Explained::chance).collect();
    let rules = chances(points, won);
    let base = so_far(won);
    let first = won.len() / BEGINNING;
    let (ended, of) = (won.len(), &won[first..]);
    let (learned, rules, base) = (&learned[first..], &rules[first..], &base[first..]);
    let against_rules = less_off(learned, rules, of);
    let against_base = less_off(learned, base, of);
    let calibration = calibration(learned, of);
    let learned = Figures::of(learned, base, of);
    let rules = Figures::of(rules, base, of);
    let verdict = match () {
        () if !learning.takes_over => Verdict::NotAllowed,
        () if ended < learning.least_ended => {
            Verdict::TooFewEnded { ended, least: learning.least_ended }
        }
        () if against_base.low <= 0.0 => Verdict::NotBetterThanBase,
        () if against_rules.low <= 0.0 || learned.auc.value < rules.auc.value => {
            Verdict::NotBetterThanRules
        }
        () => Verdict::TakesOver,
    };
    Comparison { learned, rules, against_rules, against_base, verdict, calibration }
}

impl Comparison {
    /// What came of it, for people.
    pub fn in_words(&self) -> String {
        let figures = format!(
            "In time order over {}, the learned score has an AUC of {} and a Brier score of {}; the rules have {} and {}, and knowing only how often leads are won gives {:.4}.",
            words::count(self.learned.rows, "lead"),
            told(&self.learned.auc),
            told(&self.learned.brier),
            told(&self.rules.auc),
            told(&self.rules.brier),
            self.learned.base_brier,
        );
        let verdict = match self.verdict {
            Verdict::TakesOver => {
                "It is better by more than chance explains, so it takes over.".to_owned()
            }
            Verdict::NotAllowed => {
                "The manifest says that it does not take over, so the rules stay.".to_owned()
            }
            Verdict::TooFewEnded { ended, least } => format!(
                "{} ended so far and {least} are asked for, so the rules stay.",
                words::count(ended, "lead")
            ),
            Verdict::NotBetterThanBase => "It does not surely beat knowing only how often leads \
                 are won, so the rules stay."
                .to_owned(),
            Verdict::NotBetterThanRules => {
                "It does not surely beat the rules, so the rules stay.".to_owned()
            }
        };
        format!("{figures} {verdict}")
    }
}

fn told(it: &Range) -> String {
    format!("{:.3} ({:.3} to {:.3})", it.value, it.low, it.high)
}

/// Points with which a learned score goes on from the rules: the average lead has as many as by them, and
/// a point is worth as much, within bounds.
pub fn scale(points: &[f64], won: &[bool]) -> Scale {
    let mut line = line();
    for (points, won) in points.iter().zip(won) {
        line.learn(&row(*points), *won);
    }
    let average = points.iter().sum::<f64>() / points.len().max(1) as f64;
    let each = line.weights[1] / UNIT;
    let double = if each > 0.0 { std::f64::consts::LN_2 / each } else { f64::INFINITY };
    Scale { average, double: double.clamp(DOUBLES.0, DOUBLES.1) }
}

fn line() -> Drifting {
    Drifting::new(2, VARIANCE, 4.0, 0.0)
}

fn row(points: f64) -> [(usize, f64); 2] {
    [(0, 1.0), (1, points / UNIT)]
}

/// The chances that points mean, each learnt from what came before it.
fn chances(points: &[f64], won: &[bool]) -> Vec<f64> {
    let mut line = line();
    let each = points.iter().zip(won).map(|(points, won)| {
        let row = row(*points);
        let foreseen = chance(line.log_odds(&row));
        line.learn(&row, *won);
        foreseen
    });
    each.collect()
}

/// The share of those that were won before each.
fn so_far(won: &[bool]) -> Vec<f64> {
    let mut count = 0.0;
    let each = won.iter().enumerate().map(|(row, won)| {
        let share = (count + 0.5) / (row as f64 + 1.0);
        count += f64::from(u8::from(*won));
        share
    });
    each.collect()
}

/// By how much less chances are off than others, in mean squares, lead by lead.
fn less_off(chances: &[f64], others: &[f64], won: &[bool]) -> Range {
    let differences: Vec<f64> = chances
        .iter()
        .zip(others)
        .zip(won)
        .map(|((chance, other), won)| {
            let outcome = f64::from(u8::from(*won));
            (other - outcome).powi(2) - (chance - outcome).powi(2)
        })
        .collect();
    let rows = differences.len().max(1) as f64;
    let mean = differences.iter().sum::<f64>() / rows;
    let spread =
        differences.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (rows - 1.0).max(1.0);
    let half = z(1) * (spread / rows).sqrt();
    Range { value: mean, low: mean - half, high: mean + half }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leads that are won by their size, and points that say so or do not.
    fn leads(rows: usize, told: bool) -> (Table, Vec<bool>, Vec<f64>) {
        let size = |row: usize| row * 37 % 100;
        let won: Vec<bool> =
            (0..rows).map(|row| size(row) >= 80 && !row.is_multiple_of(7)).collect();
        let text: String = (0..rows).map(|row| format!("{},{}\n", size(row), row % 4)).collect();
        let points = (0..rows).map(|row| if told && size(row) >= 80 { 50.0 } else { 5.0 });
        (Table::read(format!("size,other\n{text}").as_bytes()).unwrap(), won, points.collect())
    }

    fn verdict(rows: usize, told: bool, learning: Learning) -> Verdict {
        let (table, won, points) = leads(rows, told);
        compare(&table, &won, &points, &learning).verdict
    }

    #[test]
    fn it_takes_over_only_where_it_is_surely_better() {
        let usual = Learning::default;
        assert_eq!(verdict(600, false, usual()), Verdict::TakesOver);
        assert_eq!(verdict(600, true, usual()), Verdict::NotBetterThanRules);
        assert_eq!(verdict(150, false, usual()), Verdict::TooFewEnded { ended: 150, least: 200 });
        let never = Learning { takes_over: false, ..usual() };
        assert_eq!(verdict(600, false, never), Verdict::NotAllowed);
    }

    #[test]
    fn points_mean_what_they_meant_by_the_rules() {
        let (_, won, points) = leads(600, true);
        let scale = scale(&points, &won);
        assert!((scale.average - 14.0).abs() < 0.01, "{scale:?}");
        assert!((5.0..20.0).contains(&scale.double), "{scale:?}");
        let (_, won, points) = leads(600, false);
        assert_eq!(super::scale(&points, &won).double, 20.0, "rules that tell nothing");
    }

    #[test]
    fn what_came_of_it_is_said() {
        let (table, won, points) = leads(600, false);
        let told = compare(&table, &won, &points, &Learning::default()).in_words();
        assert!(
            told.starts_with("In time order over 480 leads, the learned score has an AUC of "),
            "{told}"
        );
        assert!(told.ends_with("so it takes over."), "{told}");
    }
}

//! A learned score as people read it: points, and a reason for each.
//!
//! The average lead has 50 points, and every 10 points more double its odds. What a column contributes
//! is told against the average lead, in the same points, rounded so that the reasons add up.

use super::super::table::Table;
use super::super::{Reason, Score, words_of};
use super::{Explained, Model, log_odds};

/// What the average lead has.
const AVERAGE: f64 = 50.0;
/// How many points double the odds.
const DOUBLE: f64 = 10.0;
/// How many columns are named; the others are one reason.
const NAMED: usize = 6;

impl Model {
    /// The scores of the leads of a table.
    pub fn scores(&self, table: &Table) -> Vec<Score> {
        let base = log_odds(self.won as f64 / self.rows.max(1) as f64);
        self.each(table, |row, it| self.in_points(table, row, &it, base))
    }

    fn in_points(&self, table: &Table, row: usize, it: &Explained, base: f64) -> Score {
        let points = |log_odds: f64| log_odds * DOUBLE / std::f64::consts::LN_2;
        let all = AVERAGE + points(it.log_odds() - base);
        let mut parts: Vec<(usize, f64)> =
            it.contributions.iter().map(|it| points(*it)).enumerate().collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        parts.truncate(NAMED);
        let mut reasons: Vec<Reason> = parts
            .into_iter()
            .map(|(source, points)| Reason {
                words: self.said(table, source, row),
                points: points.round() as i32,
            })
            .filter(|it| it.points != 0)
            .collect();
        reasons
            .push(Reason { words: "where every lead starts".to_owned(), points: AVERAGE as i32 });
        // Far below what an i32 holds.
        let named: i32 = reasons.iter().map(|it| it.points).sum();
        let rest = all.round() as i32 - named;
        reasons.push(Reason { words: "everything else together".to_owned(), points: rest });
        Score::of(reasons)
    }

    fn said(&self, table: &Table, source: usize, row: usize) -> String {
        let name = &self.encoder.sources[source].name;
        match table.column(name).and_then(|it| it.value(row)) {
            Some(value) => format!("{} is {value}", words_of(name)),
            None => format!("{} is not known", words_of(name)),
        }
    }
}

//! A learned score as people read it: points, and a reason for each.
//!
//! A [`Scale`] makes points of chances. What a column contributes is told against the average lead, in the
//! same points, rounded so that the reasons add up.

use serde::{Deserialize, Serialize};

use super::super::table::Table;
use super::super::{Reason, Score, acts, words_of};
use super::{Explained, Model, log_odds};

/// What chances are in points.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scale {
    /// What the average lead has.
    pub average: f64,
    /// How many points double the odds.
    pub double: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { average: 50.0, double: 10.0 }
    }
}

/// How many columns are named; the others are one reason.
const NAMED: usize = 6;

impl Model {
    /// The scores of the leads of a table.
    pub fn scores(&self, table: &Table, scale: Scale) -> Vec<Score> {
        self.each(table, |row, it| self.in_points(table, row, &it, scale))
    }

    fn in_points(&self, table: &Table, row: usize, it: &Explained, scale: Scale) -> Score {
        let base = log_odds(self.won as f64 / self.rows.max(1) as f64);
        let points = |log_odds: f64| log_odds * scale.double / std::f64::consts::LN_2;
        let all = scale.average + points(it.log_odds() - base);
        // Far below what an i32 holds.
        let average = scale.average.round() as i32;
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
        reasons.push(Reason { words: "where every lead starts".to_owned(), points: average });
        let named: i32 = reasons.iter().map(|it| it.points).sum();
        let rest = all.round() as i32 - named;
        reasons.push(Reason { words: "everything else together".to_owned(), points: rest });
        Score::of(reasons)
    }

    fn said(&self, table: &Table, source: usize, row: usize) -> String {
        let name = &self.encoder.sources[source].name;
        let value = table.column(name).and_then(|it| it.value(row));
        if let Some(words) = acts::in_words(name, value.as_ref()) {
            return words;
        }
        match value {
            Some(value) => format!("{} is {value}", words_of(name)),
            None => format!("{} is not known", words_of(name)),
        }
    }
}

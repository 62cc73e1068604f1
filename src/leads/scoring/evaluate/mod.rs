//! How good a learned score is on a table whose outcomes are known.
//!
//! A [`Question`] says what is to be told ahead and from what. Either the leads are divided into folds,
//! each foreseen by what was learnt from the others, or they are taken [in order](How::InOrder), each
//! foreseen before its outcome is learnt. [`figures`] measures, [`leaks`] names columns that may know
//! the outcome.
//!
//! **Invariant.** No chance rests on the outcome of its own lead, and in order on no later one.

mod ask;
pub mod figures;
pub mod leaks;

use std::collections::BTreeMap;

use self::figures::{Figures, Range, Step};
use self::leaks::Leak;
use super::learned::{Explained, Model, online};
use super::table::Table;
use crate::error::Result;

pub use self::ask::{How, LeftOut, Question, read_folds, read_outcomes};

/// What came out.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub figures: Figures,
    /// Over all leads at once, where [`Self::figures`] is the mean of the folds.
    pub pooled: Figures,
    /// For each fold, or for each part of the time, its figures.
    pub parts: Vec<Figures>,
    pub calibration: Vec<Step>,
    /// The columns that count, with the mean distance in log-odds that each moves a lead.
    pub columns: Vec<(String, f64)>,
    pub left_out: Vec<LeftOut>,
    pub suspected: Vec<Leak>,
    /// All leads that were read, also those that only were learnt from.
    pub rows: usize,
    pub won: usize,
    /// How many had no outcome, and do not count.
    pub open: usize,
    pub chances: Vec<f64>,
    /// Which lead each of the chances is of.
    pub of_rows: Vec<usize>,
}

/// The share of leads at the beginning that are only learnt from, when they are taken in order.
const BEGINNING: usize = 5;
/// What is called what was lately, when a column is named.
pub const LATELY: &str = "how often leads were won lately";

/// Evaluates. `progress` is told how much is done, from 0 to 1.
pub fn evaluate(
    table: Table,
    question: &Question,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<Evaluation> {
    let asked = question.put(table)?;
    let suspected = leaks::suspected(&asked.table, &asked.won);
    let foreseen = match &asked.folds {
        Some(folds) => by_folds(&asked.table, &asked.won, folds, progress),
        None => in_order(&asked.table, &asked.won, progress),
    };
    let parts: Vec<Figures> = foreseen.parts.iter().map(|it| it.figures(&asked.won)).collect();
    let all = foreseen.all();
    let pooled = all.figures(&asked.won);
    let figures = match asked.folds {
        Some(_) => mean(&parts, &pooled),
        None => pooled,
    };
    let of_rows: Vec<bool> = all.rows.iter().map(|row| asked.won[*row]).collect();
    Ok(Evaluation {
        figures,
        pooled,
        parts,
        calibration: figures::calibration(&all.chances, &of_rows),
        columns: foreseen.columns,
        left_out: asked.left_out,
        suspected,
        rows: asked.won.len(),
        won: asked.won.iter().filter(|it| **it).count(),
        open: asked.open,
        chances: all.chances,
        of_rows: all.rows,
    })
}

/// Leads whose outcome was foreseen together.
#[derive(Clone, Default)]
struct Part {
    rows: Vec<usize>,
    chances: Vec<f64>,
    base: Vec<f64>,
}

struct Foreseen {
    parts: Vec<Part>,
    columns: Vec<(String, f64)>,
}

impl Part {
    fn figures(&self, won: &[bool]) -> Figures {
        let won: Vec<bool> = self.rows.iter().map(|row| won[*row]).collect();
        Figures::of(&self.chances, &self.base, &won)
    }
}

impl Foreseen {
    fn all(&self) -> Part {
        let mut all = Part::default();
        for part in &self.parts {
            all.rows.extend(&part.rows);
            all.chances.extend(&part.chances);
            all.base.extend(&part.base);
        }
        all
    }
}

fn share(won: impl Iterator<Item = bool>) -> f64 {
    let (count, rows) =
        won.fold((0.0, 0.0), |(count, rows), it| (count + f64::from(u8::from(it)), rows + 1.0));
    if rows > 0.0 { count / rows } else { 0.0 }
}

fn by_folds(
    table: &Table,
    won: &[bool],
    folds: &[u8],
    progress: &(dyn Fn(f64) + Sync),
) -> Foreseen {
    let mut names: Vec<u8> = folds.to_vec();
    names.sort_unstable();
    names.dedup();
    let mut weights = Weights::default();
    let mut parts = Vec::new();
    for (at, fold) in names.iter().enumerate() {
        let (rows, within): (Vec<usize>, Vec<usize>) =
            (0..won.len()).partition(|row| folds[*row] == *fold);
        let of_within: Vec<bool> = within.iter().map(|row| won[*row]).collect();
        let within_progress = |done: f64| progress((at as f64 + done) / names.len() as f64);
        let model = Model::fit(&table.pick(&within), &of_within, &within_progress);
        let explained = model.explain(&table.pick(&rows));
        let sources = model.encoder.sources.iter().map(|it| it.name.as_str());
        weights.add(&sources.collect::<Vec<_>>(), &explained);
        let base = vec![share(of_within.into_iter()); rows.len()];
        parts.push(Part { chances: explained.iter().map(Explained::chance).collect(), rows, base });
    }
    Foreseen { parts, columns: weights.sorted() }
}

fn in_order(table: &Table, won: &[bool], progress: &(dyn Fn(f64) + Sync)) -> Foreseen {
    let explained = online::foresee(table, won, progress);
    let names: Vec<&str> =
        table.columns.iter().map(|it| it.name.as_str()).chain([LATELY]).collect();
    let first = won.len() / BEGINNING;
    let mut weights = Weights::default();
    weights.add(&names, &explained[first..]);
    let mut so_far: f64 = won[..first].iter().map(|it| f64::from(u8::from(*it))).sum();
    let mut part = Part::default();
    let mut parts = Vec::new();
    for row in first..won.len() {
        part.rows.push(row);
        part.chances.push(explained[row].chance());
        part.base.push(so_far / row.max(1) as f64);
        so_far += f64::from(u8::from(won[row]));
        // As many parts as there are fifths besides the beginning.
        let part_of = |row: usize| (row - first) * (BEGINNING - 1) / (won.len() - first);
        if row + 1 == won.len() || part_of(row + 1) > part_of(row) {
            parts.push(std::mem::take(&mut part));
        }
    }
    Foreseen { parts, columns: weights.sorted() }
}

/// How far each column moves leads.
#[derive(Default)]
struct Weights {
    sums: BTreeMap<String, f64>,
    rows: usize,
}

impl Weights {
    fn add(&mut self, names: &[&str], explained: &[Explained]) {
        let mut sums = vec![0.0; names.len()];
        for it in explained {
            for (sum, part) in sums.iter_mut().zip(&it.contributions) {
                *sum += part.abs();
            }
        }
        for (name, sum) in names.iter().zip(sums) {
            *self.sums.entry((*name).to_owned()).or_default() += sum;
        }
        self.rows += explained.len();
    }

    fn sorted(self) -> Vec<(String, f64)> {
        let rows = self.rows.max(1) as f64;
        let mut all: Vec<(String, f64)> =
            self.sums.into_iter().map(|(name, sum)| (name, sum / rows)).collect();
        all.retain(|it| it.1 > 0.0);
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all
    }
}

fn mean(parts: &[Figures], pooled: &Figures) -> Figures {
    let of = |of: fn(&Figures) -> Range| Range::mean(&parts.iter().map(of).collect::<Vec<_>>());
    Figures {
        auc: of(|it| it.auc),
        brier: of(|it| it.brier),
        base_brier: parts.iter().map(|it| it.base_brier).sum::<f64>() / parts.len().max(1) as f64,
        ..*pooled
    }
}

//! Whether leads still look like those that a score was learnt from: the population stability index,
//! column by column.
//!
//! The index is the sum over parts of (now − then) · ln(now / then) (Siddiqi, *Credit Risk Scorecards*,
//! 2006): below 0.1 nothing changed, from 0.25 on it is another population.

use std::collections::BTreeMap;

use serde::Serialize;

use super::table::{Cells, Column, Table};
use super::words_of;

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Drift {
    pub column: String,
    pub index: f64,
    pub change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    None,
    Some,
    Much,
}

/// Into how many parts numbers are divided by what they were.
const PARTS: usize = 10;
/// What stands for none, so that a logarithm can be taken.
const NONE: f64 = 1e-4;

/// How much each column of `then` changed until `now`, the most first.
pub fn drift(then: &Table, now: &Table) -> Vec<Drift> {
    let mut all: Vec<Drift> = then
        .columns
        .iter()
        .filter_map(|before| {
            let index = index(before, now.column(&before.name)?);
            let change = match index {
                ..0.1 => Change::None,
                ..0.25 => Change::Some,
                _ => Change::Much,
            };
            Some(Drift { column: before.name.clone(), index, change })
        })
        .collect();
    all.sort_by(|a, b| b.index.total_cmp(&a.index));
    all
}

impl Drift {
    pub fn in_words(&self) -> String {
        let change = match self.change {
            Change::None => "is as it was",
            Change::Some => "changed somewhat",
            Change::Much => "is not what it was; a score that rests on it should be learnt anew",
        };
        format!("{} {change} (PSI {:.2}).", words_of(&self.column), self.index)
    }
}

fn index(then: &Column, now: &Column) -> f64 {
    let (before, after) = match &then.cells {
        Cells::Words(_) => (levels(then), levels(now)),
        Cells::Numbers(then) => parts(then, &now.numbers()),
        Cells::Dates(then) => parts(then, &now.dates()),
    };
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .map(|name| {
            let share = |of: &BTreeMap<String, f64>| of.get(name).copied().unwrap_or(0.0).max(NONE);
            let (before, after) = (share(&before), share(&after));
            (after - before) * libm::log(after / before)
        })
        .sum()
}

type Shares = BTreeMap<String, f64>;

fn shares(of: impl Iterator<Item = String>) -> Shares {
    let mut shares = Shares::new();
    let mut rows = 0.0;
    for name in of {
        *shares.entry(name).or_default() += 1.0;
        rows += 1.0;
    }
    for share in shares.values_mut() {
        *share /= rows;
    }
    shares
}

fn levels(column: &Column) -> Shares {
    shares((0..column.rows()).map(|row| column.text(row).unwrap_or_default().into_owned()))
}

fn parts(then: &[f64], now: &[f64]) -> (Shares, Shares) {
    let mut known: Vec<f64> = then.iter().copied().filter(|it| it.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let mut lowest: Vec<f64> = match known.len() {
        0 => Vec::new(),
        rows => (0..PARTS).map(|part| known[part * rows / PARTS]).collect(),
    };
    lowest.dedup();
    let name = |it: &f64| match it.is_finite() {
        true => lowest.partition_point(|low| low <= it).max(1).to_string(),
        false => String::new(),
    };
    (shares(then.iter().map(name)), shares(now.iter().map(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named_and_what_did_not_is_not() {
        let table = |size: usize, origin: &str| {
            let rows: String =
                (0..400).map(|it| format!("{},{origin}{}\n", it % 50 + size, it % 3)).collect();
            Table::read(format!("size,origin\n{rows}").as_bytes()).unwrap()
        };
        let changes = |now: &Table| -> Vec<(String, Change)> {
            let drift = drift(&table(10, "a"), now);
            drift.into_iter().map(|it| (it.column, it.change)).collect()
        };
        let named = |size, origin| [("size".to_owned(), size), ("origin".to_owned(), origin)];
        assert_eq!(changes(&table(10, "a")), named(Change::None, Change::None));
        assert_eq!(changes(&table(40, "a")), named(Change::Much, Change::None));
        assert_eq!(changes(&table(10, "b"))[0], ("origin".to_owned(), Change::Much));
    }
}

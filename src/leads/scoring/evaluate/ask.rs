//! What is asked of a table, and whether it can be answered.

use super::super::excluded::{self, Why};
use super::super::learned::folds;
use super::super::table::{Cells, Column, Table};
use super::leaks;
use crate::error::{Refusal, Result};
use crate::words;

/// What is to be told ahead, and from what.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The column with the outcome.
    pub target: String,
    /// The outcome that counts as won, where the column does not say so itself.
    pub won: Option<String>,
    pub how: How,
    pub exclude: Vec<String>,
    /// Columns that count although they say something about a person.
    pub include: Vec<String>,
    /// The column with the day on which a lead is to be scored: days after it cannot be known.
    pub as_of: Option<String>,
    /// The column that leads are put in order by.
    pub order_by: Option<String>,
}

/// How leads are divided into those that are learnt from and those that are foreseen.
#[derive(Clone, Debug, Default)]
pub enum How {
    /// Five folds, each with the same share of those that were won.
    #[default]
    Divided,
    /// The fold of each row.
    Folds(Vec<u8>),
    /// Each foreseen from those before it.
    InOrder,
}

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct LeftOut {
    pub column: String,
    pub why: String,
}

pub(super) struct Asked {
    pub table: Table,
    pub won: Vec<bool>,
    /// None where leads are taken in order.
    pub folds: Option<Vec<u8>>,
    pub left_out: Vec<LeftOut>,
    pub open: usize,
}

/// Into how many folds leads are divided.
const FOLDS: usize = 5;
/// How many leads of each outcome there must be.
const LEAST: usize = 10;
/// Outcomes that mean won by themselves.
const WON: [&str; 12] = [
    "1",
    "yes",
    "y",
    "true",
    "t",
    "won",
    "win",
    "converted",
    "closed won",
    "ja",
    "gewonnen",
    "accepted",
];

impl Question {
    /// Holds the question against a table.
    pub(super) fn put(&self, mut table: Table) -> Result<Asked> {
        let names =
            self.exclude.iter().chain(&self.include).chain(&self.as_of).chain(&self.order_by);
        for name in names {
            table.find(name)?;
        }
        let outcomes = read_outcomes(table.find(&self.target)?, self.won.as_deref())?;
        let mut rows: Vec<usize> =
            (0..table.rows()).filter(|row| outcomes[*row].is_some()).collect();
        if let Some(name) = &self.order_by {
            let by = table.find(name)?;
            let at = match &by.cells {
                Cells::Numbers(_) => by.numbers(),
                _ => by.dates(),
            };
            if rows.iter().any(|row| at[*row].is_nan()) {
                return missing(format!(
                    "Leads cannot be put in order by {name:?}: it is not a day or a number in every row."
                ));
            }
            rows.sort_by(|a, b| at[*a].total_cmp(&at[*b]));
        }
        let won: Vec<bool> = rows.iter().filter_map(|row| outcomes[*row]).collect();
        check(&won, &self.target)?;
        let left_out = self.leave_out(&mut table)?;
        if table.columns.is_empty() {
            return missing("No column is left to learn from.".to_owned());
        }
        let folds = match &self.how {
            How::Divided => Some(folds(&won, FOLDS, 42)),
            How::Folds(of_rows) if of_rows.len() == table.rows() => {
                Some(rows.iter().map(|row| of_rows[*row]).collect())
            }
            How::Folds(of_rows) => {
                return missing(format!(
                    "The folds are of {}, and the file has {}. Both must be of the same leads.",
                    words::count(of_rows.len(), "lead"),
                    table.rows()
                ));
            }
            How::InOrder => None,
        };
        let open = table.rows() - rows.len();
        Ok(Asked { table: table.pick(&rows), won, folds, left_out, open })
    }

    fn leave_out(&self, table: &mut Table) -> Result<Vec<LeftOut>> {
        let mut left_out = Vec::new();
        if let Some(name) = &self.as_of {
            let late = leaks::after(table, table.find(name)?);
            left_out.extend(late.into_iter().map(|it| LeftOut { column: it.column, why: it.why }));
        }
        for column in &table.columns {
            if let Some(why) = excluded::why(&column.name, &self.exclude, &self.include) {
                let remedy = match why {
                    Why::Protected(_) => "; --include brings it back",
                    Why::Listed => "",
                };
                let why = format!("{}{remedy}", why.in_words());
                left_out.push(LeftOut { column: column.name.clone(), why });
            }
        }
        left_out.retain(|it| it.column != self.target);
        table.take(&self.target);
        for it in &left_out {
            table.take(&it.column);
        }
        Ok(left_out)
    }
}

/// The outcome of each row; none where it is not known.
pub fn read_outcomes(column: &Column, won: Option<&str>) -> Result<Vec<Option<bool>>> {
    let words = column.words();
    let levels: Vec<&str> = words
        .levels
        .iter()
        .zip(words.counts())
        .filter(|(_, count)| *count > 0)
        .map(|(level, _)| level.as_str())
        .collect();
    let means_won: String = match (won, levels.as_slice()) {
        (Some(won), levels) => match levels.iter().find(|it| it.eq_ignore_ascii_case(won.trim())) {
            Some(level) => (*level).to_owned(),
            None => {
                return missing(format!("{:?} never has the value {won:?}.", column.name));
            }
        },
        (None, []) => {
            return missing(format!("{:?} is empty, so that nothing can be learnt.", column.name));
        }
        (None, [one]) => {
            return missing(format!(
                "Every lead has the outcome {one:?} in {:?}. To learn, some must have another.",
                column.name
            ));
        }
        (None, [a, b]) => match [*a, *b].into_iter().find(|it| means_won(it)) {
            Some(level) => level.to_owned(),
            None => {
                return missing(format!(
                    "{:?} has the values {a:?} and {b:?}. Say with --won which one counts as won.",
                    column.name
                ));
            }
        },
        (None, many) => {
            return missing(format!(
                "{:?} has {} different values, and an outcome has two. Name another column, or say with --won which value counts as won.",
                column.name,
                many.len()
            ));
        }
    };
    let rows = 0..words.codes.len();
    Ok(rows.map(|row| words.level(row).map(|it| it == means_won)).collect())
}

/// The fold of each row, from a table with a column `fold`, and `row` where it is in another order.
pub fn read_folds(table: &Table) -> Result<Vec<u8>> {
    let of = table.find("fold")?.numbers();
    let row = table.column("row").map(Column::numbers);
    let mut folds = vec![None; of.len()];
    for (at, fold) in of.iter().enumerate() {
        let place = row.as_ref().map_or(at as f64, |it| it[at]);
        let slot = (place.fract() == 0.0).then(|| folds.get_mut(place as usize)).flatten();
        let (Some(slot), true) = (slot, (0.0..256.0).contains(fold)) else {
            return missing(format!("Line {} of the folds names no row and fold.", at + 2));
        };
        *slot = Some(*fold as u8);
    }
    let all: Option<Vec<u8>> = folds.into_iter().collect();
    let Some(all) = all else {
        return missing("The folds name a row twice and another not at all.".to_owned());
    };
    if all.iter().all(|it| *it == all[0]) {
        return missing("The folds are all the same; there must be two at least.".to_owned());
    }
    Ok(all)
}

fn means_won(level: &str) -> bool {
    WON.iter().any(|it| it.eq_ignore_ascii_case(level))
}

fn check(won: &[bool], target: &str) -> Result<()> {
    let count = won.iter().filter(|it| **it).count();
    if count.min(won.len() - count) < LEAST {
        return missing(format!(
            "Of {} with a known outcome in {target:?}, {} won. At least {LEAST} of each outcome are needed to learn and to be checked.",
            words::count(won.len(), "lead"),
            if count == 1 { "1 was".to_owned() } else { format!("{count} were") },
        ));
    }
    Ok(())
}

fn missing<T>(sentence: String) -> Result<T> {
    Err(Refusal::Missing(sentence).into())
}

//! Any table of leads as columns with a type, decided by the data.
//!
//! The rule, column by column, over the cells that are known (empty cells and words such as `NA` or
//! `null` are not known):
//!
//! - *numbers*, if at least 99 in 100 read as numbers; what else stands there counts as not known;
//! - *dates*, if as many read as days, with or without a time, in one order of day and month;
//! - *words* otherwise, one category for each different text.
//!
//! `read` takes files, `dates` knows how days are written.

mod dates;
mod read;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::Attributes;
use super::value::{self, Value};
use crate::error::{Refusal, Result};
use crate::words;

/// Leads by columns, all equally long.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    rows: usize,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub cells: Cells,
}

#[derive(Clone, Debug)]
pub enum Cells {
    /// NaN where not known.
    Numbers(Vec<f64>),
    /// Civil seconds since 1970, as if they were UTC; NaN where not known.
    Dates(Vec<f64>),
    Words(Words),
}

/// Each different text once, and which of them stands in each row.
#[derive(Clone, Debug, Default)]
pub struct Words {
    pub levels: Vec<String>,
    /// [`NOT_KNOWN`] where not known.
    pub codes: Vec<u32>,
}

pub const NOT_KNOWN: u32 = u32::MAX;

/// How much of a column must read as numbers, or as dates, for it to be one of them.
const MOST: f64 = 0.99;

impl Table {
    /// A table of texts, column by column.
    pub fn of_texts(names: Vec<String>, texts: Vec<Words>) -> Self {
        let rows = texts.first().map_or(0, |it| it.codes.len());
        let columns = names
            .into_iter()
            .zip(texts)
            .map(|(name, words)| Column { name, cells: Cells::of(words) })
            .collect();
        Self { columns, rows }
    }

    /// What is known of some leads; each attribute that any of them has is a column.
    pub fn of_leads(leads: &[Attributes]) -> Self {
        let mut columns: BTreeMap<&str, Words> = BTreeMap::new();
        let mut known: HashMap<(&str, String), u32> = HashMap::new();
        for (row, lead) in leads.iter().enumerate() {
            for (name, value) in lead {
                let words = columns.entry(name).or_default();
                words.codes.resize(row, NOT_KNOWN);
                // Numbers keep all of their digits, other than as people read them.
                let text = match value {
                    Value::Number(number) => number.to_string(),
                    other => other.to_string(),
                };
                let code = *known.entry((name, text)).or_insert_with_key(|(_, text)| {
                    words.levels.push(text.clone());
                    words.levels.len() as u32 - 1
                });
                words.codes.push(code);
            }
        }
        let columns = columns
            .into_iter()
            .map(|(name, mut words)| {
                words.codes.resize(leads.len(), NOT_KNOWN);
                Column { name: name.to_owned(), cells: Cells::of(words) }
            })
            .collect();
        Self { columns, rows: leads.len() }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|it| it.name == name)
    }

    /// The column that somebody named.
    pub fn find(&self, name: &str) -> Result<&Column> {
        if let Some(column) = self.column(name.trim()) {
            return Ok(column);
        }
        let names: Vec<&str> = self.columns.iter().map(|it| it.name.as_str()).collect();
        let sentence = format!("No column is named {name:?}. There are {}.", words::listed(&names));
        Err(Refusal::Missing(sentence).into())
    }

    /// Takes a column out.
    pub fn take(&mut self, name: &str) -> Option<Column> {
        let at = self.columns.iter().position(|it| it.name == name)?;
        Some(self.columns.remove(at))
    }

    /// These rows, in this order.
    pub fn pick(&self, rows: &[usize]) -> Self {
        let columns = self.columns.iter().map(|it| it.pick(rows)).collect();
        Self { columns, rows: rows.len() }
    }

    /// What is known of one lead.
    pub fn attributes(&self, row: usize) -> Attributes {
        let each = self.columns.iter();
        each.filter_map(|it| Some((it.name.clone(), it.value(row)?))).collect()
    }
}

impl Column {
    pub fn rows(&self) -> usize {
        match &self.cells {
            Cells::Numbers(numbers) | Cells::Dates(numbers) => numbers.len(),
            Cells::Words(words) => words.codes.len(),
        }
    }

    /// The cell as it would be written; none where it is not known.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        match &self.cells {
            Cells::Numbers(numbers) => {
                Some(numbers[row]).filter(|it| it.is_finite()).map(|it| it.to_string().into())
            }
            Cells::Dates(dates) => {
                Some(dates[row]).filter(|it| it.is_finite()).map(|it| dates::written(it).into())
            }
            Cells::Words(words) => words.level(row).map(Into::into),
        }
    }

    /// The cell as a value; none where it is not known.
    pub fn value(&self, row: usize) -> Option<Value> {
        match &self.cells {
            Cells::Numbers(numbers) => {
                Some(numbers[row]).filter(|it| it.is_finite()).map(Value::Number)
            }
            _ => self.text(row).map(|it| Value::Text(it.into_owned())),
        }
    }

    /// As numbers, whatever it is here: NaN where a cell does not read as one.
    pub fn numbers(&self) -> Cow<'_, [f64]> {
        match &self.cells {
            Cells::Numbers(numbers) | Cells::Dates(numbers) => numbers.into(),
            Cells::Words(words) => words.each(value::number).into(),
        }
    }

    /// As dates, whatever it is here.
    pub fn dates(&self) -> Cow<'_, [f64]> {
        match &self.cells {
            Cells::Dates(dates) => dates.into(),
            Cells::Numbers(numbers) => vec![f64::NAN; numbers.len()].into(),
            Cells::Words(words) => {
                let order = dates::order_of(words.levels.iter().map(String::as_str));
                words.each(|it| dates::read(it, order)).into()
            }
        }
    }

    /// As words, whatever it is here.
    pub fn words(&self) -> Cow<'_, Words> {
        match &self.cells {
            Cells::Words(words) => Cow::Borrowed(words),
            Cells::Numbers(_) | Cells::Dates(_) => {
                let rows = 0..self.rows();
                Cow::Owned(Words::of(rows.map(|row| self.text(row).map(Cow::into_owned))))
            }
        }
    }

    fn pick(&self, rows: &[usize]) -> Self {
        let numbers = |all: &[f64]| rows.iter().map(|row| all[*row]).collect();
        let cells = match &self.cells {
            Cells::Numbers(all) => Cells::Numbers(numbers(all)),
            Cells::Dates(all) => Cells::Dates(numbers(all)),
            Cells::Words(words) => Cells::Words(Words {
                levels: words.levels.clone(),
                codes: rows.iter().map(|row| words.codes[*row]).collect(),
            }),
        };
        Self { name: self.name.clone(), cells }
    }
}

impl Cells {
    /// What these texts are, by the rule above.
    fn of(words: Words) -> Self {
        let counts = words.counts();
        let known: usize = counts.iter().sum();
        let share = |reads: &dyn Fn(&str) -> bool| {
            let read = words.levels.iter().zip(&counts).filter(|(level, _)| reads(level));
            read.map(|(_, count)| *count).sum::<usize>() as f64
        };
        let enough = MOST * known as f64;
        if known == 0 {
            return Self::Words(words);
        }
        if share(&|text| value::number(text).is_some()) >= enough {
            return Self::Numbers(words.each(value::number));
        }
        let order = dates::order_of(words.levels.iter().map(String::as_str));
        if share(&|text| dates::read(text, order).is_some()) >= enough {
            return Self::Dates(words.each(|text| dates::read(text, order)));
        }
        Self::Words(words)
    }
}

impl Words {
    /// Of the texts of the rows.
    pub fn of(texts: impl Iterator<Item = Option<String>>) -> Self {
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut words = Self::default();
        for text in texts {
            let code = match text {
                Some(text) => *known.entry(text).or_insert_with_key(|text| {
                    words.levels.push(text.clone());
                    words.levels.len() as u32 - 1
                }),
                None => NOT_KNOWN,
            };
            words.codes.push(code);
        }
        words
    }

    pub fn level(&self, row: usize) -> Option<&str> {
        self.levels.get(self.codes[row] as usize).map(String::as_str)
    }

    /// In how many rows each level stands.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.levels.len()];
        for code in &self.codes {
            if let Some(count) = counts.get_mut(*code as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// A number for each row, read once a level.
    fn each(&self, read: impl Fn(&str) -> Option<f64>) -> Vec<f64> {
        let of_level: Vec<f64> =
            self.levels.iter().map(|it| read(it).unwrap_or(f64::NAN)).collect();
        self.codes
            .iter()
            .map(|it| of_level.get(*it as usize).copied().unwrap_or(f64::NAN))
            .collect()
    }
}

/// Whether a cell says that nothing is known.
pub fn stands_for_none(text: &str) -> bool {
    const NONE: [&str; 9] = ["", "na", "n/a", "null", "nan", "-", "?", "#n/a", "(null)"];
    let text = text.trim();
    text.len() <= 6 && NONE.iter().any(|it| text.eq_ignore_ascii_case(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::read(text.as_bytes()).unwrap()
    }

    fn kind(column: &Column) -> &'static str {
        match column.cells {
            Cells::Numbers(_) => "numbers",
            Cells::Dates(_) => "dates",
            Cells::Words(_) => "words",
        }
    }

    #[test]
    fn columns_are_what_their_cells_are() {
        let check = |cells: &[&str], expected: &str| {
            let table = table(&format!(
                "a;b\n{}",
                cells.iter().map(|it| format!("{it};x\n")).collect::<String>()
            ));
            assert_eq!(kind(&table.columns[0]), expected, "{cells:?}");
        };
        check(&["1", "2.5", "", "NA"], "numbers");
        check(&["1", "2.5", "three"], "words");
        check(&["2026-01-01", "2026-12-31 10:00"], "dates");
        check(&["13-02-2018", "01-02-2018"], "dates");
        check(&["", "NA"], "words");
    }

    #[test]
    fn quotes_separators_and_line_ends_are_taken_as_they_come() {
        let table =
            table("\u{feff}name,said\r\n\"Larch, \"\"& Loom\"\"\",\"two\nlines\"\r\nB,\r\n");
        assert_eq!(table.rows(), 2);
        assert_eq!(table.columns[0].text(0).unwrap(), "Larch, \"& Loom\"");
        assert_eq!(table.columns[1].text(0).unwrap(), "two\nlines");
        assert_eq!(table.columns[1].text(1), None);
    }

    #[test]
    fn leads_with_different_attributes_are_one_table() {
        let lead = |name: &str, value: Value| Attributes::from([(name.to_owned(), value)]);
        let table = Table::of_leads(&[
            lead("size", Value::Number(1_234.5)),
            lead("origin", Value::Text("fair".to_owned())),
            lead("size", Value::Text("7".to_owned())),
        ]);
        assert_eq!(table.rows(), 3);
        assert_eq!(table.column("size").unwrap().numbers()[2], 7.0);
        assert_eq!(table.column("size").unwrap().numbers()[0], 1_234.5);
        assert_eq!(table.column("origin").unwrap().text(1).unwrap(), "fair");
        assert_eq!(table.column("origin").unwrap().text(2), None);
    }
}

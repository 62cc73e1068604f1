//! Row by row: what is a reading, what is a sum, what cannot be read.

use std::collections::HashMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::cells::{self, Number, Order, Point, When};
use super::columns::{Columns, Day, MetricColumn};
use super::names::{self, is_currency};
use super::{Layout, Mapping};
use crate::error::Refusal;
use crate::readings::Decimal;

/// The longest names of a series, in bytes and together: they stand in an index.
const LONGEST_NAMES: usize = 1_500;

/// What a series is, as the file names it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    pub metric: String,
    pub currency: String,
    pub campaign: String,
    pub ad_set: String,
    /// Names and values, as JSON with its keys in order.
    pub segment: String,
    pub hourly: bool,
}

/// One reading; `key` counts the keys of the reader in the order in which they were met.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Row {
    pub key: usize,
    pub starts: DateTime,
    pub value: Decimal,
    pub line: u64,
}

/// What some rows of the file came to.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<Row>,
    /// Keys that were met for the first time.
    pub keys: Vec<Key>,
    pub refused: Vec<(u64, String)>,
    /// Rows that were looked at, sums among them, cells that only give a bound.
    pub lines: u64,
    pub totals: u64,
    pub bounded: u64,
    /// Of the records, where they came without a file that could be hashed.
    pub hashes: Vec<[u8; 32]>,
}

impl Batch {
    /// What came after this one from the same reader.
    pub fn append(&mut self, later: Self) {
        self.rows.extend(later.rows);
        self.keys.extend(later.keys);
        self.refused.extend(later.refused);
        self.hashes.extend(later.hashes);
        self.lines += later.lines;
        self.totals += later.totals;
        self.bounded += later.bounded;
    }
}

/// What is known of the rows of a file or stream.
pub struct Rows {
    pub layout: Layout,
    pub mapping: Mapping,
    pub columns: Columns,
    pub point: Point,
    pub order: Order,
    zone: TimeZone,
    keys: HashMap<Vec<u8>, Vec<usize>>,
    known: usize,
    /// The last day read, because most rows have that of the row before.
    last_day: (String, Option<When>),
}

impl Rows {
    pub fn new(layout: Layout, columns: Columns, mapping: Mapping) -> Result<Self, Refusal> {
        Ok(Self {
            zone: mapping.zone()?,
            layout,
            mapping,
            columns,
            point: Point::Dot,
            order: Order::MonthFirst,
            keys: HashMap::new(),
            known: 0,
            last_day: (String::new(), None),
        })
    }

    /// What follows has other columns; keys are counted on.
    pub fn change(&mut self, columns: Columns) {
        self.columns = columns;
        self.keys.clear();
    }

    /// The readings of a row; or why it has none.
    pub fn take(&mut self, record: &csv::StringRecord, line: u64, batch: &mut Batch) {
        if record.iter().all(|it| it.trim().is_empty()) {
            return;
        }
        let when = match self.when(record) {
            Ok(when) => when,
            Err(reason) => {
                if is_sum(record, &self.columns) {
                    batch.totals += 1;
                } else {
                    batch.refused.push((line, reason));
                }
                return;
            }
        };
        if record.iter().take(3).any(names::is_total) && self.lacks_campaign(record) {
            batch.totals += 1;
            return;
        }
        if record.len() < self.columns.metrics.iter().map(|it| it.at).max().unwrap_or(0) + 1 {
            let reason = format!(
                "it has {} columns where the header has {}",
                record.len(),
                self.columns.width
            );
            batch.refused.push((line, reason));
            return;
        }
        if let Some(reason) = self.unkeepable(record) {
            batch.refused.push((line, reason));
            return;
        }
        match self.values(record) {
            Ok((values, bounded)) => {
                batch.bounded += bounded;
                if !values.is_empty() {
                    self.put(record, when, &values, line, batch);
                }
            }
            Err(reason) => batch.refused.push((line, reason)),
        }
    }

    /// Why the database could not hold the names of a row.
    fn unkeepable(&self, record: &csv::StringRecord) -> Option<String> {
        let text = record.as_slice();
        if memchr::memchr(0, text.as_bytes()).is_some() {
            return Some("it holds a zero character, so it is not text".to_owned());
        }
        if text.len() <= LONGEST_NAMES {
            return None;
        }
        let places = [self.columns.campaign, self.columns.ad_set].into_iter().flatten();
        let names = places.chain(self.columns.segments.iter().map(|it| it.0));
        let length: usize = names.filter_map(|at| record.get(at)).map(str::len).sum();
        let names = "its names (campaign, ad set and what else it is broken down by)";
        (length > LONGEST_NAMES)
            .then(|| format!("{names} have more than {LONGEST_NAMES} bytes together"))
    }

    /// The numbers of a row, each with its place among the metrics; and how many only give a bound.
    fn values(&self, record: &csv::StringRecord) -> Result<(Vec<(usize, Decimal)>, u64), String> {
        let mut values = Vec::with_capacity(self.columns.metrics.len());
        let mut bounded = 0;
        for (place, column) in self.columns.metrics.iter().enumerate() {
            let cell = record.get(column.at).unwrap_or_default();
            if column.metric.is_money() {
                self.check_currency(column, record, cell)?;
            }
            match cells::number(cell, self.point) {
                Number::Value(value) if column.micros => values.push((place, value.millionth())),
                Number::Value(value) => values.push((place, value)),
                Number::None => {}
                Number::Bounded => bounded += 1,
                Number::Unreadable => {
                    let shown: String = cell.trim().chars().take(40).collect();
                    return Err(format!("“{shown}” in {} is no number", column.name));
                }
            }
        }
        if let Some(column) = self.columns.currency {
            let code = record.get(column).unwrap_or_default().trim();
            if !is_currency(code) && self.columns.metrics.iter().any(|it| it.metric.is_money()) {
                return Err(format!("“{code}” is no currency"));
            }
        }
        Ok((values, bounded))
    }

    /// What is said of the currency elsewhere must not be wrong for this cell.
    fn check_currency(
        &self,
        column: &MetricColumn,
        record: &csv::StringRecord,
        cell: &str,
    ) -> Result<(), String> {
        let of_row = self.columns.currency.and_then(|at| record.get(at)).map(str::trim);
        let of_column = column.currency.as_deref().or(of_row);
        let Some(currency) = of_column.or(self.mapping.currency.as_deref()) else { return Ok(()) };
        if !cells::contradicts(cell, currency) {
            return Ok(());
        }
        let (shown, name) = (cell.trim(), &column.name);
        Err(format!("“{shown}” in {name} is not in {currency}; bring each currency in on its own"))
    }

    fn put(
        &mut self,
        record: &csv::StringRecord,
        when: When,
        values: &[(usize, Decimal)],
        line: u64,
        batch: &mut Batch,
    ) {
        let columns = &self.columns;
        let mut fingerprint = vec![u8::from(when.has_hour)];
        let places = [columns.campaign, columns.ad_set, columns.currency];
        let segments = columns.segments.iter().map(|it| Some(it.0));
        for at in places.into_iter().chain(segments) {
            let cell = at.and_then(|at| record.get(at)).unwrap_or_default().trim();
            fingerprint.extend_from_slice(cell.as_bytes());
            fingerprint.push(0);
        }
        let known = &mut self.known;
        let keys = self.keys.entry(fingerprint).or_insert_with(|| {
            let made = columns
                .metrics
                .iter()
                .map(|it| key(it, columns, &self.mapping, record, when.has_hour));
            batch.keys.extend(made);
            let first = *known;
            *known += columns.metrics.len();
            (first..*known).collect()
        });
        batch.rows.extend(values.iter().map(|(place, value)| Row {
            key: keys[*place],
            starts: if self.mapping.to_the_minute { when.at } else { hour_of(when.at) },
            value: *value,
            line,
        }));
    }

    fn when(&mut self, record: &csv::StringRecord) -> Result<When, String> {
        let day = match self.columns.day {
            Day::Fixed => {
                let date = self.mapping.date.unwrap_or(Date::constant(1970, 1, 1));
                Ok(When { at: date.at(0, 0, 0, 0), has_hour: false })
            }
            Day::Column(at) => self.day_in(record.get(at).unwrap_or_default()),
            Day::Split { month, day } => self.split_day(record, month, day),
        }?;
        if let Some(ends) = self.columns.ends.filter(|it| self.columns.day != Day::Column(*it)) {
            let cell = record.get(ends).unwrap_or_default();
            let last = cells::when(cell, self.order, &self.zone).map(|it| it.at.date());
            if last.is_some_and(|it| it != day.at.date()) {
                return Err(format!(
                    "it covers {} to {cell}; break the report down by day",
                    day.at.date()
                ));
            }
        }
        let Some(hour) = self.columns.hour else { return Ok(day) };
        let cell = record.get(hour).unwrap_or_default().trim();
        let digits: String = cell.chars().take_while(char::is_ascii_digit).collect();
        match digits.parse::<i8>() {
            Ok(hour @ 0..=23) => Ok(When { at: day.at.date().at(hour, 0, 0, 0), has_hour: true }),
            _ => Err(format!("“{cell}” is no hour")),
        }
    }

    fn day_in(&mut self, cell: &str) -> Result<When, String> {
        if self.last_day.0 != cell || self.last_day.1.is_none() {
            self.last_day = (cell.to_owned(), cells::when(cell, self.order, &self.zone));
        }
        self.last_day.1.ok_or_else(|| {
            let shown: String = cell.trim().chars().take(40).collect();
            format!("“{shown}” is no day that I can read (2026-08-17 is)")
        })
    }

    fn split_day(
        &self,
        record: &csv::StringRecord,
        month: usize,
        day: usize,
    ) -> Result<When, String> {
        let (month, day) =
            (record.get(month).unwrap_or_default(), record.get(day).unwrap_or_default());
        let date = cells::month(month)
            .zip(day.trim().parse::<i8>().ok())
            .zip(self.mapping.year)
            .and_then(|((month, day), year)| Date::new(year, month, day).ok());
        date.map(|it| When { at: it.at(0, 0, 0, 0), has_hour: false })
            .ok_or_else(|| format!("“{month} {day}” is no day of a year"))
    }

    fn lacks_campaign(&self, record: &csv::StringRecord) -> bool {
        let cell = self.columns.campaign.and_then(|at| record.get(at)).unwrap_or_default();
        cell.trim().is_empty() || names::is_total(cell) || matches!(cell.trim(), "--" | "—")
    }
}

fn hour_of(at: DateTime) -> DateTime {
    at.date().at(at.hour(), 0, 0, 0)
}

fn key(
    column: &MetricColumn,
    columns: &Columns,
    mapping: &Mapping,
    record: &csv::StringRecord,
    hourly: bool,
) -> Key {
    let cell =
        |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().trim().to_owned();
    let currency = match (column.metric.is_money() || column.currency.is_some(), &column.currency) {
        (false, _) => String::new(),
        (true, Some(named)) => named.clone(),
        (true, None) if columns.currency.is_some() => cell(columns.currency),
        (true, None) => mapping.currency.clone().unwrap_or_default(),
    };
    let segment: std::collections::BTreeMap<&str, String> = columns
        .segments
        .iter()
        .map(|(at, name)| (name.as_str(), cell(Some(*at))))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    Key {
        metric: column.metric.0.clone(),
        currency,
        campaign: cell(columns.campaign),
        ad_set: cell(columns.ad_set),
        segment: serde_json::json!(segment).to_string(),
        hourly,
    }
}

/// A row without a day that says it is a sum, or that names nothing at all.
fn is_sum(record: &csv::StringRecord, columns: &Columns) -> bool {
    let says_so = record.iter().take(columns.width).any(names::is_total);
    let day = match columns.day {
        Day::Column(at) => record.get(at).unwrap_or_default().trim(),
        _ => "",
    };
    let campaign = columns.campaign.and_then(|at| record.get(at)).unwrap_or_default().trim();
    says_so || ((day.is_empty() || day == "--") && (campaign.is_empty() || campaign == "--"))
}

//! Through a file, row by row: what is a reading, what is a sum, what cannot be read.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use jiff::civil::{Date, DateTime};

use super::begin::{
    cells_of, delimiter_of, find_header, is_comment, read, refuse_what_is_no_table, symbol,
};
use super::cells::{self, Number, Order, Point, When};
use super::columns::{self, Columns, Day, MetricColumn};
use super::names::{self, is_currency};
use super::{Layout, Mapping, objects};
use crate::error::{Refusal, Result};
use crate::incoming::{Sampled, Utf8};
use crate::readings::Decimal;

/// Rows from which decimal points and the order of days are told.
const SAMPLE_ROWS: usize = 500;

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
}

pub struct Reader<R> {
    records: csv::Reader<Utf8<Sampled<R>>>,
    layout: Layout,
    mapping: Mapping,
    columns: Columns,
    header: Vec<String>,
    point: Point,
    order: Order,
    keys: HashMap<Vec<u8>, Vec<usize>>,
    known: usize,
    pending: std::collections::VecDeque<csv::StringRecord>,
    /// The last day read, because most rows have that of the row before.
    last_day: (String, Option<When>),
    /// Lines of the table that what was sent does not have: a header made of keys.
    made_above: u64,
    /// What was refused before it became a row.
    refused: Vec<(u64, String)>,
    pub notes: Vec<String>,
}

impl Reader<Box<dyn Read + Send>> {
    /// Over objects, one a line.
    pub fn of_objects(input: impl Read, layout: Layout, mapping: &Mapping) -> Result<Self> {
        let objects::Table { csv, refused, notes } = objects::table(input)?;
        let mut reader = Self::open(Box::new(Cursor::new(csv)), layout, mapping)?;
        // A number in JSON has a point, however many digits follow it.
        reader.point = Point::Dot;
        (reader.made_above, reader.refused) = (1, refused);
        reader.notes.extend(notes);
        Ok(reader)
    }
}

impl<R: Read> Reader<R> {
    /// Finds the header, and refuses what has none.
    pub fn open(input: R, layout: Layout, mapping: &Mapping) -> Result<Self> {
        let (utf8, sample) = Utf8::open(input)?;
        refuse_what_is_no_table(&sample)?;
        let delimiter = delimiter_of(&sample, layout, mapping);
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(256 * 1024)
            .from_reader(utf8);
        let header = find_header(&mut records, layout, mapping)?;
        let mut pending = std::collections::VecDeque::new();
        let mut record = csv::StringRecord::new();
        while pending.len() < SAMPLE_ROWS && read(&mut records, &mut record)? {
            pending.push_back(record.clone());
        }
        let cells: Vec<Vec<String>> = pending.iter().map(cells_of).collect();
        let columns = Columns::find(layout, &header, &cells, mapping)?;
        let mut mapping = mapping.clone();
        if mapping.currency.is_none() {
            mapping.currency = symbol(&columns, &cells);
        }
        columns.check_currency(&mapping)?;
        let mut reader = Self {
            records,
            layout,
            mapping,
            columns,
            header,
            point: Point::Dot,
            order: Order::MonthFirst,
            keys: HashMap::new(),
            known: 0,
            pending,
            last_day: (String::new(), None),
            made_above: 0,
            refused: Vec::new(),
            notes: Vec::new(),
        };
        reader.look_at(&cells)?;
        Ok(reader)
    }

    /// The next readings, from at most so many rows; `None` at the end.
    pub fn next(&mut self, rows: usize) -> Result<Option<Batch>> {
        let mut batch = Batch { refused: std::mem::take(&mut self.refused), ..Batch::default() };
        let mut record = csv::StringRecord::new();
        while batch.lines < rows as u64 {
            match self.pending.pop_front() {
                Some(it) => record = it,
                None if read(&mut self.records, &mut record)? => {}
                None => break,
            }
            batch.lines += 1;
            self.take(&record, &mut batch)?;
        }
        batch.refused.sort_by_key(|it| it.0);
        Ok((batch.lines > 0).then_some(batch))
    }

    /// Tells points and days apart by the first rows, and says what was found.
    fn look_at(&mut self, sample: &[Vec<String>]) -> Result<()> {
        let of = |at: usize| sample.iter().filter_map(move |row| row.get(at)).map(String::as_str);
        let points = self.columns.metrics.iter().flat_map(|it| of(it.at));
        self.point = cells::point_of(points).unwrap_or(Point::Dot);
        if let Day::Column(at) = self.columns.day {
            let slashed = of(at).any(|it| it.contains('/'));
            let order = cells::order_of(of(at));
            if slashed && order.is_none() {
                self.notes.push(
                    "Days such as 03/04/2026 were read with the month first; export them as \
                     2026-04-03 if that is wrong."
                        .to_owned(),
                );
            }
            self.order = order.unwrap_or(Order::MonthFirst);
        }
        if matches!(self.columns.day, Day::Split { .. }) && self.mapping.year.is_none() {
            let sentence = "The days of this file have no year; say it with --year 2026.";
            return Err(Refusal::Unreadable(sentence.to_owned()).into());
        }
        self.notes.push(self.columns.in_words(&self.header));
        if !self.columns.left_out.is_empty() {
            let names = self.columns.left_out.join(", ");
            self.notes.push(format!("Left out, because it is computed or unknown: {names}."));
        }
        Ok(())
    }

    fn take(&mut self, record: &csv::StringRecord, batch: &mut Batch) -> Result<()> {
        let line = record.position().map_or(0, csv::Position::line) - self.made_above;
        if record.iter().all(|it| it.trim().is_empty()) || is_comment(record) {
            return Ok(());
        }
        if self.is_new_header(record)? {
            return Ok(());
        }
        let when = match self.when(record) {
            Ok(when) => when,
            Err(reason) => {
                if is_sum(record, &self.columns) {
                    batch.totals += 1;
                } else {
                    batch.refused.push((line, reason));
                }
                return Ok(());
            }
        };
        if record.iter().take(3).any(names::is_total) && self.lacks_campaign(record) {
            batch.totals += 1;
            return Ok(());
        }
        if record.len() < self.columns.metrics.iter().map(|it| it.at).max().unwrap_or(0) + 1 {
            let reason = format!(
                "it has {} columns where the header has {}",
                record.len(),
                self.columns.width
            );
            batch.refused.push((line, reason));
            return Ok(());
        }
        if let Some(reason) = self.unkeepable(record) {
            batch.refused.push((line, reason));
            return Ok(());
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
        Ok(())
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
            match cells::number(cell, self.point) {
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
            let last = cells::when(cell, self.order).map(|it| it.at.date());
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
            self.last_day = (cell.to_owned(), cells::when(cell, self.order));
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

    /// Exports with several tables in one file repeat, or change, their header.
    fn is_new_header(&mut self, record: &csv::StringRecord) -> Result<bool> {
        // A header has words where readings have numbers.
        let first = self.columns.metrics.first().map_or(0, |it| it.at);
        let cell = record.get(first).unwrap_or_default();
        if cell.bytes().next().is_none_or(|it| it.is_ascii_digit()) {
            return Ok(false);
        }
        let cells = cells_of(record);
        if !columns::is_header(self.layout, &cells, &self.mapping) {
            return Ok(false);
        }
        if cells != self.header {
            let found = Columns::find(self.layout, &cells, &[], &self.mapping)?;
            found.check_currency(&self.mapping)?;
            (self.columns, self.header) = (found, cells);
            self.keys.clear();
        }
        Ok(true)
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

//! Through a file: from its header to the end of its rows.

use std::collections::VecDeque;
use std::io::{Cursor, Read};

use super::begin::{
    cells_of, delimiter_of, find_header, is_comment, read, refuse_what_is_no_table, symbol,
};
use super::cells::{self, Order, Point};
use super::columns::{self, Columns, Day, Kind, kind_of};
use super::recent::Recent;
use super::rows::{Batch, Rows};
use super::{Layout, Mapping, objects};
use crate::error::{Refusal, Result};
use crate::incoming::{Sampled, Utf8};

/// Rows from which decimal points and the order of days are told.
const SAMPLE_ROWS: usize = 500;

pub struct Reader<R> {
    records: csv::Reader<Recent<Utf8<Sampled<R>>>>,
    header: Vec<String>,
    rows: Rows,
    pending: VecDeque<csv::StringRecord>,
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
        reader.rows.point = Point::Dot;
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
        let utf8 = Recent::new(utf8);
        let delimiter = delimiter_of(&sample, layout, mapping);
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(256 * 1024)
            .from_reader(utf8);
        let header = find_header(&mut records, layout, mapping)?;
        let mut pending = VecDeque::new();
        let mut record = csv::StringRecord::new();
        while pending.len() < SAMPLE_ROWS && read(&mut records, &mut record)? {
            pending.push_back(record.clone());
        }
        let cells: Vec<Vec<String>> = pending.iter().map(cells_of).collect();
        let columns = Columns::find(layout, &header, &|at| kind_of(&cells, at), mapping)?;
        let mut mapping = mapping.clone();
        if mapping.currency.is_none() {
            mapping.currency = symbol(&columns, &cells);
        }
        columns.check_currency(&mapping)?;
        let mut rows = Rows::new(layout, columns, mapping)?;
        // Semicolons separate columns where commas stand before decimals.
        rows.point = if delimiter == b';' { Point::Comma } else { Point::Dot };
        let (refused, notes) = Default::default();
        let mut reader = Self { records, header, rows, pending, made_above: 0, refused, notes };
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
            let line =
                record.position().map_or(0, csv::Position::line).saturating_sub(self.made_above);
            // Of objects, every line is one.
            let skipped =
                self.made_above == 0 && (is_comment(&record) || self.is_new_header(&record)?);
            if !skipped {
                self.rows.take(&record, line, &mut batch);
            }
        }
        batch.refused.sort_by_key(|it| it.0);
        Ok((batch.lines > 0).then_some(batch))
    }

    /// Tells points and days apart by the first rows, and says what was found.
    fn look_at(&mut self, sample: &[Vec<String>]) -> Result<()> {
        let of = |at: usize| sample.iter().filter_map(move |row| row.get(at)).map(String::as_str);
        let points = self.rows.columns.metrics.iter().flat_map(|it| of(it.at));
        let proved = cells::point_of(points.clone());
        if proved.is_none() && self.rows.point == Point::Dot && points.clone().any(is_ambiguous) {
            self.notes.push(
                "Numbers such as 1.234 were read with decimals behind the point; export them as \
                 1234 if that is wrong."
                    .to_owned(),
            );
        }
        self.rows.point = proved.unwrap_or(self.rows.point);
        if let Day::Column(at) = self.rows.columns.day {
            let slashed = of(at).any(|it| it.contains('/'));
            let order = cells::order_of(of(at));
            if slashed && order.is_none() {
                self.notes.push(
                    "Days such as 03/04/2026 were read with the month first; export them as \
                     2026-04-03 if that is wrong."
                        .to_owned(),
                );
            }
            self.rows.order = order.unwrap_or(Order::MonthFirst);
        }
        if matches!(self.rows.columns.day, Day::Split { .. }) && self.rows.mapping.year.is_none() {
            let sentence = "The days of this file have no year; say it with --year 2026.";
            return Err(Refusal::Unreadable(sentence.to_owned()).into());
        }
        self.notes.push(self.rows.columns.in_words(&self.header));
        if !self.rows.columns.left_out.is_empty() {
            let names = self.rows.columns.left_out.join(", ");
            self.notes.push(format!("Left out, because it is computed or unknown: {names}."));
        }
        Ok(())
    }

    /// Exports with several tables in one file repeat, or change, their header.
    fn is_new_header(&mut self, record: &csv::StringRecord) -> Result<bool> {
        // A header has words where readings have numbers.
        let first = self.rows.columns.metrics.first().map_or(0, |it| it.at);
        let cell = record.get(first).unwrap_or_default();
        if cell.bytes().next().is_none_or(|it| it.is_ascii_digit()) {
            return Ok(false);
        }
        let cells = cells_of(record);
        if !columns::is_header(self.rows.layout, &cells, &self.rows.mapping) {
            return Ok(false);
        }
        if cells != self.header {
            let found =
                Columns::find(self.rows.layout, &cells, &|_| Kind::Unknown, &self.rows.mapping)?;
            found.check_currency(&self.rows.mapping)?;
            self.rows.change(found);
            self.header = cells;
        }
        Ok(true)
    }
}

/// Thousands to some and decimals to others.
fn is_ambiguous(cell: &str) -> bool {
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let parts = cell.trim().split_once('.');
    parts.is_some_and(|(whole, rest)| {
        (1..=3).contains(&whole.len()) && rest.len() == 3 && digits(whole) && digits(rest)
    })
}

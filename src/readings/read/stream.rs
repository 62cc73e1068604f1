//! The records of a Singer stream: its SCHEMA is their header, and says what is a number.
//!
//! What the key names beyond day and campaign tells series apart, so that a record that comes again,
//! or is restated, takes the place of the same record and of no other. Words that are neither known nor
//! part of the key are left out: a campaign's status may change, and is the same campaign.
//!
//! A record that is marked as deleted counts nothing from then on.

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::columns::{Columns, Day, Kind};
use super::names;
use super::rows::{Batch, Rows};
use super::{Layout, Mapping};
use crate::error::Refusal;
use crate::incoming::{Properties, Values, text_of};

/// Properties of this beginning are the tap's own.
const OF_THE_TAP: &str = "_sdc_";
const DELETED: &str = "_sdc_deleted_at";

/// Time at the beginning of a day, with whatever stands for its zone.
const MIDNIGHT: &str = "00:00:00";

pub struct Stream {
    name: String,
    properties: Properties,
    header: Vec<String>,
    rows: Rows,
    has_key: bool,
}

impl Stream {
    /// From a SCHEMA, and what stood for the stream before it; or what cannot be, in a sentence.
    pub fn find(
        name: &str,
        properties: Properties,
        keys: &[String],
        layout: Layout,
        mapping: &Mapping,
        before: Option<Self>,
    ) -> Result<Self, String> {
        let wrong = |refusal: Refusal| in_words(name, &refusal);
        let header: Vec<String> = properties.names().map(str::to_owned).collect();
        let mut mapping = mapping.clone();
        let own = |key: &&String| !key.starts_with(OF_THE_TAP) && properties.has(key);
        let keys: Vec<String> = keys.iter().filter(own).cloned().collect();
        let has_key = !keys.is_empty();
        mapping.segments.extend(keys);
        let kind = |at: usize| kind_of(&properties, &header[at]);
        let columns = Columns::find(layout, &header, &kind, &mapping).map_err(wrong)?;
        columns.check_currency(&mapping).map_err(wrong)?;
        let rows = match before {
            Some(mut before) => {
                before.rows.change(columns);
                before.rows
            }
            None => Rows::new(layout, columns, mapping).map_err(wrong)?,
        };
        Ok(Self { name: name.to_owned(), properties, header, rows, has_key })
    }

    /// One sentence that says what was found.
    pub fn describe(&self) -> String {
        let columns = &self.rows.columns;
        let mut told = format!("{}: {}", self.name, columns.found(&self.header));
        let apart: Vec<&str> =
            columns.segments.iter().map(|it| self.header[it.0].as_str()).collect();
        if !apart.is_empty() {
            told += &format!("; told apart by {}", apart.join(", "));
        }
        let left_out: Vec<&str> = columns.left_out.iter().map(String::as_str).collect();
        let left_out: Vec<&str> =
            left_out.into_iter().filter(|it| !it.starts_with(OF_THE_TAP)).collect();
        if !left_out.is_empty() {
            told += &format!("; not taken: {}", left_out.join(", "));
        }
        if !self.has_key {
            told += "; no key tells its records apart, so of several that agree in this the last \
                     one counts";
        }
        told + "."
    }

    /// What came that the schema does not name.
    pub fn unknown(&self) -> Option<String> {
        self.properties.unknown(&self.name)
    }

    /// The readings of one record, or why it has none.
    pub fn record(&mut self, line: u64, record: &RawValue) -> Batch {
        let hashes = vec![Sha256::digest(record.get()).into()];
        let mut batch = Batch { lines: 1, hashes, ..Batch::default() };
        let taken = self.properties.values(record).and_then(|values| self.cells(&values));
        match taken {
            Ok(cells) => self.rows.take(&cells, line, &mut batch),
            Err(reason) => batch.refused.push((line, reason)),
        }
        batch
    }

    fn cells(&self, values: &Values<'_>) -> Result<csv::StringRecord, String> {
        let columns = &self.rows.columns;
        let cell = |name: &String| values.get(name.as_str()).and_then(|it| text_of(it));
        let mut cells: Vec<String> =
            self.header.iter().map(|it| cell(it).unwrap_or_default()).collect();
        if let Day::Column(at) = columns.day {
            cells[at] = day_of(&self.header[at], &cells[at])?;
        }
        if let Some(at) = columns.ends {
            cells[at] = day_of(&self.header[at], &cells[at])?;
        }
        if values.get(DELETED).and_then(|it| text_of(it)).is_some() {
            let places = [columns.campaign, columns.ad_set].into_iter().flatten();
            let places = places.chain(columns.segments.iter().map(|it| it.0));
            let mut lacking = places.filter(|at| !values.contains_key(self.header[*at].as_str()));
            if let Some(at) = lacking.next() {
                return Err(format!(
                    "it is marked as deleted and does not say its {}, so what it stood for cannot \
                     be found",
                    self.header[at]
                ));
            }
            for column in &columns.metrics {
                cells[column.at] = "0".to_owned();
            }
        }
        Ok(cells.into())
    }
}

/// Taps write days as the times at which they begin. A property that is called a day is one.
fn day_of(property: &str, cell: &str) -> Result<String, String> {
    if !names::is_day(property) {
        return Ok(cell.to_owned());
    }
    match cell.split_once(['T', ' ']) {
        Some((day, time)) if day.len() == 10 && time.starts_with(MIDNIGHT) => Ok(day.to_owned()),
        Some((day, _)) if day.len() == 10 => Err(format!(
            "“{cell}” in {property} is a time of day, where the property's name says that it is a day"
        )),
        _ => Ok(cell.to_owned()),
    }
}

/// What the schema says of a property; words are not told apart by unless somebody says so.
fn kind_of(properties: &Properties, name: &str) -> Kind {
    let types = properties.types(name);
    match types.contains(&"number") || types.contains(&"integer") {
        true if !name.starts_with(OF_THE_TAP) => Kind::Number,
        _ => Kind::Unknown,
    }
}

/// A stream has properties where a file has columns.
fn in_words(stream: &str, refusal: &Refusal) -> String {
    let sentence =
        refusal.to_string().replace("There is no column for", "there is no property for");
    let sentence = sentence
        .replace("The file has:", "It has:")
        .replace("the file does not say", "nothing says")
        .replace("(name it with --date-column, or say --date 2026-08-17)", "(name it with --date)");
    format!("“{stream}” cannot be taken as readings: {}", sentence.trim_end_matches('.'))
}

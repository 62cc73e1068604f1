//! The beginning of a file: what separates its columns, and where its header stands.

use std::io::Read;

use super::cells;
use super::columns::{self, Columns};
use super::recent::Recent;
use super::{Layout, Mapping};
use crate::error::{Refusal, Result};

/// Rows within which the header must stand.
const HEADER_WITHIN: usize = 60;

pub fn cells_of(record: &csv::StringRecord) -> Vec<String> {
    record.iter().map(|it| it.trim().trim_start_matches('\u{feff}').to_owned()).collect()
}

/// False at the end. What is not UTF-8 in a file that is otherwise is replaced, because it can only
/// stand in names.
pub fn read<R: Read>(
    records: &mut csv::Reader<Recent<R>>,
    record: &mut csv::StringRecord,
) -> Result<bool> {
    let mut bytes = csv::ByteRecord::new();
    let read = records.read_byte_record(&mut bytes).map_err(|error| {
        Refusal::Unreadable(format!("The file cannot be read as a table: {error}."))
    })?;
    if read {
        let mut position = bytes.position().cloned();
        if let Some(it) = &mut position {
            // The parser counts a record from the end of the one before.
            let above = records.get_ref().line_ends_at(it.byte());
            it.set_line(it.line() + above);
        }
        *record = csv::StringRecord::from_byte_record_lossy(bytes);
        record.set_position(position);
    }
    Ok(read)
}

pub fn find_header<R: Read>(
    records: &mut csv::Reader<Recent<R>>,
    layout: Layout,
    mapping: &Mapping,
) -> Result<Vec<String>> {
    let mut best: Vec<String> = Vec::new();
    let mut record = csv::StringRecord::new();
    for _ in 0..HEADER_WITHIN {
        if !read(records, &mut record)? {
            break;
        }
        let cells = cells_of(&record);
        if is_comment(&record) {
            continue;
        }
        if columns::is_header(layout, &cells, mapping) {
            return Ok(cells);
        }
        let rank = |it: &[String]| (columns::known(layout, it), it.len());
        if rank(&cells) > rank(&best) {
            best = cells;
        }
    }
    let what = match columns::known(layout, &best) {
        0 => "a day and a metric, such as Cost, Clicks or Conversions",
        _ => "a metric, such as Cost, Clicks or Conversions",
    };
    Err(columns::missing(what, &best).into())
}

pub fn is_comment(record: &csv::StringRecord) -> bool {
    record.get(0).is_some_and(|it| it.trim_start().starts_with('#'))
}

/// The currency that stands in the first cell of money to name one; those that name another are
/// refused when it is their turn.
pub fn symbol(columns: &Columns, sample: &[Vec<String>]) -> Option<String> {
    let money = columns.metrics.iter().filter(|it| it.metric.is_money());
    let mut cells = money.flat_map(|it| sample.iter().filter_map(|row| row.get(it.at)));
    cells.find_map(|it| cells::currency_of(it)).map(str::to_owned)
}

/// The one that cuts the header into the most known columns.
pub fn delimiter_of(sample: &str, layout: Layout, mapping: &Mapping) -> u8 {
    let known = |delimiter: char| {
        sample
            .lines()
            .take(HEADER_WITHIN)
            .map(|line| {
                let cells: Vec<String> = line
                    .split(delimiter)
                    .map(|it| it.trim().trim_matches('"').trim_start_matches('\u{feff}').to_owned())
                    .collect();
                let named = mapping.metrics.iter().filter(|it| cells.contains(&it.1)).count();
                (columns::known(layout, &cells) + named, cells.len())
            })
            .max()
            .unwrap_or_default()
    };
    [',', ';', '\t', '|'].into_iter().rev().max_by_key(|it| known(*it)).map_or(b',', |it| it as u8)
}

pub fn refuse_what_is_no_table(sample: &str) -> Result<()> {
    let what = match () {
        () if sample.trim().is_empty() => "The file is empty: there is nothing to take.",
        () if sample.trim_start().starts_with('<') => {
            "This is HTML or XML, not a table; export it as CSV."
        }
        () if sample.trim_start().starts_with('{') || sample.trim_start().starts_with("[{") => {
            "This is JSON, not a table; export it as CSV."
        }
        () => return Ok(()),
    };
    Err(Refusal::Unreadable(what.to_owned()).into())
}

//! Rows of a file or a body: a table with a header line, or JSON objects.

use bytes::Bytes;
use encoding_rs::WINDOWS_1252;
use serde_json::Value as Json;

use super::record::Record;
use crate::config::scoring::Scoring;
use crate::error::{Refusal, Result};

/// A record, or the line and why it is none.
pub type Read = Result<Record, (u64, String)>;

/// Reads all of it, whichever of the two it is.
pub fn read(bytes: &Bytes, scoring: &Scoring) -> Result<Vec<Read>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode(bytes).0,
    };
    let text = text.trim_start_matches('\u{feff}');
    match text.trim_start().chars().next() {
        None => Ok(Vec::new()),
        Some('[') => array(text, scoring),
        Some('{') => Ok(objects(text, scoring)),
        Some(_) => table(text, scoring),
    }
}

/// Records of objects that were read already.
pub fn of_objects(objects: &[Json], scoring: &Scoring) -> Vec<Read> {
    (1..).zip(objects).map(|(line, object)| of_object(line, object, scoring)).collect()
}

/// Reads one object.
pub fn of_object(line: u64, object: &Json, scoring: &Scoring) -> Read {
    let Json::Object(row) = object else {
        return Err((line, "it is no JSON object".to_owned()));
    };
    // HubSpot's own API puts what is known of a contact one step down, and taps of it bring that up again.
    let properties = row.get("properties").and_then(Json::as_object);
    let own = row.iter().filter(|(name, _)| *name != "properties");
    let row = own.chain(properties.into_iter().flatten()).map(|(name, value)| {
        let name = name.strip_prefix("property_").unwrap_or(name);
        // Singer's word for a record that is gone is the day on which it went.
        match name {
            "_sdc_deleted_at" => ("deleted".to_owned(), Json::from(!value.is_null())),
            name => (name.to_owned(), value.get("value").unwrap_or(value).clone()),
        }
    });
    Record::of_row(line, row, scoring).map_err(|why| (line, why))
}

fn array(text: &str, scoring: &Scoring) -> Result<Vec<Read>> {
    let objects: Vec<Json> = serde_json::from_str(text)
        .map_err(|error| Refusal::Unreadable(format!("This is no JSON array: {error}.")))?;
    Ok(of_objects(&objects, scoring))
}

fn objects(text: &str, scoring: &Scoring) -> Vec<Read> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| match serde_json::from_str(line) {
            Ok(object) => of_object(number, &object, scoring),
            Err(error) => Err((number, format!("it is no JSON: {error}"))),
        })
        .collect()
}

fn table(text: &str, scoring: &Scoring) -> Result<Vec<Read>> {
    let header = text.lines().next().unwrap_or_default();
    let separators = [b',', b';', b'\t', b'|'];
    let count = |separator: &u8| header.bytes().filter(|it| it == separator).count();
    let delimiter = separators.into_iter().max_by_key(count).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let mut read = Vec::new();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                read.push(Err((line, format!("it cannot be read: {error}"))));
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        let cells = header.iter().zip(row.iter());
        let cells = cells.map(|(name, cell)| (name.to_owned(), Json::from(cell)));
        read.push(Record::of_row(line, cells, scoring).map_err(|why| (line, why)));
    }
    Ok(read)
}

//! Objects, one a line, as the table that they would be: their keys are its header.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use serde_json::{Map, Value};

use crate::error::{Refusal, Result};

/// Columns beyond this are no export of numbers.
const MOST_KEYS: usize = 500;

/// A table whose line 1 is the header and whose line n + 1 is object n.
pub struct Table {
    pub csv: Vec<u8>,
    /// Lines of the input that are no objects.
    pub refused: Vec<(u64, String)>,
    pub notes: Vec<String>,
}

pub fn table(mut input: impl Read) -> Result<Table> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Refusal::Unreadable("JSON is written in UTF-8, and this is not.".to_owned())
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let mut refused = Vec::new();
    let (mut keys, mut places) = (Vec::new(), HashMap::new());
    let (mut rows, mut nested) = (Vec::new(), BTreeSet::new());
    for (line, text) in (1..).zip(text.lines()) {
        let mut row = Vec::new();
        match object(text) {
            Ok(object) => {
                for (key, value) in object {
                    if matches!(value, Value::Array(_) | Value::Object(_)) {
                        nested.insert(key);
                        continue;
                    }
                    let place = *places.entry(key).or_insert_with_key(|key| {
                        keys.push(key.clone());
                        keys.len() - 1
                    });
                    row.push((place, cell(value)));
                }
            }
            Err(reason) => refused.push((line, reason)),
        }
        rows.push(row);
        if keys.len() > MOST_KEYS {
            let sentence = format!(
                "The objects have more than {MOST_KEYS} keys between them; send those that are \
                 needed."
            );
            return Err(Refusal::Unreadable(sentence).into());
        }
    }
    if keys.is_empty() {
        let first = refused.first().map(|(line, reason)| format!(" Line {line}: {reason}."));
        let sentence = format!(
            "There is no object with a number in it: there is nothing to take.{}",
            first.unwrap_or_default()
        );
        return Err(Refusal::Unreadable(sentence).into());
    }
    let mut notes = Vec::new();
    if !nested.is_empty() {
        let names: Vec<String> = nested.into_iter().collect();
        let names = names.join(", ");
        notes.push(format!("Left out, because it is a list or an object: {names}."));
    }
    Ok(Table { csv: written(&keys, &rows)?, refused, notes })
}

/// The object of a line; of an empty one, an empty one.
fn object(line: &str) -> Result<Map<String, Value>, String> {
    if line.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("it is JSON, but no object".to_owned()),
        Err(error) => Err(format!("it is not JSON from column {} on", error.column())),
    }
}

/// On one line, so that lines are counted as they were sent.
fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => one_line(&text),
        other => other.to_string(),
    }
}

fn written(keys: &[String], rows: &[Vec<(usize, String)>]) -> Result<Vec<u8>> {
    let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    csv.write_record(keys.iter().map(|it| one_line(it)))?;
    for row in rows {
        let mut cells = vec![""; keys.len()];
        for (place, cell) in row {
            cells[*place] = cell;
        }
        csv.write_record(cells)?;
    }
    Ok(csv.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_columns_and_lines_stay_where_they_were() {
        let text = "{\"day\": \"2026-08-17\", \"campaign\": \"a\\nb, c\"}\n\nno\n[1]\n\
                    {\"cost\": 1.10, \"day\": null, \"tags\": [1]}\n";
        let table = table(text.as_bytes()).unwrap();
        let expected = "day,campaign,cost\n2026-08-17,\"a b, c\",\n,,\n,,\n,,\n,,1.1\n";
        assert_eq!(String::from_utf8(table.csv).unwrap(), expected);
        assert_eq!(table.refused.len(), 2);
        assert_eq!(table.refused[1], (4, "it is JSON, but no object".to_owned()));
        assert_eq!(table.notes, ["Left out, because it is a list or an object: tags."]);
    }
}

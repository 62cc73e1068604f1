//! A file of leads, whatever stands between its cells.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::{NOT_KNOWN, Table, Words, stands_for_none};
use crate::error::{Refusal, Result};
use crate::words;

/// What may stand between cells.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Table {
    /// Reads a table whose first line names its columns.
    pub fn read(mut input: impl Read) -> Result<Self> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let text = decode(&bytes);
        if text.trim().is_empty() {
            return refuse("The file is empty. Give one whose first line names its columns.");
        }
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator(&text))
            .flexible(true)
            .from_reader(text.as_bytes());
        let names = names_of(reader.headers()?)?;
        let mut columns: Vec<Interned> = names.iter().map(|_| Interned::default()).collect();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            if record.len() != names.len() {
                let line = record.position().map_or(0, csv::Position::line);
                return refuse(&format!(
                    "Line {line} has {} where the first line has {}. Mend or remove the line.",
                    words::count(record.len(), "cell"),
                    names.len()
                ));
            }
            for (column, cell) in columns.iter_mut().zip(&record) {
                column.push(cell.trim());
            }
        }
        if columns.first().is_none_or(|it| it.words.codes.is_empty()) {
            return refuse("The file names its columns, but no lead follows.");
        }
        Ok(Self::of_texts(names, columns.into_iter().map(|it| it.words).collect()))
    }
}

#[derive(Default)]
struct Interned {
    words: Words,
    known: HashMap<String, u32>,
}

impl Interned {
    fn push(&mut self, cell: &str) {
        let code = match self.known.get(cell) {
            Some(code) => *code,
            None if stands_for_none(cell) => NOT_KNOWN,
            None => {
                let code = self.words.levels.len() as u32;
                self.words.levels.push(cell.to_owned());
                self.known.insert(cell.to_owned(), code);
                code
            }
        };
        self.words.codes.push(code);
    }
}

/// As Unicode: what says that it is, what is valid, and what Western Windows programs write.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// What stands most often in the first line, outside of quotes.
fn separator(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [0_usize; SEPARATORS.len()];
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some(at) = SEPARATORS.iter().position(|it| *it == byte) {
                    counts[at] += 1;
                }
            }
        }
    }
    let most = (0..SEPARATORS.len()).rev().max_by_key(|at| counts[*at]).unwrap_or(0);
    SEPARATORS[most]
}

fn names_of(headers: &csv::StringRecord) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for (at, name) in headers.iter().enumerate() {
        let name = match name.trim() {
            "" => format!("column {}", at + 1),
            name => name.to_owned(),
        };
        if names.contains(&name) {
            return refuse(&format!(
                "Two columns are named {name:?}. Rename or remove one of them."
            ));
        }
        names.push(name);
    }
    Ok(names)
}

fn refuse<T>(sentence: &str) -> Result<T> {
    Err(Refusal::Unreadable(sentence.to_owned()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        let check = |text: &str, expected: &str| {
            let Err(Error::Refused(refusal)) = Table::read(text.as_bytes()) else {
                panic!("{text:?} was taken");
            };
            assert_eq!(refusal.to_string(), expected);
        };
        check("", "The file is empty. Give one whose first line names its columns.");
        check("a,b\n", "The file names its columns, but no lead follows.");
        check(
            "a,b\n1,2\n3\n",
            "Line 3 has 1 cell where the first line has 2. Mend or remove the line.",
        );
        check("a,a\n1,2\n", "Two columns are named \"a\". Rename or remove one of them.");
    }

    #[test]
    fn umlauts_of_windows_programs_are_read() {
        let table = Table::read(&b"name\nM\xfcller\n"[..]).unwrap();
        assert_eq!(table.columns[0].text(0).unwrap(), "Müller");
    }
}

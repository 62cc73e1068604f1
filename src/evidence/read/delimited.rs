//! CSV and TSV as they really are: quotes that close and quotes that do not, ragged rows.

use std::collections::VecDeque;

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::columns::Columns;
use super::{Mapping, Peeked, Record, Unread};
use crate::error::{Refusal, Result};
use crate::incoming::{LONGEST_LINE, Line};
use crate::words::count;

/// Rows that are looked at before it is decided which column is which.
const SAMPLE_ROWS: usize = 200;

/// Lines that one quoted value may span; a quote still open after them was no opening quote.
const LONGEST_QUOTED: usize = 2_000;

/// Bytes that one quoted value may span.
const WIDEST_QUOTED: usize = LONGEST_LINE;

pub fn records(
    lines: Peeked,
    delimiter: Option<u8>,
    mapping: &Mapping,
    notes: &mut Vec<String>,
) -> Result<impl Iterator<Item = Result<Result<Record, Unread>>> + Send + use<>> {
    let mut rows = Rows { lines, delimiter: b',', columns: 0, pending: VecDeque::new() };
    let header = rows.header(delimiter)?;
    rows.columns = header.len();

    let mut sample = VecDeque::new();
    while sample.len() < SAMPLE_ROWS
        && let Some(row) = rows.next()?
    {
        sample.push_back(row);
    }
    let read: Vec<Vec<String>> =
        sample.iter().filter_map(|it| it.as_ref().ok()).map(|it| it.values.clone()).collect();
    let columns = Columns::find(&header, &read, mapping, notes)?;
    rows.pending = sample;

    Ok(std::iter::from_fn(move || rows.next().transpose())
        .map(move |row| row.map(|row| row.and_then(|row| columns.record(row.line, row.values)))))
}

/// Whether most of these lines have the same delimiter, and the first looks like a header.
pub fn looks_delimited(lines: &[&str]) -> bool {
    let Some(delimiter) = lines.first().and_then(|it| delimiter_of(it)) else { return false };
    let columns = |line: &&str| split(line, delimiter, true).len();
    let header = columns(&lines[0]);
    let alike = lines.iter().filter(|it| columns(it) == header).count();
    header > 1 && lines.len() > 1 && alike * 2 > lines.len()
}

struct Row {
    line: u64,
    values: Vec<String>,
}

struct Rows {
    lines: Peeked,
    delimiter: u8,
    columns: usize,
    pending: VecDeque<Result<Row, Unread>>,
}

impl Rows {
    fn header(&mut self, delimiter: Option<u8>) -> Result<Vec<String>> {
        while let Some(line) = self.lines.next()? {
            let text = line.text.map_err(|reason| {
                Refusal::Unreadable(format!("The first line cannot be read: {reason}."))
            })?;
            if text.trim().is_empty() {
                continue;
            }
            if text.trim_start().starts_with("<") {
                let sentence = "This file is HTML or XML, not a table. Export the table as CSV; \
                                a web page is read with --format html.";
                return Err(Refusal::Unreadable(sentence.to_owned()).into());
            }
            // A single column needs no delimiter, so commas in it are text.
            self.delimiter = delimiter.or_else(|| delimiter_of(&text)).unwrap_or(b'\x1f');
            return Ok(split(&text, self.delimiter, true));
        }
        let sentence = "The file is empty: there is nothing to import.";
        Err(Refusal::Unreadable(sentence.to_owned()).into())
    }

    fn next(&mut self) -> Result<Option<Result<Row, Unread>>> {
        if let Some(row) = self.pending.pop_front() {
            return Ok(Some(row));
        }
        loop {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            let number = line.number;
            match line.text {
                Err(reason) => return Ok(Some(Err(Unread { line: number, reason }))),
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => {
                    let values = self.row_from(text)?;
                    return Ok(Some(self.checked(number, values)));
                }
            }
        }
    }

    /// The row that begins with this line. Its quotes are taken at their word when that gives
    /// the header's number of columns, and as plain characters when only that does.
    fn row_from(&mut self, first: String) -> Result<Vec<String>> {
        let quoted = match Quotes::of(&first, self.delimiter) {
            Quotes { open: false, broken: false } => Some(split(&first, self.delimiter, true)),
            Quotes { open: true, broken: false } => self.over_several_lines(&first)?,
            Quotes { broken: true, .. } => None,
        };
        let fits = |values: &Vec<String>| values.len() == self.columns;
        if let Some(values) = quoted.filter(fits) {
            return Ok(values);
        }
        let plain = split(&first, self.delimiter, false);
        if fits(&plain) {
            return Ok(plain);
        }
        // What stands after a closing quote, some programs write without another thought.
        let lenient = split(&first, self.delimiter, true);
        Ok(if fits(&lenient) { lenient } else { plain })
    }

    /// Joins the lines of a quoted value. Lines that turn out not to belong are given back.
    fn over_several_lines(&mut self, first: &str) -> Result<Option<Vec<String>>> {
        let mut whole = first.to_owned();
        let mut taken: Vec<Line> = Vec::new();
        let mut quotes = Quotes::of(first, self.delimiter);
        while taken.len() < LONGEST_QUOTED && whole.len() < WIDEST_QUOTED {
            let Some(line) = self.lines.next()? else { break };
            let Ok(text) = &line.text else {
                taken.push(line);
                break;
            };
            whole.push('\n');
            whole.push_str(text);
            quotes.feed(text, self.delimiter);
            taken.push(line);
            if quotes.broken {
                break;
            }
            if !quotes.open {
                let values = split(&whole, self.delimiter, true);
                if values.len() == self.columns {
                    return Ok(Some(values));
                }
                break;
            }
        }
        for line in taken.into_iter().rev() {
            self.lines.give_back(line);
        }
        Ok(None)
    }

    fn checked(&self, line: u64, values: Vec<String>) -> Result<Row, Unread> {
        if values.len() == self.columns {
            return Ok(Row { line, values });
        }
        let (has, header) = (count(values.len(), "column"), self.columns);
        Err(Unread { line, reason: format!("it has {has} where the header has {header}") })
    }
}

/// How the quotes of a record stand, kept from line to line so that each is looked at once.
struct Quotes {
    /// A quoted value has not ended.
    open: bool,
    /// Something stands between a closing quote and the next delimiter.
    broken: bool,
}

impl Quotes {
    fn of(line: &str, delimiter: u8) -> Self {
        let mut quotes = Self { open: false, broken: false };
        quotes.feed(line, delimiter);
        quotes
    }

    fn feed(&mut self, line: &str, delimiter: u8) {
        let mut value_begins = !self.open;
        let mut bytes = line.bytes().peekable();
        while let Some(byte) = bytes.next() {
            match (self.open, byte) {
                (true, b'"') if bytes.peek() == Some(&b'"') => {
                    bytes.next();
                }
                (true, b'"') => {
                    self.open = false;
                    self.broken |= bytes.peek().is_some_and(|next| *next != delimiter);
                }
                (false, b'"') if value_begins => self.open = true,
                _ => {}
            }
            value_begins = !self.open && byte == delimiter;
        }
    }
}

/// The values of one record.
fn split(record: &str, delimiter: u8, quoting: bool) -> Vec<String> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).quoting(quoting).build();
    let mut output = vec![0; record.len() + 1];
    let mut ends = vec![0; record.bytes().filter(|it| *it == delimiter).count() + 2];
    let mut input = record.as_bytes();
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, _, wrote, ends_found) =
            reader.read_record(input, &mut output[written..], &mut ends[ended..]);
        // All was read: an empty input tells the reader that the record is over.
        input = &[];
        written += wrote;
        ended += ends_found;
        match result {
            ReadRecordResult::InputEmpty => {}
            // There is room for all of it, so nothing else can follow.
            _ => break,
        }
    }
    let mut begin = 0;
    let values = ends[..ended].iter().map(|end| {
        let value = String::from_utf8_lossy(&output[begin..*end]).into_owned();
        begin = *end;
        value
    });
    values.collect()
}

fn delimiter_of(header: &str) -> Option<u8> {
    let columns = |delimiter: u8| split(header, delimiter, true).len();
    [b'\t', b',', b';', b'|']
        .into_iter()
        .map(|it| (columns(it), it))
        .filter(|it| it.0 > 1)
        .max_by_key(|(columns, _)| *columns)
        .map(|(_, delimiter)| delimiter)
}

#[cfg(test)]
mod tests {
    use super::super::{Input, Records};

    fn read(name: &str, text: &str) -> Vec<String> {
        let bytes = text.to_owned().into_bytes().into();
        let input = Input::Bytes { name: name.to_owned(), bytes };
        Records::open(&input.into())
            .unwrap()
            .map(|it| match it.unwrap() {
                Ok(record) => format!("{}: {}", record.line, record.text.replace('\n', "⏎")),
                Err(unread) => format!("{}! {}", unread.line, unread.reason),
            })
            .collect()
    }

    #[test]
    fn quotes_that_close_hold_delimiters_and_line_breaks() {
        assert_eq!(
            read("a.csv", "id,text\r\n1,\"one, \"\"two\"\"\r\nthree\"\r\n2,four\r\n"),
            ["2: one, \"two\"⏎three", "4: four"]
        );
    }

    #[test]
    fn quotes_that_do_not_close_are_characters() {
        assert_eq!(
            read(
                "a.tsv",
                "id\ttext\n1\t\"loud\n2\tit said \"hello\n3\t5\" screen\n4\t\"ok\"\n5\t\"a\" b\n"
            ),
            ["2: \"loud", "3: it said \"hello", "4: 5\" screen", "5: ok", "6: \"a\" b"]
        );
    }

    #[test]
    fn ragged_rows_are_named_and_the_rest_is_read() {
        assert_eq!(
            read("a.csv", "id,text,stars\n1,fine,5\n2,too,many,values\n3\n\n4,good,4\n"),
            [
                "2: fine",
                "3! it has 4 columns where the header has 3",
                "4! it has 1 column where the header has 3",
                "6: good"
            ]
        );
    }

    #[test]
    fn the_delimiter_is_found() {
        assert_eq!(read("a.csv", "id;text\n1;a, b\n"), ["2: a, b"]);
        assert_eq!(read("a.csv", "id|text\n1|a, b\n"), ["2: a, b"]);
        assert_eq!(
            read("a.csv", "text\njust one column, really\n"),
            ["2: just one column, really"]
        );
    }
}

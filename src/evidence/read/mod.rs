//! Records out of what people have: exports with columns, JSON lines, Markdown, plain text, and the
//! streams of Singer taps.
//!
//! `delimited` and `json_lines` make records of them,
//! `columns` finds which column is which, `dates` reads what stands for a day, `whole` takes a
//! file or each file of a folder as one document. `stream` knows a stream of a tap.
//!
//! **Invariant.** Memory does not grow with the file: one line, one record at a time.
//! **Invariant.** What cannot be read is named with its line and never ends the reading.

mod columns;
mod dates;
mod delimited;
mod json_lines;
mod page;
mod stream;
mod whole;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use self::whole::Kind;
use super::ingest::Absent;
use crate::error::{Refusal, Result};
use crate::incoming::{self, Counted, Line, Lines};

pub use self::stream::{Named, Stream, StreamMapping};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// By the file's name, then by what it holds.
    #[default]
    Auto,
    Csv,
    Tsv,
    Jsonl,
    Markdown,
    Text,
    /// A web page, of which its readable text is taken.
    Html,
}

/// The longest id, in bytes: it stands in an index.
const LONGEST_ID: usize = 1_000;

/// Where the bytes come from.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file, or a folder whose Markdown, text and HTML files are one document each.
    Path(PathBuf),
    /// What arrived in a request, with a name to show.
    Bytes {
        name: String,
        bytes: Bytes,
    },
    Stdin,
}

/// A file of documents: where it is and how it is read.
#[derive(Clone, Debug)]
pub struct DocumentFile {
    pub input: Input,
    pub format: Format,
    pub mapping: Mapping,
    /// What becomes of documents that it does not have.
    pub absent: Absent,
}

impl From<Input> for DocumentFile {
    /// Its form is found by looking.
    fn from(input: Input) -> Self {
        Self { input, format: Format::Auto, mapping: Mapping::default(), absent: Absent::Stay }
    }
}

/// Which column or key holds what, where it was named; the rest is found by looking.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    pub id: Option<String>,
    pub title: Option<String>,
    pub text: Option<String>,
    pub date: Option<String>,
    pub url: Option<String>,
    pub author: Option<String>,
    /// As `strptime` has it: `%d.%m.%Y`.
    pub date_format: Option<String>,
    /// By its name on the web: `windows-1252`.
    pub encoding: Option<String>,
}

/// One document as it stands in a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Where it begins, counted from 1.
    pub line: u64,
    pub id: Id,
    pub title: String,
    pub text: String,
    pub date: Option<Timestamp>,
    pub url: Option<String>,
    pub author: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Id {
    /// Named by the file: it stands for one document.
    Given(String),
    /// From a column that looks like an id: a repeat is another document.
    Likely(String),
    /// The file has none: made from the content.
    FromContent,
}

/// A record that could not be taken, with a sentence that says why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unread {
    pub line: u64,
    pub reason: String,
}

/// Reads records from one input.
pub struct Records {
    source: Box<dyn Iterator<Item = Result<Result<Record, Unread>>> + Send>,
    read: Arc<AtomicU64>,
    /// In bytes, where it is known beforehand.
    pub size: Option<u64>,
    /// What was found by looking and should be said: columns, encoding.
    pub notes: Vec<String>,
}

impl Records {
    pub fn open(file: &DocumentFile) -> Result<Self> {
        let DocumentFile { input, format, mapping, .. } = file;
        let read = Arc::new(AtomicU64::new(0));
        if let Input::Path(path) = input
            && path.is_dir()
        {
            let source = Box::new(whole::folder(path, mapping, read.clone())?);
            return Ok(Self { source, read, size: None, notes: Vec::new() });
        }
        let (bytes, size) = open(input, &read)?;
        let mut lines = Lines::open(bytes, mapping.encoding.as_deref())?;
        let mut notes = Vec::new();
        if let Some(encoding) = lines.one_byte_encoding().filter(|_| mapping.encoding.is_none()) {
            notes.push(format!("The file is not UTF-8; it was read as {encoding}."));
        }
        let name = input.name();
        let (format, first) = match *format {
            Format::Auto => by_name_or_content(&name, &mut lines)?,
            named => (named, Vec::new()),
        };
        let lines = Peeked { first: first.into(), lines };
        let source: Box<dyn Iterator<Item = _> + Send> = match format {
            Format::Jsonl => Box::new(json_lines::records(lines, mapping, &mut notes)?),
            Format::Markdown => Box::new(whole::file(lines, &name, Kind::Markdown, size, mapping)?),
            Format::Text => Box::new(whole::file(lines, &name, Kind::Plain, size, mapping)?),
            Format::Html => Box::new(whole::file(lines, &name, Kind::Page, size, mapping)?),
            Format::Csv | Format::Auto => {
                Box::new(delimited::records(lines, None, mapping, &mut notes)?)
            }
            Format::Tsv => Box::new(delimited::records(lines, Some(b'\t'), mapping, &mut notes)?),
        };
        Ok(Self { source, read, size, notes })
    }

    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

impl Iterator for Records {
    type Item = Result<Result<Record, Unread>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.source.next().map(|it| it.map(|it| it.and_then(sound)))
    }
}

impl Input {
    /// What it is called; of what is compressed, what it would be called if it were not.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => {
                let name = path.file_name().map_or_else(
                    || path.display().to_string(),
                    |it| it.to_string_lossy().into_owned(),
                );
                name.strip_suffix(".gz").map_or(name.clone(), str::to_owned)
            }
            Self::Bytes { name, .. } => name.clone(),
            Self::Stdin => "standard input".to_owned(),
        }
    }

    /// Its bytes, unpacked.
    pub fn open(&self) -> Result<Box<dyn Read + Send>> {
        Ok(open(self, &Default::default())?.0)
    }

    /// Whether it can be read a second time from its beginning.
    pub fn can_be_reopened(&self) -> bool {
        !matches!(self, Self::Stdin)
    }
}

impl Record {
    /// SHA-256 over everything people can see of it, each field with its length before it.
    pub fn content_hash(&self) -> [u8; 32] {
        let date = self.date.map(|it| it.to_string());
        let fields = [
            Some(self.title.as_str()),
            Some(self.text.as_str()),
            date.as_deref(),
            self.url.as_deref(),
            self.author.as_deref(),
        ];
        let mut hash = Sha256::new();
        for field in fields {
            let length = field.map_or(u64::MAX, |it| it.len() as u64);
            hash.update(length.to_be_bytes());
            hash.update(field.unwrap_or_default());
        }
        hash.finalize().into()
    }
}

/// Lines with those given back that were looked at before.
struct Peeked {
    first: std::collections::VecDeque<Line>,
    lines: Lines,
}

impl Peeked {
    fn next(&mut self) -> Result<Option<Line>> {
        match self.first.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.line(),
        }
    }

    fn give_back(&mut self, line: Line) {
        self.first.push_front(line);
    }
}

/// Refuses what the database could not hold.
fn sound(record: Record) -> Result<Record, Unread> {
    let line = record.line;
    let unread = |reason: String| Err(Unread { line, reason });
    let id = match &record.id {
        Id::Given(id) | Id::Likely(id) => id.as_str(),
        Id::FromContent => "",
    };
    if id.len() > LONGEST_ID {
        return unread(format!("its id is longer than {LONGEST_ID} bytes"));
    }
    let parts = [Some(id), Some(&record.title), Some(&record.text)];
    let parts = [&parts[..], &[record.url.as_deref(), record.author.as_deref()]].concat();
    if parts.into_iter().flatten().any(|it| it.contains('\0')) {
        return unread("it holds a zero character, so it is not text".to_owned());
    }
    Ok(record)
}

/// The bytes, counted as they are read, and how many there are where that is known. What is compressed
/// with gzip is unpacked on the way, but for what arrived in a request: that could be of any size.
fn open(input: &Input, read: &Arc<AtomicU64>) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
    let (bytes, size): (Box<dyn Read + Send>, _) = match input {
        Input::Path(path) => {
            let file = File::open(path).map_err(|error| cannot_open(path, &error))?;
            let size = file.metadata()?.len();
            (Box::new(file), Some(size))
        }
        Input::Bytes { bytes, .. } => {
            (Box::new(Cursor::new(bytes.clone())), Some(bytes.len() as u64))
        }
        Input::Stdin => (Box::new(std::io::stdin()), None),
    };
    if size == Some(0) {
        let sentence = format!("{} is empty: there is nothing to import.", input.name());
        return Err(Refusal::Unreadable(sentence).into());
    }
    let bytes = Box::new(Counted { input: bytes, bytes: read.clone() });
    Ok(match input {
        Input::Bytes { .. } => (bytes, size),
        Input::Path(_) | Input::Stdin => (incoming::unpacked(bytes)?, size),
    })
}

fn cannot_open(path: &Path, error: &std::io::Error) -> Refusal {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        _ => error.to_string(),
    };
    Refusal::Unreadable(format!("{} cannot be opened: {why}.", path.display()))
}

fn by_name_or_content(name: &str, lines: &mut Lines) -> Result<(Format, Vec<Line>)> {
    let ending = name.rsplit_once('.').map(|(_, it)| it.to_ascii_lowercase());
    let format = match ending.as_deref() {
        Some("csv") => Some(Format::Csv),
        Some("tsv" | "tab") => Some(Format::Tsv),
        Some("jsonl" | "ndjson") => Some(Format::Jsonl),
        Some("md" | "markdown") => Some(Format::Markdown),
        Some("html" | "htm") => Some(Format::Html),
        _ => None,
    };
    if let Some(format) = format {
        return Ok((format, Vec::new()));
    }
    let mut first = Vec::new();
    while first.len() < 20
        && let Some(line) = lines.line()?
    {
        first.push(line);
    }
    let texts: Vec<&str> = first.iter().filter_map(|it| it.text.as_deref().ok()).collect();
    let beginning = texts.iter().map(|it| it.trim()).find(|it| !it.is_empty()).unwrap_or_default();
    let format = match () {
        () if beginning.starts_with('{') => Format::Jsonl,
        () if is_page(beginning) => Format::Html,
        () if ending.as_deref() == Some("txt") => Format::Text,
        () if delimited::looks_delimited(&texts) => Format::Csv,
        () if beginning.starts_with("# ") => Format::Markdown,
        () => Format::Text,
    };
    Ok((format, first))
}

fn is_page(beginning: &str) -> bool {
    let beginning: String = beginning.chars().take(15).collect();
    let beginning = beginning.to_ascii_lowercase();
    beginning.starts_with("<!doctype html") || beginning.starts_with("<html")
}

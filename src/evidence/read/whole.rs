//! A file, or each file of a folder, as one document.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::dates::Dates;
use super::page::{self, Page};
use super::{Id, Mapping, Peeked, Record, Unread};
use crate::error::{Error, Refusal, Result};
use crate::incoming::{Counted, LONGEST_LINE, Lines};

/// How the one document of a file is made of its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Markdown,
    Plain,
    Page,
}

/// One document out of one file.
pub fn file(
    lines: Peeked,
    name: &str,
    kind: Kind,
    size: Option<u64>,
    mapping: &Mapping,
) -> Result<impl Iterator<Item = Result<Result<Record, Unread>>> + Send + use<>> {
    if size.is_some_and(|it| it > LONGEST_LINE as u64) {
        return Err(Refusal::Unreadable(too_long(name)).into());
    }
    let text = match text_of(lines)? {
        Ok(text) => text,
        Err(unread) => {
            let sentence = format!("Line {} of {name}: {}.", unread.line, unread.reason);
            return Err(Refusal::Unreadable(sentence).into());
        }
    };
    let record = document(name, text, kind, mapping);
    Ok(std::iter::once(Ok(record)))
}

/// One document out of each Markdown, text or HTML file of a folder and the folders in it.
pub fn folder(
    folder: &Path,
    mapping: &Mapping,
    read: Arc<AtomicU64>,
) -> Result<impl Iterator<Item = Result<Result<Record, Unread>>> + Send + use<>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    if files.is_empty() {
        let sentence = format!(
            "There is no .md, .markdown, .txt, .html or .htm file in {}.",
            folder.display()
        );
        return Err(Refusal::Unreadable(sentence).into());
    }
    let (folder, mapping) = (folder.to_owned(), mapping.clone());
    Ok(files.into_iter().map(move |path| {
        let name = path.strip_prefix(&folder).unwrap_or(&path).display().to_string();
        one_of_folder(&path, &name, &mapping, read.clone())
    }))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if kind_of(&path).is_some() {
            files.push(path);
        }
    }
    Ok(())
}

fn kind_of(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "md" | "markdown" => Some(Kind::Markdown),
        "txt" => Some(Kind::Plain),
        "html" | "htm" => Some(Kind::Page),
        _ => None,
    }
}

/// What is wrong with one file is said of it, and the others are read.
fn one_of_folder(
    path: &Path,
    name: &str,
    mapping: &Mapping,
    read: Arc<AtomicU64>,
) -> Result<Result<Record, Unread>> {
    let refused = |reason: String| Ok(Err(Unread { line: 1, reason: format!("{name}: {reason}") }));
    let file = File::open(path)?;
    match file.metadata()?.len() {
        0 => return refused("it is empty".to_owned()),
        size if size > LONGEST_LINE as u64 => return refused(too_long(name)),
        _ => {}
    }
    let bytes = Box::new(Counted { input: file, bytes: read });
    let lines = match Lines::open(bytes, mapping.encoding.as_deref()) {
        Ok(lines) => lines,
        Err(Error::Refused(refusal)) => return refused(refusal.to_string()),
        Err(fault) => return Err(fault),
    };
    match text_of(Peeked { first: Default::default(), lines })? {
        Ok(text) => {
            let kind = kind_of(path).unwrap_or(Kind::Plain);
            Ok(document(name, text, kind, mapping).map_err(|unread| {
                let reason = format!("{name}: {}", unread.reason);
                Unread { reason, ..unread }
            }))
        }
        Err(unread) => {
            let reason = format!("{name}: {}", unread.reason);
            Ok(Err(Unread { line: unread.line, reason }))
        }
    }
}

fn text_of(mut lines: Peeked) -> Result<Result<String, Unread>> {
    let mut whole = String::new();
    while let Some(line) = lines.next()? {
        match line.text {
            Ok(text) => whole.push_str(&text),
            Err(reason) => return Ok(Err(Unread { line: line.number, reason })),
        }
        whole.push('\n');
        if whole.len() > LONGEST_LINE {
            let reason = format!("the text is longer than {} MB", LONGEST_LINE / 1024 / 1024);
            return Ok(Err(Unread { line: line.number, reason }));
        }
    }
    Ok(Ok(whole))
}

fn document(name: &str, text: String, kind: Kind, mapping: &Mapping) -> Result<Record, Unread> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let dates = match &mapping.date_format {
        Some(form) => Dates::Named(form.clone()),
        None => Dates::Known { day_first: false },
    };
    let page = match kind {
        Kind::Page => page::read(&text).map_err(|reason| Unread { line: 1, reason })?,
        Kind::Markdown | Kind::Plain => written(text, kind),
    };
    let date = match &page.published {
        Some(value) => {
            let reason = || format!("“{value}” is not a date I can read (2026-03-31 is)");
            Some(dates.read(value).ok_or_else(|| Unread { line: 1, reason: reason() })?)
        }
        None => None,
    };
    Ok(Record {
        line: 1,
        id: Id::Given(name.to_owned()),
        title: page.title.unwrap_or_else(|| stem.to_owned()),
        date,
        url: page.url,
        author: page.author,
        text: page.text,
    })
}

/// A text with what it says of itself at its beginning.
fn written(text: String, kind: Kind) -> Page {
    let front = Front::of(&text);
    let heading = (kind == Kind::Markdown).then(|| heading(front.rest)).flatten();
    let owned = |key: &str| front.value(key).map(str::to_owned);
    Page {
        title: owned("title").or_else(|| heading.map(str::to_owned)),
        author: owned("author"),
        published: owned("date"),
        url: owned("url"),
        text: front.rest.to_owned(),
    }
}

/// What stands between two lines of `---` at the beginning: a key and a value a line.
struct Front<'a> {
    lines: &'a str,
    rest: &'a str,
}

impl<'a> Front<'a> {
    fn of(text: &'a str) -> Self {
        let none = Self { lines: "", rest: text };
        let Some(inside) = text.strip_prefix("---\n") else { return none };
        match inside.split_once("\n---\n") {
            Some((lines, rest)) => Self { lines, rest },
            None => none,
        }
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        self.lines.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (name.trim() == key && !value.is_empty()).then_some(value)
        })
    }
}

fn heading(text: &str) -> Option<&str> {
    text.lines()
        .find(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim_end_matches('#').trim())
        .filter(|it| !it.is_empty())
}

fn too_long(name: &str) -> String {
    format!(
        "{name} would be one document of more than {} MB; split it, or save it as CSV or JSON \
         lines with one document a line",
        LONGEST_LINE / 1024 / 1024
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Input, Records};
    use super::*;

    #[test]
    fn headings_and_front_matter_give_title_and_date() {
        let check = |name: &str, text: &str, expected: (&str, Option<&str>, &str)| {
            let bytes = text.to_owned().into_bytes().into();
            let input = Input::Bytes { name: name.to_owned(), bytes };
            let mut records = Records::open(&input.into()).unwrap();
            let record = records.next().unwrap().unwrap().unwrap();
            let date = record.date.map(|it| it.to_string());
            assert_eq!((record.title.as_str(), date.as_deref(), record.text.as_str()), expected);
            assert_eq!(record.id, Id::Given(name.to_owned()));
        };
        check(
            "note.md",
            "# Call with Acme\n\nThey like it.",
            ("Call with Acme", None, "# Call with Acme\n\nThey like it.\n"),
        );
        check(
            "note.md",
            "---\ntitle: \"Visit\"\ndate: 2026-05-01\n---\nText\n",
            ("Visit", Some("2026-05-01T00:00:00Z"), "Text\n"),
        );
        check("plain.txt", "Just words, and more.\n", ("plain", None, "Just words, and more.\n"));
    }
}

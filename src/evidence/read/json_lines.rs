//! JSON lines: an object a line, with BEIR's `_id`, `title`, `text` or other names for them.

use serde_json::{Map, Value};

use super::dates::{self, Dates};
use super::{Id, Mapping, Peeked, Record, Unread};
use crate::error::{Refusal, Result};
use crate::incoming::Line;

const TEXT: [&str; 11] = [
    "text",
    "body",
    "content",
    "message",
    "comment",
    "review",
    "reviewText",
    "review_text",
    "description",
    "answer",
    "abstract",
];
const TITLE: [&str; 5] = ["title", "subject", "headline", "summary", "name"];
const ID: [&str; 6] = ["_id", "id", "document_id", "doc_id", "uuid", "external_id"];
const DATE: [&str; 6] = ["date", "created_at", "timestamp", "published_at", "created", "time"];
const URL: [&str; 4] = ["url", "link", "permalink", "html_url"];
const AUTHOR: [&str; 5] = ["author", "user", "username", "reviewer", "from"];

pub fn records(
    mut lines: Peeked,
    mapping: &Mapping,
    notes: &mut Vec<String>,
) -> Result<impl Iterator<Item = Result<Result<Record, Unread>>> + Send + use<>> {
    refuse_one_array(&mut lines)?;
    let dates = match &mapping.date_format {
        Some(form) => Dates::Named(form.clone()),
        None => Dates::Known { day_first: false },
    };
    let keys = Keys { mapping: mapping.clone(), dates };
    notes.push("Read as JSON lines.".to_owned());
    Ok(std::iter::from_fn(move || {
        loop {
            let line = match lines.next() {
                Ok(line) => line?,
                Err(error) => return Some(Err(error)),
            };
            if !line.text.as_ref().is_ok_and(|it| it.trim().is_empty()) {
                return Some(Ok(keys.record(line)));
            }
        }
    }))
}

struct Keys {
    mapping: Mapping,
    dates: Dates,
}

impl Keys {
    fn record(&self, Line { number: line, text }: Line) -> Result<Record, Unread> {
        let unread = |reason: String| Unread { line, reason };
        let text = text.map_err(unread)?;
        let object: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
            let (what, at) = (error.classify(), error.column());
            unread(match what {
                serde_json::error::Category::Data => "it is JSON, but not an object".to_owned(),
                serde_json::error::Category::Eof => "its JSON ends too early".to_owned(),
                _ => format!("it is not JSON from column {at} on"),
            })
        })?;
        let mapping = &self.mapping;
        let body = find(&object, &mapping.text, &TEXT);
        // A text that is there and empty is a document without text, as in a table.
        let empty = match &mapping.text {
            Some(name) => object.contains_key(name),
            None => TEXT.iter().any(|it| object.contains_key(*it)),
        };
        if body.is_none() && !empty {
            let name = mapping.text.as_deref().unwrap_or("text");
            return Err(unread(format!("it has no “{name}”; name the key to read with --text")));
        }
        let date = find(&object, &mapping.date, &DATE).filter(|it| !dates::stands_for_none(it));
        let date = match date {
            Some(value) => Some(self.dates.read(&value).ok_or_else(|| {
                let shown: String = value.chars().take(40).collect();
                unread(format!("“{shown}” is not a date I can read (2026-03-31 is)"))
            })?),
            None => None,
        };
        Ok(Record {
            line,
            id: find(&object, &mapping.id, &ID).map_or(Id::FromContent, Id::Given),
            title: find(&object, &mapping.title, &TITLE).unwrap_or_default(),
            text: body.unwrap_or_default(),
            date,
            url: find(&object, &mapping.url, &URL),
            author: find(&object, &mapping.author, &AUTHOR),
        })
    }
}

/// The value under a named key (`a.b` reaches inside), or under the first known one, which may
/// also stand in `metadata`.
fn find(object: &Map<String, Value>, named: &Option<String>, known: &[&str]) -> Option<String> {
    if let Some(name) = named {
        let direct = object.get(name);
        let inside = || {
            let pointer = format!("/{}", name.replace('.', "/"));
            pointer[1..].split('/').try_fold(None, |at: Option<&Value>, key| match at {
                None => object.get(key).map(Some),
                Some(value) => value.get(key).map(Some),
            })?
        };
        return direct.or_else(inside).and_then(words);
    }
    let metadata = object.get("metadata").and_then(Value::as_object);
    known.iter().find_map(|key| {
        let here = object.get(*key).and_then(words);
        here.or_else(|| metadata?.get(*key).and_then(words))
    })
}

fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn refuse_one_array(lines: &mut Peeked) -> Result<()> {
    let Some(line) = lines.next()? else { return Ok(()) };
    let beginning = line.text.as_deref().unwrap_or_default().trim_start();
    if beginning.starts_with('[') {
        let sentence = "This file is one JSON array. One object a line is needed; `jq -c '.[]' \
                        FILE` makes that of it.";
        return Err(Refusal::Unreadable(sentence.to_owned()).into());
    }
    lines.give_back(line);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{DocumentFile, Input, Records};
    use super::*;

    fn read(text: &str, mapping: &Mapping) -> Vec<String> {
        let bytes = text.to_owned().into_bytes().into();
        let input = Input::Bytes { name: "a.jsonl".to_owned(), bytes };
        let records =
            Records::open(&DocumentFile { mapping: mapping.clone(), ..input.into() }).unwrap();
        records
            .map(|it| match it.unwrap() {
                Ok(it) => format!("{} {:?} {} {} {:?}", it.line, it.id, it.title, it.text, it.date),
                Err(unread) => format!("{}! {}", unread.line, unread.reason),
            })
            .collect()
    }

    #[test]
    fn objects_are_read_and_what_is_none_is_named() {
        let text = r#"{"_id": "d1", "title": "T", "text": "one", "metadata": {"date": "2026-01-02"}}

{"id": 7, "body": "two"}
{"text": "three", "date": "sometime"}
{"text": "four"
[1]
{"other": 1}
"#;
        assert_eq!(
            read(text, &Mapping::default()),
            [
                "1 Given(\"d1\") T one Some(2026-01-02T00:00:00Z)",
                "3 Given(\"7\")  two None",
                "4! “sometime” is not a date I can read (2026-03-31 is)",
                "5! its JSON ends too early",
                "6! it is JSON, but not an object",
                "7! it has no “text”; name the key to read with --text",
            ]
        );
    }

    #[test]
    fn named_keys_reach_inside() {
        let mapping = Mapping {
            text: Some("fields.said".to_owned()),
            id: Some("key".to_owned()),
            ..Mapping::default()
        };
        assert_eq!(
            read(r#"{"key": "k", "fields": {"said": "hello"}}"#, &mapping),
            ["1 Given(\"k\")  hello None"]
        );
    }
}

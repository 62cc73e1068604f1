//! A stream: which of its properties is the text, which the date, by its SCHEMA alone. What a tap sends
//! next time is then read in the same way, however few records it sends.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::columns::{AUTHOR, DATE, TEXT, TITLE, URL, plain};
use super::dates::{self, Dates};
use super::{Id, Record, Unread, sound};
use crate::incoming::{self, Properties, Values};

/// What is said of streams on the command line: for all of them, or for one by its name.
#[derive(Clone, Debug, Default)]
pub struct StreamMapping {
    pub id: Vec<Named>,
    pub title: Vec<Named>,
    pub text: Vec<Named>,
    pub date: Vec<Named>,
    pub url: Vec<Named>,
    pub author: Vec<Named>,
}

/// `PROPERTY`, or `STREAM:PROPERTY`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    pub stream: Option<String>,
    pub name: String,
}

/// Between the values of a key of several properties; in a value it is written `%2F`.
const BETWEEN: &str = "/";

#[derive(Debug)]
pub struct Stream {
    name: String,
    properties: Properties,
    keys: Vec<String>,
    text: String,
    title: Option<String>,
    date: Option<String>,
    url: Option<String>,
    author: Option<String>,
}

impl Stream {
    /// `None` where no property is known for text; or what cannot be, in a sentence.
    pub fn find(
        name: &str,
        properties: Properties,
        keys: Vec<String>,
        mapping: &StreamMapping,
        notes: &mut BTreeSet<String>,
    ) -> Result<Option<Self>, String> {
        let known = Known { stream: name, properties: &properties };

        let named_text = known.named(&mapping.text)?;
        let Some(text) = named_text.or_else(|| known.first(&TEXT, Known::is_text)) else {
            let note = format!(
                "{name} holds no property that is known for text, so it is not taken (it has: {}); \
                 name one with --text {name}:PROPERTY, or have its numbers taken with --readings \
                 {name}.",
                known.names()
            );
            notes.insert(note);
            return Ok(None);
        };
        let find = |named: &[Named], names: &[&str], fits: fn(&Value) -> bool| {
            let found = known.named(named)?;
            Ok::<_, String>(found.or_else(|| known.first(names, fits).filter(|it| *it != text)))
        };
        let found = Self {
            title: find(&mapping.title, &TITLE, Known::is_text)?,
            date: find(&mapping.date, &DATE, |_| true)?.or_else(|| known.date()),
            url: find(&mapping.url, &URL, Known::is_text)?,
            author: find(&mapping.author, &AUTHOR, Known::is_text)?,
            keys: known.named(&mapping.id)?.map_or(keys, |id| vec![id]),
            name: name.to_owned(),
            text,
            properties: properties.clone(),
        };
        notes.insert(found.describe());
        Ok(Some(found))
    }

    /// A record; or why it cannot be taken.
    pub fn record(&mut self, line: u64, record: &RawValue) -> Result<Record, Unread> {
        let unread = |reason: String| Unread { line, reason };
        let values = self.properties.values(record).map_err(unread)?;
        let of = |name: &Option<String>| name.as_deref().and_then(|it| value(&values, it));
        let mut key = Vec::with_capacity(self.keys.len());
        for name in &self.keys {
            let part = value(&values, name).filter(|it| !it.trim().is_empty());
            let part =
                part.ok_or_else(|| unread(format!("its key property “{name}” has no value")))?;
            key.push(match self.keys.len() {
                1 => part,
                _ => part.replace('%', "%25").replace(BETWEEN, "%2F"),
            });
        }
        let date = match of(&self.date).filter(|it| !dates::stands_for_none(it)) {
            Some(written) => {
                let read = Dates::Known { day_first: false }.read(&written);
                Some(read.ok_or_else(|| {
                    let shown: String = written.chars().take(40).collect();
                    unread(format!("“{shown}” is not a date I can read (2026-03-31 is)"))
                })?)
            }
            None => None,
        };
        let read = Record {
            line,
            id: if key.is_empty() { Id::FromContent } else { Id::Given(key.join(BETWEEN)) },
            title: of(&self.title).unwrap_or_default(),
            text: value(&values, &self.text).unwrap_or_default(),
            date,
            url: of(&self.url),
            author: of(&self.author),
        };
        sound(read).map(by_content)
    }

    /// What came that the schema does not name.
    pub fn unknown(&self) -> Option<String> {
        self.properties.unknown(&self.name)
    }

    fn describe(&self) -> String {
        let keys = (!self.keys.is_empty()).then(|| self.keys.join(BETWEEN));
        let parts = [
            ("text", Some(&self.text)),
            ("id", keys.as_ref()),
            ("title", self.title.as_ref()),
            ("date", self.date.as_ref()),
            ("url", self.url.as_ref()),
            ("author", self.author.as_ref()),
        ];
        let found: Vec<String> = parts
            .iter()
            .filter_map(|(part, name)| name.map(|name| format!("{part} = {name}")))
            .collect();
        let root = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
        let mut used: BTreeSet<String> =
            parts[2..].iter().filter_map(|(_, name)| name.map(|it| root(it))).collect();
        used.insert(root(&self.text));
        used.extend(self.keys.iter().cloned());
        let rest: Vec<&str> = self.properties.names().filter(|it| !used.contains(*it)).collect();
        let mut note = format!("{}: {}", self.name, found.join(", "));
        if self.keys.is_empty() {
            note.push_str("; it has no key, so a changed record is a new one");
        }
        if !rest.is_empty() {
            note.push_str(&format!("; not taken: {}", rest.join(", ")));
        }
        note + "."
    }
}

/// The properties of a schema, to be looked through.
struct Known<'a> {
    stream: &'a str,
    properties: &'a Properties,
}

impl Known<'_> {
    /// What was named for this stream, or for all of them if it is there.
    fn named(&self, named: &[Named]) -> Result<Option<String>, String> {
        let has = |name: &str| {
            let root = name.split('.').next().unwrap_or(name);
            self.properties.has(name) || self.properties.has(root)
        };
        let own = named.iter().find(|it| it.stream.as_deref() == Some(self.stream));
        if let Some(Named { name, .. }) = own {
            if has(name) {
                return Ok(Some(name.clone()));
            }
            return Err(format!(
                "“{}” has no property “{name}”; it has: {}",
                self.stream,
                self.names()
            ));
        }
        let of_all = named.iter().filter(|it| it.stream.is_none());
        Ok(of_all.map(|it| &it.name).find(|it| has(it)).cloned())
    }

    fn first(&self, known: &[&str], fits: fn(&Value) -> bool) -> Option<String> {
        known.iter().find_map(|known| {
            let found = self.properties.find(|name, schema| plain(name) == *known && fits(schema));
            found.map(str::to_owned)
        })
    }

    /// A property that is a date by its schema and by its name.
    fn date(&self) -> Option<String> {
        let fits = |name: &str, schema: &Value| {
            let name = plain(name);
            let named = ["_date", "_at", "_created"].iter().any(|it| name.ends_with(it));
            named && incoming::formats(schema).iter().any(|it| *it == "date-time" || *it == "date")
        };
        self.properties.find(fits).map(str::to_owned)
    }

    fn is_text(schema: &Value) -> bool {
        let types = incoming::types(schema);
        types.is_empty() || types.contains(&"string")
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.properties.names().collect();
        names.join(", ")
    }
}

/// A value as text: a number as it was written. `a.b` reaches inside; lists and objects are none.
fn value(values: &Values<'_>, name: &str) -> Option<String> {
    if let Some(raw) = values.get(name) {
        return incoming::text_of(raw);
    }
    let (outer, inner) = name.split_once('.')?;
    let inside: Values<'_> = serde_json::from_str(values.get(outer)?.get()).ok()?;
    value(&inside, inner)
}

/// Where a stream has no key, what has the same content is the same: a tap may send it again.
fn by_content(record: Record) -> Record {
    match record.id {
        Id::FromContent => {
            let id = Id::Given(hex::encode(&record.content_hash()[..16]));
            Record { id, ..record }
        }
        _ => record,
    }
}

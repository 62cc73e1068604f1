//! Messages of a Singer tap, version 0.3.0 of the specification with ACTIVATE_VERSION: an object a line.
//!
//! `message` reads a line, `stream` knows from a SCHEMA which property is which. The order of the
//! messages is kept, for a STATE speaks of everything before it.
//!
//! A record that cannot be taken is named and left out, like a line of a file. What breaks the
//! protocol ends the reading, because nobody knows what a STATE after it would stand for: a line that
//! is no message, a record before its SCHEMA, a BATCH.

mod message;
mod stream;

use std::collections::{BTreeMap, BTreeSet};

use self::message::Message;
use self::stream::Stream;
use super::{Id, Input, Record, Unread, sound};
use crate::error::{Refusal, Result};
use crate::incoming::Lines;

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

/// What follows from one message.
#[derive(Debug)]
pub enum Step {
    Record {
        stream: String,
        version: Option<i64>,
        record: Result<Record, Unread>,
    },
    /// The value, as it was written.
    State(String),
    Activate {
        stream: String,
        version: i64,
    },
}

/// The messages of one tap, read one at a time.
pub struct Messages {
    lines: Lines,
    mapping: StreamMapping,
    streams: BTreeMap<String, Option<Stream>>,
    ignored: BTreeMap<String, u64>,
    /// What was found by looking, and what is not taken.
    notes: BTreeSet<String>,
}

impl Messages {
    pub fn open(input: &Input, mapping: StreamMapping) -> Result<Self> {
        let (bytes, _) = super::open(input, &Default::default())?;
        let lines = Lines::open(bytes, Some("utf-8"))?;
        let (streams, ignored, notes) = Default::default();
        Ok(Self { lines, mapping, streams, ignored, notes })
    }

    /// What was found by looking, what was left out and how often.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.notes.iter().cloned().collect();
        notes.extend(self.ignored.iter().map(|(what, times)| format!("{what} (× {times}).")));
        notes.extend(self.streams.values().flatten().filter_map(Stream::unknown));
        notes
    }

    /// The next step; `None` at the end. An error is what breaks the protocol.
    pub fn next(&mut self) -> Result<Option<Step>> {
        while let Some(line) = self.lines.next()? {
            let number = line.number;
            let text = match line.text {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => text,
                Err(reason) => return Err(broken(number, &reason)),
            };
            let message = Message::read(&text).map_err(|reason| broken(number, &reason))?;
            if let Some(step) = self.step(number, message)? {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }

    fn step(&mut self, line: u64, message: Message<'_>) -> Result<Option<Step>> {
        match message {
            Message::Schema { stream, schema, keys } => {
                let found = Stream::find(&stream, schema, keys, &self.mapping, &mut self.notes)
                    .map_err(|reason| broken(line, &reason))?;
                self.streams.insert(stream.into_owned(), found);
                Ok(None)
            }
            Message::Record { stream, record, version } => {
                let Some(known) = self.streams.get_mut(stream.as_ref()) else {
                    let reason = format!("a RECORD of “{stream}” comes before its SCHEMA");
                    return Err(broken(line, &reason));
                };
                let Some(known) = known else {
                    let what = format!("Not taken: records of “{stream}”, which holds no text");
                    *self.ignored.entry(what).or_default() += 1;
                    return Ok(None);
                };
                let record = known.record(line, record).and_then(sound).map(by_content);
                Ok(Some(Step::Record { stream: stream.into_owned(), version, record }))
            }
            Message::State(value) => Ok(Some(Step::State(value.get().to_owned()))),
            Message::Activate { stream, version } => match self.streams.get(stream.as_ref()) {
                Some(Some(_)) => Ok(Some(Step::Activate { stream: stream.into_owned(), version })),
                _ => Ok(None),
            },
            Message::Batch { stream } => Err(broken(
                line,
                &format!(
                    "a BATCH of “{stream}” names files, which are not read here; switch the tap's batches off (batch_config)"
                ),
            )),
            Message::Unknown(kind) => {
                *self.ignored.entry(format!("Not known: messages of type {kind}")).or_default() +=
                    1;
                Ok(None)
            }
        }
    }
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

fn broken(line: u64, reason: &str) -> crate::error::Error {
    Refusal::Unreadable(format!("Line {line} of the tap's messages: {reason}.")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, mapping: StreamMapping) -> Vec<String> {
        let bytes = text.to_owned().into_bytes().into();
        let input = Input::Bytes { name: "a".to_owned(), bytes };
        let mut messages = Messages::open(&input, mapping).unwrap();
        let mut said = Vec::new();
        loop {
            match messages.next() {
                Ok(Some(Step::Record { stream, version, record })) => said.push(match record {
                    Ok(it) => {
                        let Id::Given(id) = &it.id else { panic!("{:?}", it.id) };
                        let date = it.date.map(|it| it.to_string()).unwrap_or_default();
                        format!("{stream} {version:?} {id} {} {} {date}", it.title, it.text)
                    }
                    Err(unread) => format!("{}! {}", unread.line, unread.reason),
                }),
                Ok(Some(Step::State(value))) => said.push(format!("state {value}")),
                Ok(Some(Step::Activate { stream, version })) => {
                    said.push(format!("activate {stream} {version}"));
                }
                Ok(None) => break,
                Err(error) => {
                    said.push(error.to_string());
                    break;
                }
            }
        }
        said.extend(messages.notes());
        said
    }

    #[test]
    fn messages_are_read_in_their_order() {
        let text = r#"{"type": "STATE", "value": {"seen": 1.10000000000000000001}}
{"type": "SCHEMA", "stream": "reviews", "key_properties": ["shop", "no"], "bookmark_properties": ["at"], "schema": {"properties": {"shop": {"type": ["null", "string"]}, "no": {"type": "number"}, "title": {"type": ["string", "null"]}, "body": {"type": ["null", "string"]}, "created_at": {"type": "string", "format": "date-time"}, "stars": {"type": "integer"}}}}
{"type": "RECORD", "stream": "reviews", "version": 7, "time_extracted": "2026-01-01T00:00:00Z", "record": {"shop": "a/b", "no": 12345678901234567890.50, "title": null, "body": "One", "created_at": "2026-01-02T03:04:05.000000Z", "other": 1}}
{"type": "ACTIVATE_VERSION", "stream": "reviews", "version": 7}
{"type": "RECORD", "stream": "reviews", "record": {"shop": null, "no": 1, "body": "Two"}}
{"type": "RECORD", "stream": "reviews", "record": {"shop": "c", "no": 1, "body": "a\u0000b"}}
{"type": "SCHEMA", "stream": "shops", "key_properties": ["id"], "schema": {"properties": {"id": {"type": "integer"}, "area": {"type": "number"}}}}
{"type": "RECORD", "stream": "shops", "record": {"id": 1, "area": 2}}
{"type": "HELLO"}
"#;
        assert_eq!(
            read(text, StreamMapping::default()),
            [
                r#"state {"seen": 1.10000000000000000001}"#,
                "reviews Some(7) a%2Fb/12345678901234567890.50  One 2026-01-02T03:04:05Z",
                "activate reviews 7",
                "5! its key property “shop” has no value",
                "6! it holds a zero character, so it is not text",
                "reviews: text = body, id = shop/no, title = title, date = created_at; not taken: stars.",
                "shops holds no property that is known for text, so it is not taken (it has: id, area); name one with --text shops:PROPERTY.",
                "Not known: messages of type HELLO (× 1).",
                "Not taken: records of “shops”, which holds no text (× 1).",
                "reviews: properties that its SCHEMA does not name: other (× 1).",
            ]
        );
    }

    #[test]
    fn what_breaks_the_protocol_ends_the_reading() {
        let check = |text: &str, expected: &str| {
            assert_eq!(read(text, StreamMapping::default()), [expected], "{text}");
        };
        check(
            r#"{"type": "RECORD", "stream": "a", "record": {}}"#,
            "Line 1 of the tap's messages: a RECORD of “a” comes before its SCHEMA.",
        );
        check(
            "\n{\"type\": \"RECORD\", \"stre",
            "Line 2 of the tap's messages: its JSON ends too early.",
        );
        check(
            "INFO starting",
            "Line 1 of the tap's messages: it is not JSON from column 1 on; a tap must log to standard error.",
        );
        check("[]", "Line 1 of the tap's messages: it is JSON, but not an object with a “type”.");
        check(
            r#"{"type": "BATCH", "stream": "a", "encoding": {"format": "jsonl"}, "manifest": []}"#,
            "Line 1 of the tap's messages: a BATCH of “a” names files, which are not read here; switch the tap's batches off (batch_config).",
        );
        check(
            r#"{"type": "RECORD", "record": {}}"#,
            "Line 1 of the tap's messages: a RECORD names no stream.",
        );
    }

    #[test]
    fn properties_are_named_for_a_stream_or_for_all() {
        let text = r#"{"type": "SCHEMA", "stream": "a", "key_properties": [], "schema": {"properties": {"said": {"type": "object"}, "body": {"type": "string"}}}}
{"type": "RECORD", "stream": "a", "record": {"said": {"plain": "inside"}, "body": "not this"}}
"#;
        let named = |stream: Option<&str>, name: &str| StreamMapping {
            text: vec![Named { stream: stream.map(str::to_owned), name: name.to_owned() }],
            ..StreamMapping::default()
        };
        let first = |mapping: StreamMapping| read(text, mapping).swap_remove(0);
        assert!(first(named(Some("a"), "said.plain")).ends_with(" inside "));
        assert!(first(named(None, "said.plain")).ends_with(" inside "));
        assert!(first(named(Some("b"), "said.plain")).ends_with(" not this "));
        assert!(first(named(None, "nothing")).ends_with(" not this "));
        assert_eq!(
            first(named(Some("a"), "nothing")),
            "Line 1 of the tap's messages: “a” has no property “nothing”; it has: said, body."
        );
    }
}

//! Messages of a Singer tap, version 0.3.0 of the specification with ACTIVATE_VERSION: an object a line.
//!
//! The order of the messages is kept, for a STATE speaks of everything before it.
//!
//! A record that cannot be taken is named and left out, like a line of a file. What breaks the
//! protocol ends the reading, because nobody knows what a STATE after it would stand for: a line that
//! is no message, a record before its SCHEMA, a BATCH.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_json::value::RawValue;

use super::message::Message;
use super::options::Options;
use crate::error::{Error, Refusal, Result};
use crate::evidence::{self, Input, Record, Unread};
use crate::incoming::{Lines, Properties};
use crate::leads::ingest;
use crate::readings::{self, Batch};

/// What follows from one message.
#[derive(Debug)]
pub enum Step {
    Document {
        stream: String,
        version: Option<i64>,
        record: Result<Record, Unread>,
    },
    Readings {
        stream: String,
        batch: Batch,
        bytes: usize,
    },
    Lead {
        stream: String,
        record: ingest::Read,
        bytes: usize,
    },
    /// The value, as it was written.
    State(String),
    Activate {
        stream: String,
        version: i64,
    },
}

/// What the records of a stream are.
enum Stream {
    Documents(Box<evidence::Stream>),
    Readings(Box<readings::Stream>),
    Leads,
    /// It holds nothing that is wanted.
    NotTaken,
}

/// The messages of one tap, read one at a time.
pub struct Messages {
    lines: Lines,
    options: Options,
    streams: BTreeMap<String, Stream>,
    ignored: BTreeMap<String, u64>,
    /// What was found by looking, and what is not taken.
    notes: BTreeSet<String>,
}

impl Messages {
    pub fn open(input: &Input, options: Options) -> Result<Self> {
        let lines = Lines::open(input.open()?, Some("utf-8"))?;
        let (streams, ignored, notes) = Default::default();
        Ok(Self { lines, options, streams, ignored, notes })
    }

    /// What was found by looking, what was left out and how often.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.notes.iter().cloned().collect();
        notes.extend(self.ignored.iter().map(|(what, times)| format!("{what} (× {times}).")));
        notes.extend(self.streams.values().filter_map(|it| match it {
            Stream::Documents(stream) => stream.unknown(),
            Stream::Readings(stream) => stream.unknown(),
            Stream::Leads | Stream::NotTaken => None,
        }));
        let sent: Vec<&String> = self.streams.keys().collect();
        notes.extend(self.options.unmet(&sent));
        notes
    }

    /// The next step; `None` at the end. An error is what breaks the protocol.
    pub fn next(&mut self) -> Result<Option<Step>> {
        while let Some(line) = self.lines.line()? {
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
                self.declare(&stream, schema, keys).map_err(|reason| broken(line, &reason))?;
                Ok(None)
            }
            Message::Record { stream, record, version } => {
                self.record(line, stream.into_owned(), version, record)
            }
            Message::State(value) => Ok(Some(Step::State(value.get().to_owned()))),
            Message::Activate { stream, version } => match self.streams.get(stream.as_ref()) {
                Some(Stream::Documents(_)) => {
                    Ok(Some(Step::Activate { stream: stream.into_owned(), version }))
                }
                Some(Stream::Readings(_)) => {
                    self.notes.insert(format!(
                        "{stream}: ACTIVATE_VERSION takes no numbers away; a reading stays until a \
                         record corrects it."
                    ));
                    Ok(None)
                }
                Some(Stream::Leads) => {
                    self.notes.insert(format!(
                        "{stream}: ACTIVATE_VERSION takes no leads away; a record that says that it \
                         is deleted does."
                    ));
                    Ok(None)
                }
                Some(Stream::NotTaken) | None => Ok(None),
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

    fn declare(
        &mut self,
        stream: &str,
        schema: &RawValue,
        keys: Vec<String>,
    ) -> Result<(), String> {
        let properties = Properties::of(schema)?;
        if let Some(leads) = self.options.leads_of(stream) {
            self.notes.insert(format!("{stream}: leads of {}.", leads.system));
            self.streams.insert(stream.to_owned(), Stream::Leads);
            return Ok(());
        }
        let found = match self.options.readings_of(stream, &properties) {
            Some((layout, mapping)) => {
                let before = match self.streams.remove(stream) {
                    Some(Stream::Readings(before)) => Some(*before),
                    _ => None,
                };
                let found =
                    readings::Stream::find(stream, properties, &keys, layout, &mapping, before)?;
                self.notes.insert(found.describe());
                Stream::Readings(Box::new(found))
            }
            None => {
                let mapping = &self.options.documents.mapping;
                evidence::Stream::find(stream, properties, keys, mapping, &mut self.notes)?
                    .map_or(Stream::NotTaken, |it| Stream::Documents(Box::new(it)))
            }
        };
        self.streams.insert(stream.to_owned(), found);
        Ok(())
    }

    fn record(
        &mut self,
        line: u64,
        stream: String,
        version: Option<i64>,
        record: &RawValue,
    ) -> Result<Option<Step>> {
        match self.streams.get_mut(&stream) {
            Some(Stream::Documents(known)) => {
                let record = known.record(line, record);
                Ok(Some(Step::Document { stream, version, record }))
            }
            Some(Stream::Readings(known)) => {
                let (batch, bytes) = (known.record(line, record), record.get().len());
                Ok(Some(Step::Readings { stream, batch, bytes }))
            }
            Some(Stream::Leads) => {
                let read: Value = serde_json::from_str(record.get())
                    .map_err(|error| broken(line, &error.to_string()))?;
                let bytes = record.get().len();
                let record = ingest::of_object(line, &read, &self.options.scoring);
                Ok(Some(Step::Lead { stream, record, bytes }))
            }
            Some(Stream::NotTaken) => {
                let what = format!("Not taken: records of “{stream}”, which holds no text");
                *self.ignored.entry(what).or_default() += 1;
                Ok(None)
            }
            None => {
                let reason = format!("a RECORD of “{stream}” comes before its SCHEMA");
                Err(broken(line, &reason))
            }
        }
    }
}

fn broken(line: u64, reason: &str) -> Error {
    Refusal::Unreadable(format!("Line {line} of the tap's messages: {reason}.")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Id, Named, StreamMapping, StreamOptions};

    fn read(text: &str, mapping: StreamMapping) -> Vec<String> {
        let bytes = text.to_owned().into_bytes().into();
        let input = Input::Bytes { name: "a".to_owned(), bytes };
        let documents = StreamOptions { mapping, ..StreamOptions::default() };
        let options = Options { documents, ..Options::default() };
        let mut messages = Messages::open(&input, options).unwrap();
        let mut said = Vec::new();
        loop {
            match messages.next() {
                Ok(Some(Step::Document { stream, version, record })) => said.push(match record {
                    Ok(it) => {
                        let Id::Given(id) = &it.id else { panic!("{:?}", it.id) };
                        let date = it.date.map(|it| it.to_string()).unwrap_or_default();
                        format!("{stream} {version:?} {id} {} {} {date}", it.title, it.text)
                    }
                    Err(unread) => format!("{}! {}", unread.line, unread.reason),
                }),
                Ok(Some(Step::Readings { .. } | Step::Lead { .. })) => panic!("only documents"),
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
                "shops holds no property that is known for text, so it is not taken (it has: id, area); name one with --text shops:PROPERTY, or have its numbers taken with --readings shops.",
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

//! One line of a tap.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// A message. Values stay as they were written, so that no number is rounded.
#[derive(Debug)]
pub enum Message<'a> {
    Schema { stream: Cow<'a, str>, schema: &'a RawValue, keys: Vec<String> },
    Record { stream: Cow<'a, str>, record: &'a RawValue, version: Option<i64> },
    State(&'a RawValue),
    Activate { stream: Cow<'a, str>, version: i64 },
    Batch { stream: Cow<'a, str> },
    Unknown(String),
}

#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow)]
    schema: Option<&'a RawValue>,
    key_properties: Option<Vec<String>>,
    #[serde(borrow)]
    record: Option<&'a RawValue>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    version: Option<i64>,
}

impl<'a> Message<'a> {
    /// Or what is wrong with it.
    pub fn read(line: &'a str) -> Result<Self, String> {
        let Parts { kind, stream, schema, key_properties, record, value, version } =
            serde_json::from_str(line).map_err(|error| match error.classify() {
                Category::Data => "it is JSON, but not an object with a “type”".to_owned(),
                Category::Eof => "its JSON ends too early".to_owned(),
                _ => format!(
                    "it is not JSON from column {} on; a tap must log to standard error",
                    error.column()
                ),
            })?;
        let kind = kind.as_ref();
        let missing = |what: &str| format!("a {kind} {what}");
        let stream = || stream.clone().ok_or_else(|| missing("names no stream"));
        Ok(match kind {
            "SCHEMA" => Self::Schema {
                stream: stream()?,
                schema: schema.ok_or_else(|| missing("has no schema"))?,
                keys: key_properties.unwrap_or_default(),
            },
            "RECORD" => Self::Record {
                stream: stream()?,
                record: record.ok_or_else(|| missing("has no record"))?,
                version,
            },
            "STATE" => Self::State(value.ok_or_else(|| missing("has no value"))?),
            "ACTIVATE_VERSION" => Self::Activate {
                stream: stream()?,
                version: version.ok_or_else(|| missing("has no version"))?,
            },
            "BATCH" => Self::Batch { stream: stream()? },
            other => Self::Unknown(other.chars().take(40).collect()),
        })
    }
}

//! The properties of a Singer stream: what its SCHEMA says of them, and their values in a record.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The values of a record, as they were written.
pub type Values<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Names of properties without a schema that are kept, to be told.
const UNKNOWN_KEPT: usize = 50;

/// The properties of one stream, and what its records have besides.
#[derive(Clone, Debug)]
pub struct Properties {
    schemas: Map<String, Value>,
    /// Properties of records that the schema does not name, and how often they came.
    unknown: BTreeMap<String, u64>,
}

impl Properties {
    /// From a SCHEMA; or what is wrong with it, in a sentence.
    pub fn of(schema: &RawValue) -> Result<Self, String> {
        let schema: Value = serde_json::from_str(schema.get()).map_err(|it| it.to_string())?;
        let schemas = schema.get("properties").and_then(Value::as_object);
        Ok(Self { schemas: schemas.cloned().unwrap_or_default(), unknown: BTreeMap::new() })
    }

    /// In the order of the schema.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.schemas.keys().map(String::as_str)
    }

    pub fn has(&self, name: &str) -> bool {
        self.schemas.contains_key(name)
    }

    /// The first in the order of the schema that is so.
    pub fn find(&self, fits: impl Fn(&str, &Value) -> bool) -> Option<&str> {
        self.schemas.iter().find(|(name, schema)| fits(name, schema)).map(|(name, _)| name.as_str())
    }

    /// The types of a property; none where its schema leaves them open.
    pub fn types(&self, name: &str) -> Vec<&str> {
        self.schemas.get(name).map(types).unwrap_or_default()
    }

    /// The values of a record; or why there are none.
    pub fn values<'a>(&mut self, record: &'a RawValue) -> Result<Values<'a>, String> {
        let values: Values<'a> =
            serde_json::from_str(record.get()).map_err(|_| "its record is no object".to_owned())?;
        for name in values.keys().filter(|it| !self.schemas.contains_key(it.as_ref())) {
            if let Some(times) = self.unknown.get_mut(name.as_ref()) {
                *times += 1;
            } else if self.unknown.len() < UNKNOWN_KEPT {
                self.unknown.insert(name.clone().into_owned(), 1);
            }
        }
        Ok(values)
    }

    /// What came that the schema does not name, in a sentence.
    pub fn unknown(&self, stream: &str) -> Option<String> {
        let counted: Vec<String> =
            self.unknown.iter().map(|(name, times)| format!("{name} (× {times})")).collect();
        (!counted.is_empty()).then(|| {
            let names = counted.join(", ");
            format!("{stream}: properties that its SCHEMA does not name: {names}.")
        })
    }
}

/// A type may be one or a list, and an alternative may have its own.
pub fn types(schema: &Value) -> Vec<&str> {
    let types = alternatives(schema).filter_map(|it| it.get("type"));
    types
        .flat_map(|it| match it {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<_>>(),
        })
        .collect()
}

pub fn formats(schema: &Value) -> Vec<&str> {
    alternatives(schema).filter_map(|it| it.get("format")?.as_str()).collect()
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let inside = ["anyOf", "oneOf"].into_iter().filter_map(|it| schema.get(it)?.as_array());
    std::iter::once(schema).chain(inside.flatten())
}

/// A value as text: a number as it was written. Lists, objects and nothing are none.
pub fn text_of(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'[' | b'{' => None,
        _ if raw.get() == "null" => None,
        _ => Some(raw.get().to_owned()),
    }
}

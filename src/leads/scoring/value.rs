//! One value of an attribute.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words;

/// A number, a word, or whether something is so.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Truth(bool),
    Number(f64),
    Text(String),
}

impl Value {
    /// Of a cell or a field: empty is none, what reads as a number is one.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        match number(text) {
            Some(number) => Some(Self::Number(number)),
            None => Some(Self::Text(text.to_owned())),
        }
    }

    /// Of a field of JSON; null and empty are none, a list is its entries with semicolons.
    pub fn of_json(json: &serde_json::Value) -> Option<Self> {
        use serde_json::Value as Json;
        match json {
            Json::Null => None,
            Json::Bool(truth) => Some(Self::Truth(*truth)),
            Json::Number(number) => number.as_f64().filter(|it| it.is_finite()).map(Self::Number),
            Json::String(text) => Self::read(text),
            Json::Array(list) => {
                let entries: Vec<String> =
                    list.iter().filter_map(Self::of_json).map(|it| it.to_string()).collect();
                Self::read(&entries.join(";"))
            }
            Json::Object(_) => None,
        }
    }

    /// As a number, where it is one or reads as one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Truth(truth) => Some(f64::from(u8::from(*truth))),
            Self::Number(number) => Some(*number).filter(|it| it.is_finite()),
            Self::Text(text) => number(text),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truth(true) => f.write_str("yes"),
            Self::Truth(false) => f.write_str("no"),
            Self::Number(number) => f.write_str(&words::amount(*number, None)),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A finite number as exports write it. Words such as `nan` and `inf` are words.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if !begins || !plain {
        return None;
    }
    text.parse().ok().filter(|it: &f64| it.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_where_they_are_numbers() {
        let check = |text, expected: Option<f64>| assert_eq!(number(text), expected, "{text:?}");
        check("12", Some(12.0));
        check(" -1.8 ", Some(-1.8));
        check("1e3", Some(1_000.0));
        check("", None);
        check("nan", None);
        check("inf", None);
        check("1-2", None);
        check("12 apples", None);
        check("1e999", None);
    }

    #[test]
    fn fields_of_json_become_values() {
        let check = |json: serde_json::Value, expected: Option<&str>| {
            let value = Value::of_json(&json).map(|it| it.to_string());
            assert_eq!(value.as_deref(), expected, "{json}");
        };
        check(serde_json::json!(null), None);
        check(serde_json::json!(""), None);
        check(serde_json::json!("120"), Some("120"));
        check(serde_json::json!(true), Some("yes"));
        check(serde_json::json!(["retail", null, "fashion"]), Some("retail;fashion"));
        check(serde_json::json!({"a": 1}), None);
    }
}

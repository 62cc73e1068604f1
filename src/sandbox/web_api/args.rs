//! The arguments of a call, however they were encoded.

use serde_json::{Map, Value, json};

use super::Failure;

pub struct Args(pub Map<String, Value>);

impl Args {
    pub fn parse(query: &str, content_type: &str, body: &[u8]) -> Result<Self, Failure> {
        let mut args = Map::new();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        args.extend(pairs.map(|(name, value)| (name.into_owned(), json!(value))));
        if content_type.starts_with("application/json") {
            let body = if body.is_empty() { b"{}" } else { body };
            let body: Value = serde_json::from_slice(body).map_err(|_| "invalid_json")?;
            let Value::Object(body) = body else { return Err("json_not_object".into()) };
            args.extend(body);
        } else if content_type.starts_with("multipart/form-data") {
            let boundary = super::files::boundary(content_type).ok_or("invalid_form_data")?;
            for part in super::files::parts(body, boundary) {
                let value = String::from_utf8_lossy(part.content).into_owned();
                args.insert(part.name, json!(value));
            }
        } else {
            let pairs = url::form_urlencoded::parse(body);
            args.extend(pairs.map(|(name, value)| (name.into_owned(), json!(value))));
        }
        Ok(Self(args))
    }

    /// An argument that is there and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// An argument that must be there; if it is not, `error`.
    pub fn needed(&self, name: &str, error: &'static str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| {
            if error == "invalid_arguments" {
                Failure::because(error, &[format!("missing required field: {name}")])
            } else {
                error.into()
            }
        })
    }

    pub fn flag(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(flag)) => matches!(flag.as_str(), "true" | "1" | "True"),
            Some(Value::Number(flag)) => flag.as_i64() == Some(1),
            _ => false,
        }
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        match self.0.get(name)? {
            Value::String(number) => number.parse().ok(),
            number => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        }
    }

    /// A structured argument, given as JSON or as JSON in a string.
    pub fn json(&self, name: &str) -> Result<Option<Value>, serde_json::Error> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// One page of `items`, and the cursor of the next.
    pub fn page<T>(
        &self,
        items: Vec<T>,
        default: usize,
        most: usize,
    ) -> Result<(Vec<T>, String), Failure> {
        let start = match self.text("cursor") {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix("dXNlcjpV")
                .and_then(|n| n.parse().ok())
                .ok_or("invalid_cursor")?,
        };
        let limit = self.number("limit").filter(|limit| *limit > 0).unwrap_or(default).min(most);
        let next = start + limit;
        let cursor = if next < items.len() { format!("dXNlcjpV{next}") } else { String::new() };
        Ok((items.into_iter().skip(start).take(limit).collect(), cursor))
    }
}

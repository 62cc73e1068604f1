//! What is sent in: a body of JSON lines, JSON or CSV in, a summary out. `documents` takes what is
//! read and cited, `readings` numbers, `leads` prospects and what they did.
//!
//! A token is for one source (`COUNTERSIGN_SOURCE_TOKENS`), and is known at both of the first two
//! addresses; leads are signed.

mod documents;
mod leads;
mod readings;
mod signed;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Router, routing::post};
use bytes::Bytes;
use serde_json::value::RawValue;

use super::bearer::{Door, Known, Pace, Trouble, broken};
use crate::app::App;
use crate::error::{Error, Refusal};

const DOOR: Door = Door {
    whose: "source",
    variable: "COUNTERSIGN_SOURCE_TOKENS",
    limit: 16 * 1024 * 1024,
    when_too_large: "Send it in several parts: what comes again changes nothing.",
    has_tokens: |app| !app.source_tokens.is_empty(),
    name_of: |app, token| app.source_tokens.source_of(token).map(str::to_owned),
};

/// Seconds after which an import that is in the way is probably done.
const BUSY_S: i64 = 5;

pub fn router() -> Router<App> {
    Router::new()
        .route("/ingest/documents", post(documents::take))
        .route("/ingest/readings", post(readings::take))
        .route("/ingest/leads", post(leads::take))
        .layer(Extension(Pace::default()))
}

/// What a sender who is known sent.
struct FromSource(Known);

impl FromRequest<App> for FromSource {
    type Rejection = Trouble;

    async fn from_request(request: Request, app: &App) -> Result<Self, Trouble> {
        let path = request.uri().path().to_owned();
        let read = DOOR.read(request, app).await;
        read.map(Self).inspect_err(|trouble| {
            tracing::warn!(
                path,
                status = trouble.status.as_u16(),
                "what was sent in was refused: {}",
                trouble.sentence
            );
        })
    }
}

impl FromSource {
    /// Refuses a token that is not that of the source which the sender means.
    fn check_source(&self, meant: Option<&str>) -> Result<(), Trouble> {
        match meant.filter(|other| *other != self.0.name) {
            None => Ok(()),
            Some(other) => {
                let sentence =
                    format!("This token is for “{}”; “{other}” has its own.", self.0.name);
                Err(Trouble::new(StatusCode::FORBIDDEN, sentence))
            }
        }
    }

    /// The body as rows, by what the sender says it is, and its encoding where that is said too.
    fn body(&self) -> Result<(Rows, Bytes, Option<String>), Trouble> {
        let (form, encoding) = form(&self.0.headers)?;
        let body = match form {
            Form::Array => lines_of(&self.0.body)?,
            Form::Rows(_) => self.0.body.clone(),
        };
        let rows = match form {
            Form::Array => Rows::Jsonl,
            Form::Rows(rows) => rows,
        };
        Ok((rows, body, encoding))
    }
}

/// How the rows of a body are written.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    Jsonl,
    Csv,
    Tsv,
}

pub(super) enum Form {
    Rows(Rows),
    /// One JSON array of objects, or one object.
    Array,
}

pub(super) fn form(headers: &HeaderMap) -> Result<(Form, Option<String>), Trouble> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let mut parts = kind.unwrap_or_default().split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"').to_owned())
    });
    let form = match kind.as_str() {
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines" => Form::Rows(Rows::Jsonl),
        "text/csv" => Form::Rows(Rows::Csv),
        "text/tab-separated-values" => Form::Rows(Rows::Tsv),
        "application/json" => Form::Array,
        _ => {
            let sentence = "Say what it is with Content-Type: application/x-ndjson (an object a line), application/json (an array of objects), text/csv or text/tab-separated-values.";
            return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
        }
    };
    Ok((form, charset))
}

/// The objects of an array, one a line: a line break in JSON is white space, or it is escaped.
fn lines_of(body: &[u8]) -> Result<Bytes, Trouble> {
    let objects: Result<Vec<&RawValue>, _> = match body.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice(body).map(|one| vec![one]),
        _ => serde_json::from_slice(body),
    };
    let objects = objects.map_err(|error| {
        let sentence = format!("The body is no JSON array of objects: {error}.");
        Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
    })?;
    let mut lines = String::with_capacity(body.len() + objects.len());
    for object in objects {
        lines.extend(object.get().chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        lines.push('\n');
    }
    Ok(lines.into())
}

/// What an error means for a sender. Sentences name what to change as the command line has it; `here`
/// says it as it stands in the address.
fn trouble(error: Error, here: fn(&str) -> String) -> Trouble {
    match error {
        Error::Fault(fault) => {
            tracing::error!("what was sent in was not taken: {fault:#}");
            broken()
        }
        Error::Refused(refusal @ Refusal::ImportUnderWay { .. }) => Trouble {
            retry_after: Some(BUSY_S),
            ..Trouble::new(StatusCode::CONFLICT, refusal.to_string())
        },
        Error::Refused(refusal) => {
            Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, here(&refusal.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_becomes_an_object_a_line() {
        let lines = lines_of(b" [{\"a\":\n 1.10,\"b\":\"x\\ny\"},\r\n{}]").unwrap();
        assert_eq!(&lines[..], b"{\"a\":  1.10,\"b\":\"x\\ny\"}\n{}\n");
        assert_eq!(&lines_of(b"{\"text\":\"a\"}").unwrap()[..], b"{\"text\":\"a\"}\n");
        assert_eq!(&lines_of(b"[]").unwrap()[..], b"");
        assert!(lines_of(b"[{]").is_err() && lines_of(b"").is_err());
    }
}

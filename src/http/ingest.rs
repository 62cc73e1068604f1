//! Documents that are sent in: a body of JSON lines, JSON or CSV in, a summary out.
//!
//! A token is for one source (`COUNTERSIGN_SOURCE_TOKENS`). Who may see a source is said before anything
//! is in it, so a request never makes one.

use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router, routing::post};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::bearer::{Door, Known, Pace, Trouble, broken};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{Error, Refusal};
use crate::evidence::{self, DocumentFile, Format, Input, Mapping, SourceSpec, Summary};

const DOOR: Door = Door {
    whose: "source",
    variable: "COUNTERSIGN_SOURCE_TOKENS",
    limit: 16 * 1024 * 1024,
    when_too_large: "Send it in several parts: a document that comes again changes nothing.",
    has_tokens: |app| !app.source_tokens.is_empty(),
    name_of: |app, token| app.source_tokens.source_of(token).map(str::to_owned),
};

/// Seconds after which an import that is in the way is probably done.
const BUSY_S: i64 = 5;

/// Which column or key holds what; what is not named is found by looking.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    /// The source that the sender means: a token for another one is refused.
    source: Option<String>,
    id: Option<String>,
    title: Option<String>,
    text: Option<String>,
    date: Option<String>,
    url: Option<String>,
    author: Option<String>,
    date_format: Option<String>,
}

/// What a sender who is known sent.
struct FromSource(Known);

pub fn router() -> Router<App> {
    Router::new().route("/ingest/documents", post(documents)).layer(Extension(Pace::default()))
}

impl FromRequest<App> for FromSource {
    type Rejection = Trouble;

    async fn from_request(request: Request, app: &App) -> Result<Self, Trouble> {
        let read = DOOR.read(request, app).await;
        read.map(Self).inspect_err(|trouble| {
            tracing::warn!(
                status = trouble.status.as_u16(),
                "documents that were sent in were refused: {}",
                trouble.sentence
            );
        })
    }
}

async fn documents(
    State(app): State<App>,
    named: Result<Query<Named>, axum::extract::rejection::QueryRejection>,
    FromSource(sent): FromSource,
) -> Result<Response, Trouble> {
    let Query(named) = named.map_err(|_| {
        let sentence = "After the ? this address takes source, id, title, text, date, url, author and date_format, each once.";
        Trouble::new(StatusCode::BAD_REQUEST, sentence)
    })?;
    if let Some(other) = named.source.as_ref().filter(|other| **other != sent.name) {
        let sentence = format!("This token is for “{}”; “{other}” has its own.", sent.name);
        return Err(Trouble::new(StatusCode::FORBIDDEN, sentence));
    }
    let (format, encoding) = form(&sent.headers)?;
    let (format, bytes) = match format {
        Form::Array => (Format::Jsonl, lines_of(&sent.body)?),
        Form::Lines(format) => (format, sent.body),
    };
    let Named { id, title, text, date, url, author, date_format, .. } = named;
    let mapping = Mapping { id, title, text, date, url, author, date_format, encoding };
    let input = Input::Bytes { name: "The body".to_owned(), bytes };
    let file = DocumentFile { format, mapping, ..input.into() };

    // Whoever hangs up cuts nothing off: what was begun comes to its end.
    let taker = app.clone();
    let source = sent.name.clone();
    let taken = app.background.spawn(async move { take(&taker, &source, &file).await });
    let summary = taken.await.map_err(|_| broken())??;
    Ok(answer(&sent.name, &summary))
}

async fn take(app: &App, source: &str, file: &DocumentFile) -> Result<Summary, Trouble> {
    let known = evidence::sources(&app.db, app.workspace.id).await.map_err(trouble)?;
    if !known.iter().any(|it| it.name == source) {
        let sentence = format!(
            "There is no source “{source}” yet. Whoever runs Countersign says first whose it is and who may see it: countersign evidence source {source} --add --owner NAME."
        );
        return Err(Trouble::new(StatusCode::NOT_FOUND, sentence));
    }
    let (spec, by) = (SourceSpec::named(source), Actor::Bot);
    let (db, clock, workspace) = (&app.db, &app.clock, app.workspace.id);
    evidence::ingest_documents(db, clock, workspace, &by, &spec, file, |_| {})
        .await
        .map_err(trouble)
}

/// Nothing taken and something refused is a failure, with the same account of it.
fn answer(source: &str, summary: &Summary) -> Response {
    let taken = summary.new + summary.changed + summary.unchanged;
    let refusals = summary.refusals.iter();
    let refusals: Vec<Value> =
        refusals.map(|it| json!({"line": it.line, "reason": in_this_door(&it.reason)})).collect();
    let notes: Vec<String> = summary.notes.iter().map(|it| in_this_door(it)).collect();
    let mut body = json!({
        "source": source,
        "new": summary.new,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "repeated": summary.repeated,
        "refused": summary.refused,
        "refusals": refusals,
        "notes": notes,
    });
    if taken == 0 && summary.refused > 0 {
        body["error"] = "Nothing was taken: every record was refused.".into();
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response();
    }
    Json(body).into_response()
}

/// Sentences name what to change as the command line has it; here it stands in the address.
fn in_this_door(sentence: &str) -> String {
    sentence.replace("--date-format", "?date_format=").replace("--text", "?text=")
}

pub(super) enum Form {
    Lines(Format),
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
        | "application/x-jsonlines" => Form::Lines(Format::Jsonl),
        "text/csv" => Form::Lines(Format::Csv),
        "text/tab-separated-values" => Form::Lines(Format::Tsv),
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

fn trouble(error: Error) -> Trouble {
    match error {
        Error::Fault(fault) => {
            tracing::error!("documents that were sent in were not taken: {fault:#}");
            broken()
        }
        Error::Refused(refusal @ Refusal::ImportUnderWay { .. }) => Trouble {
            retry_after: Some(BUSY_S),
            ..Trouble::new(StatusCode::CONFLICT, refusal.to_string())
        },
        Error::Refused(refusal) => {
            Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, in_this_door(&refusal.to_string()))
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

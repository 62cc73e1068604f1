//! Counts of running tests that are sent in: a day and an arm a row, a summary out.
//!
//! The token is that of a source, as for documents. The first source that counts a test is the one that
//! does; another would count twice.

use axum::extract::{FromRequest, Query, Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json, Router, routing::post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bearer::{Door, Known, Pace, Trouble, broken};
use super::ingest::{Form, Rows, form};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{Error, Refusal};
use crate::experiments::{self, Body, Delivery, Origin};
use crate::ids::ExperimentId;

const DOOR: Door = Door {
    whose: "source",
    variable: "COUNTERSIGN_SOURCE_TOKENS",
    limit: 4 * 1024 * 1024,
    when_too_large: "Send the days in several parts: a day that comes again changes nothing.",
    has_tokens: |app| !app.source_tokens.is_empty(),
    name_of: |app, token| app.source_tokens.source_of(token).map(str::to_owned),
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    /// The number of the test, which stands on its card.
    test: i64,
}

/// What a sender who is known sent.
struct Sent(Known);

pub fn router() -> Router<App> {
    Router::new().route("/ingest/observations", post(take)).layer(Extension(Pace::default()))
}

impl FromRequest<App> for Sent {
    type Rejection = Trouble;

    async fn from_request(request: Request, app: &App) -> Result<Self, Trouble> {
        DOOR.read(request, app).await.map(Self).inspect_err(|trouble| {
            tracing::warn!(
                status = trouble.status.as_u16(),
                "counts that were sent in were refused: {}",
                trouble.sentence
            );
        })
    }
}

async fn take(
    State(app): State<App>,
    named: Result<Query<Named>, axum::extract::rejection::QueryRejection>,
    Sent(sent): Sent,
) -> Result<Json<Value>, Trouble> {
    let Query(named) = named.map_err(|_| {
        let sentence = "Say after the ? which test was counted, and nothing else: ?test=12. Its number stands on its card.";
        Trouble::new(StatusCode::BAD_REQUEST, sentence)
    })?;
    let objects = match form(&sent.headers)?.0 {
        Form::Rows(Rows::Csv) => None,
        Form::Rows(Rows::Jsonl) => Some(lines(&sent.body)?),
        Form::Array => Some(array(&sent.body)?),
        Form::Rows(Rows::Tsv) => {
            let sentence = "Send counts as text/csv, application/json or application/x-ndjson.";
            return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
        }
    };
    let now = app.now();
    let delivery = Delivery {
        workspace: app.workspace.id,
        test: ExperimentId(named.test),
        origin: Origin::Sender(&sent.name),
        by: Actor::Bot,
        now,
        today: now.to_zoned(app.manifest.zone.clone()).date(),
    };
    let body = match &objects {
        Some(objects) => Body::Objects(objects),
        None => Body::Csv(&sent.body),
    };
    let observed = experiments::observe(&app.db, &delivery, body).await.map_err(trouble)?;
    Ok(Json(json!({
        "test": named.test,
        "new": observed.new,
        "changed": observed.changed,
        "unchanged": observed.unchanged,
    })))
}

fn array(body: &[u8]) -> Result<Vec<Map<String, Value>>, Trouble> {
    let read = match body.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice(body).map(|one| vec![one]),
        _ => serde_json::from_slice(body),
    };
    read.map_err(|error| unreadable(&format!("The body is no JSON array of objects: {error}.")))
}

fn lines(body: &[u8]) -> Result<Vec<Map<String, Value>>, Trouble> {
    let lines = body.split(|byte| *byte == b'\n').enumerate();
    let written = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let read = written.map(|(at, line)| {
        serde_json::from_slice(line)
            .map_err(|error| unreadable(&format!("Line {} is no JSON object: {error}.", at + 1)))
    });
    read.collect()
}

fn unreadable(sentence: &str) -> Trouble {
    Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
}

fn trouble(error: Error) -> Trouble {
    match error {
        Error::Fault(fault) => {
            tracing::error!("counts that were sent in were not taken: {fault:#}");
            broken()
        }
        // What is not there, or not any more.
        Error::Refused(refusal @ Refusal::Missing(_)) => {
            Trouble::new(StatusCode::CONFLICT, refusal.to_string())
        }
        Error::Refused(refusal) => unreadable(&refusal.to_string()),
    }
}

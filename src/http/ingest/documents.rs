//! Documents that are sent in.
//!
//! Who may see a source is said before anything is in it, so a request never makes one.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bearer::{Trouble, broken};
use super::{FromSource, Rows, trouble};
use crate::app::App;
use crate::audit::Actor;
use crate::evidence::{self, DocumentFile, Format, Input, Mapping, SourceSpec, Summary};

/// Which column or key holds what; what is not named is found by looking.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
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

pub async fn take(
    State(app): State<App>,
    named: Result<Query<Named>, QueryRejection>,
    sent: FromSource,
) -> Result<Response, Trouble> {
    let Query(named) = named.map_err(|_| {
        let sentence = "After the ? this address takes source, id, title, text, date, url, author and date_format, each once.";
        Trouble::new(StatusCode::BAD_REQUEST, sentence)
    })?;
    sent.check_source(named.source.as_deref())?;
    let (rows, bytes, encoding) = sent.body()?;
    let format = match rows {
        Rows::Jsonl => Format::Jsonl,
        Rows::Csv => Format::Csv,
        Rows::Tsv => Format::Tsv,
    };
    let Named { id, title, text, date, url, author, date_format, .. } = named;
    let mapping = Mapping { id, title, text, date, url, author, date_format, encoding };
    let input = Input::Bytes { name: "The body".to_owned(), bytes };
    let file = DocumentFile { format, mapping, ..input.into() };

    // Whoever hangs up cuts nothing off: what was begun comes to its end.
    let taker = app.clone();
    let source = sent.0.name.clone();
    let taken = app.background.spawn(async move { import(&taker, &source, &file).await });
    let summary = taken.await.map_err(|_| broken())??;
    Ok(answer(&sent.0.name, &summary))
}

async fn import(app: &App, source: &str, file: &DocumentFile) -> Result<Summary, Trouble> {
    let known =
        evidence::sources(&app.db, app.workspace.id).await.map_err(|it| trouble(it, here))?;
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
        .map_err(|it| trouble(it, here))
}

/// Nothing taken and something refused is a failure, with the same account of it.
fn answer(source: &str, summary: &Summary) -> Response {
    let taken = summary.new + summary.changed + summary.unchanged;
    let refusals = summary.refusals.iter();
    let refusals: Vec<Value> =
        refusals.map(|it| json!({"line": it.line, "reason": here(&it.reason)})).collect();
    let notes: Vec<String> = summary.notes.iter().map(|it| here(it)).collect();
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

/// What to change, as it stands in the address.
fn here(sentence: &str) -> String {
    sentence.replace("--date-format", "?date_format=").replace("--text", "?text=")
}

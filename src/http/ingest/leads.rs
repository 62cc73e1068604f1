//! Leads and what they did, as CRMs and websites send them.
//!
//! HubSpot sends arrays of single changes. Everybody else sends an object that says which system its
//! ids are of, with the records under `records`: leads, activities (`"activity"` with `"at"`) and
//! deletions (`"deleted": true`).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bearer::{Trouble, broken};
use super::signed::{Sender, Signed};
use super::trouble;
use crate::app::App;
use crate::audit::Actor;
use crate::leads::ingest::{self, Input, Summary, Taker};

/// What a system is called that does not say it.
const SYSTEM: &str = "webhook";

#[derive(Deserialize)]
struct Body {
    system: Option<String>,
    records: Vec<Value>,
}

pub async fn take(State(app): State<App>, signed: Signed) -> Result<Response, Trouble> {
    let unreadable = |error: serde_json::Error| {
        let sentence = format!(
            "The body is not understood: {error}. Send {{\"system\": \"crm\", \"records\": [{{\"id\": \"77\", \"email\": \"…\"}}]}}."
        );
        Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
    };
    let (system, input) = match signed.sender {
        Sender::HubSpot => {
            let events = serde_json::from_slice(&signed.body).map_err(unreadable)?;
            ("hubspot".to_owned(), Input::HubSpot(events))
        }
        Sender::Webhook => {
            let body: Body = serde_json::from_slice(&signed.body).map_err(unreadable)?;
            (body.system.unwrap_or_else(|| SYSTEM.to_owned()), Input::Objects(body.records))
        }
    };

    // Whoever hangs up cuts nothing off: what was begun comes to its end.
    let taker = app.clone();
    let taken = app.background.spawn(async move {
        let taker = Taker {
            db: &taker.db,
            clock: &taker.clock,
            workspace: taker.workspace.id,
            scoring: &taker.manifest.scoring,
            by: Actor::Bot,
            system: &system,
        };
        ingest::take(&taker, input).await
    });
    let summary = taken.await.map_err(|_| broken())?;
    Ok(answer(&summary.map_err(|it| trouble(it, str::to_owned))?))
}

/// Nothing taken and something refused is a failure, with the same account of it.
fn answer(summary: &Summary) -> Response {
    let mut body = json!(summary);
    if summary.refused > 0 && summary.refused == summary.records {
        body["error"] = "Nothing was taken: every record was refused.".into();
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response();
    }
    Json(body).into_response()
}

//! Slack's requests: signed, parsed, carried out, answered.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::signature::FromSlack;
use crate::app::App;
use crate::inbox;
use crate::slack::inbound::{Delivery, IncomingEvent, Interaction, SlashCommand};

/// What Slack asks now and then: whether the address speaks TLS. Nothing follows from it.
#[derive(Deserialize)]
pub struct SslCheck {
    ssl_check: Option<String>,
}

pub async fn ssl_check(Query(query): Query<SslCheck>) -> StatusCode {
    match query.ssl_check {
        Some(_) => StatusCode::OK,
        None => StatusCode::METHOD_NOT_ALLOWED,
    }
}

pub async fn command(State(app): State<App>, FromSlack(body): FromSlack) -> Response {
    if serde_urlencoded::from_bytes::<SslCheck>(&body).is_ok_and(|form| form.ssl_check.is_some()) {
        return StatusCode::OK.into_response();
    }
    match SlashCommand::from_form(&body) {
        Ok(command) => answer(&app, Delivery::Command(Box::new(command))).await,
        Err(error) => unreadable("command", &error),
    }
}

pub async fn interaction(State(app): State<App>, FromSlack(body): FromSlack) -> Response {
    match Interaction::from_form(&body) {
        Ok(interaction) => answer(&app, Delivery::Interaction(Box::new(interaction))).await,
        Err(error) => unreadable("interaction", &error),
    }
}

pub async fn event(State(app): State<App>, FromSlack(body): FromSlack) -> Response {
    match IncomingEvent::from_body(&body) {
        Ok(IncomingEvent::UrlVerification { challenge }) => {
            Json(serde_json::json!({ "challenge": challenge })).into_response()
        }
        Ok(event) => answer(&app, Delivery::Event(event)).await,
        Err(error) => unreadable("event", &error),
    }
}

async fn answer(app: &App, delivery: Delivery) -> Response {
    // Slack hangs up after three seconds, and this future is dropped then, wherever it is. What was
    // begun comes to its end all the same: sqlx does not bear being dropped as it begins a
    // transaction (https://github.com/transact-rs/sqlx/issues/4393).
    let taker = app.clone();
    let taken = app.background.spawn(async move { inbox::receive(&taker, delivery).await });
    match taken.await {
        Ok(Ok(answer)) => match answer.body() {
            Some(body) => Json(body).into_response(),
            None => StatusCode::OK.into_response(),
        },
        // Not acknowledged: Slack says so to the person, and delivers events again.
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Signed by Slack, but not of a form that we know: said in the log and in the answer.
fn unreadable(kind: &'static str, error: &impl std::fmt::Display) -> Response {
    tracing::warn!(delivery.kind = kind, "a signed request could not be read: {error}");
    (StatusCode::BAD_REQUEST, format!("This {kind} could not be read: {error}\n")).into_response()
}

//! The control API: what scripts ask of the workspace. `control.md` describes it.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::act::{Acted, Place};
use super::faults::Fault;
use super::{Sandbox, transcript};

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox", get(async || include_str!("control.md")))
        .route("/sandbox/command", post(command))
        .route("/sandbox/message", post(message))
        .route("/sandbox/click", post(click))
        .route("/sandbox/submit", post(submit))
        .route("/sandbox/close", post(close))
        .route("/sandbox/shortcut", post(shortcut))
        .route("/sandbox/home", post(home))
        .route("/sandbox/fault", post(fault).delete(clear_faults))
        .route("/sandbox/people", get(people))
        .route("/sandbox/channels", get(channels))
        .route("/sandbox/transcript", get(channel_as_text))
}

/// A JSON body; one that is none is answered with a sentence.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => {
                let sentence = match &rejection {
                    JsonRejection::MissingJsonContentType(_) => {
                        "Send JSON, with the header Content-Type: application/json.".to_owned()
                    }
                    other => format!("{}. GET /sandbox says what goes where.", other.body_text()),
                };
                Err(refused(rejection.status(), &sentence))
            }
        }
    }
}

/// What an act is answered with.
pub(super) fn answered(acted: Acted) -> Response {
    match acted {
        Ok(outcome) => Json(outcome).into_response(),
        Err(sentence) => refused(StatusCode::BAD_REQUEST, &sentence),
    }
}

pub(super) fn refused(status: StatusCode, sentence: &str) -> Response {
    let body = json!({ "error": sentence, "status": 0, "ephemeral": [], "modal": null });
    (status, Json(body)).into_response()
}

impl Sandbox {
    /// A channel as text, as `person` sees it or as everyone does.
    pub fn transcript(&self, channel: &str, person: Option<&str>) -> Result<String, String> {
        let person = person.map(|name| self.actor(name)).transpose()?.map(|person| person.id);
        let id = match &person {
            Some(person) => self.place(person, channel)?.id,
            None => self.with(|workspace| {
                let channel = workspace.channel_called(channel).map(|channel| channel.id.clone());
                channel.ok_or_else(|| "There is no such channel.".to_owned())
            })?,
        };
        Ok(self.with(|workspace| transcript::of_channel(workspace, &id, person.as_deref())))
    }

    /// The messages of a channel as the page gets them, oldest first.
    pub fn messages(&self, person: &str, channel: &str) -> Result<Vec<Value>, String> {
        let person = self.actor(person)?.id;
        let id = self.place(&person, channel)?.id;
        Ok(self.with(|workspace| {
            let messages = workspace.messages.get(&id).into_iter().flat_map(|all| all.values());
            let seen = messages.filter(|message| message.is_visible_to(&person));
            seen.map(|message| message.for_page(workspace)).collect()
        }))
    }
}

#[derive(Deserialize)]
struct Command {
    person: String,
    channel: String,
    text: String,
    thread: Option<String>,
}

async fn command(State(sandbox): State<Sandbox>, Body(ask): Body<Command>) -> Response {
    let thread = ask.thread.as_deref();
    answered(sandbox.command_in(&ask.person, &ask.channel, &ask.text, thread).await)
}

async fn message(State(sandbox): State<Sandbox>, Body(ask): Body<Command>) -> Response {
    let thread = ask.thread.as_deref();
    answered(sandbox.message(&ask.person, &ask.channel, &ask.text, thread).await)
}

#[derive(Deserialize)]
struct Click {
    person: String,
    button: String,
    channel: Option<String>,
    message: Option<String>,
    option: Option<Value>,
    #[serde(default)]
    home: bool,
}

async fn click(State(sandbox): State<Sandbox>, Body(ask): Body<Click>) -> Response {
    let place = match (ask.home, &ask.channel) {
        (true, _) => Place::Home,
        (false, Some(channel)) => Place::Channel { channel, message: ask.message.as_deref() },
        (false, None) => Place::Modal,
    };
    answered(sandbox.click(&ask.person, place, &ask.button, ask.option.as_ref()).await)
}

#[derive(Deserialize)]
struct Submit {
    person: String,
    #[serde(default)]
    values: Map<String, Value>,
}

async fn submit(State(sandbox): State<Sandbox>, Body(ask): Body<Submit>) -> Response {
    answered(sandbox.submit(&ask.person, &ask.values).await)
}

#[derive(Deserialize)]
pub(super) struct Who {
    pub person: String,
}

async fn close(State(sandbox): State<Sandbox>, Body(ask): Body<Who>) -> Response {
    answered(sandbox.close(&ask.person).await)
}

async fn home(State(sandbox): State<Sandbox>, Body(ask): Body<Who>) -> Response {
    answered(sandbox.home(&ask.person).await)
}

#[derive(Deserialize)]
struct Shortcut {
    person: String,
    name: String,
    channel: Option<String>,
    message: Option<String>,
}

async fn shortcut(State(sandbox): State<Sandbox>, Body(ask): Body<Shortcut>) -> Response {
    let message = match (&ask.channel, &ask.message) {
        (_, None) => None,
        (Some(channel), Some(ts)) => Some((channel.as_str(), ts.as_str())),
        (None, Some(_)) => {
            return refused(StatusCode::BAD_REQUEST, "Name the channel of the message, too.");
        }
    };
    answered(sandbox.shortcut(&ask.person, &ask.name, message).await)
}

async fn fault(State(sandbox): State<Sandbox>, Body(fault): Body<Fault>) -> Response {
    sandbox.fault(fault);
    Json(json!({ "ok": true })).into_response()
}

async fn clear_faults(State(sandbox): State<Sandbox>) -> Response {
    sandbox.clear_faults();
    Json(json!({ "ok": true })).into_response()
}

async fn people(State(sandbox): State<Sandbox>) -> Response {
    Json(sandbox.with(|workspace| json!({ "people": workspace.people_for_page() }))).into_response()
}

async fn channels(State(sandbox): State<Sandbox>) -> Response {
    let channels = sandbox.with(|workspace| {
        let channels = workspace.channels.values().map(|channel| {
            json!({
                "id": channel.id, "name": workspace.channel_label(channel),
                "topic": channel.topic, "is_private": channel.is_private,
                "is_im": channel.im_with.is_some(), "is_archived": channel.is_archived,
                "members": channel.members, "app_is_member": workspace.app_is_in(channel),
            })
        });
        channels.collect::<Vec<_>>()
    });
    Json(json!({ "channels": channels })).into_response()
}

#[derive(Deserialize)]
struct Which {
    channel: String,
    person: Option<String>,
}

async fn channel_as_text(State(sandbox): State<Sandbox>, Query(ask): Query<Which>) -> Response {
    let person = ask.person.as_deref().filter(|person| !person.is_empty());
    match sandbox.transcript(&ask.channel, person) {
        Ok(text) => text.into_response(),
        Err(sentence) => refused(StatusCode::NOT_FOUND, &sentence),
    }
}

//! Response URLs: five messages within half an hour to where something happened.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Sandbox;
use super::message::Message;
use super::record::Record;
use super::web_api::{Failure, content};
use super::workspace::Workspace;

const USES: u32 = 5;
const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResponseUrl {
    pub id: String,
    pub person: String,
    pub channel: String,
    /// The message in which it happened, and its thread.
    pub message_ts: Option<String>,
    pub thread_ts: Option<String>,
    pub uses: u32,
    /// Milliseconds.
    pub made_at: i64,
}

pub fn routes() -> Router<Sandbox> {
    Router::new().route("/response/{id}", post(respond))
}

impl Workspace {
    pub fn new_response_url(
        &mut self,
        person: &str,
        channel: &str,
        message: Option<&Message>,
    ) -> String {
        let id = hex::encode(rand::random::<[u8; 16]>());
        let address = format!("{}response/{id}", self.base);
        self.put(Record::ResponseUrl(ResponseUrl {
            id,
            person: person.to_owned(),
            channel: channel.to_owned(),
            message_ts: message.map(|message| message.ts.clone()),
            thread_ts: message.and_then(|message| message.thread_ts.clone()),
            uses: 0,
            made_at: self.clock.now().as_millisecond(),
        }));
        address
    }

    /// Does what the app posted to a response URL, or what it acknowledged a command with.
    pub fn respond(&mut self, to: &ResponseUrl, body: &Value) -> Result<(), Failure> {
        let original = to.message_ts.as_ref().and_then(|ts| self.message(&to.channel, ts)).cloned();
        if is_set(&body["delete_original"]) {
            let original = original.ok_or_else(|| Failure::new("message_not_found"))?;
            self.remove(&original);
            return Ok(());
        }
        let content = content::of_object(self, body)?;
        if is_set(&body["replace_original"])
            && let Some(original) = original
        {
            let edited = original.only_for.is_none().then(|| self.next_ts());
            self.change(Message {
                text: content.text,
                blocks: content.blocks,
                attachments: content.attachments,
                metadata: content.metadata.or(original.metadata.clone()),
                edited,
                ..original
            });
            return Ok(());
        }
        let is_public = body["response_type"] == "in_channel";
        let thread = body["thread_ts"].as_str().map(str::to_owned);
        self.post(Message {
            channel: to.channel.clone(),
            thread_ts: thread.or_else(|| to.thread_ts.clone()),
            user: self.seed.app.bot_user_id.clone(),
            text: content.text,
            blocks: content.blocks,
            attachments: content.attachments,
            metadata: content.metadata,
            only_for: (!is_public).then(|| to.person.clone()),
            ..Message::default()
        });
        Ok(())
    }

    fn use_response_url(&mut self, id: &str, body: &Value) -> Result<(), Failure> {
        let url = self.response_urls.get(id).cloned();
        let mut url = url.ok_or_else(|| Failure::new("expired_url"))?;
        let age_ms = self.clock.now().as_millisecond() - url.made_at;
        if i128::from(age_ms) >= LIFETIME.as_millis() {
            return Err(Failure::new("expired_url"));
        }
        if url.uses >= USES {
            return Err(Failure::new("used_url"));
        }
        self.respond(&url, body)?;
        url.uses += 1;
        self.put(Record::ResponseUrl(url));
        Ok(())
    }
}

async fn respond(State(sandbox): State<Sandbox>, Path(id): Path<String>, body: Bytes) -> Response {
    let body: Value = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(_) => return (StatusCode::BAD_REQUEST, "invalid_payload").into_response(),
    };
    let arguments = body.as_object().cloned().unwrap_or_default();
    sandbox
        .called("response_url", arguments, |sandbox| {
            match sandbox.with(|workspace| workspace.use_response_url(&id, &body)) {
                Ok(()) => (StatusCode::OK, "ok").into_response(),
                Err(failure) => {
                    let status = match failure.error.as_str() {
                        "expired_url" | "used_url" | "message_not_found" => StatusCode::NOT_FOUND,
                        _ => StatusCode::BAD_REQUEST,
                    };
                    (status, axum::Json(failure.body())).into_response()
                }
            }
        })
        .await
}

/// The SDKs write these flags as booleans, some apps as strings.
fn is_set(flag: &Value) -> bool {
    *flag == json!(true) || *flag == json!("true")
}

impl ResponseUrl {
    /// The place to which a command's acknowledgement goes; no address leads there.
    pub fn at(person: &str, channel: &str) -> Self {
        Self {
            id: String::new(),
            person: person.to_owned(),
            channel: channel.to_owned(),
            message_ts: None,
            thread_ts: None,
            uses: 0,
            made_at: 0,
        }
    }
}

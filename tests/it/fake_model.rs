//! A server of language models on this machine, for both protocols, that answers as a test says.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use countersign::config::{ModelKeys, Secret};
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// The variable that the manifest names, and what is in it.
const VARIABLE: &str = "FAKE_MODEL_KEY";
pub const KEY: &str = "key-of-the-fake-model";

/// What every answer is said to have used.
pub const INPUT_TOKENS: u64 = 120;
pub const OUTPUT_TOKENS: u64 = 30;

#[derive(Clone)]
pub struct FakeModel {
    /// Where it is; both protocols add their paths to it.
    pub url: String,
    world: Arc<World>,
}

#[derive(Default)]
struct World {
    asked: Mutex<Vec<Asked>>,
    answers: Mutex<VecDeque<Answer>>,
    reached: Notify,
    left: Notify,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Makes an answer from the body of the request.
type Made = Arc<dyn Fn(&Value) -> Value + Send + Sync>;

/// What the next request meets.
#[derive(Clone)]
pub enum Answer {
    /// Streamed to the end.
    Json(Value),
    /// The same, made from the body of the request.
    Made(Made),
    /// The same as JSON, once it is let go.
    Held(Value, Arc<Notify>),
    Text(&'static str),
    /// Streamed to the end, which has this reason.
    Stops(&'static str, &'static str),
    /// The stream ends after this text as if it were done.
    Ends(&'static str),
    /// The connection breaks after this text.
    Breaks(&'static str),
    /// Nothing comes after this text, and the connection stays.
    Stalls(&'static str),
    /// This text, and then a line that has no end.
    Floods(&'static str),
    /// An error in the middle of the stream, after this text.
    Fails(&'static str, &'static str),
    /// A status, a header, and the kind and the message of an error.
    Status(u16, Option<(&'static str, &'static str)>, &'static str, &'static str),
    /// Well-formed, and no stream.
    NoStream,
    /// No answer, ever.
    Silence,
}

/// Sees that whoever asked has gone away.
struct Listener(Arc<World>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.left.notify_one();
    }
}

impl FakeModel {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { url, world: Arc::default() };
        let router = Router::new().fallback(take_in).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// What the next request that nothing was said of yet meets.
    pub fn answer(&self, answer: Answer) {
        self.world.answers.lock().unwrap().push_back(answer);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.world.asked.lock().unwrap().clone()
    }

    /// Waits until a request is there that is not answered to its end.
    pub async fn reached(&self) {
        self.world.reached.notified().await;
    }

    /// Waits until whoever asked such a request has gone away.
    pub async fn left(&self) {
        self.world.left.notified().await;
    }

    /// The example manifest, in which research and content work with this model; `lines` are added to the
    /// research agent, such as a budget.
    pub fn manifest(&self, lines: &str) -> String {
        let example = include_str!("../../manifests/team.toml");
        let agent = "sources = [\"*\"]\n";
        assert!(example.contains(agent), "the example has changed");
        let example = example.replacen(agent, &format!("{agent}model = \"fake\"\n{lines}\n"), 1);
        let content = "drafts_a_day = 40\n";
        assert!(example.contains(content), "the example has changed");
        let example = example.replacen(content, &format!("{content}model = \"fake\"\n"), 1);
        format!(
            "{example}\n[[model]]\nname = \"fake\"\nprotocol = \"anthropic\"\nmodel = \"fake-1\"\nurl = \"{}\"\n\
             key = \"{VARIABLE}\"\nprice = {{ input = \"3.00\", output = \"15.00\", currency = \"USD\" }}\n",
            self.url
        )
    }

    pub fn keys(&self) -> ModelKeys {
        ModelKeys::Given([(VARIABLE.to_owned(), Secret::new(KEY))].into())
    }
}

async fn take_in(
    State(fake): State<FakeModel>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let path = uri.path().to_owned();
    let protocol = match path.as_str() {
        "/v1/messages" => Wire::Anthropic,
        "/chat/completions" => Wire::OpenAi,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let world = &fake.world;
    world.asked.lock().unwrap().push(Asked { path, headers, body: body.clone() });
    let answer = world.answers.lock().unwrap().pop_front();
    let whole = |text: String| protocol.events(&text, Some(protocol.stop()), true);
    match answer.expect("nothing was said of this request") {
        Answer::Json(json) => streamed(whole(json.to_string())),
        Answer::Made(make) => streamed(whole(make(&body).to_string())),
        Answer::Held(json, let_go) => {
            let_go.notified().await;
            streamed(whole(json.to_string()))
        }
        Answer::Text(text) => streamed(whole(text.to_owned())),
        Answer::Stops(text, reason) => streamed(protocol.events(text, Some(reason), true)),
        Answer::Ends(text) => streamed(protocol.events(text, None, false)),
        Answer::Breaks(text) => {
            let sent = stream::iter(protocol.events(text, None, false)).map(Ok);
            let broken = Err(std::io::Error::other("the connection breaks"));
            // What was sent must be on its way before the connection goes.
            let then = stream::once(async {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                broken
            });
            event_stream(sent.chain(then))
        }
        Answer::Stalls(text) => {
            let listener = Listener(world.clone());
            world.reached.notify_one();
            let sent = stream::iter(protocol.events(text, None, false)).map(Ok::<_, Infallible>);
            event_stream(sent.chain(stream::pending()).inspect(move |_| _ = &listener))
        }
        Answer::Floods(text) => {
            let listener = Listener(world.clone());
            let sent = stream::iter(protocol.events(text, None, false));
            let flood = stream::repeat("data: and so on".repeat(1_000));
            let both = sent.chain(flood).map(Ok::<_, Infallible>);
            event_stream(both.inspect(move |_| _ = &listener))
        }
        Answer::Fails(text, kind) => {
            let mut events = protocol.events(text, None, false);
            let error = json!({ "type": "error", "error": { "type": kind, "message": "m" } });
            events.push(event(Some("error"), &error));
            streamed(events)
        }
        Answer::Status(status, header, kind, message) => {
            let body = json!({ "type": "error", "error": { "type": kind, "message": message } });
            let response = Response::builder().status(status);
            let response = header
                .into_iter()
                .fold(response, |response, (name, value)| response.header(name, value));
            response.body(Body::from(body.to_string())).unwrap()
        }
        Answer::NoStream => axum::Json(json!({ "choices": [] })).into_response(),
        Answer::Silence => {
            let _listener = Listener(world.clone());
            world.reached.notify_one();
            std::future::pending().await
        }
    }
}

fn streamed(events: Vec<String>) -> Response {
    event_stream(stream::iter(events).map(Ok::<_, Infallible>))
}

fn event_stream<E>(events: impl Stream<Item = Result<String, E>> + Send + 'static) -> Response
where
    E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    let response = Response::builder().header("content-type", "text/event-stream; charset=utf-8");
    response.body(Body::from_stream(events)).unwrap()
}

#[derive(Clone, Copy)]
enum Wire {
    Anthropic,
    OpenAi,
}

impl Wire {
    const fn stop(self) -> &'static str {
        match self {
            Self::Anthropic => "end_turn",
            Self::OpenAi => "stop",
        }
    }

    /// An answer, in pieces of a few characters.
    fn events(self, text: &str, reason: Option<&str>, ends: bool) -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        let pieces = letters.chunks(7).map(|piece| piece.iter().collect::<String>());
        match self {
            Self::Anthropic => {
                let usage = json!({ "input_tokens": INPUT_TOKENS, "output_tokens": 1 });
                let message = json!({ "id": "msg_1", "type": "message", "role": "assistant",
                    "content": [], "model": "fake-1-20261122", "stop_reason": null, "usage": usage });
                let mut events = vec![json!({ "type": "message_start", "message": message })];
                events.push(json!({ "type": "content_block_start", "index": 0,
                    "content_block": { "type": "text", "text": "" } }));
                events.push(json!({ "type": "ping" }));
                events.extend(pieces.map(|text| {
                    json!({ "type": "content_block_delta", "index": 0,
                        "delta": { "type": "text_delta", "text": text } })
                }));
                if let Some(reason) = reason {
                    events.push(json!({ "type": "content_block_stop", "index": 0 }));
                    events
                        .push(json!({ "type": "message_delta", "delta": { "stop_reason": reason },
                        "usage": { "output_tokens": OUTPUT_TOKENS } }));
                }
                if ends {
                    events.push(json!({ "type": "message_stop" }));
                }
                events.iter().map(|one| event(one["type"].as_str(), one)).collect()
            }
            Self::OpenAi => {
                let chunk = |choices: Value, usage: Value| {
                    event(
                        None,
                        &json!({ "id": "c-1", "object": "chat.completion.chunk",
                        "created": 1, "model": "fake-1-20261122", "choices": choices, "usage": usage }),
                    )
                };
                let choice = |delta: Value, reason: Option<&str>| json!([{ "index": 0, "delta": delta, "finish_reason": reason }]);
                let mut events = vec![chunk(
                    choice(json!({ "role": "assistant", "content": "" }), None),
                    json!(null),
                )];
                events.extend(
                    pieces.map(|text| chunk(choice(json!({ "content": text }), None), json!(null))),
                );
                if let Some(reason) = reason {
                    events.push(chunk(choice(json!({}), Some(reason)), json!(null)));
                    let usage = json!({ "prompt_tokens": INPUT_TOKENS,
                        "completion_tokens": OUTPUT_TOKENS, "total_tokens": 150 });
                    events.push(chunk(json!([]), usage));
                }
                if ends {
                    events.push("data: [DONE]\n\n".to_owned());
                }
                events
            }
        }
    }
}

fn event(name: Option<&str>, data: &Value) -> String {
    match name {
        Some(name) => format!("event: {name}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    }
}

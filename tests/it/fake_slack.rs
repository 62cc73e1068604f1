//! As much of Slack's Web API as it takes to go wrong in every way a message can go wrong.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use countersign::slack::{Settings, Slack};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

#[derive(Clone)]
pub struct FakeSlack {
    pub url: String,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    world: Mutex<World>,
    reached: Notify,
    released: Notify,
}

#[derive(Default)]
struct World {
    messages: Vec<Value>,
    calls: Vec<Call>,
    faults: HashMap<String, VecDeque<Fault>>,
    answers: HashMap<String, Value>,
    last_ts: u64,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub token: Option<String>,
    pub body: Value,
}

#[derive(Clone, Debug)]
pub enum Fault {
    RateLimited {
        seconds: u64,
    },
    /// An HTTP status, before or after the request took effect.
    Status {
        status: u16,
        after: bool,
    },
    /// No answer until `release`, before or after the request took effect.
    Hold {
        after: bool,
    },
    Error(&'static str, Value),
    /// A page of HTML, as proxies send.
    Nonsense,
}

impl FakeSlack {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { url, inner: Arc::default() };
        let router = Router::new()
            .route("/api/{method}", any(api))
            .route("/response/{id}", any(elsewhere))
            .route("/upload/{id}", any(elsewhere))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// With short time-outs, and no pace to keep.
    pub fn settings(&self) -> Settings {
        Settings {
            api_url: format!("{}/api/", self.url).parse().unwrap(),
            app_token: Some("xapp-test".to_owned()),
            timeout: Duration::from_millis(400),
            patience: Duration::from_secs(3),
            messages_per_second: 1_000.0,
            burst: 1_000.0,
            settle_time: Duration::ZERO,
            ..Settings::new("xoxb-test")
        }
    }

    pub fn client(&self) -> Slack {
        Slack::new(self.settings()).unwrap()
    }

    /// The next call of the method not yet promised a fault meets this one.
    pub fn fault(&self, method: &str, fault: Fault) {
        let mut world = self.inner.world.lock().unwrap();
        world.faults.entry(method.to_owned()).or_default().push_back(fault);
    }

    /// What a method says from now on, beyond `ok`.
    pub fn answer(&self, method: &str, answer: Value) {
        self.inner.world.lock().unwrap().answers.insert(method.to_owned(), answer);
    }

    /// Until a request is held.
    pub async fn reached(&self) {
        self.inner.reached.notified().await;
    }

    pub fn release(&self) {
        self.inner.released.notify_one();
    }

    pub fn messages(&self) -> Vec<Value> {
        self.inner.world.lock().unwrap().messages.clone()
    }

    /// The texts of all messages, in their order.
    pub fn texts(&self) -> Vec<String> {
        let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
        self.messages().iter().map(text).collect()
    }

    pub fn calls(&self) -> Vec<Call> {
        self.inner.world.lock().unwrap().calls.clone()
    }

    /// How often each method was called, as a sentence.
    pub fn count(&self, method: &str) -> usize {
        self.calls().iter().filter(|call| call.method == method).count()
    }

    /// Somebody says something in the channel.
    pub fn say(&self, channel: &str, message: Value) {
        let mut world = self.inner.world.lock().unwrap();
        let mut whole = json!({"channel": channel, "user": "U0MAYA", "text": "hm"});
        whole.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
        world.post(whole);
    }

    pub fn delete_all(&self) {
        self.inner.world.lock().unwrap().messages.clear();
    }
}

async fn api(
    State(fake): State<FakeSlack>,
    Path(method): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arguments = serde_json::from_slice(&body).unwrap_or_else(|_| json!(query));
    let fault = fake.receive(&method, &headers, arguments.clone());
    match fault {
        Some(Fault::RateLimited { seconds }) => {
            let headers = [("retry-after", seconds.to_string())];
            let body = axum::Json(json!({"ok": false, "error": "ratelimited"}));
            return (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response();
        }
        Some(Fault::Status { status, after }) => {
            if after {
                fake.act(&method, &arguments);
            }
            return StatusCode::from_u16(status).unwrap().into_response();
        }
        Some(Fault::Error(code, more)) => {
            let mut answer = json!({"ok": false, "error": code});
            answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            return axum::Json(answer).into_response();
        }
        Some(Fault::Nonsense) => return axum::response::Html("<h1>Welcome</h1>").into_response(),
        Some(Fault::Hold { after: false }) => {
            fake.inner.reached.notify_one();
            fake.inner.released.notified().await;
        }
        Some(Fault::Hold { after: true }) => {
            let answer = fake.act(&method, &arguments);
            fake.inner.reached.notify_one();
            fake.inner.released.notified().await;
            return axum::Json(answer).into_response();
        }
        None => {}
    }
    axum::Json(fake.act(&method, &arguments)).into_response()
}

async fn elsewhere(State(fake): State<FakeSlack>, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!(body.len()));
    match fake.receive("elsewhere", &headers, body) {
        Some(Fault::Status { status, .. }) => {
            (StatusCode::from_u16(status).unwrap(), "expired_url").into_response()
        }
        _ => "OK".into_response(),
    }
}

impl FakeSlack {
    fn receive(&self, method: &str, headers: &HeaderMap, body: Value) -> Option<Fault> {
        let token = headers.get("authorization").map(|it| it.to_str().unwrap().to_owned());
        let mut world = self.inner.world.lock().unwrap();
        world.calls.push(Call { method: method.to_owned(), token, body });
        world.faults.get_mut(method)?.pop_front()
    }

    fn act(&self, method: &str, arguments: &Value) -> Value {
        let mut world = self.inner.world.lock().unwrap();
        let mut answer = match method {
            "auth.test" => json!({"user_id": "U0BOT", "bot_id": "B0BOT", "team_id": "T0MARKET",
                "team": "Market", "url": "https://market.slack.com/", "enterprise_id": null}),
            "chat.postMessage" => {
                let mut message = arguments.clone();
                message["user"] = "U0BOT".into();
                message["bot_id"] = "B0BOT".into();
                let ts = world.post(message);
                json!({"ts": ts, "channel": arguments["channel"]})
            }
            "chat.update" | "chat.delete" => {
                let ts = &arguments["ts"];
                match world.messages.iter().position(|message| message["ts"] == *ts) {
                    None => return json!({"ok": false, "error": "message_not_found"}),
                    Some(at) if method == "chat.delete" => drop(world.messages.remove(at)),
                    Some(at) => {
                        for key in ["text", "blocks"] {
                            world.messages[at][key] = arguments[key].clone();
                        }
                    }
                }
                json!({"ts": ts})
            }
            "conversations.history" | "conversations.replies" => world.history(arguments),
            _ => json!({}),
        };
        if let Some(more) = world.answers.get(method) {
            answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        answer["ok"] = true.into();
        answer
    }
}

impl World {
    fn post(&mut self, mut message: Value) -> String {
        self.last_ts += 1;
        let seconds = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let ts = format!("{seconds}.{:06}", self.last_ts);
        message["ts"] = ts.as_str().into();
        self.messages.push(message);
        ts
    }

    /// A channel's messages newest first, a thread's oldest first, as Slack gives them.
    fn history(&self, arguments: &Value) -> Value {
        let root = arguments.get("ts");
        let belongs = |message: &&Value| {
            message["channel"] == arguments["channel"]
                && match root {
                    Some(root) => message["ts"] == *root || message["thread_ts"] == *root,
                    None => message["thread_ts"].is_null(),
                }
        };
        let mut messages: Vec<Value> = self.messages.iter().filter(belongs).cloned().collect();
        if root.is_none() {
            messages.reverse();
        }
        if arguments["include_all_metadata"] != "true" {
            messages.iter_mut().for_each(|message| message["metadata"] = Value::Null);
        }
        let limit: usize = arguments["limit"].as_str().unwrap().parse().unwrap();
        let from: usize = arguments["cursor"].as_str().map_or(0, |cursor| cursor.parse().unwrap());
        let next = from + limit;
        let cursor = if next < messages.len() { next.to_string() } else { String::new() };
        let page: Vec<Value> = messages.into_iter().skip(from).take(limit).collect();
        json!({"messages": page, "response_metadata": {"next_cursor": cursor}})
    }
}

//! A server that answers the Web API in ways the local workspace does not: with what a test says,
//! with nonsense, or not at all.

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

#[derive(Clone)]
pub struct FakeSlack {
    pub url: String,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    world: Mutex<World>,
}

#[derive(Default)]
struct World {
    calls: Vec<Call>,
    faults: HashMap<String, VecDeque<Fault>>,
    answers: HashMap<String, Value>,
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
    Status(u16),
    /// No answer, ever.
    Silence,
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

    pub fn calls(&self) -> Vec<Call> {
        self.inner.world.lock().unwrap().calls.clone()
    }

    pub fn count(&self, method: &str) -> usize {
        self.calls().iter().filter(|call| call.method == method).count()
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
    match fake.receive(&method, &headers, arguments) {
        Some(Fault::RateLimited { seconds }) => {
            let headers = [("retry-after", seconds.to_string())];
            let body = axum::Json(json!({"ok": false, "error": "ratelimited"}));
            (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
        }
        Some(Fault::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Fault::Error(code, more)) => {
            let mut answer = json!({"ok": false, "error": code});
            answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            axum::Json(answer).into_response()
        }
        Some(Fault::Nonsense) => axum::response::Html("<h1>Welcome</h1>").into_response(),
        Some(Fault::Silence) => std::future::pending().await,
        None => {
            let scopes = [("x-oauth-scopes", "chat:write, commands,users:read")];
            (scopes, axum::Json(fake.say(&method))).into_response()
        }
    }
}

async fn elsewhere(State(fake): State<FakeSlack>, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!(body.len()));
    match fake.receive("elsewhere", &headers, body) {
        Some(Fault::Status(status)) => {
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

    fn say(&self, method: &str) -> Value {
        let world = self.inner.world.lock().unwrap();
        let mut answer = world.answers.get(method).cloned().unwrap_or_else(|| json!({}));
        answer["ok"] = true.into();
        answer
    }
}

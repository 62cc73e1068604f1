//! The local workspace, entered over its own wire by an app that is nothing but its requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod acting;
mod deliveries;
mod faults;
mod journal;
mod reading;
mod socket;
mod views;
mod writing;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use countersign::clock::Clock;
use countersign::sandbox::{Delivery, Sandbox, Seed, Settings};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

/// What the app answers: a status and a body.
type Answer = (u16, String);
type Handler = Arc<dyn Fn(Received) -> BoxFuture<'static, Answer> + Send + Sync>;

/// A workspace that listens, and a way to call its Web API.
#[derive(Clone)]
struct Slack {
    sandbox: Sandbox,
    url: Url,
    http: reqwest::Client,
}

/// A delivery as the app received it.
#[derive(Clone, Debug)]
struct Received {
    /// `commands`, `interactivity` or `events`.
    to: String,
    headers: HeaderMap,
    body: Bytes,
}

/// An app that remembers what it received.
#[derive(Clone)]
struct App {
    received: Arc<Mutex<Vec<Received>>>,
    handler: Handler,
}

impl Slack {
    async fn start() -> Self {
        Self::of(Sandbox::new(seed(), Clock::default())).await
    }

    async fn of(sandbox: Sandbox) -> Self {
        let settings = Settings {
            ack_timeout: Duration::from_millis(300),
            settle: Duration::ZERO,
            retries: vec![Duration::from_millis(10), Duration::from_millis(20)],
            ..Settings::default()
        };
        sandbox.set(settings);
        let url = serve(sandbox.router()).await;
        sandbox.at(url.clone());
        // Another test of this process may have installed it.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
        Self { sandbox, url, http }
    }

    /// A workspace with an app that receives over HTTP.
    async fn with_app<F>(
        handler: impl Fn(Slack, Received) -> F + Send + Sync + 'static,
    ) -> (Self, App)
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let slack = Self::start().await;
        let for_handler = slack.clone();
        let handler: Handler =
            Arc::new(move |received| Box::pin(handler(for_handler.clone(), received)));
        let app = App { received: Arc::default(), handler };
        slack.connect(&app).await;
        (slack, app)
    }

    async fn connect(&self, app: &App) {
        let url =
            serve(Router::new().route("/{to}", post(App::receive)).with_state(app.clone())).await;
        let at = |path: &str| url.join(path).unwrap();
        self.sandbox.deliver(Delivery::Http {
            commands: at("commands"),
            interactivity: at("interactivity"),
            events: at("events"),
        });
    }

    async fn api(&self, method: &str, arguments: Value) -> Value {
        self.api_as("xoxb-sandbox-bot", method, arguments).await
    }

    async fn api_as(&self, token: &str, method: &str, arguments: Value) -> Value {
        let url = self.url.join(&format!("api/{method}")).unwrap();
        let request = self.http.post(url).bearer_auth(token).json(&arguments);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// A call that must succeed.
    async fn ok(&self, method: &str, arguments: Value) -> Value {
        let answer = self.api(method, arguments).await;
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer
    }

    /// The error of a call that must fail.
    async fn error(&self, method: &str, arguments: Value) -> String {
        let answer = self.api(method, arguments).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
        answer["error"].as_str().unwrap().to_owned()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(self.url.join(path).unwrap()).json(&body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(json!(text)))
    }

    fn transcript(&self, channel: &str, person: &str) -> String {
        self.sandbox.transcript(channel, Some(person)).unwrap()
    }
}

impl App {
    /// What it received, once nothing is under way any longer.
    async fn received(&self, slack: &Slack, to: &str) -> Vec<Received> {
        slack.sandbox.settled().await;
        let received = self.received.lock().unwrap();
        received.iter().filter(|received| received.to == to).cloned().collect()
    }

    async fn receive(
        State(app): State<Self>,
        Path(to): Path<String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> (StatusCode, String) {
        let received = Received { to, headers, body };
        app.received.lock().unwrap().push(received.clone());
        let (status, body) = (app.handler)(received).await;
        (StatusCode::from_u16(status).unwrap(), body)
    }
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A field of a command's form.
    fn field(&self, name: &str) -> String {
        let mut fields = url::form_urlencoded::parse(&self.body);
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }

    /// The payload of an interaction, or the envelope of an event.
    fn payload(&self) -> Value {
        match self.to.as_str() {
            "events" => serde_json::from_slice(&self.body).unwrap(),
            _ => serde_json::from_str(&self.field("payload")).unwrap(),
        }
    }
}

/// The sample company, in a workspace that granted the app everything.
fn seed() -> Seed {
    let mut seed = Seed::example();
    seed.team_id = "T0NORTHWND".to_owned();
    seed.team_domain = "northwind-tea".to_owned();
    seed.app.scopes = [
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "reactions:read",
        "reactions:write",
        "team:read",
        "usergroups:read",
        "users:read",
        "users:read.email",
    ]
    .map(str::to_owned)
    .to_vec();
    seed
}

/// Acknowledges everything with nothing.
async fn acknowledge(_: Slack, _: Received) -> Answer {
    (200, String::new())
}

async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

fn button(label: &str, action_id: &str, value: &str) -> Value {
    json!({
        "type": "button", "action_id": action_id, "value": value,
        "text": { "type": "plain_text", "text": label },
    })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

//! A receiver of webhooks that answers as a test says, or not at all.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use countersign::config::Webhook;
use tokio::net::TcpListener;
use tokio::sync::Notify;

pub const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    world: Arc<World>,
}

#[derive(Default)]
struct World {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<Answer>>,
    arrived: Notify,
    released: Notify,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub content_type: String,
    pub body: Bytes,
}

/// What the next request meets, when it has been taken in.
#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16),
    /// With a header.
    With(u16, &'static str, &'static str),
    /// No answer, ever.
    Silence,
    /// No answer until [`Receiver::release`]; then this status.
    Held(u16),
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks?token=hidden", listener.local_addr().unwrap());
        let receiver = Self { url, world: Arc::default() };
        let router = Router::new().fallback(take_in).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// As an installation is told of it, with a short time-out.
    pub fn webhook(&self) -> Webhook {
        self.webhook_with(None)
    }

    pub fn webhook_with(&self, old: Option<&str>) -> Webhook {
        let (url, secret) = (Some(self.url.clone()), Some(SECRET.to_owned()));
        let webhook = Webhook::parse(url, secret, old.map(str::to_owned)).unwrap().unwrap();
        Webhook { timeout: Duration::from_millis(500), ..webhook }
    }

    pub fn answer(&self, answer: Answer) {
        self.world.answers.lock().unwrap().push_back(answer);
    }

    pub fn received(&self) -> Vec<Received> {
        self.world.received.lock().unwrap().clone()
    }

    /// The kinds of what came in, in the order in which it came.
    pub fn events(&self) -> Vec<String> {
        self.received().iter().map(|one| one.json()["type"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until a request is held.
    pub async fn reached(&self) {
        self.world.arrived.notified().await;
    }

    pub fn release(&self) {
        self.world.released.notify_one();
    }
}

impl Received {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }
}

async fn take_in(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let world = &receiver.world;
    world.received.lock().unwrap().push(Received {
        path: uri.path().to_owned(),
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        content_type: header("content-type"),
        body,
    });
    let answer = world.answers.lock().unwrap().pop_front();
    let (status, named) = match answer {
        None => (204, None),
        Some(Answer::Status(status)) => (status, None),
        Some(Answer::With(status, name, value)) => (status, Some((name, value))),
        Some(Answer::Silence) => std::future::pending().await,
        Some(Answer::Held(status)) => {
            world.arrived.notify_one();
            world.released.notified().await;
            (status, None)
        }
    };
    let response = Response::builder().status(status);
    let response =
        named.into_iter().fold(response, |response, (name, value)| response.header(name, value));
    response.body(Body::from("thanks")).unwrap()
}

//! How what happens reaches the app: on which way, how often, and what came back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;
use url::Url;

use super::Sandbox;
use super::record::Record;
use super::workspace::Workspace;

const LOG: usize = 2_000;

/// How the app receives.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
#[derive(Clone, Debug)]
pub enum Delivery {
    Http { commands: Url, interactivity: Url, events: Url },
    SocketMode,
}

/// A delivery as it went out.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `slash_commands`, `interactive` or `events_api`, as Socket Mode names them.
    pub kind: &'static str,
    pub payload: Value,
    /// The exact request; none in Socket Mode.
    pub request: Option<SignedRequest>,
    /// 0 if there was no acknowledgement in time.
    pub status: u16,
    pub at: Timestamp,
}

/// A request as the app received it, signature included.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Command,
    Interactive,
    Event,
}

/// One delivery to make.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub kind: Kind,
    pub payload: Value,
    pub attempt: u32,
    pub reason: &'static str,
}

/// What the app answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Ack {
    /// 0 if it did not.
    pub status: u16,
    /// JSON, or text as a string; null if empty.
    pub body: Value,
    /// Slack's word for what went wrong.
    pub error: Option<&'static str>,
    pub may_retry: bool,
}

#[derive(Default)]
pub(super) struct Postman {
    delivery: Mutex<Option<Delivery>>,
    pub http: OnceLock<reqwest::Client>,
    sent: Mutex<VecDeque<Sent>>,
    in_flight: Arc<watch::Sender<usize>>,
}

/// Counts a delivery as under way until dropped.
struct Flight(Arc<watch::Sender<usize>>);

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "slash_commands",
            Self::Interactive => "interactive",
            Self::Event => "events_api",
        }
    }
}

impl Parcel {
    pub fn new(kind: Kind, payload: Value) -> Self {
        Self { kind, payload, attempt: 0, reason: "" }
    }

    /// Wraps an event, and remembers it until the app has acknowledged it.
    pub fn event(workspace: &mut Workspace, event: Value) -> Self {
        let event_id = workspace.next_id("Ev");
        let body = super::payload::event(workspace, &event_id, event);
        workspace.put(Record::Pending { event_id, body: body.clone() });
        Self::new(Kind::Event, body)
    }

    /// An event that was never acknowledged before the workspace stopped.
    pub fn again(event: Value) -> Self {
        Self { kind: Kind::Event, payload: event, attempt: 1, reason: "unknown_error" }
    }
}

impl Ack {
    pub fn failed(error: &'static str) -> Self {
        Self { error: Some(error), may_retry: true, ..Self::default() }
    }

    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Postman {
    pub fn set_delivery(&self, delivery: Delivery) {
        *self.delivery.lock().unwrap_or_else(PoisonError::into_inner) = Some(delivery);
    }

    pub async fn settled(&self) {
        let mut in_flight = self.in_flight.subscribe();
        let _sender_lives_with_self = in_flight.wait_for(|count| *count == 0).await;
    }

    fn delivery(&self) -> Option<Delivery> {
        self.delivery.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn log(&self, sent: Sent) {
        let mut log = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == LOG {
            log.pop_front();
        }
        log.push_back(sent);
    }

    fn fly(&self) -> Flight {
        self.in_flight.send_modify(|count| *count += 1);
        Flight(Arc::clone(&self.in_flight))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Sandbox {
    /// What went to the app, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        let sent = self.inner.postman.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().cloned().collect()
    }

    /// The exact request of the last delivery over HTTP.
    pub fn last_request(&self) -> Option<SignedRequest> {
        let sent = self.inner.postman.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().rev().find_map(|sent| sent.request.clone())
    }

    /// Delivers the last payload again, so many times at once; the statuses answered.
    pub async fn redeliver(&self, times: usize) -> Vec<u16> {
        let last = {
            let sent = self.inner.postman.sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.back().cloned()
        };
        let Some(last) = last else { return Vec::new() };
        let kind = match last.kind {
            "slash_commands" => Kind::Command,
            "interactive" => Kind::Interactive,
            _ => Kind::Event,
        };
        let parcel =
            Parcel { attempt: 1, reason: "http_timeout", ..Parcel::new(kind, last.payload) };
        let copies = (0..times).map(|_| self.attempt(&parcel));
        let acks = futures_util::future::join_all(copies).await;
        acks.into_iter().map(|ack| ack.status).collect()
    }

    /// Sets a delivery on its way; the acknowledgement of its first attempt comes back.
    pub(super) fn dispatch(&self, parcel: Parcel) -> oneshot::Receiver<Ack> {
        let (acknowledge, acknowledged) = oneshot::channel();
        let flight = self.inner.postman.fly();
        let sandbox = self.clone();
        tokio::spawn(async move {
            sandbox.carry(parcel, acknowledge).await;
            drop(flight);
        });
        acknowledged
    }

    async fn carry(&self, mut parcel: Parcel, acknowledge: oneshot::Sender<Ack>) {
        let turn = self.inner.faults.turn_of_delivery().await;
        let mut ack = if self.inner.faults.is_duplicated() {
            // Both at once, as when Slack is impatient with a slow network.
            futures_util::future::join(self.attempt(&parcel), self.attempt(&parcel)).await.0
        } else {
            self.attempt(&parcel).await
        };
        drop(turn);
        // The person may have stopped waiting.
        let _impatient = acknowledge.send(ack.clone());
        if parcel.kind != Kind::Event {
            return;
        }
        for pause in self.settings().retries {
            if ack.is_ok() || !ack.may_retry {
                break;
            }
            sleep(pause).await;
            parcel.attempt += 1;
            parcel.reason = match ack.error {
                Some("operation_timeout") => "http_timeout",
                Some("dispatch_failed") => "connection_failed",
                _ => "http_error",
            };
            ack = self.attempt(&parcel).await;
        }
        if let Some(event_id) = parcel.payload["event_id"].as_str() {
            self.with(|workspace| {
                workspace.put(Record::Settled { event_id: event_id.to_owned() });
            });
        }
    }

    async fn attempt(&self, parcel: &Parcel) -> Ack {
        let timeout = self.settings().ack_timeout;
        let (request, ack) = match self.inner.postman.delivery() {
            None => (None, Ack::failed("dispatch_failed")),
            Some(Delivery::SocketMode) => (None, self.over_socket(parcel, timeout).await),
            Some(Delivery::Http { commands, interactivity, events }) => {
                let url = match parcel.kind {
                    Kind::Command => commands,
                    Kind::Interactive => interactivity,
                    Kind::Event => events,
                };
                let request = self.signed_request(parcel, url);
                let ack = self.over_http(&request, timeout).await;
                (Some(request), ack)
            }
        };
        self.inner.postman.log(Sent {
            kind: parcel.kind.name(),
            payload: parcel.payload.clone(),
            request,
            status: ack.status,
            at: self.inner.clock.now(),
        });
        ack
    }
}

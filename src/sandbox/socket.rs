//! Socket Mode: the app's WebSocket connections, and the deliveries that go over them.
//!
//! <https://docs.slack.dev/apis/events-api/using-socket-mode>

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval_at, timeout_at};

use super::Sandbox;
use super::delivery::{Ack, Kind, Parcel};

const CONNECTIONS: usize = 10;
const FRAMES: usize = 1_000;
const PING_EVERY: Duration = Duration::from_secs(10);
const TICKET_LIFETIME: Duration = Duration::from_secs(30);
/// A connection that was told to reconnect is closed after this long.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Sockets {
    connections: Mutex<Vec<Connection>>,
    waiting: Mutex<HashMap<String, Waiting>>,
    tickets: Mutex<HashMap<String, Instant>>,
    next_id: AtomicU64,
    next_turn: AtomicUsize,
}

struct Connection {
    id: u64,
    orders: mpsc::Sender<Order>,
    /// Told to reconnect: gets no more deliveries if there is another.
    is_leaving: bool,
}

enum Order {
    Send(String),
    Leave,
    Drop,
}

/// An envelope that has not been acknowledged.
struct Waiting {
    connection: u64,
    /// Dropped unanswered when the connection is lost.
    acknowledge: oneshot::Sender<Value>,
}

pub fn routes() -> Router<Sandbox> {
    Router::new().route("/link/", get(connect)).route("/link", get(connect))
}

impl Sockets {
    /// A ticket that one connection may be opened with.
    pub fn new_ticket(&self) -> String {
        let ticket = hex::encode(rand::random::<[u8; 16]>());
        let mut tickets = lock(&self.tickets);
        tickets.retain(|_, made_at| made_at.elapsed() < TICKET_LIFETIME);
        tickets.insert(ticket.clone(), Instant::now());
        ticket
    }

    pub fn count(&self) -> usize {
        lock(&self.connections).len()
    }

    pub fn drop_all(&self) {
        for connection in lock(&self.connections).iter() {
            self.order(connection, Order::Drop);
        }
    }

    /// Asks every connected app to connect anew.
    pub fn disconnect(&self, reason: &str) {
        let frame = json!({
            "type": "disconnect", "reason": reason,
            "debug_info": { "host": "applink-sandbox" },
        });
        for connection in lock(&self.connections).iter_mut() {
            self.order(connection, Order::Send(frame.to_string()));
            if reason != "warning" {
                connection.is_leaving = true;
                self.order(connection, Order::Leave);
            }
        }
    }

    /// A connection that is full or gone loses what it is sent, and is found out by its silence.
    fn order(&self, connection: &Connection, order: Order) {
        let _full_or_gone = connection.orders.try_send(order);
    }

    fn use_ticket(&self, ticket: &str) -> bool {
        let made_at = lock(&self.tickets).remove(ticket);
        made_at.is_some_and(|made_at| made_at.elapsed() < TICKET_LIFETIME)
    }

    fn join(&self) -> Option<(u64, usize, mpsc::Receiver<Order>)> {
        let mut connections = lock(&self.connections);
        if connections.len() >= CONNECTIONS {
            return None;
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (orders, inbox) = mpsc::channel(FRAMES);
        connections.push(Connection { id, orders, is_leaving: false });
        Some((id, connections.len(), inbox))
    }

    fn leave(&self, id: u64) {
        lock(&self.connections).retain(|connection| connection.id != id);
        lock(&self.waiting).retain(|_, waiting| waiting.connection != id);
    }

    /// Sends an envelope over the connection whose turn it is.
    fn send(&self, envelope_id: &str, envelope: &Value) -> Option<oneshot::Receiver<Value>> {
        let connections = lock(&self.connections);
        let staying: Vec<&Connection> =
            connections.iter().filter(|connection| !connection.is_leaving).collect();
        let choice =
            if staying.is_empty() { connections.iter().collect::<Vec<_>>() } else { staying };
        if choice.is_empty() {
            return None;
        }
        let turn = self.next_turn.fetch_add(1, Ordering::Relaxed);
        let connection = choice[turn % choice.len()];
        let (acknowledge, acknowledged) = oneshot::channel();
        lock(&self.waiting)
            .insert(envelope_id.to_owned(), Waiting { connection: connection.id, acknowledge });
        self.order(connection, Order::Send(envelope.to_string()));
        Some(acknowledged)
    }

    fn acknowledge(&self, frame: &str) {
        let Ok(frame) = serde_json::from_str::<Value>(frame) else { return };
        let envelope_id = frame["envelope_id"].as_str().unwrap_or_default();
        if let Some(waiting) = lock(&self.waiting).remove(envelope_id) {
            // Too late if nobody waits any longer.
            let _late = waiting.acknowledge.send(frame["payload"].clone());
        }
    }
}

impl Sandbox {
    /// Delivers over one connection, and over another if that is lost before it acknowledges.
    pub(super) async fn over_socket(&self, parcel: &Parcel, patience: Duration) -> Ack {
        let deadline = Instant::now() + patience;
        let sockets = &self.inner.sockets;
        let mut attempt = parcel.attempt;
        loop {
            let envelope_id = envelope_id();
            let mut envelope = json!({
                "envelope_id": envelope_id,
                "payload": parcel.payload,
                "type": parcel.kind.name(),
                "accepts_response_payload": parcel.kind != Kind::Event,
            });
            if parcel.kind == Kind::Event {
                envelope["retry_attempt"] = json!(attempt);
                envelope["retry_reason"] = json!(if attempt > 0 { "timeout" } else { "" });
            }
            let Some(acknowledged) = sockets.send(&envelope_id, &envelope) else {
                return Ack::failed("dispatch_failed");
            };
            match timeout_at(deadline, acknowledged).await {
                Ok(Ok(body)) => {
                    return Ack { status: 200, body, error: None, may_retry: false };
                }
                Ok(Err(_connection_lost)) => attempt += 1,
                Err(_too_late) => {
                    lock(&sockets.waiting).remove(&envelope_id);
                    return Ack::failed("operation_timeout");
                }
            }
        }
    }

    /// How many Socket Mode connections the app has.
    pub fn connections(&self) -> usize {
        self.inner.sockets.count()
    }

    async fn serve_socket(self, mut socket: WebSocket) {
        let Some((id, count, mut orders)) = self.inner.sockets.join() else { return };
        let hello = json!({
            "type": "hello", "num_connections": count,
            "debug_info": {
                "host": "applink-sandbox", "build_number": 1,
                "approximate_connection_time": 18_060,
            },
            "connection_info": { "app_id": self.inner.seed.app.app_id },
        });
        if socket.send(Frame::Text(hello.to_string().into())).await.is_ok() {
            self.converse(&mut socket, &mut orders).await;
        }
        self.inner.sockets.leave(id);
    }

    async fn converse(&self, socket: &mut WebSocket, orders: &mut mpsc::Receiver<Order>) {
        let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        let mut leave_at: Option<Instant> = None;
        loop {
            let grace_over = async {
                match leave_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let sent = tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Send(frame)) => socket.send(Frame::Text(frame.into())).await,
                    Some(Order::Leave) => {
                        leave_at = Some(Instant::now() + GRACE);
                        Ok(())
                    }
                    Some(Order::Drop) | None => return,
                },
                frame = socket.recv() => match frame {
                    Some(Ok(Frame::Text(frame))) => {
                        self.inner.sockets.acknowledge(&frame);
                        Ok(())
                    }
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => Ok(()),
                },
                _ = ping.tick() => socket.send(Frame::Ping("Ping from applink-sandbox".into())).await,
                () = grace_over => return,
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

async fn connect(
    State(sandbox): State<Sandbox>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let ticket = query.get("ticket").map_or("", String::as_str);
    if !sandbox.inner.sockets.use_ticket(ticket) {
        return (StatusCode::FORBIDDEN, "the ticket is not valid or was used").into_response();
    }
    if sandbox.inner.sockets.count() >= CONNECTIONS {
        return (StatusCode::TOO_MANY_REQUESTS, "too_many_websockets").into_response();
    }
    upgrade.on_upgrade(move |socket| sandbox.serve_socket(socket))
}

/// A random UUID, as Slack's envelopes have.
fn envelope_id() -> String {
    let id = hex::encode(rand::random::<[u8; 16]>());
    format!("{}-{}-4{}-a{}-{}", &id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..])
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

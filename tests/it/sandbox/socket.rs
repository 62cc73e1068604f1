//! Socket Mode.

use countersign::sandbox::{Delivery, Fault, FaultKind};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Slack;

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(slack: &Slack) -> Self {
        let opened = slack.api_as("xapp-sandbox-app", "apps.connections.open", json!({})).await;
        let (socket, _) = connect_async(opened["url"].as_str().unwrap()).await.unwrap();
        let mut socket = Self(socket);
        let hello = socket.next().await.unwrap();
        assert_eq!(hello["type"], "hello");
        assert_eq!(hello["connection_info"]["app_id"], "A0COUNTERS");
        socket
    }

    /// The next envelope; none once the connection is closed.
    async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn acknowledge(&mut self, envelope: &Value, payload: Value) {
        let mut ack = json!({ "envelope_id": envelope["envelope_id"] });
        if !payload.is_null() {
            ack["payload"] = payload;
        }
        self.0.send(Message::text(ack.to_string())).await.unwrap();
    }
}

async fn workspace() -> Slack {
    let slack = Slack::start().await;
    slack.sandbox.deliver(Delivery::SocketMode);
    slack
}

#[tokio::test]
async fn a_command_is_acknowledged_with_its_answer() {
    let slack = workspace().await;
    let mut socket = Socket::open(&slack).await;
    let app = async {
        let envelope = socket.next().await.unwrap();
        socket.acknowledge(&envelope, json!({ "text": "On it" })).await;
        envelope
    };

    let (outcome, envelope) =
        tokio::join!(slack.sandbox.command("maya", "#sales", "/leads mine"), app);

    let outcome = outcome.unwrap();
    assert_eq!((outcome.status, outcome.text().as_str()), (200, "On it"));
    assert_eq!(envelope["type"], "slash_commands");
    assert_eq!(envelope["accepts_response_payload"], true);
    assert_eq!(envelope["payload"]["text"], "mine");
}

#[tokio::test]
async fn nobody_connected_is_nobody_answering() {
    let slack = workspace().await;

    let outcome = slack.sandbox.command("maya", "#sales", "/leads mine").await.unwrap();

    assert_eq!(outcome.text(), "/leads failed with the error \"dispatch_failed\"");
}

#[tokio::test]
async fn connections_take_turns() {
    let slack = workspace().await;
    let mut sockets = [Socket::open(&slack).await, Socket::open(&slack).await];
    assert_eq!(slack.sandbox.connections(), 2);

    for socket in &mut sockets {
        let app = async {
            let envelope = socket.next().await.unwrap();
            socket.acknowledge(&envelope, Value::Null).await;
        };
        let (outcome, ()) = tokio::join!(slack.sandbox.command("maya", "#sales", "/leads x"), app);
        assert_eq!(outcome.unwrap().status, 200);
    }
}

#[tokio::test]
async fn what_a_lost_connection_did_not_acknowledge_goes_to_another() {
    let slack = workspace().await;
    let (mut first, mut second) = (Socket::open(&slack).await, Socket::open(&slack).await);
    let app = async {
        let lost = first.next().await.unwrap();
        drop(first);
        let again = second.next().await.unwrap();
        second.acknowledge(&again, Value::Null).await;
        (lost, again)
    };

    let (outcome, (lost, again)) =
        tokio::join!(slack.sandbox.message("maya", "#sales", "hello", None), app);

    assert_eq!(outcome.unwrap().status, 200);
    assert_eq!(lost["payload"], again["payload"]);
    assert_eq!((&lost["retry_attempt"], &again["retry_attempt"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn an_event_comes_again_when_it_is_not_acknowledged() {
    let slack = workspace().await;
    let mut socket = Socket::open(&slack).await;
    let app = async {
        let ignored = socket.next().await.unwrap();
        let again = socket.next().await.unwrap();
        socket.acknowledge(&again, Value::Null).await;
        (ignored, again)
    };

    let (_, (ignored, again)) =
        tokio::join!(slack.sandbox.message("maya", "#sales", "hello", None), app);

    assert_ne!(ignored["envelope_id"], again["envelope_id"]);
    assert_eq!(ignored["payload"]["event_id"], again["payload"]["event_id"]);
    assert_eq!(again["retry_reason"], "timeout");
    slack.sandbox.settled().await;
}

#[tokio::test]
async fn a_ticket_opens_one_connection_and_ten_are_open_at_most() {
    let slack = workspace().await;
    let open = async || {
        let opened = slack.api_as("xapp-sandbox-app", "apps.connections.open", json!({})).await;
        opened["url"].as_str().unwrap().to_owned()
    };
    let url = open().await;
    let mut sockets = vec![connect_async(&url).await.unwrap()];
    assert!(connect_async(&url).await.is_err());
    for _ in 1..10 {
        sockets.push(connect_async(&open().await).await.unwrap());
    }
    for (socket, _) in &mut sockets {
        socket.next().await.unwrap().unwrap();
    }
    assert!(connect_async(&open().await).await.is_err());
}

#[tokio::test]
async fn connections_are_dropped_and_asked_to_leave_on_demand() {
    let slack = workspace().await;
    let mut leaving = Socket::open(&slack).await;
    let refresh = Some("refresh_requested".to_owned());
    slack.sandbox.fault(Fault { reason: refresh, ..Fault::new(FaultKind::Disconnect) });
    let disconnect = leaving.next().await.unwrap();
    assert_eq!(disconnect["type"], "disconnect");
    assert_eq!(disconnect["reason"], "refresh_requested");

    let mut staying = Socket::open(&slack).await;
    let app = async {
        let envelope = staying.next().await.unwrap();
        staying.acknowledge(&envelope, Value::Null).await;
    };
    let (outcome, ()) = tokio::join!(slack.sandbox.command("maya", "#sales", "/leads x"), app);
    assert_eq!(outcome.unwrap().status, 200);

    slack.sandbox.fault(Fault::new(FaultKind::DropSockets));
    assert_eq!(leaving.next().await, None);
    assert_eq!(staying.next().await, None);
}

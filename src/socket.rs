//! The Socket Mode door: Slack's requests over connections that we open.
//!
//! Each connection reads envelopes and carries out each in a task of its own; an envelope is
//! acknowledged when what it asks for was committed, and not at all when that failed, so that Slack
//! delivers it again (<https://docs.slack.dev/apis/events-api/using-socket-mode/>). Several
//! connections run side by side, so that while one is refreshed, or dies, another takes what comes.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::inbox::{self, Delivery};
use crate::slack::inbound::{IncomingEvent, Interaction, SlashCommand};

/// Connections that are kept open.
const CONNECTIONS: usize = 2;

/// Slack sends a ping every few seconds; a connection that is silent for longer is dead.
const SILENCE: Duration = Duration::from_secs(30);

/// How long opening a connection may take.
const OPENING: Duration = Duration::from_secs(10);

/// How long deliveries that are under way may take to be acknowledged at the end.
const GRACE: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Keeps connections to Slack open until `stop`.
pub async fn serve(app: App, stop: CancellationToken) {
    let keepers: Vec<_> =
        (0..CONNECTIONS).map(|_| tokio::spawn(keep(app.clone(), stop.clone()))).collect();
    for keeper in keepers {
        if let Err(error) = keeper.await {
            tracing::error!("a Socket Mode connection ended badly: {error}");
        }
    }
}

/// Keeps one connection open: another whenever it ends, sooner or later as Slack answers.
async fn keep(app: App, stop: CancellationToken) {
    let mut pause = Duration::from_millis(250);
    while !stop.is_cancelled() {
        let began = Instant::now();
        let ended = tokio::select! {
            opened = open(&app) => match opened {
                Ok(socket) => converse(&app, socket, &stop).await,
                Err(error) => Err(error),
            },
            () = stop.cancelled() => return,
        };
        if let Err(error) = ended {
            tracing::warn!("a Socket Mode connection ended and is opened again: {error:#}");
        }
        if began.elapsed() > Duration::from_secs(10) {
            pause = Duration::from_millis(250);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(Duration::from_secs(15)),
            () = stop.cancelled() => {}
        }
    }
}

async fn open(app: &App) -> Result<Socket> {
    let url = app.slack.connections_open().await?;
    let connecting = timeout(OPENING, connect_async(url.as_str()));
    // The address holds a ticket and is not logged.
    let (socket, _) = connecting.await.context("Slack's socket did not open in time")??;
    Ok(socket)
}

/// What Slack sends over a socket.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    envelope_id: Option<String>,
    #[serde(default)]
    payload: Value,
    reason: Option<String>,
}

/// Reads until the connection ends or is asked to; acknowledges what was carried out.
async fn converse(app: &App, socket: Socket, stop: &CancellationToken) -> Result<()> {
    let (sink, mut stream) = socket.split();
    let (acknowledge, acknowledged) = mpsc::channel::<Message>(64);
    let writer = tokio::spawn(write(sink, acknowledged));
    app.metrics.socket_opened();

    let ended = tokio::select! {
        ended = read(app, &mut stream, &acknowledge) => ended,
        () = stop.cancelled() => Ok(()),
    };

    app.metrics.socket_closed();
    // The writer ends when the last delivery that is under way has answered.
    drop(acknowledge);
    let _ = timeout(GRACE, writer).await;
    ended
}

async fn read(
    app: &App,
    stream: &mut SplitStream<Socket>,
    acknowledge: &mpsc::Sender<Message>,
) -> Result<()> {
    loop {
        let message = timeout(SILENCE, stream.next())
            .await
            .context("Slack was silent for too long")?
            .context("Slack closed the connection")??;
        match message {
            Message::Text(text) => {
                let envelope: Envelope = serde_json::from_str(&text)
                    .context("Slack sent an envelope of unknown form")?;
                match envelope.kind.as_str() {
                    "hello" => tracing::info!("a Socket Mode connection is open"),
                    "disconnect" => {
                        tracing::info!(reason = envelope.reason, "Slack asks to connect anew");
                        return Ok(());
                    }
                    _ => {
                        tokio::spawn(carry_out(app.clone(), envelope, acknowledge.clone()));
                    }
                }
            }
            Message::Ping(payload) => acknowledge.send(Message::Pong(payload)).await?,
            Message::Close(_) => bail!("Slack closed the connection"),
            Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
        }
    }
}

async fn write(mut sink: SplitSink<Socket, Message>, mut acknowledged: mpsc::Receiver<Message>) {
    while let Some(message) = acknowledged.recv().await {
        if let Err(error) = sink.send(message).await {
            // Slack delivers again what was not acknowledged, and a repeat does nothing.
            tracing::debug!("an acknowledgement did not reach Slack: {error}");
            return;
        }
    }
    let _ = sink.close().await;
}

async fn carry_out(app: App, envelope: Envelope, acknowledge: mpsc::Sender<Message>) {
    let Some(id) = envelope.envelope_id else {
        tracing::warn!(envelope.kind = envelope.kind, "an envelope without an id was left alone");
        return;
    };
    let payload = match parse(&envelope.kind, envelope.payload) {
        Ok(Some(delivery)) => match inbox::receive(&app, delivery).await {
            Ok(answer) => answer.body(),
            // Not acknowledged, and logged: Slack delivers it again.
            Err(_) => return,
        },
        Ok(None) => None,
        Err(error) => {
            // A repeat would not read any better.
            tracing::warn!(envelope.kind = envelope.kind, "an envelope could not be read: {error}");
            None
        }
    };
    let mut answer = json!({ "envelope_id": id });
    if let Some(payload) = payload {
        answer["payload"] = payload;
    }
    let _ = acknowledge.send(Message::text(answer.to_string())).await;
}

fn parse(kind: &str, payload: Value) -> Result<Option<Delivery>> {
    Ok(match kind {
        "slash_commands" => Some(Delivery::Command(Box::new(SlashCommand::from_json(payload)?))),
        "interactive" => Some(Delivery::Interaction(Box::new(Interaction::from_json(payload)?))),
        "events_api" => match IncomingEvent::from_json(payload)? {
            IncomingEvent::Callback(event) => Some(Delivery::Event(event)),
            IncomingEvent::UrlVerification { .. } | IncomingEvent::Other { .. } => None,
        },
        other => {
            tracing::warn!(envelope.kind = other, "an unknown kind of envelope was left alone");
            None
        }
    })
}

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
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::inbox;
use crate::slack::inbound::{SocketEnvelope, SocketMessage};

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
                let message = SocketMessage::from_text(&text);
                match message.context("Slack sent a message of unknown form")? {
                    SocketMessage::Hello => tracing::info!("a Socket Mode connection is open"),
                    SocketMessage::Disconnect { reason } => {
                        tracing::info!(reason, "Slack asks to connect anew");
                        return Ok(());
                    }
                    SocketMessage::Envelope(envelope) => {
                        tokio::spawn(carry_out(app.clone(), *envelope, acknowledge.clone()));
                    }
                    SocketMessage::Other { kind, envelope_id } => {
                        tracing::warn!(
                            envelope.kind = kind,
                            "an unknown kind of envelope was left alone"
                        );
                        if let Some(id) = envelope_id {
                            acknowledge.send(acknowledgement(&id, None)).await?;
                        }
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

async fn carry_out(app: App, envelope: SocketEnvelope, acknowledge: mpsc::Sender<Message>) {
    let answer = match envelope.payload {
        Ok(delivery) => match inbox::receive(&app, delivery).await {
            Ok(answer) => answer.body(),
            // Not acknowledged, and logged: Slack delivers it again.
            Err(_) => return,
        },
        Err(error) => {
            // A repeat would not read any better.
            tracing::warn!("an envelope could not be read: {error}");
            None
        }
    };
    let _ = acknowledge.send(acknowledgement(&envelope.id, answer)).await;
}

fn acknowledgement(id: &str, answer: Option<Value>) -> Message {
    let mut acknowledgement = json!({ "envelope_id": id });
    if let Some(answer) = answer {
        acknowledgement["payload"] = answer;
    }
    Message::text(acknowledgement.to_string())
}

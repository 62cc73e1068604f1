use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{IncomingEvent, Interaction, Malformed, SlashCommand};

/// What comes over a Socket Mode connection.
///
/// Source: <https://docs.slack.dev/apis/events-api/using-socket-mode/>.
#[derive(Clone, PartialEq, Debug)]
pub enum SocketMessage {
    /// The connection is ready.
    Hello,
    /// The connection will be closed: `warning` (within seconds), `refresh_requested`,
    /// `link_disabled`.
    Disconnect { reason: String },
    /// Something to act on, and to acknowledge by its id.
    Envelope(Box<SocketEnvelope>),
    /// Something we know nothing of, by its name. It is acknowledged if it has an id.
    Other { kind: String, envelope_id: Option<String> },
}

#[derive(Clone, PartialEq, Debug)]
pub struct SocketEnvelope {
    pub id: String,
    /// Whether the acknowledgement may carry an answer.
    pub accepts_response_payload: bool,
    /// How often it was delivered before.
    pub retry_attempt: u32,
    /// A payload that cannot be read is acknowledged all the same: it would only come again.
    pub payload: Result<Delivery, Malformed>,
}

/// The same that comes over HTTP.
#[derive(Clone, PartialEq, Debug)]
pub enum Delivery {
    Command(Box<SlashCommand>),
    Interaction(Box<Interaction>),
    Event(IncomingEvent),
}

impl SocketMessage {
    pub fn from_text(text: &str) -> Result<Self, Malformed> {
        let wire: Wire = serde_json::from_str(text)
            .map_err(|error| Malformed::because("socket message", error))?;
        let payload = match wire.kind.as_str() {
            "hello" => return Ok(Self::Hello),
            "disconnect" => {
                return Ok(Self::Disconnect { reason: wire.reason.unwrap_or_default() });
            }
            "slash_commands" => SlashCommand::from_json(as_json(&wire.payload))
                .map(|command| Delivery::Command(Box::new(command))),
            "interactive" => Interaction::from_text(as_text(wire.payload))
                .map(|interaction| Delivery::Interaction(Box::new(interaction))),
            "events_api" => IncomingEvent::from_json(as_json(&wire.payload)).map(Delivery::Event),
            _ => return Ok(Self::Other { kind: wire.kind, envelope_id: wire.envelope_id }),
        };
        let Some(id) = wire.envelope_id else {
            return Err(Malformed::because("socket message", "missing field `envelope_id`"));
        };
        Ok(Self::Envelope(Box::new(SocketEnvelope {
            id,
            accepts_response_payload: wire.accepts_response_payload.unwrap_or_default(),
            retry_attempt: wire.retry_attempt.unwrap_or_default(),
            payload,
        })))
    }
}

impl Delivery {
    /// Equal for every delivery of the same act, whichever way it came in.
    pub fn dedupe_key(&self) -> Option<String> {
        match self {
            Self::Command(command) => command.dedupe_key(),
            Self::Interaction(interaction) => interaction.dedupe_key(),
            Self::Event(IncomingEvent::Callback(envelope)) => Some(envelope.dedupe_key()),
            Self::Event(_) => None,
        }
    }
}

/// A payload that is missing is as good as none.
fn as_json(payload: &Option<Box<RawValue>>) -> Value {
    let parsed = payload.as_ref().map(|payload| serde_json::from_str(payload.get()));
    parsed.and_then(Result::ok).unwrap_or_default()
}

fn as_text(payload: Option<Box<RawValue>>) -> Box<str> {
    payload.map_or_else(|| "null".into(), Box::from)
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    envelope_id: Option<String>,
    payload: Option<Box<RawValue>>,
    reason: Option<String>,
    accepts_response_payload: Option<bool>,
    retry_attempt: Option<u32>,
}

use serde::Deserialize;
use serde_json::Value;

use super::{Actor, Malformed, Tenant, is_true};
use crate::ids::{ChannelId, MessageTs, PersonId, TeamId};
use crate::slack::or_default;

/// What arrives at the events address.
///
/// Source: <https://docs.slack.dev/apis/events-api/>.
#[derive(Clone, PartialEq, Debug)]
pub enum IncomingEvent {
    /// Slack asks whether this address is ours; the answer is the challenge.
    UrlVerification {
        challenge: String,
    },
    Callback(Box<EventEnvelope>),
    /// `app_rate_limited` and whatever else comes, by its name.
    Other {
        kind: String,
        raw: Value,
    },
}

/// Something that happened in the workspace.
#[derive(Clone, PartialEq, Debug)]
pub struct EventEnvelope {
    pub id: String,
    pub tenant: Tenant,
    pub event: Event,
    pub api_app_id: Option<String>,
    /// Whether people of other organisations are in the channel.
    pub is_ext_shared_channel: bool,
    /// Seconds since 1970 at which it happened.
    pub at: Option<i64>,
    pub raw: Value,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    AppMention(AppMention),
    Message(Message),
    HomeOpened(HomeOpened),
    /// One we do nothing with, by its name.
    Other(String),
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct AppMention {
    /// Absent when an app mentions us.
    pub user: Option<PersonId>,
    pub user_team: Option<TeamId>,
    pub bot_id: Option<String>,
    pub channel: ChannelId,
    pub ts: MessageTs,
    #[serde(rename = "thread_ts")]
    pub thread: Option<MessageTs>,
    #[serde(default, deserialize_with = "or_default")]
    pub text: String,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Message {
    /// None for what a person simply wrote.
    pub subtype: Option<String>,
    pub user: Option<PersonId>,
    pub user_team: Option<TeamId>,
    pub bot_id: Option<String>,
    pub channel: ChannelId,
    /// `channel`, `group`, `im` or `mpim`.
    #[serde(default, deserialize_with = "or_default")]
    pub channel_type: String,
    pub ts: MessageTs,
    #[serde(rename = "thread_ts")]
    pub thread: Option<MessageTs>,
    #[serde(default, deserialize_with = "or_default")]
    pub text: String,
}

impl Message {
    /// Whether a person wrote it just now: no bot, no edit, no deletion, no joining. Subtypes that
    /// still are a person's words: a file with a comment, a reply also sent to the channel, `/me`.
    pub fn is_written_by_a_person(&self) -> bool {
        let is_words = matches!(
            self.subtype.as_deref(),
            None | Some("file_share" | "thread_broadcast" | "me_message")
        );
        is_words && self.bot_id.is_none() && self.user.is_some()
    }

    pub fn is_direct(&self) -> bool {
        self.channel_type == "im"
    }
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct HomeOpened {
    pub user: PersonId,
    pub channel: Option<ChannelId>,
    /// `home` or `messages`.
    #[serde(default, deserialize_with = "or_default")]
    pub tab: String,
}

impl IncomingEvent {
    pub fn from_body(body: &[u8]) -> Result<Self, Malformed> {
        let raw =
            serde_json::from_slice(body).map_err(|error| Malformed::because("event", error))?;
        Self::from_json(raw)
    }

    pub fn from_json(raw: Value) -> Result<Self, Malformed> {
        let malformed = |error| Malformed::because("event", error);
        let kind = match raw["type"].as_str() {
            Some(kind) => kind.to_owned(),
            None => return Err(Malformed::because("event", "missing field `type`")),
        };
        match kind.as_str() {
            "url_verification" => {
                let Verification { challenge } =
                    Verification::deserialize(&raw).map_err(malformed)?;
                Ok(Self::UrlVerification { challenge })
            }
            "event_callback" => {
                EventEnvelope::from_json(raw).map(|envelope| Self::Callback(Box::new(envelope)))
            }
            _ => Ok(Self::Other { kind, raw }),
        }
    }
}

impl EventEnvelope {
    /// Equal for every delivery of the same event, whichever way it came in.
    pub fn dedupe_key(&self) -> String {
        format!("event:{}", self.id)
    }

    fn from_json(raw: Value) -> Result<Self, Malformed> {
        let malformed = |error| Malformed::because("event", error);
        let wire = Wire::deserialize(&raw).map_err(malformed)?;

        let authorization = wire.authorizations.unwrap_or_default().into_iter().next();
        let authorization = authorization.unwrap_or_default();
        let tenant = Tenant {
            // The first authorization names the installation the event is for; `team_id` may be
            // the workspace of the person who acted.
            team: authorization.team_id.or(wire.team_id),
            enterprise: authorization.enterprise_id.or(wire.enterprise_id),
            is_enterprise_install: is_true(&authorization.is_enterprise_install),
        };
        Ok(Self {
            id: wire.event_id,
            tenant,
            event: Event::from_json(&raw["event"])?,
            api_app_id: wire.api_app_id,
            is_ext_shared_channel: is_true(&wire.is_ext_shared_channel),
            at: wire.event_time,
            raw,
        })
    }
}

impl Event {
    /// Who caused it; none when it was an app, or nobody.
    pub fn actor(&self) -> Option<Actor> {
        let (user, team) = match self {
            Self::AppMention(mention) => (mention.user.as_ref(), mention.user_team.as_ref()),
            Self::Message(message) => (message.user.as_ref(), message.user_team.as_ref()),
            Self::HomeOpened(opened) => (Some(&opened.user), None),
            Self::Other(_) => (None, None),
        };
        Some(Actor { id: user?.clone(), username: None, team: team.cloned() })
    }

    fn from_json(event: &Value) -> Result<Self, Malformed> {
        let kind = event["type"]
            .as_str()
            .ok_or_else(|| Malformed::because("event", "missing field `event.type`"))?;
        let malformed = |error| Malformed::because(&format!("`{kind}` event"), error);
        Ok(match kind {
            "app_mention" => Self::AppMention(AppMention::deserialize(event).map_err(malformed)?),
            "message" => Self::Message(Message::deserialize(event).map_err(malformed)?),
            "app_home_opened" => {
                Self::HomeOpened(HomeOpened::deserialize(event).map_err(malformed)?)
            }
            other => Self::Other(other.to_owned()),
        })
    }
}

#[derive(Deserialize)]
struct Verification {
    challenge: String,
}

#[derive(Deserialize)]
struct Wire {
    event_id: String,
    team_id: Option<TeamId>,
    enterprise_id: Option<TeamId>,
    api_app_id: Option<String>,
    authorizations: Option<Vec<Authorization>>,
    #[serde(default)]
    is_ext_shared_channel: Value,
    event_time: Option<i64>,
}

#[derive(Deserialize, Default)]
struct Authorization {
    team_id: Option<TeamId>,
    enterprise_id: Option<TeamId>,
    #[serde(default)]
    is_enterprise_install: Value,
}

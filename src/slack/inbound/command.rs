use serde::Deserialize;
use serde_json::Value;

use super::{Actor, Malformed, Tenant, is_true};
use crate::ids::{ChannelId, MessageTs, PersonId, TeamId};

/// Something typed: `/research why do people cancel?`
///
/// Source: <https://docs.slack.dev/interactivity/implementing-slash-commands/>.
#[derive(Clone, PartialEq, Debug)]
pub struct SlashCommand {
    pub tenant: Tenant,
    pub actor: Actor,
    /// With the slash: `/research`.
    pub command: String,
    /// All that stands after it, as it was typed.
    pub text: String,
    pub channel: ChannelId,
    pub channel_name: Option<String>,
    /// The thread it was typed in, where Slack says so.
    pub thread: Option<MessageTs>,
    pub trigger_id: Option<String>,
    pub response_url: Option<String>,
    pub team_domain: Option<String>,
    pub enterprise_name: Option<String>,
    pub api_app_id: Option<String>,
    pub raw: Value,
}

impl SlashCommand {
    /// Reads the body of a request: a form.
    pub fn from_form(body: &[u8]) -> Result<Self, Malformed> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body)
            .map_err(|error| Malformed::because("slash command", error))?;
        Self::from_json(pairs.into_iter().collect::<Value>())
    }

    /// Reads the payload of a Socket Mode envelope: the same fields as JSON.
    pub fn from_json(raw: Value) -> Result<Self, Malformed> {
        let wire =
            Wire::deserialize(&raw).map_err(|error| Malformed::because("slash command", error))?;
        let present = |text: Option<String>| text.filter(|text| !text.is_empty());
        let team = present(wire.team_id).map(TeamId);
        Ok(Self {
            actor: Actor {
                id: wire.user_id,
                username: present(wire.user_name),
                // A form does not say where the person belongs.
                team: None,
            },
            tenant: Tenant {
                team,
                enterprise: present(wire.enterprise_id).map(TeamId),
                is_enterprise_install: is_true(&wire.is_enterprise_install),
            },
            command: wire.command,
            text: wire.text.unwrap_or_default(),
            channel: wire.channel_id,
            channel_name: present(wire.channel_name),
            thread: present(wire.thread_ts).map(MessageTs),
            trigger_id: present(wire.trigger_id),
            response_url: present(wire.response_url),
            team_domain: present(wire.team_domain),
            enterprise_name: present(wire.enterprise_name),
            api_app_id: present(wire.api_app_id),
            raw,
        })
    }

    /// Equal for every delivery of the same act, whichever way it came in.
    pub fn dedupe_key(&self) -> Option<String> {
        self.trigger_id.as_ref().map(|id| format!("trigger:{id}"))
    }
}

#[derive(Deserialize)]
struct Wire {
    command: String,
    text: Option<String>,
    user_id: PersonId,
    user_name: Option<String>,
    channel_id: ChannelId,
    channel_name: Option<String>,
    thread_ts: Option<String>,
    team_id: Option<String>,
    team_domain: Option<String>,
    enterprise_id: Option<String>,
    enterprise_name: Option<String>,
    #[serde(default)]
    is_enterprise_install: Value,
    api_app_id: Option<String>,
    trigger_id: Option<String>,
    response_url: Option<String>,
}

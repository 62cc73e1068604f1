use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::{Actor, Malformed, Party, Tenant, Values, form, is_true};
use crate::ids::{ChannelId, MessageTs, PersonId, TeamId, ViewId};
use crate::slack::or_default;

/// A click, a choice, a submission, a shortcut.
///
/// Source: <https://docs.slack.dev/reference/interaction-payloads/>.
#[derive(Clone, PartialEq, Debug)]
pub struct Interaction {
    pub kind: InteractionKind,
    pub tenant: Tenant,
    pub actor: Actor,
    pub channel: Option<ChannelId>,
    pub container: Option<Container>,
    /// The message a click or a message shortcut was made on.
    pub message: Option<Subject>,
    /// What was pressed or chosen; one, except in payloads made by hand.
    pub actions: Vec<Action>,
    /// The modal or Home tab it happened in.
    pub view: Option<View>,
    /// The inputs beside the button, in a message; those of a view are in `view`.
    pub values: Values,
    /// Of a shortcut.
    pub callback_id: Option<String>,
    pub trigger_id: Option<String>,
    pub response_url: Option<String>,
    action_ts: Option<String>,
    /// The JSON it was read from. It holds the whole message, so it stays text.
    pub raw: Box<str>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InteractionKind {
    BlockActions,
    ViewSubmission,
    ViewClosed,
    /// From the search bar or the plus menu.
    Shortcut,
    /// From a message's menu.
    MessageAction,
    /// One we know nothing of, by its name.
    Other(String),
}

/// Where the element stands that was acted on.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Container {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    #[serde(rename = "message_ts")]
    pub ts: Option<MessageTs>,
    #[serde(rename = "thread_ts")]
    pub thread: Option<MessageTs>,
    #[serde(rename = "channel_id")]
    pub channel: Option<ChannelId>,
    #[serde(rename = "view_id")]
    pub view: Option<ViewId>,
    #[serde(default, deserialize_with = "or_default")]
    pub is_ephemeral: bool,
}

/// The message that was acted on.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Subject {
    pub ts: Option<MessageTs>,
    #[serde(rename = "thread_ts")]
    pub thread: Option<MessageTs>,
    #[serde(default, deserialize_with = "or_default")]
    pub text: String,
    pub user: Option<PersonId>,
    pub bot_id: Option<String>,
    /// What we put there: the id of what the message shows.
    #[serde(default)]
    metadata: Value,
}

impl Subject {
    /// The subject the message was posted about, like `review:12`.
    pub fn about(&self) -> Option<&str> {
        self.metadata["event_payload"]["subject"].as_str()
    }
}

/// One element that was pressed or chosen from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    pub action_id: String,
    pub block_id: Option<String>,
    /// `button`, `static_select` …
    pub kind: String,
    /// The button's value, or that of the choice.
    pub value: Option<String>,
    /// All choices, where several are possible.
    pub values: Vec<String>,
    pub person: Option<PersonId>,
    pub people: Vec<PersonId>,
    pub channel: Option<ChannelId>,
    pub date: Option<Date>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(from = "WireView")]
pub struct View {
    pub id: Option<ViewId>,
    pub hash: Option<String>,
    /// `modal` or `home`.
    pub kind: String,
    pub callback_id: String,
    pub private_metadata: String,
    pub root: Option<ViewId>,
    pub previous: Option<ViewId>,
    pub values: Values,
}

impl Interaction {
    /// Reads the body of a request: a form with one field, `payload`, of JSON.
    pub fn from_form(body: &[u8]) -> Result<Self, Malformed> {
        let payload = form::field(body, "payload")
            .ok_or_else(|| Malformed::because("interaction", "missing field `payload`"))?;
        Self::from_text(payload.into())
    }

    pub fn from_text(raw: Box<str>) -> Result<Self, Malformed> {
        let mut wire: Wire =
            serde_json::from_str(&raw).map_err(|error| Malformed::because("interaction", error))?;
        let of_action = wire.actions.as_mut().and_then(|actions| actions.first_mut()?.ts.take());
        let actor = Actor {
            id: wire.user.id,
            username: wire.user.username.or(wire.user.name),
            team: wire.user.team_id,
        };
        let team = wire.team.and_then(|team| team.id);
        let enterprise = wire.enterprise.and_then(|enterprise| enterprise.id);
        let is_enterprise_install = is_true(&wire.is_enterprise_install);
        let channel = wire.channel.and_then(|channel| channel.id);
        let from_container = || wire.container.as_ref().and_then(|it| it.channel.clone());
        Ok(Self {
            kind: InteractionKind::named(&wire.kind),
            tenant: Tenant { team, enterprise, is_enterprise_install },
            actor,
            channel: channel.or_else(from_container),
            container: wire.container,
            message: wire.message,
            actions: wire.actions.into_iter().flatten().map(Action::from).collect(),
            view: wire.view,
            values: wire.state.map(|state| Values(state.values)).unwrap_or_default(),
            callback_id: wire.callback_id,
            trigger_id: wire.trigger_id,
            response_url: wire
                .response_url
                .or_else(|| wire.response_urls?.into_iter().find_map(|it| it.response_url)),
            action_ts: wire.action_ts.or(of_action),
            raw,
        })
    }

    /// The message acted on, even where only the container names it (private messages).
    pub fn message_ts(&self) -> Option<&MessageTs> {
        let of_message = self.message.as_ref().and_then(|message| message.ts.as_ref());
        of_message.or_else(|| self.container.as_ref().and_then(|container| container.ts.as_ref()))
    }

    /// The thread the message is in, if it is in one.
    pub fn thread(&self) -> Option<&MessageTs> {
        let of_message = self.message.as_ref().and_then(|message| message.thread.as_ref());
        of_message.or_else(|| self.container.as_ref().and_then(|it| it.thread.as_ref()))
    }

    /// Equal for every delivery of the same act, whichever way it came in. A closed modal has
    /// neither a trigger nor a time: there the view closes only once.
    pub fn dedupe_key(&self) -> Option<String> {
        if let Some(id) = &self.trigger_id {
            return Some(format!("trigger:{id}"));
        }
        if let Some(ts) = &self.action_ts {
            return Some(format!("action:{ts}:{}", self.actor.id));
        }
        let view = self.view.as_ref()?;
        let hash = view.hash.as_deref().unwrap_or_default();
        let kind = self.kind.name();
        Some(format!("{kind}:{}:{hash}:{}", view.id.as_ref()?, self.actor.id))
    }
}

impl InteractionKind {
    pub fn name(&self) -> &str {
        match self {
            Self::BlockActions => "block_actions",
            Self::ViewSubmission => "view_submission",
            Self::ViewClosed => "view_closed",
            Self::Shortcut => "shortcut",
            Self::MessageAction => "message_action",
            Self::Other(name) => name,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "block_actions" => Self::BlockActions,
            "view_submission" => Self::ViewSubmission,
            "view_closed" => Self::ViewClosed,
            "shortcut" => Self::Shortcut,
            "message_action" => Self::MessageAction,
            other => Self::Other(other.to_owned()),
        }
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    user: WireUser,
    team: Option<Party>,
    enterprise: Option<Party>,
    #[serde(default)]
    is_enterprise_install: Value,
    channel: Option<WireChannel>,
    container: Option<Container>,
    message: Option<Subject>,
    actions: Option<Vec<WireAction>>,
    view: Option<View>,
    state: Option<WireState>,
    callback_id: Option<String>,
    trigger_id: Option<String>,
    response_url: Option<String>,
    response_urls: Option<Vec<WireResponseUrl>>,
    action_ts: Option<String>,
}

#[derive(Deserialize)]
struct WireUser {
    id: PersonId,
    username: Option<String>,
    name: Option<String>,
    team_id: Option<TeamId>,
}

#[derive(Deserialize)]
struct WireChannel {
    id: Option<ChannelId>,
}

#[derive(Deserialize)]
struct WireResponseUrl {
    response_url: Option<String>,
}

#[derive(Deserialize)]
struct WireState {
    #[serde(default)]
    values: Value,
}

#[derive(Deserialize)]
struct WireView {
    id: Option<ViewId>,
    hash: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    callback_id: Option<String>,
    private_metadata: Option<String>,
    root_view_id: Option<ViewId>,
    previous_view_id: Option<ViewId>,
    state: Option<WireState>,
}

impl From<WireView> for View {
    fn from(wire: WireView) -> Self {
        Self {
            id: wire.id,
            hash: wire.hash,
            kind: wire.kind.unwrap_or_default(),
            callback_id: wire.callback_id.unwrap_or_default(),
            private_metadata: wire.private_metadata.unwrap_or_default(),
            root: wire.root_view_id,
            previous: wire.previous_view_id,
            values: wire.state.map(|state| Values(state.values)).unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct WireAction {
    action_id: String,
    block_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "action_ts")]
    ts: Option<String>,
    value: Option<String>,
    selected_option: Option<WireOption>,
    selected_options: Option<Vec<WireOption>>,
    selected_user: Option<PersonId>,
    selected_users: Option<Vec<PersonId>>,
    #[serde(alias = "selected_conversation")]
    selected_channel: Option<ChannelId>,
    selected_date: Option<String>,
}

#[derive(Deserialize)]
struct WireOption {
    value: Option<String>,
}

impl From<WireAction> for Action {
    fn from(wire: WireAction) -> Self {
        let chosen = wire.selected_option.and_then(|option| option.value);
        let values = wire.selected_options.unwrap_or_default();
        Self {
            action_id: wire.action_id,
            block_id: wire.block_id,
            kind: wire.kind.unwrap_or_default(),
            value: wire.value.or(chosen),
            values: values.into_iter().filter_map(|option| option.value).collect(),
            person: wire.selected_user,
            people: wire.selected_users.unwrap_or_default(),
            channel: wire.selected_channel,
            date: wire.selected_date.and_then(|date| date.parse().ok()),
        }
    }
}

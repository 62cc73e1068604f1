//! What is in a delivery: commands, interactions and events, in Slack's shapes.

use serde_json::{Value, json};

use super::message::Message;
use super::seed::PersonSeed;
use super::view::View;
use super::workspace::{Channel, Workspace};

/// The fields of a slash command.
pub fn command(
    workspace: &mut Workspace,
    person: &str,
    channel: &Channel,
    command: &str,
    text: &str,
) -> Value {
    let trigger_id = workspace.new_trigger(person, Some(&channel.id), false);
    let response_url = workspace.new_response_url(person, &channel.id, None);
    let seed = &workspace.seed;
    let mut fields = json!({
        "token": seed.app.verification_token,
        "team_id": seed.team_id,
        "team_domain": seed.team_domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person,
        "user_name": workspace.handle(person),
        "command": command,
        "text": text,
        "api_app_id": seed.app.app_id,
        "is_enterprise_install": seed.is_enterprise_install.to_string(),
        "response_url": response_url,
        "trigger_id": trigger_id,
    });
    if let Some(enterprise) = &seed.enterprise_id {
        fields["enterprise_id"] = json!(enterprise);
        fields["enterprise_name"] = json!(seed.team_name);
    }
    fields
}

/// A click or choice in a message.
pub fn message_action(
    workspace: &mut Workspace,
    person: &PersonSeed,
    message: &Message,
    action: Value,
    state: Option<Value>,
) -> Value {
    let mut payload = interaction(workspace, person, "block_actions");
    let channel = workspace.channel(&message.channel).cloned();
    payload["trigger_id"] = json!(workspace.new_trigger(&person.id, Some(&message.channel), false));
    payload["container"] = json!({
        "type": "message", "message_ts": message.ts, "channel_id": message.channel,
        "is_ephemeral": message.only_for.is_some(),
    });
    if let Some(thread) = &message.thread_ts {
        payload["container"]["thread_ts"] = json!(thread);
    }
    payload["channel"] = json!({
        "id": message.channel, "name": channel.as_ref().map_or("unknown", channel_name),
    });
    if message.only_for.is_none() {
        payload["message"] = message.on_wire(workspace, true);
    }
    payload["state"] = state.unwrap_or_else(|| super::view::initial_state(&message.blocks));
    payload["response_url"] =
        json!(workspace.new_response_url(&person.id, &message.channel, Some(message)));
    payload["actions"] = json!([stamped(workspace, action)]);
    payload
}

/// A click or choice in a modal or on App Home.
pub fn view_action(
    workspace: &mut Workspace,
    person: &PersonSeed,
    view: &View,
    action: Value,
) -> Value {
    let is_modal = view.text("type") == "modal";
    let mut payload = interaction(workspace, person, "block_actions");
    payload["trigger_id"] =
        json!(workspace.new_trigger(&person.id, view.channel.as_deref(), is_modal));
    payload["container"] = json!({ "type": "view", "view_id": view.id });
    payload["view"] = view.on_wire(workspace);
    payload["actions"] = json!([stamped(workspace, action)]);
    payload
}

pub fn submission(workspace: &mut Workspace, person: &PersonSeed, view: &View) -> Value {
    let mut payload = interaction(workspace, person, "view_submission");
    payload["trigger_id"] = json!(workspace.new_trigger(&person.id, view.channel.as_deref(), true));
    payload["view"] = view.on_wire(workspace);
    payload["response_urls"] = response_urls(workspace, person, view);
    payload
}

pub fn closed(workspace: &Workspace, person: &PersonSeed, view: &View, is_cleared: bool) -> Value {
    let mut payload = interaction(workspace, person, "view_closed");
    payload["view"] = view.on_wire(workspace);
    payload["is_cleared"] = json!(is_cleared);
    payload
}

/// A global shortcut, or one on a message.
pub fn shortcut(
    workspace: &mut Workspace,
    person: &PersonSeed,
    callback_id: &str,
    message: Option<&Message>,
) -> Value {
    let kind = if message.is_some() { "message_action" } else { "shortcut" };
    let mut payload = interaction(workspace, person, kind);
    payload["callback_id"] = json!(callback_id);
    payload["action_ts"] = json!(workspace.next_ts());
    let channel = message.map(|message| message.channel.as_str());
    payload["trigger_id"] = json!(workspace.new_trigger(&person.id, channel, false));
    if let Some(message) = message {
        let name = workspace.channel(&message.channel).map_or("unknown", channel_name);
        payload["channel"] = json!({ "id": message.channel, "name": name });
        payload["message_ts"] = json!(message.ts);
        payload["message"] = message.on_wire(workspace, true);
        payload["response_url"] =
            json!(workspace.new_response_url(&person.id, &message.channel, None));
    }
    payload
}

/// The envelope of the Events API.
pub fn event(workspace: &Workspace, event_id: &str, event: Value) -> Value {
    let seed = &workspace.seed;
    let authorization = json!({
        "enterprise_id": seed.enterprise_id,
        "team_id": if seed.is_enterprise_install { Value::Null } else { json!(seed.team_id) },
        "user_id": seed.app.bot_user_id,
        "is_bot": true,
        "is_enterprise_install": seed.is_enterprise_install,
    });
    json!({
        "token": seed.app.verification_token,
        "team_id": seed.team_id,
        "context_team_id": seed.team_id,
        "context_enterprise_id": seed.enterprise_id,
        "api_app_id": seed.app.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": workspace.clock.now().as_second(),
        "authorizations": [authorization],
        "is_ext_shared_channel": false,
        "event_context": format!("4-{event_id}"),
    })
}

fn interaction(workspace: &Workspace, person: &PersonSeed, kind: &str) -> Value {
    let seed = &workspace.seed;
    let mut team = json!({ "id": seed.team_id, "domain": seed.team_domain });
    let mut enterprise = Value::Null;
    if let Some(id) = &seed.enterprise_id {
        team["enterprise_id"] = json!(id);
        team["enterprise_name"] = json!(seed.team_name);
        enterprise = json!({ "id": id, "name": seed.team_name });
    }
    json!({
        "type": kind,
        "user": {
            "id": person.id,
            "username": person.handle,
            "name": person.handle,
            "team_id": person.team_id.as_ref().unwrap_or(&seed.team_id),
        },
        "api_app_id": seed.app.app_id,
        "token": seed.app.verification_token,
        "team": if seed.is_enterprise_install { Value::Null } else { team },
        "enterprise": enterprise,
        "is_enterprise_install": seed.is_enterprise_install,
    })
}

/// The response URLs of the conversations chosen in fields that ask for one.
fn response_urls(workspace: &mut Workspace, person: &PersonSeed, view: &View) -> Value {
    let mut urls = Vec::new();
    for block in view.blocks() {
        let element = &block["element"];
        if element["response_url_enabled"] != true {
            continue;
        }
        let entered = &view.state["values"][block["block_id"].as_str().unwrap_or_default()]
            [element["action_id"].as_str().unwrap_or_default()];
        let chosen = entered["selected_conversation"].as_str();
        if let Some(channel) = chosen.or(entered["selected_channel"].as_str()) {
            urls.push(json!({
                "block_id": block["block_id"], "action_id": element["action_id"],
                "channel_id": channel,
                "response_url": workspace.new_response_url(&person.id, channel, None),
            }));
        }
    }
    json!(urls)
}

fn stamped(workspace: &mut Workspace, mut action: Value) -> Value {
    action["action_ts"] = json!(workspace.next_ts());
    action
}

fn channel_name(channel: &Channel) -> &str {
    match (&channel.im_with, channel.is_private) {
        (Some(_), _) => "directmessage",
        (None, true) => "privategroup",
        (None, false) => &channel.name,
    }
}

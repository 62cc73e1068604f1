//! Channels and who is in them.

use serde_json::{Value, json};

use super::super::record::Record;
use super::super::workspace::{Channel, Workspace};
use super::{Answer, Args, Call, Failure, chat};

pub fn list(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let seen = workspace.channels.values().filter(|channel| {
            !channel.is_private && channel.im_with.is_none() || workspace.app_is_in(channel)
        });
        listed(workspace, call.args, seen)
    })
}

pub fn of_user(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let app = workspace.seed.app.bot_user_id.clone();
        let person = call.args.text("user").unwrap_or(&app);
        let joined = workspace.channels.values().filter(|channel| {
            channel.members.iter().any(|member| member == person)
                && (!channel.is_private || workspace.app_is_in(channel))
        });
        listed(workspace, call.args, joined)
    })
}

pub fn info(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let name = call.args.needed("channel", "channel_not_found")?;
        let channel = chat::visible(workspace, name)?;
        Ok(json!({ "channel": workspace.conversation(&channel) }))
    })
}

pub fn members(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let name = call.args.needed("channel", "channel_not_found")?;
        let channel = chat::visible(workspace, name)?;
        let (members, cursor) = call.args.page(channel.members, 100, 1000)?;
        Ok(json!({ "members": members, "response_metadata": { "next_cursor": cursor } }))
    })
}

pub fn join(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let name = call.args.needed("channel", "channel_not_found")?;
        let channel = chat::visible(workspace, name)?;
        if channel.is_archived {
            return Err("is_archived".into());
        }
        if channel.is_private {
            return Err("method_not_supported_for_channel_type".into());
        }
        if workspace.app_is_in(&channel) {
            return Ok(json!({
                "channel": workspace.conversation(&channel), "warning": "already_in_channel",
                "response_metadata": { "warnings": ["already_in_channel"] },
            }));
        }
        let app = workspace.seed.app.bot_user_id.clone();
        let channel = workspace.admit(channel, &app, None);
        Ok(json!({ "channel": workspace.conversation(&channel) }))
    })
}

pub fn leave(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let name = call.args.needed("channel", "channel_not_found")?;
        let mut channel = chat::visible(workspace, name)?;
        if !workspace.app_is_in(&channel) {
            return Ok(json!({ "not_in_channel": true }));
        }
        let app = workspace.seed.app.bot_user_id.clone();
        channel.members.retain(|member| *member != app);
        workspace.put(Record::Channel(channel));
        Ok(json!({}))
    })
}

pub fn open(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        if let Some(channel) = call.args.text("channel") {
            let channel = chat::visible(workspace, channel)?;
            return Ok(json!({ "channel": { "id": channel.id }, "already_open": true }));
        }
        let users = match call.args.0.get("users") {
            Some(Value::Array(users)) => users.iter().filter_map(Value::as_str).collect(),
            _ => call
                .args
                .text("users")
                .map(|users| users.split(',').collect::<Vec<_>>())
                .unwrap_or_default(),
        };
        match users[..] {
            [] => Err("users_list_not_supplied".into()),
            [person] => {
                if !workspace.seed.people.iter().any(|known| known.id == person.trim()) {
                    return Err("user_not_found".into());
                }
                let was_open = workspace.im_with(person.trim()).is_some();
                let channel = workspace.open_im(person.trim());
                let mut answer = json!({ "channel": { "id": channel.id } });
                if call.args.flag("return_im") {
                    answer["channel"] = workspace.conversation(&channel);
                }
                if was_open {
                    answer["no_op"] = json!(true);
                    answer["already_open"] = json!(true);
                }
                Ok(answer)
            }
            _ => Err("too_many_users".into()),
        }
    })
}

fn listed<'a>(
    workspace: &Workspace,
    args: &Args,
    channels: impl Iterator<Item = &'a Channel>,
) -> Answer {
    let types = args.text("types").unwrap_or("public_channel");
    let types: Vec<&str> = types.split(',').map(str::trim).collect();
    if !types.iter().all(|kind| ["public_channel", "private_channel", "im", "mpim"].contains(kind))
    {
        return Err(Failure::because("invalid_types", &["invalid types"]));
    }
    let channels = channels.filter(|channel| {
        let kind = match channel {
            Channel { im_with: Some(_), .. } => "im",
            Channel { is_private: true, .. } => "private_channel",
            _ => "public_channel",
        };
        types.contains(&kind) && !(args.flag("exclude_archived") && channel.is_archived)
    });
    let channels = channels.map(|channel| workspace.conversation(channel)).collect();
    let (channels, cursor) = args.page(channels, 100, 1000)?;
    Ok(json!({ "channels": channels, "response_metadata": { "next_cursor": cursor } }))
}

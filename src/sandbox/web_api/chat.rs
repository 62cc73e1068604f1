//! Messages of the app: posting, changing, deleting them.

use serde_json::json;

use super::super::message::Message;
use super::super::workspace::{Channel, Workspace};
use super::{Answer, Args, Call, Failure, content};

pub fn post_message(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let channel = place(workspace, call.args)?;
        let content = content::of_args(workspace, call.args)?;
        let thread = thread(call.args)?;
        let message = workspace.post(Message {
            channel: channel.id.clone(),
            is_broadcast: thread.is_some() && call.args.flag("reply_broadcast"),
            thread_ts: thread,
            user: workspace.seed.app.bot_user_id.clone(),
            username: call.args.text("username").map(str::to_owned),
            text: content.text,
            blocks: content.blocks,
            attachments: content.attachments,
            metadata: content.metadata.filter(|metadata| !metadata.is_null()),
            ..Message::default()
        });
        let shown = message.on_wire(workspace, true);
        Ok(json!({ "channel": channel.id, "ts": message.ts, "message": shown }))
    })
}

pub fn post_ephemeral(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let person = call.args.needed("user", "user_not_found")?;
        if workspace.person(person).is_none() {
            return Err("user_not_found".into());
        }
        let channel = place(workspace, call.args)?;
        if !channel.members.iter().any(|member| member == person) {
            return Err("user_not_in_channel".into());
        }
        let content = content::of_args(workspace, call.args)?;
        let message = workspace.post(Message {
            channel: channel.id,
            thread_ts: thread(call.args)?,
            user: workspace.seed.app.bot_user_id.clone(),
            text: content.text,
            blocks: content.blocks,
            attachments: content.attachments,
            only_for: Some(person.to_owned()),
            ..Message::default()
        });
        Ok(json!({ "message_ts": message.ts }))
    })
}

/// What is not given stays as it was; an empty list takes away.
pub fn update(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let message = own_message(workspace, call.args, "cant_update_message")?;
        if message.is_streaming {
            return Err("streaming_state_conflict".into());
        }
        let given = content::given(workspace, call.args)?;
        let changed = Message {
            text: given.text.unwrap_or_else(|| message.text.clone()),
            blocks: given.blocks.unwrap_or_else(|| message.blocks.clone()),
            attachments: given.attachments.unwrap_or_else(|| message.attachments.clone()),
            metadata: match given.metadata {
                Some(metadata) => Some(metadata).filter(|metadata| !metadata.is_null()),
                None => message.metadata.clone(),
            },
            edited: Some(workspace.next_ts()),
            is_broadcast: message.is_broadcast || call.args.flag("reply_broadcast"),
            ..message
        };
        if changed.text.is_empty() && changed.blocks.is_empty() && changed.attachments.is_empty() {
            return Err("no_text".into());
        }
        workspace.change(changed.clone());
        Ok(json!({
            "channel": changed.channel, "ts": changed.ts, "text": changed.text,
            "message": changed.on_wire(workspace, true),
        }))
    })
}

pub fn delete(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let message = own_message(workspace, call.args, "cant_delete_message")?;
        workspace.remove(&message);
        Ok(json!({ "channel": message.channel, "ts": message.ts }))
    })
}

pub fn get_permalink(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let channel = visible(workspace, call.args.needed("channel", "channel_not_found")?)?;
        let ts = call.args.needed("message_ts", "message_not_found")?;
        let message = workspace.message(&channel.id, ts).ok_or("message_not_found")?;
        let mut link =
            format!("{}archives/{}/p{}", workspace.base, channel.id, ts.replace('.', ""));
        if let Some(thread) = message.thread_ts.as_ref().filter(|_| message.is_reply()) {
            link = format!("{link}?thread_ts={thread}&cid={}", channel.id);
        }
        Ok(json!({ "permalink": link, "channel": channel.id }))
    })
}

/// The channel that the app may post to, a person's id standing for the conversation with them.
pub fn place(workspace: &mut Workspace, args: &Args) -> Result<Channel, Failure> {
    let name = args.needed("channel", "channel_not_found")?;
    if workspace.seed.people.iter().any(|person| person.id == name) {
        return Ok(workspace.open_im(name));
    }
    let channel = visible(workspace, name)?;
    if channel.is_archived {
        return Err("is_archived".into());
    }
    let may_post_anywhere =
        workspace.seed.app.scopes.iter().any(|scope| scope == "chat:write.public");
    if !workspace.app_is_in(&channel) && !may_post_anywhere {
        return Err("not_in_channel".into());
    }
    Ok(channel)
}

/// A channel that the app can see.
pub fn visible(workspace: &Workspace, name: &str) -> Result<Channel, Failure> {
    let channel = workspace.channel_called(name).cloned().ok_or("channel_not_found")?;
    if channel.is_private && !workspace.app_is_in(&channel) {
        return Err("channel_not_found".into());
    }
    Ok(channel)
}

pub fn own_message(
    workspace: &Workspace,
    args: &Args,
    not_own: &'static str,
) -> Result<Message, Failure> {
    let channel = visible(workspace, args.needed("channel", "channel_not_found")?)?;
    let ts = args.needed("ts", "message_not_found")?;
    let message = workspace.message(&channel.id, ts).cloned().ok_or("message_not_found")?;
    if message.only_for.is_some() || message.subtype.is_some() {
        return Err("message_not_found".into());
    }
    if !workspace.is_app(&message.user) {
        return Err(not_own.into());
    }
    Ok(message)
}

pub fn thread(args: &Args) -> Result<Option<String>, Failure> {
    let Some(thread) = args.text("thread_ts") else { return Ok(None) };
    let is_ts = thread.split_once('.').is_some_and(|(seconds, micros)| {
        [seconds, micros].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if is_ts { Ok(Some(thread.to_owned())) } else { Err("invalid_thread_ts".into()) }
}

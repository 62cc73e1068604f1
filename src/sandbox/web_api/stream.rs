//! Messages that grow while they are written.

use serde_json::{Value, json};

use super::super::message::Message;
use super::super::workspace::Workspace;
use super::{Answer, Args, Call, Failure, chat, content};

const MARKDOWN: usize = 12_000;

pub fn start(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let channel = chat::place(workspace, call.args)?;
        if channel.im_with.is_none() {
            call.args.needed("recipient_user_id", "missing_recipient_user_id")?;
            call.args.needed("recipient_team_id", "missing_recipient_team_id")?;
        }
        let mut message = Message {
            channel: channel.id,
            thread_ts: chat::thread(call.args)?,
            user: workspace.seed.app.bot_user_id.clone(),
            username: call.args.text("username").map(str::to_owned),
            is_streaming: true,
            ..Message::default()
        };
        grow(workspace, &mut message, call.args)?;
        let message = workspace.post(message);
        Ok(json!({ "channel": message.channel, "ts": message.ts }))
    })
}

pub fn append(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let mut message = streaming(workspace, call.args)?;
        if call.args.text("markdown_text").is_none() && !call.args.0.contains_key("chunks") {
            return Err("no_text".into());
        }
        grow(workspace, &mut message, call.args)?;
        workspace.change(message.clone());
        Ok(json!({ "channel": message.channel, "ts": message.ts }))
    })
}

pub fn stop(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let mut message = streaming(workspace, call.args)?;
        grow(workspace, &mut message, call.args)?;
        let given = content::given(workspace, &without_markdown(call.args))?;
        message.blocks.extend(given.blocks.unwrap_or_default());
        message.metadata = given.metadata.or(message.metadata);
        message.is_streaming = false;
        workspace.change(message.clone());
        let shown = message.on_wire(workspace, true);
        Ok(json!({ "channel": message.channel, "ts": message.ts, "message": shown }))
    })
}

fn streaming(workspace: &Workspace, args: &Args) -> Result<Message, Failure> {
    let message = chat::own_message(workspace, args, "message_not_owned_by_app")?;
    if !message.is_streaming {
        return Err("message_not_in_streaming_state".into());
    }
    Ok(message)
}

/// Adds text, tasks and blocks to the end.
fn grow(workspace: &Workspace, message: &mut Message, args: &Args) -> Result<(), Failure> {
    if let Some(markdown) = args.text("markdown_text") {
        add_markdown(workspace, message, markdown)?;
    }
    let chunks = args.json("chunks").map_err(|_| "invalid_chunks")?;
    for chunk in chunks.as_ref().and_then(Value::as_array).into_iter().flatten() {
        match chunk["type"].as_str() {
            Some("markdown_text") => {
                add_markdown(workspace, message, chunk["text"].as_str().unwrap_or_default())?;
            }
            Some("task_update") => set_task(workspace, message, chunk),
            Some("plan_update") => {
                let block_id = workspace.next_id("");
                let title = &chunk["title"];
                message.blocks.retain(|block| block["type"] != "plan");
                message.blocks.insert(
                    0,
                    json!({ "type": "plan", "title": title, "tasks": [], "block_id": block_id }),
                );
            }
            Some("blocks") => {
                let blocks = chunk["blocks"].as_array().cloned().unwrap_or_default();
                message.blocks.extend(content::checked(workspace, blocks)?);
            }
            _ => return Err("invalid_chunks".into()),
        }
    }
    Ok(())
}

fn add_markdown(
    workspace: &Workspace,
    message: &mut Message,
    markdown: &str,
) -> Result<(), Failure> {
    if markdown.chars().count() > MARKDOWN {
        return Err("msg_too_long".into());
    }
    message.text.push_str(markdown);
    match message.blocks.last_mut().filter(|block| block["type"] == "markdown") {
        Some(block) => {
            let text = block["text"].as_str().unwrap_or_default();
            block["text"] = json!(format!("{text}{markdown}"));
        }
        None => {
            let id = workspace.next_id("");
            let block = json!({ "type": "markdown", "text": markdown, "block_id": id });
            message.blocks.push(block);
        }
    }
    Ok(())
}

/// A task is shown once, in its latest state.
fn set_task(workspace: &Workspace, message: &mut Message, chunk: &Value) {
    let mut task = chunk.clone();
    task["type"] = json!("task_card");
    task["task_id"] = chunk["id"].clone();
    if let Some(task) = task.as_object_mut() {
        task.remove("id");
    }
    match message.blocks.iter_mut().find(|block| block["task_id"] == chunk["id"]) {
        Some(block) => {
            task["block_id"] = block["block_id"].clone();
            *block = task;
        }
        None => {
            task["block_id"] = json!(workspace.next_id(""));
            message.blocks.push(task);
        }
    }
}

fn without_markdown(args: &Args) -> Args {
    let mut args = Args(args.0.clone());
    args.0.remove("markdown_text");
    args
}

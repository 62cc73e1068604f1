//! Reading channels and threads.

use serde_json::{Value, json};

use super::super::message::Message;
use super::super::workspace::{Channel, Workspace};
use super::{Answer, Args, Call, Failure, chat};

/// The latest messages of a channel, newest first; replies only where broadcast.
pub fn history(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let channel = readable(workspace, call.args)?;
        let within = Range::of(call.args);
        let messages: Vec<&Message> = workspace
            .history(&channel.id)
            .rev()
            .filter(|message| !message.is_reply() || message.is_broadcast)
            .filter(|message| within.holds(&message.ts))
            .collect();
        answer(workspace, call.args, messages, 100)
    })
}

/// A message and its replies, oldest first.
pub fn replies(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let channel = readable(workspace, call.args)?;
        let ts = call.args.needed("ts", "thread_not_found")?;
        let message = workspace.message(&channel.id, ts).ok_or("thread_not_found")?;
        let thread = message.thread_ts.as_ref().unwrap_or(&message.ts);
        let parent = workspace.message(&channel.id, thread).ok_or("thread_not_found")?;
        let within = Range::of(call.args);
        let replies = workspace.replies(&channel.id, thread);
        let replies = replies.into_iter().filter(|reply| within.holds(&reply.ts));
        let messages = std::iter::once(parent).chain(replies).collect();
        answer(workspace, call.args, messages, 1000)
    })
}

struct Range<'a> {
    oldest: &'a str,
    latest: &'a str,
    is_inclusive: bool,
}

impl<'a> Range<'a> {
    fn of(args: &'a Args) -> Self {
        Self {
            oldest: args.text("oldest").unwrap_or("0"),
            latest: args.text("latest").unwrap_or("99999999999"),
            is_inclusive: args.flag("inclusive"),
        }
    }

    fn holds(&self, ts: &str) -> bool {
        let number = |ts: &str| ts.parse::<f64>().unwrap_or(0.0);
        let (ts, oldest, latest) = (number(ts), number(self.oldest), number(self.latest));
        if self.is_inclusive { oldest <= ts && ts <= latest } else { oldest < ts && ts < latest }
    }
}

fn readable(workspace: &Workspace, args: &Args) -> Result<Channel, Failure> {
    let channel = chat::visible(workspace, args.needed("channel", "channel_not_found")?)?;
    if !workspace.app_is_in(&channel) {
        return Err("not_in_channel".into());
    }
    Ok(channel)
}

fn answer(workspace: &Workspace, args: &Args, messages: Vec<&Message>, default: usize) -> Answer {
    let (messages, cursor) = args.page(messages, default, 999)?;
    let with_metadata = args.flag("include_all_metadata");
    let messages: Vec<Value> =
        messages.iter().map(|message| message.on_wire(workspace, with_metadata)).collect();
    let mut answer = json!({
        "messages": messages, "has_more": !cursor.is_empty(), "pin_count": 0,
        "channel_actions_ts": null, "channel_actions_count": 0,
    });
    if !cursor.is_empty() {
        answer["response_metadata"] = json!({ "next_cursor": cursor });
    }
    Ok(answer)
}

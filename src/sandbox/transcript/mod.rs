//! The workspace as text: what scripts and tests read.
//!
//! A message is its author, a colon and its text; what follows is indented by two. Replies are
//! indented by four. Buttons stand in `[brackets]`, menus as `[label ▾]`, chosen boxes as `[x]`.

mod blocks;
mod markup;

use std::fmt::Write;

use serde_json::Value;

pub use markup::plain;

use blocks::of_blocks;

use super::message::Message;
use super::view::View;
use super::workspace::Workspace;

/// A channel as `person` sees it (or as everyone does), threads under what began them.
pub fn of_channel(workspace: &Workspace, channel: &str, person: Option<&str>) -> String {
    let mut text = String::new();
    let messages = workspace.messages.get(channel).into_iter().flat_map(|all| all.values());
    let visible: Vec<&Message> = messages
        .filter(|message| match person {
            Some(person) => message.is_visible_to(person),
            None => message.only_for.is_none(),
        })
        .collect();
    let begins = |message: &&&Message| {
        let thread = message.thread_ts.as_ref().filter(|_| message.is_reply());
        // A reply whose beginning is forgotten stands alone.
        thread.is_none_or(|thread| !visible.iter().any(|other| other.ts == *thread))
    };
    for message in visible.iter().filter(begins) {
        add(workspace, &mut text, message, "");
        let replies = visible
            .iter()
            .filter(|reply| reply.is_reply() && reply.thread_ts.as_ref() == Some(&message.ts));
        for reply in replies {
            add(workspace, &mut text, reply, "    ");
        }
    }
    text
}

/// What a message says, without who says it.
pub fn of_message(workspace: &Workspace, message: &Message) -> String {
    let mut lines = Vec::new();
    if message.blocks.is_empty() {
        lines.push(plain(workspace, &message.text));
    } else {
        lines.extend(of_blocks(workspace, &message.blocks, None));
    }
    for attachment in &message.attachments {
        match attachment["blocks"].as_array() {
            Some(blocks) => lines.extend(of_blocks(workspace, blocks, None)),
            None => {
                for part in ["pretext", "title", "text", "fallback"] {
                    let text = attachment[part].as_str().filter(|text| !text.is_empty());
                    lines.extend(text.map(|text| plain(workspace, text)));
                }
            }
        }
    }
    for file in message.files.iter().filter_map(|id| workspace.files.get(id)) {
        let alt = file.alt_txt.as_ref().unwrap_or(&file.title);
        lines.push(format!("(file: {}, {alt})", file.name));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

pub fn of_view(workspace: &Workspace, view: &View) -> String {
    let mut lines = of_blocks(workspace, view.blocks(), Some(&view.state));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// The text of a text object.
pub fn text_of(text: &Value) -> String {
    text["text"].as_str().unwrap_or_default().to_owned()
}

fn add(workspace: &Workspace, text: &mut String, message: &Message, indent: &str) {
    let author = message.username.as_deref().unwrap_or(workspace.handle(&message.user));
    let private = if message.only_for.is_some() { " (only you)" } else { "" };
    let content = of_message(workspace, message);
    let mut lines = content.lines();
    // Writing to a string does not fail.
    let _infallible =
        writeln!(text, "{indent}{author}{private}: {}", lines.next().unwrap_or_default());
    for line in lines {
        let _infallible = writeln!(text, "{indent}  {line}");
    }
    if !message.reactions.is_empty() {
        let reactions = message.reactions.iter();
        let reactions =
            reactions.map(|reaction| format!(":{}: {}", reaction.name, reaction.users.len()));
        let _infallible = writeln!(text, "{indent}  {}", reactions.collect::<Vec<_>>().join("  "));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Seed;
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_channel_reads_as_text() {
        let mut workspace = Workspace::new(Seed::example(), Clock::default());
        let post = |workspace: &mut Workspace, message: Message| {
            workspace.post(Message { channel: "C0CAMPAIGN".to_owned(), ..message })
        };
        let (maya, bot) = ("U0MAYA0000".to_owned(), "U0COUNTERS".to_owned());
        let question = post(
            &mut workspace,
            Message {
                user: maya.clone(),
                text: "<@U0COUNTERS> a &lt; b? <https://example.com|proof>".to_owned(),
                ..Message::default()
            },
        );
        let button = |text: &str| json!({ "type": "button", "text": { "text": text } });
        post(
            &mut workspace,
            Message {
                user: bot.clone(),
                thread_ts: Some(question.ts.clone()),
                text: "fallback".to_owned(),
                blocks: vec![
                    json!({ "type": "header", "text": { "text": "Draft" } }),
                    json!({ "type": "section", "text": { "text": "two\nlines" } }),
                    json!({ "type": "actions", "elements": [button("Approve"), button("Reject")] }),
                ],
                ..Message::default()
            },
        );
        post(
            &mut workspace,
            Message {
                user: bot,
                text: "On it".to_owned(),
                only_for: Some(maya.clone()),
                ..Message::default()
            },
        );
        post(
            &mut workspace,
            Message { user: maya, text: "Thanks".to_owned(), ..Message::default() },
        );

        assert_eq!(
            of_channel(&workspace, "C0CAMPAIGN", Some("U0MAYA0000")),
            "maya: @countersign a < b? proof (https://example.com)\n    \
                 countersign: Draft\n      \
                   two\n      \
                   lines\n      \
                   [Approve] [Reject]\n\
             countersign (only you): On it\n\
             maya: Thanks\n"
        );
        assert!(!of_channel(&workspace, "C0CAMPAIGN", Some("U0SAM00000")).contains("On it"));
    }
}

//! The workspace as text: what scripts and tests read.
//!
//! A message is its author, a colon and its text; what follows is indented by two. Replies are
//! indented by four. Buttons stand in `[brackets]`, menus as `[label ▾]`, chosen boxes as `[x]`.

use std::fmt::Write;

use serde_json::Value;

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

/// Slack's markup as people read it: names for ids, no escapes.
pub fn plain(workspace: &Workspace, markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        match rest.find('>') {
            Some(end) => {
                text.push_str(&reference(workspace, &rest[1..end]));
                rest = &rest[end + 1..];
            }
            None => break,
        }
    }
    text.push_str(rest);
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
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

/// What is between `<` and `>`: a mention, a channel, a date or a link.
fn reference(workspace: &Workspace, inner: &str) -> String {
    let (target, label) = match inner.split_once('|') {
        Some((target, label)) => (target, Some(label)),
        None => (inner, None),
    };
    if let Some(id) = target.strip_prefix('@') {
        return format!("@{}", workspace.handle(id));
    }
    if let Some(id) = target.strip_prefix('#') {
        let channel = workspace.channel(id).map(|channel| channel.name.as_str());
        return format!("#{}", channel.or(label).unwrap_or(id));
    }
    if let Some(id) = target.strip_prefix("!subteam^") {
        let group = workspace.group(id).map(|group| group.handle.as_str());
        let label = label.map(|label| label.trim_start_matches('@'));
        return format!("@{}", group.or(label).unwrap_or(id));
    }
    if let Some(special) = target.strip_prefix('!') {
        // `<!date^…|fallback>` reads as its fallback.
        return label.map_or_else(|| format!("@{special}"), str::to_owned);
    }
    match label {
        Some(label) if label != target => format!("{label} ({target})"),
        _ => target.to_owned(),
    }
}

fn of_blocks(workspace: &Workspace, blocks: &[Value], state: Option<&Value>) -> Vec<String> {
    blocks.iter().map(|block| of_block(workspace, block, state)).collect()
}

fn of_block(workspace: &Workspace, block: &Value, state: Option<&Value>) -> String {
    let element = |element: &Value| of_element(workspace, block, element, state);
    let text = |text: &Value| plain(workspace, &text_of(text));
    let elements = || block["elements"].as_array().into_iter().flatten();
    match block["type"].as_str().unwrap_or_default() {
        "section" => {
            let mut parts = vec![text(&block["text"])];
            parts.extend(block["fields"].as_array().into_iter().flatten().map(text));
            if !block["accessory"].is_null() {
                parts.push(element(&block["accessory"]));
            }
            parts.retain(|part| !part.is_empty());
            parts.join("\n")
        }
        "header" => text(&block["text"]),
        "divider" => "---".to_owned(),
        "image" => format!("(image: {})", block["alt_text"].as_str().unwrap_or_default()),
        "actions" | "context_actions" => elements().map(element).collect::<Vec<_>>().join(" "),
        "context" => elements().map(element).collect::<Vec<_>>().join("  "),
        "input" => {
            let label = text_of(&block["label"]);
            let optional = if block["optional"] == true { " (optional)" } else { "" };
            format!("{label}{optional}: {}", element(&block["element"]))
        }
        "markdown" => block["text"].as_str().unwrap_or_default().to_owned(),
        "rich_text" => rich_text(workspace, block),
        "video" => format!("(video: {})", text_of(&block["title"])),
        "table" | "data_table" => table(workspace, block),
        "data_visualization" => chart(block),
        "task_card" => {
            let part = |name: &str| block[name].as_str().unwrap_or_default();
            format!("({}) {}", part("status"), part("title"))
        }
        "plan" => block["title"].as_str().unwrap_or_default().to_owned(),
        other => format!("({other})"),
    }
}

fn of_element(
    workspace: &Workspace,
    block: &Value,
    element: &Value,
    state: Option<&Value>,
) -> String {
    let kind = element["type"].as_str().unwrap_or_default();
    let placeholder = text_of(&element["placeholder"]);
    let entered = state.map(|state| {
        let block_id = block["block_id"].as_str().unwrap_or_default();
        &state["values"][block_id][element["action_id"].as_str().unwrap_or_default()]
    });
    match kind {
        "mrkdwn" | "plain_text" => plain(workspace, element["text"].as_str().unwrap_or_default()),
        "image" => format!("(image: {})", element["alt_text"].as_str().unwrap_or_default()),
        "button" | "workflow_button" | "icon_button" => format!("[{}]", text_of(&element["text"])),
        "feedback_buttons" => {
            let button = |name: &str| text_of(&element[name]["text"]);
            format!("[{}] [{}]", button("positive_button"), button("negative_button"))
        }
        "overflow" => format!("[⋯ {}]", option_texts(element).join(" | ")),
        "checkboxes" | "radio_buttons" => {
            let key = if kind == "checkboxes" { "options" } else { "option" };
            let initial = &element[format!("initial_{key}").as_str()];
            let chosen =
                entered.map_or(initial, |entered| &entered[format!("selected_{key}").as_str()]);
            let is_chosen = |option: &Value| match chosen {
                Value::Array(chosen) => chosen.iter().any(|one| one["value"] == option["value"]),
                one => one["value"] == option["value"] && !option["value"].is_null(),
            };
            let options = super::act::options_of(element);
            let options = options.iter().map(|option| {
                let mark = if is_chosen(option) { 'x' } else { ' ' };
                format!("[{mark}] {}", plain(workspace, &text_of(&option["text"])))
            });
            options.collect::<Vec<_>>().join(" ")
        }
        _ => {
            let chosen = entered.and_then(|entered| value_text(workspace, kind, entered));
            match chosen {
                Some(value) => {
                    format!("[{value} ▾]").replace(" ▾]", if is_input(kind) { "]" } else { " ▾]" })
                }
                None if is_input(kind) => "[ ]".to_owned(),
                None => format!("[{placeholder} ▾]"),
            }
        }
    }
}

fn is_input(kind: &str) -> bool {
    kind.ends_with("_input")
}

/// What was entered or chosen in an element, as people read it.
fn value_text(workspace: &Workspace, kind: &str, entered: &Value) -> Option<String> {
    let (key, _) = super::view::state_keys(kind)?;
    let one = |value: &Value| match value {
        Value::String(id) if key.contains("user") => format!("@{}", workspace.handle(id)),
        Value::String(id) if key.contains("channel") || key.contains("conversation") => {
            workspace.channel(id).map_or(id.clone(), |channel| workspace.channel_label(channel))
        }
        Value::String(text) => text.clone(),
        Value::Object(_) if value["type"] == "rich_text" => rich_text(workspace, value),
        Value::Object(_) => text_of(&value["text"]),
        other => other.to_string(),
    };
    match &entered[key] {
        Value::Null => None,
        Value::Array(values) if values.is_empty() => None,
        Value::Array(values) => Some(values.iter().map(one).collect::<Vec<_>>().join(", ")),
        value => Some(one(value)),
    }
}

fn option_texts(element: &Value) -> Vec<String> {
    super::act::options_of(element).iter().map(|option| text_of(&option["text"])).collect()
}

fn table(workspace: &Workspace, block: &Value) -> String {
    let rows = block["rows"].as_array().into_iter().flatten();
    let cell = |cell: &Value| match cell["type"].as_str() {
        Some("rich_text") => rich_text(workspace, cell),
        Some("action_cell") => format!("[{}]", text_of(&cell["element"]["text"])),
        _ => text_of(cell),
    };
    let row = |row: &Value| {
        let cells = row.as_array().into_iter().flatten().map(cell);
        cells.collect::<Vec<_>>().join(" | ")
    };
    let caption = block["caption"].as_str().map(str::to_owned);
    caption.into_iter().chain(rows.map(row)).collect::<Vec<_>>().join("\n")
}

fn chart(block: &Value) -> String {
    let chart = &block["chart"];
    let point = |point: &Value| {
        format!("{} {}", point["label"].as_str().unwrap_or_default(), point["value"])
    };
    let points = |points: &Value| {
        points.as_array().into_iter().flatten().map(point).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![format!(
        "({} chart: {})",
        chart["type"].as_str().unwrap_or_default(),
        block["title"].as_str().unwrap_or_default()
    )];
    if chart["segments"].is_array() {
        lines.push(points(&chart["segments"]));
    }
    for series in chart["series"].as_array().into_iter().flatten() {
        let name = series["name"].as_str().unwrap_or_default();
        lines.push(format!("{name}: {}", points(&series["data"])));
    }
    lines.join("\n")
}

fn rich_text(workspace: &Workspace, block: &Value) -> String {
    let parts = block["elements"].as_array().into_iter().flatten();
    let part = |part: &Value| {
        let elements = part["elements"].as_array().into_iter().flatten();
        match part["type"].as_str().unwrap_or_default() {
            "rich_text_list" => {
                let items = elements.enumerate().map(|(index, item)| {
                    let text = inline(workspace, &item["elements"]);
                    if part["style"] == "ordered" {
                        format!("{}. {text}", index + 1)
                    } else {
                        format!("• {text}")
                    }
                });
                items.collect::<Vec<_>>().join("\n")
            }
            "rich_text_quote" => {
                let text = inline(workspace, &part["elements"]);
                text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
            }
            _ => inline(workspace, &part["elements"]),
        }
    };
    parts.map(part).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn inline(workspace: &Workspace, elements: &Value) -> String {
    let element = |element: &Value| {
        let field = |name: &str| element[name].as_str().unwrap_or_default();
        match field("type") {
            "link" if !field("text").is_empty() => format!("{} ({})", field("text"), field("url")),
            "link" => field("url").to_owned(),
            "user" => format!("@{}", workspace.handle(field("user_id"))),
            "usergroup" => reference(workspace, &format!("!subteam^{}", field("usergroup_id"))),
            "channel" => reference(workspace, &format!("#{}", field("channel_id"))),
            "emoji" => format!(":{}:", field("name")),
            "broadcast" => format!("@{}", field("range")),
            "date" => field("fallback").to_owned(),
            _ => field("text").to_owned(),
        }
    };
    elements.as_array().into_iter().flatten().map(element).collect()
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

//! Slack's two markups, mrkdwn and rich text, as people read them.

use serde_json::Value;

use super::super::workspace::Workspace;

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

/// A `rich_text` block.
pub fn rich_text(workspace: &Workspace, block: &Value) -> String {
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

//! Blocks as text.

use serde_json::Value;

use super::super::act::options_of;
use super::super::view::{initial_value, state_keys};
use super::super::workspace::Workspace;
use super::markup::rich_text;
use super::{plain, text_of};

/// What an untouched menu without a placeholder says.
const SELECT: &str = "Select an option";

pub fn of_blocks(workspace: &Workspace, blocks: &[Value], state: Option<&Value>) -> Vec<String> {
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
    let entered = match state {
        Some(state) => {
            let block_id = block["block_id"].as_str().unwrap_or_default();
            let action_id = element["action_id"].as_str().unwrap_or_default();
            state["values"][block_id][action_id].clone()
        }
        None => initial_value(element).unwrap_or_default(),
    };
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
            let chosen = state_keys(kind).map_or(&Value::Null, |(key, _)| &entered[key]);
            let is_chosen = |option: &Value| match chosen {
                Value::Array(chosen) => chosen.iter().any(|one| one["value"] == option["value"]),
                Value::Null => false,
                one => one["value"] == option["value"],
            };
            let options = options_of(element).into_iter().map(|option| {
                let mark = if is_chosen(option) { 'x' } else { ' ' };
                format!("[{mark}] {}", plain(workspace, &text_of(&option["text"])))
            });
            options.collect::<Vec<_>>().join(" ")
        }
        _ => {
            let chosen = value_text(workspace, kind, &entered);
            if kind.ends_with("_input") {
                return format!("[{}]", chosen.unwrap_or_else(|| " ".to_owned()));
            }
            let placeholder = text_of(&element["placeholder"]);
            let placeholder = if placeholder.is_empty() { SELECT } else { &placeholder };
            format!("[{} ▾]", chosen.unwrap_or_else(|| placeholder.to_owned()))
        }
    }
}

/// What was entered or chosen in an element, as people read it.
fn value_text(workspace: &Workspace, kind: &str, entered: &Value) -> Option<String> {
    let (key, _) = state_keys(kind)?;
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
    options_of(element).iter().map(|option| text_of(&option["text"])).collect()
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

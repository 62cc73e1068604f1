//! What Slack takes for blocks, and what it says of those it does not take.
//!
//! `spec` and `elements` are the table: each block and element with its fields and their limits.
//! `check` and `parts` read it.
//! `data` holds the blocks whose rules do not fit a table: tables and charts.
//! The limits are those of <https://docs.slack.dev/reference/block-kit>; the sentences are the ones
//! that Slack answers with.

mod check;
mod data;
mod elements;
mod parts;
mod rich_text;
mod spec;

use std::fmt;

use serde_json::{Map, Value, json};

pub use check::Check;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    Message,
    Modal,
    Home,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub sentence: String,
    pub path: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [json-pointer:{}]", self.sentence, self.path)
    }
}

/// Checks the blocks of a message and gives those without an id one.
pub fn of_message(
    blocks: &mut [Value],
    is_file: &dyn Fn(&Value) -> bool,
    new_id: &dyn Fn() -> String,
) -> Vec<Problem> {
    let mut check = Check::new(Surface::Message, is_file);
    check.blocks(blocks, "/blocks");
    if check.problems.is_empty() {
        name_all(blocks, new_id);
    }
    check.problems
}

/// Checks a modal or a Home tab and gives blocks without an id one.
pub fn of_view(
    view: &mut Map<String, Value>,
    is_file: &dyn Fn(&Value) -> bool,
    new_id: &dyn Fn() -> String,
) -> Vec<Problem> {
    let surface = match view.get("type").and_then(Value::as_str) {
        Some("modal") => Surface::Modal,
        Some("home") => Surface::Home,
        Some(other) => {
            let sentence = format!("unsupported type: {other}");
            return vec![Problem { sentence, path: "/view/type".to_owned() }];
        }
        None => {
            let sentence = "missing required field: type".to_owned();
            return vec![Problem { sentence, path: "/view".to_owned() }];
        }
    };
    let mut check = Check::new(surface, is_file);
    check.view(view);
    if check.problems.is_empty()
        && let Some(blocks) = view.get_mut("blocks").and_then(Value::as_array_mut)
    {
        name_all(blocks, new_id);
    }
    check.problems
}

/// The ids that Slack makes up where the app gave none.
fn name_all(blocks: &mut [Value], new_id: &dyn Fn() -> String) {
    for block in blocks {
        if block.get("block_id").is_none_or(|id| id == "") {
            block["block_id"] = json!(new_id());
        }
        let interactive = |element: &Value| {
            element["type"].as_str().is_some_and(|kind| {
                elements::element(kind)
                    .is_some_and(|fields| fields.iter().any(|field| field.name == "action_id"))
            })
        };
        let name = |element: &mut Value| {
            if interactive(element) && element.get("action_id").is_none_or(|id| id == "") {
                element["action_id"] = json!(new_id());
            }
        };
        if let Some(elements) = block.get_mut("elements").and_then(Value::as_array_mut) {
            elements.iter_mut().for_each(name);
        }
        for part in ["element", "accessory"] {
            if let Some(element) = block.get_mut(part) {
                name(element);
            }
        }
    }
}

#[cfg(test)]
mod tests;

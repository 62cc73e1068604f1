//! What people fill in: the inputs of a modal, and menus in messages.
//!
//! An input has one name, which is both its block id and its action id; `Values` in
//! [`inbound`](super::inbound) reads the answer by it.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::blocks::{Block, Element, plain};
use super::cut::cut;
use super::limits;
use crate::ids::{ChannelId, PersonId};

/// One input of a modal.
#[derive(Clone, PartialEq, Debug)]
pub struct Input {
    name: String,
    label: String,
    hint: Option<String>,
    optional: bool,
    element: Value,
}

impl Input {
    /// One line of text.
    pub fn text(name: &str, label: &str) -> Self {
        Self::of(name, label, json!({"type": "plain_text_input", "max_length": limits::INPUT_TEXT}))
    }

    /// Several lines of text.
    pub fn paragraph(name: &str, label: &str) -> Self {
        let mut input = Self::text(name, label);
        input.element["multiline"] = true.into();
        input
    }

    /// One of several choices, in a menu.
    pub fn select(name: &str, label: &str, choices: impl IntoIterator<Item = Choice>) -> Self {
        Self::of(name, label, menu(choices))
    }

    /// Any of several choices, in a menu.
    pub fn several(name: &str, label: &str, choices: impl IntoIterator<Item = Choice>) -> Self {
        let mut element = menu(choices);
        element["type"] = "multi_static_select".into();
        Self::of(name, label, element)
    }

    /// One of a few choices, all visible.
    pub fn radio(name: &str, label: &str, choices: impl IntoIterator<Item = Choice>) -> Self {
        let choices: Vec<Value> = choices.into_iter().map(|choice| choice.0).collect();
        Self::of(name, label, json!({"type": "radio_buttons", "options": choices}))
    }

    /// Any of a few choices.
    pub fn checkboxes(name: &str, label: &str, choices: impl IntoIterator<Item = Choice>) -> Self {
        let choices: Vec<Value> = choices.into_iter().map(|choice| choice.0).collect();
        Self::of(name, label, json!({"type": "checkboxes", "options": choices}))
    }

    pub fn person(name: &str, label: &str) -> Self {
        Self::of(name, label, json!({"type": "users_select"}))
    }

    pub fn people(name: &str, label: &str) -> Self {
        Self::of(name, label, json!({"type": "multi_users_select"}))
    }

    /// A channel of this workspace, public or private.
    pub fn channel(name: &str, label: &str) -> Self {
        let filter = json!({
            "include": ["public", "private"],
            "exclude_external_shared_channels": true,
            "exclude_bot_users": true,
        });
        Self::of(name, label, json!({"type": "conversations_select", "filter": filter}))
    }

    pub fn date(name: &str, label: &str) -> Self {
        Self::of(name, label, json!({"type": "datepicker"}))
    }

    /// May be left empty. Without this an answer is required.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(cut(hint, limits::HINT));
        self
    }

    /// Grey words in an empty field. Checkboxes and radio buttons have none.
    pub fn placeholder(mut self, text: &str) -> Self {
        self.element["placeholder"] = plain(&cut(text, limits::PLACEHOLDER));
        self
    }

    /// The text that stands in the field at first. It is never cut: one longer than an input holds
    /// (3,000 characters) keeps the modal from being opened.
    pub fn initial(mut self, text: &str) -> Self {
        if !text.is_empty() {
            self.element["initial_value"] = text.into();
        }
        self
    }

    /// The choice, or choices, by their values, that are made at first.
    pub fn chosen(mut self, values: &[&str]) -> Self {
        let options = self.element["options"].as_array().into_iter().flatten();
        let grouped = self.element["option_groups"].as_array().into_iter().flatten();
        let grouped = grouped.filter_map(|group| group["options"].as_array()).flatten();
        let chosen: Vec<Value> = options
            .chain(grouped)
            .filter(|option| option["value"].as_str().is_some_and(|it| values.contains(&it)))
            .cloned()
            .collect();
        if self.element["type"] == "checkboxes" || self.element["type"] == "multi_static_select" {
            if !chosen.is_empty() {
                self.element["initial_options"] = chosen.into();
            }
        } else if let Some(first) = chosen.into_iter().next() {
            self.element["initial_option"] = first;
        }
        self
    }

    pub fn chosen_person(mut self, person: &PersonId) -> Self {
        self.element["initial_user"] = person.as_str().into();
        self
    }

    pub fn chosen_channel(mut self, channel: &ChannelId) -> Self {
        self.element["initial_conversation"] = channel.as_str().into();
        self
    }

    pub fn chosen_date(mut self, date: Date) -> Self {
        self.element["initial_date"] = date.to_string().into();
        self
    }

    /// At most this many characters, for a text.
    pub fn at_most(mut self, characters: usize) -> Self {
        self.element["max_length"] = characters.min(limits::INPUT_TEXT).into();
        self
    }

    fn of(name: &str, label: &str, mut element: Value) -> Self {
        element["action_id"] = name.into();
        let label = cut(label, limits::LABEL);
        Self { name: name.to_owned(), label, hint: None, optional: false, element }
    }
}

impl From<Input> for Block {
    fn from(input: Input) -> Self {
        let mut block = json!({
            "type": "input",
            "block_id": input.name,
            "label": plain(&input.label),
            "optional": input.optional,
            "element": input.element,
        });
        if let Some(hint) = input.hint {
            block["hint"] = plain(&hint);
        }
        Self::raw(block)
    }
}

/// Something to choose: what people read, and the value handed back.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice(Value);

impl Choice {
    pub fn new(label: &str, value: impl ToString) -> Self {
        let label = plain(&cut(label, limits::OPTION));
        Self(json!({"text": label, "value": value.to_string()}))
    }

    /// A second line in small letters.
    pub fn describe(mut self, text: &str) -> Self {
        self.0["description"] = plain(&cut(text, limits::OPTION));
        self
    }
}

/// A menu in a message, which acts as soon as something is chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct Select(Value);

impl Select {
    pub fn new(prompt: &str, action: &str, choices: impl IntoIterator<Item = Choice>) -> Self {
        let mut element = menu(choices);
        element["action_id"] = action.into();
        element["placeholder"] = plain(&cut(prompt, limits::PLACEHOLDER));
        Self(element)
    }
}

impl From<Select> for Element {
    fn from(select: Select) -> Self {
        Self(select.0)
    }
}

/// A menu of further things to do, behind three dots: at most five.
#[derive(Clone, PartialEq, Debug)]
pub struct Overflow(Value);

impl Overflow {
    pub fn new(action: &str, choices: impl IntoIterator<Item = Choice>) -> Self {
        let choices: Vec<Value> = choices.into_iter().map(|choice| choice.0).collect();
        Self(json!({"type": "overflow", "action_id": action, "options": choices}))
    }
}

impl From<Overflow> for Element {
    fn from(overflow: Overflow) -> Self {
        Self(overflow.0)
    }
}

/// A menu holds 100 choices, or 100 groups of 100.
fn menu(choices: impl IntoIterator<Item = Choice>) -> Value {
    let choices: Vec<Value> = choices.into_iter().map(|choice| choice.0).collect();
    if choices.len() <= limits::OPTIONS {
        return json!({"type": "static_select", "options": choices});
    }
    let groups: Vec<Value> = choices
        .chunks(limits::OPTIONS)
        .enumerate()
        .map(|(index, chunk)| {
            let first = index * limits::OPTIONS + 1;
            let label = format!("{first}–{}", first + chunk.len() - 1);
            json!({"label": plain(&label), "options": chunk})
        })
        .collect();
    json!({"type": "static_select", "option_groups": groups})
}

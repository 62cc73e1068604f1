//! Filling in a modal: from labels and plain values to Slack's state, and what is missing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::{Map, Value, json};

use super::super::transcript::text_of;
use super::super::view::{View, state_keys};
use super::super::workspace::Workspace;
use super::ModalInput;
use super::controls::{option_called, options};

/// A field of a modal.
pub struct Input<'a> {
    pub block: &'a Value,
    pub element: &'a Value,
    pub label: String,
}

/// Everything in a modal that holds a value.
pub fn inputs(view: &View) -> Vec<Input<'_>> {
    let mut inputs = Vec::new();
    for block in view.blocks() {
        let elements = block["elements"].as_array().into_iter().flatten();
        for element in elements.chain([&block["element"], &block["accessory"]]) {
            if element["type"].as_str().is_none_or(|kind| state_keys(kind).is_none()) {
                continue;
            }
            let label = [&block["label"], &element["placeholder"], &block["text"]];
            let label = label.iter().map(|text| text_of(text)).find(|text| !text.is_empty());
            inputs.push(Input { block, element, label: label.unwrap_or_default() });
        }
    }
    inputs
}

impl Input<'_> {
    pub fn block_id(&self) -> &str {
        self.block["block_id"].as_str().unwrap_or_default()
    }

    pub fn action_id(&self) -> &str {
        self.element["action_id"].as_str().unwrap_or_default()
    }

    fn kind(&self) -> &str {
        self.element["type"].as_str().unwrap_or_default()
    }

    pub fn shown(&self, view: &View) -> ModalInput {
        let entered = &view.state["values"][self.block_id()][self.action_id()];
        let value = state_keys(self.kind()).map(|(key, _)| &entered[key]);
        let plain = |value: &Value| match value {
            Value::Object(_) => json!(text_of(&value["text"])),
            other => other.clone(),
        };
        let value = value.map(|value| match value {
            Value::Array(values) => values.iter().map(plain).collect(),
            value => plain(value),
        });
        ModalInput {
            label: self.label.clone(),
            kind: self.kind().to_owned(),
            value: value.filter(|value| !value.is_null() && *value != json!([])),
            options: options(self.element).iter().map(|option| text_of(&option["text"])).collect(),
        }
    }

    /// What is wrong with what was entered, in the words of Slack's client.
    fn complaint(&self, entered: &Value) -> Option<String> {
        let (key, _) = state_keys(self.kind())?;
        let value = &entered[key];
        let is_empty = value.is_null() || *value == json!([]) || *value == json!("");
        if is_empty {
            let is_optional = self.block["type"] != "input" || self.block["optional"] == true;
            return (!is_optional).then(|| "Please complete this required field.".to_owned());
        }
        let text = value.as_str().unwrap_or_default();
        let length = text.chars().count();
        let bound = |name: &str| self.element[name].as_u64().map(|bound| bound as usize);
        match self.kind() {
            "plain_text_input" => {
                let most = bound("max_length").unwrap_or(3000);
                let fewest = bound("min_length").unwrap_or(0);
                if length > most {
                    return Some(format!("Must be at most {most} characters; this is {length}."));
                }
                (length < fewest)
                    .then(|| format!("Must be at least {fewest} characters; this is {length}."))
            }
            "email_text_input" => {
                let is_address = text.split_once('@').is_some_and(|(name, host)| {
                    !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
                });
                (!is_address).then(|| "Please enter a valid email address.".to_owned())
            }
            "url_text_input" => {
                url::Url::parse(text).is_err().then(|| "Please enter a valid URL.".to_owned())
            }
            "number_input" => self.number_complaint(text),
            _ => None,
        }
    }

    fn number_complaint(&self, text: &str) -> Option<String> {
        let Ok(number) = text.parse::<f64>() else {
            return Some("Please enter a number.".to_owned());
        };
        if self.element["is_decimal_allowed"] != true && text.contains('.') {
            return Some("Please enter a whole number.".to_owned());
        }
        let bound = |name: &str| self.element[name].as_str()?.parse::<f64>().ok();
        if let Some(least) = bound("min_value").filter(|least| number < *least) {
            return Some(format!("Must be at least {least}."));
        }
        bound("max_value")
            .filter(|most| number > *most)
            .map(|most| format!("Must be at most {most}."))
    }
}

/// Enters values by the labels of their fields.
pub fn fill(
    workspace: &Workspace,
    view: &mut View,
    values: &Map<String, Value>,
) -> Result<(), String> {
    let mut state = view.state.clone();
    for (label, value) in values {
        let all = inputs(view);
        let is_it = |input: &&Input<'_>| {
            input.label.eq_ignore_ascii_case(label.trim()) || input.action_id() == label
        };
        let input = all.iter().find(is_it).ok_or_else(|| {
            let labels: Vec<&str> = all.iter().map(|input| input.label.as_str()).collect();
            format!("The modal has no field {label:?}. It has: {}.", labels.join(", "))
        })?;
        let value = workspace.ids_of(input.element, value)?;
        let entered = entered(input.element, &value).map_err(|why| format!("{label}: {why}"))?;
        let (block_id, action_id) = (input.block_id().to_owned(), input.action_id().to_owned());
        state["values"][block_id][action_id] = entered;
    }
    view.state = state;
    Ok(())
}

/// What keeps Slack's client from sending the form, by block.
pub fn complaints(view: &View) -> BTreeMap<String, String> {
    let complaints = inputs(view).into_iter().filter_map(|input| {
        let entered = &view.state["values"][input.block_id()][input.action_id()];
        Some((input.block_id().to_owned(), input.complaint(entered)?))
    });
    complaints.collect()
}

/// The state of an element in which `value` was entered or chosen.
pub fn entered(element: &Value, value: &Value) -> Result<Value, String> {
    let kind = element["type"].as_str().unwrap_or_default();
    let (key, _) = state_keys(kind).ok_or_else(|| format!("{kind} takes no value."))?;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let list = match value {
        Value::Array(values) => values.clone(),
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Bool(true) => {
            options(element).iter().map(|option| option["value"].clone()).collect()
        }
        single => vec![single.clone()],
    };
    let value = match kind {
        _ if value.is_null() => {
            if key.ends_with('s') {
                json!([])
            } else {
                Value::Null
            }
        }
        "static_select" | "radio_buttons" => option_called(element, &text)?.clone(),
        "multi_static_select" | "checkboxes" => {
            let names = list.iter().map(|name| name.as_str().unwrap_or_default());
            names.map(|name| option_called(element, name).cloned()).collect::<Result<_, _>>()?
        }
        "external_select" => {
            json!({ "text": { "type": "plain_text", "text": text }, "value": text })
        }
        "datepicker" => {
            let date: Date =
                text.parse().map_err(|_| format!("{text:?} is no date like 2026-03-31."))?;
            json!(date.to_string())
        }
        "timepicker" => {
            let time: Time =
                text.parse().map_err(|_| format!("{text:?} is no time like 14:30."))?;
            json!(time.strftime("%H:%M").to_string())
        }
        "datetimepicker" => match value.as_i64() {
            Some(seconds) => json!(seconds),
            None => {
                let at: Timestamp = text
                    .parse()
                    .map_err(|_| format!("{text:?} is no moment like 2026-03-31T14:30:00Z."))?;
                json!(at.as_second())
            }
        },
        "rich_text_input" => json!({ "type": "rich_text", "elements": [{
            "type": "rich_text_section", "elements": [{ "type": "text", "text": text }]
        }] }),
        _ if key.ends_with('s') => json!(list),
        _ if text.is_empty() => Value::Null,
        _ => json!(text),
    };
    Ok(json!({ "type": kind, key: value }))
}

impl Workspace {
    /// Turns handles and channel names into the ids that menus of people and channels hold.
    pub fn ids_of(&self, element: &Value, value: &Value) -> Result<Value, String> {
        let kind = element["type"].as_str().unwrap_or_default();
        let id = |name: &Value| {
            let name = name.as_str().unwrap_or_default();
            if kind.contains("users_select") {
                return self.person_called(name).map(|person| json!(person.id));
            }
            let channel = self.channel_called(name);
            let channel = channel.ok_or_else(|| format!("There is no channel {name:?}."))?;
            Ok(json!(channel.id))
        };
        let is_of_ids = ["users_select", "channels_select", "conversations_select"]
            .iter()
            .any(|menu| kind.ends_with(menu));
        match value {
            Value::Array(names) if is_of_ids => names.iter().map(id).collect(),
            Value::Null => Ok(Value::Null),
            name if is_of_ids => id(name),
            other => Ok(other.clone()),
        }
    }
}

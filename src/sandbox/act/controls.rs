//! Finding what can be clicked, by what people read on it.

use serde_json::{Value, json};

use super::super::transcript::text_of;
use super::super::view::state_keys;

/// Where someone clicks.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// In a channel, on the newest message that has the button unless `message` names one.
    Channel { channel: &'a str, message: Option<&'a str> },
    /// In the open modal.
    Modal,
    /// On App Home.
    Home,
}

/// Something that can be clicked or chosen.
#[derive(Clone, Debug)]
pub struct Control {
    pub block_id: String,
    pub element: Value,
    /// What people read on it: its text, its placeholder, the label of its field.
    pub labels: Vec<String>,
}

/// Everything in `blocks` that can be clicked.
pub fn controls(blocks: &[Value]) -> Vec<Control> {
    let mut controls = Vec::new();
    for block in blocks {
        let block_id = block["block_id"].as_str().unwrap_or_default();
        let mut add = |element: &Value, extra: String| {
            let Some(kind) = element["type"].as_str() else { return };
            if !is_interactive(kind) {
                return;
            }
            let mut labels = vec![
                text_of(&element["text"]),
                text_of(&element["placeholder"]),
                element["accessibility_label"].as_str().unwrap_or_default().to_owned(),
                extra,
            ];
            if matches!(kind, "overflow" | "checkboxes" | "radio_buttons") {
                labels.extend(options(element).iter().map(|option| text_of(&option["text"])));
            }
            if kind == "feedback_buttons" {
                let both = ["positive_button", "negative_button"];
                labels.extend(both.iter().map(|button| text_of(&element[button]["text"])));
            }
            labels.retain(|label| !label.is_empty());
            let block_id = block_id.to_owned();
            controls.push(Control { block_id, element: element.clone(), labels });
        };
        add(&block["accessory"], text_of(&block["text"]));
        for element in block["elements"].as_array().into_iter().flatten() {
            add(element, String::new());
        }
        if block["type"] == "input" && block["dispatch_action"] == true {
            add(&block["element"], text_of(&block["label"]));
        }
        for cell in
            block["rows"].as_array().into_iter().flatten().flat_map(Value::as_array).flatten()
        {
            add(&cell["element"], String::new());
        }
    }
    controls
}

/// Every option of a menu, grouped or not.
pub fn options(element: &Value) -> Vec<&Value> {
    let groups = element["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.flat_map(|group| group["options"].as_array()).flatten();
    element["options"].as_array().into_iter().flatten().chain(grouped).collect()
}

/// The option with this text or value.
pub fn option_called<'a>(element: &'a Value, name: &str) -> Result<&'a Value, String> {
    let all = options(element);
    let found = all.iter().find(|option| {
        text_of(&option["text"]).eq_ignore_ascii_case(name.trim()) || option["value"] == name
    });
    found.copied().ok_or_else(|| {
        let texts: Vec<String> = all.iter().map(|option| text_of(&option["text"])).collect();
        format!("There is no option {name:?}. There are: {}.", texts.join(", "))
    })
}

impl Control {
    pub fn is_called(&self, label: &str) -> bool {
        let label = label.trim();
        self.labels.iter().any(|known| known == label || known.eq_ignore_ascii_case(label))
    }

    pub fn kind(&self) -> &str {
        self.element["type"].as_str().unwrap_or_default()
    }

    /// The action that a click makes, choosing `option` where there is something to choose.
    pub fn action(&self, label: &str, option: Option<&Value>) -> Result<Value, String> {
        let element = &self.element;
        let mut action = json!({
            "type": self.kind(),
            "action_id": element["action_id"],
            "block_id": self.block_id,
        });
        match self.kind() {
            "button" | "icon_button" | "workflow_button" => {
                for field in ["text", "value", "style", "url", "confirm"] {
                    if let Some(value) = element.get(field) {
                        action[field] = value.clone();
                    }
                }
            }
            "feedback_buttons" => {
                let is_it = |button: &&str| text_of(&element[*button]["text"]) == label.trim();
                let button =
                    ["positive_button", "negative_button"].into_iter().find(|button| is_it(button));
                let button = button.ok_or("Name one of the two feedback buttons.")?;
                action["text"] = element[button]["text"].clone();
                action["value"] = element[button]["value"].clone();
            }
            "overflow" => {
                let name = option.and_then(Value::as_str).unwrap_or(label);
                action["selected_option"] = option_called(element, name)?.clone();
            }
            kind => {
                let (key, _) = state_keys(kind).ok_or("This cannot be clicked.")?;
                let by_option = matches!(kind, "checkboxes" | "radio_buttons");
                let chosen = match option {
                    Some(option) => option.clone(),
                    None if by_option => json!(label),
                    None => return Err(format!("Say which \"option\" to choose in {label:?}.")),
                };
                let entered = super::form::entered(element, &chosen)?;
                action[key] = entered[key].clone();
                if let Some(placeholder) = element.get("placeholder") {
                    action["placeholder"] = placeholder.clone();
                }
            }
        }
        Ok(action)
    }
}

fn is_interactive(kind: &str) -> bool {
    state_keys(kind).is_some()
        || matches!(
            kind,
            "button" | "overflow" | "icon_button" | "workflow_button" | "feedback_buttons"
        )
}

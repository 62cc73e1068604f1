//! Modals and App Home, and the triggers that open them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant};

use super::record::Record;
use super::workspace::Workspace;

/// How deep modals may be stacked.
pub const DEPTH: usize = 3;
const TRIGGERS: usize = 10_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct View {
    pub id: String,
    /// What the app sent: type, title, blocks, private_metadata …
    pub body: Map<String, Value>,
    /// What people have entered, by block and action.
    pub state: Value,
    pub hash: String,
    pub root_id: String,
    pub previous_id: Option<String>,
    /// The channel in which the person was when the modal opened.
    pub channel: Option<String>,
}

/// Permission to open one modal, for a few seconds.
#[derive(Clone, Debug)]
pub struct Trigger {
    pub person: String,
    pub channel: Option<String>,
    /// Whether it came from within a modal, so that another may be put on top.
    pub from_modal: bool,
    pub used: bool,
    pub made_at: Instant,
}

impl View {
    pub fn blocks(&self) -> &[Value] {
        self.body.get("blocks").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn text(&self, field: &str) -> &str {
        self.body.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn flag(&self, field: &str) -> bool {
        self.body.get(field).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Slack's view object.
    pub fn on_wire(&self, workspace: &Workspace) -> Value {
        let seed = &workspace.seed;
        json!({
            "id": self.id,
            "team_id": seed.team_id,
            "type": self.text("type"),
            "blocks": self.blocks(),
            "private_metadata": self.text("private_metadata"),
            "callback_id": self.text("callback_id"),
            "state": self.state,
            "hash": self.hash,
            "title": self.body.get("title"),
            "clear_on_close": self.flag("clear_on_close"),
            "notify_on_close": self.flag("notify_on_close"),
            "close": self.body.get("close"),
            "submit": self.body.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": seed.app.app_id,
            "external_id": self.text("external_id"),
            "app_installed_team_id": seed.team_id,
            "bot_id": seed.app.bot_id,
        })
    }

    pub fn for_page(&self, workspace: &Workspace) -> Value {
        let mut view = self.on_wire(workspace);
        workspace.resolve_images(&mut view["blocks"]);
        view
    }

    /// Replaces what the app sent; what people entered stays where block and action stay.
    pub fn replace(&mut self, body: Map<String, Value>, hash: String) {
        self.body = body;
        self.hash = hash;
        let fresh = initial_state(self.blocks());
        let before = std::mem::replace(&mut self.state, fresh);
        let Some(values) = self.state["values"].as_object_mut() else { return };
        for (block, actions) in values {
            for (action, entered) in actions.as_object_mut().into_iter().flatten() {
                let kept = &before["values"][block][action];
                if kept["type"] == entered["type"] {
                    *entered = kept.clone();
                }
            }
        }
    }
}

impl Workspace {
    pub fn new_trigger(&mut self, person: &str, channel: Option<&str>, from_modal: bool) -> String {
        if self.triggers.len() >= TRIGGERS {
            self.triggers.retain(|_, trigger| trigger.made_at.elapsed() < Duration::from_secs(60));
        }
        let id = format!(
            "{}.{}.{}",
            self.clock.now().as_millisecond(),
            self.seed.team_id,
            hex::encode(rand::random::<[u8; 16]>())
        );
        let trigger = Trigger {
            person: person.to_owned(),
            channel: channel.map(str::to_owned),
            from_modal,
            used: false,
            made_at: Instant::now(),
        };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    /// Uses up a trigger, or says why it opens nothing.
    pub fn use_trigger(&mut self, id: &str, lifetime: Duration) -> Result<Trigger, &'static str> {
        let trigger = self.triggers.get_mut(id).ok_or("invalid_trigger_id")?;
        if trigger.used {
            return Err("exchanged_trigger_id");
        }
        if trigger.made_at.elapsed() >= lifetime {
            return Err("expired_trigger_id");
        }
        trigger.used = true;
        Ok(trigger.clone())
    }

    pub fn new_view(&self, body: Map<String, Value>) -> View {
        let id = self.next_id("V");
        let mut view = View {
            root_id: id.clone(),
            id,
            body,
            state: json!({ "values": {} }),
            hash: self.new_hash(),
            previous_id: None,
            channel: None,
        };
        view.state = initial_state(view.blocks());
        view
    }

    pub fn new_hash(&self) -> String {
        let id = self.next_id("");
        format!("{}.{}", self.clock.now().as_second(), id.to_lowercase())
    }

    /// Puts a modal before `person`, on top of what is open or instead of it.
    pub fn open_modal(&mut self, person: &str, mut view: View, on_top: bool) -> View {
        let mut views = if on_top { self.modals(person).to_vec() } else { Vec::new() };
        if let Some(below) = views.last() {
            view.previous_id = Some(below.id.clone());
            view.root_id = below.root_id.clone();
        }
        views.push(view.clone());
        self.put(Record::Views { person: person.to_owned(), views });
        view
    }

    pub fn modals(&self, person: &str) -> &[View] {
        self.views.get(person).map_or(&[], Vec::as_slice)
    }

    pub fn modal(&self, person: &str) -> Option<&View> {
        self.modals(person).last()
    }

    /// Writes a changed modal back to where it is open.
    pub fn put_modal(&mut self, person: &str, view: View) {
        let mut views = self.modals(person).to_vec();
        if let Some(place) = views.iter_mut().find(|open| open.id == view.id) {
            *place = view;
            self.put(Record::Views { person: person.to_owned(), views });
        }
    }

    pub fn close_modals(&mut self, person: &str, keep: usize) {
        let views = self.modals(person).iter().take(keep).cloned().collect();
        self.put(Record::Views { person: person.to_owned(), views });
    }
}

/// Every input and menu of `blocks` with what it starts with.
pub fn initial_state(blocks: &[Value]) -> Value {
    let mut values = Map::new();
    for block in blocks {
        let block_id = block["block_id"].as_str().unwrap_or_default();
        let elements = block["elements"].as_array().into_iter().flatten();
        for element in elements.chain([&block["element"], &block["accessory"]]) {
            let Some(entered) = initial_value(element) else { continue };
            let action_id = element["action_id"].as_str().unwrap_or_default();
            let actions = values.entry(block_id).or_insert_with(|| json!({}));
            actions[action_id] = entered;
        }
    }
    json!({ "values": values })
}

/// The state of one element before anyone touched it; `None` if it has none.
pub fn initial_value(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let (key, initial) = state_keys(kind)?;
    let start = element.get(initial).cloned();
    let empty = if key.ends_with('s') { json!([]) } else { Value::Null };
    Some(json!({ "type": kind, key: start.unwrap_or(empty) }))
}

/// Where an element keeps its value in the state, and where its initial value is declared.
pub fn state_keys(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "plain_text_input" | "email_text_input" | "url_text_input" | "number_input" => {
            ("value", "initial_value")
        }
        "rich_text_input" => ("rich_text_value", "initial_value"),
        "static_select" | "external_select" | "radio_buttons" => {
            ("selected_option", "initial_option")
        }
        "multi_static_select" | "multi_external_select" | "checkboxes" => {
            ("selected_options", "initial_options")
        }
        "users_select" => ("selected_user", "initial_user"),
        "multi_users_select" => ("selected_users", "initial_users"),
        "channels_select" => ("selected_channel", "initial_channel"),
        "multi_channels_select" => ("selected_channels", "initial_channels"),
        "conversations_select" => ("selected_conversation", "initial_conversation"),
        "multi_conversations_select" => ("selected_conversations", "initial_conversations"),
        "datepicker" => ("selected_date", "initial_date"),
        "timepicker" => ("selected_time", "initial_time"),
        "datetimepicker" => ("selected_date_time", "initial_date_time"),
        "file_input" => ("files", "initial_files"),
        _ => return None,
    })
}

//! Pressing buttons, choosing from menus, shortcuts.

use serde_json::Value;

use super::super::delivery::{Kind, Parcel};
use super::super::message::Message;
use super::super::record::Record;
use super::super::seed::{PersonSeed, ShortcutKind};
use super::super::view::View;
use super::super::workspace::Workspace;
use super::super::{Sandbox, payload};
use super::Acted;
use super::controls::{Control, Place, controls};

impl Sandbox {
    /// Presses a button by its label, or chooses `option` in the menu with that label.
    pub async fn click(
        &self,
        person: &str,
        place: Place<'_>,
        button: &str,
        option: Option<&Value>,
    ) -> Acted {
        let person = self.actor(person)?;
        match place {
            Place::Channel { channel, message } => {
                let channel = self.place(&person.id, channel)?.id;
                let (message, action) = self.with(|workspace| {
                    let (message, control) =
                        find_in_channel(workspace, &person.id, &channel, message, button)?;
                    let option = option.map(|option| workspace.ids_of(&control.element, option));
                    let action = control.action(button, option.transpose()?.as_ref())?;
                    Ok::<_, String>((message, action))
                })?;
                self.act_on_message(&person, &message, action, None).await
            }
            Place::Modal | Place::Home => {
                let (view, action) = self.with(|workspace| {
                    let view = match place {
                        Place::Home => workspace.homes.get(&person.id),
                        _ => workspace.modal(&person.id),
                    };
                    let view = view.ok_or("Nothing of the app is open before them.")?;
                    let control = find(controls(view.blocks()), button)?;
                    let option = option.map(|option| workspace.ids_of(&control.element, option));
                    let action = control.action(button, option.transpose()?.as_ref())?;
                    Ok::<_, String>((view.clone(), action))
                })?;
                self.act_on_view(&person, &view, action, None).await
            }
        }
    }

    /// Uses a shortcut by its name or callback id; on a message, or globally.
    pub async fn shortcut(&self, person: &str, name: &str, message: Option<(&str, &str)>) -> Acted {
        let person = self.actor(person)?;
        let kind = if message.is_some() { ShortcutKind::Message } else { ShortcutKind::Global };
        let of_kind = || self.seed().app.shortcuts.iter().filter(|shortcut| shortcut.kind == kind);
        let shortcut = of_kind().find(|shortcut| {
            shortcut.callback_id == name || shortcut.name.eq_ignore_ascii_case(name)
        });
        let callback_id =
            shortcut.map(|shortcut| shortcut.callback_id.clone()).ok_or_else(|| {
                let names: Vec<&str> = of_kind().map(|shortcut| shortcut.name.as_str()).collect();
                format!("There is no shortcut {name:?} there. There are: {}.", names.join(", "))
            })?;
        let message = match message {
            None => None,
            Some((channel, ts)) => {
                let channel = self.place(&person.id, channel)?.id;
                let found = self.with(|workspace| workspace.message(&channel, ts).cloned());
                let found = found.filter(|found| found.is_visible_to(&person.id));
                Some(found.ok_or_else(|| format!("There is no message {ts} in there."))?)
            }
        };
        let watch = self.watch(&person.id);
        let payload = self.with(|workspace| {
            payload::shortcut(workspace, &person, &callback_id, message.as_ref())
        });
        let parcel = Parcel::new(Kind::Interactive, payload);
        let ack = self.acknowledged(vec![self.dispatch(parcel)]).await;
        Ok(self.outcome(watch, ack.as_ref()).await)
    }

    /// Acts on a message, with what is entered in it if the page knows it.
    pub(in super::super) async fn act_on_message(
        &self,
        person: &PersonSeed,
        message: &Message,
        action: Value,
        state: Option<Value>,
    ) -> Acted {
        let watch = self.watch(&person.id);
        let payload = self
            .with(|workspace| payload::message_action(workspace, person, message, action, state));
        let parcel = Parcel::new(Kind::Interactive, payload);
        let ack = self.acknowledged(vec![self.dispatch(parcel)]).await;
        Ok(self.outcome(watch, ack.as_ref()).await)
    }

    /// Acts in a modal or on App Home; what was entered so far goes along.
    pub(in super::super) async fn act_on_view(
        &self,
        person: &PersonSeed,
        view: &View,
        action: Value,
        state: Option<Value>,
    ) -> Acted {
        let payload = self.with(|workspace| {
            let mut view = view.clone();
            if let Some(state) = state {
                view.state = state;
            }
            note_choice(&mut view, &action);
            // Without this the next click would have forgotten what this one chose.
            workspace.keep_state(&person.id, &view);
            payload::view_action(workspace, person, &view, action)
        });
        let watch = self.watch(&person.id);
        let parcel = Parcel::new(Kind::Interactive, payload);
        let ack = self.acknowledged(vec![self.dispatch(parcel)]).await;
        Ok(self.outcome(watch, ack.as_ref()).await)
    }
}

impl Workspace {
    /// Keeps what was entered in a view, without telling the page what it knows.
    pub fn keep_state(&mut self, person: &str, view: &View) {
        let person = person.to_owned();
        let mut views = self.modals(&person).to_vec();
        if let Some(open) = views.iter_mut().find(|open| open.id == view.id) {
            open.state = view.state.clone();
            self.put_untold(Record::Views { person, views });
        } else if let Some(home) = self.homes.get(&person).filter(|home| home.id == view.id) {
            let view = View { state: view.state.clone(), ..home.clone() };
            self.put_untold(Record::Home { person, view: Box::new(view) });
        }
    }
}

fn note_choice(view: &mut View, action: &Value) {
    let (Some(block_id), Some(action_id)) =
        (action["block_id"].as_str(), action["action_id"].as_str())
    else {
        return;
    };
    let keys = action["type"].as_str().and_then(super::super::view::state_keys);
    let entered = &mut view.state["values"][block_id][action_id];
    if let Some((key, _)) = keys
        && entered.is_object()
    {
        entered[key] = action[key].clone();
    }
}

/// The newest message with such a control, and the control.
fn find_in_channel(
    workspace: &Workspace,
    person: &str,
    channel: &str,
    ts: Option<&str>,
    button: &str,
) -> Result<(Message, Control), String> {
    let mut there = Vec::new();
    let messages = workspace.messages.get(channel);
    let seen =
        messages.into_iter().flat_map(|messages| messages.values()).rev().filter(|message| {
            message.is_visible_to(person) && ts.is_none_or(|ts| message.ts == ts)
        });
    for message in seen {
        let attached =
            message.attachments.iter().filter_map(|attached| attached["blocks"].as_array());
        let all = controls(&message.blocks)
            .into_iter()
            .chain(attached.flat_map(|blocks| controls(blocks)));
        for control in all {
            if control.is_called(button) {
                return Ok((message.clone(), control));
            }
            there.extend(control.labels.into_iter().next());
        }
    }
    Err(none_called(button, there))
}

fn find(controls: Vec<Control>, button: &str) -> Result<Control, String> {
    let there = controls.iter().filter_map(|control| control.labels.first().cloned()).collect();
    let found = controls.into_iter().find(|control| control.is_called(button));
    found.ok_or_else(|| none_called(button, there))
}

fn none_called(button: &str, mut there: Vec<String>) -> String {
    let mut known = std::collections::HashSet::new();
    there.retain(|label| known.insert(label.clone()));
    there.truncate(30);
    if there.is_empty() {
        format!("There is no button {button:?} there, and no other.")
    } else {
        format!("There is no button {button:?} there. There are: {}.", there.join(", "))
    }
}

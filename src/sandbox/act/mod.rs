//! What people do, and what they then see.
//!
//! A person's act is a delivery to the app; what they see of it is the acknowledgement and what
//! arrives shortly after for nobody else: ephemeral messages and modals.

mod click;
mod controls;
mod form;
mod modal;
mod write;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::{broadcast, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::Sandbox;
use super::delivery::Ack;
use super::seed::PersonSeed;
use super::transcript;
use super::view::View;
use super::workspace::{Audience, Update, Workspace};

pub use controls::Place;

/// Nothing had to be delivered, so nothing was acknowledged.
const NO_CONTENT: u16 = 204;

/// What a person sees of what they did; or a sentence that says why they could not do it.
pub type Acted = Result<Outcome, String>;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// The HTTP status of the app's acknowledgement (200 in Socket Mode): 0 if there was none in
    /// time, 204 if there was nothing to deliver.
    pub status: u16,
    /// What only this person was told, as text.
    pub ephemeral: Vec<String>,
    /// The modal that is now open before them.
    pub modal: Option<Modal>,
    /// What Slack's client says when the app could not be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What is wrong with the modal's fields, by block.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, String>,
    /// App Home, after it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<Value>,
    /// App Home as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_text: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Modal {
    pub title: String,
    pub text: String,
    pub inputs: Vec<ModalInput>,
    /// By label.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ModalInput {
    pub label: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// What arrives for one person from now on.
struct Watch {
    person: String,
    updates: broadcast::Receiver<Update>,
    ephemeral: Vec<(String, String)>,
    saw_modal: bool,
    saw_home: bool,
}

impl Outcome {
    /// The private answers as one text.
    pub fn text(&self) -> String {
        self.ephemeral.join("\n")
    }
}

impl Sandbox {
    /// The person that a script calls so, if they may act here.
    pub(super) fn actor(&self, name: &str) -> Result<PersonSeed, String> {
        let person = self.with(|workspace| workspace.person_called(name).cloned())?;
        if person.is_bot {
            return Err(format!("{} is an app; people act here.", person.handle));
        }
        Ok(person)
    }

    fn watch(&self, person: &str) -> Watch {
        Watch {
            person: person.to_owned(),
            updates: self.lock().updates.subscribe(),
            ephemeral: Vec::new(),
            saw_modal: false,
            saw_home: false,
        }
    }

    /// The first acknowledgement that is not a success, or the first.
    async fn acknowledged(&self, acks: Vec<oneshot::Receiver<Ack>>) -> Option<Ack> {
        // A held delivery may never be sent, so the wait has its own end.
        let deadline = Instant::now() + self.settings().ack_timeout * 2;
        let mut worst: Option<Ack> = None;
        for ack in acks {
            let ack = match timeout_at(deadline, ack).await {
                Ok(Ok(ack)) => ack,
                Ok(Err(_)) | Err(_) => Ack::failed("operation_timeout"),
            };
            if worst.as_ref().is_none_or(Ack::is_ok) {
                worst = Some(ack);
            }
        }
        worst
    }

    /// Looks on until something private has come or the time for it is over.
    async fn outcome(&self, mut watch: Watch, ack: Option<&Ack>) -> Outcome {
        if !watch.has_seen_something() {
            let look = async { while !watch.has_seen_something() && watch.next().await {} };
            let _time_is_over = timeout(self.settings().settle, look).await;
        }
        watch.take_what_is_there();
        let status = ack.map_or(NO_CONTENT, |ack| ack.status);
        let error = ack.and_then(|ack| ack.error);
        self.with(|workspace| Outcome {
            status,
            ephemeral: watch.texts(workspace),
            modal: workspace.modal(&watch.person).map(|view| shown(workspace, view)),
            error: error.map(|error| format!("This did not reach the app ({error}). Try again.")),
            ..Outcome::default()
        })
    }
}

impl Watch {
    fn has_seen_something(&mut self) -> bool {
        self.take_what_is_there();
        !self.ephemeral.is_empty() || self.saw_modal || self.saw_home
    }

    fn take_what_is_there(&mut self) {
        loop {
            match self.updates.try_recv() {
                Ok(update) => self.note(&update),
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => return,
            }
        }
    }

    /// Waits for the next update; false if there will be none.
    async fn next(&mut self) -> bool {
        match self.updates.recv().await {
            Ok(update) => self.note(&update),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return false,
        }
        true
    }

    fn note(&mut self, update: &Update) {
        if update.to != Audience::Person(self.person.clone()) {
            return;
        }
        match update.event {
            "message" => {
                let text = |field: &str| update.data[field].as_str().unwrap_or_default().to_owned();
                let place = (text("channel"), text("ts"));
                if !self.ephemeral.contains(&place) {
                    self.ephemeral.push(place);
                }
            }
            // One that closes is no answer yet: the app may have something to say about it.
            "modal" => self.saw_modal |= !update.data["view"].is_null(),
            "home" => self.saw_home = true,
            _ => {}
        }
    }

    fn texts(&self, workspace: &Workspace) -> Vec<String> {
        let messages =
            self.ephemeral.iter().filter_map(|(channel, ts)| workspace.message(channel, ts));
        messages.map(|message| transcript::of_message(workspace, message)).collect()
    }
}

/// A modal as a script sees it.
fn shown(workspace: &Workspace, view: &View) -> Modal {
    Modal {
        title: view.body["title"]["text"].as_str().unwrap_or_default().to_owned(),
        text: transcript::of_view(workspace, view),
        inputs: form::inputs(view).iter().map(|input| input.shown(view)).collect(),
        errors: BTreeMap::new(),
    }
}

/// Every option of a menu, grouped or not.
pub(super) fn options_of(element: &Value) -> Vec<&Value> {
    controls::options(element)
}

//! Submitting and closing modals, and what the app may answer to that.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::delivery::{Ack, Kind, Parcel};
use super::super::record::Record;
use super::super::seed::PersonSeed;
use super::super::view::{DEPTH, View};
use super::super::web_api::checked_view;
use super::super::workspace::{Audience, Update, Workspace};
use super::super::{Sandbox, payload};
use super::{Acted, Outcome, form};

const TROUBLE: &str = "We had some trouble connecting. Try again?";

impl Sandbox {
    /// Fills in the open modal by the labels of its fields, and submits it.
    pub async fn submit(&self, person: &str, values: &Map<String, Value>) -> Acted {
        let person = self.actor(person)?;
        let view = self.with(|workspace| {
            let mut view = workspace.modal(&person.id).cloned().ok_or("No modal is open.")?;
            form::fill(workspace, &mut view, values)?;
            Ok::<_, String>(view)
        })?;
        self.submit_view(&person, view).await
    }

    /// Closes the open modal.
    pub async fn close(&self, person: &str) -> Acted {
        let person = self.actor(person)?;
        let view = self.with(|workspace| workspace.modal(&person.id).cloned());
        let view = view.ok_or("No modal is open.")?;
        self.close_view(&person, &view, false).await
    }

    pub(in super::super) async fn submit_view(&self, person: &PersonSeed, view: View) -> Acted {
        if view.body.get("submit").is_none_or(Value::is_null) {
            return Err("This modal has no submit button; close it.".to_owned());
        }
        let complaints = form::complaints(&view);
        self.with(|workspace| workspace.keep_state(&person.id, &view));
        if !complaints.is_empty() {
            let mut outcome = self.outcome_of_errors(person, &view, complaints);
            outcome.status = super::NO_CONTENT;
            return Ok(outcome);
        }
        let watch = self.watch(&person.id);
        let payload = self.with(|workspace| payload::submission(workspace, person, &view));
        let parcel = Parcel::new(Kind::Interactive, payload);
        let ack = self.acknowledged(vec![self.dispatch(parcel)]).await.unwrap_or_default();
        match self.with(|workspace| workspace.answer_submission(&person.id, &view, &ack)) {
            Ok(()) => Ok(self.outcome(watch, Some(&ack)).await),
            Err(Refused::Fields(errors)) => {
                let mut outcome = self.outcome_of_errors(person, &view, errors);
                outcome.status = ack.status;
                Ok(outcome)
            }
            Err(Refused::Trouble(why)) => {
                let mut outcome = self.outcome(watch, Some(&ack)).await;
                outcome.error = Some(format!("{TROUBLE} ({why})"));
                Ok(outcome)
            }
        }
    }

    pub(in super::super) async fn close_view(
        &self,
        person: &PersonSeed,
        view: &View,
        all: bool,
    ) -> Acted {
        let watch = self.watch(&person.id);
        let closed = self.with(|workspace| {
            let views = workspace.modals(&person.id).to_vec();
            let place = views.iter().position(|open| open.id == view.id).unwrap_or(0);
            let all = all || view.flag("clear_on_close");
            let keep = if all { 0 } else { place };
            workspace.close_modals(&person.id, keep);
            let closed = views[keep..].iter().rev().filter(|view| view.flag("notify_on_close"));
            let payloads: Vec<Value> =
                closed.map(|view| payload::closed(workspace, person, view, all)).collect();
            payloads
        });
        let acks = closed
            .into_iter()
            .map(|payload| self.dispatch(Parcel::new(Kind::Interactive, payload)))
            .collect::<Vec<_>>();
        let ack = self.acknowledged(acks).await;
        Ok(self.outcome(watch, ack.as_ref()).await)
    }

    fn outcome_of_errors(
        &self,
        person: &PersonSeed,
        view: &View,
        errors: BTreeMap<String, String>,
    ) -> Outcome {
        self.with(|workspace| {
            let data = json!({
                "view": view.for_page(workspace),
                "depth": workspace.modals(&person.id).len(),
                "errors": errors,
            });
            workspace.tell(Update {
                to: Audience::Person(person.id.clone()),
                event: "modal",
                data: Arc::new(data),
            });
            let mut modal = super::shown(workspace, view);
            modal.errors = by_label(view, &errors);
            Outcome { modal: Some(modal), errors, ..Outcome::default() }
        })
    }
}

/// Why a submitted modal stays open.
enum Refused {
    Fields(BTreeMap<String, String>),
    Trouble(String),
}

impl Workspace {
    /// Does with a submitted modal what the app answered.
    fn answer_submission(&mut self, person: &str, view: &View, ack: &Ack) -> Result<(), Refused> {
        if let Some(error) = ack.error {
            return Err(Refused::Trouble(error.to_owned()));
        }
        let body = &ack.body;
        let trouble = |why: &str| Refused::Trouble(why.to_owned());
        match body["response_action"].as_str() {
            None if body.is_null() || body.as_object().is_some_and(Map::is_empty) => {
                let mut views = self.modals(person).to_vec();
                views.retain(|open| open.id != view.id);
                self.put(Record::Views { person: person.to_owned(), views });
                Ok(())
            }
            Some("clear") => {
                self.close_modals(person, 0);
                Ok(())
            }
            Some("update") => {
                let body = checked_view(self, body["view"].clone())
                    .map_err(|failure| trouble(&failure.error))?;
                let mut view = view.clone();
                let hash = self.new_hash();
                view.replace(body, hash);
                self.put_modal(person, view);
                Ok(())
            }
            Some("push") if self.modals(person).len() >= DEPTH => {
                Err(trouble("push_limit_reached"))
            }
            Some("push") => {
                let body = checked_view(self, body["view"].clone())
                    .map_err(|failure| trouble(&failure.error))?;
                let view = self.new_view(body);
                self.open_modal(person, view, true);
                Ok(())
            }
            Some("errors") => {
                let errors: BTreeMap<String, String> =
                    serde_json::from_value(body["errors"].clone())
                        .map_err(|_| trouble("invalid errors"))?;
                let is_block = |id: &String| {
                    view.blocks()
                        .iter()
                        .any(|block| block["block_id"] == **id && block["type"] == "input")
                };
                if errors.is_empty() || !errors.keys().all(is_block) {
                    return Err(trouble("errors for blocks that are no inputs"));
                }
                Err(Refused::Fields(errors))
            }
            _ => Err(trouble("unknown response_action")),
        }
    }
}

fn by_label(view: &View, errors: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let inputs = form::inputs(view);
    let label = |block_id: &str| {
        let input = inputs.iter().find(|input| input.block_id() == block_id);
        input.map_or(block_id.to_owned(), |input| input.label.clone())
    };
    errors.iter().map(|(block, sentence)| (label(block), sentence.clone())).collect()
}

//! Modals and App Home.

use serde_json::{Map, Value, json};

use super::super::blocks;
use super::super::record::Record;
use super::super::view::{DEPTH, View};
use super::super::workspace::Workspace;
use super::{Answer, Args, Call, Failure};

const BYTES: usize = 250 << 10;

pub fn open(call: &Call<'_>) -> Answer {
    opened(call, false)
}

pub fn push(call: &Call<'_>) -> Answer {
    opened(call, true)
}

pub fn update(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let (view_id, external_id) = (call.args.text("view_id"), call.args.text("external_id"));
        if view_id.is_none() && external_id.is_none() {
            return Err("invalid_arguments".into());
        }
        let body = checked(workspace, view_argument(call.args)?)?;
        let is_named = |view: &&View| match (view_id, external_id) {
            (Some(id), _) => view.id == id,
            (None, id) => Some(view.text("external_id")) == id,
        };
        let found = workspace.views.iter().find_map(|(person, views)| {
            Some((person.clone(), views.iter().find(is_named)?.clone()))
        });
        let Some((person, mut view)) = found else { return update_home(workspace, call, body) };
        if call.args.text("hash").is_some_and(|hash| hash != view.hash) {
            return Err("hash_conflict".into());
        }
        let hash = workspace.new_hash();
        view.replace(body, hash);
        workspace.put_modal(&person, view.clone());
        Ok(json!({ "view": view.on_wire(workspace) }))
    })
}

pub fn publish(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let person = call.args.needed("user_id", "invalid_arguments")?;
        if !workspace.seed.people.iter().any(|known| known.id == person) {
            return Err("user_not_found".into());
        }
        let body = checked(workspace, view_argument(call.args)?)?;
        if body.get("type").and_then(Value::as_str) != Some("home") {
            return Err("invalid_arguments".into());
        }
        let before = workspace.homes.get(person).cloned();
        if let (Some(hash), Some(before)) = (call.args.text("hash"), &before)
            && hash != before.hash
        {
            return Err("hash_conflict".into());
        }
        let view = match before {
            Some(mut view) => {
                let hash = workspace.new_hash();
                view.replace(body, hash);
                view
            }
            None => workspace.new_view(body),
        };
        let record = Record::Home { person: person.to_owned(), view: Box::new(view.clone()) };
        workspace.put(record);
        Ok(json!({ "view": view.on_wire(workspace) }))
    })
}

/// The body of a view that Slack would take, or what is wrong with it.
pub fn checked(workspace: &Workspace, view: Value) -> Result<Map<String, Value>, Failure> {
    if view.to_string().len() > BYTES {
        return Err("view_too_large".into());
    }
    let Value::Object(mut view) = view else { return Err("invalid_arguments".into()) };
    let is_file = |file: &Value| workspace.slack_file(file).is_some();
    let new_id = || workspace.next_id("").chars().take(5).collect();
    let problems = blocks::of_view(&mut view, &is_file, &new_id);
    if problems.is_empty() {
        Ok(view)
    } else {
        Err(Failure::because("invalid_arguments", &problems))
    }
}

fn opened(call: &Call<'_>, on_top: bool) -> Answer {
    let lifetime = call.sandbox.settings().trigger_lifetime;
    call.with(|workspace| {
        let body = view_argument(call.args)?;
        let trigger_id = call
            .args
            .text("trigger_id")
            .or_else(|| call.args.text("interactivity_pointer"))
            .ok_or("invalid_arguments")?;
        let body = checked(workspace, body)?;
        if body.get("type").and_then(Value::as_str) != Some("modal") {
            return Err("invalid_arguments".into());
        }
        let external_id = body.get("external_id").and_then(Value::as_str).unwrap_or_default();
        let is_taken = |view: &View| view.text("external_id") == external_id;
        if !external_id.is_empty() && workspace.views.values().flatten().any(is_taken) {
            return Err("duplicate_external_id".into());
        }
        let trigger = workspace.use_trigger(trigger_id, lifetime)?;
        let is_open = !workspace.modals(&trigger.person).is_empty();
        if on_top && workspace.modals(&trigger.person).len() >= DEPTH {
            return Err("push_limit_reached".into());
        }
        let mut view = workspace.new_view(body);
        view.channel = trigger.channel;
        // Opening from within a modal puts the new one on top, as pushing does.
        let view =
            workspace.open_modal(&trigger.person, view, is_open && (on_top || trigger.from_modal));
        Ok(json!({ "view": view.on_wire(workspace) }))
    })
}

fn update_home(workspace: &mut Workspace, call: &Call<'_>, body: Map<String, Value>) -> Answer {
    let id = call.args.text("view_id").unwrap_or_default();
    let home = workspace.homes.iter().find(|(_, view)| view.id == id);
    let (person, mut view) =
        home.map(|(person, view)| (person.clone(), view.clone())).ok_or("not_found")?;
    let hash = workspace.new_hash();
    view.replace(body, hash);
    workspace.put(Record::Home { person, view: Box::new(view.clone()) });
    Ok(json!({ "view": view.on_wire(workspace) }))
}

fn view_argument(args: &Args) -> Result<Value, Failure> {
    match args.json("view") {
        Ok(Some(view)) => Ok(view),
        Ok(None) => Err(Failure::because("invalid_arguments", &["missing required field: view"])),
        Err(_) => Err("invalid_arguments".into()),
    }
}

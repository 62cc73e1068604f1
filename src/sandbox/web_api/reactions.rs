//! Reactions, of the app and of people.

use serde_json::{Value, json};

use super::super::message::{Message, Reaction};
use super::super::record::Record;
use super::super::workspace::Workspace;
use super::{Answer, Args, Call, Failure, chat};

pub fn add(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let (message, name) = item(workspace, call.args)?;
        let app = workspace.seed.app.bot_user_id.clone();
        workspace.react(&app, &message, &name, true)?;
        Ok(json!({}))
    })
}

pub fn remove(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let (message, name) = item(workspace, call.args)?;
        let app = workspace.seed.app.bot_user_id.clone();
        workspace.react(&app, &message, &name, false)?;
        Ok(json!({}))
    })
}

pub fn get(call: &Call<'_>) -> Answer {
    call.with(|workspace| {
        let message = message(workspace, call.args)?;
        let channel = message.channel.clone();
        let mut shown = message.on_wire(workspace, false);
        shown["permalink"] =
            json!(format!("{}archives/{channel}/p{}", workspace.base, message.ts.replace('.', "")));
        Ok(json!({ "type": "message", "channel": channel, "message": shown }))
    })
}

impl Workspace {
    /// Adds a person's reaction to a message, or takes it back.
    pub fn react(
        &mut self,
        person: &str,
        message: &Message,
        name: &str,
        add: bool,
    ) -> Result<(), Failure> {
        let mut message = message.clone();
        let place = message.reactions.iter().position(|reaction| reaction.name == name);
        let users = place.map_or(&[][..], |place| &message.reactions[place].users);
        let has_reacted = users.iter().any(|user| user == person);
        match (add, has_reacted, place) {
            (true, true, _) => return Err("already_reacted".into()),
            (true, false, Some(place)) => {
                message.reactions[place].users.push(person.to_owned());
            }
            (true, false, None) => message
                .reactions
                .push(Reaction { name: name.to_owned(), users: vec![person.to_owned()] }),
            (false, true, Some(place)) => {
                message.reactions[place].users.retain(|user| user != person);
                message.reactions.retain(|reaction| !reaction.users.is_empty());
            }
            (false, ..) => return Err("no_reaction".into()),
        }
        self.put(Record::Message(Box::new(message.clone())));
        let event_ts = self.next_ts();
        let is_seen = self.channel(&message.channel).is_some_and(|channel| self.app_is_in(channel));
        if is_seen {
            self.queue_event(json!({
                "type": if add { "reaction_added" } else { "reaction_removed" },
                "user": person, "reaction": name, "item_user": message.user,
                "item": { "type": "message", "channel": message.channel, "ts": message.ts },
                "event_ts": event_ts,
            }));
        }
        Ok(())
    }
}

fn item(workspace: &Workspace, args: &Args) -> Result<(Message, String), Failure> {
    let name = args.needed("name", "invalid_name")?.trim_matches(':').to_owned();
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-+':".contains(c);
    if !name.chars().all(is_name) {
        return Err("invalid_name".into());
    }
    Ok((message(workspace, args)?, name))
}

fn message(workspace: &Workspace, args: &Args) -> Result<Message, Failure> {
    let channel = chat::visible(workspace, args.needed("channel", "channel_not_found")?)?;
    let ts = args.0.get("timestamp").and_then(Value::as_str).ok_or("no_item_specified")?;
    let message = workspace.message(&channel.id, ts).filter(|message| message.only_for.is_none());
    message.cloned().ok_or_else(|| Failure::from("message_not_found"))
}

//! Typing: messages, commands, reactions; reading; opening App Home.

use serde_json::json;

use super::super::delivery::{Kind, Parcel};
use super::super::message::Message;
use super::super::response_url::ResponseUrl;
use super::super::workspace::{Channel, SLACKBOT};
use super::super::{Sandbox, payload, transcript};
use super::{Acted, Outcome};

impl Sandbox {
    /// Types a slash command: `/research why do people cancel?`.
    pub async fn command(&self, person: &str, channel: &str, text: &str) -> Acted {
        self.command_in(person, channel, text, None).await
    }

    /// As [`Sandbox::command`]; in a thread Slack refuses it.
    pub async fn command_in(
        &self,
        person: &str,
        channel: &str,
        text: &str,
        thread: Option<&str>,
    ) -> Acted {
        let person = self.actor(person)?.id;
        let place = self.place(&person, channel)?;
        let (name, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        if !name.starts_with('/') {
            return Err(format!("A command starts with a slash; {name:?} does not."));
        }
        let mut watch = self.watch(&person);
        if name == "/invite" {
            self.with(|workspace| {
                let said = workspace.invite(&person, &place, rest);
                workspace.slackbot_says(&person, &place.id, said);
            });
            return Ok(self.outcome(watch, None).await);
        }
        let known = self.seed().app.commands.iter().find(|command| command.command == name);
        let refusal = match (known, thread) {
            (None, _) => Some(format!("{name} is not a valid command.")),
            (Some(_), Some(_)) => Some(format!("{name} is not supported in threads. Sorry!")),
            (Some(_), None) => None,
        };
        if let Some(refusal) = refusal {
            self.with(|workspace| workspace.slackbot_says(&person, &place.id, refusal));
            return Ok(self.outcome(watch, None).await);
        }
        let escapes = known.is_some_and(|command| command.should_escape);
        let payload = self.with(|workspace| {
            let rest = rest.trim();
            let rest = if escapes { workspace.escaped_command(rest) } else { rest.to_owned() };
            payload::command(workspace, &person, &place, name, &rest)
        });
        let parcel = Parcel::new(Kind::Command, payload);
        let ack = self.acknowledged(vec![self.dispatch(parcel)]).await.unwrap_or_default();
        self.with(|workspace| {
            if let Some(error) = ack.error {
                let sentence = format!("{name} failed with the error \"{error}\"");
                workspace.slackbot_says(&person, &place.id, sentence);
                return;
            }
            let body = match &ack.body {
                serde_json::Value::String(text) => json!({ "text": text }),
                body => body.clone(),
            };
            let here = ResponseUrl::at(&person, &place.id);
            let has_content =
                ["text", "blocks", "attachments"].iter().any(|part| !body[part].is_null());
            if has_content && let Err(failure) = workspace.respond(&here, &body) {
                let sentence = format!("{name} failed with the error \"{}\"", failure.error);
                workspace.slackbot_says(&person, &place.id, sentence);
            }
        });
        watch.take_what_is_there();
        let mut outcome = self.outcome(watch, Some(&ack)).await;
        // Slackbot has said it already.
        outcome.error = None;
        Ok(outcome)
    }

    /// Posts a message as a person.
    pub async fn message(
        &self,
        person: &str,
        channel: &str,
        text: &str,
        thread: Option<&str>,
    ) -> Acted {
        let person = self.actor(person)?.id;
        let place = self.place(&person, channel)?;
        if !place.members.contains(&person) {
            return Err(format!("They are not in #{}, so they cannot write there.", place.name));
        }
        if text.trim().is_empty() {
            return Err("A message needs a text.".to_owned());
        }
        if place.is_archived {
            return Err(format!("#{} is archived.", place.name));
        }
        let watch = self.watch(&person);
        let (posted, acks) = self.with_acks(|workspace| {
            if let Some(thread) = thread
                && workspace.message(&place.id, thread).is_none()
            {
                return Err(format!("There is no message {thread} in there to reply to."));
            }
            let text = workspace.markup(text);
            Ok(workspace.post(Message {
                channel: place.id.clone(),
                thread_ts: thread.map(str::to_owned),
                user: person.clone(),
                text,
                ..Message::default()
            }))
        });
        posted?;
        let ack = self.acknowledged(acks).await;
        Ok(self.outcome(watch, ack.as_ref()).await)
    }

    /// Opens the app's Home tab.
    pub async fn home(&self, person: &str) -> Acted {
        let person = self.actor(person)?.id;
        let watch = self.watch(&person);
        let ((), acks) = self.with_acks(|workspace| {
            let channel = workspace.open_im(&person);
            let mut event = json!({
                "type": "app_home_opened", "user": person, "channel": channel.id, "tab": "home",
                "event_ts": workspace.next_ts(),
            });
            if let Some(home) = workspace.homes.get(&person) {
                event["view"] = home.on_wire(workspace);
            }
            workspace.queue_event(event);
        });
        let ack = self.acknowledged(acks).await;
        let mut outcome = self.outcome(watch, ack.as_ref()).await;
        self.with(|workspace| {
            if let Some(home) = workspace.homes.get(&person) {
                outcome.home = Some(home.for_page(workspace));
                outcome.home_text = Some(transcript::of_view(workspace, home));
            }
        });
        Ok(outcome)
    }

    /// Adds a reaction to a message, or takes it back.
    pub async fn react(
        &self,
        person: &str,
        channel: &str,
        ts: &str,
        name: &str,
        add: bool,
    ) -> Acted {
        let person = self.actor(person)?.id;
        let place = self.place(&person, channel)?;
        let watch = self.watch(&person);
        let (reacted, acks) = self.with_acks(|workspace| {
            let message = workspace.message(&place.id, ts).cloned();
            let message =
                message.filter(|message| message.only_for.is_none() && message.user != SLACKBOT);
            let message = message.ok_or_else(|| format!("There is no message {ts} in there."))?;
            let reacted = workspace.react(&person, &message, name.trim_matches(':'), add);
            reacted.map_err(|failure| format!("Slack says {}.", failure.error))
        });
        reacted?;
        let ack = self.acknowledged(acks).await;
        Ok(self.outcome(watch, ack.as_ref()).await)
    }

    /// Marks a channel as read up to a message.
    pub fn read(&self, person: &str, channel: &str, ts: &str) -> Result<(), String> {
        let person = self.actor(person)?.id;
        let place = self.place(&person, channel)?;
        self.with(|workspace| {
            if *workspace.last_read(&person, &place.id) < *ts {
                workspace.mark_read(&person, &place.id, ts);
            }
            workspace.tell_unread(&place.id);
        });
        Ok(())
    }

    /// A person in a channel that they can see; their conversation with the app opens by itself.
    pub(in super::super) fn place(&self, person: &str, channel: &str) -> Result<Channel, String> {
        self.with(|workspace| {
            let app = workspace.handle(&workspace.seed.app.bot_user_id).to_owned();
            if channel.trim_start_matches('@').eq_ignore_ascii_case(&app) {
                return Ok(workspace.open_im(person));
            }
            workspace.channel_for(person, channel).cloned()
        })
    }
}

impl Outcome {
    /// Whether the app took it.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

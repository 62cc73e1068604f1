//! How messages come about, change and go, and what the app hears of it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::message::Message;
use super::record::Record;
use super::workspace::{Audience, SLACKBOT, Update, Workspace};

impl Workspace {
    /// Posts `message`, which gets its timestamp here, and queues what the app hears of it.
    pub fn post(&mut self, mut message: Message) -> Message {
        message.ts = self.next_ts();
        self.find_thread(&mut message);
        self.put(Record::Message(Box::new(message.clone())));
        if message.only_for.is_some() {
            return message;
        }
        if self.is_app(&message.user) {
            self.clear_status(&message);
        }
        self.show_parent(&message);
        if !self.person(&message.user).is_some_and(|author| author.is_bot) {
            self.mark_read(&message.user, &message.channel, &message.ts);
        }
        self.tell_unread(&message.channel);
        self.queue_message_events(&message);
        message
    }

    /// Replaces a message by its changed form, and queues what the app hears of it.
    pub fn change(&mut self, message: Message) {
        let before = self.message(&message.channel, &message.ts).cloned();
        self.put(Record::Message(Box::new(message.clone())));
        if message.only_for.is_none()
            && let Some(before) = before
            && !message.is_streaming
        {
            let event = json!({
                "type": "message", "subtype": "message_changed", "hidden": true,
                "message": message.on_wire(self, true),
                "previous_message": before.on_wire(self, true),
            });
            self.queue_channel_event(&message.channel, event);
        }
    }

    /// Removes a message; one with replies leaves a stone with nothing on it.
    pub fn remove(&mut self, message: &Message) {
        let (channel, ts) = (message.channel.clone(), message.ts.clone());
        if self.replies(&channel, &ts).is_empty() {
            self.put(Record::Gone { channel: channel.clone(), ts: ts.clone() });
            self.show_parent(message);
        } else {
            let stone = Message {
                channel: channel.clone(),
                ts: ts.clone(),
                user: SLACKBOT.to_owned(),
                text: "This message was deleted.".to_owned(),
                subtype: Some("tombstone".to_owned()),
                ..Message::default()
            };
            self.put(Record::Message(Box::new(stone)));
        }
        if message.only_for.is_none() {
            let event = json!({
                "type": "message", "subtype": "message_deleted", "hidden": true,
                "deleted_ts": ts, "previous_message": message.on_wire(self, true),
            });
            self.queue_channel_event(&channel, event);
        }
    }

    /// What Slackbot says to one person in a channel.
    pub fn slackbot_says(&mut self, person: &str, channel: &str, text: String) {
        self.post(Message {
            channel: channel.to_owned(),
            user: SLACKBOT.to_owned(),
            text,
            only_for: Some(person.to_owned()),
            ..Message::default()
        });
    }

    /// A reply to a reply belongs to the thread of that reply; one to nothing stands alone.
    fn find_thread(&self, message: &mut Message) {
        let Some(thread) = &message.thread_ts else { return };
        message.thread_ts = self
            .message(&message.channel, thread)
            .map(|parent| parent.thread_ts.clone().unwrap_or_else(|| parent.ts.clone()));
    }

    /// What the app said of its work in a thread is over when it says something there.
    fn clear_status(&mut self, message: &Message) {
        let thread = message.thread_ts.as_ref().unwrap_or(&message.ts).clone();
        let key = (message.channel.clone(), thread);
        if self.statuses.remove(&key).is_some() {
            let (channel, thread) = key;
            self.tell(Update {
                to: Audience::Channel(channel.clone()),
                event: "status",
                data: Arc::new(json!({ "channel": channel, "thread_ts": thread, "status": "" })),
            });
        }
    }

    /// A reply changes what is shown with its parent: how many there are, and the latest.
    fn show_parent(&mut self, reply: &Message) {
        if !reply.is_reply() {
            return;
        }
        let parent = reply.thread_ts.as_ref().and_then(|ts| self.message(&reply.channel, ts));
        if let Some(parent) = parent {
            let data = Arc::new(parent.for_page(self));
            self.tell(Update { to: parent.audience(), event: "message", data });
        }
    }

    fn queue_message_events(&mut self, message: &Message) {
        let mut event = message.on_wire(self, true);
        if message.is_broadcast {
            event["subtype"] = json!("thread_broadcast");
        }
        let mention = format!("<@{}>", self.seed.app.bot_user_id);
        let is_im = self.channel(&message.channel).is_some_and(|place| place.im_with.is_some());
        if message.text.contains(&mention) && !self.is_app(&message.user) && !is_im {
            let mut event = event.clone();
            event["type"] = json!("app_mention");
            self.queue_channel_event(&message.channel, event);
        }
        self.queue_channel_event(&message.channel, event);
    }

    /// Queues an event in a channel, if the app is in there.
    pub fn queue_channel_event(&mut self, channel: &str, mut event: Value) {
        let Some(place) = self.channel(channel) else { return };
        if !self.app_is_in(place) {
            return;
        }
        let channel_type = match place {
            place if place.im_with.is_some() => "im",
            place if place.is_private => "group",
            _ => "channel",
        };
        if event["type"] == "message" {
            event["channel_type"] = json!(channel_type);
        }
        event["channel"] = json!(channel);
        let event_ts = event.get("ts").cloned().unwrap_or_else(|| json!(self.next_ts()));
        if event["subtype"] == "message_changed" || event["subtype"] == "message_deleted" {
            event["ts"] = event_ts.clone();
        }
        event["event_ts"] = event_ts;
        self.queue_event(event);
    }

    /// Queues an event that the app subscribed to.
    pub fn queue_event(&mut self, event: Value) {
        let name = match (event["type"].as_str(), event["channel_type"].as_str()) {
            (Some("message"), Some(channel_type)) => format!("message.{channel_type}"),
            (Some(kind), _) => kind.to_owned(),
            (None, _) => return,
        };
        // Slack names the subscription in the plural, save for direct messages.
        let name = name.replace("message.channel", "message.channels");
        let name = name.replace("message.group", "message.groups");
        if self.seed.app.events.contains(&name) {
            self.outbox.push(event);
        }
    }
}

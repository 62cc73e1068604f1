//! Messages: what they hold, how they come about, change and go, and what the app hears of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::workspace::{Audience, Record, SLACKBOT, Update, Workspace};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    pub channel: String,
    pub ts: String,
    pub thread_ts: Option<String>,
    pub user: String,
    /// Posted by the app under another name.
    pub username: Option<String>,
    pub text: String,
    pub blocks: Vec<Value>,
    pub attachments: Vec<Value>,
    pub edited: Option<String>,
    /// The one person who sees it, if it is ephemeral.
    pub only_for: Option<String>,
    pub reactions: Vec<Reaction>,
    /// Ids of files.
    pub files: Vec<String>,
    pub metadata: Option<Value>,
    pub is_broadcast: bool,
    pub is_streaming: bool,
    pub subtype: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reaction {
    pub name: String,
    pub users: Vec<String>,
}

impl Message {
    pub fn audience(&self) -> Audience {
        match &self.only_for {
            Some(person) => Audience::Person(person.clone()),
            None => Audience::Channel(self.channel.clone()),
        }
    }

    pub fn is_reply(&self) -> bool {
        self.thread_ts.as_ref().is_some_and(|thread| *thread != self.ts)
    }

    pub fn is_visible_to(&self, person: &str) -> bool {
        self.only_for.as_ref().is_none_or(|only| only == person)
    }

    /// Slack's message object.
    pub fn on_wire(&self, workspace: &Workspace, with_metadata: bool) -> Value {
        let app = &workspace.seed.app;
        let mut message = Map::new();
        let mut set = |key: &str, value: Value| message.insert(key.to_owned(), value);
        set("type", json!("message"));
        if let Some(subtype) = &self.subtype {
            set("subtype", json!(subtype));
        }
        set("user", json!(self.user));
        set("text", json!(self.text));
        set("ts", json!(self.ts));
        set("team", json!(workspace.seed.team_id));
        if workspace.is_app(&self.user) {
            set("bot_id", json!(app.bot_id));
            set("app_id", json!(app.app_id));
            set("bot_profile", workspace.bot_profile());
        }
        if let Some(username) = &self.username {
            set("username", json!(username));
        }
        if !self.blocks.is_empty() {
            set("blocks", json!(self.blocks));
        }
        if !self.attachments.is_empty() {
            set("attachments", json!(self.attachments));
        }
        if let Some(edited) = &self.edited {
            set("edited", json!({ "user": self.user, "ts": edited }));
        }
        if !self.reactions.is_empty() {
            let reactions = self.reactions.iter().map(|reaction| {
                json!({
                    "name": reaction.name, "users": reaction.users, "count": reaction.users.len()
                })
            });
            set("reactions", reactions.collect());
        }
        if !self.files.is_empty() {
            set("files", self.files.iter().filter_map(|id| workspace.file_object(id)).collect());
        }
        if with_metadata && let Some(metadata) = &self.metadata {
            set("metadata", metadata.clone());
        }
        if self.only_for.is_some() {
            set("is_ephemeral", json!(true));
        }
        self.add_thread(workspace, &mut message);
        Value::Object(message)
    }

    fn add_thread(&self, workspace: &Workspace, message: &mut Map<String, Value>) {
        let mut set = |key: &str, value: Value| message.insert(key.to_owned(), value);
        if let Some(thread) = &self.thread_ts {
            set("thread_ts", json!(thread));
            if self.is_reply()
                && let Some(parent) = workspace.message(&self.channel, thread)
            {
                set("parent_user_id", json!(parent.user));
            }
        }
        let replies = workspace.replies(&self.channel, &self.ts);
        if let Some(latest) = replies.last() {
            let mut users: Vec<&str> = Vec::new();
            for reply in &replies {
                if !users.contains(&reply.user.as_str()) {
                    users.push(&reply.user);
                }
            }
            set("thread_ts", json!(self.ts));
            set("reply_count", json!(replies.len()));
            set("reply_users_count", json!(users.len()));
            set("reply_users", json!(users));
            set("latest_reply", json!(latest.ts));
            set("is_locked", json!(false));
            set("subscribed", json!(false));
        }
    }

    /// The message as the page shows it.
    pub fn for_page(&self, workspace: &Workspace) -> Value {
        let mut message = self.on_wire(workspace, true);
        for field in ["bot_profile", "team", "is_locked", "subscribed", "type", "app_id"] {
            message.as_object_mut().and_then(|message| message.remove(field));
        }
        message["channel"] = json!(self.channel);
        message["edited"] = json!(self.edited.is_some());
        message["ephemeral"] = json!(self.only_for.is_some());
        message["streaming"] = json!(self.is_streaming);
        let thread = self.thread_ts.as_ref().unwrap_or(&self.ts);
        if let Some(status) = workspace.statuses.get(&(self.channel.clone(), thread.clone())) {
            message["status"] = json!(status);
        }
        for part in ["blocks", "attachments"] {
            if let Some(part) = message.get_mut(part) {
                workspace.resolve_images(part);
            }
        }
        message
    }

    fn mentions(&self, workspace: &Workspace, person: &str) -> bool {
        let text = &self.text;
        let of_group = |group: &super::seed::GroupSeed| {
            group.users.iter().any(|user| user == person)
                && text.contains(&format!("<!subteam^{}", group.id))
        };
        text.contains(&format!("<@{person}"))
            || ["<!channel", "<!here", "<!everyone"].iter().any(|all| text.contains(all))
            || workspace.seed.groups.iter().any(of_group)
    }
}

impl Workspace {
    pub fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.get(channel)?.get(ts)
    }

    /// What everyone sees in a channel, oldest first.
    pub fn history(&self, channel: &str) -> impl DoubleEndedIterator<Item = &Message> {
        let messages =
            self.messages.get(channel).into_iter().flat_map(|messages| messages.values());
        messages.filter(|message| message.only_for.is_none())
    }

    pub fn replies(&self, channel: &str, thread: &str) -> Vec<&Message> {
        let is_reply =
            |message: &&Message| message.is_reply() && message.thread_ts.as_deref() == Some(thread);
        // Replies are younger than what they reply to.
        let younger = self.messages.get(channel).into_iter();
        let younger = younger.flat_map(|messages| messages.range(thread.to_owned()..));
        younger
            .map(|(_, message)| message)
            .filter(|message| message.only_for.is_none())
            .filter(is_reply)
            .collect()
    }

    /// Posts `message`, which gets its timestamp here, and queues what the app hears of it.
    pub fn post(&mut self, mut message: Message) -> Message {
        message.ts = self.next_ts();
        self.find_thread(&mut message);
        self.put(Record::Message(Box::new(message.clone())));
        if message.only_for.is_some() {
            return message;
        }
        self.statuses.remove(&(
            message.channel.clone(),
            message.thread_ts.clone().unwrap_or_else(|| message.ts.clone()),
        ));
        self.show_parent(&message);
        let (person, channel) = (message.user.clone(), message.channel.clone());
        self.mark_read(&person, &channel, &message.ts);
        self.tell_unread(&channel);
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

    pub fn mark_read(&mut self, person: &str, channel: &str, ts: &str) {
        let (person, channel) = (person.to_owned(), channel.to_owned());
        self.put(Record::Read { person, channel, ts: ts.to_owned() });
    }

    /// How many messages of a channel `person` has not read, and how many of them are for them.
    pub fn unread(&self, person: &str, channel: &str) -> (usize, usize) {
        let is_im = self.channel(channel).is_some_and(|channel| channel.im_with.is_some());
        let last_read = self.last_read(person, channel);
        let mut counts = (0, 0);
        for message in self.history(channel).rev().take_while(|message| message.ts > last_read) {
            let is_mention = is_im || message.mentions(self, person);
            if message.user != person && (is_mention || !message.is_reply()) {
                counts.0 += 1;
                counts.1 += usize::from(is_mention);
            }
        }
        counts
    }

    pub fn last_read(&self, person: &str, channel: &str) -> String {
        let key = (person.to_owned(), channel.to_owned());
        self.read.get(&key).cloned().unwrap_or_else(|| "0".to_owned())
    }

    pub fn tell_unread(&self, channel: &str) {
        let members = self.channel(channel).map(|channel| channel.members.clone());
        for person in members.unwrap_or_default() {
            let (unread, mentions) = self.unread(&person, channel);
            let last_read = self.last_read(&person, channel);
            self.tell(Update {
                to: Audience::Person(person),
                event: "unread",
                data: Arc::new(json!({
                    "channel": channel, "unread": unread, "mentions": mentions,
                    "last_read": last_read,
                })),
            });
        }
    }

    pub fn bot_profile(&self) -> Value {
        let app = &self.seed.app;
        json!({
            "id": app.bot_id, "app_id": app.app_id, "name": app.name, "deleted": false,
            "updated": 1_700_000_000, "team_id": self.seed.team_id,
            "icons": { "image_72": format!("{}sandbox/icon.svg", self.base) },
        })
    }

    /// A reply to a reply belongs to the thread of that reply; one to nothing stands alone.
    fn find_thread(&self, message: &mut Message) {
        let Some(thread) = &message.thread_ts else { return };
        message.thread_ts = self
            .message(&message.channel, thread)
            .map(|parent| parent.thread_ts.clone().unwrap_or_else(|| parent.ts.clone()));
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
        if message.text.contains(&mention) && !self.is_app(&message.user) {
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

//! Messages: what they hold, and how the app and the page see them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::workspace::{Audience, Workspace};

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
        let stamps = self.threads.get(&(channel.to_owned(), thread.to_owned()));
        let replies = stamps.into_iter().flatten().filter_map(|ts| self.message(channel, ts));
        replies.filter(|reply| reply.only_for.is_none()).collect()
    }

    pub fn bot_profile(&self) -> Value {
        let app = &self.seed.app;
        json!({
            "id": app.bot_id, "app_id": app.app_id, "name": app.name, "deleted": false,
            "updated": 1_700_000_000, "team_id": self.seed.team_id,
            "icons": { "image_72": format!("{}sandbox/icon.svg", self.base) },
        })
    }
}

//! The state of the workspace, and the one way in which it changes.
//!
//! Every change is a [`Record`] that goes through [`Workspace::put`]: it is written to the
//! journal, applied, and told to whoever watches. What has to reach the app because of it waits
//! in `outbox` until the lock is released.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use rand::random;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use url::Url;

use super::files::StoredFile;
use super::journal::{self, Journal};
use super::message::Message;
use super::response_url::ResponseUrl;
use super::seed::{PersonSeed, Seed};
use super::view::{Trigger, View};
use crate::clock::Clock;

/// Who speaks when the workspace itself has something to say.
pub const SLACKBOT: &str = "USLACKBOT";

/// Older messages of a channel are forgotten.
const MESSAGES_PER_CHANNEL: usize = 5_000;
const RESPONSE_URLS: usize = 5_000;
const PENDING_EVENTS: usize = 5_000;
const FILES: usize = 1_000;
const UPDATES: usize = 4_096;

pub struct Workspace {
    pub seed: Arc<Seed>,
    pub clock: Clock,
    pub base: Url,
    /// Everyone, the app's bot user and Slackbot included.
    pub people: Vec<PersonSeed>,
    pub channels: BTreeMap<String, Channel>,
    pub messages: BTreeMap<String, BTreeMap<String, Message>>,
    /// Open modals by person, the top one last.
    pub views: BTreeMap<String, Vec<View>>,
    pub homes: BTreeMap<String, View>,
    pub files: BTreeMap<String, StoredFile>,
    /// The last message read, by person and channel.
    pub read: BTreeMap<(String, String), String>,
    pub response_urls: BTreeMap<String, ResponseUrl>,
    /// Events that the app has not acknowledged yet, by event id.
    pub pending: BTreeMap<String, Value>,
    /// "is thinking…", by channel and thread.
    pub statuses: BTreeMap<(String, String), String>,
    pub triggers: HashMap<String, Trigger>,
    /// Events to deliver once the lock is released.
    pub outbox: Vec<Value>,
    pub updates: broadcast::Sender<Update>,
    journal: Option<Journal>,
    last_micros: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub topic: String,
    pub is_private: bool,
    pub is_archived: bool,
    /// The person at the other end of a direct conversation with the app.
    pub im_with: Option<String>,
    pub members: Vec<String>,
    pub created: i64,
}

/// One object as it is now.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    Channel(Channel),
    Message(Box<Message>),
    Gone { channel: String, ts: String },
    Views { person: String, views: Vec<View> },
    Home { person: String, view: Box<View> },
    File(Box<StoredFile>),
    FileGone { id: String },
    Read { person: String, channel: String, ts: String },
    ResponseUrl(ResponseUrl),
    Pending { event_id: String, body: Value },
    Settled { event_id: String },
}

/// Something that an open page shows at once.
#[derive(Clone, Debug)]
pub struct Update {
    pub to: Audience,
    pub event: &'static str,
    pub data: Arc<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    Everyone,
    Channel(String),
    Person(String),
}

impl Workspace {
    pub fn new(seed: Seed, clock: Clock) -> Self {
        let seed = Arc::new(seed);
        let mut people = seed.people.clone();
        people.push(bot(&seed.app.bot_user_id, &seed.app.name));
        people.push(bot(SLACKBOT, "Slackbot"));
        let created = clock.now().as_second();
        let channels = seed.channels.iter().map(|channel| {
            let mut members = channel.members.clone();
            if channel.app_is_member {
                members.push(seed.app.bot_user_id.clone());
            }
            let channel = Channel {
                id: channel.id.clone(),
                name: channel.name.clone(),
                topic: channel.topic.clone(),
                is_private: channel.is_private,
                is_archived: channel.is_archived,
                im_with: None,
                members,
                created,
            };
            (channel.id.clone(), channel)
        });
        Self {
            channels: channels.collect(),
            people,
            seed: Arc::clone(&seed),
            clock,
            base: Url::parse("http://127.0.0.1/").expect("a constant address"),
            messages: BTreeMap::new(),
            views: BTreeMap::new(),
            homes: BTreeMap::new(),
            files: BTreeMap::new(),
            read: BTreeMap::new(),
            response_urls: BTreeMap::new(),
            pending: BTreeMap::new(),
            statuses: BTreeMap::new(),
            triggers: HashMap::new(),
            outbox: Vec::new(),
            updates: broadcast::channel(UPDATES).0,
            journal: None,
            last_micros: 0,
        }
    }

    /// Takes up the state kept at `path` and keeps it there from now on.
    pub fn keep_at(&mut self, path: &Path) -> Result<()> {
        for record in journal::read(path)? {
            self.apply(record);
        }
        let kept = self.snapshot();
        self.journal = Some(Journal::begin(path, kept.iter())?);
        Ok(())
    }

    pub fn put(&mut self, record: Record) {
        if let Some(journal) = &mut self.journal {
            journal.append(&record);
        }
        let updates = self.updates_of(&record);
        self.apply(record);
        for update in updates {
            self.tell(update);
        }
    }

    pub fn tell(&self, update: Update) {
        // Without an open page there is nobody to tell.
        let _nobody_watches = self.updates.send(update);
    }

    /// A message timestamp that no other message has, later than all before it.
    pub fn next_ts(&mut self) -> String {
        self.last_micros = self.clock.now().as_microsecond().max(self.last_micros + 1);
        format!("{}.{:06}", self.last_micros / 1_000_000, self.last_micros % 1_000_000)
    }

    /// An id of Slack's form: a letter for the kind and ten others.
    pub fn next_id(&self, kind: &str) -> String {
        const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bits: u64 = random();
        let id = (0..10).map(|place| char::from(LETTERS[(bits >> (place * 5)) as usize & 31]));
        kind.chars().chain(id).collect()
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Channel(channel) => {
                self.channels.insert(channel.id.clone(), channel);
            }
            Record::Message(message) => {
                self.last_micros = self.last_micros.max(micros(&message.ts));
                let channel = self.messages.entry(message.channel.clone()).or_default();
                channel.insert(message.ts.clone(), *message);
                if channel.len() > MESSAGES_PER_CHANNEL {
                    channel.pop_first();
                }
            }
            Record::Gone { channel, ts } => {
                self.messages.entry(channel).or_default().remove(&ts);
            }
            Record::Views { person, views } => {
                self.views.insert(person, views);
            }
            Record::Home { person, view } => {
                self.homes.insert(person, *view);
            }
            Record::File(file) => {
                self.files.insert(file.id.clone(), *file);
                if self.files.len() > FILES {
                    self.files.pop_first();
                }
            }
            Record::FileGone { id } => {
                self.files.remove(&id);
            }
            Record::Read { person, channel, ts } => {
                self.read.insert((person, channel), ts);
            }
            Record::ResponseUrl(url) => {
                self.response_urls.insert(url.id.clone(), url);
                if self.response_urls.len() > RESPONSE_URLS {
                    self.forget_oldest_response_url();
                }
            }
            Record::Pending { event_id, body } => {
                if self.pending.len() < PENDING_EVENTS {
                    self.pending.insert(event_id, body);
                }
            }
            Record::Settled { event_id } => {
                self.pending.remove(&event_id);
            }
        }
    }

    fn forget_oldest_response_url(&mut self) {
        let oldest = self.response_urls.values().min_by_key(|url| url.made_at).map(|url| &url.id);
        if let Some(oldest) = oldest.cloned() {
            self.response_urls.remove(&oldest);
        }
    }

    fn snapshot(&self) -> Vec<Record> {
        let mut records: Vec<Record> =
            self.channels.values().cloned().map(Record::Channel).collect();
        let messages = self.messages.values().flat_map(BTreeMap::values);
        records.extend(messages.map(|message| Record::Message(Box::new(message.clone()))));
        records.extend(
            self.views.iter().filter(|(_, views)| !views.is_empty()).map(|(person, views)| {
                Record::Views { person: person.clone(), views: views.clone() }
            }),
        );
        records.extend(self.homes.iter().map(|(person, view)| Record::Home {
            person: person.clone(),
            view: Box::new(view.clone()),
        }));
        records.extend(self.files.values().map(|file| Record::File(Box::new(file.clone()))));
        records.extend(self.read.iter().map(|((person, channel), ts)| Record::Read {
            person: person.clone(),
            channel: channel.clone(),
            ts: ts.clone(),
        }));
        records.extend(self.response_urls.values().cloned().map(Record::ResponseUrl));
        records.extend(self.pending.iter().map(|(event_id, body)| Record::Pending {
            event_id: event_id.clone(),
            body: body.clone(),
        }));
        records
    }

    fn updates_of(&self, record: &Record) -> Vec<Update> {
        match record {
            Record::Channel(_) => {
                vec![Update { to: Audience::Everyone, event: "state", data: Arc::new(json!({})) }]
            }
            Record::Message(message) => {
                vec![Update {
                    to: message.audience(),
                    event: "message",
                    data: Arc::new(message.for_page(self)),
                }]
            }
            Record::Gone { channel, ts } => {
                let audience = self
                    .message(channel, ts)
                    .map_or_else(|| Audience::Channel(channel.clone()), Message::audience);
                let data = Arc::new(json!({ "channel": channel, "ts": ts }));
                vec![Update { to: audience, event: "deleted", data }]
            }
            Record::Views { person, views } => vec![Update {
                to: Audience::Person(person.clone()),
                event: "modal",
                data: Arc::new(json!({
                    "view": views.last().map(|view| view.for_page(self)),
                    "depth": views.len(),
                })),
            }],
            Record::Home { person, view } => vec![Update {
                to: Audience::Person(person.clone()),
                event: "home",
                data: Arc::new(json!({ "view": view.for_page(self) })),
            }],
            _ => Vec::new(),
        }
    }
}

fn bot(id: &str, name: &str) -> PersonSeed {
    PersonSeed {
        id: id.to_owned(),
        handle: name.to_lowercase().replace(' ', "-"),
        real_name: name.to_owned(),
        title: String::new(),
        tz: "Etc/UTC".to_owned(),
        email: None,
        is_guest: false,
        is_admin: false,
        is_bot: true,
        deleted: false,
        team_id: None,
    }
}

/// A message timestamp as a number, to compare it; 0 if it is none.
fn micros(ts: &str) -> i64 {
    let digits: String = ts.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

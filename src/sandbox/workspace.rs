//! The state of the workspace, and the one way in which it changes.
//!
//! Every change is a [`Record`](super::record::Record) that goes through [`Workspace::put`]: it is
//! written to the journal, applied, and told to whoever watches. What has to reach the app because
//! of it waits in `outbox` until the lock is released.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rand::random;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast;
use url::Url;

use super::files::StoredFile;
use super::journal::Journal;
use super::message::Message;
use super::response_url::ResponseUrl;
use super::seed::{PersonSeed, Seed};
use super::view::{Trigger, View};
use crate::clock::Clock;

/// Who speaks when the workspace itself has something to say.
pub const SLACKBOT: &str = "USLACKBOT";

const UPDATES: usize = 4_096;

pub struct Workspace {
    pub seed: Arc<Seed>,
    pub clock: Clock,
    pub base: Url,
    /// Everyone, the app's bot user and Slackbot included.
    pub people: Vec<PersonSeed>,
    pub channels: BTreeMap<String, Channel>,
    pub messages: BTreeMap<String, BTreeMap<String, Message>>,
    /// The replies of each thread, by channel and beginning.
    pub threads: BTreeMap<(String, String), BTreeSet<String>>,
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
    pub journal: Option<Journal>,
    pub last_micros: i64,
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
            threads: BTreeMap::new(),
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

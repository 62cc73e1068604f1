//! Records: every object of the workspace as it changed, and what becomes of one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::files::StoredFile;
use super::journal::{self, Journal};
use super::message::Message;
use super::response_url::ResponseUrl;
use super::view::View;
use super::workspace::{Audience, Channel, Update, Workspace};

/// Older messages of a channel are forgotten.
const MESSAGES_PER_CHANNEL: usize = 5_000;
const RESPONSE_URLS: usize = 5_000;
const PENDING_EVENTS: usize = 5_000;
const FILES: usize = 1_000;
const FILE_BYTES: usize = 256 << 20;

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

impl Workspace {
    /// Takes up the state kept at `path` and keeps it there from now on.
    pub fn keep_at(&mut self, path: &Path) -> Result<()> {
        for record in journal::read(path)? {
            self.apply(record);
        }
        self.journal = Some(Journal::begin(path, self.snapshot().iter())?);
        Ok(())
    }

    pub fn put(&mut self, record: Record) {
        // Nobody watches in most tests, and then this is most of the work.
        let updates = match self.updates.receiver_count() {
            0 => Vec::new(),
            _ => self.updates_of(&record),
        };
        self.put_untold(record);
        for update in updates {
            self.tell(update);
        }
    }

    /// Changes what those who watch know already, because the change comes from them.
    pub fn put_untold(&mut self, record: Record) {
        let is_full = self.journal.as_mut().is_some_and(|journal| journal.append(&record));
        self.apply(record);
        if is_full {
            let kept = self.snapshot();
            if let Some(journal) = &mut self.journal {
                journal.compact(kept.iter());
            }
        }
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Channel(channel) => {
                self.channels.insert(channel.id.clone(), channel);
            }
            Record::Message(message) => {
                self.last_micros = self.last_micros.max(micros(&message.ts));
                let place = message.channel.clone();
                if let Some(thread) = message.thread_ts.clone().filter(|_| message.is_reply()) {
                    let replies = self.threads.entry((place.clone(), thread)).or_default();
                    replies.insert(message.ts.clone());
                }
                let channel = self.messages.entry(place.clone()).or_default();
                channel.insert(message.ts.clone(), *message);
                if channel.len() > MESSAGES_PER_CHANNEL
                    && let Some((oldest, _)) = channel.pop_first()
                {
                    self.threads.remove(&(place, oldest));
                }
            }
            Record::Gone { channel, ts } => {
                let gone = self.messages.entry(channel.clone()).or_default().remove(&ts);
                if let Some(thread) = gone.and_then(|message| message.thread_ts)
                    && let Some(replies) = self.threads.get_mut(&(channel, thread))
                {
                    replies.remove(&ts);
                }
            }
            Record::Views { person, views } => {
                self.views.insert(person, views);
            }
            Record::Home { person, view } => {
                self.homes.insert(person, *view);
            }
            Record::File(file) => {
                self.files.insert(file.id.clone(), *file);
                self.forget_oldest_files();
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

    fn forget_oldest_files(&mut self) {
        let bytes = |files: &BTreeMap<String, StoredFile>| {
            files.values().map(|file| file.content.len()).sum::<usize>()
        };
        while self.files.len() > FILES || bytes(&self.files) > FILE_BYTES {
            let oldest = self.files.values().min_by_key(|file| file.created).map(|file| &file.id);
            let Some(oldest) = oldest.cloned() else { return };
            self.files.remove(&oldest);
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

/// A message timestamp as a number, to compare it; 0 if it is none.
fn micros(ts: &str) -> i64 {
    let digits: String = ts.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

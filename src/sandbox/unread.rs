//! Who has read what, and what is for whom.

use std::sync::Arc;

use serde_json::json;

use super::record::Record;
use super::seed::GroupSeed;
use super::workspace::{Audience, Update, Workspace};

/// Nobody counts further.
const COUNTED: usize = 500;

impl Workspace {
    pub fn mark_read(&mut self, person: &str, channel: &str, ts: &str) {
        let (person, channel) = (person.to_owned(), channel.to_owned());
        self.put(Record::Read { person, channel, ts: ts.to_owned() });
    }

    /// How many messages of a channel `person` has not read, and how many of them are for them.
    pub fn unread(&self, person: &str, channel: &str) -> (usize, usize) {
        let is_im = self.channel(channel).is_some_and(|channel| channel.im_with.is_some());
        let last_read = self.last_read(person, channel);
        let mentions = self.mentions_of(person);
        let is_for_them = |text: &str| mentions.iter().any(|mention| text.contains(mention));
        let mut counts = (0, 0);
        let unread = self.history(channel).rev().take_while(|message| message.ts > last_read);
        for message in unread.take(COUNTED) {
            let is_mention = is_im || is_for_them(&message.text);
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
        if self.updates.receiver_count() == 0 {
            return;
        }
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

    /// What a message contains if it is for `person`.
    fn mentions_of(&self, person: &str) -> Vec<String> {
        let is_in = |group: &&GroupSeed| group.users.iter().any(|user| user == person);
        let groups = self.seed.groups.iter().filter(is_in);
        let groups = groups.map(|group| format!("<!subteam^{}", group.id));
        let everyone = ["<!channel", "<!here", "<!everyone"].map(str::to_owned);
        groups.chain(everyone).chain([format!("<@{person}")]).collect()
    }
}

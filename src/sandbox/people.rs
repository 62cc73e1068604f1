//! Who and where: finding people, groups and channels by the names that people use.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::record::Record;
use super::seed::{GroupSeed, PersonSeed};
use super::workspace::{Channel, SLACKBOT, Workspace};

impl Workspace {
    pub fn person(&self, id: &str) -> Option<&PersonSeed> {
        self.people.iter().find(|person| person.id == id)
    }

    /// A person by id or handle, with or without the `@`.
    pub fn person_called(&self, name: &str) -> Result<&PersonSeed, String> {
        let handle = name.trim_start_matches('@');
        let of_workspace = || self.people.iter().filter(|person| person.id != SLACKBOT);
        of_workspace()
            .find(|person| person.id == handle || person.handle.eq_ignore_ascii_case(handle))
            .ok_or_else(|| {
                let handles: Vec<&str> =
                    of_workspace().map(|person| person.handle.as_str()).collect();
                format!("Nobody here is called {name:?}. There are: {}.", handles.join(", "))
            })
    }

    pub fn is_app(&self, person: &str) -> bool {
        person == self.seed.app.bot_user_id
    }

    pub fn group(&self, id: &str) -> Option<&GroupSeed> {
        self.seed.groups.iter().find(|group| group.id == id)
    }

    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.get(id)
    }

    /// A channel by id, or by name with or without the `#`.
    pub fn channel_called(&self, name: &str) -> Option<&Channel> {
        let bare = name.trim_start_matches('#');
        self.channels.get(bare).or_else(|| {
            self.channels.values().find(|channel| channel.im_with.is_none() && channel.name == bare)
        })
    }

    /// A channel that `person` can see; `@countersign` is their conversation with the app.
    pub fn channel_for(&self, person: &str, name: &str) -> Result<&Channel, String> {
        let app = self.person(&self.seed.app.bot_user_id);
        if app.is_some_and(|app| name.trim_start_matches('@').eq_ignore_ascii_case(&app.handle)) {
            return self
                .im_with(person)
                .ok_or_else(|| "There is no conversation with the app yet.".to_owned());
        }
        let channel = self.channel_called(name).filter(|channel| self.can_see(person, channel));
        channel.ok_or_else(|| {
            let seen = self.channels.values().filter(|channel| self.can_see(person, channel));
            let names: Vec<String> = seen.map(|channel| self.channel_label(channel)).collect();
            format!(
                "There is no channel {name:?} that they can see. There are: {}.",
                names.join(", ")
            )
        })
    }

    pub fn can_see(&self, person: &str, channel: &Channel) -> bool {
        let is_member = channel.members.iter().any(|member| member == person);
        let is_guest = self.person(person).is_some_and(|person| person.is_guest);
        is_member || !(channel.is_private || channel.im_with.is_some() || is_guest)
    }

    pub fn app_is_in(&self, channel: &Channel) -> bool {
        channel.members.contains(&self.seed.app.bot_user_id)
    }

    /// Takes somebody into a channel, and lets the app hear of it.
    pub fn admit(&mut self, mut channel: Channel, member: &str, inviter: Option<&str>) -> Channel {
        channel.members.push(member.to_owned());
        self.put(Record::Channel(channel.clone()));
        let kind = if channel.is_private { "G" } else { "C" };
        let mut event = json!({
            "type": "member_joined_channel", "user": member, "channel_type": kind,
            "team": self.seed.team_id,
        });
        if let Some(inviter) = inviter {
            event["inviter"] = json!(inviter);
        }
        self.queue_channel_event(&channel.id, event);
        channel
    }

    /// `/invite @somebody`, which is Slack's own command; says what came of it.
    pub fn invite(&mut self, inviter: &str, channel: &Channel, name: &str) -> String {
        let invited = match self.person_called(name.trim()) {
            Ok(invited) => invited.id.clone(),
            Err(sentence) => return sentence,
        };
        if !channel.members.iter().any(|member| member == inviter) {
            return format!("You are not in {}.", self.channel_label(channel));
        }
        if !channel.members.contains(&invited) {
            self.admit(channel.clone(), &invited, Some(inviter));
        }
        format!("<@{invited}> is in {} now.", self.channel_label(channel))
    }

    pub fn im_with(&self, person: &str) -> Option<&Channel> {
        self.channels.values().find(|channel| channel.im_with.as_deref() == Some(person))
    }

    /// The direct conversation between `person` and the app, opened if it was not.
    pub fn open_im(&mut self, person: &str) -> Channel {
        if let Some(channel) = self.im_with(person) {
            return channel.clone();
        }
        let channel = Channel {
            // The same after a restart, so that a script can rely on it.
            id: format!("D{}", person.get(1..).unwrap_or(person)),
            name: String::new(),
            topic: String::new(),
            is_private: true,
            is_archived: false,
            im_with: Some(person.to_owned()),
            members: vec![person.to_owned(), self.seed.app.bot_user_id.clone()],
            created: self.clock.now().as_second(),
        };
        self.put(Record::Channel(channel.clone()));
        channel
    }

    pub fn channel_label(&self, channel: &Channel) -> String {
        match &channel.im_with {
            Some(person) => format!("@{}", self.handle(person)),
            None => format!("#{}", channel.name),
        }
    }

    pub fn handle<'a>(&'a self, id: &'a str) -> &'a str {
        self.person(id).map_or(id, |person| &person.handle)
    }

    /// Slack's user object.
    pub fn user(&self, person: &PersonSeed) -> Value {
        let zone = TimeZone::get(&person.tz).unwrap_or(TimeZone::UTC);
        let info = zone.to_offset_info(self.clock.now());
        let is_app = self.is_app(&person.id);
        let mut user = json!({
            "id": person.id,
            "team_id": person.team_id.as_ref().unwrap_or(&self.seed.team_id),
            "name": person.handle,
            "deleted": person.deleted,
            "color": super::page::color(&person.id),
            "real_name": person.real_name,
            "tz": person.tz,
            "tz_label": info.abbreviation(),
            "tz_offset": info.offset().seconds(),
            "profile": {
                "title": person.title,
                "real_name": person.real_name,
                "real_name_normalized": person.real_name,
                "display_name": if person.is_bot { "" } else { &person.handle },
                "display_name_normalized": if person.is_bot { "" } else { &person.handle },
                "first_name": person.real_name.split(' ').next(),
                "status_text": "",
                "status_emoji": "",
                "avatar_hash": "0",
                "email": person.email.clone().unwrap_or_else(|| self.email(person)),
                "image_72": format!("{}sandbox/icon.svg", self.base),
                "team": self.seed.team_id,
            },
            "is_admin": person.is_admin,
            "is_owner": false,
            "is_primary_owner": false,
            "is_restricted": person.is_guest,
            "is_ultra_restricted": false,
            "is_bot": person.is_bot && person.id != SLACKBOT,
            "is_app_user": false,
            "is_email_confirmed": !person.is_bot,
            "who_can_share_contact_card": "EVERYONE",
            "updated": 1_700_000_000,
        });
        if is_app {
            user["profile"]["bot_id"] = json!(self.seed.app.bot_id);
            user["profile"]["api_app_id"] = json!(self.seed.app.app_id);
        }
        if person.is_bot
            && let Some(profile) = user["profile"].as_object_mut()
        {
            profile.remove("email");
        }
        if person.team_id.as_ref().is_some_and(|team| *team != self.seed.team_id) {
            user["is_stranger"] = json!(true);
        }
        user
    }

    pub fn email(&self, person: &PersonSeed) -> String {
        person
            .email
            .clone()
            .unwrap_or_else(|| format!("{}@{}.example", person.handle, self.seed.team_domain))
    }

    /// Slack's channel object, as the app sees it.
    pub fn conversation(&self, channel: &Channel) -> Value {
        if let Some(person) = &channel.im_with {
            return json!({
                "id": channel.id, "created": channel.created, "is_archived": false, "is_im": true,
                "is_org_shared": false, "context_team_id": self.seed.team_id,
                "updated": channel.created * 1000, "user": person, "is_user_deleted": false,
                "is_open": true, "priority": 0,
            });
        }
        json!({
            "id": channel.id, "name": channel.name, "name_normalized": channel.name,
            "is_channel": !channel.is_private, "is_group": channel.is_private, "is_im": false,
            "is_mpim": false, "is_private": channel.is_private, "created": channel.created,
            "is_archived": channel.is_archived, "is_general": channel.name == "general",
            "unlinked": 0, "is_shared": false, "is_ext_shared": false, "is_org_shared": false,
            "is_pending_ext_shared": false, "pending_shared": [], "previous_names": [],
            "context_team_id": self.seed.team_id, "updated": channel.created * 1000,
            "creator": channel.members.first(), "is_member": self.app_is_in(channel),
            "topic": { "value": channel.topic, "creator": "", "last_set": 0 },
            "purpose": { "value": "", "creator": "", "last_set": 0 },
            "num_members": channel.members.len(), "shared_team_ids": [self.seed.team_id],
        })
    }
}

//! What a workspace starts with: who is in it, where they talk, and which app is installed.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seed {
    pub team_id: String,
    pub team_name: String,
    pub team_domain: String,
    #[serde(default)]
    pub enterprise_id: Option<String>,
    /// Payloads of an org-wide installation carry `team: null`.
    #[serde(default)]
    pub is_enterprise_install: bool,
    pub app: AppSeed,
    pub people: Vec<PersonSeed>,
    #[serde(default)]
    pub groups: Vec<GroupSeed>,
    #[serde(default)]
    pub channels: Vec<ChannelSeed>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppSeed {
    pub app_id: String,
    pub name: String,
    pub bot_user_id: String,
    pub bot_id: String,
    pub bot_token: String,
    pub app_token: String,
    pub signing_secret: String,
    /// The deprecated token that payloads still carry.
    #[serde(default = "verification_token")]
    pub verification_token: String,
    #[serde(default)]
    pub commands: Vec<CommandSeed>,
    #[serde(default)]
    pub shortcuts: Vec<ShortcutSeed>,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The events that the app subscribed to, by Slack's names (`message.channels` …).
    #[serde(default = "all_events")]
    pub events: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommandSeed {
    pub command: String,
    #[serde(default)]
    pub usage_hint: String,
    #[serde(default)]
    pub description: String,
    /// Sends `@dana` as `<@U…|dana>` and `#sales` as `<#C…|sales>`.
    #[serde(default)]
    pub should_escape: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShortcutSeed {
    pub name: String,
    pub callback_id: String,
    #[serde(rename = "type")]
    pub kind: ShortcutKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortcutKind {
    Global,
    Message,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PersonSeed {
    pub id: String,
    pub handle: String,
    pub real_name: String,
    #[serde(default)]
    pub title: String,
    #[serde(default = "utc")]
    pub tz: String,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub is_guest: bool,
    #[serde(default)]
    pub is_admin: bool,
    #[serde(default)]
    pub is_bot: bool,
    #[serde(default)]
    pub deleted: bool,
    /// Someone of another workspace, met through a shared channel.
    #[serde(default)]
    pub team_id: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GroupSeed {
    pub id: String,
    pub handle: String,
    pub name: String,
    #[serde(default)]
    pub users: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChannelSeed {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub topic: String,
    #[serde(default)]
    pub is_private: bool,
    #[serde(default)]
    pub is_archived: bool,
    pub members: Vec<String>,
    #[serde(default = "yes")]
    pub app_is_member: bool,
}

impl Seed {
    /// The workspace of the sample company.
    pub fn example() -> Self {
        toml::from_str(include_str!("example.toml")).expect("a test reads the example")
    }
}

fn verification_token() -> String {
    "sandbox-verification-token".to_owned()
}

fn utc() -> String {
    "Etc/UTC".to_owned()
}

fn yes() -> bool {
    true
}

fn all_events() -> Vec<String> {
    [
        "app_home_opened",
        "app_mention",
        "member_joined_channel",
        "message.channels",
        "message.groups",
        "message.im",
        "reaction_added",
        "reaction_removed",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_consistent() {
        let seed = Seed::example();
        let known = |id: &String| seed.people.iter().any(|person| &person.id == id);

        assert!(seed.channels.iter().all(|channel| channel.members.iter().all(known)));
        assert!(seed.groups.iter().all(|group| group.users.iter().all(known)));
        for person in &seed.people {
            assert!(jiff::tz::TimeZone::get(&person.tz).is_ok(), "{}", person.tz);
        }
    }
}

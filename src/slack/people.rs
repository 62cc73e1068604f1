//! Who we are, who others are, and where we can speak.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::call::Call;
use super::error::SlackError;
use super::messages::{read, text};
use super::or_default;
use super::transport::Slack;
use crate::ids::{ChannelId, GroupId, PersonId, TeamId};

/// How many channels are asked for at once: Slack's own limit.
const PAGE: &str = "1000";

/// Who the bot is in this workspace.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Identity {
    #[serde(rename = "user_id")]
    pub user: PersonId,
    #[serde(rename = "bot_id")]
    pub bot: Option<String>,
    #[serde(rename = "team_id")]
    pub team: TeamId,
    #[serde(rename = "team", default, deserialize_with = "or_default")]
    pub team_name: String,
    #[serde(rename = "enterprise_id")]
    pub enterprise: Option<TeamId>,
    #[serde(default, deserialize_with = "or_default")]
    pub is_enterprise_install: bool,
    /// Where people open the workspace.
    #[serde(default, deserialize_with = "or_default")]
    pub url: String,
}

/// A person, as Slack describes them now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    pub id: PersonId,
    /// The workspace they belong to, which may be another one in a shared channel.
    pub team: Option<TeamId>,
    /// What they are called: the display name, else the full name, else the handle.
    pub name: String,
    pub real_name: String,
    /// IANA name, like `Europe/Oslo`.
    pub zone: Option<String>,
    pub is_bot: bool,
    /// Invited to some channels only.
    pub is_guest: bool,
    /// Of another organisation, here through a shared channel.
    pub is_stranger: bool,
    pub is_deactivated: bool,
    pub is_admin: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Group {
    pub id: GroupId,
    /// Without the `@`.
    pub handle: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub users: Vec<PersonId>,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Conversation {
    pub id: ChannelId,
    /// Without the `#`; direct messages have none.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Whether the bot is in it.
    #[serde(default, deserialize_with = "or_default")]
    pub is_member: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub is_private: bool,
    /// A direct message.
    #[serde(default, deserialize_with = "or_default")]
    pub is_im: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub is_archived: bool,
    /// Shared with another organisation.
    #[serde(default, deserialize_with = "or_default")]
    pub is_ext_shared: bool,
}

impl Slack {
    /// Asks Slack whose token this is.
    pub async fn auth_test(&self) -> Result<Identity, SlackError> {
        const METHOD: &str = "auth.test";
        let answer = self.call(Call::set(METHOD, json!({}))).await?;
        read(METHOD, answer)
    }

    /// Who we are, asked once and remembered.
    pub async fn identity(&self) -> Result<&Identity, SlackError> {
        self.identity_cell().get_or_try_init(|| self.auth_test()).await
    }

    pub async fn person(&self, person: &PersonId) -> Result<Profile, SlackError> {
        const METHOD: &str = "users.info";
        let mut answer = self.call(Call::read(METHOD, vec![("user", person.0.clone())])).await?;
        let user: User = read(METHOD, answer["user"].take())?;
        Ok(user.into())
    }

    /// The user groups there are, with their members.
    pub async fn groups(&self) -> Result<Vec<Group>, SlackError> {
        const METHOD: &str = "usergroups.list";
        let query = vec![("include_users", "true".to_owned())];
        let mut answer = self.call(Call::read(METHOD, query)).await?;
        read(METHOD, answer["usergroups"].take())
    }

    pub async fn group_members(&self, group: &GroupId) -> Result<Vec<PersonId>, SlackError> {
        const METHOD: &str = "usergroups.users.list";
        let query = vec![("usergroup", group.0.clone())];
        let mut answer = self.call(Call::read(METHOD, query)).await?;
        read(METHOD, answer["users"].take())
    }

    pub async fn conversation(&self, channel: &ChannelId) -> Result<Conversation, SlackError> {
        const METHOD: &str = "conversations.info";
        let query = vec![("channel", channel.0.clone())];
        let mut answer = self.call(Call::read(METHOD, query)).await?;
        read(METHOD, answer["channel"].take())
    }

    /// The channel that a configuration names: `#name`, `name` or Slack's id. Nothing if there is none
    /// that we can see; of several, an archived one comes last.
    pub async fn channel_named(&self, named: &str) -> Result<Option<Conversation>, SlackError> {
        const METHOD: &str = "conversations.list";
        let named = named.trim().trim_start_matches('#');
        if is_channel_id(named) {
            return match self.conversation(&ChannelId::from(named)).await {
                Err(error) if error.is("channel_not_found") => Ok(None),
                found => found.map(Some),
            };
        }
        let (mut cursor, mut archived) = (String::new(), None);
        loop {
            let query = vec![
                ("types", "public_channel,private_channel".to_owned()),
                ("limit", PAGE.to_owned()),
                ("cursor", cursor),
            ];
            let mut answer = self.call(Call::read(METHOD, query)).await?;
            let page: Vec<Conversation> = read(METHOD, answer["channels"].take())?;
            for channel in page.into_iter().filter(|channel| channel.name == named) {
                if !channel.is_archived {
                    return Ok(Some(channel));
                }
                archived = Some(channel);
            }
            cursor = answer["response_metadata"]["next_cursor"].as_str().unwrap_or("").to_owned();
            if cursor.is_empty() {
                return Ok(archived);
            }
        }
    }

    /// The same channel, fit to be posted in: a public one is entered if need be.
    ///
    /// # Errors
    ///
    /// Refused as Slack would refuse to post there: `channel_not_found`, `is_archived`, and
    /// `not_in_channel` for a private one that nobody invited us to.
    pub async fn channel_to_post_in(&self, named: &str) -> Result<Conversation, SlackError> {
        let refused = |code| SlackError::refused("conversations.list", code, None);
        let channel = self.channel_named(named).await?;
        let channel = channel.ok_or_else(|| refused("channel_not_found"))?;
        if channel.is_archived {
            return Err(refused("is_archived"));
        }
        if !channel.is_member {
            if channel.is_private {
                return Err(refused("not_in_channel"));
            }
            self.join(&channel.id).await?;
        }
        Ok(channel)
    }

    /// Who is in a channel.
    pub async fn members(&self, channel: &ChannelId) -> Result<Vec<PersonId>, SlackError> {
        const METHOD: &str = "conversations.members";
        let (mut cursor, mut members) = (String::new(), Vec::new());
        loop {
            let query = vec![
                ("channel", channel.0.clone()),
                ("limit", PAGE.to_owned()),
                ("cursor", cursor),
            ];
            let mut answer = self.call(Call::read(METHOD, query)).await?;
            members.extend(read::<Vec<PersonId>>(METHOD, answer["members"].take())?);
            cursor = answer["response_metadata"]["next_cursor"].as_str().unwrap_or("").to_owned();
            if cursor.is_empty() {
                return Ok(members);
            }
        }
    }

    /// Enters a public channel.
    pub async fn join(&self, channel: &ChannelId) -> Result<(), SlackError> {
        self.call(Call::set("conversations.join", json!({"channel": channel}))).await?;
        Ok(())
    }

    /// The channel of direct messages between a person and us.
    pub async fn direct(&self, person: &PersonId) -> Result<ChannelId, SlackError> {
        const METHOD: &str = "conversations.open";
        let answer = self.call(Call::set(METHOD, json!({"users": person}))).await?;
        text(METHOD, &answer["channel"], "id").map(|id| ChannelId(id.to_owned()))
    }

    /// Where to open the next Socket Mode connection; good for one, and a secret.
    pub async fn connections_open(&self) -> Result<Url, SlackError> {
        const METHOD: &str = "apps.connections.open";
        let answer = self.call(Call::set(METHOD, json!({})).with_app_token()).await?;
        let url = text(METHOD, &answer, "url")?;
        Url::parse(url)
            .map_err(|error| SlackError::refused(METHOD, "invalid_url", Some(error.to_string())))
    }
}

/// Slack's names have no capitals, its ids have nothing else.
fn is_channel_id(named: &str) -> bool {
    named.len() >= 9
        && named.starts_with(['C', 'G', 'D'])
        && named.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

#[derive(Deserialize)]
struct User {
    id: PersonId,
    team_id: Option<TeamId>,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    real_name: Option<String>,
    tz: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    is_bot: bool,
    #[serde(default, deserialize_with = "or_default")]
    is_restricted: bool,
    #[serde(default, deserialize_with = "or_default")]
    is_ultra_restricted: bool,
    #[serde(default, deserialize_with = "or_default")]
    is_stranger: bool,
    #[serde(default, deserialize_with = "or_default")]
    deleted: bool,
    #[serde(default, deserialize_with = "or_default")]
    is_admin: bool,
    #[serde(default)]
    profile: Value,
}

impl From<User> for Profile {
    fn from(user: User) -> Self {
        let of_profile = |key: &str| {
            user.profile[key].as_str().filter(|it| !it.trim().is_empty()).map(str::to_owned)
        };
        let real_name = user.real_name.or_else(|| of_profile("real_name")).unwrap_or_default();
        let name = of_profile("display_name")
            .or_else(|| Some(real_name.clone()).filter(|name| !name.is_empty()))
            .unwrap_or_else(|| user.name.clone());
        Self {
            name,
            real_name,
            id: user.id,
            team: user.team_id,
            zone: user.tz,
            is_bot: user.is_bot,
            is_guest: user.is_restricted || user.is_ultra_restricted,
            is_stranger: user.is_stranger,
            is_deactivated: user.deleted,
            is_admin: user.is_admin,
        }
    }
}

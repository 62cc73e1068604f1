//! Who will read an answer, and so which sources it may rest on.

use crate::app::App;
use crate::config::Agent;
use crate::error::{Error, Result};
use crate::evidence::{Rights, Source, Visibility};
use crate::ids::{ChannelId, PersonId};
use crate::reviews;

/// Who reads in a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Whoever is in the workspace may come in and read.
    Everyone,
    /// Those who are in a private channel.
    Channel(ChannelId),
    /// One person: it is a direct message.
    One,
    /// People of other organisations, too: nothing of ours is quoted there.
    Outsiders,
}

/// Who reads in this conversation. One that Slack does not show us counts as public.
pub async fn of(app: &App, channel: &ChannelId) -> Result<Audience> {
    match app.slack.conversation(channel).await {
        Ok(conversation) if conversation.is_im => Ok(Audience::One),
        Ok(conversation) if conversation.is_ext_shared => Ok(Audience::Outsiders),
        Ok(conversation) if conversation.is_private => Ok(Audience::Channel(conversation.id)),
        Ok(_) => Ok(Audience::Everyone),
        Err(error) if error.is("channel_not_found") => Ok(Audience::Everyone),
        Err(error) => Err(error.into()),
    }
}

impl Audience {
    /// What may be quoted before all of it.
    pub fn rights(&self) -> Rights {
        match self {
            Self::Channel(channel) => Rights::of_person(vec![channel.0.clone()], Vec::new()),
            _ => Rights::of_everyone(),
        }
    }

    pub fn may_see(&self, source: &Source) -> bool {
        *self != Self::Outsiders && self.rights().include(source)
    }

    /// Whether an answer goes to the asker alone, whatever it rests on.
    pub fn is_one(&self) -> bool {
        matches!(self, Self::One | Self::Outsiders)
    }
}

/// What a person sees of these sources: by the channels that they are in, and their groups. What
/// cannot be found out is not seen.
pub async fn rights_of(app: &App, person: &PersonId, sources: &[Source]) -> Result<Rights> {
    let (mut channels, mut groups) = (Vec::new(), Vec::new());
    for source in sources {
        match &source.visibility {
            Visibility::Everyone => {}
            Visibility::Channels(ids) => channels.extend(ids.iter().cloned()),
            Visibility::Groups(names) => groups.extend(names.iter().cloned()),
        }
    }
    channels.sort();
    channels.dedup();
    groups.sort();
    groups.dedup();

    let mut inside = Vec::new();
    for channel in channels {
        match app.slack.members(&ChannelId(channel.clone())).await {
            Ok(members) if members.contains(person) => inside.push(channel),
            Ok(_) => {}
            Err(error) if error.is_temporary() => return Err(error.into()),
            Err(error) => tracing::warn!(
                channel.id = channel,
                "a source is visible to a channel whose members cannot be read; invite the bot there: {error}"
            ),
        }
    }
    let groups = if groups.is_empty() {
        groups
    } else {
        match reviews::groups_of(app, &groups, person).await {
            Ok(groups) => groups,
            Err(Error::Refused(refusal)) => {
                tracing::warn!("a person's groups cannot be read: {refusal}");
                Vec::new()
            }
            Err(fault) => return Err(fault),
        }
    };
    Ok(Rights::of_person(inside, groups))
}

/// The same rights, but only on what the agent may read.
pub fn for_agent(agent: &Agent, rights: Rights) -> Rights {
    if agent.sources.iter().any(|source| source == "*") {
        return rights;
    }
    rights.within(agent.sources.clone())
}

//! Which channels' things may be told in a channel.

use std::collections::BTreeMap;

use crate::app::App;
use crate::error::{Refusal, Result};
use crate::ids::ChannelId;

/// Who reads a summary.
pub enum Audience<'a> {
    /// Whoever may read the database.
    Operator,
    /// Those who are in one channel.
    Of(Box<Within<'a>>),
}

/// A channel, and what was found out of others.
pub struct Within<'a> {
    app: &'a App,
    channel: ChannelId,
    known: BTreeMap<String, bool>,
}

impl<'a> Audience<'a> {
    /// # Errors
    ///
    /// Refuses a channel that people of other organisations read.
    pub async fn of(app: &'a App, channel: &ChannelId) -> Result<Self> {
        match app.slack.conversation(channel).await {
            Ok(found) if found.is_ext_shared => return Err(Refusal::ReadByOthers.into()),
            Ok(_) => {}
            // A direct message, which Slack does not show us: what everybody may read is told there.
            Err(error) if error.is("channel_not_found") => {}
            Err(error) => return Err(error.into()),
        }
        let within = Within { app, channel: channel.clone(), known: BTreeMap::new() };
        Ok(Self::Of(Box::new(within)))
    }

    /// Whether what stands in a channel, given by its name or Slack's id, may be told. What cannot be
    /// found out is not told.
    pub async fn may_read(&mut self, channel: &str) -> Result<bool> {
        match self {
            Self::Operator => Ok(true),
            Self::Of(within) => within.may_read(channel).await,
        }
    }
}

impl Within<'_> {
    async fn may_read(&mut self, channel: &str) -> Result<bool> {
        if channel == self.channel.as_str() {
            return Ok(true);
        }
        if let Some(known) = self.known.get(channel) {
            return Ok(*known);
        }
        let found = match self.app.slack.channel_named(channel).await {
            Ok(found) => found,
            Err(error) if error.is_temporary() => return Err(error.into()),
            Err(_) => None,
        };
        let may = found.is_some_and(|found| {
            found.id == self.channel || !(found.is_private || found.is_im || found.is_ext_shared)
        });
        self.known.insert(channel.to_owned(), may);
        Ok(may)
    }
}

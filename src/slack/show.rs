//! The messages that live: one for each subject and place, posted once and then kept up to date.
//!
//! Slack has no idempotency key. So the attempt is written down before the request goes out, and
//! the subject travels in the message's metadata; when an attempt's outcome is not known, for
//! whatever reason, the message is looked for before it is posted again. One advisory lock for each
//! subject and place keeps two jobs from showing it at once; it goes with its connection, so a
//! crash leaves nothing locked.

use std::fmt;
use std::time::Duration;

use anyhow::Context;
use jiff::SignedDuration;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgAdvisoryLock, PgAdvisoryLockGuard};
use sqlx::{Either, PgConnection, PgPool, Postgres};

use super::error::SlackError;
use super::post::Post;
use super::store::{self, Key, State};
use super::transport::Slack;
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::{ChannelId, MessageTs, WorkspaceId};

pub use super::store::{note, pass_on, places, subject_of};

/// Where a message stands: in a channel, or in a thread of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    pub channel: ChannelId,
    pub thread: Option<MessageTs>,
}

impl Place {
    pub fn channel(channel: ChannelId) -> Self {
        Self { channel, thread: None }
    }

    /// As the metadata of a form that was asked for there.
    pub fn to_metadata(&self) -> String {
        match &self.thread {
            Some(thread) => format!("{} {thread}", self.channel),
            None => self.channel.to_string(),
        }
    }

    pub fn from_metadata(metadata: &str) -> Option<Self> {
        let (channel, thread) = match metadata.split_once(' ') {
            Some((channel, thread)) => (channel, Some(MessageTs::from(thread))),
            None => (metadata, None),
        };
        (!channel.is_empty()).then(|| Self { channel: ChannelId::from(channel), thread })
    }

    pub fn thread(&self) -> Option<&str> {
        self.thread.as_ref().map(MessageTs::as_str)
    }
}

/// A message that stands in Slack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    pub place: Place,
    pub ts: MessageTs,
}

/// Another job is showing the same subject in the same place. It may be showing an older state, so
/// this one must be tried again, soon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Busy {
    pub subject: String,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is being shown by another job; try again in a moment", self.subject)
    }
}

impl std::error::Error for Busy {}

/// Makes the one message about `subject` in this place show `post`, and says which one it is.
///
/// May be repeated at will, and must be after an error: a fault that is a [`Busy`] or a temporary
/// [`SlackError`] passes. Holds one connection of the pool while it speaks to Slack.
pub async fn show(
    pool: &PgPool,
    slack: &Slack,
    clock: &Clock,
    workspace: WorkspaceId,
    subject: &str,
    place: &Place,
    post: &Post,
) -> Result<MessageTs> {
    let key = Key { workspace, subject, place };
    let mut turn = take_turn(pool, key).await?;
    let shown = bring_about(&mut turn, slack, clock, key, post).await;
    end_turn(turn).await;
    shown
}

/// Shows a card with its continuations, which stand in the thread: the card's own, where it is not
/// in one itself. Continuations of before that are not needed any more are removed.
pub async fn show_card(
    pool: &PgPool,
    slack: &Slack,
    clock: &Clock,
    workspace: WorkspaceId,
    subject: &str,
    place: &Place,
    (post, more): &(Post, Vec<Post>),
) -> Result<MessageTs> {
    let ts = show(pool, slack, clock, workspace, subject, place, post).await?;

    let thread = place.thread.clone().unwrap_or_else(|| ts.clone());
    let below = Place { channel: place.channel.clone(), thread: Some(thread) };
    let mut number = 2;
    for post in more {
        let subject = format!("{subject}/{number}");
        show(pool, slack, clock, workspace, &subject, &below, post).await?;
        number += 1;
    }
    while remove(pool, slack, workspace, &format!("{subject}/{number}"), &below).await? {
        number += 1;
    }
    Ok(ts)
}

/// Takes the message about `subject` out of this place. False if there was none.
pub async fn remove(
    pool: &PgPool,
    slack: &Slack,
    workspace: WorkspaceId,
    subject: &str,
    place: &Place,
) -> Result<bool> {
    let key = Key { workspace, subject, place };
    let mut turn = take_turn(pool, key).await?;
    let removed = take_away(&mut turn, slack, key).await;
    end_turn(turn).await;
    removed
}

type Turn = PgAdvisoryLockGuard<PoolConnection<Postgres>>;

/// The right to speak about this subject in this place, until the turn is ended or dropped.
async fn take_turn(pool: &PgPool, key: Key<'_>) -> Result<Turn> {
    let Key { workspace, subject, place } = key;
    let thread = place.thread().unwrap_or("-");
    let name = format!("show {workspace} {subject} {} {thread}", place.channel);
    let lock = PgAdvisoryLock::new(name);
    let connection = pool.acquire().await?;

    // In a task of its own, which ends even when this call is dropped: a lock obtained for nobody
    // would stay until its connection closes.
    let turn = tokio::spawn(async move { lock.try_acquire(connection).await });
    match turn.await.context("taking the turn to show a post")?? {
        Either::Left(turn) => Ok(turn),
        Either::Right(_) => Err(Busy { subject: subject.to_owned() }.into()),
    }
}

async fn end_turn(turn: Turn) {
    // A connection that broke has let go of the lock already.
    if let Err(error) = turn.release_now().await {
        tracing::debug!(error = %error, "the connection of a post's lock broke");
    }
}

async fn bring_about(
    connection: &mut PgConnection,
    slack: &Slack,
    clock: &Clock,
    key: Key<'_>,
    post: &Post,
) -> Result<MessageTs> {
    let post = post.clone().about(key.subject);
    let hash = post.content_hash();
    let Place { channel, thread } = key.place;

    if let State::There { ts, hash: shown } = find_out(connection, slack, clock, key).await? {
        if shown == Some(hash) {
            return Ok(ts);
        }
        match slack.update(channel, &ts, &post).await {
            Ok(()) => {
                store::updated(connection, key, hash, clock.now()).await?;
                return Ok(ts);
            }
            Err(error) if is_gone(&error) => {
                tracing::info!(post.subject = key.subject, "a post was deleted; it is posted anew");
            }
            Err(error) => return Err(error.into()),
        }
    }

    store::attempt(connection, key, clock.now()).await?;
    match slack.post(channel, thread.as_ref(), &post).await {
        Ok(ts) => {
            store::posted(connection, key, &ts, Some(hash), clock.now()).await?;
            Ok(ts)
        }
        Err(error) => {
            if !error.is_unknown_outcome() {
                store::give_up(connection, key).await?;
            }
            Err(error.into())
        }
    }
}

async fn take_away(connection: &mut PgConnection, slack: &Slack, key: Key<'_>) -> Result<bool> {
    let state = store::state(connection, key).await?;
    let ts = match state {
        State::Absent => None,
        State::There { ts, .. } => Some(ts),
        State::Attempted { since } => look_for(slack, key, since).await?,
    };
    if let Some(ts) = &ts {
        slack.delete(&key.place.channel, ts).await?;
    }
    store::remove(connection, key).await?;
    Ok(ts.is_some())
}

/// What is known of the message; an attempt of unknown outcome is looked into first.
async fn find_out(
    connection: &mut PgConnection,
    slack: &Slack,
    clock: &Clock,
    key: Key<'_>,
) -> Result<State> {
    let state = store::state(connection, key).await?;
    let State::Attempted { since } = state else { return Ok(state) };

    // A request sent just before a crash may still be on its way into the channel's history.
    let age = clock.now().duration_since(since).max(SignedDuration::ZERO);
    let age = Duration::try_from(age).unwrap_or_default();
    tokio::time::sleep(slack.settings().settle_time.saturating_sub(age)).await;

    match look_for(slack, key, since).await? {
        Some(ts) => {
            tracing::info!(post.subject = key.subject, "an earlier attempt had posted after all");
            store::posted(connection, key, &ts, None, clock.now()).await?;
            Ok(State::There { ts, hash: None })
        }
        None => Ok(State::Absent),
    }
}

async fn look_for(
    slack: &Slack,
    key: Key<'_>,
    since: jiff::Timestamp,
) -> Result<Option<MessageTs>, SlackError> {
    let Place { channel, thread } = key.place;
    let since = since - CLOCKS_APART;
    match slack.find_post(channel, thread.as_ref(), key.subject, since).await {
        // Public channels may be posted to from outside, but only be read from inside.
        Err(error) if error.is("not_in_channel") => {
            slack.join(channel).await.map_err(|_| error)?;
            slack.find_post(channel, thread.as_ref(), key.subject, since).await
        }
        found => found,
    }
}

/// By how much Slack's clock and ours may differ.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);

/// Whether the message can never be changed again: it was deleted, or the workspace forbids
/// changing messages as old as this.
fn is_gone(error: &SlackError) -> bool {
    error.is("message_not_found") || error.is("edit_window_closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_form_was_asked_for_is_kept_in_it() {
        let check = |metadata: &str, expected: Option<(&str, Option<&str>)>| {
            let place = Place::from_metadata(metadata);
            let found = place.as_ref().map(|place| (place.channel.as_str(), place.thread()));
            assert_eq!(found, expected);
            assert_eq!(
                place.map(|place| place.to_metadata()),
                expected.map(|_| metadata.to_owned())
            );
        };
        check("C1", Some(("C1", None)));
        check("C1 123.4", Some(("C1", Some("123.4"))));
        check("", None);
    }
}

//! Posting, changing, finding and removing messages.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::call::Call;
use super::error::SlackError;
use super::or_default;
use super::people::Identity;
use super::post::Post;
use super::transport::Slack;
use crate::ids::{ChannelId, MessageTs, PersonId};

/// What an answer to a `response_url` does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Seen by the person who acted only.
    Privately,
    /// A message for all in the channel.
    Openly,
    /// In place of the message that was acted on.
    Instead,
}

impl Slack {
    /// Posts a message: into the thread, where there is one, else into the channel. Not repeated
    /// when its outcome is unknown; [`find_post`](Self::find_post) can tell.
    pub async fn post(
        &self,
        channel: &ChannelId,
        thread: Option<&MessageTs>,
        post: &Post,
    ) -> Result<MessageTs, SlackError> {
        const METHOD: &str = "chat.postMessage";
        let mut message = message(METHOD, post)?;
        message["channel"] = json!(channel);
        message["unfurl_links"] = false.into();
        message["unfurl_media"] = false.into();
        if let Some(thread) = thread {
            message["thread_ts"] = json!(thread);
        }
        let answer = self.call(Call::make(METHOD, message).paced(channel, 1.0)).await?;
        text(METHOD, &answer, "ts").map(|ts| MessageTs(ts.to_owned()))
    }

    /// Makes a message of ours show this instead.
    pub async fn update(
        &self,
        channel: &ChannelId,
        ts: &MessageTs,
        post: &Post,
    ) -> Result<(), SlackError> {
        const METHOD: &str = "chat.update";
        let mut message = message(METHOD, post)?;
        message["channel"] = json!(channel);
        message["ts"] = json!(ts);
        self.call(Call::set(METHOD, message).paced(channel, 0.4)).await?;
        Ok(())
    }

    /// Shows a message to one person in the channel, until they reload.
    pub async fn post_ephemeral(
        &self,
        channel: &ChannelId,
        thread: Option<&MessageTs>,
        person: &PersonId,
        post: &Post,
    ) -> Result<(), SlackError> {
        const METHOD: &str = "chat.postEphemeral";
        let mut message = message(METHOD, post)?;
        message["channel"] = json!(channel);
        message["user"] = json!(person);
        if let Some(thread) = thread {
            message["thread_ts"] = json!(thread);
        }
        self.call(Call::make(METHOD, message).paced(channel, 0.4)).await?;
        Ok(())
    }

    /// Removes a message of ours; one that is gone already is as good.
    pub async fn delete(&self, channel: &ChannelId, ts: &MessageTs) -> Result<(), SlackError> {
        let call = Call::set("chat.delete", json!({"channel": channel, "ts": ts}));
        match self.call(call.paced(channel, 0.4)).await {
            Err(error) if !error.is("message_not_found") => Err(error),
            _ => Ok(()),
        }
    }

    /// Answers a command or a click at the address it came with, good for 30 minutes and 5 times.
    pub async fn respond(
        &self,
        response_url: &str,
        reply: Reply,
        post: &Post,
    ) -> Result<(), SlackError> {
        const METHOD: &str = "response_url";
        let mut message = message(METHOD, post)?;
        match reply {
            Reply::Privately => message["response_type"] = "ephemeral".into(),
            Reply::Openly => message["response_type"] = "in_channel".into(),
            Reply::Instead => message["replace_original"] = true.into(),
        }
        self.send_response(METHOD, response_url, message).await
    }

    /// Removes the private message that was acted on.
    pub async fn remove_original(&self, response_url: &str) -> Result<(), SlackError> {
        self.send_response("response_url", response_url, json!({"delete_original": true})).await
    }

    /// The message of ours about `subject` in this place, the newest should there be several.
    /// The history is read, newest first, back to `since`; a thread is read as a whole.
    pub async fn find_post(
        &self,
        channel: &ChannelId,
        thread: Option<&MessageTs>,
        subject: &str,
        since: Timestamp,
    ) -> Result<Option<MessageTs>, SlackError> {
        let me = self.identity().await?;
        let mut cursor = String::new();
        let mut found = None;
        loop {
            let page = self.page_of_history(channel, thread, &cursor).await?;
            let ours = page.messages.iter().filter(|message| message.is_from(me));
            let here = ours.filter(|message| message.thread_is(thread));
            let about_it = here.filter(|message| message.shows(subject));
            found = found.max(about_it.map(|message| message.ts.clone()).max());

            // Slack's clock is the one that counts here: what stands on the first page is looked
            // at whatever ours says.
            let is_far_enough = || {
                let oldest = page.messages.last().and_then(|message| message.at());
                found.is_some() || oldest.is_some_and(|oldest| oldest < since)
            };
            let next = page.response_metadata.as_ref().map_or("", |it| &it.next_cursor);
            if next.is_empty() || (thread.is_none() && is_far_enough()) {
                return Ok(found.map(MessageTs));
            }
            cursor = next.to_owned();
        }
    }

    /// The address at which people find a message.
    pub async fn permalink(
        &self,
        channel: &ChannelId,
        ts: &MessageTs,
    ) -> Result<String, SlackError> {
        const METHOD: &str = "chat.getPermalink";
        let query = vec![("channel", channel.0.clone()), ("message_ts", ts.0.clone())];
        let answer = self.call(Call::read(METHOD, query)).await?;
        text(METHOD, &answer, "permalink").map(str::to_owned)
    }

    async fn send_response(
        &self,
        method: &'static str,
        url: &str,
        message: Value,
    ) -> Result<(), SlackError> {
        match Url::parse(url) {
            Ok(url) if self.may_reach(&url) => {
                self.call(Call::make_at(method, url, message)).await?;
                Ok(())
            }
            _ => Err(SlackError::refused(method, "invalid_url", None)),
        }
    }

    async fn page_of_history(
        &self,
        channel: &ChannelId,
        thread: Option<&MessageTs>,
        cursor: &str,
    ) -> Result<History, SlackError> {
        let mut query = vec![
            ("channel", channel.0.clone()),
            ("include_all_metadata", "true".to_owned()),
            ("limit", "200".to_owned()),
        ];
        if !cursor.is_empty() {
            query.push(("cursor", cursor.to_owned()));
        }
        let method = match thread {
            Some(thread) => {
                query.push(("ts", thread.0.clone()));
                "conversations.replies"
            }
            None => "conversations.history",
        };
        let answer = self.call(Call::read(method, query)).await?;
        read(method, answer)
    }
}

/// The type under which our metadata stands on a message.
const EVENT_TYPE: &str = "countersign";

/// A message as all the ways of sending one take it.
pub(super) fn message(method: &'static str, post: &Post) -> Result<Value, SlackError> {
    post.check().map_err(|problem| SlackError::refused(method, "invalid_blocks", Some(problem)))?;
    // Empty blocks are sent too: an update without any would leave the old ones standing.
    let mut message = json!({"text": post.text(), "blocks": post.blocks()});
    if let Some(subject) = post.subject() {
        let metadata = json!({"event_type": EVENT_TYPE, "event_payload": {"subject": subject}});
        message["metadata"] = metadata;
    }
    Ok(message)
}

/// Reads an answer that says what it must, or says which method did not.
pub(super) fn read<T: for<'de> Deserialize<'de>>(
    method: &'static str,
    answer: Value,
) -> Result<T, SlackError> {
    serde_json::from_value(answer)
        .map_err(|error| SlackError::refused(method, "unreadable_answer", Some(error.to_string())))
}

pub(super) fn text<'a>(
    method: &'static str,
    answer: &'a Value,
    key: &str,
) -> Result<&'a str, SlackError> {
    answer[key].as_str().ok_or_else(|| {
        SlackError::refused(method, "unreadable_answer", Some(format!("`{key}` is missing")))
    })
}

#[derive(Deserialize)]
struct History {
    #[serde(default, deserialize_with = "or_default")]
    messages: Vec<Message>,
    response_metadata: Option<Cursor>,
}

#[derive(Deserialize)]
struct Cursor {
    #[serde(default, deserialize_with = "or_default")]
    next_cursor: String,
}

#[derive(Deserialize)]
struct Message {
    ts: String,
    user: Option<String>,
    bot_id: Option<String>,
    thread_ts: Option<String>,
    #[serde(default)]
    metadata: Value,
}

impl Message {
    fn is_from(&self, me: &Identity) -> bool {
        let by_user = self.user.as_deref() == Some(me.user.as_str());
        by_user || (self.bot_id.is_some() && self.bot_id == me.bot)
    }

    /// A thread's replies come with the message they reply to, which is not in the thread; and a
    /// reply may show in the channel too.
    fn thread_is(&self, thread: Option<&MessageTs>) -> bool {
        match thread {
            Some(thread) => self.ts != thread.as_str(),
            None => self.thread_ts.as_ref().is_none_or(|root| *root == self.ts),
        }
    }

    fn shows(&self, subject: &str) -> bool {
        self.metadata["event_type"] == EVENT_TYPE
            && self.metadata["event_payload"]["subject"] == subject
    }

    fn at(&self) -> Option<Timestamp> {
        let seconds = self.ts.split('.').next()?.parse().ok()?;
        Timestamp::from_second(seconds).ok()
    }
}

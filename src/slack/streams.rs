//! Text that appears as it is written, and "is thinking …", where the workspace has them.

use serde_json::{Value, json};

use super::call::Call;
use super::error::SlackError;
use super::messages::{message, text};
use super::post::Post;
use super::transport::Slack;
use crate::ids::{ChannelId, MessageTs, PersonId, TeamId};

impl Slack {
    /// Begins a message in the thread that grows; none where this workspace has no such thing, and
    /// updates of an ordinary message must do.
    pub async fn start_stream(
        &self,
        channel: &ChannelId,
        thread: &MessageTs,
        recipient: (&PersonId, &TeamId),
    ) -> Result<Option<MessageTs>, SlackError> {
        const METHOD: &str = "chat.startStream";
        let (person, team) = recipient;
        let request = json!({
            "channel": channel,
            "thread_ts": thread,
            "recipient_user_id": person,
            "recipient_team_id": team,
        });
        let answer = self.call(Call::make(METHOD, request).paced(channel, 1.0)).await;
        let Some(answer) = where_available(answer)? else { return Ok(None) };
        text(METHOD, &answer, "ts").map(|ts| Some(MessageTs(ts.to_owned())))
    }

    /// Adds text, in Markdown, to the message.
    pub async fn append_stream(
        &self,
        channel: &ChannelId,
        ts: &MessageTs,
        markdown: &str,
    ) -> Result<(), SlackError> {
        let request = json!({"channel": channel, "ts": ts, "markdown_text": markdown});
        self.call(Call::make("chat.appendStream", request)).await?;
        Ok(())
    }

    /// Ends the message, adding the blocks of `post` below it.
    pub async fn stop_stream(
        &self,
        channel: &ChannelId,
        ts: &MessageTs,
        post: &Post,
    ) -> Result<(), SlackError> {
        const METHOD: &str = "chat.stopStream";
        let content = message(METHOD, post)?;
        let mut request = json!({"channel": channel, "ts": ts, "blocks": content["blocks"]});
        if let Some(metadata) = content.get("metadata") {
            request["metadata"] = metadata.clone();
        }
        self.call(Call::make(METHOD, request)).await?;
        Ok(())
    }

    /// Shows what we are doing below the thread, until the next message or an empty status.
    /// False where this workspace has no such thing.
    pub async fn set_status(
        &self,
        channel: &ChannelId,
        thread: &MessageTs,
        status: &str,
    ) -> Result<bool, SlackError> {
        let request = json!({"channel_id": channel, "thread_ts": thread, "status": status});
        let answer = self.call(Call::set("assistant.threads.setStatus", request)).await;
        Ok(where_available(answer)?.is_some())
    }
}

fn where_available(answer: Result<Value, SlackError>) -> Result<Option<Value>, SlackError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_not_available_here() => Ok(None),
        Err(error) => Err(error),
    }
}

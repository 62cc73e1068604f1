//! Uploading a file, in Slack's three steps.

use serde_json::json;
use url::Url;

use super::call::Call;
use super::error::SlackError;
use super::messages::text;
use super::transport::Slack;
use crate::ids::{ChannelId, FileId, MessageTs};

/// A file to be uploaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Upload<'a> {
    /// With its ending, by which Slack knows the type.
    pub name: &'a str,
    pub title: &'a str,
    /// What it shows, for those who do not see it.
    pub alt: Option<&'a str>,
    pub content_type: &'a str,
    pub bytes: &'a [u8],
}

impl Slack {
    /// Uploads a file and shares it in the place; without one it stays private to us, to be shown
    /// by [`Block::image_file`](super::Block::image_file).
    pub async fn upload(
        &self,
        place: Option<(&ChannelId, Option<&MessageTs>)>,
        file: Upload<'_>,
    ) -> Result<FileId, SlackError> {
        const BEGIN: &str = "files.getUploadURLExternal";
        let mut query =
            vec![("filename", file.name.to_owned()), ("length", file.bytes.len().to_string())];
        if let Some(alt) = file.alt {
            query.push(("alt_txt", alt.to_owned()));
        }
        let answer = self.call(Call::read(BEGIN, query)).await?;
        let id = FileId(text(BEGIN, &answer, "file_id")?.to_owned());
        let url = Url::parse(text(BEGIN, &answer, "upload_url")?)
            .ok()
            .filter(|url| self.may_reach(url))
            .ok_or_else(|| SlackError::refused(BEGIN, "invalid_url", None))?;

        self.call(Call::send_bytes("upload_url", url, file.content_type, file.bytes)).await?;

        let mut request = json!({"files": [{"id": id, "title": file.title}]});
        if let Some((channel, thread)) = place {
            request["channel_id"] = json!(channel);
            if let Some(thread) = thread {
                request["thread_ts"] = json!(thread);
            }
        }
        self.call(Call::make("files.completeUploadExternal", request)).await?;
        Ok(id)
    }
}

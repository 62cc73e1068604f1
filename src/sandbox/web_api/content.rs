//! What a message says: text, blocks, attachments and metadata, checked as Slack checks them.

use serde_json::{Value, json};

use super::super::blocks;
use super::super::workspace::Workspace;
use super::{Args, Failure};

const TEXT: usize = 40_000;
const MARKDOWN: usize = 12_000;
const ATTACHMENTS: usize = 100;
const METADATA_BYTES: usize = 16 << 10;

/// The parts that were given; an absent one is `None`.
#[derive(Debug, Default)]
pub struct Given {
    pub text: Option<String>,
    pub blocks: Option<Vec<Value>>,
    pub attachments: Option<Vec<Value>>,
    pub metadata: Option<Value>,
}

/// A whole message.
#[derive(Debug, Default)]
pub struct Content {
    pub text: String,
    pub blocks: Vec<Value>,
    pub attachments: Vec<Value>,
    pub metadata: Option<Value>,
}

pub fn of_args(workspace: &Workspace, args: &Args) -> Result<Content, Failure> {
    given(workspace, args)?.whole()
}

pub fn of_object(workspace: &Workspace, object: &Value) -> Result<Content, Failure> {
    let object = object.as_object().ok_or("invalid_payload")?;
    of_args(workspace, &Args(object.clone()))
}

pub fn given(workspace: &Workspace, args: &Args) -> Result<Given, Failure> {
    let mut text = args.0.get("text").and_then(Value::as_str).map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.chars().count() > TEXT) {
        return Err("msg_too_long".into());
    }
    let mut blocks = blocks_of(workspace, args)?;
    if let Some(markdown) = args.text("markdown_text") {
        if text.is_some() || blocks.is_some() {
            return Err("markdown_text_conflict".into());
        }
        if markdown.chars().count() > MARKDOWN {
            return Err("msg_too_long".into());
        }
        let id = workspace.next_id("");
        blocks = Some(vec![json!({ "type": "markdown", "text": markdown, "block_id": id })]);
        text = Some(markdown.to_owned());
    }
    Ok(Given {
        text,
        blocks,
        attachments: attachments_of(workspace, args)?,
        metadata: metadata_of(args)?,
    })
}

impl Given {
    pub fn whole(self) -> Result<Content, Failure> {
        let content = Content {
            text: self.text.unwrap_or_default(),
            blocks: self.blocks.unwrap_or_default(),
            attachments: self.attachments.unwrap_or_default(),
            metadata: self.metadata,
        };
        if content.text.is_empty() && content.blocks.is_empty() && content.attachments.is_empty() {
            return Err("no_text".into());
        }
        Ok(content)
    }
}

fn blocks_of(workspace: &Workspace, args: &Args) -> Result<Option<Vec<Value>>, Failure> {
    let blocks = match args.json("blocks") {
        Ok(None) => return Ok(None),
        Ok(Some(Value::Array(blocks))) => blocks,
        Ok(Some(_)) | Err(_) => return Err("invalid_blocks_format".into()),
    };
    checked(workspace, blocks).map(Some)
}

/// `blocks` with all ids, or what is wrong with them.
pub fn checked(workspace: &Workspace, mut blocks: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let is_file = |file: &Value| workspace.slack_file(file).is_some();
    let new_id = || workspace.next_id("").chars().take(5).collect();
    let problems = blocks::of_message(&mut blocks, &is_file, &new_id);
    if problems.is_empty() {
        Ok(blocks)
    } else {
        Err(Failure::because("invalid_blocks", &problems))
    }
}

fn attachments_of(workspace: &Workspace, args: &Args) -> Result<Option<Vec<Value>>, Failure> {
    let mut attachments = match args.json("attachments") {
        Ok(None) => return Ok(None),
        Ok(Some(Value::Array(attachments))) => attachments,
        Ok(Some(_)) | Err(_) => return Err("invalid_attachments".into()),
    };
    if attachments.len() > ATTACHMENTS {
        return Err("too_many_attachments".into());
    }
    for (index, attachment) in attachments.iter_mut().enumerate() {
        if let Some(Value::Array(blocks)) = attachment.get("blocks") {
            attachment["blocks"] = json!(checked(workspace, blocks.clone())?);
        }
        attachment["id"] = json!(index + 1);
    }
    Ok(Some(attachments))
}

fn metadata_of(args: &Args) -> Result<Option<Value>, Failure> {
    let metadata = args.json("metadata").map_err(|_| "invalid_metadata_format")?;
    let Some(metadata) = metadata else { return Ok(None) };
    if metadata.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(Some(Value::Null));
    }
    if !metadata["event_type"].is_string() || !metadata["event_payload"].is_object() {
        return Err("invalid_metadata_schema".into());
    }
    if metadata.to_string().len() > METADATA_BYTES {
        return Err("metadata_too_large".into());
    }
    Ok(Some(metadata))
}

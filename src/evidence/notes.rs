//! What an agent worked out, as a document that research can cite.

use bytes::Bytes;
use jiff::civil::Date;
use serde_json::json;
use sqlx::PgPool;

use super::{
    DocumentFile, Format, Input, Mapping, SourceSpec, Visibility, ingest_documents, sources,
};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::{ChannelId, WorkspaceId};

/// A document of our own.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    /// The source that such notes belong to, which is also their kind: `tests`.
    pub source: &'a str,
    /// The group that answers for it.
    pub owner: Option<String>,
    /// Where it was told, if that is private: only who reads there may read it, and it has a source of
    /// its own.
    pub private_to: Option<&'a ChannelId>,
    pub id: String,
    pub title: String,
    pub day: Date,
    pub text: String,
}

/// Brings a note in; one of the same id takes its place, and a repeat changes nothing.
pub async fn keep_note(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    note: Note<'_>,
) -> Result<()> {
    let (name, visibility) = match note.private_to {
        Some(channel) => (
            format!("{}-{}", note.source, channel.as_str().to_lowercase()),
            Visibility::Channels(vec![channel.as_str().to_owned()]),
        ),
        None => (note.source.to_owned(), Visibility::Everyone),
    };
    // What somebody has said of the source since stays.
    let is_known = sources(db, workspace).await?.iter().any(|it| it.name == name);
    let spec = match is_known {
        true => SourceSpec::named(&name),
        false => SourceSpec {
            name,
            kind: Some(note.source.to_owned()),
            owner: note.owner,
            visibility: Some(visibility),
            ..SourceSpec::default()
        },
    };
    let line = json!({
        "id": note.id, "title": note.title, "date": note.day.to_string(), "text": note.text,
    });
    let input = Input::Bytes { name: spec.name.clone(), bytes: Bytes::from(format!("{line}\n")) };
    let file = DocumentFile { format: Format::Jsonl, mapping: Mapping::default(), ..input.into() };
    ingest_documents(db, clock, workspace, &Actor::Bot, &spec, &file, |_| {}).await?;
    Ok(())
}

//! Entries, as they are shown and exported.

use anyhow::Context;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};

use super::event::{Actor, Record, Subject};
use super::note::{Checkpoint, Keys};
use super::store::{self, EntryRow};
use crate::error::Result;
use crate::ids::{EntryId, WorkspaceId};

/// What was recorded, read back.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: EntryId,
    /// Its place in the tree, counted from zero; nothing while it waits for one.
    pub leaf: Option<u64>,
    pub workspace: WorkspaceId,
    pub at: Timestamp,
    pub actor: Actor,
    pub act: String,
    pub subject: Subject,
    pub details: serde_json::Map<String, serde_json::Value>,
    /// The canonical bytes, of which the leaf hash is taken.
    pub payload: Vec<u8>,
}

/// What was done to one subject, oldest first.
pub async fn history(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    subject: &Subject,
) -> Result<Vec<Entry>> {
    trail_of(db, workspace, Some(&subject.to_string())).await
}

/// Everything that was recorded in a workspace, oldest first.
pub async fn trail(db: &mut PgConnection, workspace: WorkspaceId) -> Result<Vec<Entry>> {
    trail_of(db, workspace, None).await
}

/// Up to some thousands of the entries after leaf `after`, of acts from `from` on and before `to`, in
/// one workspace or in all of them. Entries without a leaf are not exported yet.
pub async fn page(
    db: &PgPool,
    after: Option<u64>,
    from: Timestamp,
    to: Timestamp,
    workspace: Option<WorkspaceId>,
) -> Result<Vec<Entry>> {
    let after = after.map_or(Ok(-1), i64::try_from)?;
    let rows = store::page(db, after, from, to, workspace).await?;
    Ok(rows.into_iter().map(Entry::try_from).collect::<anyhow::Result<_>>()?)
}

/// The newest checkpoint, if there is one that counts.
///
/// # Errors
///
/// Fails on one that none of `keys` signed.
pub async fn latest_checkpoint(db: &mut PgConnection, keys: &Keys) -> Result<Option<Checkpoint>> {
    let note = store::latest_note(db).await?;
    Ok(note.map(|note| Checkpoint::open(&note, keys)).transpose()?)
}

/// First what waits, then what has its leaf: an entry that gets its leaf between the two statements
/// is then seen twice, and dropped here, rather than not at all.
async fn trail_of(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    subject: Option<&str>,
) -> Result<Vec<Entry>> {
    let waiting = store::unsequenced(&mut *db).await?;
    let sequenced = store::sequenced(&mut *db, workspace, subject).await?;

    let mut entries =
        sequenced.into_iter().map(Entry::try_from).collect::<anyhow::Result<Vec<_>>>()?;
    for row in waiting {
        let Ok(entry) = Entry::try_from(row) else { continue };
        let is_meant = entry.workspace == workspace
            && subject.is_none_or(|subject| entry.subject.to_string() == subject);
        if is_meant && entries.iter().all(|known| known.id != entry.id) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

impl TryFrom<EntryRow> for Entry {
    type Error = anyhow::Error;

    fn try_from(row: EntryRow) -> anyhow::Result<Self> {
        let record = Record::read(&row.payload)
            .with_context(|| format!("reading entry {} of the audit trail", row.id))?;
        Ok(Self {
            id: EntryId(row.id),
            leaf: row.index.map(u64::try_from).transpose()?,
            workspace: WorkspaceId(record.workspace),
            at: record.at,
            actor: record.actor.to_actor(),
            act: record.act.to_string(),
            subject: record.subject.to_subject(),
            details: serde_json::from_str(record.details.get())?,
            payload: row.payload,
        })
    }
}

//! The SQL of the trail.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use tlog_tiles::tlog::Hash;

use super::event::Searchable;
use super::note::Checkpoint;
use super::texts::{Commitment, Salt};
use super::tree;
use crate::database::Writes;
use crate::ids::{EntryId, PersonId, WorkspaceId};

/// One sequencer at a time in a database, whoever asks. ("audit" in ASCII.)
const SEQUENCER: i64 = 0x61_75_64_69_74;

/// The only statement that an act pays for.
pub async fn insert_entry(db: &mut PgConnection, payload: &[u8]) -> sqlx::Result<EntryId> {
    sqlx::query_scalar!(
        r#"
        WITH entry AS (
            INSERT INTO audit.entries (payload)
            VALUES ($1)
            RETURNING id
        )
        INSERT INTO audit.pending (entry_id)
        SELECT id
        FROM entry
        RETURNING entry_id AS "id: EntryId"
        "#,
        payload,
    )
    .fetch_one(db)
    .await
}

/// The same among other writes.
pub fn add_entry(writes: &mut Writes, payload: &[u8]) {
    writes
        .add(
            "entry# AS (
                 INSERT INTO audit.entries (payload)
                 SELECT $1
                 FROM given
                 RETURNING id
             ),
             pending# AS (
                 INSERT INTO audit.pending (entry_id)
                 SELECT id
                 FROM entry#
             )",
        )
        .bind(payload);
}

pub async fn is_anything_pending(db: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM audit.pending) AS "pending!""#)
        .fetch_one(db)
        .await
}

/// Held until the transaction ends.
pub async fn lock_sequencer(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "locked!""#, SEQUENCER)
        .fetch_one(db)
        .await
}

pub struct Pending {
    pub id: i64,
    /// Nothing when the entry is gone.
    pub payload: Option<Vec<u8>>,
}

pub async fn take_pending(db: &mut PgConnection, at_most: i64) -> sqlx::Result<Vec<Pending>> {
    sqlx::query_as!(
        Pending,
        r#"
        WITH taken AS (
            DELETE FROM audit.pending
            WHERE ctid = ANY (ARRAY (
                SELECT ctid
                FROM audit.pending
                ORDER BY entry_id
                LIMIT $1
            ))
            RETURNING entry_id
        )
        SELECT taken.entry_id AS "id!", entries.payload AS "payload?"
        FROM taken
        LEFT JOIN audit.entries ON entries.id = taken.entry_id
        ORDER BY taken.entry_id
        "#,
        at_most,
    )
    .fetch_all(db)
    .await
}

pub struct Waiting {
    pub entries: i64,
    pub oldest: Option<Vec<u8>>,
}

pub async fn waiting(db: &PgPool) -> sqlx::Result<Waiting> {
    sqlx::query_as!(
        Waiting,
        r#"
        SELECT
            (SELECT count(*) FROM audit.pending) AS "entries!",
            (
                SELECT payload
                FROM audit.entries
                WHERE id = (SELECT min(entry_id) FROM audit.pending)
            ) AS oldest
        "#
    )
    .fetch_one(db)
    .await
}

/// Gives these entries the leaf indices from `first` on, and copies what they are looked up by.
pub async fn insert_leaves(
    db: &mut PgConnection,
    first: u64,
    entries: &[(i64, Option<Searchable>)],
) -> anyhow::Result<()> {
    let first = i64::try_from(first)?;
    let indices: Vec<i64> = entries.iter().zip(first..).map(|(_, index)| index).collect();
    let ids: Vec<i64> = entries.iter().map(|(id, _)| *id).collect();
    let searchable = || entries.iter().map(|(_, searchable)| searchable.as_ref());
    let workspaces: Vec<_> = searchable().map(|this| this.map(|this| this.workspace)).collect();
    let times: Vec<_> = searchable().map(|this| this.map(|this| this.at.to_sqlx())).collect();
    let subjects: Vec<_> =
        searchable().map(|this| this.map(|this| this.subject.as_str())).collect();

    sqlx::query!(
        r#"
        INSERT INTO audit.leaves (index, entry_id, workspace_id, at, subject)
        SELECT *
        FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[])
        "#,
        &indices,
        &ids,
        &workspaces as &[Option<i64>],
        &times as &[Option<jiff_sqlx::Timestamp>],
        &subjects as &[Option<&str>],
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn insert_checkpoint(
    db: &mut PgConnection,
    start: u64,
    checkpoint: &Checkpoint,
    hashes: &[u8],
) -> anyhow::Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO audit.checkpoints (size, start, note, hashes)
        VALUES ($1, $2, $3, $4)
        "#,
        i64::try_from(checkpoint.size)?,
        i64::try_from(start)?,
        checkpoint.note,
        hashes,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The newest checkpoint's note.
pub async fn latest_note(db: &mut PgConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        SELECT note
        FROM audit.checkpoints
        ORDER BY size DESC
        LIMIT 1
        "#
    )
    .fetch_optional(db)
    .await
}

/// The stored hashes at these positions; nothing where none is stored.
pub async fn stored_hashes(
    db: &mut PgConnection,
    positions: &[u64],
) -> anyhow::Result<Vec<Option<Hash>>> {
    let leaves = positions
        .iter()
        .map(|&position| i64::try_from(tree::completed_by(position)))
        .collect::<Result<Vec<_>, _>>()?;
    let positions =
        positions.iter().map(|&position| i64::try_from(position)).collect::<Result<Vec<_>, _>>()?;

    let hashes = sqlx::query_scalar!(
        r#"
        SELECT
            substring(
                row.hashes
                FROM (1 + 32 * (wanted.position - 2 * row.start + bit_count(row.start::bit(64))))::int
                FOR 32
            ) AS hash
        FROM UNNEST($1::bigint[], $2::bigint[]) WITH ORDINALITY AS wanted (position, leaf, place)
        LEFT JOIN LATERAL (
            SELECT start, hashes
            FROM audit.checkpoints
            WHERE size > wanted.leaf
            ORDER BY size
            LIMIT 1
        ) AS row ON row.start <= wanted.leaf
        ORDER BY wanted.place
        "#,
        &positions,
        &leaves,
    )
    .fetch_all(db)
    .await?;

    let hash = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| bytes.try_into().ok()).map(Hash);
    Ok(hashes.into_iter().map(hash).collect())
}

pub struct EntryRow {
    pub id: i64,
    pub index: Option<i64>,
    pub payload: Vec<u8>,
}

pub async fn entry(db: &mut PgConnection, id: EntryId) -> sqlx::Result<Option<EntryRow>> {
    sqlx::query_as!(
        EntryRow,
        r#"
        SELECT entries.id, leaves.index AS "index?", entries.payload
        FROM audit.entries
        LEFT JOIN audit.leaves ON leaves.entry_id = entries.id
        WHERE entries.id = $1
        "#,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// All entries of a workspace, or those on one subject, that have a leaf.
pub async fn sequenced(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    subject: Option<&str>,
) -> sqlx::Result<Vec<EntryRow>> {
    sqlx::query_as!(
        EntryRow,
        r#"
        SELECT entries.id, leaves.index AS "index?", entries.payload
        FROM audit.leaves
        JOIN audit.entries ON entries.id = leaves.entry_id
        WHERE leaves.workspace_id = $1
            AND ($2::text IS NULL OR leaves.subject = $2)
        ORDER BY leaves.index
        "#,
        workspace.0,
        subject,
    )
    .fetch_all(db)
    .await
}

/// What waits for its leaf, of every workspace, because only the payload knows of which.
pub async fn unsequenced(db: &mut PgConnection) -> sqlx::Result<Vec<EntryRow>> {
    sqlx::query_as!(
        EntryRow,
        r#"
        SELECT entries.id, NULL::bigint AS index, entries.payload
        FROM audit.pending
        JOIN audit.entries ON entries.id = pending.entry_id
        ORDER BY entries.id
        "#
    )
    .fetch_all(db)
    .await
}

/// A page of the leaves after `after` whose acts were in `from ..= to`, of one workspace or of all.
pub async fn page(
    db: &PgPool,
    after: i64,
    from: Timestamp,
    to: Timestamp,
    workspace: Option<WorkspaceId>,
) -> sqlx::Result<Vec<EntryRow>> {
    sqlx::query_as!(
        EntryRow,
        r#"
        SELECT entries.id, leaves.index AS "index?", entries.payload
        FROM audit.leaves
        JOIN audit.entries ON entries.id = leaves.entry_id
        WHERE leaves.index > $1
            AND leaves.at >= $2
            AND leaves.at < $3
            AND ($4::bigint IS NULL OR leaves.workspace_id = $4)
        ORDER BY leaves.index
        LIMIT 5000
        "#,
        after,
        from.to_sqlx() as _,
        to.to_sqlx() as _,
        workspace.map(|workspace| workspace.0),
    )
    .fetch_all(db)
    .await
}

pub fn keep_text(
    writes: &mut Writes,
    workspace: WorkspaceId,
    person: Option<&PersonId>,
    salt: &Salt,
    commitment: &Commitment,
    text: &str,
) {
    writes
        .add(
            "text# AS (
                 INSERT INTO audit.texts (commitment, workspace_id, person_id, salt, text)
                 SELECT $1, $2, $3, $4, $5
                 FROM given
             )",
        )
        .bind(commitment.0.as_slice())
        .bind(workspace.0)
        .bind(person.map(PersonId::as_str))
        .bind(salt.as_bytes().as_slice())
        .bind(text);
}

pub async fn text(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    commitment: &Commitment,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        SELECT text
        FROM audit.texts
        WHERE workspace_id = $1
            AND commitment = $2
        "#,
        workspace.0,
        commitment.0.as_slice(),
    )
    .fetch_optional(db)
    .await
}

pub async fn erase_texts(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    person: &PersonId,
) -> sqlx::Result<u64> {
    let erased = sqlx::query!(
        r#"
        DELETE FROM audit.texts
        WHERE workspace_id = $1
            AND person_id = $2
        "#,
        workspace.0,
        person.as_str(),
    )
    .execute(db)
    .await?;
    Ok(erased.rows_affected())
}

//! The SQL of verification: everything is read in one snapshot, over several connections.

use std::collections::HashMap;

use anyhow::Context;
use futures_util::{Stream, StreamExt};
use jiff_sqlx::Timestamp;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

use super::segment::{CheckpointRow, LeafRow};

/// A read-only transaction that sees the trail as it is at this instant.
pub async fn begin(db: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
}

/// As many more that see the trail as it was at that same instant.
pub async fn join(
    db: &PgPool,
    first: &mut PgConnection,
    more: usize,
) -> sqlx::Result<Vec<Transaction<'static, Postgres>>> {
    if more == 0 {
        return Ok(Vec::new());
    }
    let name =
        sqlx::query_scalar!(r#"SELECT pg_export_snapshot() AS "name!""#).fetch_one(first).await?;

    let mut others = Vec::new();
    for _ in 0..more {
        let mut next = begin(db).await?;
        // Takes no parameters. Postgres made the name itself, of digits and dashes.
        let set = AssertSqlSafe(format!("SET TRANSACTION SNAPSHOT '{name}'"));
        sqlx::query(set).execute(&mut *next).await?;
        others.push(next);
    }
    Ok(others)
}

/// What every checkpoint claims to cover, `start .. size`, in their order.
pub async fn covered(db: &mut PgConnection) -> sqlx::Result<Vec<(i64, i64)>> {
    let rows = sqlx::query!(
        r#"
        SELECT start, size
        FROM audit.checkpoints
        ORDER BY size
        "#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.start, row.size)).collect())
}

pub async fn checkpoints(
    db: &mut PgConnection,
    from: u64,
    to: u64,
) -> anyhow::Result<Vec<CheckpointRow>> {
    let rows = sqlx::query!(
        r#"
        SELECT start, size, note, hashes
        FROM audit.checkpoints
        WHERE start >= $1
            AND size > $1
            AND size <= $2
        ORDER BY size
        "#,
        i64::try_from(from)?,
        i64::try_from(to)?,
    )
    .fetch_all(db)
    .await?;

    let row = rows.into_iter().map(|row| {
        Ok(CheckpointRow {
            start: row.start.try_into()?,
            size: row.size.try_into()?,
            note: row.note,
            hashes: row.hashes,
        })
    });
    row.collect()
}

pub async fn leaves(db: &mut PgConnection, from: u64, to: u64) -> anyhow::Result<Vec<LeafRow>> {
    let rows = sqlx::query!(
        r#"
        SELECT index, entry_id, workspace_id, at AS "at: Timestamp", subject
        FROM audit.leaves
        WHERE index >= $1
            AND index < $2
        ORDER BY index
        "#,
        i64::try_from(from)?,
        i64::try_from(to)?,
    )
    .fetch_all(db)
    .await?;

    let row = rows.into_iter().map(|row| {
        Ok(LeafRow {
            index: row.index.try_into()?,
            entry: row.entry_id,
            workspace: row.workspace_id,
            at: row.at.map(Timestamp::to_jiff),
            subject: row.subject,
        })
    });
    row.collect()
}

struct PayloadRow {
    id: i64,
    payload: Vec<u8>,
}

/// The payloads of these entries. Those of neighbouring leaves have neighbouring ids, and then one
/// range of the index costs a fifth of looking each of them up.
pub async fn payloads(
    db: &mut PgConnection,
    entries: &[i64],
) -> sqlx::Result<HashMap<i64, Vec<u8>>> {
    let first = entries.iter().copied().min().unwrap_or_default();
    let last = entries.iter().copied().max().unwrap_or_default();
    let rows = if last.saturating_sub(first) / 4 < entries.len() as i64 {
        sqlx::query_as!(
            PayloadRow,
            r#"
            SELECT id, payload
            FROM audit.entries
            WHERE id BETWEEN $1 AND $2
            "#,
            first,
            last,
        )
        .fetch_all(db)
        .await?
    } else {
        sqlx::query_as!(
            PayloadRow,
            r#"
            SELECT id, payload
            FROM audit.entries
            WHERE id = ANY ($1)
            "#,
            entries,
        )
        .fetch_all(db)
        .await?
    };
    Ok(rows.into_iter().map(|row| (row.id, row.payload)).collect())
}

/// The first leaf that no checkpoint can cover, and how many there are.
pub async fn leaves_outside(
    db: &mut PgConnection,
    size: u64,
) -> anyhow::Result<Option<(i64, i64)>> {
    let row = sqlx::query!(
        r#"
        SELECT min(index) AS first, count(*) AS "leaves!"
        FROM audit.leaves
        WHERE index >= $1
            OR index < 0
        "#,
        i64::try_from(size)?,
    )
    .fetch_one(db)
    .await?;
    Ok(row.first.map(|first| (first, row.leaves)))
}

pub async fn pending(db: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "pending!" FROM audit.pending"#).fetch_one(db).await
}

/// Entries that are no leaf and do not wait to become one.
pub async fn inserted(db: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        SELECT id
        FROM audit.entries
        WHERE NOT EXISTS (SELECT FROM audit.leaves WHERE leaves.entry_id = entries.id)
            AND NOT EXISTS (SELECT FROM audit.pending WHERE pending.entry_id = entries.id)
        "#
    )
    .fetch_all(db)
    .await
}

pub struct AmissPending {
    pub entry: i64,
    pub is_gone: bool,
}

/// What waits although its entry is gone, has its leaf, or waits already.
pub async fn amiss_pending(db: &mut PgConnection) -> sqlx::Result<Vec<AmissPending>> {
    sqlx::query_as!(
        AmissPending,
        r#"
        SELECT pending.entry_id AS entry, bool_and(entries.id IS NULL) AS "is_gone!"
        FROM audit.pending
        LEFT JOIN audit.entries ON entries.id = pending.entry_id
        LEFT JOIN audit.leaves ON leaves.entry_id = pending.entry_id
        GROUP BY pending.entry_id
        HAVING count(*) > 1
            OR bool_and(entries.id IS NULL)
            OR bool_and(leaves.index IS NOT NULL)
        "#
    )
    .fetch_all(db)
    .await
}

pub struct KeptText {
    pub commitment: Vec<u8>,
    pub salt: Vec<u8>,
    pub text: String,
}

pub fn texts(db: &mut PgConnection) -> impl Stream<Item = anyhow::Result<KeptText>> {
    sqlx::query_as!(
        KeptText,
        r#"
        SELECT commitment, salt, text
        FROM audit.texts
        "#
    )
    .fetch(db)
    .map(|row| row.context("reading the texts beside the trail"))
}

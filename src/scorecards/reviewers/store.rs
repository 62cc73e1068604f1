//! The SQL of what reviewers carry.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use super::Decided;
use crate::error::Result;
use crate::ids::{PersonId, WorkspaceId};

pub(super) async fn decided_since(
    db: &PgPool,
    workspace: WorkspaceId,
    since: Timestamp,
) -> Result<Vec<Decided>> {
    let rows = sqlx::query!(
        r#"
        SELECT person_id, decided_at AS "at: jiff_sqlx::Timestamp", verdict = 'approve' AS "approves!",
               EXISTS (
                   SELECT FROM revisions
                   WHERE id = decisions.revision_id AND edited_by = decisions.person_id
               ) AS "is_theirs!",
               open_s AS "open_s!", reading_s AS "reading_s!"
        FROM decisions
        WHERE workspace_id = $1 AND decided_at >= $2 AND undone_at IS NULL AND kept_from IS NULL
            AND open_s IS NOT NULL AND reading_s IS NOT NULL
        "#,
        workspace.0,
        since.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Decided {
                person: PersonId(row.person_id),
                at: row.at.to_jiff(),
                approves: row.approves,
                is_theirs: row.is_theirs,
                open_s: row.open_s,
                reading_s: row.reading_s,
            })
        })
        .collect()
}

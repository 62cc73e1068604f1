//! The SQL of manifests.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgConnection, PgPool};

use super::{Kept, Kind};
use crate::error::Result;
use crate::ids::WorkspaceId;

/// Lets one process at a time compare and adopt; the others wait until the transaction ends.
pub async fn take_turn(tx: &mut PgConnection, workspace: WorkspaceId) -> Result<()> {
    sqlx::query!("SELECT FROM workspaces WHERE id = $1 FOR UPDATE", workspace.0)
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn in_force(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    kind: Kind,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "
        SELECT version
        FROM manifests
        WHERE workspace_id = $1 AND kind = $2
        ORDER BY adopted_at DESC
        LIMIT 1
        ",
        workspace.0,
        kind.name(),
    )
    .fetch_optional(tx)
    .await?)
}

pub async fn adopt(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    kind: Kind,
    version: &str,
    text: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        INSERT INTO manifests (workspace_id, version, text, adopted_at, kind)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT manifests_one_per_version
        DO UPDATE SET adopted_at = excluded.adopted_at
        ",
        workspace.0,
        version,
        text,
        now.to_sqlx() as _,
        kind.name(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Those whose version begins like this, the newest first.
pub async fn find(
    db: &PgPool,
    workspace: WorkspaceId,
    kind: Kind,
    beginning: &str,
) -> Result<Vec<Kept>> {
    let rows = sqlx::query!(
        r#"
        SELECT version, text, adopted_at AS "adopted_at: SqlTimestamp"
        FROM manifests
        WHERE workspace_id = $1 AND kind = $3 AND starts_with(version, $2)
        ORDER BY adopted_at DESC
        "#,
        workspace.0,
        beginning,
        kind.name(),
    )
    .fetch_all(db)
    .await?;
    let kept = rows.into_iter().map(|row| Kept {
        version: row.version,
        text: row.text,
        adopted_at: row.adopted_at.to_jiff(),
    });
    Ok(kept.collect())
}

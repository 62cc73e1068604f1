//! The SQL of daily checkpoints.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use crate::error::Result;
use crate::ids::WorkspaceId;

pub struct Day {
    pub note: String,
    pub is_published: bool,
}

pub async fn is_any(db: &PgPool, workspace: WorkspaceId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM daily_checkpoints WHERE workspace_id = $1) AS "any!""#,
        workspace.0,
    )
    .fetch_one(db)
    .await?)
}

/// Makes `note` the checkpoint of the day, unless it has one, and returns the one that it has.
pub async fn choose(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    day: Date,
    note: &str,
) -> Result<Option<Day>> {
    sqlx::query!(
        "
        INSERT INTO daily_checkpoints (workspace_id, day, note)
        VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT daily_checkpoints_one_a_day DO NOTHING
        ",
        workspace.0,
        day.to_sqlx() as _,
        note,
    )
    .execute(&mut *tx)
    .await?;
    Ok(sqlx::query_as!(
        Day,
        r#"
        SELECT note, published_at IS NOT NULL AS "is_published!"
        FROM daily_checkpoints
        WHERE workspace_id = $1 AND day = $2
        "#,
        workspace.0,
        day.to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await?)
}

/// False if it was before.
pub async fn mark_published(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    day: Date,
    now: Timestamp,
) -> Result<bool> {
    let published = sqlx::query!(
        "
        UPDATE daily_checkpoints
        SET published_at = $3
        WHERE workspace_id = $1 AND day = $2 AND published_at IS NULL
        ",
        workspace.0,
        day.to_sqlx() as _,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(published.rows_affected() == 1)
}

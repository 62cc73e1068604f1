//! The `pictures` table.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use crate::error::Result;
use crate::ids::{FileId, WorkspaceId};

pub async fn file(
    pool: &PgPool,
    workspace: WorkspaceId,
    sha256: &[u8; 32],
) -> Result<Option<FileId>> {
    let file = sqlx::query_scalar!(
        r#"
        SELECT file_id
        FROM pictures
        WHERE workspace_id = $1
            AND sha256 = $2
        "#,
        workspace as _,
        &sha256[..],
    )
    .fetch_optional(pool)
    .await?;
    Ok(file.map(FileId))
}

/// The file that stands for the picture from now on: this one, or that of whoever was first.
pub async fn keep(
    pool: &PgPool,
    workspace: WorkspaceId,
    sha256: &[u8; 32],
    file: &FileId,
    now: Timestamp,
) -> Result<FileId> {
    // An update that changes nothing, so that the row of whoever was first is returned as well.
    let kept = sqlx::query_scalar!(
        r#"
        INSERT INTO pictures AS known (workspace_id, sha256, file_id, uploaded_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT pictures_once DO UPDATE
        SET file_id = known.file_id
        RETURNING file_id
        "#,
        workspace as _,
        &sha256[..],
        file.as_str(),
        now.to_sqlx() as _,
    )
    .fetch_one(pool)
    .await?;
    Ok(FileId(kept))
}

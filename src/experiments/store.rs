//! The SQL of tests.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use crate::error::Result;
use crate::ids::{ExperimentId, RevisionId, WorkspaceId};

pub(super) async fn insert(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    instead_of: Option<ExperimentId>,
    now: Timestamp,
) -> Result<ExperimentId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO experiments (workspace_id, created_at, instead_of)
        VALUES ($1, $2, $3)
        RETURNING id
        ",
        workspace.0,
        now.to_sqlx() as _,
        instead_of.map(|it| it.0),
    )
    .fetch_one(tx)
    .await?;
    Ok(ExperimentId(id))
}

/// The revision of the plan that was approved; none if it has not started.
pub(super) async fn in_force(
    db: &PgPool,
    workspace: WorkspaceId,
    test: ExperimentId,
) -> Result<Option<RevisionId>> {
    let revision = sqlx::query_scalar!(
        "
        SELECT revision_id
        FROM experiments
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        test.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(revision.flatten().map(RevisionId))
}

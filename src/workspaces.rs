//! The workspaces that this installation serves.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use crate::app::Workspace;
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::slack::Identity;

/// Records the workspace that a token belongs to, or finds it again.
pub async fn connect(db: &PgPool, identity: &Identity, now: Timestamp) -> Result<Workspace> {
    let organisation = identity.enterprise.as_ref().filter(|_| identity.is_enterprise_install);
    let slack_id = organisation.unwrap_or(&identity.team);
    let id = sqlx::query_scalar!(
        "
        INSERT INTO workspaces (slack_id, name, created_at)
        VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT workspaces_one_per_slack_id DO UPDATE SET name = excluded.name
        RETURNING id
        ",
        slack_id.as_str(),
        identity.team_name,
        now.to_sqlx() as _,
    )
    .fetch_one(db)
    .await?;
    Ok(Workspace {
        id: WorkspaceId(id),
        team: identity.team.clone(),
        enterprise: organisation.cloned(),
        name: identity.team_name.clone(),
        bot: identity.user.clone(),
    })
}

/// The workspaces that this database holds, in the order in which they were connected.
pub async fn all(db: &PgPool) -> Result<Vec<WorkspaceId>> {
    let ids = sqlx::query_scalar!(
        "
        SELECT id
        FROM workspaces
        ORDER BY id
        "
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(WorkspaceId).collect())
}

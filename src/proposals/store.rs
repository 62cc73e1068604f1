//! The SQL of proposals.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::Request;
use crate::config::SubjectKind;
use crate::error::Result;
use crate::ids::{ProposalId, WorkspaceId};

/// What an agent put up under a key before.
pub(super) struct Earlier {
    pub id: ProposalId,
    pub kind: SubjectKind,
    pub request_hash: Vec<u8>,
}

/// None if the agent has put something up under this key before.
pub(super) async fn insert(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    kind: SubjectKind,
    request: Option<&Request<'_>>,
    now: Timestamp,
) -> Result<Option<ProposalId>> {
    let hash = request.map(|request| request.hash.as_slice());
    let id = sqlx::query_scalar!(
        "
        INSERT INTO proposals (workspace_id, kind, agent, idempotency_key, request_hash, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT proposals_one_per_key DO NOTHING
        RETURNING id
        ",
        workspace.0,
        kind.name(),
        request.map(|request| request.agent),
        request.map(|request| request.key),
        hash,
        now.to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(ProposalId))
}

pub(super) async fn earlier(
    db: &PgPool,
    workspace: WorkspaceId,
    request: &Request<'_>,
) -> Result<Option<Earlier>> {
    let row = sqlx::query!(
        r#"
        SELECT id, kind AS "kind: SubjectKind", request_hash AS "request_hash!"
        FROM proposals
        WHERE workspace_id = $1 AND agent = $2 AND idempotency_key = $3
        "#,
        workspace.0,
        request.agent,
        request.key,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Earlier {
        id: ProposalId(row.id),
        kind: row.kind,
        request_hash: row.request_hash,
    }))
}

/// The kind of a proposal that an agent put up; none if it did not.
pub(super) async fn kind_of(
    db: &PgPool,
    workspace: WorkspaceId,
    agent: &str,
    id: ProposalId,
) -> Result<Option<SubjectKind>> {
    let kind = sqlx::query_scalar!(
        r#"
        SELECT kind AS "kind: SubjectKind"
        FROM proposals
        WHERE workspace_id = $1 AND agent = $2 AND id = $3
        "#,
        workspace.0,
        agent,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(kind)
}

//! The SQL of releases.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgConnection, PgPool};

use super::dispatch::store as dispatches;
use super::{Approval, Release, Released, Revocation};
use crate::config::SubjectKind;
use crate::error::Result;
use crate::ids::{DispatchId, PersonId, ReleaseId, ReviewId, RevisionId, WorkspaceId};
use crate::reviews::{Approved, Verdict};

/// None if the review was released before.
pub(super) async fn insert_release(
    tx: &mut PgConnection,
    approved: &Approved,
    now: Timestamp,
) -> Result<Option<ReleaseId>> {
    let review = approved.review();
    let approvals: Vec<Approval> = review
        .decisions
        .iter()
        .filter(|decision| decision.verdict == Verdict::Approve)
        .map(|decision| Approval {
            person: decision.person.clone(),
            groups: decision.groups.clone(),
            at: decision.at,
        })
        .collect();
    let id = sqlx::query_scalar!(
        "
        INSERT INTO releases (workspace_id, review_id, revision_id, content_hash, subject_kind,
                              subject_id, title, number, policies, policy_version, approvals,
                              released_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT ON CONSTRAINT releases_one_per_review DO NOTHING
        RETURNING id
        ",
        review.workspace.0,
        review.id.0,
        review.revision.0,
        approved.hash(),
        review.subject.name(),
        review.subject_id,
        review.title,
        approved.number(),
        &review.terms.rules,
        review.policy_version,
        serde_json::to_value(approvals)?,
        now.to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(ReleaseId))
}

/// Locks the release of a review; none if it was not released.
pub(super) async fn lock_of(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<Option<ReleaseId>> {
    let id = sqlx::query_scalar!(
        "
        SELECT id
        FROM releases
        WHERE workspace_id = $1 AND review_id = $2
        FOR UPDATE
        ",
        workspace.0,
        review.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(ReleaseId))
}

pub(super) async fn revoke(
    tx: &mut PgConnection,
    release: ReleaseId,
    by: &Revocation,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE releases
        SET revoked_at = $2, revoked_by = $3, reason = $4
        WHERE id = $1
        ",
        release.0,
        by.at.to_sqlx() as _,
        by.by.as_str(),
        by.reason,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// False if it is written down already.
pub(super) async fn insert_refusal(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
    revision: RevisionId,
    now: Timestamp,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "
        INSERT INTO release_refusals (workspace_id, review_id, revision_id, refused_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT release_refusals_one_per_revision DO NOTHING
        ",
        workspace.0,
        review.0,
        revision.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The release of a dispatch, for as long as nobody else can change anything about it.
pub(super) async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    dispatch: DispatchId,
) -> Result<Option<Release>> {
    let row = sqlx::query_as!(
        ReleaseRow,
        r#"
        SELECT id, workspace_id, review_id, revision_id, content_hash,
               subject_kind AS "subject_kind: SubjectKind", subject_id, title, number, policies,
               policy_version, approvals, released_at AS "released_at: SqlTimestamp",
               revoked_at AS "revoked_at: SqlTimestamp", revoked_by, reason
        FROM releases
        WHERE workspace_id = $1
          AND id = (SELECT release_id FROM dispatches WHERE workspace_id = $1 AND id = $2)
        FOR UPDATE
        "#,
        workspace.0,
        dispatch.0,
    )
    .fetch_optional(tx)
    .await?;
    row.map(ReleaseRow::into_release).transpose()
}

/// The release of a review, and how far it came; none if it was not released.
pub async fn of(db: &PgPool, workspace: WorkspaceId, review: ReviewId) -> Result<Option<Released>> {
    let mut connection = db.acquire().await?;
    let row = sqlx::query_as!(
        ReleaseRow,
        r#"
        SELECT id, workspace_id, review_id, revision_id, content_hash,
               subject_kind AS "subject_kind: SubjectKind", subject_id, title, number, policies,
               policy_version, approvals, released_at AS "released_at: SqlTimestamp",
               revoked_at AS "revoked_at: SqlTimestamp", revoked_by, reason
        FROM releases
        WHERE workspace_id = $1 AND review_id = $2
        "#,
        workspace.0,
        review.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let dispatches = dispatches::of(&mut connection, workspace, ReleaseId(row.id)).await?;
    Ok(Some(Released { release: row.into_release()?, dispatches }))
}

/// The newest releases, the newest first.
pub async fn list(db: &PgPool, workspace: WorkspaceId, limit: i64) -> Result<Vec<Released>> {
    let mut connection = db.acquire().await?;
    let rows = sqlx::query_as!(
        ReleaseRow,
        r#"
        SELECT id, workspace_id, review_id, revision_id, content_hash,
               subject_kind AS "subject_kind: SubjectKind", subject_id, title, number, policies,
               policy_version, approvals, released_at AS "released_at: SqlTimestamp",
               revoked_at AS "revoked_at: SqlTimestamp", revoked_by, reason
        FROM releases
        WHERE workspace_id = $1
        ORDER BY id DESC
        LIMIT $2
        "#,
        workspace.0,
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut releases = Vec::new();
    for row in rows {
        let dispatches = dispatches::of(&mut connection, workspace, ReleaseId(row.id)).await?;
        releases.push(Released { release: row.into_release()?, dispatches });
    }
    Ok(releases)
}

struct ReleaseRow {
    id: i64,
    workspace_id: i64,
    review_id: i64,
    revision_id: i64,
    content_hash: Vec<u8>,
    subject_kind: SubjectKind,
    subject_id: i64,
    title: String,
    number: i32,
    policies: Vec<String>,
    policy_version: String,
    approvals: serde_json::Value,
    released_at: SqlTimestamp,
    revoked_at: Option<SqlTimestamp>,
    revoked_by: Option<String>,
    reason: Option<String>,
}

impl ReleaseRow {
    fn into_release(self) -> Result<Release> {
        let revoked = match (self.revoked_at, self.revoked_by, self.reason) {
            (Some(at), Some(by), Some(reason)) => {
                Some(Revocation { at: at.to_jiff(), by: PersonId(by), reason })
            }
            _ => None,
        };
        Ok(Release {
            id: ReleaseId(self.id),
            workspace: WorkspaceId(self.workspace_id),
            review: ReviewId(self.review_id),
            revision: RevisionId(self.revision_id),
            content_hash: self.content_hash.as_slice().try_into()?,
            subject: self.subject_kind,
            subject_id: self.subject_id,
            title: self.title,
            number: self.number,
            policies: self.policies,
            policy_version: self.policy_version,
            approvals: serde_json::from_value(self.approvals)?,
            at: self.released_at.to_jiff(),
            revoked,
        })
    }
}

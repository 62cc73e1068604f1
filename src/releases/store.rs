//! The SQL of releases.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgConnection, PgPool};

use super::{Approval, Dispatch, Event, Release, Released, Revocation, SinkKind, State};
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
        &[review.policy.clone()],
        review.policy_version,
        serde_json::to_value(approvals)?,
        now.to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(ReleaseId))
}

pub(super) async fn insert_dispatches(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
    sinks: &[SinkKind],
    now: Timestamp,
) -> Result<Vec<DispatchId>> {
    let sinks: Vec<String> = sinks.iter().map(|sink| sink.name().to_owned()).collect();
    let ids = sqlx::query_scalar!(
        "
        INSERT INTO dispatches (workspace_id, release_id, event, sink, created_at)
        SELECT $1, $2, 'released', sink, $4
        FROM unnest($3::text[]) AS sink
        RETURNING id
        ",
        workspace.0,
        release.0,
        &sinks,
        now.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(DispatchId).collect())
}

/// A message for every receiver that was to get the release itself.
pub(super) async fn insert_revocations(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
    now: Timestamp,
) -> Result<Vec<DispatchId>> {
    let ids = sqlx::query_scalar!(
        "
        INSERT INTO dispatches (workspace_id, release_id, event, sink, created_at)
        SELECT workspace_id, release_id, 'revoked', sink, $3
        FROM dispatches
        WHERE workspace_id = $1 AND release_id = $2 AND event = 'released'
        RETURNING id
        ",
        workspace.0,
        release.0,
        now.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(DispatchId).collect())
}

/// None if there is nothing to revoke, or it was revoked before. Locks the release.
pub(super) async fn revoke(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
    by: &Revocation,
) -> Result<Option<ReleaseId>> {
    let id = sqlx::query_scalar!(
        "
        UPDATE releases
        SET revoked_at = $3, revoked_by = $4, reason = $5
        WHERE workspace_id = $1 AND review_id = $2 AND revoked_at IS NULL
        RETURNING id
        ",
        workspace.0,
        review.0,
        by.at.to_sqlx() as _,
        by.by.as_str(),
        by.reason,
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(ReleaseId))
}

/// What has not gone out, and is not under way at this moment, never goes out.
pub(super) async fn cancel_released(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'cancelled', next_at = NULL, ended_at = $3
        WHERE workspace_id = $1
          AND release_id = $2
          AND event = 'released'
          AND state IN ('waiting', 'dead')
          AND sending_since IS NULL
        ",
        workspace.0,
        release.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The dispatches of a release of which the channel was told that they did not arrive.
pub(super) async fn told(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
) -> Result<Vec<DispatchId>> {
    let ids = sqlx::query_scalar!(
        "
        SELECT id
        FROM dispatches
        WHERE workspace_id = $1 AND release_id = $2 AND undelivered_at IS NOT NULL
        ",
        workspace.0,
        release.0,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(DispatchId).collect())
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

/// Reads a dispatch for as long as nobody else can change anything about its release.
pub(super) async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    dispatch: DispatchId,
) -> Result<Option<(Release, Dispatch)>> {
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
    .fetch_optional(&mut *tx)
    .await?;
    let Some(release) = row else { return Ok(None) };
    // In a statement of its own, which sees what the lock was waited for.
    let dispatches = dispatches(tx, workspace, ReleaseId(release.id)).await?;
    let dispatch = dispatches.into_iter().find(|one| one.id == dispatch);
    dispatch.map(|dispatch| Ok((release.into_release()?, dispatch))).transpose()
}

pub(super) async fn begin(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    address: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET attempts = attempts + 1, sending_since = $2, address = coalesce($3, address)
        WHERE id = $1
        ",
        dispatch.id.0,
        now.to_sqlx() as _,
        address,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether the release that a revocation takes back is going out at this moment to the same receiver,
/// in an attempt that began after `since`.
pub(super) async fn is_under_way(
    tx: &mut PgConnection,
    revocation: &Dispatch,
    since: Timestamp,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM dispatches
            WHERE release_id = $1 AND sink = $2 AND event = 'released' AND sending_since > $3
        ) AS "exists!"
        "#,
        revocation.release.0,
        revocation.sink.name(),
        since.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?)
}

pub(super) async fn deliver(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'delivered', sending_since = NULL, last_error = NULL, next_at = NULL, ended_at = $2
        WHERE id = $1
        ",
        dispatch.id.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn fail(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    error: &str,
    next_at: Option<Timestamp>,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET sending_since = NULL, last_error = $2, next_at = $3
        WHERE id = $1
        ",
        dispatch.id.0,
        error,
        next_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn bury(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    error: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'dead', sending_since = NULL, last_error = $2, next_at = NULL, ended_at = $3,
            undelivered_at = $3
        WHERE id = $1
        ",
        dispatch.id.0,
        error,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn cancel(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'cancelled', sending_since = NULL, next_at = NULL, ended_at = $2
        WHERE id = $1
        ",
        dispatch.id.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn revive(tx: &mut PgConnection, dispatch: &Dispatch) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'waiting', last_error = NULL, ended_at = NULL
        WHERE id = $1
        ",
        dispatch.id.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The id under which the same receiver was told of the release.
pub(super) async fn id_of_released(db: &PgPool, revocation: &Dispatch) -> Result<String> {
    Ok(sqlx::query_scalar!(
        "
        SELECT webhook_id
        FROM dispatches
        WHERE release_id = $1 AND sink = $2 AND event = 'released'
        ",
        revocation.release.0,
        revocation.sink.name(),
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn review_of(
    db: &PgPool,
    workspace: WorkspaceId,
    dispatch: DispatchId,
) -> Result<Option<ReviewId>> {
    let id = sqlx::query_scalar!(
        "
        SELECT review_id
        FROM dispatches
        JOIN releases ON releases.id = release_id
        WHERE dispatches.workspace_id = $1 AND dispatches.id = $2
        ",
        workspace.0,
        dispatch.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(ReviewId))
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
    let dispatches = dispatches(&mut connection, workspace, ReleaseId(row.id)).await?;
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
        let dispatches = dispatches(&mut connection, workspace, ReleaseId(row.id)).await?;
        releases.push(Released { release: row.into_release()?, dispatches });
    }
    Ok(releases)
}

/// A dispatch with its release, as they are at this moment.
pub(super) async fn find(
    db: &PgPool,
    workspace: WorkspaceId,
    dispatch: DispatchId,
) -> Result<Option<(Release, Dispatch)>> {
    let Some(review) = review_of(db, workspace, dispatch).await? else { return Ok(None) };
    let Some(released) = of(db, workspace, review).await? else { return Ok(None) };
    let dispatch = released.dispatches.into_iter().find(|one| one.id == dispatch);
    Ok(dispatch.map(|dispatch| (released.release, dispatch)))
}

async fn dispatches(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
) -> Result<Vec<Dispatch>> {
    let rows = sqlx::query_as!(
        DispatchRow,
        r#"
        SELECT id, release_id, event, sink, webhook_id, state, attempts, address, last_error,
               next_at AS "next_at: SqlTimestamp", ended_at AS "ended_at: SqlTimestamp",
               undelivered_at AS "undelivered_at: SqlTimestamp"
        FROM dispatches
        WHERE workspace_id = $1 AND release_id = $2
        ORDER BY id
        "#,
        workspace.0,
        release.0,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(DispatchRow::into_dispatch).collect()
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

struct DispatchRow {
    id: i64,
    release_id: i64,
    event: String,
    sink: String,
    webhook_id: String,
    state: String,
    attempts: i32,
    address: Option<String>,
    last_error: Option<String>,
    next_at: Option<SqlTimestamp>,
    ended_at: Option<SqlTimestamp>,
    undelivered_at: Option<SqlTimestamp>,
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

impl DispatchRow {
    fn into_dispatch(self) -> Result<Dispatch> {
        let next_at = self.next_at.map(SqlTimestamp::to_jiff);
        let state = match (self.state.as_str(), self.ended_at.map(SqlTimestamp::to_jiff)) {
            ("waiting", None) => State::Waiting { error: self.last_error, next_at },
            ("delivered", Some(at)) => State::Delivered { at },
            ("dead", Some(at)) => State::Dead { at, error: self.last_error.unwrap_or_default() },
            ("cancelled", Some(at)) => State::Cancelled { at },
            (state, _) => return Err(impossible("state", state)),
        };
        Ok(Dispatch {
            id: DispatchId(self.id),
            release: ReleaseId(self.release_id),
            event: match self.event.as_str() {
                "released" => Event::Released,
                "revoked" => Event::Revoked,
                event => return Err(impossible("event", event)),
            },
            sink: match self.sink.as_str() {
                "webhook" => SinkKind::Webhook,
                "outbox" => SinkKind::Outbox,
                sink => return Err(impossible("sink", sink)),
            },
            webhook_id: self.webhook_id,
            state,
            attempts: self.attempts,
            address: self.address,
            undelivered_at: self.undelivered_at.map(SqlTimestamp::to_jiff),
        })
    }
}

fn impossible(what: &str, value: &str) -> crate::error::Error {
    anyhow::anyhow!("a dispatch is stored with the impossible {what} {value:?}").into()
}
